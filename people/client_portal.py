"""The organization's own address for its clients (R-020, R-043), whether they may register there (A-06), and what the
portal has (R-009, R-133, R-134)."""

from collections.abc import Mapping

from people import clients
from people.access import Actor, may_manage_departments, may_see_organization, may_switch_features, require
from people.entitlements import FEATURES
from people.errors import EditedMeanwhile, Invalid, NotFound
from records import audit, mail
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

MODES = ("open", "by_practitioner", "invite_only")
LOGIN_LINK = "login_link"
"""The kind of mail that says where to sign in."""
NOT_SET_UP = "This client has not set up the portal yet. Send them an invitation instead."
INACTIVE = "This client is inactive, so they cannot sign in. Make them active first."


async def find(connection: Connection, actor: Actor) -> Row:
    """The actor's organization: slug, name, `registration` (one of MODES). Raises `NotFound`."""
    require(may_see_organization(actor))
    return await queries.find(connection)


async def set_registration(connection: Connection, actor: Actor, mode: str) -> None:
    """The same mode changes nothing. What has been registered stays. Raises `NotFound`, `Invalid`."""
    require(may_manage_departments(actor))
    if mode not in MODES:
        raise Invalid("Choose one of the three.", field="registration")
    if await queries.set_registration(connection, mode=mode):
        await audit.record(connection, actor, "change", "organization", actor.organization_id, {"registration": mode})


async def features(connection: Connection, actor: Actor) -> Row:
    """The switches as columns (forms, payments, messages, scheduling), and whom each concerns: counts of active
    `practitioners`, of `seats` in use, and of `waiting_forms` and `threads` that the switches hide. Raises
    `NotFound`."""
    require(may_see_organization(actor))
    return await queries.features(connection)


async def switch_features(
    connection: Connection, actor: Actor, wanted: Mapping[str, bool], version: str | None = None
) -> list[str]:
    """Switch what differs of these features on or off, for everybody (R-134); return which did. Nothing is removed:
    what is off is hidden, and there again when it is on. Open pages hear of it. `version` is what `features` gave:
    raises `EditedMeanwhile` if it is another since, `NotFound`."""
    require(may_switch_features(actor))
    await queries.hold(connection)
    stands = await queries.features(connection)
    if version is not None and version != stands["version"]:
        raise EditedMeanwhile(await queries.last_switched_by(connection))
    changed = {feature: on for feature, on in wanted.items() if feature in FEATURES and on != stands[feature]}
    if changed:
        await queries.switch(connection, **{feature: changed.get(feature, stands[feature]) for feature in FEATURES})
        await audit.record(connection, actor, "switch", "portal", actor.organization_id, changed)
    return list(changed)


async def send_login_link(connection: Connection, actor: Actor, client: str) -> None:
    """Mail the owner of this file (public id) where to sign in (R-043). The address is the organization's; it opens
    nothing by itself. Raises `NotFound`, `Invalid` (login_link) for whom no sign-in waits."""
    file = await clients.find(connection, actor, client)
    if file["account_state"] == "inactive" or not file["active"]:
        raise Invalid(INACTIVE, field="login_link")
    if not file["has_password"]:
        raise Invalid(NOT_SET_UP, field="login_link")
    await mail.post(connection, actor, LOGIN_LINK, [file["account_email"]], details={"name": file["first_name"]})
    await audit.record(connection, actor, "send_login_link", "client", file["id"])


async def send_login_link_to(connection: Connection, actor: Actor, email: str) -> None:
    """`send_login_link` to whoever of the actor's clients has this address. Raises `NotFound`, `Invalid` (email)."""
    require(may_see_organization(actor))
    client = await queries.client_of_address(connection, email=clients.address(email))
    try:
        await send_login_link(connection, actor, client or "")
    except NotFound:
        raise Invalid("None of your clients has this address.", field="email") from None
    except Invalid as error:
        raise Invalid(error.message, field="email") from None
