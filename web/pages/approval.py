"""Prospects (R-045), and the record of somebody who waits for approval (R-037)."""

from typing import Any

from aiohttp import web

from people import approval, associations, client_list, clients, registrations
from people.access import Actor
from people.errors import UserError
from people.searching import longest_search
from records.database import Connection, Row
from web import practitioner_choice
from web.auth import signed_in
from web.face import fields_of
from web.keys import DATABASE
from web.pages.clients import departments_to_choose
from web.posting import kept
from web.view import page

most_found = 10


@signed_in
async def prospects(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/clients/prospects`: who signs in and has no file yet."""
    search, after = request.query.get("search", "")[:longest_search], request.query.get("after", "")
    async with request.app[DATABASE].transaction(actor) as connection:
        found = await client_list.without_file(connection, actor, False, search, after)
    done = request.query.get("done")
    return page(request, "clients/prospects.html", found=found, search=search, after=after, done=done)


@signed_in
async def prospect(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/clients/prospects/{account}`: what they said, whom they may be already, and the form that approves."""
    return await prospect_again(request, actor, {}, None)


@signed_in
async def look_again(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/clients/prospects/{account}`: the form with what was typed and the files that were searched for."""
    return await prospect_again(request, actor, await fields_of(request), None)


async def prospect_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        account = await approval.find(connection, actor, request.match_info["account"])
        if not approval.waits(account):
            by = await approval.handled_by(connection, account)
            closed = approval.is_closed(account)
            values = {"account": account, "by": by, "closed": closed, "done": request.query.get("done")}
            return page(request, "clients/handled.html", error=error, **values)
        said = await registrations.of_account(connection, account["id"])
        files, others = await approval.candidates(connection, actor, account)
        search = str(typed.get("search") or request.query.get("search", ""))[:longest_search]
        found = await _searched(connection, actor, search, {file["id"] for file in files})
        departments = await clients.departments(connection, actor)
        choices = await associations.choices(connection, actor)
    standing = _standing(account, said, departments, bool(files or others))
    return page(
        request,
        "clients/prospect.html",
        error=error,
        account=account,
        said=said,
        files=[file for file in files if file["seen"]],
        hidden_files=sum(not file["seen"] for file in files),
        others=[other for other in others if other["seen"]],
        hidden_others=sum(not other["seen"] for other in others),
        found=found,
        search=search,
        departments=departments_to_choose(actor, departments),
        practitioners=practitioner_choice.options(choices, [], typed.get("practitioners"), account["hosts"]),
        kept=kept(typed, **standing),
    )


def _standing(account: Row, said: Row | None, departments: list[Row], doubtful: bool) -> dict[str, Any]:
    """What the form begins with: nothing is chosen where the person may be somebody whom the organization knows."""
    first, _, last = account["name"].rpartition(" ")
    own = [row["public_id"] for row in departments if said and row["id"] == said["department_id"]]
    return {
        "file": "" if doubtful else approval.NEW,
        "first_name": said["first_name"] if said else first or last,
        "last_name": said["last_name"] if said else last if first else "",
        "date_of_birth": said["date_of_birth"].isoformat() if said else "",
        "department": own[0] if own else departments[0]["public_id"] if len(departments) == 1 else "",
        "replace": "",
    }


async def _searched(connection: Connection, actor: Actor, search: str, but: set[int]) -> list[dict[str, Any]]:
    """Files to choose from, beside those that are shown already."""
    if not search.strip():
        return []
    ids = []
    for active in (True, False):
        found = await client_list.files(connection, actor, active, search)
        ids += [row["id"] for row in found.rows if row["id"] not in but]
    return await approval.as_choices(connection, actor, ids[:most_found])
