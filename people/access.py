"""Every right in one file. Handlers ask here, and only here; row-level security stands behind it as a second lock.

Rights are questions about an actor and a row as the verbs return them. A `no` becomes `NotFound` at the caller, so that
forbidden and non-existent look the same.

In this order:

* Who asks: the actor
* How it is asked
* The portal
* The organization and its departments
* Staff
* Clients and their files
* Practitioners and their clients
* Requests
* Sessions
* Visits
* Hours, and times that clients choose
* Messages
* Invitations and forms
* Documents, and leaving with one's data
* Invoices
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from people.entitlements import Features, Seat, is_entitled
from people.errors import AwaitingApproval, NotFound

# Who asks: the actor


@dataclass(frozen=True)
class Actor:
    """A signed-in person. `roles` are the names of R-018; `account_id` and `organization_id` are inner keys.

    `session_id` is set for somebody who came by a direct link (A-15): they may visit that session and nothing else;
    `device` is then the hash of their browser's device cookie, and `other_device` says that the link had been opened in
    another browser before.
    `department_roles` are those roles that are held in one department, each with its key (R-003).
    `time_zone` is the one that they chose for every time that they are shown; None: as their browser says.
    `token_scopes` is set for a program that acts for the person by a token (web/scopes.py).
    `features` and `seat` are what the portal had for them when they came: for templates; verbs ask again
    (people/entitlements.py).
    """

    account_id: int
    organization_id: int
    public_id: str
    name: str
    state: str
    roles: frozenset[str] = field(default_factory=frozenset)
    session_id: int | None = None
    device: bytes | None = None
    other_device: bool = False
    department_roles: frozenset[tuple[str, int]] = frozenset()
    token_scopes: frozenset[str] | None = None
    time_zone: str | None = None
    features: Features = field(default_factory=Features)
    seat: Seat = field(default_factory=Seat)

    @property
    def is_client(self) -> bool:
        return "client" in self.roles

    @property
    def is_host(self) -> bool:
        return "practitioner" in self.roles

    @property
    def is_scheduler(self) -> bool:
        return "scheduler" in self.roles

    @property
    def is_staff(self) -> bool:
        return bool(self.roles - {"client"}) and self.session_id is None

    @property
    def is_organization_administrator(self) -> bool:
        return "organization_administrator" in self.roles and self.state == "active" and self.session_id is None

    @property
    def is_administrator(self) -> bool:
        return self.is_organization_administrator or bool(self.departments_as("department_administrator"))

    @property
    def sees_organization(self) -> bool:
        """Has the pages below Organization: administrators, and care coordinators who may look (R-001)."""
        return self.is_administrator or bool(self.departments_as("care_coordinator"))

    def departments_as(self, *roles: str) -> list[int]:
        """The departments in which this person holds one of these roles."""
        held = {department_id for role, department_id in self.department_roles if role in roles}
        return sorted(held) if self.state == "active" and self.session_id is None else []


Row = Mapping[str, Any]


# How it is asked


def require(allowed: bool) -> None:
    """Raise `NotFound` unless allowed."""
    if not allowed:
        raise NotFound


def require_approved(actor: Actor, sentence: str | None = None) -> None:
    """Raise `AwaitingApproval`, with this sentence instead of its own, for somebody whose account nobody has approved
    yet: that much is not hidden from them (R-032)."""
    if actor.state != "active":
        raise AwaitingApproval(sentence)


def by_token_too(actor: Actor, scope: str) -> bool:
    """Whether what this scope names may be shown: to people always, to a program only if its token has the scope."""
    return actor.token_scopes is None or scope in actor.token_scopes


# The portal


def may_use_portal(actor: Actor) -> bool:
    """Whoever signed in; a direct link opens one session's door, not the portal (A-15, A-23)."""
    return actor.session_id is None


def has_feature(actor: Actor, feature: str) -> bool:
    """Whether the actor's pages show this one of entitlements.FEATURES: clients what is switched on, the staff what
    they are entitled to (R-130, R-131; A-03)."""
    if not may_use_portal(actor):
        return False
    return is_entitled(actor.features, actor.seat, feature) or (actor.is_client and actor.features.has(feature))


