"""The board for programs: the same snapshot as its page, in JSON. Inner keys stay inside; times are ISO 8601 in UTC."""

from datetime import UTC, datetime
from typing import Any

from dispatch.board import BoardRow, Snapshot

COMMON = ("number", "state", "kind", "requester_name", "service_name", "clinic_name", "patient_group", "host_group",
          "request_to", "submitted_at", "read_at")  # fmt: skip
PENDING = ("note", "answers", "expires_at", "age_ms", "red_after_ms", "times", "near")
DECIDED = ("decided_at", "decided_by_name", "waited_ms", "response", "session_host_name", "session_starts_at")
WALL = ("number", "kind", "clinic_name", "submitted_at", "age_ms", "red_after_ms", "times", "near", "read_at")


def whole(snapshot: Snapshot, deciding: dict[str, list[str]]) -> dict[str, Any]:
    """Pending requests oldest first, each with who decides it at the moment, and decisions newest first."""
    return {
        "read_at": snapshot.read_at,
        "clinics": _clinics(snapshot),
        "rows": [
            _fields(row, *COMMON, *PENDING) | {"deciding": deciding.get(row["public_id"], [])} for row in snapshot.rows
        ],
        "decided": [_fields(row, *COMMON, *DECIDED) for row in snapshot.decided],
    }


def wall(snapshot: Snapshot) -> dict[str, Any]:
    """Pending requests by number; no name of a person, no note, no answer."""
    return {
        "read_at": snapshot.read_at,
        "clinics": _clinics(snapshot),
        "rows": [_fields(row, *WALL) for row in snapshot.rows],
    }


def _clinics(snapshot: Snapshot) -> list[dict[str, Any]]:
    return [
        {"id": clinic["public_id"], "name": clinic["name"], "shown": clinic["shown"]} for clinic in snapshot.clinics
    ]


def _fields(row: BoardRow, *names: str) -> dict[str, Any]:
    chosen = {name: _plain(row[name]) for name in names}
    return {"id": row["public_id"], "clinic": row["clinic_public_id"], **chosen}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value
