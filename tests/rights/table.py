"""Every action, with the right that opens it. A route that is in none of these tables fails a test.

Rights are functions of people/access.py; what stands between them here only puts two of them together.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from people import access
from people.access import Actor
from people.errors import AwaitingApproval
from tests.rights.action import Action
from tests.support import PASSWORD

CLINIC = {
    "name": "Renamed", "department": "{department}", "patient_group": "All", "host_group": "Doctors",
}  # fmt: skip
SERVICE = {"name": "Second opinion", "minutes": "20"}
FIELD = {"kind": "check", "label": "May we call?"}
HOURS = {"kind": "weekly", "weekday": "6", "starts": "09:00", "ends": "10:00"}
GUEST = {"name": "Iris Berg", "email": "iris@words.example", "relation": "interpreter"}
AHEAD = {"session": "appointment"}


def by_roles(question: Any) -> Any:
    """A right that asks about the actor alone."""
    return lambda actor, _: question(actor)


def owns(actor: Actor, row: Any) -> bool:
    """What belongs to one account alone; the verbs ask for it by the account's key."""
    return access.may_use_portal(actor) and bool(row["account_id"] == actor.account_id)


def administers(actor: Actor, row: Any) -> bool:
    return access.may_administer(actor, row["department_id"])


def looks_at(actor: Actor, row: Any) -> bool:
    return access.may_look_at(actor, row["department_id"])


def gives_to_another(actor: Actor, request: Any) -> bool:
    return access.may_take(actor, request) and access.may_assign(actor, request, request["another_id"])


def sees_uncleared(actor: Actor, session: Any) -> bool:
    return access.may_see_session(actor, session) and not access.may_join(actor, session)


def has_second_factor(actor: Actor, account: Any) -> bool:
    """It follows a password."""
    return access.may_have_second_factor(actor) and bool(account["has_password"])


def waits_for_approval(actor: Actor, _: Any = None) -> bool:
    """A client whom nobody has approved yet is told so (R-032)."""
    try:
        access.require_approved(actor)
    except AwaitingApproval:
        return actor.is_client
    return False


def sees_unapproved(actor: Actor, session: Any) -> bool:
    return sees_uncleared(actor, session) and waits_for_approval(actor)


def takes_data(actor: Actor, own: Any) -> bool:
    return access.may_take_data(actor) and own["file"] is not None


def takes_export(actor: Actor, export: Any) -> bool:
    """Whoever asked for it, as long as they might ask again."""
    asks_again = access.may_export_organization(actor) if export["whole"] else access.may_take_data(actor)
    return asks_again and bool(export["account_id"] == actor.account_id)


portal = by_roles(access.may_use_portal)
board = by_roles(access.may_see_board)
asks = by_roles(access.may_ask)
hosts = by_roles(access.may_set_hours)

ACCOUNT = (
    Action("GET", "/account/sessions", portal),
    Action("GET", "/account/sessions/live", portal),
    Action("GET", "/account/profile", portal),
    Action("POST", "/account/profile", portal, sends={"time_zone": "Europe/Lisbon"}),
    Action("POST", "/account/email", portal, sends={"email": "new@words.example"}, meets=(422,)),
    Action("GET", "/account/notifications", portal),
    Action("POST", "/account/notifications", portal),
    Action("GET", "/account/documents", by_roles(access.may_have_documents)),
    Action("POST", "/account/export", takes_data, of="own_file"),
    Action("GET", "/exports/{export}", takes_export, of="export", meets=(409,)),  # its file is lost
    Action("GET", "/documents/{document}", access.may_read_document, of="document", meets=(409,)),  # its file is lost
    Action("GET", "/account/security", portal),
    Action("POST", "/account/password", portal, meets=(422,)),
    Action("GET", "/account/second-factor", has_second_factor, of="self"),
    Action("POST", "/account/second-factor", has_second_factor, of="self", meets=(422,)),
    Action("POST", "/account/second-factor/remove", portal, meets=(422,)),
    Action("POST", "/account/recovery-codes", portal, meets=(422,)),
    Action("POST", "/account/sign-ins/end", portal),
    Action("POST", "/account/sign-ins/{sign_in}/end", owns, of="sign_in"),
    Action("POST", "/account/passkeys", portal, meets=(422,)),
    Action("POST", "/account/passkeys/begin", portal, meets=(422,)),
    Action("POST", "/account/passkeys/{passkey}", owns, of="passkey", sends={"name": "x"}),
    Action("POST", "/account/passkeys/{passkey}/remove", owns, of="passkey", sends={"current": PASSWORD},
           meets=(422,), refused=(422,)),  # whoever has no password is told that first
    Action("GET", "/account/tokens", portal),
    Action("POST", "/account/tokens", portal, sends={"name": "x", "scopes": "board:read"}, meets=(422,)),
    Action("POST", "/account/tokens/{token}/revoke", owns, of="token"),
    Action("GET", "/dashboard", portal),
    Action("GET", "/dashboard/live", portal),
)  # fmt: skip