def may_have_second_factor(actor: Actor) -> bool:
    """Staff and clients alike; who has no password has nothing that a second step could follow."""
    return may_use_portal(actor)


# The organization and its departments


def may_administer(actor: Actor, department_id: int) -> bool:
    """Organization administrators any department (R-002), department administrators their own (R-003)."""
    own = department_id in actor.departments_as("department_administrator")
    return actor.is_organization_administrator or own


def may_look_at(actor: Actor, department_id: int) -> bool:
    """Whoever administers the department, and its care coordinators, who change nothing there."""
    return _oversees(actor, department_id)


def _oversees(actor: Actor, *departments: int | None) -> bool:
    """Organization administrators whatever there is; department administrators and care coordinators, if one of these
    departments is theirs."""
    own = actor.departments_as("department_administrator", "care_coordinator")
    return actor.is_organization_administrator or any(one in own for one in departments)


def may_see_organization(actor: Actor) -> bool:
    return actor.sees_organization


def may_name_organization(actor: Actor) -> bool:
    """Its name and its time zone, and the first steps of setting it up."""
    return actor.is_organization_administrator


def may_manage_departments(actor: Actor) -> bool:
    """Departments, and how clients register (A-06)."""
    return actor.is_organization_administrator


def may_switch_organization(actor: Actor) -> bool:
    """Session requests of the whole organization (A-25)."""
    return actor.is_organization_administrator


def may_ask_operator(actor: Actor) -> bool:
    """R-015, R-071: administrators ask for what they cannot change themselves."""
    return actor.is_administrator


def may_switch_features(actor: Actor) -> bool:
    """What the portal has, for everybody (R-009)."""
    return actor.is_organization_administrator


def may_keep_seats(actor: Actor) -> bool:
    """Who of the staff is subscribed, and who may invite (R-007)."""
    return actor.is_organization_administrator


# Staff


def may_see_staff(actor: Actor) -> bool:
    """The Staff tab: administrators, and care coordinators who may look (R-001)."""
    return actor.sees_organization


def may_see_staff_member(actor: Actor, person: Row) -> bool:
    """Organization administrators everybody, others those who hold a role in a department of theirs. `person` bears
    `department_ids`."""
    return _oversees(actor, *person["department_ids"])


def may_manage_staff(actor: Actor) -> bool:
    """Make accounts for staff; which roles they may get, `may_give` says."""
    return actor.is_administrator


def may_give(actor: Actor, role: str, department_id: int | None) -> bool:
    """Give and take a role: organization administrators every one, department administrators those in their own
    departments. Nobody makes somebody of the staff a client here."""
    if role == "client":
        return False
    own = department_id is not None and may_administer(actor, department_id)
    return actor.is_organization_administrator or own


def may_change_staff(actor: Actor, person: Row) -> bool:
    """Name, address and whether the account is active: those who may give each role that the person holds, for whoever
    changes an address can become the one who has it. `person` bears `held`, pairs of a role and a department's key."""
    own = may_manage_staff(actor) and all(may_give(actor, role, department) for role, department in person["held"])
    return actor.is_organization_administrator or own


def may_drop_second_factor(actor: Actor, account_id: int) -> bool:
    """Organization administrators, of anybody but themselves: their own they remove where they sign in."""
    return actor.is_organization_administrator and account_id != actor.account_id


def may_edit_profile(actor: Actor, person: Row) -> bool:
    """What clients may read of a practitioner: the practitioner, and who administers a department in which they
    practise. `person` bears `id` and `practises_in`, keys of departments."""
    own = may_use_portal(actor) and actor.is_host and person["id"] == actor.account_id
    administers = any(may_administer(actor, one) for one in person["practises_in"])
    return own or actor.is_organization_administrator or administers


# Clients and their files


def may_manage_clients(actor: Actor) -> bool:
    """The Clients tab: organization administrators, department administrators and care coordinators (R-001)."""
    return actor.sees_organization


