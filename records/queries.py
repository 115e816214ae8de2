"""Load the `.sql` file that stands beside a module; statement and method share a name."""

from pathlib import Path
from typing import Any

import aiosql


def beside(module_file: str) -> Any:
    """Return the aiosql queries of `<module>.sql` next to `<module>.py`, for asyncpg connections."""
    return aiosql.from_path(Path(module_file).with_suffix(".sql"), "asyncpg")
