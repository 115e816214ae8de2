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
    ("pending", "expire"): "expired",
}

SESSION: Table = {
    ("scheduled", "admit"): "in_progress",
    ("in_progress", "admit"): "in_progress",
    ("scheduled", "reschedule"): "scheduled",
    ("scheduled", "reassign"): "scheduled",
    ("scheduled", "cancel"): "cancelled",
    ("scheduled", "end"): "ended",
    ("in_progress", "end"): "ended",
    ("scheduled", "no_show"): "no_show",
    ("no_show", "undo_no_show"): "scheduled",
}

ADMISSION: Table = {
    ("arriving", "knock"): "waiting",
    ("left", "knock"): "waiting",
    ("denied", "knock"): "waiting",
    ("removed", "knock"): "waiting",
    ("waiting", "admit"): "admitted",
    ("waiting", "deny"): "denied",
    ("admitted", "remove"): "removed",
    ("admitted", "send_back"): "waiting",
    ("waiting", "leave"): "left",
    ("admitted", "leave"): "left",
    ("waiting", "end"): "left",
    ("admitted", "end"): "left",
    ("waiting", "vanish"): "left",
    ("admitted", "vanish"): "left",
}
