"""What clients do with their own times: book, move, wait, answer an offer; and what a practitioner lets them."""

from typing import Annotated, Any

from aiohttp import web
from pydantic import BeforeValidator, Field

from dispatch import instant, offers, self_scheduling, waitlist
from dispatch.errors import Invalid
from dispatch.hours import midnight
from dispatch.instant import Choice
from dispatch.self_scheduling import Switches
from dispatch.waitlist import Wish
from people.access import Actor
from people.errors import UserError
from records.database import Connection
from web.actions.asking import Answered
from web.actions.availability import minute
from web.auth import signed_in
from web.pages.availability import own_again
from web.pages.schedule import book_again, moment, move_again, wait_again
from web.posting import Flag, Message, Nothing, Posted, post, post_about


def _listed(value: object) -> object:
    """A form sends one field or several of a name; the empty one says that there may be none."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if one not in ("", None)]


Word = Annotated[str, Field(max_length=100)]
Words = Annotated[tuple[Word, ...], BeforeValidator(_listed)]


class Book(Answered):
    """POST `/schedule`. Public ids of one of one's practitioners and a service; `time` an instant."""

    host: Word = ""
    service: Word = ""
    time: Word = ""


class Join(Answered):
    """POST `/waitlist`. `weekdays` 1 (Monday) to 7; `starts` and `ends` HH:MM on the clock of `zone` (IANA), the end
    of a day 00:00 or 24:00."""

    host: Word = ""
    service: Word = ""
    weekdays: Words = ()
    starts: Word = ""
    ends: Word = ""
    zone: Word = "UTC"

    def wish(self) -> Wish:
        """Raises `Invalid` with its field."""
        if not all(day.isdecimal() and len(day) == 1 for day in self.weekdays):
            raise Invalid("Choose days of the week.", field="weekdays")
        days = tuple(int(day) for day in self.weekdays)
        starts, ends = minute(self.starts, "starts"), minute(self.ends, "ends") or midnight
        return Wish(self.service, self.host, days, starts, ends, self.zone, self.note, self.answers)


class Move(Posted):
    """POST `/sessions/{session}/move`. `time` an instant; `sequence` as it was shown."""

    time: Word = ""
    reason: Message = ""
    sequence: int | None = None


class SelfScheduling(Posted):
    """POST `/availability/self-scheduling`. `services` are public ids."""

    on: Flag = False
    services: Words = ()
    confirms: Flag = False
    waitlist: Flag = False


@signed_in
async def book(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Book) -> dict[str, Any]:
        wanted = Choice(posted.host, posted.service, moment(posted.time), posted.note, posted.answers)
        chosen = await instant.choose(connection, actor, wanted)
        return {"session": chosen.session, "request": chosen.request}

    def done(body: dict[str, Any]) -> str:
        return "/account/sessions?done=booked" if body["session"] else f"/requests/{body['request']}"

    return await post(request, actor, "book", Book, act, book_again, done)


@signed_in
async def move(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Move) -> dict[str, Any]:
        session, to = request.match_info["session"], moment(posted.time)
        moved = await instant.move(connection, actor, session, to, posted.reason, posted.sequence)
        return {"starts_at": moved["starts_at"].isoformat(), "sequence": moved["sequence"]}

    return await post(request, actor, "move", Move, act, move_again, "/account/sessions?done=moved")


@signed_in
async def join(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Join) -> dict[str, Any]:
        return {"place": await waitlist.join(connection, actor, posted.wish())}

    return await post(request, actor, "join_waitlist", Join, act, wait_again, "/schedule?done=joined")


@signed_in
async def leave(request: web.Request, actor: Actor) -> web.StreamResponse:
    where, told = "/schedule?done=left", {"state": "left"}
    return await post_about(request, actor, "leave_waitlist", waitlist.leave, "place", None, where, told)


@signed_in
async def accept(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, _: Nothing) -> dict[str, Any]:
        session = await offers.accept(connection, actor, request.match_info["offer"])
        return {"session": session["public_id"], "starts_at": session["starts_at"].isoformat()}

    return await post(request, actor, "accept_offer", Nothing, act, None, "/account/sessions?done=booked")


@signed_in
async def decline(request: web.Request, actor: Actor) -> web.StreamResponse:
    where, told = "/schedule?done=declined", {"state": "declined"}
    return await post_about(request, actor, "decline_offer", offers.decline, "offer", None, where, told)


@signed_in
async def set_self_scheduling(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: SelfScheduling) -> dict[str, Any]:
        wanted = Switches(posted.on, posted.services, posted.confirms, posted.waitlist)
        await self_scheduling.change(connection, actor, wanted)
        return {"saved": posted.model_dump(exclude={"key"})}

    async def again(request: web.Request, actor: Actor, fields: dict[str, Any], error: UserError) -> web.Response:
        return await own_again(request, actor, {**fields, "form": "self_scheduling"}, error)

    where = "/availability?saved=yes"
    return await post(request, actor, "set_self_scheduling", SelfScheduling, act, again, where)