REQUESTS = (
    Action("GET", "/clinics/{clinic}/ask", asks, of="clinic"),
    Action("POST", "/clinics/{clinic}/ask", asks, of="clinic"),
    Action("GET", "/clinics/{clinic}/times", asks, of="clinic"),
    Action("POST", "/requests", asks, of="clinic", sends={"clinic": "{clinic}", "service": "{service}"}, meets=(409,)),
    Action("GET", "/requests/{request}", access.may_withdraw, of="request"),
    Action("POST", "/requests/{request}/withdraw", access.may_withdraw, of="request"),
    Action("GET", "/requests/{request}/assign", access.may_take, of="request"),
    Action("POST", "/requests/{request}/accept", access.may_take, of="request", sends={"host": "{hoster}", "time": 0}),
    Action("POST", "/requests/{request}/accept", gives_to_another, of="request",
           sends={"host": "{spare}", "time": 0}, does="for another host"),
    Action("POST", "/requests/{request}/decline", access.may_decide, of="request"),
    Action("POST", "/requests/{request}/deciding", access.may_take, of="request", sends={"open": False}),
    Action("GET", "/requests/{request}/assign", access.may_take, of="request",
           fill={"request": "group_request"}, does="to the group"),
    Action("POST", "/requests/{request}/accept", access.may_take, of="request",
           fill={"request": "group_request"}, sends={"host": "{hoster}", "time": 0}, does="to the group"),
    Action("POST", "/requests/{request}/decline", access.may_decide, of="request",
           fill={"request": "group_request"}, does="to the group"),
    Action("GET", "/board", board),
    Action("GET", "/board/rows", board),
    Action("GET", "/board/figures", board),
    Action("GET", "/board/wall", board),
    Action("GET", "/board/wall/rows", board),
    Action("POST", "/board/filter", board),
)  # fmt: skip

SESSIONS = (
    Action("GET", "/scheduling/sessions", by_roles(access.may_see_sessions)),
    Action("GET", "/sessions/{session}/manage", access.may_arrange, of="session"),
    Action("POST", "/sessions/{session}/reschedule", access.may_arrange, of="session", fill=AHEAD,
           sends={"starts_at": "{later}", "reason": "Ill"}),
    Action("POST", "/sessions/{session}/reassign", access.may_reassign, of="session", fill=AHEAD,
           sends={"host": "{spare}", "reason": "Ill"}),
    Action("POST", "/sessions/{session}/cancel", access.may_cancel, of="session", fill=AHEAD, sends={"reason": "Ill"}),
    Action("POST", "/sessions/{session}/links", access.may_arrange, of="session"),
    Action("POST", "/sessions/{session}/links/send", access.may_arrange, of="session"),
    Action("POST", "/sessions/{session}/links/revoke", access.may_arrange, of="session"),
    Action("POST", "/sessions/{session}/guests", access.may_arrange, of="session", sends=GUEST),
    Action("POST", "/sessions/{session}/guests/{guest}/withdraw", access.may_arrange, of="session"),
)  # fmt: skip

VISITS = (
    Action("GET", "/knocks", by_roles(access.may_see_knocks)),
    Action("GET", "/sessions/{session}", access.may_see_session, of="session", by_link=True),
    Action("POST", "/sessions/{session}/knock", access.may_join, of="session", by_link=True, sends={"name": "Me"},
           told=((sees_unapproved, "awaiting_approval"), (sees_uncleared, "not_cleared")),
           meets=(409,)),  # the client waits in another browser
    Action("POST", "/sessions/{session}/leave", access.may_see_session, of="session", by_link=True),
    Action("POST", "/sessions/{session}/admit-all", access.may_host, of="session"),
    Action("POST", "/sessions/{session}/lock", access.may_host, of="session", sends={"locked": "true"}),
    Action("POST", "/sessions/{session}/end", access.may_host, of="session"),
    Action("POST", "/sessions/{session}/no-show", access.may_host, of="session", fill={"session": "missed"}),
    Action("POST", "/sessions/{session}/no-show/undo", access.may_host, of="session", meets=(409,)),
    *(Action("POST", f"/sessions/{{session}}/admissions/{{admission}}/{verb}", access.may_host, of="session",
             fill={"admission": whom})
      for verb, whom in (("admit", "waiting"), ("deny", "waiting"), ("message", "waiting"), ("send-back", "inside"),
                         ("remove", "inside"))),
)  # fmt: skip

