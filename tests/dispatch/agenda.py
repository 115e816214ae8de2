"""Sessions laid straight into the tables, at instants of the test's choice, and a clock that stands still."""

from datetime import UTC, datetime, timedelta

from records.database import Connection

NOON = datetime(2031, 3, 4, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


async def stop_clock(owner: Connection, at: datetime = NOON) -> None:
    """From now on it is always that instant in this database, for everybody."""
    await owner.execute(
        "CREATE OR REPLACE FUNCTION clock_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE "
        f"RETURN timestamptz '{at.isoformat()}'"
    )


async def put_session(
    owner: Connection,
    starts: datetime,
    ends: datetime,
    host: str = "ana",
    client: str = "david",
    state: str = "scheduled",
    clinic: str = "Family clinic",
) -> str:
    """A session of the organization harbor; returns its public id."""
    return await owner.fetchval(
        """
        INSERT INTO session (organization_id, clinic_id, host_id, client_id, visitor_id, service_name,
                             starts_at, ends_at, state)
        SELECT clinic.organization_id, clinic.id, host.id, client.id, client.account_id, 'Laid by a test', $1, $2,
               $5::session_state
        FROM organization
        JOIN clinic ON clinic.organization_id = organization.id AND clinic.name = $6
        JOIN account AS host ON host.organization_id = organization.id AND host.username = $3
        JOIN account AS visitor ON visitor.organization_id = organization.id AND visitor.username = $4
        JOIN client ON client.account_id = visitor.id
        WHERE organization.slug = 'harbor'
        RETURNING public_id
        """,
        starts,
        ends,
        host,
        client,
        state,
        clinic,
    )


async def associate(owner: Connection, session: str) -> None:
    """What accepting a request does besides booking (A-05): only an associated client may join."""
    await owner.execute(
        """
        INSERT INTO association (organization_id, client_id, practitioner_id, department_id)
        SELECT session.organization_id, session.client_id, session.host_id, clinic.department_id
        FROM session JOIN clinic ON clinic.id = session.clinic_id WHERE session.public_id = $1
        ON CONFLICT DO NOTHING
        """,
        session,
    )
