"""My Clients: a practitioner's own clients, each one's profile, and Manage Actions (R-058 to R-061)."""

from typing import Any

from aiohttp import web

from people import associations
from people.access import Actor
from people.errors import UserError
from people.searching import longest_search
from portal import connections, intakes, own_clients
from records.database import Connection, Row
from web.auth import signed_in
from web.keys import DATABASE
from web.view import page


@signed_in
async def clients(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/my-clients`: whom the practitioner is connected with; `q` searches by words."""
    search = request.query.get("q", "").strip()[:longest_search]
    async with request.app[DATABASE].transaction(actor) as connection:
        listed = await own_clients.clients(connection, actor, search)
        waiting = await connections.pending(connection, actor)
    values: dict[str, Any] = {"search": search, "waiting": len(waiting), "most": own_clients.most_listed}
    return page(request, "my_clients/page.html", clients=listed, **values)


@signed_in
async def client(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/my-clients/{client}`: the profile with what they said when they registered, also before deciding (R-061), and
    the forms that they have completed, for their practitioner."""
    public_id = request.match_info["client"]
    async with request.app[DATABASE].transaction(actor) as connection:
        found = await own_clients.client(connection, actor, public_id)
        has_forms = found.file["associated"] and actor.features.forms
        sent = await intakes.of_client(connection, actor, public_id) if has_forms else []
    return page(
        request,
        "my_clients/client.html",
        client=found.file,
        registration=found.registration,
        asked=found.asked,
        completed=[row for row in sent if row["state"] == "completed"],
    )


@signed_in
async def actions(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/my-clients/actions`: every request that waits, each to be marked; `part` gives the part that changes alone.
    After an Update its outcome is told: `decided` and `stood` name requests, `silent` those declined without a reason.
    """
    return await actions_again(request, actor, {}, None)


async def actions_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        waiting = await connections.pending(connection, actor)
        departments = await associations.departments_of(connection, actor.account_id)
        outcomes = [] if error else await _outcomes(connection, actor, request)
    name = "_actions" if "part" in request.query else "actions"
    return page(
        request,
        f"my_clients/{name}.html",
        asked=waiting,
        waiting=len(waiting),
        departments=departments,
        outcomes=outcomes,
        typed=typed,
        error=error,
    )


async def _outcomes(connection: Connection, actor: Actor, request: web.Request) -> list[dict[str, Any]]:
    """What became of the Update that led here, as it stands by now."""
    decided, stood, silent = (
        [one for one in request.query.get(name, "").split(",") if one] for name in ("decided", "stood", "silent")
    )
    rows: list[Row] = await connections.settled(connection, actor, decided + stood) if decided or stood else []
    return [{**row, "changed": row["public_id"] in decided, "silent": row["public_id"] in silent} for row in rows]
