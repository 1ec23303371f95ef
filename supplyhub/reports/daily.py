"""The day's report (日报): what happened on a day, grid by grid and in all, counted set by set and kept as it was made.

A day's cycle is the one that is delivered on it, else the newest that was open: orders, silence, shortage and sales are
its. What people do by the clock (deliveries, calls, requests, payments, shifts) counts on the day when it was done, by the
community's own clock. How a request or a door stands is told as of when the report is made.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from supplyhub.db import row, rows, scalar, transaction
from supplyhub.errors import InvalidError, NotAllowedError
from supplyhub.people.states import Role
from supplyhub.reports.daily_sql import (
    AGES,
    CALLS,
    CYCLE,
    DOORS,
    KEEP,
    KINDS,
    LATEST,
    MONEY,
    REASONS,
    REQUESTS,
    SHIFTS,
    SHORT,
    STANDINGS,
    VOLUNTEERS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


@dataclass
class DayFigures:
    """What a day was like in a grid, or in all of them. Money in fen.

    households to silent: of the day's cycle (law 9)
    short_lines: order lines of it that got less; short_households: whom it hit; short_by_reason: lines, as they were told
    delivered, failed: doors of the day; returned: parcels of the failed ones that are back
    problems_open: doors of cycles under way that failed; problems_solved: that had failed before and got theirs this day
    calls_due: check-in calls of the care register that were due and not done before; calls_done: of the day
    requests_opened, _solved, _ended (otherwise): of the day; _late: open ones past their time; open ones by kind, by age
    sold_fen: what the cycle's orders are worth; what was paid and promised back on the day
    volunteers: who had a ticket of the day; shift_hours: of the grid's roster
    """

    households: int = 0
    ordered: int = 0
    declined: int = 0
    silent: int = 0
    short_lines: int = 0
    short_households: int = 0
    short_by_reason: dict[str, int] = field(default_factory=dict)
    delivered: int = 0
    failed: int = 0
    returned: int = 0
    problems_open: int = 0
    problems_solved: int = 0
    calls_due: int = 0
    calls_done: int = 0
    requests_opened: int = 0
    requests_solved: int = 0
    requests_ended: int = 0
    requests_late: int = 0
    requests_open: dict[str, int] = field(default_factory=dict)
    requests_by_age: dict[str, int] = field(default_factory=dict)
    sold_fen: int = 0
    paid_online_fen: int = 0
    paid_at_doors_fen: int = 0
    given_back_fen: int = 0
    volunteers: int = 0
    shift_hours: int = 0

    def add(self, other: DayFigures) -> None:
        """Add another grid's figures to these."""
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, dict):
                setattr(
                    self, each.name, {key: mine.get(key, 0) + theirs.get(key, 0) for key in sorted({*mine, *theirs})}
                )
            else:
                setattr(self, each.name, mine + theirs)


@dataclass(frozen=True, slots=True)
class DayReport:
    """A report as it was made. cycle: the number of the day's, None before the first; made_by: None when the clock did."""

    id: int
    day: date
    made_at: datetime
    made_by: str | None
    cycle: int | None
    all: DayFigures
    grids: dict[int, DayFigures]


def figures_of(community_id: int, day: date) -> tuple[int | None, dict[int, DayFigures]]:
    """Return the number of a day's cycle and the figures of every grid, by its number; zeros where nothing happened."""
    scope = _scope(community_id, day)
    cycle = next(iter(rows(CYCLE, **scope)), None)
    scope["cycle"] = cycle.id if cycle else None
    found = {}
    for grid in rows(STANDINGS, **scope):
        found[grid.number] = DayFigures(grid.households, grid.ordered, grid.declined)
        found[grid.number].silent = grid.households - grid.ordered - grid.declined
    for statement in (SHORT, DOORS, CALLS, REQUESTS, MONEY, VOLUNTEERS, SHIFTS):
        for grid in rows(statement, **scope):
            _set(found[grid.number], grid)
    for name, statement in (("short_by_reason", REASONS), ("requests_open", KINDS), ("requests_by_age", AGES)):
        for entry in rows(statement, **scope):
            getattr(found[entry.number], name)[entry.key] = int(entry.figure)
    return (cycle.number if cycle else None), found


