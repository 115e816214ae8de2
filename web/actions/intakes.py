"""A client saves a form: by the script as they type, or by a button."""

from typing import Any

from aiohttp import web
from pydantic import ConfigDict

from people.access import Actor
from portal import filling, form_answers
from records.database import Connection
from web.auth import signed_in
from web.pages.intakes import answers_of, fill_again
from web.posting import Posted, Whole, post


class Filled(Posted):
    """POST `/forms/{intake}`: the answers of the whole form, each as `answer-<key>`; what is left out is not answered.
    `revision` is what the page was given; `then` is review or later."""

    model_config = ConfigDict(extra="allow")

    revision: Whole
    then: str = ""


@signed_in
async def save(request: web.Request, actor: Actor) -> web.StreamResponse:
    intake = request.match_info["intake"]

    async def act(connection: Connection, posted: Filled) -> dict[str, Any]:
        given = answers_of(posted.model_extra or {})
        revision = await filling.save(connection, actor, intake, posted.revision, given)
        row = await filling.find(connection, actor, intake)
        done = form_answers.progress(row["content"], row["answers"])
        return {"intake": intake, "revision": revision, "answered": done.answered, "of": done.of, "then": posted.then}

    def on(body: dict[str, Any]) -> str:
        return f"/forms/{intake}/review" if body["then"] == "review" else "/forms?done=saved"

    return await post(request, actor, "save_intake", Filled, act, fill_again, on)
