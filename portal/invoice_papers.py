"""An invoice on paper (R-121): what portal/typst/invoice.typ is given. All of it is text; amounts are written here."""

from typing import Any
from zoneinfo import ZoneInfo

from portal import invoices, money, payments
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

TITLES = {"draft": "Draft of an invoice", "void": "Invoice (void)"}


async def data(connection: Connection, invoice: Row) -> dict[str, Any]:
    """The invoice as it stands: its lines, what was paid and given back, and what is due."""
    organization = await queries.organization(connection)
    zone = ZoneInfo(organization["time_zone"])
    lines = await invoices.lines(connection, invoice)
    paid = await payments.of_invoice(connection, invoice)
    back = await payments.refunds_of(connection, invoice)
    currency = invoice["currency"]

    def day(at: Any) -> str:
        return f"{at.astimezone(zone):%-d %B %Y}"

    def shown(amount: Any) -> str:
        return money.shown(amount, currency)

    facts = [("Number", str(invoice["number"] or "none yet"))]
    if invoice["issued_at"]:
        facts.append(("Date", day(invoice["issued_at"])))
    if invoice["starts_at"]:
        facts.append(
            ("Visit", f"{invoice['starts_at'].astimezone(zone):%-d %B %Y, %H:%M} ({organization['time_zone']})")
        )
        facts.append(("With", invoice["host_name"]))
    came = [
        (day(one["settled_at"]), payments.METHODS[one["method"]], shown(one["amount"]))
        for one in paid
        if one["state"] == "succeeded"
    ]
    went = [(day(one["made_at"]), "Given back", shown(-one["amount"])) for one in back if one["state"] == "succeeded"]
    return {
        "title": TITLES.get(invoice["state"], f"Invoice {invoice['number']}"),
        "organization": organization["name"],
        "footer": "",
        "seller": invoice["seller"] or "\n".join(filter(None, (organization["name"], organization["billing_text"]))),
        "bill_to": invoice["bill_to"] or invoice["client_name"],
        "facts": facts,
        "lines": [
            (one["description"], money.plain(one["quantity"]), *(shown(one[name]) for name in ("unit_price", "amount")))
            for one in lines
        ],
        "total": shown(invoice["total"]),
        "payments": came + went,
        "due": shown(invoice["due"]),
        "state": invoice["state"],
        "note": invoice["note"],
    }