CLINICS = (
    Action("GET", "/organization/clinics", by_roles(access.may_see_organization)),
    Action("POST", "/organization/clinics", administers, of="department", sends=CLINIC, refused=(422,)),
    Action("GET", "/organization/clinics/new", lambda actor, _: actor.is_administrator),
    Action("GET", "/organization/clinics/{clinic}", looks_at, of="clinic"),
    Action("POST", "/organization/clinics/{clinic}", administers, of="clinic", sends=CLINIC),
    Action("GET", "/organization/clinics/{clinic}/services", looks_at, of="clinic"),
    Action("POST", "/organization/clinics/{clinic}/services", administers, of="clinic", sends=SERVICE),
    Action("GET", "/organization/clinics/{clinic}/services/{service}", looks_at, of="clinic"),
    Action("POST", "/organization/clinics/{clinic}/services/{service}", administers, of="clinic", sends=SERVICE),
    Action("POST", "/organization/clinics/{clinic}/services/{service}/offered", administers, of="clinic",
           sends={"offered": "false"}),
    Action("GET", "/organization/clinics/{clinic}/hosts", looks_at, of="clinic"),
    Action("POST", "/organization/clinics/{clinic}/hosts", administers, of="clinic", sends={"host": "{newcomer}"}),
    Action("POST", "/organization/clinics/{clinic}/hosts/{host}/remove", administers, of="clinic",
           fill={"host": "spare"}),
    Action("GET", "/organization/clinics/{clinic}/schedulers", looks_at, of="clinic"),
    Action("POST", "/organization/clinics/{clinic}/schedulers", administers, of="clinic",
           sends={"scheduler": "{bell}"}),
    Action("POST", "/organization/clinics/{clinic}/schedulers/{scheduler}/remove", administers, of="clinic",
           fill={"scheduler": "serving"}),
    Action("GET", "/organization/clinics/{clinic}/form", looks_at, of="clinic"),
    Action("POST", "/organization/clinics/{clinic}/form", administers, of="clinic", sends=FIELD),
    Action("GET", "/organization/clinics/{clinic}/form/{field}", looks_at, of="clinic"),
    Action("POST", "/organization/clinics/{clinic}/form/{field}", administers, of="clinic", sends=FIELD),
    Action("POST", "/organization/clinics/{clinic}/form/{field}/move", administers, of="clinic", sends={"to": 1}),
    Action("POST", "/organization/clinics/{clinic}/form/{field}/remove", administers, of="clinic"),
    Action("GET", "/organization/requests", by_roles(access.may_see_organization)),
    Action("POST", "/organization/requests", by_roles(access.may_switch_organization), sends={"on": "true"}),
    Action("POST", "/organization/hosts/{host}/requests",
           lambda actor, host: any(access.may_administer(actor, one) for one in host["department_ids"]),
           of="practitioner", fill={"host": "hoster"}, sends={"on": "true"}),
    Action("GET", "/organization/operator", by_roles(access.may_ask_operator)),
    Action("POST", "/organization/operator", by_roles(access.may_ask_operator),
           sends={"subject": "other", "text": "Help"}),
)  # fmt: skip

AVAILABILITY = (
    Action("GET", "/availability", hosts),
    Action("GET", "/availability", access.may_see_hours, of="host", query="host={hoster}", does="somebody's"),
    Action("GET", "/availability/lists", hosts),
    Action("GET", "/availability/lists", access.may_see_hours, of="host", query="host={hoster}", does="somebody's"),
    Action("GET", "/availability/week", hosts, query="from=2099-12-01&until=2099-12-08"),
    Action("GET", "/availability/week", access.may_see_hours, of="host",
           query="from=2099-12-01&until=2099-12-08&host={hoster}", does="somebody's"),
    Action("POST", "/availability/hours", hosts, sends=HOURS),
    Action("POST", "/availability/hours/{hours}", owns, of="hours", sends=HOURS),
    Action("POST", "/availability/hours/{hours}/remove", owns, of="hours"),
    Action("POST", "/availability/settings", hosts, sends={"time_zone": "Europe/Lisbon"}),
    Action("POST", "/availability/on-demand",
           lambda actor, clinic: access.may_set_hours(actor) and clinic["hosted_by_actor"], of="clinic",
           sends={"clinic": "{clinic}", "on": "true"}),
)  # fmt: skip

PERSON = {"first_name": "Iris", "last_name": "Berg", "date_of_birth": "1980-01-02"}
FILE = {**PERSON, "email": "iris@words.example"}


def files_under(actor: Actor, department: Any) -> bool:
    return access.may_manage_clients(actor) and access.may_file_under(actor, department["id"])


def approves(actor: Actor, account: Any) -> bool:
    return access.may_manage_clients(actor) and access.may_approve(actor, account)


