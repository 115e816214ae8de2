"""The three standard forms (R-143), read from portal/standard_forms/*.toml. Their texts are examples of our own, which
each clinic reviews before it relies on them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.form_content import KINDS, canonical, field_of

folder = Path(__file__).parent / "standard_forms"


@dataclass(frozen=True)
class StandardForm:
    """`name` says which it is, also after a clinic has changed its text and title."""

    name: str
    content: Mapping[str, Any]


def _load(name: str) -> StandardForm:
    source = tomllib.loads((folder / f"{name}.toml").read_text())
    fields = [field_of(field, key=field["key"]) for field in source["fields"]]
    keys = [field["key"] for field in fields]
    assert len(set(keys)) == len(keys) and all(field["kind"] in KINDS for field in fields)
    content = {"title": source["title"], "example": True, "fields": fields}
    canonical(content)
    return StandardForm(name, content)


ALL = tuple(_load(name) for name in ("intake_questionnaire", "informed_consent", "privacy_practices"))