def may_approve(actor: Actor, registration: Row) -> bool:
    """Organization administrators every registration; department administrators and care coordinators those for their
    departments (R-001), so whoever is unsure waits for the former (R-005, R-026). `registration` bears `department_id`.
    """
    return _oversees(actor, registration["department_id"])


def may_see_client(actor: Actor, file: Row) -> bool:
    """Organization administrators every file; department administrators and care coordinators those of their department
    and those with a practitioner in it (R-002, R-003). `file` bears `department_id` and `department_ids`, the
    departments of its associations.
    """
    return _oversees(actor, file["department_id"], *file["department_ids"])


def may_manage_client(actor: Actor, file: Row) -> bool:
    """Whoever sees the file also keeps it (R-001)."""
    return may_see_client(actor, file)


def may_close_client(actor: Actor, file: Row) -> bool:
    """The Active check box (R-035, R-036). Somebody of the staff who is a client too is opened and closed among the
    staff, for more than a file hangs on it. `file` bears `staff`."""
    return may_manage_client(actor, file) and not file["staff"]


def may_file_under(actor: Actor, department_id: int | None) -> bool:
    """The department that looks after a file: their own (R-003), or for organization administrators any or none."""
    return _oversees(actor, department_id)


def may_associate(actor: Actor, department_id: int) -> bool:
    """Make and end care relationships with the staff of a department: organization administrators in any (R-002), its
    administrators and care coordinators in their own (R-003)."""
    return _oversees(actor, department_id)


# Practitioners and their clients


def may_have_clients(actor: Actor) -> bool:
    """My Clients: practitioners."""
    return may_use_portal(actor) and actor.is_host and actor.state == "active"


def may_ask_connection(actor: Actor, file: Row | None) -> bool:
    """An approved client with a file (A-05, R-054); `file` is theirs, which bears `active`."""
    return may_use_portal(actor) and actor.is_client and actor.state == "active" and bool(file and file["active"])


def may_withdraw_connection(actor: Actor, asked: Row) -> bool:
    """The client whose it is. `asked` bears `client_account_id`."""
    return may_use_portal(actor) and actor.is_client and asked["client_account_id"] == actor.account_id


def may_decide_connection(actor: Actor, asked: Row) -> bool:
    """Only the practitioner whom it names, no administrator (R-012). `asked` bears `practitioner_id`."""
    return may_have_clients(actor) and asked["practitioner_id"] == actor.account_id


def may_read_registration(actor: Actor, file: Row) -> bool:
    """A practitioner reads what their clients said of themselves, and before deciding what those said who ask them
    (R-061). `file` bears `associated` and `asks`, both with regard to the actor."""
    return may_have_clients(actor) and bool(file["associated"] or file["asks"])


# Requests


def may_ask(actor: Actor) -> bool:
    """A client whose address is confirmed may ask for a session (A-23)."""
    return may_use_portal(actor) and actor.is_client and actor.state in ("pending", "active")


def may_withdraw(actor: Actor, request: Row) -> bool:
    return request["requester_id"] == actor.account_id


def may_see_board(actor: Actor) -> bool:
    """Schedulers have the board; which rows it shows is decided in SQL by the clinics that they serve (R-014, A-11)."""
    return may_use_portal(actor) and actor.is_scheduler


def may_decide(actor: Actor, request: Row) -> bool:
    """Schedulers of the clinic (R-014), and the host whom the request names (R-013).

    `request` bears `scheduled_by_actor` (is the actor a scheduler of its clinic) and `host_id`.
    """
    as_scheduler = actor.is_scheduler and bool(request["scheduled_by_actor"])
    return as_scheduler or (actor.is_host and request["host_id"] == actor.account_id)


def may_take(actor: Actor, request: Row) -> bool:
    """Whoever may decide it; and a host of the clinic, where hosts see the group's queue and it is sent to the group
    (A-11). `request` bears `offered_to_actor` for that.
    """
    return may_decide(actor, request) or (actor.is_host and bool(request["offered_to_actor"]))


