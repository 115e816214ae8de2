"""The `.sql` file that stands beside a module; statement and method share a name.

    -- name: pending_rows      rows      -- name: find^   one row or None
    -- name: next_number$      one value -- name: leave!  nothing

Parameters are written `:name` and passed by keyword. (aiosql reads the same files, but hands rows out one await at a
time.)
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HEADING = re.compile(r"^-- name: (\w+)([$^!]?)\s*$", re.MULTILINE)
PARAMETER = re.compile(r"'(?:[^']|'')*'|--[^\n]*|::\w+|:([a-z_]+)")
FETCH = {"": "fetch", "^": "fetchrow", "$": "fetchval", "!": "execute"}


@dataclass(frozen=True)
class Statement:
    """One statement with numbered parameters; called with a connection and the parameters by name."""

    text: str
    names: tuple[str, ...]
    fetch: str

    async def __call__(self, connection: Any, **values: Any) -> Any:
        if values.keys() != set(self.names):
            raise TypeError(f"this statement takes {', '.join(self.names)}")
        return await getattr(connection, self.fetch)(self.text, *(values[name] for name in self.names))


class Queries:
    """The statements of one file, each an attribute."""

    def __init__(self, text: str) -> None:
        parts = HEADING.split(text)[1:]
        self.statements = {
            name: _statement(body, FETCH[kind])
            for name, kind, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
        }

    def __getattr__(self, name: str) -> Callable[..., Any]:
        try:
            return self.__dict__["statements"][name]
        except KeyError:
            raise AttributeError(name) from None


def _statement(body: str, fetch: str) -> Statement:
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return match[0]
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return Statement(PARAMETER.sub(number, body).strip().rstrip(";"), tuple(names), fetch)


def beside(module_file: str) -> Queries:
    """The queries of `<module>.sql` next to `<module>.py`."""
    return Queries(Path(module_file).with_suffix(".sql").read_text())
