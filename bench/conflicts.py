"""What it costs to look for possible conflicts.

    python -m bench.conflicts

The sessions within two hours of a requested time (dispatch/conflicts.sql), for one host and for a clinic's ten, among
10,000 and among 1,000,000 sessions, against reading one session by its primary key over the same connection. Each host
has eight sessions a day; only the number of hosts and days differs.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable

from bench.claims import progress, tell
from bench.stage import Stage, add_people, stage
from dispatch import conflicts
from records.database import Connection, Database, House, connect

SIZES = ((100, 100), (1000, 1000))
"""Hosts, and sessions of each."""
GROUP = 10
CLINICS = 50
"""Of one host, and as many of a group; each has one request at a time of its own."""
READS = 4000
# What guards bookings is not what is looked at, and would make a million rows a matter of minutes.
BARE = """
    ALTER TABLE session DROP CONSTRAINT host_is_free, DROP CONSTRAINT client_is_free, DROP CONSTRAINT visitor_is_free;
    ALTER TABLE session DISABLE TRIGGER USER"""
SESSIONS = """
    INSERT INTO session (organization_id, clinic_id, host_id, visitor_id, service_name, starts_at, ends_at)
    SELECT clinic.organization_id, clinic.id, host, $2, 'Visit', begins, begins + interval '50 minutes'
    FROM clinic, unnest($1::bigint[]) AS host, generate_series(0, $3::int - 1) AS number,
         LATERAL (SELECT date_trunc('day', now()) + make_interval(days => number / 8, hours => 9 + number % 8)
                  AS begins)
    WHERE clinic.name = 'Bench clinic'"""
CLINIC = """
    INSERT INTO clinic (organization_id, department_id, name, patient_group, host_group)
    SELECT organization_id, department_id, $1, '', '' FROM clinic WHERE name = 'Bench clinic' RETURNING id"""
MOMENT = "SELECT date_trunc('day', now()) + make_interval(days => $1, mins => $2) + $3 * interval '1 microsecond'"
HOSTS = """
    INSERT INTO clinic_host (organization_id, clinic_id, account_id)
    SELECT organization_id, $1, account_id FROM host WHERE account_id = ANY ($2::bigint[])"""
REQUEST = """
    WITH asked AS (
        INSERT INTO request (organization_id, number, clinic_id, service_id, service_name, duration, requester_id, kind,
                             asked_times, expires_at)
        SELECT organization_id, $1, $1, id, name, duration, $2, 'scheduled', ARRAY[$3::timestamptz], now() FROM service
        WHERE name = 'Video consultation' RETURNING id, organization_id
    )
    INSERT INTO requested_time (organization_id, request_id, rank, starts_at, ends_at)
    SELECT organization_id, id, 1, $3, $3::timestamptz + interval '20 minutes' FROM asked RETURNING request_id"""


async def furnish(owner: Connection, hosts: int, each: int) -> tuple[list[int], list[int]]:
    """Fill the tables; return the requests to one host and those to a group."""
    await owner.execute(BARE)
    keys = await add_people(owner, "host", hosts)
    (visitor,) = await add_people(owner, "client", 1)
    await owner.execute(SESSIONS, keys, visitor, each, timeout=300)
    requests = []
    for size in (1, GROUP):
        requests.append([await request(owner, visitor, random.sample(keys, size), each) for _ in range(CLINICS)])
    await owner.execute("VACUUM ANALYZE", timeout=300)
    return requests[0], requests[1]


async def request(owner: Connection, requester: int, hosts: list[int], each: int) -> int:
    clinic = await owner.fetchval(CLINIC, f"Clinic {random.random()}")
    await owner.execute(HOSTS, clinic, hosts)
    moment = await owner.fetchval(MOMENT, random.randrange(each // 8), random.randrange(600, 900), clinic)
    return int(await owner.fetchval(REQUEST, clinic, requester, moment))


async def median_us(read: Callable[[], Awaitable[object]]) -> float:
    """The median time of one read in microseconds, warm."""
    times = []
    for _ in range(READS):
        began = time.perf_counter()
        await read()
        times.append(time.perf_counter() - began)
    return statistics.median(times[READS // 10 :]) * 1e6


async def measure(stage: Stage, hosts: int, each: int) -> float:
    """Claim for one size; return the microseconds for one host."""
    owner = await connect(stage.place.owner)
    singles, groups = await furnish(owner, hosts, each)
    organization = await owner.fetchval("SELECT id FROM organization")
    first, last = await owner.fetchrow("SELECT min(id), max(id) FROM session")
    await owner.close()
    database = Database(stage.place.urls)
    await database.open()
    async with database.transaction(House(organization)) as connection:
        by_key = await median_us(
            lambda: connection.fetchrow("SELECT * FROM session WHERE id = $1", random.randint(first, last))
        )
        one = await median_us(lambda: conflicts.of_request(connection, random.choice(singles)))
        group = await median_us(lambda: conflicts.of_request(connection, random.choice(groups)))
    await database.close()
    among = f"among {hosts * each:,}, against a primary-key read"
    tell(f"conflicts of one host, {among}", one, by_key, "us", 5.0)
    tell(f"conflicts a host in a group of {GROUP}, {among}", group / GROUP, by_key, "us", 5.0)
    return one


def main() -> None:
    random.seed(7)
    times = []
    for hosts, each in SIZES:
        progress(f"{hosts * each:,} sessions")
        with stage() as made:
            times.append(asyncio.run(measure(made, hosts, each)))
    tell("conflicts of one host, 1,000,000 sessions against 10,000", times[1], times[0], "us", 1.5)


if __name__ == "__main__":
    main()