def may_assign(actor: Actor, request: Row, host_id: int) -> bool:
    """A scheduler may give the request to any host of the clinic; a host only takes it on themselves."""
    return host_id == actor.account_id or (actor.is_scheduler and bool(request["scheduled_by_actor"]))


# Sessions


def may_see_sessions(actor: Actor) -> bool:
    """Scheduling > Sessions; which ones is decided in SQL by the clinics that the scheduler serves."""
    return may_see_board(actor)


def may_reassign(actor: Actor, session: Row) -> bool:
    """A scheduler of the session's clinic. `session` bears `scheduled_by_actor`."""
    return may_use_portal(actor) and actor.is_scheduler and bool(session["scheduled_by_actor"])


def may_arrange(actor: Actor, session: Row) -> bool:
    """Move or cancel a session, and see its history: its host, and the schedulers of its clinic."""
    return may_host(actor, session) or may_reassign(actor, session)


def may_cancel(actor: Actor, session: Row) -> bool:
    """Whoever may arrange it, and its own client. `session` bears `client_account_id`."""
    own = may_use_portal(actor) and actor.is_client and session["client_account_id"] == actor.account_id
    return own or may_arrange(actor, session)


def may_know_session(actor: Actor, session: Row) -> bool:
    """What keeps a host busy: known to the host, the schedulers of its clinic, and those who look after its department.
    To others it is a session and no more. `session` bears `host_id`, `scheduled_by_actor` and `department_id`.
    """
    return may_arrange(actor, session) or may_look_at(actor, session["department_id"])


# Visits


def may_host(actor: Actor, session: Row) -> bool:
    """Only the hosting clinician admits and sees who waits (R-016, R-017)."""
    return may_use_portal(actor) and actor.is_host and session["host_id"] == actor.account_id


def may_see_knocks(actor: Actor) -> bool:
    """Every host, those at their own doors (R-017)."""
    return may_use_portal(actor) and actor.is_host


def may_see_session(actor: Actor, session: Row) -> bool:
    """Its host, its own client, and whoever came by its direct link: the client or one of its guests, of any account
    that may sign in (A-15, A-23). `session` bears `id`, `client_account_id` and `guest_account_ids`.
    """
    own = session["client_account_id"] == actor.account_id
    if actor.session_id is not None:
        return actor.session_id == session["id"] and (own or actor.account_id in session["guest_account_ids"])
    return may_host(actor, session) or (own and actor.is_client)


def may_join(actor: Actor, session: Row) -> bool:
    """Whoever may see it; its own client from the portal only with an approved account and a care relationship to the
    host (A-01, A-05, R-045, R-063), which `cleared` says; and not before it is paid, where that is asked for.
    """
    by_right = may_host(actor, session) or actor.session_id is not None
    cleared = may_see_session(actor, session) and (by_right or bool(session["cleared"]))
    return cleared and not must_pay_first(actor, session)


def must_pay_first(actor: Actor, session: Row) -> bool:
    """The client of a session that is to be paid before they join it (A-29, R-162); its host and its guests come in.
    `session` bears `owed`: its invoice is open, and nobody waived that."""
    return bool(session["owed"]) and session["client_account_id"] == actor.account_id


# Hours, and times that clients choose


def may_set_hours(actor: Actor) -> bool:
    """A host decides about their own time, and nobody else's (R-098)."""
    return may_use_portal(actor) and actor.is_host


def may_see_hours(actor: Actor, host: Row) -> bool:
    """The host, and those who schedule a clinic of theirs or look after its department. `host` bears `account_id`,
    `scheduled_by_actor` and `departments`.
    """
    own = may_use_portal(actor) and actor.is_host and host["account_id"] == actor.account_id
    schedules = actor.is_scheduler and bool(host["scheduled_by_actor"])
    return own or schedules or any(may_look_at(actor, department) for department in host["departments"])