def of_applicants(method: str, path: str, **more: Any) -> tuple[Action, ...]:
    """The same for who registered for the department, who is unsure of theirs (R-005), and who never said one."""
    whose = (("applicant", ""), ("unsure", "unsure of the department"), ("newcomer_by_code", "never registered"))
    return tuple(
        Action(method, path, approves, of="applicant", fill={"account": who}, does=does, **more) for who, does in whose
    )


def drops_client(actor: Actor, file: Any) -> bool:
    return access.may_see_client(actor, file) and access.may_drop_second_factor(actor, file["account_id"])


CLIENTS = (
    Action("GET", "/clients", by_roles(access.may_manage_clients)),
    Action("GET", "/clients/rows", by_roles(access.may_manage_clients)),
    Action("GET", "/clients/new", by_roles(access.may_manage_clients)),
    Action("POST", "/clients", files_under, of="department", sends={**FILE, "department": "{department}"},
           refused=(422,)),
    Action("GET", "/clients/{client}", access.may_see_client, of="client"),
    Action("GET", "/clients/{client}/documents", access.may_see_documents, of="client_documents"),
    Action("GET", "/clients/{client}/edit", access.may_manage_client, of="client"),
    Action("POST", "/clients/{client}", access.may_manage_client, of="client", sends=FILE),
    Action("POST", "/clients/{client}", access.may_close_client, of="client", sends={**FILE, "active": "false"},
           does="close it"),
    Action("POST", "/clients/{client}/second-factor/drop", drops_client, of="client", meets=(422,)),
    Action("POST", "/clients/{client}/setup-link", access.may_manage_client, of="client", meets=(422,)),
    Action("POST", "/clients/{client}/login-link", access.may_see_client, of="client", meets=(422,)),
    Action("GET", "/clients/prospects", by_roles(access.may_manage_clients)),
    *of_applicants("GET", "/clients/prospects/{account}"),
    *of_applicants("POST", "/clients/prospects/{account}"),
    *of_applicants("POST", "/clients/prospects/{account}/approve",
                   sends={**PERSON, "file": "new", "department": "{department}"}),
    *of_applicants("POST", "/clients/prospects/{account}/close"),
    *of_applicants("POST", "/clients/prospects/{account}/reopen"),
)  # fmt: skip


def invites(actor: Actor, row: Any) -> bool:
    return access.may_invite(actor, row["file"], row["granted"])


def keeps_invitations(actor: Actor, _: Any = None) -> bool:
    return access.may_keep_invitations(actor, actor.seat.may_invite)


INVITATIONS = (
    Action("GET", "/clients/{client}/invitation", invites, of="to_invite"),
    Action("POST", "/clients/{client}/invitation", invites, of="to_invite", meets=(422,)),  # has the portal: no forms
    Action("GET", "/invitations", keeps_invitations),
    Action("POST", "/invitations", by_roles(access.may_invite_somebody_new), sends=FILE),
    Action("GET", "/invitations/new", by_roles(access.may_invite_somebody_new)),
    Action("POST", "/invitations/{invitation}/resend", invites, of="invitation", meets=(409,)),
    Action("POST", "/invitations/{invitation}/revoke", invites, of="invitation", meets=(409,)),
)  # fmt: skip

COLLEAGUE = {"name": "Iris Berg", "email": "iris@words.example", "practitioner": "true", "practises_in": "{department}"}
SPARE = {**COLLEAGUE, "name": "{spare_name}", "email": "{spare_email}"}
WHO = {"account": "spare"}


def gives_practice(actor: Actor, department: Any) -> bool:
    return access.may_manage_staff(actor) and access.may_give(actor, "practitioner", department["id"])


def edits_staff(actor: Actor, person: Any) -> bool:
    return access.may_manage_staff(actor) and access.may_see_staff_member(actor, person)


def closes_staff(actor: Actor, person: Any) -> bool:
    return access.may_see_staff_member(actor, person) and access.may_change_staff(actor, person)


def writes_profile(actor: Actor, person: Any) -> bool:
    return access.may_see_staff_member(actor, person) and access.may_edit_profile(actor, person)


def pairs(actor: Actor, pair: Any) -> bool:
    sees = access.may_see_staff_member(actor, pair["person"]) and access.may_see_client(actor, pair["file"])
    return sees and access.may_associate(actor, pair["department_id"])


def drops_staff(actor: Actor, person: Any) -> bool:
    return access.may_see_staff_member(actor, person) and access.may_drop_second_factor(actor, person["id"])


