"""The day's report (日报) is read: today beside other days, all grids or one; a lead has the own grid alone."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from supplyhub.db import row, rows, scalar
from supplyhub.errors import NotAllowedError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.reports.daily_sql import BETWEEN, DAYS
from supplyhub.reports.day_figures import DayFigures, in_all

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

KNOWN = {each.name for each in fields(DayFigures)}


@dataclass(frozen=True, slots=True)
class DayReport:
    """A report as it was made. cycle: the number of the day's, None before the first; made_by: None when the clock did.

    `all` is the sum over `grids`, which has one only where one was asked for.
    """

    id: int
    day: date
    made_at: datetime
    made_by: str | None
    cycle: int | None
    all: DayFigures
    grids: dict[int, DayFigures]


def report_for(asker: Asker, day: date, grid: int | None = None) -> DayReport | None:
    """Return the newest report of a day, None when none was made. Raises as `reports_between`."""
    return reports_between(asker, day, day, grid).get(day)


def reports_between(asker: Asker, first: date, last: date, grid: int | None = None) -> dict[date, DayReport]:
    """Return the newest report of every day that has one, from the first to the last; of one grid when its number is given.

    Raises NotAllowedError for anybody but coordinators and leads, NotFoundError for a grid that isn't there or another lead's.
    """
    own = own_grid(asker, grid)
    found = rows(BETWEEN, community=asker.community_id, first=first, last=last)
    return {report.day: _read(report, own) for report in found}


def own_grid(asker: Asker, grid: int | None = None) -> int | None:
    """Return the number of the grid that somebody reads about, None for all of them. Raises as `reports_between`."""
    if asker.role not in {Role.COORDINATOR, Role.GRID_LEAD}:
        raise NotAllowedError("the day's report is for coordinators and grid leads", role=asker.role)
    if asker.role == Role.GRID_LEAD:
        own = int(scalar("SELECT number FROM grid WHERE id = :id", id=asker.grid()))
        if grid not in {None, own}:
            raise NotFoundError("there is no such grid", grid=grid)
        return own
    known = "SELECT 1 FROM grid WHERE community_id = :community AND number = :number"
    if grid is not None and scalar(known, community=asker.community_id, number=grid) is None:
        raise NotFoundError("there is no such grid", grid=grid)
    return grid


def days_reported(asker: Asker, *, page: int, page_size: int) -> tuple[list[Row[Any]], int]:
    """Return a page of the days that have a report, the newest first, and how many there are.

    Each with day, made_at, made_by. Raises NotAllowedError as `reports_between`.
    """
    own_grid(asker)
    found = rows(DAYS, community=asker.community_id, many=page_size, skip=page_size * (page - 1))
    return found, found[0].days if found else 0


def today_of(asker: Asker) -> date:
    """Return the day that it is in the asker's community."""
    found = row("SELECT timezone FROM community WHERE id = :id", id=asker.community_id)
    zone = found.timezone if found else "UTC"
    return datetime.now(UTC).astimezone(ZoneInfo(zone)).date()


def _read(report: Row[Any], grid: int | None) -> DayReport:
    kept = report.figures
    grids = {int(number): _figures(each) for number, each in kept["grids"].items() if grid in {None, int(number)}}
    whole = in_all(grids.values())
    if grid is None:
        whole.add(_figures(kept.get("shared", {})))
    return DayReport(report.id, report.day, report.made_at, report.made_by, kept["cycle"], whole, grids)


def _figures(kept: dict[str, Any]) -> DayFigures:
    # A report that was kept by another version may know more, or less.
    return DayFigures(**{name: figure for name, figure in kept.items() if name in KNOWN})