def may_schedule(actor: Actor, choice: Row | None = None) -> bool:
    """An approved client chooses their own times (R-078, R-122) of a practitioner who lets them. `choice` is one
    practitioner and service, and bears `self_scheduled` (schema.sql: self_schedules, R-135)."""
    own = may_use_portal(actor) and actor.is_client and actor.state == "active"
    return own and (choice is None or bool(choice["self_scheduled"]))


def may_move_own(actor: Actor, session: Row) -> bool:
    """Its client, where they may book such a session at once. `session` bears `client_account_id` and `instant`."""
    return may_schedule(actor) and session["client_account_id"] == actor.account_id and bool(session["instant"])


def may_leave_waitlist(actor: Actor, place: Row) -> bool:
    """The client whose place it is. `place` bears `client_account_id`."""
    return may_schedule(actor) and place["client_account_id"] == actor.account_id


def may_answer_offer(actor: Actor, offer: Row) -> bool:
    """The client on the waitlist whom it is made to. `offer` bears `client_account_id`."""
    return may_schedule(actor) and offer["client_account_id"] == actor.account_id


# Messages


def may_compose(actor: Actor) -> bool:
    """Whoever may have somebody to write a first secure message to (R-010, R-011, R-150)."""
    somebody = actor.is_client or actor.is_host or actor.is_organization_administrator
    return may_use_portal(actor) and actor.state == "active" and somebody


def may_begin_thread(actor: Actor, pair: Row) -> bool:
    """Write a first secure message: practitioners to their clients and clients to their practitioners (R-010, R-150),
    organization administrators to every client (R-011, R-151); whether the feature is on and the staff member has a
    seat is asked after that (people/entitlements.py). `pair` is what correspondence() in schema.sql says."""
    as_staff = pair["staff_id"] == actor.account_id and (pair["associated"] or pair["administers"])
    as_client = pair["client_account_id"] == actor.account_id and pair["associated"]
    return may_use_portal(actor) and actor.state == "active" and bool(as_staff or as_client)


def may_begin_team(actor: Actor, file: Row) -> bool:
    """Write among the staff around a client, who never see it: whoever is around the client, which `is_around` says
    (looks_after() in schema.sql)."""
    return may_use_portal(actor) and actor.state == "active" and bool(file["is_around"])


def may_read_thread(actor: Actor, thread: Row) -> bool:
    """Its members alone, also while their account waits for approval (A-01). `thread` bears `is_member`."""
    return may_use_portal(actor) and bool(thread["is_member"])


def may_write_thread(actor: Actor, thread: Row) -> bool:
    """Members who may read it: of a connection request while it waits, and its practitioner once more to say why they
    declined (R-062, R-064, R-152), which `is_answerable` says; else with secure messages on and a seat (R-131, R-135),
    among the care team, or with the person of the file as long as the two are in relation (R-010, R-011) and both
    accounts are open. `thread` bears what portal/threads.sql reads."""
    if not may_read_thread(actor, thread) or thread["is_answerable"]:
        return may_read_thread(actor, thread)
    if not thread["switched_on"] or not thread["subscribed"]:
        return False
    related = thread["associated"] or thread["administers"]
    return thread["kind"] == "team" or bool(related and thread["staff_active"] and thread["client_active"])


# Invitations and forms


def may_invite(actor: Actor, file: Row, granted: bool) -> bool:
    """Invitations, and the forms that are sent with or after them (R-006, R-007; A-02): organization administrators to
    everybody, practitioners to whom an administrator `granted` it to their own clients. `file` bears `associated`,
    with regard to the actor."""
    by_grant = granted and may_have_clients(actor) and bool(file["associated"])
    return actor.is_organization_administrator or by_grant


def may_invite_somebody_new(actor: Actor) -> bool:
    """Make a file, an account and an invitation in one step (R-140)."""
    return actor.is_organization_administrator


def may_keep_invitations(actor: Actor, granted: bool) -> bool:
    """The list of invitations: all for organization administrators, those of their own clients for practitioners to
    whom an administrator `granted` it."""
    return actor.is_organization_administrator or (granted and may_have_clients(actor))


