"""What people type, made tidy or refused with a sentence beside its field."""

from collections.abc import Sequence

from people.errors import Invalid

most_choices = 30


def line(value: str, field: str, longest: int = 200) -> str:
    """One line that must not be empty. Raises `Invalid`."""
    tidy = " ".join(value.split())
    if not tidy:
        raise Invalid("Please fill this in.", field=field)
    if len(tidy) > longest:
        raise Invalid(f"Please keep this under {longest} characters.", field=field)
    return tidy


def text(value: str, field: str, longest: int = 2000) -> str:
    """Any text, also none. Raises `Invalid`."""
    tidy = value.replace("\r\n", "\n").strip()
    if len(tidy) > longest:
        raise Invalid(f"Please keep this under {longest} characters.", field=field)
    return tidy


def choices(given: Sequence[str], longest: int) -> list[str]:
    """What a question offers to choose from, at least two, each of them once. Raises `Invalid`."""
    offered = [line(one, "choices", longest) for one in given if one.strip()]
    if len(offered) < 2:
        raise Invalid("Give at least two choices, one on each line.", field="choices")
    if len(offered) > most_choices:
        raise Invalid(f"Give at most {most_choices} choices.", field="choices")
    if len(set(offered)) < len(offered):
        raise Invalid("Each choice may stand there only once.", field="choices")
    return offered


def within(value: int, field: str, least: int, most: int) -> int:
    """Raises `Invalid` for a number outside of [least, most]."""
    if not least <= value <= most:
        raise Invalid(f"Choose a number from {least} to {most}.", field=field)
    return value
