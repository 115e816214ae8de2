"""What a new organization still lacks before its first visit, read from what is there: nobody ticks anything off."""

from dataclasses import dataclass, replace

from people.access import Actor, may_name_organization, require
from records import audit
from records.database import Connection
from records.queries import beside

queries = beside(__file__)


@dataclass(frozen=True)
class Step:
    """One thing to do, the page where it is done, and why."""

    name: str
    title: str
    why: str
    path: str
    done: bool


@dataclass(frozen=True)
class FirstSteps:
    """In the order in which they are best done. `wanted`: on this person's dashboard."""

    steps: tuple[Step, ...]
    wanted: bool

    @property
    def done(self) -> int:
        return sum(step.done for step in self.steps)

    @property
    def finished(self) -> bool:
        return self.done == len(self.steps)


STEPS = (
    (
        "department",
        "Add a department",
        "Roles, clinics and care relationships belong to one.",
        "/organization/departments",
    ),
    ("staff", "Add a practitioner", "They get a mail with a link, and choose a password.", "/staff/new"),
    ("clinic", "Build a virtual clinic", "It is what clients ask for a visit.", "/organization/clinics/new"),
    ("service", "Give it a service", "With a duration, and a price if it must be paid for.", "/organization/clinics"),
    ("host", "Put a host into it", "A practitioner who takes its visits.", "/organization/clinics"),
    (
        "hours",
        "Say when a host is there",
        "Each practitioner enters their own hours, or switches on, under Availability.",
        "/help/availability",
    ),
    ("requests", "Switch session requests on", "Until then clients cannot ask for visits.", "/organization/requests"),
    ("portal", "Choose what the portal has", "Messages and self-scheduling need seats.", "/organization/portal"),
    (
        "invitation",
        "Invite your first client",
        "They set up an account by a link in a mail.",
        "/invitations/new",
    ),
)


async def find(connection: Connection, actor: Actor) -> FirstSteps:
    """Raises `NotFound`."""
    require(may_name_organization(actor))
    found = await queries.done(connection, account_id=actor.account_id)
    steps = (Step(*step, done=found[step[0]]) for step in STEPS)
    without = {} if actor.features.forms else {"invitation": "/clients/new"}
    return FirstSteps(tuple(replace(one, path=without.get(one.name, one.path)) for one in steps), found["wanted"])


async def want(connection: Connection, actor: Actor, wanted: bool) -> None:
    """On one's own dashboard, or not any more. Raises `NotFound`."""
    require(may_name_organization(actor))
    if await queries.want(connection, account_id=actor.account_id, wanted=wanted):
        await audit.record(connection, actor, "want_first_steps", "account", actor.account_id, {"wanted": wanted})
