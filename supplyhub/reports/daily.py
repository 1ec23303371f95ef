"""The day's report (日报) is made: what happened on a day, grid by grid, counted set by set and kept as it was made.

A day's cycle is the one that is delivered on it, else the newest that was open: orders, silence, shortage and sales are
its. What people do by the clock (deliveries, calls, requests, payments, shifts) counts on the day when it was done, by the
community's own clock. How a request or a door stands is told as of when the report is made.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from supplyhub import outbox
from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.errors import InvalidError, NotAllowedError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.reports.daily_sql import (
    AGES,
    CALLS,
    CYCLE,
    DOORS,
    HOMES,
    KEEP,
    KINDS,
    LATEST,
    MONEY,
    REASONS,
    REQUESTS,
    SHARED,
    SHIFTS,
    SHORT,
    STANDINGS,
    VOLUNTEERS,
    WORTH,
)
from supplyhub.reports.day_figures import DayFigures
from supplyhub.reports.events import DayReported

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


# By key: the figure that each statement counts.
BY_KEY = (
    ("short_by_reason", REASONS),
    ("short_homes", HOMES),
    ("requests_open", KINDS),
    ("requests_by_age", AGES),
)


def figures_of(community_id: int, day: date) -> tuple[int | None, dict[int, DayFigures]]:
    """Return the number of a day's cycle and the figures of every grid, by its number; zeros where nothing happened."""
    scope = _scope(community_id, day)
    cycle = next(iter(rows(CYCLE, **scope)), None)
    scope["cycle"] = cycle.id if cycle else None
    found = {}
    for grid in rows(STANDINGS, **scope):
        found[grid.number] = DayFigures(grid.households, grid.ordered, grid.declined)
        found[grid.number].silent = grid.households - grid.ordered - grid.declined
    for statement in (SHORT, DOORS, CALLS, REQUESTS, WORTH, MONEY, VOLUNTEERS, SHIFTS):
        for grid in rows(statement, **scope):
            _set(found[grid.number], grid)
    for name, statement in BY_KEY:
        for entry in rows(statement, **scope):
            getattr(found[entry.number], name)[entry.key] = int(entry.figure)
    return (cycle.number if cycle else None), found


def shared_hours(community_id: int, day: date) -> dict[str, int]:
    """Return the hours that people were on duty where it is no grid's: at the delivery points and at the depot."""
    (found,) = rows(SHARED, **_scope(community_id, day))
    return {"point_hours": int(found.point_hours or 0), "depot_hours": int(found.depot_hours or 0)}


def _set(figures: DayFigures, found: Row[Any]) -> None:
    for name in found._fields:
        if name != "number":
            setattr(figures, name, int(getattr(found, name) or 0))


def make_report(asker: Asker, day: date) -> int:
    """Count a day for a coordinator, keep what was counted, and return the id of the report: the newest one counts.

    Where nothing has changed since, that one is returned and nothing is kept. Raises NotAllowedError for anybody else,
    InvalidError for a day that hasn't begun.
    """
    with transaction():
        if asker.role != Role.COORDINATOR:
            raise NotAllowedError("a report is made by a coordinator, or the clock", role=asker.role)
        _lock(asker.community_id)
        if day > datetime.now(UTC).astimezone(_zone(asker.community_id)).date():
            raise InvalidError("this day hasn't begun", day=day.isoformat())
        figures, known = _counted(asker.community_id, day), row(LATEST, community=asker.community_id, day=day)
        if known is not None and known.figures == figures:
            return int(known.id)
        return _keep(asker.community_id, day, figures, made_by=asker.account_id)


def make_due_reports(now: datetime | None = None) -> list[int]:
    """Make the reports whose hour has come, once a day and community, let people be told; return their ids."""
    found = [_by_the_clock(each.id, now or datetime.now(UTC)) for each in rows("SELECT id FROM community ORDER BY id")]
    return [report for report in found if report is not None]


def _by_the_clock(community_id: int, now: datetime) -> int | None:
    if due_day(community_id, now) is None:
        return None
    with transaction():
        _lock(community_id)
        # Read again with the lock: somebody else's clock may have been first.
        day = due_day(community_id, now)
        if day is None:
            return None
        report = _keep(community_id, day, _counted(community_id, day), made_by=None)
        outbox.record(DayReported(report))
        return report


def due_day(community_id: int, now: datetime) -> date | None:
    """Return the day whose report the clock has to make now: today, once its hour has come and until it is made."""
    here = now.astimezone(_zone(community_id))
    hour = scalar("SELECT report_at FROM community WHERE id = :id", id=community_id)
    made = "SELECT id FROM daily_report WHERE community_id = :c AND day = :day AND made_by IS NULL LIMIT 1"
    if here.time() < hour or scalar(made, c=community_id, day=here.date()) is not None:
        return None
    return here.date()


def _lock(community_id: int) -> None:
    """Let two makings for one community wait for each other: the second sees what the first kept."""
    execute("SELECT pg_advisory_xact_lock(hashtext('daily_report'), CAST(:community AS int))", community=community_id)


def _counted(community_id: int, day: date) -> dict[str, Any]:
    cycle, grids = figures_of(community_id, day)
    counted = {str(number): asdict(grid) for number, grid in grids.items()}
    return {"cycle": cycle, "grids": counted, "shared": shared_hours(community_id, day)}


def _keep(community_id: int, day: date, figures: dict[str, Any], *, made_by: int | None) -> int:
    return int(scalar(KEEP, community=community_id, day=day, by=made_by, figures=json.dumps(figures)))


def report_told(report_id: int) -> tuple[int, date, dict[str, dict[str, Any]]]:
    """Return what messages are made of: community, day, and the figures by the grid's number. Raises NotFoundError."""
    found = row("SELECT community_id, day, figures FROM daily_report WHERE id = :id", id=report_id)
    if found is None:
        raise NotFoundError("there is no such report", report=report_id)
    return found.community_id, found.day, found.figures["grids"]


def _zone(community_id: int) -> ZoneInfo:
    return ZoneInfo(str(scalar("SELECT timezone FROM community WHERE id = :id", id=community_id)))


def _scope(community_id: int, day: date) -> dict[str, object]:
    """Return the values of the statements: the day from its first moment up to the next one's, by its own clock."""
    zone = _zone(community_id)
    begins = datetime.combine(day, time(), zone)
    ends = datetime.combine(day + timedelta(days=1), time(), zone)
    return {"community": community_id, "day": day, "begins": begins, "ends": ends, "grid": None}