STAFF = (
    Action("GET", "/staff", by_roles(access.may_see_staff)),
    Action("POST", "/staff", gives_practice, of="department", sends=COLLEAGUE, refused=(422,)),
    Action("GET", "/staff/new", by_roles(access.may_manage_staff)),
    Action("GET", "/staff/{account}", access.may_see_staff_member, of="staff", fill=WHO),
    Action("GET", "/staff/{account}/edit", edits_staff, of="staff", fill=WHO),
    Action("POST", "/staff/{account}", edits_staff, of="staff", fill=WHO, sends=SPARE),
    Action("POST", "/staff/{account}/active", closes_staff, of="staff", fill=WHO, sends={"active": "false"}),
    Action("POST", "/staff/{account}/active", closes_staff, of="staff", fill={"account": "elsewhere"},
           sends={"active": "false"}, does="who practises elsewhere too"),
    Action("POST", "/staff/{account}/active", closes_staff, of="staff", fill={"account": "serving"},
           sends={"active": "false"}, does="who belongs to no department"),
    Action("POST", "/staff/{account}/second-factor/drop", drops_staff, of="staff", fill=WHO, meets=(422,)),
    Action("POST", "/staff/{account}/setup", closes_staff, of="staff", fill=WHO),
    Action("GET", "/staff/{account}/clients", access.may_see_staff_member, of="staff", fill=WHO),
    Action("POST", "/staff/{account}/clients", pairs, of="pair", fill=WHO,
           sends={"add": "{client}", "department": "{department}"}),
    Action("POST", "/staff/{account}/clients/move", access.may_see_staff_member, of="staff", fill=WHO,
           sends={"origin": "{department}", "target": "{department}"}, meets=(422,)),
    Action("GET", "/staff/{account}/profile", writes_profile, of="staff", fill=WHO),
    Action("POST", "/staff/{account}/profile", writes_profile, of="staff", fill=WHO, sends={"title": "Dr"}),
    Action("GET", "/account/public-profile", access.may_edit_profile, of="own_profile"),
    Action("POST", "/account/public-profile", access.may_edit_profile, of="own_profile", sends={"title": "Dr"}),
)  # fmt: skip

DEPARTMENTS = (
    Action("GET", "/organization/departments", by_roles(access.may_manage_departments)),
    Action("POST", "/organization/departments", by_roles(access.may_manage_departments), sends={"name": "Dentistry"}),
    Action("GET", "/organization/departments/{department}", by_roles(access.may_manage_departments), of="department"),
    Action("POST", "/organization/departments/{department}/remove", by_roles(access.may_manage_departments),
           of="department", meets=(409,)),
    Action("POST", "/organization/departments/{department}", by_roles(access.may_manage_departments), of="department",
           sends={"name": "Dentistry"}),
    Action("GET", "/organization/export", by_roles(access.may_export_organization)),
    Action("POST", "/organization/export", by_roles(access.may_export_organization)),
    Action("GET", "/organization/settings", by_roles(access.may_name_organization)),
    Action("POST", "/organization/settings", by_roles(access.may_name_organization),
           sends={"name": "Renamed", "time_zone": "Europe/Lisbon"}),
    Action("GET", "/first-steps", by_roles(access.may_name_organization)),
    Action("POST", "/first-steps", by_roles(access.may_name_organization), sends={"wanted": "true"}),
    Action("GET", "/organization/portal", by_roles(access.may_see_organization)),
    Action("POST", "/organization/portal", by_roles(access.may_manage_departments), sends={"registration": "open"}),
    Action("POST", "/organization/portal/login-link", by_roles(access.may_see_organization),
           sends={"email": "nobody@words.example"}, meets=(422,)),
    Action("GET", "/organization/portal/settings", by_roles(access.may_see_organization)),
    Action("POST", "/organization/portal/settings", by_roles(access.may_switch_features), sends={"forms": "true"}),
    Action("GET", "/organization/portal/subscription", by_roles(access.may_keep_seats)),
    Action("POST", "/organization/portal/seats/{account}", by_roles(access.may_keep_seats), of="staff", fill=WHO,
           sends={"subscribed": "true"}, meets=(422,)),
)  # fmt: skip

WAITS = ((waits_for_approval, "awaiting_approval"),)
WHOM = {"practitioner": "newcomer"}


def asks_connection(actor: Actor, practitioner: Any) -> bool:
    return practitioner["exists"] and access.may_ask_connection(actor, practitioner["file"])


SAID = {"body": "Good morning."}
TITLED = {"subject": "Sleep", **SAID}


def reads_only(actor: Actor, thread: Any) -> bool:
    return access.may_read_thread(actor, thread) and not access.may_write_thread(actor, thread)


def lacks_seat(actor: Actor, _: Any) -> bool:
    return access.may_compose(actor) and not actor.is_client and not actor.seat.subscribed


def lacks_seat_around(actor: Actor, file: Any) -> bool:
    return access.may_begin_team(actor, file) and not actor.seat.subscribed


