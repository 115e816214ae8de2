"""Organizations to try things with: departments, every role, clinics with services. Runs as the schema's owner."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from records.database import Connection
from records.queries import beside

queries = beside(__file__)


@dataclass(frozen=True)
class Person:
    """One account to create. `department` names one of the organization's; None means the whole organization."""

    username: str
    name: str
    roles: tuple[str, ...]
    department: str | None = None


@dataclass(frozen=True)
class Login:
    """A seeded account: what to type, and where it leads."""

    organization: str
    roles: list[str]
    name: str
    username: str
    public_id: str
    sign_in: str


PEOPLE = (
    Person("olivia", "Olivia Marsh", ("organization_administrator",)),
    Person("dora", "Dora Kent", ("department_administrator",), "Family medicine"),
    Person("carl", "Carl Boyd", ("care_coordinator",), "Family medicine"),
    Person("sam", "Sam Reyes", ("scheduler",), "Family medicine"),
    Person("sofia", "Sofia Lind", ("scheduler",), "Family medicine"),
    Person("ana", "Ana Duarte", ("practitioner",), "Family medicine"),
    Person("ben", "Ben Okafor", ("practitioner",), "Family medicine"),
    Person("mia", "Mia Torres", ("practitioner",), "Mental health"),
    Person("nora", "Nora Weiss", ("practitioner",), "Family medicine"),
    Person("theo", "Theo Brandt", ("practitioner",), "Family medicine"),
    Person("chloe", "Chloe Adams", ("client",)),
    Person("david", "David Mori", ("client",)),
)

PROFILES = {
    "ana": ("Family doctor", "For all ages. I speak English and Portuguese.", True),
    "mia": ("Psychotherapist", "Anxiety, grief, and getting through a hard year. Evenings are possible.", True),
    "theo": ("Physiotherapist", "Backs, knees, and coming back after an operation.", False),
}
"""User name -> title, about, and whether they take connection requests; the others have written nothing yet."""

CONNECTIONS = {
    "ana": "My family has moved here. Would you be our doctor?",
    "mia": "I sleep badly since spring, and would rather talk to somebody than take pills. Evenings suit me best.",
}
"""Practitioner -> what David writes to them in the demo."""

CLINICS: dict[str, dict[str, Any]] = {
    "Family clinic": {
        "department": "Family medicine",
        "patient_group": "Families",
        "host_group": "Family doctors",
        "services": [
            ("Video consultation", "Talk to a doctor about what bothers you.", 20, None),
            ("Follow-up", "A short look at how it goes.", 10, None),
        ],
        "form": [
            ("short_text", "A phone number, should the picture fail", []),
            ("choice", "Have you been here before?", ["Yes", "No"]),
            ("check", "I would like an interpreter", []),
        ],
        "hosts": ("ana", "ben"),
        "schedulers": ("sam", "sofia"),
    },
    "Planned care": {
        "department": "Family medicine",
        "patient_group": "Patients of the practice",
        "host_group": "Care team",
        "availability": "calendar",
        "services": [
            ("Health check", "Half an hour for your questions, at a time that suits you.", 30, Decimal("40.00")),
            ("Results", "We go through your results together.", 15, None),
        ],
        "hosts": ("nora", "theo"),
        "schedulers": ("sam",),
    },
    "Talking clinic": {
        "department": "Mental health",
        "patient_group": "Everyone",
        "host_group": "Therapists",
        "services": [("First conversation", "Get to know each other.", 50, None)],
        "hosts": ("mia",),
        "schedulers": ("sam",),
    },
}
"""On demand unless `availability` says calendar; then its hosts have office hours in the organization's zone. Services:
name, description, minutes, price. Form: kind, label, choices; nothing is required."""


@dataclass(frozen=True)
class Newcomer:
    """Somebody whose account waits. Without `born` they never registered, and came by a code (a prospect)."""

    username: str
    name: str
    born: str | None = None
    department: str | None = None
    reason: str = ""


NEWCOMERS = (
    Newcomer("chloe.adams", "Chloe Adams", "1990-01-01", None, "I was here two years ago and would like to come back."),
    Newcomer("luis.prado", "Luis Prado", "1984-05-17", "Family medicine", "My back hurts after sitting."),
    Newcomer("guest-nadia", "Nadia Grey"),
)
"""The first may be the Chloe Adams who has a file already (A-06), and is unsure of the department."""


def more_clients(count: int) -> list[str]:
    """User names of clients beyond PEOPLE's, for a busy day."""
    return [f"client-{number}" for number in range(1, count + 1)]


