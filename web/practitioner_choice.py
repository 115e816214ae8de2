"""The practitioners of a client's form: a check for each, or a list where somebody practises in several departments, of
which a client has one with them (R-053, A-22). A value is `practitioner:department` in public ids."""

from collections.abc import Sequence
from typing import Any

from records.database import Row
from web.posting import as_list


def options(
    choices: Sequence[Row], standing: Sequence[Row], typed: object = None, suggested: Sequence[int] = ()
) -> list[dict[str, Any]]:
    """What the form shows of each practitioner, by name: `options` (value, department) of which one or none is
    `chosen`, `sessions` to come that a removal touches, `elsewhere` the department of an association that is not the
    reader's to change. `typed` is what was sent before, `suggested` the keys of those who will be needed."""
    now = {row["public_id"]: row for row in standing}
    shown = []
    for row in choices:
        made = now.pop(row["public_id"], None)
        values = [(f"{row['public_id']}:{one['public_id']}", one["name"]) for one in row["departments"]]
        chosen = f"{row['public_id']}:{made['department']}" if made else ""
        if made is None and row["id"] in suggested and len(values) == 1:
            chosen = values[0][0]
        shown.append(_shown(row["name"], values, chosen, made, typed, row["public_id"]))
    for made in now.values():  # whom the reader cannot choose: of another department, or practising no more
        values = [(f"{made['public_id']}:{made['department']}", made["department_name"])]
        shown.append(_shown(made["name"], values, values[0][0], made, typed, made["public_id"]))
    return sorted(shown, key=lambda one: one["name"].lower())


def _shown(
    name: str, values: list[tuple[str, str]], chosen: str, made: Row | None, typed: object, public_id: str
) -> dict[str, Any]:
    known = {value for value, _ in values}
    elsewhere = made["department_name"] if made and chosen not in known else None
    if typed is not None:
        sent = as_list(typed)
        chosen = next((one for one in sent if one in known), "")
    sessions = made["sessions"] if made else 0
    return {
        "name": name,
        "public_id": public_id,
        "options": values,
        "chosen": chosen,
        "sessions": sessions,
        "elsewhere": elsewhere,
    }


def as_text(shown: Sequence[dict[str, Any]]) -> str:
    """The chosen ones in words, to tell two editors how they differ."""
    named = [
        f"{one['name']} ({department})"
        for one in shown
        for value, department in one["options"]
        if value == one["chosen"]
    ]
    return ", ".join(named) or "nobody"