READ_ONLY = ((reads_only, "cannot_write"),)
SEATLESS = ((lacks_seat_around, "no_seat"),)


def of_threads(kind: str) -> tuple[Action, ...]:
    """The same for secure messages, and for those of a care team, of which clients learn nothing."""
    thread: dict[str, Any] = {"of": "thread", "fill": {"thread": f"{kind}_thread"}, "does": kind}
    attached = {**thread, "fill": {**thread["fill"], "attachment": f"{kind}_attachment"}}
    return (
        Action("GET", "/messages/{thread}", access.may_read_thread, **thread),
        Action("POST", "/messages/{thread}", access.may_write_thread, sends=SAID, told=READ_ONLY, **thread),
        Action("GET", "/messages/{thread}/attachments/{attachment}", access.may_read_thread, **attached),
    )


CONNECTIONS = (
    Action("GET", "/practitioners", asks_connection, of="own_file", told=WAITS),
    Action("GET", "/practitioners/{practitioner}", asks_connection, of="public_practitioner", fill=WHOM, told=WAITS),
    Action("POST", "/practitioners/{practitioner}/ask", asks_connection, of="public_practitioner", fill=WHOM,
           told=WAITS, sends={"message": "Hello"}),
    Action("POST", "/connection-requests/{request}/withdraw", access.may_withdraw_connection, of="connection_asked",
           fill={"request": "connection"}),
    Action("GET", "/my-clients", by_roles(access.may_have_clients)),
    Action("GET", "/my-clients/actions", by_roles(access.may_have_clients)),
    Action("POST", "/my-clients/actions", access.may_decide_connection, of="connection_to_decide",
           sends={"decision-{connection}": "decline"}),
    Action("GET", "/my-clients/{client}", access.may_read_registration, of="client_of"),
    Action("GET", "/messages", portal),
    Action("GET", "/messages/unread", portal),
    Action("GET", "/messages/{thread}", access.may_read_thread, of="thread"),
    Action("POST", "/messages/{thread}", access.may_write_thread, of="thread", sends=SAID, told=READ_ONLY),
    Action("POST", "/messages/{thread}/read", access.may_read_thread, of="thread", sends={"until": "{message}"}),
    Action("GET", "/messages/new", by_roles(access.may_compose), told=((lacks_seat, "no_seat"),)),
    *(Action(method, "/messages/new", access.may_begin_thread, of=f"to_{whom}", does=f"to a {whom}", **more)
      for whom, hole in (("client", "{client}"), ("practitioner", "{host}"))
      for method, more in (("GET", {"query": f"to={hole}"}), ("POST", {"sends": {"to": hole, **TITLED}}))),
    Action("GET", "/messages/team", access.may_begin_team, of="cared_for", query="client={client}", told=SEATLESS),
    Action("POST", "/messages/team", access.may_begin_team, of="cared_for", told=SEATLESS,
           sends={"client": "{client}", "members": "{host}", **TITLED}, meets=(422,)),
    *of_threads("direct"), *of_threads("team"),
    Action("POST", "/messages/{thread}/members", access.may_write_thread, of="thread", fill={"thread": "team_thread"},
           sends={"members": "{spare}"}, told=READ_ONLY, meets=(422,)),
)  # fmt: skip


def bills(actor: Actor, file: Any) -> bool:
    return access.may_bill(actor) and access.may_see_client(actor, file)


def writes_invoice(actor: Actor, file: Any) -> bool:
    return bills(actor, file) and access.may_manage_invoice(actor, file)


def pays_session(actor: Actor, row: Any) -> bool:
    return access.may_see_session(actor, row["session"]) and access.may_pay(actor, row["invoice"])


LINE = {"description": "A report", "quantity": "1", "price": "20"}
DRAFT = {"invoice": "draft"}