async def organization(
    connection: Connection, slug: str, name: str, password_hash: str, zone: str, clients: int = 0
) -> dict[str, Any]:
    """Create one organization whole, with so many clients more; return its public ids and logins as JSON-shaped
    values."""
    people = [*PEOPLE, *(Person(each, each.replace("-", " ").title(), ("client",)) for each in more_clients(clients))]
    made = await queries.add_organization(connection, slug=slug, name=name, time_zone=zone)
    departments = {
        title: await queries.add_department(connection, organization_id=made["id"], name=title)
        for title in dict.fromkeys(clinic["department"] for clinic in CLINICS.values())
    }
    accounts = {
        person.username: await _person(connection, made["id"], slug, person, departments, password_hash)
        for person in people
    }
    for username, (job, about, takes) in PROFILES.items():
        await queries.add_profile(
            connection, account_id=accounts[username]["id"], title=job, about=about, takes_connections=takes
        )
    clinics = [
        await _clinic(connection, made["id"], title, plan, departments, accounts) for title, plan in CLINICS.items()
    ]
    logins = [
        asdict(
            Login(
                slug,
                list(person.roles),
                person.name,
                person.username,
                row["public_id"],
                f"/at/{slug}/sign-in",
            )
        )
        for person, row in ((person, accounts[person.username]) for person in people)
    ]
    return {"slug": slug, "name": name, "public_id": made["public_id"], "clinics": clinics, "logins": logins}


async def newcomers(connection: Connection, slug: str, password_hash: str) -> None:
    """For the demo: accounts that wait for somebody on the staff."""
    for each in NEWCOMERS:
        first, last = each.name.split(" ", 1)
        keys = {"slug": slug, "username": each.username, "email": f"{each.username}@example.org", "name": each.name}
        account_id = await queries.add_newcomer(connection, **keys, password_hash=password_hash if each.born else None)
        await queries.add_registration(
            connection,
            account_id=account_id,
            first_name=first,
            last_name=last,
            born=each.born,
            department=each.department,
            reason=each.reason,
        )


async def files(connection: Connection, slug: str) -> None:
    """For the demo: the clients' files are of one department, and one client has not set up the account yet."""
    names = {"username": "created-emil", "email": "emil.hart@example.org", "first_name": "Emil", "last_name": "Hart"}
    await queries.add_created(connection, slug=slug, **names)
    await queries.file_clients(connection, slug=slug, department="Family medicine")


async def waiting(connection: Connection, slug: str) -> None:
    """What waits for somebody in the demo, beyond what tests begin with: a connection request to two practitioners."""
    for practitioner, message in CONNECTIONS.items():
        await queries.ask_connection(connection, slug=slug, client="david", practitioner=practitioner, message=message)


async def choosing(connection: Connection, slug: str) -> None:
    """For the demo: clients of Nora's choose their own times, Results at once and the Health check by request."""
    await queries.let_choose(connection, slug=slug, host="nora", clients=["chloe", "david"])
    await queries.set_limits(connection, slug=slug, clinic="Planned care", contact="the desk, +351 210 000 000")


async def _person(
    connection: Connection,
    organization_id: int,
    slug: str,
    person: Person,
    departments: dict[str, int],
    hash_: str,
) -> Any:
    email = f"{person.username}@{slug}.example"
    account = await queries.add_account(
        connection,
        organization_id=organization_id,
        username=person.username,
        email=email,
        name=person.name,
        password_hash=hash_,
    )
    for role in person.roles:
        await queries.add_role(
            connection,
            organization_id=organization_id,
            account_id=account["id"],
            role=role,
            department_id=departments[person.department] if person.department else None,
        )
    if "client" in person.roles:
        first, last = person.name.split(" ", 1)
        await queries.add_client(
            connection,
            organization_id=organization_id,
            account_id=account["id"],
            first_name=first,
            last_name=last,
            email=email,
        )
    return account


async def _clinic(
    connection: Connection,
    organization_id: int,
    title: str,
    plan: dict[str, Any],
    departments: dict[str, int],
    accounts: dict[str, Any],
) -> dict[str, Any]:
    calendar = plan.get("availability") == "calendar"
    clinic = await queries.add_clinic(
        connection,
        organization_id=organization_id,
        department_id=departments[plan["department"]],
        name=title,
        patient_group=plan["patient_group"],
        host_group=plan["host_group"],
        availability="calendar" if calendar else "on_demand",
    )
    keys = {"organization_id": organization_id, "clinic_id": clinic["id"]}
    services = [
        await queries.add_service(
            connection, **keys, name=name, description=description, duration=timedelta(minutes=minutes), price=price
        )
        for name, description, minutes, price in plan["services"]
    ]
    for position, (kind, label, choices) in enumerate(plan.get("form", ())):
        await queries.add_field(connection, **keys, position=position, kind=kind, label=label, choices=choices)
    for username in plan["hosts"]:
        host_id = accounts[username]["id"]
        await queries.add_host(connection, **keys, account_id=host_id, on_demand=not calendar)
        if calendar:
            await queries.add_hours(connection, organization_id=organization_id, host_id=host_id)
    for username in plan["schedulers"]:
        await queries.add_scheduler(connection, **keys, account_id=accounts[username]["id"])
    link = f"/clinics/{clinic['public_id']}/ask"
    return {"name": title, "public_id": clinic["public_id"], "services": services, "ask": link}
