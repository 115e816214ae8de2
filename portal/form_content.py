"""What an intake form asks, and what stands in it: the kinds of fields, their limits, and one way to write both content
and answers as bytes, to which signatures are bound (R-142).

Content is {"title", "fields": [field, ...]}, perhaps with `example`: true, which tells the staff that its text is ours
and waits for their review (R-143). A field is {"key", "kind", "label"} and what its kind has besides. A key is never
used twice in a form, so answers keep their meaning whatever is moved.
"""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

import orjson

from people.errors import Invalid
from people.inputs import choices, line, text

Content = Mapping[str, Any]
Field = Mapping[str, Any]

KINDS = {
    "section": "Section heading",
    "paragraph": "Text to read",
    "short_text": "Short text",
    "long_text": "Long text",
    "choice": "Choice of one",
    "choices": "Choice of several",
    "date": "Date",
    "scale": "Scale",
    "consent": "Consent",
    "signature": "Signature",
}
READ_ONLY = ("section", "paragraph")
"""What asks nothing."""
OPTIONAL = ("short_text", "long_text", "choice", "choices", "date", "scale")
"""What may be left out unless it is `required`; consent and signatures never may."""

most_fields = 120
longest_label = 500
longest_text = 10_000
longest_title = 200
scale_limits = (0, 20)


def canonical(content: Any) -> bytes:
    """Content or answers as bytes, always the same for the same: UTF-8 JSON without spaces, keys in order."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def hash_of(content: Any) -> bytes:
    """SHA-256 of `canonical`: 32 bytes."""
    return hashlib.sha256(canonical(content)).digest()


def new_key() -> str:
    return secrets.token_hex(4)


def blank(title: str) -> dict[str, Any]:
    """A form without fields. Raises `Invalid` (name)."""
    return {"title": line(title, "name", longest_title), "fields": []}


def asked(content: Content) -> list[Field]:
    """The fields that are answered while filling in, in order: all but texts and signatures."""
    return [field for field in content["fields"] if field["kind"] not in (*READ_ONLY, "signature")]


def signatures(content: Content) -> list[Field]:
    """The fields that are signed at the end, in order."""
    return [field for field in content["fields"] if field["kind"] == "signature"]


def sections(content: Content) -> list[dict[str, Any]]:
    """The fields by section: `heading` (a field, None before the first) and `fields`."""
    parts: list[dict[str, Any]] = [{"heading": None, "fields": []}]
    for field in content["fields"]:
        if field["kind"] == "section":
            parts.append({"heading": field, "fields": []})
        else:
            parts[-1]["fields"].append(field)
    return [part for part in parts if part["heading"] or part["fields"]]


def field_of(typed: Mapping[str, Any], key: str | None = None) -> dict[str, Any]:
    """A field as it was typed (kind, label, hint, required, choices, least, most, least_label, most_label), checked and
    with only what its kind has. Raises `Invalid` with the input it belongs to."""
    kind = typed.get("kind")
    if kind not in KINDS:
        raise Invalid("Choose what this is.", field="kind")
    made: dict[str, Any] = {"key": key or new_key(), "kind": kind, "label": _label(kind, typed)}
    hint = text(str(typed.get("hint") or ""), "hint", longest_label)
    if kind not in READ_ONLY and hint:
        made["hint"] = hint
    if kind in OPTIONAL:
        made["required"] = bool(typed.get("required"))
    if kind in ("choice", "choices"):
        made["choices"] = choices(typed.get("choices") or (), 200)
    if kind == "scale":
        made |= _scale(typed)
    return made


def check(content: Content) -> None:
    """Whether this may be published. Raises `Invalid` with a sentence."""
    if not any(field["kind"] not in READ_ONLY for field in content["fields"]):
        raise Invalid("Add at least one question, consent or signature before you publish.")


def _label(kind: str, typed: Mapping[str, Any]) -> str:
    given = str(typed.get("label") or "")
    if kind != "paragraph":
        return line(given, "label", longest_label)
    said = text(given, "label", longest_text)
    if not said:
        raise Invalid("Please fill this in.", field="label")
    return said


def _scale(typed: Mapping[str, Any]) -> dict[str, Any]:
    least, most = int(typed.get("least") or 0), int(typed.get("most") or 0)
    lowest, highest = scale_limits
    if not lowest <= least < most <= highest:
        raise Invalid(f"A scale goes from a smaller to a larger number, within {lowest} and {highest}.", field="most")
    ends = {name: text(str(typed.get(name) or ""), name, 100) for name in ("least_label", "most_label")}
    return {"least": least, "most": most, **{name: said for name, said in ends.items() if said}}
