"""Ask for a connection, take that back, and decide all that wait by one Update."""

from dataclasses import asdict
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field, model_validator

from people.access import Actor
from portal import connections
from portal.connections import Mark
from records.database import Connection
from web.auth import signed_in
from web.limits import allow
from web.pages.my_clients import actions_again
from web.pages.practitioners import profile_again
from web.posting import Message, Posted, post, post_about

MARK = "decision-"


class Ask(Posted):
    """POST `/practitioners/{practitioner}/ask`."""

    message: Message = ""


class Marked(BaseModel):
    """One request's mark: `decision` is accept or decline, `department` a public id."""

    request: str
    decision: str
    department: str = ""
    reason: Message = ""

    def mark(self) -> Mark:
        return Mark(self.request, self.decision, self.department, self.reason)


class Update(Posted):
    """POST `/my-clients/actions`. A form sends `decision-<request>`, `department-<request>`, `reason-<request>`; those
    without a decision are left as they are."""

    decisions: list[Marked] = Field(default_factory=list, max_length=connections.most_marks)

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, fields: Any) -> Any:
        marked = [name.removeprefix(MARK) for name in fields if name.startswith(MARK) and fields[name]]
        gathered = [
            {
                "request": request,
                "decision": fields[MARK + request],
                "department": fields.get(f"department-{request}", ""),
                "reason": fields.get(f"reason-{request}", ""),
            }
            for request in marked
        ]
        return {**fields, "decisions": gathered} if gathered else fields


@signed_in
async def ask(request: web.Request, actor: Actor) -> web.StreamResponse:
    await allow(request, "connect", str(actor.account_id))
    practitioner = request.match_info["practitioner"]

    async def act(connection: Connection, posted: Ask) -> dict[str, Any]:
        made = await connections.ask(connection, actor, practitioner, posted.message)
        return {"request": made["public_id"], "thread": made["thread"]}

    return await post(
        request, actor, "ask_connection", Ask, act, profile_again, f"/practitioners/{practitioner}?done=asked"
    )


@signed_in
async def withdraw(request: web.Request, actor: Actor) -> web.StreamResponse:
    verb, told = "withdraw_connection", {"state": "withdrawn"}
    return await post_about(
        request, actor, verb, connections.withdraw, "request", None, "/practitioners?done=withdrawn", told
    )


@signed_in
async def decide(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Update) -> dict[str, Any]:
        outcomes = await connections.decide(connection, actor, [one.mark() for one in posted.decisions])
        return {"results": [asdict(outcome) for outcome in outcomes]}

    return await post(request, actor, "decide_connections", Update, act, actions_again, _told)


def _told(body: dict[str, Any]) -> str:
    """The address that tells each line's outcome."""
    results = body["results"]
    named = {
        "decided": [one["request"] for one in results if one["changed"]],
        "stood": [one["request"] for one in results if not one["changed"]],
        "silent": [one["request"] for one in results if one["state"] == "declined" and not one["reasoned"]],
    }
    said = "&".join(f"{name}={','.join(requests)}" for name, requests in named.items() if requests)
    return f"/my-clients/actions?{said}"
