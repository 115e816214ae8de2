"""What `anteroom verify-audit` says, and the heads that it prints and compares."""

from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError

from records import chain
from records.database import connect
from web.settings import SettingsError

most_faults = 20


class Head(BaseModel):
    """Where one organization's chain ended when it was printed."""

    organization: str
    number: int
    seal: str


async def heads(system_url: str) -> list[dict[str, Any]]:
    connection = await connect(system_url)
    try:
        return [dict(row) for row in await chain.heads(connection)]
    finally:
        await connection.close()


async def verify(system_url: str, kept_in: Path | None) -> bool:
    """Print one line for each organization and each fault; return whether all chains are whole."""
    kept = _read(kept_in) if kept_in else {}
    connection = await connect(system_url)
    try:
        reports = await chain.verify(connection, kept)
    finally:
        await connection.close()
    for report in reports:
        _print(report)
    return not any(report.faults for report in reports)


def _read(path: Path) -> dict[str, tuple[int, str]]:
    try:
        read = TypeAdapter(list[Head]).validate_python(orjson.loads(path.read_bytes()))
    except (OSError, ValueError, ValidationError) as error:
        raise SettingsError(f"{path} holds no heads that `verify-audit --head` printed") from error
    return {head.organization: (head.number, head.seal) for head in read}


def _print(report: chain.Report) -> None:
    state = "NOT WHOLE" if report.faults else "whole"
    waiting = f", {report.unsealed} newest not yet sealed" if report.unsealed else ""
    print(f"{report.name} ({report.organization}): {state}, {report.sealed} lines sealed{waiting}")
    for fault in report.faults[:most_faults]:
        print(f"  line {fault.number} {fault.what}")
    if len(report.faults) > most_faults:
        print(f"  and {len(report.faults) - most_faults} more")
