"""A whole cycle through the real processes; and what a `kill -9` in its middle leaves behind: nothing broken."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.audit.queries import audit
from supplyhub.db import db, scalar
from supplyhub.demo import community
from tests.processes import family, free_port, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask

    from supplyhub.config import Settings

PROCESSES = ("web", "worker", "schedule")
SKUS = ("D001", "D002", "M001", "V002", "V007", "V012", "F001", "G001")
# Every 90th household of the demo's 2,219: some in each grid.
ROWS = range(1, 2219, 90)
REPORTED = [
    "households", "orders", "lines", "units", "refused_sold_out", "received_units", "short_units", "parcels", "tickets",
    "stops", "delivered", "returned", "wrong_grid_attempts", "wrong_grid_refused", "seconds", "laws",
]  # fmt: skip


class House:
    """The processes of an installation on the test's database."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.folder = folder
        self.env = {
            "PATH": os.environ["PATH"],
            "SUPPLYHUB_HOME": str(settings.home),
            "DATABASE_URL": settings.database_url,
            "MIGRATION_DATABASE_URL": settings.migration_database_url,
            "REDIS_URL": settings.redis_url,
            "PORT": str(port),
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        for name in names:
            with (self.folder / f"{name}.log").open("ab") as log:
                self.running[name] = subprocess.Popen(
                    [sys.executable, "-m", "supplyhub", name], env=self.env, stdout=log, stderr=log
                )
        wait_for(self.answers, seconds=60)

    def answers(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{self.url}/api/v1/openapi.json", timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
        return False

    def kill(self, *names: str) -> None:
        """Kill -9 a process and its children, all at once."""
        for pid in {pid for name in names for pid in family(self.running[name].pid)}:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for name in names:
            self.running.pop(name).wait()

    def replay(self, baskets: Path, *options: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "supplyhub",
                "demo",
                "replay",
                "--url",
                self.url,
                "--baskets",
                str(baskets),
                *options,
            ],
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def house(committed: Flask, settings: Settings, redis_url: str, tmp_path: Path) -> Iterator[House]:
    """Load the demo's register and people, and start the processes."""
    (settings.home / "replay" / "state.json").unlink(missing_ok=True)
    community.load(committed, say=lambda _line: None)
    db.session.remove()
    made = House(settings, tmp_path)
    try:
        made.start(*PROCESSES)
        yield made
    finally:
        made.kill(*made.running)


@pytest.fixture
def baskets(tmp_path: Path) -> Path:
    draw, path = Random(7), tmp_path / "baskets.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["household_row", "sku", "quantity"])
        for row in ROWS:
            writer.writerows([row, sku, draw.randint(1, 4)] for sku in sorted(draw.sample(SKUS, draw.randint(2, 5))))
    return path


def phases_done(settings: Settings) -> list[str]:
    state = settings.home / "replay" / "state.json"
    done: list[str] = json.loads(state.read_text(encoding="utf-8"))["done"] if state.exists() else []
    return done


def report_of(replay: subprocess.Popen[str]) -> dict[str, Any]:
    printed, errors = replay.communicate(timeout=120)
    assert replay.returncode == 0, errors
    report: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return report


def assert_whole(report: dict[str, Any], baskets: Path) -> None:
    lines = list(csv.DictReader(baskets.read_text(encoding="utf-8").splitlines()))
    assert list(report) == REPORTED
    assert report["households"] == report["orders"] == len(ROWS)
    assert report["lines"] == len(lines)
    assert report["units"] == sum(int(line["quantity"]) for line in lines)
    assert report["refused_sold_out"] == 0
    assert report["delivered"] + report["returned"] == report["parcels"] == report["stops"] > 0
    assert report["returned"] == 1
    assert report["short_units"] > 0
    assert report["wrong_grid_refused"] == report["wrong_grid_attempts"] > 0
    assert report["laws"] == {"checked": 9, "broken": 0}
    assert [finding.first_rows for finding in audit() if finding.offending] == []
    db.session.rollback()


def test_a_whole_cycle_is_played_through_the_api_and_a_second_takes_over_what_it_left(
    house: House, baskets: Path
) -> None:
    first = report_of(house.replay(baskets, "--json"))
    assert_whole(first, baskets)
    second = report_of(house.replay(baskets, "--json"))
    assert_whole(second, baskets)
    # Whole cases were bought: what is left on the shelf is not bought again.
    assert second["received_units"] < first["received_units"]


def test_a_replay_goes_on_after_web_and_worker_were_killed(house: House, settings: Settings, baskets: Path) -> None:
    replay = house.replay(baskets, "--json", "--patience", "1")
    wait_for(lambda: "orders" in phases_done(settings), seconds=60)
    house.kill("web", "worker")
    _, errors = replay.communicate(timeout=60)
    assert replay.returncode == 1
    assert "--resume" in errors
    assert "close" not in phases_done(settings)
    house.start("web", "worker")
    assert_whole(report_of(house.replay(baskets, "--json", "--resume")), baskets)


def test_a_short_absence_of_the_server_is_waited_out(house: House, settings: Settings, baskets: Path) -> None:
    replay = house.replay(baskets, "--json")
    wait_for(lambda: "pack" in phases_done(settings), seconds=60)
    house.kill("web", "worker")
    assert "close" not in phases_done(settings)
    house.start("web", "worker")
    assert_whole(report_of(replay), baskets)


def test_bad_baskets_are_refused_with_their_lines_and_nothing_is_started(house: House, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("household_row,sku,quantity\n1,D001,1\n9999,D001,1\n1,X999,1\n2,D001,-3\n", encoding="utf-8")
    replay = house.replay(path, "--json")
    printed, errors = replay.communicate(timeout=60)
    assert (replay.returncode, printed) == (1, "")
    assert re.findall(r"line \d", errors) == ["line 3", "line 4", "line 5"]
    assert scalar("SELECT count(*) FROM cycle") == 0
    db.session.rollback()
