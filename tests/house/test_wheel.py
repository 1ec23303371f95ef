"""A wheel built from this checkout has everything in it, and runs."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from supplyhub.embedded.postgres import create_database
from tests.conftest import on_database

if TYPE_CHECKING:
    from supplyhub.config import Settings
    from supplyhub.embedded import ServerUrls

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder into which the wheel was unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("supplyhub-*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def run(wheel: Path, *arguments: str, **env: str) -> str:
    """Run Python with the wheel in front of this checkout, from a folder that is neither."""
    done = subprocess.run(
        # A library for messages asks for a module that Python is about to lose, and does without it where it is gone.
        [sys.executable, "-W", "error", "-W", "ignore:'imghdr' is deprecated:DeprecationWarning", *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(wheel), **env},
        cwd=wheel.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_has_templates_workers_migrations_and_the_demo(wheel: Path) -> None:
    for folder, suffix in [
        ("supplyhub/templates", ".html"),
        ("supplyhub/migrations/versions", ".py"),
        ("supplyhub/demo_data", ".csv"),
        ("supplyhub/web/static", ".css"),
        ("supplyhub/standin/templates", ".html"),
        ("supplyhub/standin/static", ".css"),
        ("supplyhub/bench", ".sql"),
        ("supplyhub/bench", ".lua"),
        ("workers", ".py"),
    ]:
        shipped = {path.relative_to(wheel / folder) for path in (wheel / folder).rglob(f"*{suffix}")}
        source = ROOT / folder if (ROOT / folder).exists() else ROOT / folder.removeprefix("supplyhub/")
        assert shipped == {path.relative_to(source) for path in source.rglob(f"*{suffix}")}
        assert shipped, folder


def test_its_command_answers(wheel: Path) -> None:
    assert "Run everything on this machine" in run(wheel, "-m", "supplyhub", "--help")


def test_it_migrates_and_serves(wheel: Path, server_urls: ServerUrls, settings: Settings, worker_number: int) -> None:
    name = f"wheel_{worker_number}"
    with psycopg.connect(server_urls.admin_database_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        create_database(connection, name)
    env = {
        "SUPPLYHUB_HOME": str(settings.home),
        "DATABASE_URL": on_database(server_urls.database_url, name),
        "MIGRATION_DATABASE_URL": on_database(server_urls.migration_database_url, name),
        "REDIS_URL": settings.redis_url,
    }
    program = (
        "import supplyhub, workers.jobs; from supplyhub.app import create_app; from supplyhub.cli import main;"
        "main(['migrate'], standalone_mode=False);"
        "print(supplyhub.__file__, create_app().test_client().get('/sign-in').status_code)"
    )
    *said, last = run(wheel, "-c", program, **env).splitlines()
    assert "up to date" in said[-1]
    where, status = last.split()
    assert Path(where).is_relative_to(wheel)
    assert status == "200"
