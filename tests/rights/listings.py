"""Pages that list things: each shows those that the right opens, and no others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from people import access
from people.access import Actor
from tests.rights.action import Action, Right
from tests.rights.table import approves, asks_connection, invites, looks_at


@dataclass(frozen=True)
class Listing:
    """`of` is the kind of row, `names` the id that shows on the page. A `{name}` in `path` looks for the very thing."""

    path: str
    right: Right
    of: str
    names: str
    fill: Mapping[str, str] = field(default_factory=dict)

    @property
    def action(self) -> Action:
        """What is asked about one thing of the list."""
        return Action("GET", self.path, self.right, of=self.of, query=f"{{{self.names}}}", fill=self.fill)


def on_board(actor: Actor, request: Any) -> bool:
    return access.may_see_board(actor) and bool(request["scheduled_by_actor"])


def on_dashboard(actor: Actor, request: Any) -> bool:
    return access.may_withdraw(actor, request) or (actor.is_host and access.may_take(actor, request))


def practises_where_one_looks(actor: Actor, host: Any) -> bool:
    return any(access.may_look_at(actor, one) for one in host["department_ids"])


def owns_document(actor: Actor, document: Any) -> bool:
    return access.may_have_documents(actor) and bool(document["client_account_id"] == actor.account_id)


def builds(actor: Actor, _: Any) -> bool:
    return access.may_build_forms(actor)


def sees_forms(actor: Actor, _: Any) -> bool:
    return access.may_see_forms(actor)


def treats(actor: Actor, client: Any) -> bool:
    return access.may_have_clients(actor) and bool(client["associated"])


def keeps_invoice(actor: Actor, invoice: Any) -> bool:
    return access.may_bill(actor) and access.may_manage_invoice(actor, invoice)


def in_portal(right: Right) -> Right:
    """A page that direct links do not open."""
    return lambda actor, row: access.may_use_portal(actor) and right(actor, row)


AHEAD = {"session": "appointment"}
LISTINGS = (
    Listing("/board", on_board, "request", "request"),
    Listing("/board/rows", on_board, "request", "request"),
    Listing("/dashboard", on_dashboard, "request", "request"),
    Listing("/dashboard", access.may_see_session, "session", "session", AHEAD),
    Listing("/account/sessions", access.may_see_session, "session", "session", AHEAD),
    Listing("/knocks", access.may_host, "session", "session"),
    Listing("/clients", access.may_see_client, "client", "client"),
    Listing("/clients/rows", access.may_see_client, "client", "client"),
    Listing("/clients?search={client_email}", access.may_see_client, "client", "client"),
    Listing("/clients/rows?search={client_email}", access.may_see_client, "client", "client"),
    Listing("/clients?list=pending", approves, "applicant", "applicant", {"account": "applicant"}),
    Listing("/clients/prospects", approves, "applicant", "applicant", {"account": "applicant"}),
    Listing("/clients/prospects", approves, "applicant", "unsure", {"account": "unsure"}),
    Listing("/practitioners", asks_connection, "public_practitioner", "newcomer", {"practitioner": "newcomer"}),
    Listing("/clients/{client}/documents", access.may_see_documents, "client_documents", "document"),
    Listing("/clients/{client}/forms", access.may_see_intakes, "client_forms", "answered"),
    Listing("/forms", access.may_fill, "own_form", "intake"),
    Listing("/organization/portal/forms", sees_forms, "form", "form"),
    Listing("/organization/portal/forms/sent", builds, "sent_form", "intake"),
    Listing("/organization/portal/forms/send", builds, "client", "client"),
    Listing("/account/documents", owns_document, "document", "document"),
    Listing("/invoices", keeps_invoice, "invoice", "invoice"),
    Listing("/invoices", keeps_invoice, "invoice", "draft", {"invoice": "draft"}),
    Listing("/clients/{client}/invoices", keeps_invoice, "invoice", "invoice"),
    Listing("/account/invoices", in_portal(access.may_pay), "invoice", "invoice"),
    Listing("/account/invoices", access.may_pay, "invoice", "draft", {"invoice": "draft"}),
    Listing("/invitations", invites, "invitation", "client"),
    Listing("/my-clients", treats, "client_of", "client"),
    Listing("/my-clients/actions", access.may_decide_connection, "connection_to_decide", "connection"),
    Listing("/messages", access.may_read_thread, "thread", "thread"),
    Listing("/staff", access.may_see_staff_member, "staff", "spare", {"account": "spare"}),
    Listing("/staff", access.may_see_staff_member, "staff", "serving", {"account": "serving"}),
    Listing(
        "/staff?state=all&search={spare_name}", access.may_see_staff_member, "staff", "spare", {"account": "spare"}
    ),
    Listing(
        "/practitioners?q={newcomer_name}",
        asks_connection,
        "public_practitioner",
        "newcomer",
        {"practitioner": "newcomer"},
    ),
    Listing("/scheduling/sessions?host={hoster}", access.may_reassign, "session", "session", AHEAD),
    Listing("/organization/clinics", looks_at, "clinic", "clinic"),
    Listing("/organization/requests", practises_where_one_looks, "practitioner", "spare_name", {"host": "spare"}),
)
