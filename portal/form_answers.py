"""What clients answer: read leniently while they fill in, strictly before they sign, and told in words afterwards.

Answers are {key of the field: answer}: a text (short_text, long_text, choice, and date as ISO 8601), a list of texts
(choices), a whole number (scale) or true (consent). What is not answered is left out. Signatures are no answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from people.errors import Invalid
from portal.form_content import Content, Field, asked

Answers = Mapping[str, Any]

PREFIX = "answer-"
"""What a field is called in a form and in a refusal: the prefix and its key."""
LONGEST = {"short_text": 200, "long_text": 4000, "date": 20, "choice": 200, "choices": 200}
YES = ("on", "true", True)
NO = ("", "off", "false", False, None)


@dataclass(frozen=True)
class Progress:
    """How far somebody is: so many of the questions that must be answered are."""

    answered: int
    of: int


def read(content: Content, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed so far, as it is kept. What is not finished yet (a half date) is kept as it is; `problems` tells.

    Raises `Invalid` with its field for what no browser would send: another key, kind or choice, or too long a text.
    """
    fields = {field["key"]: field for field in asked(content)}
    if given.keys() - fields.keys():
        raise Invalid("This form has no such question. Please load the page again.")
    read = {key: _read(fields[key], value) for key, value in given.items()}
    return {key: read[key] for key in fields if read.get(key) is not None}


def problems(content: Content, answers: Answers) -> dict[str, str]:
    """What stands in the way of signing: key of the field -> a sentence, in the form's order."""
    found = {field["key"]: _problem(field, answers.get(field["key"])) for field in asked(content)}
    return {key: problem for key, problem in found.items() if problem}


def progress(content: Content, answers: Answers) -> Progress:
    needed = [field for field in asked(content) if _needed(field)]
    return Progress(sum(not _problem(field, answers.get(field["key"])) for field in needed), len(needed))


def in_words(field: Field, answer: Any) -> str:
    """An answer for people; empty if there is none."""
    if answer is None:
        return ""
    if field["kind"] == "choices":
        return "\n".join(answer)
    if field["kind"] == "consent":
        return "Agreed"
    if field["kind"] == "scale":
        return f"{answer} (from {field['least']} to {field['most']})"
    if field["kind"] == "date":
        day = _day(answer)
        return f"{day:%-d %B %Y}" if day else str(answer)
    return str(answer)


def _read(field: Field, value: Any) -> Any:
    name, kind = f"{PREFIX}{field['key']}", field["kind"]
    if kind == "consent":
        if value not in (*YES, *NO):
            raise Invalid("Please tick this or leave it.", field=name)
        return True if value in YES else None
    if kind == "scale":
        return _number(field, value, name)
    if kind == "choices":
        several = [value] if isinstance(value, str) else value or []
        if not isinstance(several, list):
            raise Invalid("Please choose some of these.", field=name)
        chosen = [_text(field, one, name) for one in several]
        return [one for one in field["choices"] if one in chosen] or None
    return _text(field, value, name)


def _text(field: Field, value: Any, name: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise Invalid("Please answer with a text.", field=name)
    said = value.replace("\r\n", "\n").strip()
    if len(said) > LONGEST[field["kind"]]:
        raise Invalid(f"Please keep this under {LONGEST[field['kind']]} characters.", field=name)
    if said and "choices" in field and said not in field["choices"]:
        raise Invalid("Please choose one of these.", field=name)
    return said or None


def _number(field: Field, value: Any, name: str) -> int | None:
    if value in ("", None):
        return None
    steps: Sequence[int] = range(field["least"], field["most"] + 1)
    named = [step for step in steps if str(value) == str(step)]
    if not named:
        raise Invalid("Please choose one of these.", field=name)
    return named[0]


def _needed(field: Field) -> bool:
    return field["kind"] == "consent" or bool(field.get("required"))


def _problem(field: Field, answer: Any) -> str | None:
    if answer is None:
        if field["kind"] == "consent":
            return "Please tick this to go on. If you do not agree, talk to your clinic."
        return "Please answer this." if _needed(field) else None
    if field["kind"] == "date" and _day(answer) is None:
        return "Please enter a date, like 1990-12-31."
    return None


def _day(answer: str) -> date | None:
    try:
        return date.fromisoformat(answer)
    except ValueError:
        return None