INVOICES = (
    Action("GET", "/invoices", by_roles(access.may_bill)),
    Action("GET", "/invoices/new", by_roles(access.may_bill)),
    Action("GET", "/invoices/new", writes_invoice, of="client", query="client={client}", does="for a client"),
    Action("POST", "/invoices", writes_invoice, of="client", sends={**LINE, "client": "{client}"}),
    Action("GET", "/invoices/settings", by_roles(access.may_keep_billing)),
    Action("POST", "/invoices/settings", by_roles(access.may_keep_billing), sends={"currency": "EUR"}),
    Action("GET", "/invoices/{invoice}", access.may_settle, of="invoice"),
    Action("POST", "/invoices/{invoice}", access.may_manage_invoice, of="invoice", fill=DRAFT, sends=LINE),
    Action("GET", "/invoices/{invoice}/pdf", access.may_settle, of="invoice"),
    Action("POST", "/invoices/{invoice}/issue", access.may_manage_invoice, of="invoice", fill=DRAFT),
    Action("POST", "/invoices/{invoice}/void", access.may_manage_invoice, of="invoice", fill=DRAFT),
    Action("POST", "/invoices/{invoice}/waive", access.may_settle, of="invoice", sends={"waived": "false"}),
    Action("POST", "/invoices/{invoice}/send", access.may_manage_invoice, of="invoice"),
    Action("POST", "/invoices/{invoice}/payments", access.may_settle, of="invoice",
           sends={"amount": "5", "method": "cash"}),
    Action("POST", "/invoices/{invoice}/payments/{payment}/refund", access.may_manage_invoice, of="invoice",
           sends={"amount": "5"}),
    Action("GET", "/clients/{client}/invoices", bills, of="client"),
    Action("GET", "/sessions/{session}/invoice", pays_session, of="billed_session", by_link=True),
    Action("GET", "/account/invoices", by_roles(access.may_have_invoices)),
    Action("GET", "/account/invoices/{invoice}", access.may_pay, of="invoice", by_link=True),
    Action("GET", "/account/invoices/{invoice}/pdf", access.may_pay, of="invoice", by_link=True),
    Action("GET", "/account/invoices/{invoice}/pay", access.may_pay, of="invoice", by_link=True),
    Action("POST", "/account/invoices/{invoice}/pay", access.may_pay, of="invoice", by_link=True,
           meets=(503,)),  # no keys are set here
    Action("POST", "/account/invoices/{invoice}/pay/done", access.may_pay, of="invoice", by_link=True),
)  # fmt: skip

FREE_TIME = (datetime.now(UTC) + timedelta(days=10)).replace(hour=16, minute=0, second=0, microsecond=0).isoformat()
"""No id: who asks about nothing that there is asks about a time that there would be."""
CHOICE = {"host": "{hoster}", "service": "{service}"}
CHOSEN = {"session": "chosen"}
SCHEDULE = (
    Action("POST", "/availability/self-scheduling", hosts, sends={"on": "false"}),
    Action("GET", "/schedule", by_roles(access.may_schedule)),
    Action("GET", "/schedule", access.may_schedule, of="choice", query="host={hoster}&service={service}",
           does="a practitioner's times"),
    Action("GET", "/schedule/live", by_roles(access.may_schedule)),
    Action("GET", "/schedule/book", access.may_schedule, of="choice",
           query="host={hoster}&service={service}&time=2099-12-01T10:00:00Z"),
    Action("GET", "/schedule/wait", access.may_schedule, of="choice", query="host={hoster}&service={service}"),
    Action("POST", "/schedule", access.may_schedule, of="choice", sends={**CHOICE, "time": FREE_TIME}),
    Action("POST", "/waitlist", access.may_schedule, of="choice",
           sends={**CHOICE, "weekdays": "1", "starts": "09:00", "ends": "17:00"}, meets=(409,)),
    Action("POST", "/waitlist/{place}/leave", access.may_leave_waitlist, of="place"),
    Action("POST", "/offers/{offer}/accept", access.may_answer_offer, of="offer"),
    Action("POST", "/offers/{offer}/decline", access.may_answer_offer, of="offer"),
    Action("GET", "/sessions/{session}/move", access.may_move_own, of="session", fill=CHOSEN),
    Action("POST", "/sessions/{session}/move", access.may_move_own, of="session", fill=CHOSEN,
           sends={"time": FREE_TIME}),
)  # fmt: skip


def sends_forms(actor: Actor, file: Any) -> bool:
    return access.may_invite(actor, file, actor.seat.may_invite)


def builds(actor: Actor, _: Any) -> bool:
    return access.may_build_forms(actor)


def sees_forms(actor: Actor, _: Any) -> bool:
    return access.may_see_forms(actor)


