"""The Clients tab: the lists (R-033, R-034), a file, its form, and a new one."""

from typing import Any

from aiohttp import web

from dispatch import client_sessions
from people import associations, client_list, clients, registrations
from people.access import Actor, may_associate, may_close_client, may_file_under, may_manage_clients, require
from people.errors import EditedMeanwhile, PossibleDuplicate, UserError
from people.searching import longest_search
from records.database import Connection, Row
from web import practitioner_choice
from web.auth import signed_in
from web.errors import status_of
from web.keys import DATABASE
from web.pages.organization import differences, version_for
from web.posting import kept
from web.view import page

LISTS = {"active": "Active", "inactive": "Inactive", "pending": "Pending"}
SORTS = {"name": "By name", "created": "Newest first"}
LABELS = {
    "first_name": "First name",
    "last_name": "Last name",
    "email": "Email",
    "date_of_birth": "Date of birth",
    "department": "Department",
    "practitioners": "Practitioners",
    "active": "Active",
}
NONE = "None: organization administrators"
NEW: dict[str, Any] = dict.fromkeys(("first_name", "last_name", "email", "date_of_birth", "department"), "")


@signed_in
async def listed(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/clients`: the active clients, or what the drop-down says."""
    return page(request, "clients/list.html", done=request.query.get("done"), **await _list(request, actor))


@signed_in
async def rows(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/clients/rows`: the list alone, while somebody types."""
    return page(request, "clients/_rows.html", **await _list(request, actor))


async def _list(request: web.Request, actor: Actor) -> dict[str, Any]:
    which = request.query.get("list", "active")
    which = which if which in LISTS else "active"
    sort = request.query.get("sort", "name")
    sort = sort if sort in SORTS else "name"
    search, after = request.query.get("search", "")[:longest_search], request.query.get("after", "")
    async with request.app[DATABASE].reading(actor, plan_once=True) as connection:
        if which == "pending":
            found = await client_list.without_file(connection, actor, True, search, after)
        else:
            found = await client_list.files(connection, actor, which == "active", search, sort, after)
        closed = await client_list.closed(connection, actor, search) if which == "inactive" and not after else []
    asked = {"list": which, "search": search, "sort": sort}
    return {"found": found, "which": which, "lists": LISTS, "sorts": SORTS, "after": after, "closed": closed, **asked}


@signed_in
async def client(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/clients/{client}`: the file."""
    async with request.app[DATABASE].reading(actor) as connection:
        file = await clients.find(connection, actor, request.match_info["client"])
        said = file["account_id"] and await registrations.of_account(connection, file["account_id"])
        values: dict[str, Any] = {
            "practitioners": await associations.of_client(connection, file["id"]),
            "sessions": await client_sessions.of_client(connection, actor, file["id"]),
            "history": await clients.history(connection, file),
        }
    done = request.query.get("done")
    return page(request, "clients/client.html", file=file, said=said, done=done, error=None, **values)


@signed_in
async def new(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/clients/new`"""
    return await new_again(request, actor, {}, None)


async def new_again(request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None) -> web.Response:
    require(may_manage_clients(actor))
    async with request.app[DATABASE].transaction(actor) as connection:
        chosen = practitioner_choice.options(
            await associations.choices(connection, actor), [], typed.get("practitioners")
        )
        departments = await clients.departments(connection, actor)
        known, holder = await known_people(connection, actor, typed) if error else ([], None)
    shown = kept(typed, **NEW)
    if not typed and len(departments) == 1:
        shown["department"] = departments[0]["public_id"]
    return page(
        request,
        "clients/new.html",
        status=status_of(error) if error else 200,
        error=error,
        kept=shown,
        departments=departments_to_choose(actor, departments),
        practitioners=chosen,
        known=known,
        holder=holder,
        anyway=is_told(typed),
        duplicate=isinstance(error, PossibleDuplicate),
    )


def departments_to_choose(actor: Actor, departments: list[Row]) -> list[tuple[str, str]]:
    """For a select: those under which the actor may keep a file, and none where they may keep it under none."""
    none = [("", NONE)] if may_file_under(actor, None) else []
    several = [("", "Choose")] if not none and len(departments) > 1 else []
    return none + several + [(row["public_id"], row["name"]) for row in departments]


async def known_people(
    connection: Connection, actor: Actor, typed: dict[str, Any]
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Whom a refused form may be about already (A-06): `clients.known_files`, and `clients.holder` of the address. None
    while what was typed names nobody."""
    named = clients.Data(**{name: str(typed.get(name, "")) for name in NEW if name != "department"})
    try:
        checked = clients.named(named)
    except UserError:
        return [], None
    known = await clients.known_files(connection, actor, checked)
    return known, await clients.holder(connection, actor, checked.email)


def is_told(typed: dict[str, Any]) -> bool:
    """Whether "This is somebody else" was ticked."""
    return bool(kept(typed, anyway=False)["anyway"])


@signed_in
async def edit(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/clients/{client}/edit`"""
    return await edit_again(request, actor, {}, None)


async def edit_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        file = await clients.find(connection, actor, request.match_info["client"])
        departments = await clients.departments(connection, actor)
        choices = await associations.choices(connection, actor)
        made = await associations.of_client(connection, file["id"])
    offered = dict(departments_to_choose(actor, departments)) | {
        file["department"] or "": file["department_name"] or NONE
    }
    standing = _standing(file)
    shown = kept(typed, **standing)
    sent = typed.get("practitioners", [] if typed else None)
    chosen = practitioner_choice.options(choices, made, sent)
    fixed = [one for one in chosen if _is_fixed(actor, one, made)]
    words = {"practitioners": practitioner_choice.as_text(practitioner_choice.options(choices, made))}
    typed_words = {"practitioners": practitioner_choice.as_text(chosen)}
    return page(
        request,
        "clients/edit.html",
        status=status_of(error) if error else 200,
        error=error,
        file=file,
        kept=shown,
        version=version_for(typed, file, error),
        departments=list(offered.items()),
        practitioners=[one for one in chosen if one not in fixed],
        fixed=fixed,
        may_close=may_close_client(actor, file),
        follows=clients.may_correct_address(file),
        conflict=isinstance(error, EditedMeanwhile),
        differences=differences(LABELS, standing | words, shown | typed_words, error, offered),
    )


def _standing(file: Row) -> dict[str, Any]:
    return {
        "first_name": file["first_name"],
        "last_name": file["last_name"],
        "email": file["email"],
        "date_of_birth": file["date_of_birth"].isoformat(),
        "department": file["department"] or "",
        "active": file["active"],
    }


def _is_fixed(actor: Actor, shown: dict[str, Any], made: list[Row]) -> bool:
    """Whether it is an association of a department that is not the reader's (R-003): told, not to be changed."""
    of = [row for row in made if row["public_id"] == shown["public_id"]]
    return bool(of) and not may_associate(actor, of[0]["department_id"])
