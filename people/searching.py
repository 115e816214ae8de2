"""What is typed to search for: how much of it counts, and what two spellings have in common."""

import unicodedata

longest_search = 100


def folded(text: str) -> str:
    """Without case, accents and needless blanks, as `folded()` in schema.sql does it."""
    tidy = " ".join(text[:longest_search].split()).lower()
    return "".join(one for one in unicodedata.normalize("NFD", tidy) if not "\u0300" <= one <= "\u036f")
