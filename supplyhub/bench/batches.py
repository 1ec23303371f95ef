"""The two batches of a cycle at the size of a city, in a worker of their own, beside a scan and a COPY of the same rows."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import make_url

from supplyhub.app import create_app
from supplyhub.audit.queries import audit, summary
from supplyhub.bench import city, house
from supplyhub.bench.play import closing_connections, refresh_statistics
from supplyhub.bench.working import CUT_OFF, RECEIPT, Worked
from supplyhub.db import rows, scalar, transaction
from supplyhub.errors import SettingError
from workers.jobs import drain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from supplyhub.bench.city import Size
    from supplyhub.config import Settings

BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class City:
    """A city's figures: its batches, and what the database takes for as many rows by itself. In seconds.

    `copy_seconds` is a COPY of its order lines, `copy_written_seconds` one of the rows that the batches wrote.
    """

    size: Size
    cut_off: Worked
    receipt: Worked
    copy_seconds: float
    copy_written_seconds: float
    scan_seconds: float
    counts: dict[str, int]
    laws: dict[str, int]

    @property
    def seconds(self) -> float:
        """Return what both batches took together."""
        return self.cut_off.total + self.receipt.total

    @property
    def memory_mb(self) -> float:
        """Return the most memory that a worker had."""
        return max(self.cut_off.memory_mb, self.receipt.memory_mb)


def play(size: Size, *, say: Callable[[str], None], laws: bool) -> City:
    """Build a city in a throw-away database, run and time its batches, and the yardsticks beside them."""
    with house.throw_away() as settings, create_app(settings).app_context(), closing_connections():
        return play_in(settings, size, say=say, laws=laws)


def play_in(settings: Settings, size: Size, *, say: Callable[[str], None], laws: bool) -> City:
    """Play on an empty, migrated database."""
    cycle = city.build(size, say=say)
    refresh_statistics(settings)
    scan = _scan(cycle)
    say("the batch at the cut-off")
    even_out(settings)
    cut_off = _in_a_worker(settings, CUT_OFF)
    # What orders are worth is booked between the batches, by an event of its own.
    drain("book_ordered")
    missing = city.bring_goods(cycle)
    say(f"the batch after receiving: {missing:,} units are missing")
    even_out(settings)
    receipt = _in_a_worker(settings, RECEIPT)
    say("a COPY of the same rows")
    copied = copy_again(settings, "order_line")
    written = round(sum(copy_again(settings, table) for table in WRITTEN), 3)
    counts = {table: _count(table) for table in COUNTED}
    say("checking the laws" if laws else "done")
    found = summary(audit()) if laws else {"checked": 0, "broken": 0}
    return City(
        size,
        cut_off,
        receipt,
        copied,
        written,
        scan,
        counts,
        {"checked": found["checked"], "broken": found["broken"]},
    )


# The large tables that the batches fill, in the order of their keys.
WRITTEN = ("order_number", "allocation", "parcel", "ticket", "stop", "crate")
COUNTED = (
    "order_line",
    "order_number",
    "purchase_order",
    "case_fill",
    "allocation",
    "substitution",
    "parcel",
    "ticket",
    "stop",
    "crate",
)


def even_out(settings: Settings) -> None:
    """Write out what is waiting, so that what is timed next pays for its own pages and not for those of before."""
    with _as_owner(settings) as connection:
        connection.execute("CHECKPOINT")


def _as_owner(settings: Settings) -> psycopg.Connection:
    url = make_url(settings.migration_database_url).set(drivername="postgresql")
    return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)


def copy_again(settings: Settings, table: str) -> float:
    """Return the seconds in which a COPY fills a table like `table`, with all its constraints, with the same rows."""
    path = settings.home / f"{table}.copy"
    with _as_owner(settings) as connection:
        _copy_out(connection, table, path)
        connection.execute(f"CREATE TABLE copied_{table} (LIKE {table} INCLUDING ALL)")
        keys = connection.execute(
            f"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype = 'f'"
        ).fetchall()
        for (definition,) in keys:
            connection.execute(f"ALTER TABLE copied_{table} ADD {definition}")
        connection.execute("CHECKPOINT")
        started = time.perf_counter()
        with connection.cursor().copy(f"COPY copied_{table} FROM STDIN") as copy, path.open("rb") as file:
            while block := file.read(BLOCK):
                copy.write(block)
        seconds = round(time.perf_counter() - started, 3)
        connection.execute(f"DROP TABLE copied_{table}")
        return seconds


def _copy_out(connection: psycopg.Connection, table: str, path: Path) -> None:
    with connection.cursor().copy(f"COPY {table} TO STDOUT") as copy, path.open("wb") as file:
        for block in copy:
            file.write(block)


def _scan(cycle_id: int) -> float:
    started = time.perf_counter()
    with transaction():
        rows(
            """
            SELECT i.offer_id, sum(l.quantity) FROM orders AS o JOIN order_line AS l ON l.order_id = o.id
            JOIN menu_item AS i ON i.id = l.item_id WHERE o.cycle_id = :cycle GROUP BY i.offer_id
            """,
            cycle=cycle_id,
        )
    return round(time.perf_counter() - started, 3)


def _in_a_worker(settings: Settings, topics: Sequence[str]) -> Worked:
    """Run topics in a process of their own, whose memory is theirs alone."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "supplyhub.bench.working", *topics],
        env=house.surroundings(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SettingError(f"the worker failed: {done.stderr[-2000:]}")
    return Worked(**json.loads(done.stdout))


def _count(table: str) -> int:
    return int(scalar(f"SELECT count(*) FROM {table}"))
