"""What the demo's portal begins with, beyond what tests begin with: everything on, seats, an open invitation. By the
verbs that people use, so that it looks as if somebody had done it."""

from typing import Any

from people import associations, client_portal, seats
from people.access import Actor
from people.entitlements import FEATURES
from portal import form_drafts, intake_forms, intakes, invitations, invoices, messages, payments
from records.database import Connection
from records.queries import beside

queries = beside(__file__)

SEATS = {"olivia": False, "ana": False, "mia": True, "nora": False}
"""Who has a place in the subscription -> whether they may invite besides."""
INVITED = "created-emil"
RECORDING: tuple[dict[str, Any], ...] = (
    {"kind": "paragraph", "label": "We never record a visit unless you have agreed to it here."},
    {"kind": "choice", "label": "May we record our visits?", "choices": ["Yes", "Sound only", "No"], "required": True},
    {"kind": "long_text", "label": "What should we mind?"},
    {"kind": "consent", "label": "I know that I can take this back at any time."},
    {"kind": "signature", "label": "Your signature"},
)
"""What the demo's own form asks; Chloe has it before her, and a standard one."""
BILLING = "12 Harbour Road, 1000 Lisbon\nTax number 500 000 000"
LINES = (("Medical certificate", "1", "15"), ("Report for the insurance", "1", "30"), ("Vaccination advice", "1", "20"))
TALKS = (
    ("My new address", "We have moved. Do you still need my old papers?", "Thank you. No, you may keep them."),
    ("Before our visit", "Shall I send you the letter from the hospital before we meet?", ""),
)
"""Subject, what Chloe writes, and what Ana answers, if she has."""
TEAM = ("Chloe's visit", "Could somebody call her about the interpreter?")


async def administrator(connection: Connection, slug: str, username: str = "olivia") -> Actor:
    """The seeded organization administrator, as somebody signed in. With the owner's connection, which sees every
    organization; the others are asked in a transaction of this actor's."""
    row = await queries.administrator(connection, slug=slug, username=username)
    roles = frozenset({"organization_administrator"})
    return Actor(row["id"], row["organization_id"], row["public_id"], row["name"], "active", roles)


async def demo(connection: Connection, olivia: Actor) -> None:
    """All of it."""
    await client_portal.switch_features(connection, olivia, dict.fromkeys(FEATURES, True))
    for username, may_invite in SEATS.items():
        account = await queries.account(connection, username=username)
        await seats.change(connection, olivia, account, True, may_invite or None)
    await _bill(connection, olivia)
    forms = [row["public_id"] for row in await intake_forms.to_send(connection, olivia)]
    await invitations.invite(connection, olivia, await queries.client(connection, username=INVITED), forms)
    await _send_forms(connection, olivia)
    await _talk(connection, olivia)


async def _send_forms(connection: Connection, olivia: Actor) -> None:
    form = await intake_forms.create(connection, olivia, "Recording of visits")
    for revision, field in enumerate(RECORDING):
        await form_drafts.add_field(connection, olivia, form, revision, field)
    await form_drafts.publish(connection, olivia, form, len(RECORDING))
    standard = [row["id"] for row in await intake_forms.to_send(connection, olivia) if row["name"].startswith("Notice")]
    files = await intakes.files_of(connection, [await queries.client(connection, username="chloe")])
    await intakes.send(connection, olivia, files, [*standard, *await intake_forms.choose(connection, [form])])


async def _bill(connection: Connection, olivia: Actor) -> None:
    """What invoices say of the organization; one that is open, one that was paid at the desk, and a draft."""
    await invoices.set_billing(connection, olivia, BILLING, "EUR")
    client = await queries.client(connection, username="chloe")
    made = [await invoices.create(connection, olivia, client, [invoices.Line(*line)], "") for line in LINES]
    for one in made[:2]:
        await invoices.issue(connection, olivia, one["public_id"])
    await payments.record(connection, olivia, made[0]["public_id"], LINES[0][2], "cash", "")


async def _talk(connection: Connection, olivia: Actor) -> None:
    """Chloe is Ana's client: they write to each other, and Ana to Olivia about her."""
    pair = await queries.pair(connection, practitioner="ana", client="chloe")
    ana = await _person(connection, "ana", "practitioner")
    chloe = await _person(connection, "chloe", "client")
    keys = (pair["client_id"], ana.account_id, pair["department_id"])
    await associations.associate(connection, olivia, *keys)
    for subject, said, answered in TALKS:
        begun = await messages.write_to(connection, chloe, ana.public_id, subject, said)
        if answered:
            await messages.reply(connection, ana, begun["public_id"], answered)
    await messages.write_to_team(connection, ana, pair["client"], [olivia.public_id], *TEAM)


async def _person(connection: Connection, username: str, role: str) -> Actor:
    row = await queries.person(connection, username=username)
    return Actor(row["id"], row["organization_id"], row["public_id"], row["name"], "active", frozenset({role}))