BUILDER = "/organization/portal/forms"
PART = {"field": "part"}
DATE = {"kind": "date", "label": "Since when"}
FORMS = (
    Action("GET", BUILDER, by_roles(access.may_see_forms)),
    Action("POST", BUILDER, by_roles(access.may_build_forms), sends={"name": "A new one"}),
    Action("GET", f"{BUILDER}/sent", by_roles(access.may_build_forms)),
    Action("GET", f"{BUILDER}/send", by_roles(access.may_build_forms)),
    Action("POST", f"{BUILDER}/send", builds, of="client_forms", meets=(409,), refused=(422,),
           sends={"forms": "{form}", "clients": "{client}"}),
    Action("GET", f"{BUILDER}/{{form}}", sees_forms, of="form"),
    Action("POST", f"{BUILDER}/{{form}}", builds, of="form", sends={"name": "Renamed"}),
    Action("GET", f"{BUILDER}/{{form}}/preview", sees_forms, of="form"),
    Action("POST", f"{BUILDER}/{{form}}/fields", builds, of="form", sends=DATE),
    Action("GET", f"{BUILDER}/{{form}}/fields/{{field}}", builds, of="form", fill=PART),
    Action("POST", f"{BUILDER}/{{form}}/fields/{{field}}", builds, of="form", fill=PART, sends=DATE),
    Action("POST", f"{BUILDER}/{{form}}/fields/{{field}}/move", builds, of="form", fill=PART, sends={"to": "2"}),
    Action("POST", f"{BUILDER}/{{form}}/fields/{{field}}/remove", builds, of="form", fill=PART),
    *(Action("POST", f"{BUILDER}/{{form}}/{verb}", builds, of="form")
      for verb in ("publish", "discard", "duplicate", "archive", "restore")),
    Action("GET", "/clients/{client}/forms", access.may_see_intakes, of="client_forms"),
    Action("POST", "/clients/{client}/forms", sends_forms, of="client_forms", sends={"forms": "{form}"}, meets=(409,)),
    Action("GET", "/clients/{client}/forms/{intake}", access.may_see_intakes, of="client_forms",
           fill={"intake": "answered"}),
    Action("POST", "/intakes/{intake}/withdraw", sends_forms, of="sent_form"),
    Action("POST", "/intakes/{intake}/remind", sends_forms, of="sent_form", meets=(409,)),
    Action("GET", "/forms", by_roles(access.may_have_forms)),
    Action("GET", "/forms/{intake}", access.may_fill, of="own_form"),
    Action("POST", "/forms/{intake}", access.may_fill, of="own_form", sends={"revision": "0"}),
    Action("GET", "/forms/{intake}/review", access.may_fill, of="own_form"),
    Action("POST", "/forms/{intake}/sign", access.may_fill, of="own_form", sends={"revision": "0"}, meets=(422,)),
)  # fmt: skip

TABLES: dict[str, tuple[Action, ...]] = {
    "One's own account": ACCOUNT,
    "Requests": REQUESTS,
    "Sessions": SESSIONS,
    "Visits": VISITS,
    "Clinics": CLINICS,
    "Availability": AVAILABILITY,
    "Self-scheduling and the waitlist": SCHEDULE,
    "Clients": CLIENTS,
    "Invitations": INVITATIONS,
    "Connections and messages": CONNECTIONS,
    "Invoices and payments": INVOICES,
    "Intake forms": FORMS,
    "Staff": STAFF,
    "Departments, and how clients register": DEPARTMENTS,
}
ACTIONS: tuple[Action, ...] = tuple(action for table in TABLES.values() for action in table)

OPEN = {
    "/": "leads on, and names organizations in demo mode only",
    "/at/{organization}": "the organization's public page",
    "/at/{organization}/clinics/{clinic}": "a clinic's free times are public (R-070)",
    "/at/{organization}/sign-in": "who signs in is not known yet",
    "/at/{organization}/sign-in/code": "opened by the cookie of a right password, which signs nobody in",
    "/at/{organization}/sign-in/code/passkey": "likewise",
    "/at/{organization}/sign-in/code/passkey/begin": "likewise",
    "/at/{organization}/sign-in/passkey": "opened by a key that a device holds",
    "/at/{organization}/sign-in/passkey/begin": "the same for everybody",
    "/at/{organization}/forgot": "answers alike whether or not there is such an account",
    "/at/{organization}/reset/{token}": "opened by the mailed link",
    "/at/{organization}/email/{token}": "opened by the mailed link, which changes an address and shows nothing else",
    "/at/{organization}/setup/{token}": "opened by the mailed link (R-029)",
    "/at/{organization}/register": "answers alike whether or not the person is known (A-06)",
    "/at/{organization}/register/{registration}": "opened by the registration's own id, and shows nothing of it",
    "/at/{organization}/register/{registration}/resend": "likewise: mails to the address that was given",
    "/at/{organization}/confirm/{token}": "opened by the mailed link",
    "/at/{organization}/ask": "answers alike whether or not the address is known (A-23)",
    "/at/{organization}/ask/{code}": "opened by the mailed code",
    "/sign-out": "ends whatever sign-in its cookie names",
    "/join/{token}": "opened by the direct link (A-15)",
    "/join": "opened by the direct link's cookie (A-15)",
    "/help": "what clients need is public, the rest is for the staff",
    "/help/{article}": "likewise",
    "/api": "says what tokens may do, to everybody",
    "/openapi.json": "the same for machines",
    "/hooks/stripe": "opened by Stripe's signature, and without keys not there",
    "/mailbox": "exists in demo mode only",
    "/healthz": "the process is alive",
    "/readyz": "the process is ready",
    "/metrics": "the operator's, by a token of their own or from this machine",
}
"""Routes that are for everybody, or for whoever has a secret, and why."""
