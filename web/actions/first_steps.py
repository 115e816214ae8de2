"""Take the first steps off one's dashboard, or put them back."""

from typing import Any

from aiohttp import web

from people import first_steps
from people.access import Actor
from records.database import Connection
from web.auth import signed_in
from web.posting import Flag, Posted, post


class FirstSteps(Posted):
    """POST `/first-steps`: whether they stand on the dashboard."""

    wanted: Flag = False


@signed_in
async def want(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: FirstSteps) -> dict[str, Any]:
        await first_steps.want(connection, actor, posted.wanted)
        return {"wanted": posted.wanted}

    return await post(request, actor, "want_first_steps", FirstSteps, act, None, "/dashboard")
