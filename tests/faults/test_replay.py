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
from collections.abc import Callable
from contextlib import contextmanager, suppress
from random import Random
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import redis

from supplyhub.audit.queries import audit
from supplyhub.db import db
from supplyhub.demo import community
from supplyhub.replay.requests import COURSES
from tests.conftest import delete_all_rows
from tests.drill import in_the_drill
from tests.processes import family, free_port, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask

    from supplyhub.config import Settings

SKUS = ("D001", "D002", "M001", "V002", "V007", "V012", "F001", "G001")
# Every 50th household of the demo's 2,219: some in each grid.
ROWS = range(1, 2219, 50)
SEED = 7
# One of each course.
REQUESTS = len(COURSES)
# Draws after how many orders or doors a process is killed.
MOMENT = Random(SEED)
AT_ONCE = 0.005
Look = Callable[[str], int]
GATE = 4711
HALT = """
    CREATE FUNCTION halt() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
      IF ({done}) >= {wanted} THEN PERFORM pg_advisory_xact_lock_shared({gate}); END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER halt BEFORE {what} FOR EACH ROW EXECUTE FUNCTION halt()
"""
SOMEBODY_WAITS = f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {GATE} AND NOT granted"
NEWEST_DOORS = """
    SELECT count(*) {which} FROM stop JOIN ticket ON ticket.id = stop.ticket_id
    WHERE cycle_id = (SELECT max(id) FROM cycle)
"""
DOORS, VISITED = NEWEST_DOORS.format(which=""), NEWEST_DOORS.format(which="FILTER (WHERE stop.outcome IS NOT NULL)")
REPORTED = [
    "households", "orders", "lines", "units", "refused_sold_out", "received_units", "short_units", "parcels", "tickets",
    "stops", "delivered", "returned", "worth_fen", "paid_online_fen", "taken_fen", "covered_fen", "back_fen", "owed_fen",
    "wrong_grid_attempts", "wrong_grid_refused", "packs", "packs_declined", "packs_delivered", "packs_returned",
    "packs_missing", "packs_outside_register", "packs_told_apart", "requests", "requests_sent_again", "requests_solved",
    "requests_merged", "requests_ended_otherwise", "requests_with_owner", "requests_forgotten", "requests_past_due_seen",
    "medicine_read_attempts", "medicine_read_refused", "seconds", "laws",
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
        self.running: dict[str, subprocess.Popen[Any]] = {}

    def start(self, *names: str) -> None:
        """Start processes; whoever needs them waits for them."""
        for name in names:
            with (self.folder / f"{name}.log").open("ab") as log:
                self.running[name] = subprocess.Popen(
                    [sys.executable, "-m", "supplyhub", name], env=self.env, stdout=log, stderr=log
                )

    def answers(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{self.url}/api/v1/openapi.json", timeout=30) as answer:  # noqa: S310
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
        few = ("--requests", str(REQUESTS))
        return self.demo("replay", "--url", self.url, "--baskets", str(baskets), *few, *options)

    def demo(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "supplyhub", "demo", *arguments],
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture(scope="class")
def house(app: Flask, settings: Settings, admin_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Load the demo's register and people, and start the processes; all of it is gone after the class."""
    (settings.home / "replay" / "state.json").unlink(missing_ok=True)
    with redis.Redis.from_url(settings.redis_url) as queue:
        queue.flushdb()
    made = House(settings, tmp_path_factory.mktemp("house"))
    try:
        # The pages come up while the register is loaded.
        made.start("web")
        with app.app_context():
            community.load(app, say=lambda _line: None)
            db.session.remove()
        made.start("worker", "schedule")
        wait_for(made.answers)
        yield made
    finally:
        made.kill(*made.running)
        delete_all_rows(admin_url)


@pytest.fixture(scope="class")
def owner(admin_url: str) -> Iterator[psycopg.Connection[Any]]:
    """Return a connection that may do everything."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="class")
def look(owner: psycopg.Connection[Any]) -> Look:
    """Give a hand that asks the database for a number."""

    def ask(statement: str) -> int:
        found = owner.execute(statement).fetchone()
        return int(found[0]) if found else 0

    return ask


@contextmanager
def halted(owner: psycopg.Connection[Any], what: str, *, done: str, wanted: int) -> Iterator[None]:
    """Let nobody go on as soon as so many are done, until this ends; what has to be killed is killed in the midst."""
    owner.execute(f"SELECT pg_advisory_lock({GATE})")
    owner.execute(HALT.format(what=what, done=done, wanted=wanted, gate=GATE))
    try:
        yield
    finally:
        owner.execute(f"SELECT pg_advisory_unlock({GATE})")
        owner.execute("DROP FUNCTION halt CASCADE")


def wait_until_somebody_is_halted(look: Look) -> None:
    wait_for(lambda: look(SOMEBODY_WAITS), pause=AT_ONCE)


@pytest.fixture(scope="class")
def baskets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    draw, path = Random(SEED), tmp_path_factory.mktemp("baskets") / "baskets.csv"
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
    printed, errors = replay.communicate(timeout=300)
    assert replay.returncode == 0, errors
    report: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return report


def assert_whole(app: Flask, report: dict[str, Any], baskets: Path) -> None:
    lines = list(csv.DictReader(baskets.read_text(encoding="utf-8").splitlines()))
    assert list(report) == REPORTED
    assert report["households"] == report["orders"] == len(ROWS)
    assert report["lines"] == len(lines)
    assert report["units"] == sum(int(line["quantity"]) for line in lines)
    assert report["refused_sold_out"] == 0
    assert report["delivered"] + report["returned"] == report["parcels"] == report["stops"] > 0
    assert report["returned"] == 1
    assert report["short_units"] > 0
    # Three attempts a ticket, however often the replay or the server died on the way.
    assert report["wrong_grid_refused"] == report["wrong_grid_attempts"] >= 3 * report["tickets"] > 0
    assert_packs_and_requests(report)
    assert report["laws"] == {"checked": 10, "broken": 0}
    with app.app_context():
        assert [finding.first_rows for finding in audit() if finding.offending] == []


def assert_packs_and_requests(report: dict[str, Any]) -> None:
    assert report["packs"] == report["packs_declined"] + report["packs_delivered"] + report["packs_returned"] > 0
    assert report["packs_declined"] > 0
    assert report["packs_missing"] == report["packs_outside_register"] == report["packs_told_apart"] == 0
    assert report["requests"] == REQUESTS
    assert (report["requests_merged"], report["requests_ended_otherwise"]) == (1, 2)
    assert (report["requests_with_owner"], report["requests_forgotten"]) == (3, 0)
    assert report["requests_solved"] == REQUESTS - 6
    assert report["requests_sent_again"] > 0
    assert report["requests_past_due_seen"] == 1
    # Four strangers, each by two calls, for each of three requests about medicine.
    assert report["medicine_read_refused"] == report["medicine_read_attempts"] >= 24


class TestReplay:
    """One installation, because starting one takes longer than a replay; each replay plays a cycle of its own."""

    def test_bad_baskets_are_refused_with_their_lines_and_nothing_is_started(
        self, house: House, look: Look, tmp_path: Path
    ) -> None:
        path = tmp_path / "bad.csv"
        lines = ["household_row,sku,quantity", "1,D001,1", "9999,D001,1", "1,X999,1", "2,D001,-3", ""]
        path.write_text("\n".join(lines), encoding="utf-8")
        replay = house.replay(path, "--json")
        printed, errors = replay.communicate(timeout=300)
        assert (replay.returncode, printed) == (1, "")
        assert re.findall(r"line \d", errors) == ["line 3", "line 4", "line 5"]
        assert look("SELECT count(*) FROM cycle") == 0

    @in_the_drill
    def test_it_goes_on_after_the_server_was_killed_among_orders_and_with_itself_among_deliveries(
        self,
        app: Flask,
        house: House,
        owner: psycopg.Connection[Any],
        look: Look,
        settings: Settings,
        baskets: Path,
    ) -> None:
        wanted = MOMENT.randint(1, len(ROWS) // 3)
        with halted(owner, "INSERT ON orders", done="SELECT count(*) FROM orders", wanted=wanted):
            replay = house.replay(baskets, "--json", "--patience", "1")
            wait_until_somebody_is_halted(look)
            house.kill("web", "worker")
        assert look("SELECT count(*) FROM orders") < len(ROWS)
        _, errors = replay.communicate(timeout=300)
        assert replay.returncode == 1
        assert "--resume" in errors
        assert phases_done(settings)[-1] == "menus"
        house.start("web", "worker")
        house.running["replay"] = replay = house.replay(baskets, "--json", "--resume")
        kill_on_the_way(house, owner, look, settings, "web", "worker", "replay")
        replay.communicate(timeout=300)
        house.start("web", "worker")
        report = report_of(house.replay(baskets, "--json", "--resume"))
        assert_whole(app, report, baskets)

    def test_it_waits_out_a_short_absence_of_the_server_among_deliveries(
        self,
        app: Flask,
        house: House,
        owner: psycopg.Connection[Any],
        look: Look,
        settings: Settings,
        baskets: Path,
    ) -> None:
        replay = house.replay(baskets, "--json")
        kill_on_the_way(house, owner, look, settings, "web", "worker")
        house.start("web", "worker")
        report = report_of(replay)
        assert_whole(app, report, baskets)

    def test_a_rush_leaves_each_household_with_one_order_of_what_there_was(self, app: Flask, house: House) -> None:
        report = report_of(house.demo("rush", "--url", house.url, "--seconds", "1", "--households", "100", "--json"))
        assert report["ordered"] + report["sold_out"] == report["households"] == 100
        assert report["refused"] == report["unanswered"] == 0
        assert report["cut_back"] > 0
        assert report["changed"] > 0
        assert 0 < report["units_sold"] <= report["units_offered"]
        assert report["oversold"] == report["differing"] == report["twice"] == 0
        assert report["laws"] == {"checked": 10, "broken": 0}
        with app.app_context():
            assert [finding.first_rows for finding in audit() if finding.offending] == []


def kill_on_the_way(house: House, owner: psycopg.Connection[Any], look: Look, settings: Settings, *names: str) -> None:
    """Wait until some doors of the newest cycle are visited, not all of them, and kill."""
    wanted = MOMENT.randint(1, len(ROWS) // 3)
    with halted(owner, "UPDATE OF outcome ON stop", done=VISITED, wanted=wanted):
        wait_until_somebody_is_halted(look)
        house.kill(*names)
    assert look(VISITED) < look(DOORS)
    assert phases_done(settings)[-1] == "pack"
