"""What people type, made tidy or refused with a sentence beside its field."""

from people.errors import Invalid


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


def within(value: int, field: str, least: int, most: int) -> int:
    """Raises `Invalid` for a number outside of [least, most]."""
    if not least <= value <= most:
        raise Invalid(f"Choose a number from {least} to {most}.", field=field)
    return value
