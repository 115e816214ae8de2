"""Structured logs: one JSON object a line (plain text on a terminal). No names, tokens or contents: ids and
routes only.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog


def without_row_values(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Postgres quotes the row that broke a rule in an error's DETAIL: people's data, which no log may hold."""
    if "exception" in event:
        lines = str(event["exception"]).splitlines()
        event["exception"] = "\n".join(line for line in lines if not line.lstrip().startswith("DETAIL:"))
    return event


def configure() -> None:
    for noisy in ("engineio", "socketio", "aiohttp.access", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    logging.getLogger("pgqueuer").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            without_row_values,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
