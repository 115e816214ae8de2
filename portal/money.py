"""Amounts of money: decimals in a currency, never floating point."""

from decimal import Decimal, InvalidOperation

from people.errors import Invalid

CENT = Decimal("0.01")
highest = Decimal("99999999.99")
WHOLE = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"]
)
"""Currencies that Stripe counts in whole units; see also THOUSANDTHS. The others have hundredths."""
THOUSANDTHS = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])


def _factor(currency: str) -> int:
    return 1 if currency.upper() in WHOLE else 1000 if currency.upper() in THOUSANDTHS else 100


def minor(amount: Decimal, currency: str) -> int:
    """The amount in the currency's smallest unit, as Stripe counts. Raises `Invalid` where that is no whole number."""
    units = amount * _factor(currency)
    if units != units.to_integral_value():
        raise Invalid(f"{currency} has no fractions, so this amount cannot be paid by card.", field="amount")
    return int(units)


def major(units: int, currency: str) -> Decimal:
    """The opposite of `minor`."""
    return (Decimal(units) / _factor(currency)).quantize(CENT)


def typed(value: str, field: str, least: Decimal = CENT, most: Decimal = highest) -> Decimal:
    """What somebody typed as an amount, with point or comma. Raises `Invalid` with its field."""
    try:
        amount = Decimal(value.strip().replace(",", ".").replace("\N{MINUS SIGN}", "-"))
    except InvalidOperation:
        raise Invalid("Please give an amount like 40 or 12.50.", field=field) from None
    if not amount.is_finite() or not least <= amount <= most:
        raise Invalid(f"Please give an amount from {least} to {most}.", field=field)
    if amount != amount.quantize(CENT):
        raise Invalid("Please give an amount with at most two places after the point.", field=field)
    return amount.quantize(CENT)


def shown(amount: Decimal | int, currency: str) -> str:
    """As on screen and on paper: 1,250.00 EUR."""
    return f"{Decimal(amount):,.2f} {currency}"


def plain(quantity: Decimal) -> str:
    """Without places that say nothing: 2, 1.5."""
    return f"{quantity:f}".rstrip("0").rstrip(".") if "." in f"{quantity:f}" else f"{quantity:f}"
