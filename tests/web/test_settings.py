"""Settings come from the environment; a wrong value is one clear line and exit code 2."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from records.provision import Place
from web.settings import Settings, SettingsError, load


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "web", *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("MEDIA_PORT", "-1"),
        ("PUBLIC_URL", "clinic.elsewhere"),
        ("PUBLIC_URL", "https://clinic.example/app"),
        ("NODE_URL", "http://127.0.0.1:8080"),  # another host than PUBLIC_URL's: no cookie would come
        ("SMTP_URL", "http://mail"),
        ("SMTP_URL", "smtp://mail:none"),
        ("MAIL_FROM", "nobody"),
        ("MEDIA_BIND", "0.0.0.0"),
        ("MEDIA_ADVERTISE", "somewhere"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("DEMO", "perhaps"),
        ("TURN_URLS", "https://turn.example"),
        ("TURN_SECRET", "alone"),
    ],
)
def test_a_wrong_value_is_named_and_not_repeated(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load()
    assert str(refused.value).startswith(f"{name}: ")
    assert value not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_wrong_value_ends_the_command_with_code_2_and_one_line() -> None:
    ended = run("serve", PORT="eighty")
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith("anteroom: PORT: ")
    assert ended.stdout == ""


def test_an_unreachable_database_ends_the_command_with_code_2_and_one_line() -> None:
    nowhere = "postgresql://anteroom_app@127.0.0.1:1/anteroom"
    ended = run("migrate", DATABASE_URL=nowhere, DATABASE_OWNER_URL=nowhere, DATABASE_SYSTEM_URL=nowhere)
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("url", ["nonsense", "http://somewhere/x", "postgresql://x@127.0.0.1:none/x"])
def test_a_wrong_database_url_ends_the_command_with_code_2_and_one_line(url: str) -> None:
    ended = run("migrate", DATABASE_URL=url, DATABASE_OWNER_URL=url, DATABASE_SYSTEM_URL=url)
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1


def test_database_urls_come_together(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = run("migrate", DATABASE_URL="postgresql://x@127.0.0.1:1/x")
    assert ended.returncode == 2
    assert "DATABASE_OWNER_URL" in ended.stderr


def test_settings_do_not_change_once_read() -> None:
    settings = Settings()
    with pytest.raises(ValidationError):
        settings.port = 1


def test_an_empty_value_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_URL", "")
    monkeypatch.setenv("PORT", "")
    assert (load().smtp_url, load().port) == (None, 8080)


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://Clinic.Example/", "https://clinic.example"),
        ("https://clinic.example:443", "https://clinic.example"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_the_public_url_is_kept_as_browsers_send_it_in_origin(given: str, origin: str) -> None:
    assert Settings(public_url=given).origins == (origin,)


def test_every_setting_says_what_it_is_for_and_stands_in_the_readme() -> None:
    readme = Path("README.md").read_text()
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert f"`{name.upper()}`" in readme, name


def test_seed_prints_every_role_public_ids_and_links_as_json(place: Place) -> None:
    environment = {
        "DATABASE_URL": place.urls.app,
        "DATABASE_OWNER_URL": place.owner,
        "DATABASE_SYSTEM_URL": place.urls.system,
    }
    ended = run("seed", "--orgs", "2", "--json", **environment)
    assert ended.returncode == 0, ended.stderr
    made = json.loads(ended.stdout)
    assert [one["slug"] for one in made["organizations"]] == ["harbor-2", "harbor-3"]
    roles = {role for login in made["organizations"][0]["logins"] for role in login["roles"]}
    assert roles == {
        "organization_administrator",
        "department_administrator",
        "care_coordinator",
        "practitioner",
        "scheduler",
        "client",
    }
    for clinic in made["organizations"][1]["clinics"]:
        assert clinic["public_id"] and clinic["services"]
    assert all(login["sign_in"].startswith("/at/harbor") for login in made["organizations"][0]["logins"])


def test_at_another_port_the_address_that_people_type_follows() -> None:
    assert Settings(port=9000).public_url == "http://localhost:9000"
    assert Settings(port=80).public_url == "http://localhost"
    assert Settings(port=9000, public_url="https://clinic.example").public_url == "https://clinic.example"


def test_a_server_at_localhost_is_also_at_127_0_0_1_and_no_other_name_has_a_twin() -> None:
    assert Settings(public_url="http://localhost:8080").origins == ("http://localhost:8080", "http://127.0.0.1:8080")
    for alone in ("https://localhost:8443", "http://localhost.example", "http://127.0.0.1:8080"):
        assert Settings(public_url=alone).origins == (alone,)
