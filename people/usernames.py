"""What a user name may be. Never an address: either signs in (A-07), so one must not look like somebody's email."""

import re

from people.errors import Unfit

shortest, longest = 3, 50
FORM = re.compile(r"[a-z0-9][a-z0-9._-]*")


def check_username(typed: str) -> str:
    """The user name as it is kept: small letters, no space around. Raises `Unfit` with the field `username`."""
    username = typed.strip().lower()
    if not shortest <= len(username) <= longest:
        raise Unfit(f"Choose a user name of {shortest} to {longest} characters.", field="username")
    if not FORM.fullmatch(username):
        raise Unfit(
            "Use small letters, figures, dots, dashes and underscores, and begin with a letter or a figure.",
            field="username",
        )
    return username


def suggestion(email: str) -> str:
    """A user name to begin with, from an address; empty if it gives none."""
    plain = re.sub(r"[^a-z0-9._-]+", "", email.partition("@")[0].partition("+")[0].lower()).lstrip("._-")[:longest]
    return plain if len(plain) >= shortest else ""
