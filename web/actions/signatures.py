"""Sign a form: the last step of filling it in."""

from typing import Any

from aiohttp import web
from pydantic import ConfigDict

from people.access import Actor
from portal import signatures
from portal.signatures import Given, Signer
from records.database import Connection
from web.auth import signed_in
from web.keys import FILES, PAPERS
from web.network import client_address, network_of
from web.pages.intakes import review_again
from web.posting import Flag, Posted, Whole, post


class Signed(Posted):
    """POST `/forms/{intake}/sign`. `revision` is that of the answers that were shown; for each signature field of the
    form `name-<key>`, `drawing-<key>` (a data URL of a PNG), or both."""

    model_config = ConfigDict(extra="allow")

    revision: Whole
    agree: Flag = False

    def given(self) -> dict[str, Given]:
        """By the key of each signature field; what belongs to none is nobody's business here."""
        sent = {name: value for name, value in (self.model_extra or {}).items() if isinstance(value, str)}
        keys = {name.partition("-")[2] for name in sent if name.startswith(("name-", "drawing-"))}
        return {key: Given(sent.get(f"name-{key}", ""), sent.get(f"drawing-{key}", "")) for key in keys}


@signed_in
async def sign(request: web.Request, actor: Actor) -> web.StreamResponse:
    intake = request.match_info["intake"]
    address = client_address(request)
    signer = Signer(str(address), network_of(address).removesuffix("/32"), request.headers.get("User-Agent", ""))

    async def act(connection: Connection, posted: Signed) -> dict[str, Any]:
        document = await signatures.sign(
            connection,
            actor,
            intake,
            posted.revision,
            posted.given(),
            posted.agree,
            signer,
            request.app[FILES],
            request.app[PAPERS],
        )
        return {"document": document}

    return await post(request, actor, "sign_form", Signed, act, review_again, "/forms?done=signed")
