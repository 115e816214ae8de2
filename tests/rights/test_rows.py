"""The second lock: what the database itself refuses, whatever a verb forgets."""

import pytest

from records.database import Connection

TENANT_TABLES = """
    SELECT relation.oid, relname FROM pg_class AS relation
    JOIN pg_attribute ON attrelid = relation.oid AND attname = 'organization_id' AND NOT attisdropped
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"""


async def test_every_row_of_an_organization_is_behind_row_level_security(owner: Connection) -> None:
    bare = await owner.fetch(
        f"SELECT relname FROM ({TENANT_TABLES}) AS tenants JOIN pg_class USING (oid, relname) WHERE NOT relrowsecurity"
    )
    assert [row["relname"] for row in bare] == []
    policies = await owner.fetch(
        "SELECT tablename, policyname FROM pg_policies WHERE 'anteroom_app' = ANY (roles) "
        "AND (qual NOT LIKE '%tenant()%' OR with_check NOT LIKE '%tenant()%')"
    )
    assert [tuple(row) for row in policies] == []


async def test_no_row_points_into_another_organization(owner: Connection) -> None:
    """Foreign key checks look behind row-level security, so each between two tenants' tables bears the organization."""
    loose = await owner.fetch(
        f"""
        WITH tenants AS ({TENANT_TABLES})
        SELECT conrelid::regclass::text, conname FROM pg_constraint
        JOIN tenants AS here ON here.oid = conrelid JOIN tenants AS there ON there.oid = confrelid
        WHERE contype = 'f' AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = conrelid
                                            AND attname = 'organization_id' AND attnum = ANY (conkey))
        """
    )
    # A direct link's hash is written by the system role alone, which found it by the secret.
    assert [tuple(row) for row in loose] == [("sign_in", "sign_in_link_hash_fkey")]


SECRETS = [
    ("account", "password_hash"),
    ("account", "totp_secret"),
    ("account", "totp_step"),
    ("registration", "password_hash"),
    ("registration", "token_hash"),
    ("sign_in", "token_hash"),
    ("setup_link", "token_hash"),
    ("password_reset", "token_hash"),
    ("email_change", "token_hash"),
    ("email_code", "code_hash"),
    ("recovery_code", "code_hash"),
    ("second_step", "token_hash"),
    ("api_token", "token_hash"),
    ("passkey", "public_key"),
    ("passkey_challenge", "challenge"),
]


@pytest.mark.parametrize(("table", "column"), SECRETS)
async def test_who_serves_people_reads_and_changes_no_secret(owner: Connection, table: str, column: str) -> None:
    for verb in ("SELECT", "UPDATE"):
        assert not await owner.fetchval("SELECT has_column_privilege('anteroom_app', $1, $2, $3)", table, column, verb)


async def test_whoever_is_served_by_the_app_role_can_leave_no_other_role_behind(owner: Connection) -> None:
    """Functions that run with the owner's rights are few, fixed to our schema, and nobody calls them by hand."""
    rows = await owner.fetch(
        "SELECT proname, proconfig, has_function_privilege('anteroom_app', oid, 'EXECUTE') AS callable, "
        "prorettype::regtype::text FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    for row in rows:
        assert any(setting.startswith("search_path=") for setting in row["proconfig"] or []), row["proname"]
        assert row["prorettype"] == "trigger" and not row["callable"], row["proname"]
