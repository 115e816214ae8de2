"""Registering at an organization's own address (R-020, R-021), with the system role: nobody is signed in yet.

What is typed waits in `registration` until its address is confirmed. Only then is there an account, so a stranger's
address makes none, takes no user name, and every answer is the same whether or not the address is known: what is true
is told by mail to its owner alone. Confirming takes the mailed link and the password: else whoever registers with a
stranger's address could have the stranger open an account for them.
"""

import secrets
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta

from people import accounts, setup
from people.accounts import Person, hash_of
from people.errors import NotFound, RegistrationClosed, Unfit, UsernameTaken
from people.passwords import Passwords, check_new
from people.prospects import introduce
from people.usernames import check_username
from records import audit, jobs, mail
from records.database import Connection, Database, House, Row, refusing
from records.queries import beside

queries = beside(__file__)

lifetime = timedelta(hours=24)
UNSURE = "unsure"
APPROVE = "approve_chosen"
"""The job on an account whose owner chose a practitioner (people/self_approval.py)."""
longest = {"phone": 40, "region": 100, "language": 100, "reason": 2000, "earlier_care": 2000, "emergency_contact": 200}
longest_name, longest_account_name = 100, 200
oldest_years = 130
ENDED = "This link was used already, it is older than a day, or a newer one replaced it."


@dataclass(frozen=True)
class Said:
    """What somebody typed (R-039). `department` is a public id, `unsure`, or empty where there is nothing to choose;
    `practitioner` a public id, or empty for nobody."""

    email: str
    first_name: str
    last_name: str
    date_of_birth: str
    department: str = ""
    practitioner: str = ""
    phone: str = ""
    region: str = ""
    language: str = ""
    reason: str = ""
    earlier_care: str = ""
    emergency_contact: str = ""


@dataclass(frozen=True)
class Form:
    """What an organization's form offers: its row (id, slug, name, today) and departments (id, public_id, name); where
    choosing a practitioner approves (A-01), these too: id, public_id, name, title."""

    organization: Row
    departments: list[Row]
    practitioners: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Fit:
    """A registration in the form in which it is kept."""

    organization_id: int
    username: str
    password: str
    email: str
    department_id: int | None
    practitioner_id: int | None
    unsure: bool
    first_name: str
    last_name: str
    date_of_birth: date
    phone: str
    region: str
    language: str
    reason: str
    earlier_care: str
    emergency_contact: str


async def form(connection: Connection, organization_id: int) -> Form:
    """Raises `RegistrationClosed` where people come by invitation only (A-06)."""
    organization = await queries.form(connection, id=organization_id)
    if not organization["is_open"]:
        raise RegistrationClosed
    departments = await queries.departments(connection, organization_id=organization_id)
    if not organization["by_practitioner"]:
        return Form(organization, departments)
    return Form(organization, departments, await queries.practitioners(connection, organization_id=organization_id))


def check(offered: Form, username: str, password: str, said: Said) -> Fit:
    """Raises `Unfit` with its field, in the order of the form."""
    names = {name: _name(name, getattr(said, name)) for name in ("first_name", "last_name")}
    born = _birthday(said.date_of_birth, offered.organization["today"])
    email = introduce(names["first_name"][:1], said.email).email
    more = {name: _text(name, getattr(said, name)) for name in longest}
    department = _department(offered.departments, said.department)
    practitioner = _practitioner(offered.practitioners, said.practitioner)
    username = check_username(username)
    check_new(password, username, email)
    return Fit(
        organization_id=offered.organization["id"],
        username=username,
        password=password,
        email=email,
        department_id=department,
        practitioner_id=practitioner,
        unsure=department is None and len(offered.departments) > 1,
        date_of_birth=born,
        **names,
        **more,
    )


async def register(database: Database, passwords: Passwords, fit: Fit) -> str:
    """Keep it, and mail its address (R-021, R-204): a link to confirm, or what else is true of that address. Returns a
    public id by which the mail can be sent again. Raises `UsernameTaken`: of confirmed accounts alone, so that two
    tries tell nothing of an address either."""
    async with database.system() as connection:
        taken = await queries.username_taken(connection, organization_id=fit.organization_id, username=fit.username)
    if taken:
        raise UsernameTaken
    kept = asdict(fit)
    password_hash = await passwords.hash(kept.pop("password"))
    token = secrets.token_urlsafe(32)
    async with database.system() as connection:
        row = await queries.add(connection, **kept, password_hash=password_hash, token_hash=hash_of(token))
        await _post(connection, House(fit.organization_id), row, token)
    return str(row["public_id"])


async def send_again(database: Database, organization_id: int, public_id: str) -> None:
    """The mail once more, with a new link in place of the old one. Raises `NotFound` if it was confirmed or purged."""
    token = secrets.token_urlsafe(32)
    async with database.system() as connection:
        row = await queries.renew(
            connection, organization_id=organization_id, public_id=public_id, token_hash=hash_of(token)
        )
        if row is None:
            raise NotFound
        await _post(connection, House(organization_id), row, token)


async def find(connection: Connection, organization_id: int, public_id: str) -> Row:
    """A registration that waits to be confirmed: public_id, email. Raises `NotFound`."""
    found = await queries.find(connection, organization_id=organization_id, public_id=public_id)
    if found is None:
        raise NotFound
    return found


