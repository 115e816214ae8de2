"""The `.sql` file that stands beside a module; statement and method share a name.

    -- name: pending_rows      rows      -- name: find^   one row or None
    -- name: next_number$      one value -- name: leave!  nothing

Parameters are written `:name` and passed by keyword. What several statements of a file share stands once, under
`-- part: some_name`, and in them as `{some_name}`. (aiosql reads the same files, but hands rows out one await at a
time.)
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HEADING = re.compile(r"^-- (name|part): (\w+)([$^!]?)\s*$", re.MULTILINE)
PART = re.compile(r"\{(\w+)\}")
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
        split = HEADING.split(text)[1:]
        bodies = list(zip(split[::4], split[1::4], split[2::4], split[3::4], strict=True))
        parts = {name: body.strip() for what, name, _, body in bodies if what == "part"}
        self.statements = {
            name: _statement(PART.sub(lambda found: parts[found[1]], body), FETCH[kind])
            for what, name, kind, body in bodies
            if what == "name"
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
