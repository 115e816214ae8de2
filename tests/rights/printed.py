"""docs/rights.md: the table of rights as people read it, made from the cells that the replay proves."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.rights.action import ALLOWED, HIDDEN, SIGNED_OUT, TOLD, Action
from tests.rights.replay import Cell
from tests.rights.table import OPEN, TABLES
from tests.rights.world import DEPARTMENT, NONE, ORGANIZATION, OWN

PAGE = Path(__file__).parent.parent.parent / "docs" / "rights.md"
INTRODUCTION = """# Who may do what

Made from people/access.py by `make rights-table`. `tests/rights` compares this page with the code, and replays every
cell of it against a running server, with things at every distance: one's own (for staff: in a clinic that they host,
serve or look after), in the same department, in another department, in another organization, and unknown ones.

* *own*, *department*, *all*: whose things the role may see or change: their own; those of their department; those of
  the whole organization. *yes*: the action is about nothing in particular. A dash: none.
* What is forbidden answers like what does not exist: the same status and the same page. Nobody ever reaches another
  organization. A code in brackets is a refusal that says why, to somebody who may know of the thing.
* Somebody who came *by link* (A-15) has signed in to one session. Staff by link are staff whom somebody invited as
  guests.
* A program with a token has the rights of its account, on the routes of its scopes (web/scopes.py).
"""
NOBODY = "-"
REACH = {
    frozenset({OWN, DEPARTMENT, ORGANIZATION}): "all",
    frozenset({OWN, DEPARTMENT}): "department",
    frozenset({OWN}): "own",
    frozenset({NONE}): "yes",
    frozenset(): NOBODY,
}

Told = Mapping[tuple[str, str], str]


def page(cells: Sequence[Cell]) -> str:
    """The whole page."""
    told = {key: in_words(group) for key, group in _grouped(cells).items()}
    roles = list(dict.fromkeys(cell.person.role for cell in cells))
    tables = [_table(title, actions, roles, told) for title, actions in TABLES.items()]
    reasons = "\n".join(f"| `{path}` | {reason} |" for path, reason in OPEN.items())
    opened = f"## Open to everybody, or to whoever has a secret\n\n| path | why |\n|---|---|\n{reasons}\n"
    return "\n".join([INTRODUCTION, *tables, opened])


def in_words(group: Sequence[Cell]) -> str:
    """What one role may do of one action."""
    reach = frozenset(cell.relation for cell in group if cell.expects == ALLOWED)
    words = [REACH.get(reach) or ", ".join(cell.relation for cell in group if cell.relation in reach)]
    for code in dict.fromkeys(cell.code for cell in group if cell.expects == TOLD):
        where = frozenset(cell.relation for cell in group if cell.code == code)
        words.append(f"{REACH.get(where, ', '.join(sorted(where)))} ({code})")
    assert {cell.expects for cell in group} <= {ALLOWED, TOLD, HIDDEN, SIGNED_OUT}
    return "; ".join(word for word in words if word != NOBODY) or NOBODY


def _grouped(cells: Sequence[Cell]) -> dict[tuple[str, str], list[Cell]]:
    groups: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.person.role, cell.action.name), []).append(cell)
    return groups


def _table(title: str, actions: Sequence[Action], roles: Sequence[str], told: Told) -> str:
    """Roles that may do the same of all of these actions share a column."""
    columns: dict[tuple[str, ...], list[str]] = {}
    for role in roles:
        columns.setdefault(tuple(told[role, action.name] for action in actions), []).append(role)
    heads = ["action", *(", ".join(sharing) for sharing in columns.values())]
    lines = [[f"`{action.method} {action.path}`" + (f" {action.does}" if action.does else "")] for action in actions]
    for column in columns:
        for line, word in zip(lines, column, strict=True):
            line.append(word)
    rows = [heads, ["---"] * len(heads), *lines]
    return f"## {title}\n\n" + "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"