def may_see_forms(actor: Actor) -> bool:
    """Which intake forms the organization has, and what they ask: whoever has the pages below Organization."""
    return actor.sees_organization


def may_build_forms(actor: Actor) -> bool:
    """Make, change and publish intake forms, and see who has not done theirs (R-006)."""
    return actor.is_organization_administrator


def may_see_intakes(actor: Actor, file: Row) -> bool:
    """The forms of a client: the staff who keep the file, and the client's practitioners (R-008, R-130). `file` bears
    what `may_see_client` asks, and `associated` with regard to the actor."""
    return may_see_client(actor, file) or (may_have_clients(actor) and bool(file["associated"]))


def may_have_forms(actor: Actor) -> bool:
    """Forms to fill in: clients, also while their account waits for approval (A-01)."""
    return may_use_portal(actor) and actor.is_client


def may_fill(actor: Actor, intake: Row) -> bool:
    """The client to whom it was sent, and nobody else. `intake` bears `client_account_id`."""
    return may_have_forms(actor) and intake["client_account_id"] == actor.account_id


# Documents, and leaving with one's data


def may_see_documents(actor: Actor, file: Row) -> bool:
    """General Documents (R-146): the staff who keep the file, and the client's practitioners (R-008, R-130). `file`
    bears what `may_see_client` asks, and `associated` with regard to the actor."""
    return may_see_client(actor, file) or (may_have_clients(actor) and bool(file["associated"]))


def may_have_documents(actor: Actor) -> bool:
    """Copies of what one signed: clients, also while their account waits for approval (A-01)."""
    return may_use_portal(actor) and actor.is_client


def may_read_document(actor: Actor, document: Row) -> bool:
    """Whoever sees the client's documents, and the client. `document` bears what `may_see_documents` asks, and
    `client_account_id`."""
    own = may_have_documents(actor) and document["client_account_id"] == actor.account_id
    return own or may_see_documents(actor, document)


def may_take_data(actor: Actor) -> bool:
    """Take one's own data along: clients, also while their account waits for approval."""
    return may_use_portal(actor) and actor.is_client


def may_export_organization(actor: Actor) -> bool:
    """Take all of the organization's data along."""
    return may_use_portal(actor) and actor.is_organization_administrator


# Invoices


def may_bill(actor: Actor) -> bool:
    """Invoices: administrators; which ones, `may_manage_invoice` says."""
    return actor.is_administrator


def may_manage_invoice(actor: Actor, invoice: Row) -> bool:
    """Organization administrators every invoice, department administrators those of clients and sessions of their
    departments. `invoice` bears `department_id` and `department_ids`."""
    own = set(actor.departments_as("department_administrator"))
    return actor.is_organization_administrator or bool(own & {invoice["department_id"], *invoice["department_ids"]})


def may_settle(actor: Actor, invoice: Row) -> bool:
    """See an invoice, note what was paid at the desk, and let a client visit before they pay (A-29): whoever manages
    it, and for a session whoever arranges that. `invoice` bears `host_id` and `scheduled_by_actor`."""
    arranges = invoice["host_id"] is not None and may_arrange(actor, invoice)
    return may_manage_invoice(actor, invoice) or arranges


def may_keep_billing(actor: Actor) -> bool:
    """What invoices say of the organization, and the currency."""
    return actor.is_organization_administrator


def may_have_invoices(actor: Actor) -> bool:
    """One's own invoices, payments and balance (R-120): clients, also before they are approved (A-01)."""
    return may_use_portal(actor) and actor.is_client


def may_pay(actor: Actor, invoice: Row) -> bool:
    """See and pay one's own invoice (R-121, R-160); whoever came by a direct link that of their session.
    `invoice` bears `client_account_id`, `session_id` and `state`."""
    own = invoice["client_account_id"] == actor.account_id and invoice["state"] != "draft"
    here = actor.session_id is None or actor.session_id == invoice["session_id"]
    return own and invoice["number"] is not None and actor.is_client and here