async def look(connection: Connection, organization_id: int, token: str) -> Row:
    """Whose link it is, `usable` unless it is too old. Looking uses nothing up, for mail scanners look too. Raises
    `NotFound`."""
    found = await queries.look(
        connection, organization_id=organization_id, token_hash=hash_of(token), lifetime=lifetime
    )
    if found is None:
        raise NotFound(ENDED)
    return found


async def confirm(
    database: Database,
    passwords: Passwords,
    organization_id: int,
    token: str,
    password: str,
    username: str = "",
    browser: str = "",
) -> str:
    """Open the account, `pending`, tell the staff (R-022), and sign in; returns the sign-in's token. `username`
    replaces one that somebody else took meanwhile. Raises `NotFound` as `look` does, `Unfit` for a wrong password,
    `UsernameTaken`."""
    async with database.system() as connection:
        found = await look(connection, organization_id, token)
    if not found["usable"]:
        raise NotFound(ENDED)
    chosen = check_username(username or found["username"])
    if not await passwords.fits(password, found["password_hash"]):
        raise Unfit("This is not the password that you chose when you registered.", field="password")
    async with database.system() as connection:
        await queries.lock(connection, organization_id=organization_id, email=found["email"])
        held = await queries.hold(
            connection, organization_id=organization_id, token_hash=hash_of(token), lifetime=lifetime
        )
        if held is None:
            raise NotFound(ENDED)
        with refusing(account_organization_id_username_key=UsernameTaken):
            account = await _open(connection, organization_id, held, chosen)
        await queries.settle(connection, id=held["id"], account_id=account["id"])
        await queries.drop_others(connection, organization_id=organization_id, email=held["email"])
        person = Person(account["id"], organization_id)
        await audit.record(connection, person, "register", "account", person.account_id)
        if account["state"] == "pending" and held["practitioner_id"] is not None:
            await jobs.enqueue(connection, APPROVE, person.account_id)
        elif account["state"] == "pending":
            await tell_staff(connection, person, held["department_id"])
        return await accounts.sign_in(connection, person.account_id, browser)


async def _open(connection: Connection, organization_id: int, held: Row, username: str) -> Row:
    """The account of the confirmed address: a new one, or the one that a guest or prospect has without a password."""
    values = {
        "organization_id": organization_id,
        "username": username,
        "email": held["email"],
        "name": f"{held['first_name']} {held['last_name']}"[:longest_account_name],
        "password_hash": held["password_hash"],
    }
    made = await queries.make(connection, **values)
    if made is not None:
        return made
    completed = await queries.complete(connection, **values)
    if completed is None:
        raise NotFound("This address has an account already. Sign in, or choose a new password.")
    await queries.add_client_role(connection, organization_id=organization_id, account_id=completed["id"])
    return completed


async def tell_staff(connection: Connection, person: Person, department_id: int | None) -> None:
    """Those who may approve it (R-201, R-202), with the system role."""
    rows = await queries.to_tell(connection, organization_id=person.organization_id, department_id=department_id)
    await mail.post(connection, person, "new_client", [row["email"] for row in rows])


async def _post(connection: Connection, house: House, row: Row, token: str) -> None:
    """What is true for the owner of this address: confirm; or choose user name and password for the account that the
    staff made; or there is an account."""
    owner = await queries.owner_of(connection, organization_id=house.organization_id, email=row["email"])
    if owner is None or owner["keeps"]:
        await mail.post(connection, house, "confirm_registration", [row["email"]], details={"token": token})
    elif owner["has_password"] or owner["state"] == "inactive":
        closed = owner["state"] == "inactive"
        await mail.post(connection, house, "known_registration", [row["email"]], details={"closed": closed})
    else:
        await setup.post_link(connection, house, owner["id"], asked=True)


def _name(field: str, typed: str) -> str:
    name = " ".join(typed.split())
    label = field.replace("_", " ")
    if not 1 <= len(name) <= longest_name:
        raise Unfit(f"Please enter your {label}, at most {longest_name} characters.", field=field)
    return name


def _birthday(typed: str, today: date) -> date:
    try:
        born = date.fromisoformat(typed.strip())
    except ValueError:
        raise Unfit("Please enter your date of birth, like 1990-12-31.", field="date_of_birth") from None
    if not today - timedelta(days=366 * oldest_years) < born <= today:
        raise Unfit("Please check your date of birth: the year cannot be right.", field="date_of_birth")
    return born


def _text(field: str, typed: str) -> str:
    text = typed.strip().replace("\r\n", "\n")
    if len(text) > longest[field]:
        raise Unfit(f"Please say it in at most {longest[field]} characters.", field=field)
    return text


def _department(departments: list[Row], chosen: str) -> int | None:
    """The only department without asking; None for somebody who is unsure (R-026) or where there is none."""
    if len(departments) < 2:
        return departments[0]["id"] if departments else None
    if chosen == UNSURE:
        return None
    known = {row["public_id"]: row["id"] for row in departments}
    if chosen not in known:
        raise Unfit("Please choose a department, or say that you are not sure.", field="department")
    return int(known[chosen])


def _practitioner(practitioners: list[Row], chosen: str) -> int | None:
    if not chosen:
        return None
    known = {row["public_id"]: row["id"] for row in practitioners}
    if chosen not in known:
        raise Unfit(
            "This practitioner takes nobody at the moment. Please choose another, or nobody.", field="practitioner"
        )
    return int(known[chosen])
