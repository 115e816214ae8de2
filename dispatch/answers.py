"""A clinic's pre-request form (R-076) and what people answer.

A request keeps its answers with the labels as they were: fields come and go.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dispatch.errors import Invalid
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

longest = {"short_text": 200, "long_text": 2000}
PREFIX = "answer-"
"""What a field is called in a form and in a refusal: the prefix and its public id."""


async def fields(connection: Connection, clinic_id: int) -> list[Row]:
    """The clinic's form in its order: public_id, kind, label, required, choices."""
    return await queries.fields(connection, clinic_id=clinic_id)


def check(form: Sequence[Row], given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The answers as a request keeps them: {"label", "kind", "answer"}, in the form's order, without those left out.

    A text is stripped; a check is true or false. Raises `Invalid` with the field, or for an answer to no field of this
    form: somebody changed it meanwhile.
    """
    if given.keys() - {field["public_id"] for field in form}:
        raise Invalid("The clinic changed this form meanwhile. Please look it over and send it again.")
    checked = [(field, _answer(field, given.get(field["public_id"]))) for field in form]
    return [
        {"label": field["label"], "kind": field["kind"], "answer": answer}
        for field, answer in checked
        if answer is not None
    ]


def _answer(field: Row, given: Any) -> str | bool | None:
    name = f"{PREFIX}{field['public_id']}"
    if field["kind"] == "check":
        return _ticked(field, given, name)
    text = plain(given) if isinstance(given, str) else ""
    if "\0" in text or (given is not None and not isinstance(given, str)):
        raise Invalid("Please answer with a text.", field=name)
    if not text:
        if field["required"]:
            raise Invalid("Please answer this.", field=name)
        return None
    if field["kind"] == "choice":
        if text not in field["choices"]:
            raise Invalid("Please choose one of these.", field=name)
    elif len(text) > longest[field["kind"]]:
        raise Invalid(f"Please keep this under {longest[field['kind']]} characters.", field=name)
    return text


def _ticked(field: Row, given: Any, name: str) -> bool:
    """A browser sends `on` for a ticked box and nothing for an empty one."""
    if given not in (None, "", "on", True, False):
        raise Invalid("Please tick this or leave it.", field=name)
    ticked = given in ("on", True)
    if field["required"] and not ticked:
        raise Invalid("Please tick this to go on.", field=name)
    return ticked


def plain(text: str) -> str:
    """As it is stored: browsers send line ends as CR LF but count them as one character."""
    return text.replace("\r\n", "\n").strip()
