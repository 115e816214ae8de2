"""States as complete tables: from which state which verb leads where. No I/O.

The SQL guards say the same (`WHERE state = …`); tests/dispatch/test_lifecycle.py tries every pair against the database.
An illegal verb raises and changes nothing.
"""

from collections.abc import Mapping

Table = Mapping[tuple[str, str], str]

REQUEST: Table = {
    ("pending", "accept"): "accepted",
    ("pending", "decline"): "declined",
    ("pending", "withdraw"): "withdrawn",
}

ADMISSION: Table = {
    ("arriving", "knock"): "waiting",
    ("left", "knock"): "waiting",
    ("denied", "knock"): "waiting",
    ("removed", "knock"): "waiting",
    ("waiting", "admit"): "admitted",
    ("waiting", "leave"): "left",
    ("admitted", "leave"): "left",
}


def sources(table: Table, verb: str) -> set[str]:
    """The states from which the verb may be done."""
    return {state for (state, known) in table if known == verb}
