"""The phases of a bench in their rounds, and whether what they wrote is right."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import make_url

from supplyhub.app import create_app
from supplyhub.audit.queries import audit, summary
from supplyhub.bench import house, load, town
from supplyhub.bench.report import OFFERED, PHASES, Figures, Hundred, Run
from supplyhub.db import db, row, scalar, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from supplyhub.bench.load import Load
    from supplyhub.bench.town import Menu, Town
    from supplyhub.config import Settings

SPREAD, HOT = 200, 5
WEB, PARSER = ("web",), ("bench", "parser")
# More than are ordered in a second: hardly a household comes twice within a phase, in SQL or over HTTP.
HOMES_A_SECOND, FEWEST_HOMES, MOST_HOMES = 5_000, 4_000, 50_000
# A phase that is long enough to be measured is preceded by so much of the same on another menu.
WARM_UP_SECONDS, WORTH_WARMING = 1, 3
HUNDRED_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that a phase needs."""

    settings: Settings
    town: Town
    tokens: Path
    web: str
    parser: str

    def run(self, phase: str, menu: Menu, *, seconds: int) -> Load:
        """Put the load of a phase on a menu."""
        if phase in {"a", "a'"}:
            return load.call_directly(
                self.settings.database_url, self.town, menu, seconds=seconds, folder=self.settings.home
            )
        return load.call_by_http(self.parser if phase == "d" else self.web, self.tokens, menu, seconds=seconds)


def homes_for(seconds: int) -> int:
    """Return how many households a bench of such phases has."""
    return min(max(HOMES_A_SECOND * seconds, FEWEST_HOMES), MOST_HOMES)


def play(settings: Settings, *, seconds: int, rounds: int, homes: int, say: Callable[[str], None]) -> Figures:
    """Measure every phase in every round on an empty, migrated database. Raises LoadError, SettingError.

    Each run has a menu of its own, so that all begin with first orders.
    """
    load.find_wrk()
    tokens = settings.home / "tokens"
    with create_app(settings).app_context(), closing_connections():
        say(f"settling {homes:,} households")
        made = town.settle(homes)
        town.hand_out_tokens(made, tokens)
        refresh_statistics(settings)
        with house.serving(settings, "web", WEB) as web, house.serving(settings, "parser", PARSER) as parser:
            web.wait_until_it_answers()
            parser.wait_until_it_answers()
            bench = Bench(settings, made, tokens, web.url, parser.url)
            runs, mistakes = _rounds(bench, seconds=seconds, rounds=rounds, say=say)
            say(f"{OFFERED} units for {load.CONNECTIONS} connections")
            hundred = sell_a_hundred(bench, seconds=min(seconds, HUNDRED_SECONDS))
            memory = web.memory()
        say("checking the laws")
        found = summary(audit())
    laws = {"checked": found["checked"], "broken": found["broken"]}
    return Figures(seconds, rounds, runs, hundred, memory, laws, mistakes)


@contextmanager
def closing_connections() -> Iterator[None]:
    """Leave none of this process's connections open: the database is about to be stopped."""
    try:
        yield
    finally:
        db.session.remove()
        db.engine.dispose()


def refresh_statistics(settings: Settings) -> None:
    """Let the database know what was loaded, as it would by itself after a while."""
    url = make_url(settings.migration_database_url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def sell_a_hundred(bench: Bench, *, seconds: int) -> Hundred:
    """Offer a hundred units of one item to 64 connections, each household wanting one; return who got some."""
    menu = town.open_menu(bench.town, items=1, offered=OFFERED)
    got = load.call_by_http(bench.web, bench.tokens, menu, seconds=seconds, lines=1)
    found = row(
        """
        SELECT (SELECT reserved FROM menu_item WHERE menu_id = :menu) AS reserved, coalesce(sum(l.quantity), 0) AS sold,
               count(DISTINCT o.household_id) AS households
        FROM orders AS o JOIN order_line AS l ON l.order_id = o.id WHERE o.menu_id = :menu
        """,
        menu=menu.id,
    )
    return Hundred(got.taken, int(found.sold), found.households, found.reserved) if found else Hundred(0, 0, 0, 0)


def written(menu: Menu) -> int:
    """Return how many orders were written into a menu, changes included."""
    with transaction():
        return int(scalar("SELECT coalesce(sum(version), 0) FROM orders WHERE menu_id = :menu", menu=menu.id))


def _rounds(bench: Bench, *, seconds: int, rounds: int, say: Callable[[str], None]) -> tuple[list[Run], list[str]]:
    runs, mistakes = [], []
    for number in range(1, rounds + 1):
        for phase, what in PHASES.items():
            say(f"round {number} of {rounds}: {what}")
            items = HOT if phase in {"a'", "c"} else SPREAD
            if seconds >= WORTH_WARMING:
                bench.run(phase, town.open_menu(bench.town, items=items), seconds=WARM_UP_SECONDS)
            menu = town.open_menu(bench.town, items=items)
            run = Run(number, phase, bench.run(phase, menu, seconds=seconds))
            runs.append(run)
            mistakes += miscounted(run, written(menu))
    return runs, mistakes


def miscounted(run: Run, orders: int) -> list[str]:
    """Return what is wrong when the orders written aren't those that were answered.

    At the end of a run over HTTP as many as there are connections may be written without having been answered.
    """
    taken = 0 if run.phase == "d" else run.load.taken
    most = taken + load.CONNECTIONS if run.phase in {"b", "c"} else taken
    if taken <= orders <= most:
        return []
    return [f"round {run.round}, {PHASES[run.phase]}: {taken:,} orders were answered and {orders:,} written"]
