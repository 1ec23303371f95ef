"""When delivery points are open (开放时间), by the day of the week in the community's zone."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import time
from itertools import groupby, pairwise
from operator import attrgetter
from typing import TYPE_CHECKING

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.errors import InvalidError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

WEEK_DAYS = range(1, 8)
# Open in the morning, closed at noon, open again, and once more in the evening.
MOST_A_DAY = 3
SPAN = re.compile(r"([0-9]{1,2})(?:[:.点]([0-9]{2})?)?分?\s*(?:-|–|—|~|至|到)\s*([0-9]{1,2})(?:[:.点]([0-9]{2})?)?分?")
ENDS = ((1, 2), (3, 4))


@dataclass(frozen=True, slots=True, order=True)
class Opening:
    """A point is open on a day of the week (1 is Monday) from one time to another."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Point:
    """A delivery point with its hours through the week; none where nobody said any."""

    id: int
    name: str
    openings: list[Opening]

    def on(self, weekday: int) -> list[Opening]:
        """Return the hours of a day."""
        return [opening for opening in self.openings if opening.weekday == weekday]


def points_with_hours(community_id: int, *, only: int | None = None) -> list[Point]:
    """Return the delivery points of a community, or one of them, with their hours; in the order of their names."""
    found = rows(
        """
        SELECT d.id, d.name, h.weekday, h.opens, h.closes FROM delivery_point AS d
        LEFT JOIN point_hours AS h ON h.delivery_point_id = d.id
        WHERE d.community_id = :community AND (CAST(:only AS bigint) IS NULL OR d.id = :only)
        ORDER BY d.name, d.id, h.weekday, h.opens
        """,
        community=community_id,
        only=only,
    )
    return [
        Point(*key, [Opening(each.weekday, each.opens, each.closes) for each in group if each.weekday is not None])
        for key, group in groupby(found, key=attrgetter("id", "name"))
    ]


def point_with_hours(point_id: int) -> Point | None:
    """Return a delivery point with its hours, or None."""
    community = scalar("SELECT community_id FROM delivery_point WHERE id = :point", point=point_id)
    return next(iter(points_with_hours(community, only=point_id)), None) if community else None


def set_hours(community_id: int, point_id: int, openings: Sequence[Opening]) -> None:
    """Let a delivery point have these hours and no others. Raises InvalidError (`weekday`), NotFoundError."""
    check_openings(openings)
    with transaction():
        found = scalar(
            "SELECT id FROM delivery_point WHERE id = :point AND community_id = :community FOR NO KEY UPDATE",
            point=point_id,
            community=community_id,
        )
        if found is None:
            raise NotFoundError("there is no such delivery point", delivery_point=point_id)
        execute("DELETE FROM point_hours WHERE delivery_point_id = :point", point=point_id)
        execute(
            """
            INSERT INTO point_hours (delivery_point_id, weekday, opens, closes)
            SELECT :point, * FROM unnest(CAST(:weekdays AS bigint[]), CAST(:opens AS time[]), CAST(:closes AS time[]))
            """,
            point=point_id,
            weekdays=[opening.weekday for opening in openings],
            opens=[opening.opens for opening in openings],
            closes=[opening.closes for opening in openings],
        )


def check_openings(openings: Sequence[Opening]) -> None:
    """Raise InvalidError (`weekday`) for hours that end before they begin, run into each other or are too many a day."""
    for weekday, group in groupby(sorted(openings), key=attrgetter("weekday")):
        day = list(group)
        backwards = any(opening.closes <= opening.opens for opening in day)
        overlap = any(later.opens < earlier.closes for earlier, later in pairwise(day))
        if weekday not in WEEK_DAYS or backwards or overlap or len(day) > MOST_A_DAY:
            raise InvalidError("these hours can't be", weekday=weekday)


@dataclass(frozen=True, slots=True)
class Stand:
    """How a point stands at a moment: open until a time; or closed, and open again so many days later at a time.

    All None where nobody said any hours.
    """

    open_until: time | None = None
    next_in_days: int | None = None
    next_at: time | None = None


def stand_of(openings: Sequence[Opening], now: datetime) -> Stand:
    """Return how a point with these hours stands at a moment in the community's zone."""
    for days in range(8):
        weekday = (now.isoweekday() - 1 + days) % 7 + 1
        for opening in sorted(each for each in openings if each.weekday == weekday):
            if days == 0 and opening.opens <= now.time() < opening.closes:
                return Stand(open_until=opening.closes)
            if days > 0 or opening.opens > now.time():
                return Stand(next_in_days=days, next_at=opening.opens)
    return Stand()


def alike(openings: Sequence[Opening]) -> list[tuple[list[int], list[Opening]]]:
    """Return the days of the week that have the same hours together, in the order of their first; closed days are left out."""
    days = {
        weekday: [opening for opening in sorted(openings) if opening.weekday == weekday]
        for weekday in sorted({opening.weekday for opening in openings})
    }
    together: dict[tuple[tuple[time, time], ...], list[int]] = {}
    for weekday, day in days.items():
        together.setdefault(tuple((each.opens, each.closes) for each in day), []).append(weekday)
    return [(weekdays, days[weekdays[0]]) for weekdays in together.values()]


def read_hours(text: str, weekday: int) -> list[Opening]:
    """Return the hours of a day as somebody typed them: 9-12 14:00-19:00; none for an empty text.

    Raises InvalidError (`weekday`) for what is no hours, or more than a span.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    spans = list(SPAN.finditer(plain))
    if SPAN.sub("", plain).strip(" ,;、和及") or any(
        not _is_time(*each.group(*ends)) for each in spans for ends in ENDS
    ):
        raise InvalidError("this is no time of the day", weekday=weekday)
    openings = [Opening(weekday, _time(*each.group(*ENDS[0])), _time(*each.group(*ENDS[1]))) for each in spans]
    check_openings(openings)
    return sorted(openings)


def _is_time(hour: str, minute: str | None) -> bool:
    return (int(hour) < 24 and int(minute or 0) < 60) or (int(hour), int(minute or 0)) == (24, 0)


def _time(hour: str, minute: str | None) -> time:
    # A day's last moment: there is no 24:00.
    return time(23, 59) if int(hour) == 24 else time(int(hour), int(minute or 0))
