"""Possible Conflicting Sessions: what a host has within two hours of a requested time (R-099).

A session is near a time if it touches [start - 2 h, end + 2 h], both ends included; a Now request's time is from this
moment on for its service's duration (A-08, A-26). Near is a warning. What truly overlaps is refused when it is booked.
The board's rows count the same sessions (schema.sql: near_time).
"""

from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)


async def of_request(connection: Connection, request_id: int) -> list[Row]:
    """Every session near one of the request's times, of every host of its clinic, by host, rank and start.

    Rows: host_id, rank (0 for Now), time_starts_at, session_public_id, starts_at, ends_at, overlaps (half open, `[)`).
    """
    return await queries.of_request(connection, request_id=request_id)
