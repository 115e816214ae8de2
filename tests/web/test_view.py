"""What templates find in rows and dictionaries."""

import pytest
from jinja2 import UndefinedError

from records.database import Connection
from web.view import environment


async def test_a_column_is_read_by_its_name_and_an_unknown_one_is_an_error(owner: Connection) -> None:
    row = await owner.fetchrow("SELECT 1 AS one, NULL AS nothing, 2 AS keys")
    templates = environment()
    assert templates.from_string("{{ row.one }} {{ row.nothing is none }}").render(row=row) == "1 True"
    assert templates.from_string("{{ row.keys() | list | length }} {{ row['keys'] }}").render(row=row) == "3 2"
    with pytest.raises(UndefinedError):
        templates.from_string("{{ row.two }}").render(row=row)


def test_a_dictionary_keeps_its_methods_whatever_somebody_named_a_key() -> None:
    typed = {"get": "a key", "items": "another", "name": "Ana"}
    shown = environment().from_string("{{ typed.name }} {{ typed.get('get') }} {{ typed.items() | list | length }}")
    assert shown.render(typed=typed) == "Ana a key 3"
    assert environment().from_string("{{ typed.missing is defined }}").render(typed=typed) == "False"
