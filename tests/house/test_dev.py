"""`supplyhub dev` as a person meets it: it comes up, mends itself, survives a crash, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg
import pytest
from click.testing import CliRunner

from supplyhub.cli import main
from supplyhub.cli.dev import Installation
from supplyhub.config import LAST_RUN, Settings, last_run
from supplyhub.errors import SettingError
from supplyhub.standin.remote import StandIn
from tests.drill import drilled, in_the_drill
from tests.processes import command_line, family, free_port, parents, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACTORS = 5
PROCESSES = drilled("web", "gateway", "robot", "worker", "schedule")


class Dev:
    """A running `supplyhub dev` and what it printed."""

    def __init__(self, home: Path, port: int, *options: str, **env: str) -> None:
        self.home = home
        self.output = home.parent / f"output-{os.urandom(4).hex()}"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "supplyhub", "dev", "--home", str(home), "--port", str(port), *options],
                env={"PATH": os.environ["PATH"], **env},
                cwd=home.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> list[str]:
        return self.output.read_text(encoding="utf-8").splitlines()

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.said
        return self.said[-1:] == ["Ctrl-C stops everything"]

    def member(self, *words: str) -> int:
        """Return the pid of the member that was started with these words."""
        (pid,) = [
            pid
            for pid in family(self.process.pid)
            if (parts := command_line(pid).split())
            and all(word in parts for word in words)
            and parents().get(pid) == self.process.pid
        ]
        return pid


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder that the tests of this module use one after the other."""
    return tmp_path_factory.mktemp("dev") / "home"


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def dev(place: Path, port: int) -> Iterator[Dev]:
    """Return one run for several tests; the last of them ends it."""
    running = Dev(place, port)
    try:
        wait_for(running.is_ready)
        yield running
    finally:
        kill_9(running)


def kill_9(running: Dev) -> None:
    """Kill a run and all its members, as a machine that loses its power does."""
    for pid in family(running.process.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    running.process.wait()


def households(home: Path) -> int:
    with psycopg.connect(last_run(home)["DATABASE_URL"]) as connection:
        ((count,),) = connection.execute("SELECT count(*) FROM household").fetchall()
    return int(count)


def left_of(everything: set[int]) -> dict[int, str]:
    return {pid: command_line(pid) for pid in everything & parents().keys()}


class TestDev:
    """One home, one run after the other."""

    def test_a_first_start_shows_a_way_in_for_each_actor(self, dev: Dev) -> None:
        assert any(re.fullmatch(r"ready http://127\.0\.0\.1:\d+", line) for line in dev.said)
        links = [line for line in dev.said if re.match(r"  http://127\.0\.0\.1:\d+/\S+  \S", line)]
        assert len(links) == ACTORS, dev.said

    def test_one_can_pay_at_a_stand_in_that_other_commands_find(self, dev: Dev, place: Path) -> None:
        assert any("stand-in for the gateway: no real money" in line for line in dev.said)
        settings = Settings.from_env({"SUPPLYHUB_HOME": str(place)})
        standin = StandIn(settings.stripe_api_base, settings.stripe_secret_key)
        assert standin.books()["sum_fen"] == 0
        assert (place / LAST_RUN).stat().st_mode & 0o777 == 0o600

    def test_a_second_one_in_the_same_home_is_refused(self, dev: Dev, place: Path) -> None:
        second = CliRunner().invoke(main, ["dev", "--home", str(place), "--port", str(free_port())])
        (line,) = second.stderr.splitlines()
        assert second.exit_code == 2
        assert line.startswith(f"supplyhub: supplyhub already runs in {place} (process {dev.process.pid})")

    def test_killed_processes_are_started_again(self, dev: Dev) -> None:
        for name in PROCESSES:
            os.kill(dev.member("supplyhub", name), signal.SIGKILL)
        wait_for(lambda: {f"{name} runs again" for name in PROCESSES} <= set(dev.said))
        assert any(line.startswith("web was killed by SIGKILL; starting it again in") for line in dev.said)

    def test_killed_servers_are_started_again_with_what_they_held(self, dev: Dev, place: Path) -> None:
        before = households(place)
        for server in ("postgres", "valkey"):
            pid, _start = (place / "run" / f"{server}.pid").read_text(encoding="ascii").split()
            os.kill(int(pid), signal.SIGKILL)
        wait_for(lambda: {"database runs again", "queue runs again"} <= set(dev.said))
        assert households(place) == before > 0

    def test_after_kill_9_of_everything_the_next_goes_on_and_ctrl_c_stops_it_whole(
        self, dev: Dev, place: Path, port: int
    ) -> None:
        before = households(place)
        kill_9(dev)
        again = Dev(place, port)
        wait_for(again.is_ready)
        assert not any("loading the demo" in line for line in again.said)
        assert households(place) == before
        everything = family(again.process.pid)
        again.process.send_signal(signal.SIGINT)
        assert again.process.wait(timeout=120) == 0
        assert again.said[-1].startswith("stopped")
        assert left_of(everything) == {}


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        second = Installation({"SUPPLYHUB_HOME": str(tmp_path), "PORT": str(port)})
        with pytest.raises(
            SettingError, match=f"port {port} on 127.0.0.1 is taken; choose another with PORT or --port"
        ):
            second.run(load=True, stopping=lambda: False)
    assert list(tmp_path.iterdir()) == []


@in_the_drill
def test_servers_of_the_environment_are_used(tmp_path: Path, admin_url: str, redis_url: str) -> None:
    running = Dev(tmp_path / "home", free_port(), "--empty", DATABASE_URL=admin_url, REDIS_URL=redis_url)
    try:
        wait_for(running.is_ready)
        assert any(line.startswith("MIGRATION_DATABASE_URL is not set") for line in running.said)
        assert any("/link#" in line and "the first way in" in line for line in running.said)
        # Nobody shall believe to have paid who lives in a real community.
        assert not any("stand-in" in line for line in running.said)
        assert not (tmp_path / "home" / "postgres").exists()
        assert "DATABASE_URL" not in last_run(tmp_path / "home")
        # One role owns and runs: the audit says what that leaves unguarded, and a cycle can be closed.
        audited = subprocess.run(
            [sys.executable, "-m", "supplyhub", "audit"],
            env={
                "PATH": os.environ["PATH"],
                "SUPPLYHUB_HOME": str(tmp_path / "home"),
                "DATABASE_URL": admin_url,
                "REDIS_URL": redis_url,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert (audited.returncode, audited.stderr) == (0, "")
        assert "append-only tables are not guarded against it" in audited.stdout
    finally:
        everything = family(running.process.pid)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(timeout=120) == 0
    assert left_of(everything) == {}