def _set(figures: DayFigures, found: Row[Any]) -> None:
    for name in found._fields:
        if name != "number":
            setattr(figures, name, int(getattr(found, name) or 0))


def in_all(grids: Iterable[DayFigures]) -> DayFigures:
    """Return the sums over some grids."""
    whole = DayFigures()
    for grid in grids:
        whole.add(grid)
    return whole


def make_report(community_id: int, day: date, *, made_by: int | None = None) -> int:
    """Count a day, keep what was counted, and return the id of the report. Made again, the newest one counts.

    Where nothing has changed since, that one is returned and nothing is kept. Raises InvalidError for a day that hasn't
    begun.
    """
    with transaction():
        if day > _today(community_id):
            raise InvalidError("this day hasn't begun", day=day.isoformat())
        # Two makings of one day wait for each other: the second sees the first.
        scalar(
            "SELECT pg_advisory_xact_lock(hashtext('daily_report'), CAST(:community AS int))", community=community_id
        )
        cycle, grids = figures_of(community_id, day)
        figures = {"cycle": cycle, "grids": {str(number): asdict(grid) for number, grid in grids.items()}}
        known = row(LATEST, community=community_id, day=day)
        if known is not None and known.figures == figures:
            return int(known.id)
        return int(scalar(KEEP, community=community_id, day=day, by=made_by, figures=json.dumps(figures)))


def due_report(community_id: int, now: datetime) -> date | None:
    """Return the day whose report the clock has to make now: today's once its hour has come and none was made since."""
    community = row("SELECT timezone, report_at FROM community WHERE id = :id", id=community_id)
    if community is None:
        return None
    here = now.astimezone(ZoneInfo(community.timezone))
    if here.time() < community.report_at:
        return None
    hour = datetime.combine(here.date(), community.report_at, here.tzinfo)
    made = scalar(
        "SELECT count(*) FROM daily_report WHERE community_id = :community AND day = :day AND made_at >= :hour",
        community=community_id,
        day=here.date(),
        hour=hour,
    )
    return None if made else here.date()


def report_for(asker: Asker, day: date) -> DayReport | None:
    """Return the newest report of a day, None when none was made; a lead's has the own grid alone.

    Raises NotAllowedError for everybody else.
    """
    if asker.role not in {Role.COORDINATOR, Role.GRID_LEAD}:
        raise NotAllowedError("the day's report is for coordinators and grid leads", role=asker.role)
    found = row(LATEST, community=asker.community_id, day=day)
    if found is None:
        return None
    grids = {int(number): DayFigures(**figures) for number, figures in found.figures["grids"].items()}
    if asker.role == Role.GRID_LEAD:
        own = int(scalar("SELECT number FROM grid WHERE id = :id", id=asker.grid()))
        grids = {number: figures for number, figures in grids.items() if number == own}
    return DayReport(
        found.id, found.day, found.made_at, found.made_by, found.figures["cycle"], in_all(grids.values()), grids
    )


def _today(community_id: int) -> date:
    zone = scalar("SELECT timezone FROM community WHERE id = :id", id=community_id)
    return datetime.now(UTC).astimezone(ZoneInfo(str(zone))).date()


def _scope(community_id: int, day: date) -> dict[str, object]:
    """Return the values of the statements: the day from its first moment up to the next one's, by its own clock."""
    zone = ZoneInfo(str(scalar("SELECT timezone FROM community WHERE id = :id", id=community_id)))
    begins = datetime.combine(day, time(), zone)
    ends = datetime.combine(day + timedelta(days=1), time(), zone)
    return {"community": community_id, "day": day, "begins": begins, "ends": ends, "grid": None}
