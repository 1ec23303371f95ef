"""Hours of a delivery point: how they are read, which days are alike, and how the point stands at a moment."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from supplyhub.errors import InvalidError
from supplyhub.places.hours import Opening, Stand, alike, read_hours, stand_of

MORNING, AFTERNOON = (time(9), time(12)), (time(14), time(19))
WEEK = [Opening(day, *span) for day in range(1, 6) for span in (MORNING, AFTERNOON)] + [Opening(6, *MORNING)]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", []),
        ("9-12", [MORNING]),
        ("9:00-12:00 14:00–19:00", [MORNING, AFTERNOON]),
        ("14:00~19:00，９：００－１２：００", [MORNING, AFTERNOON]),
        ("9点到12点、14点至19点", [MORNING, AFTERNOON]),
        ("8:30-24:00", [(time(8, 30), time(23, 59))]),
    ],
)
def test_hours_are_read_as_people_write_them(typed, read):
    assert [(each.opens, each.closes) for each in read_hours(typed, 3)] == read


@pytest.mark.parametrize("typed", ["早上", "12-9", "9-25", "9:61-12", "9-12 11-14", "1-2 3-4 5-6 7-8", "9-12 x"])
def test_what_is_no_time_or_runs_into_itself_is_refused(typed):
    with pytest.raises(InvalidError):
        read_hours(typed, 3)


# 2026-11-23 is a Monday.
@pytest.mark.parametrize(
    ("at", "stands"),
    [
        ("2026-11-23 08:59", Stand(next_in_days=0, next_at=time(9))),
        ("2026-11-23 09:00", Stand(open_until=time(12))),
        ("2026-11-23 12:00", Stand(next_in_days=0, next_at=time(14))),
        ("2026-11-23 19:30", Stand(next_in_days=1, next_at=time(9))),
        ("2026-11-28 13:00", Stand(next_in_days=2, next_at=time(9))),
    ],
)
def test_a_point_is_open_or_says_when_it_opens_next(at, stands):
    assert stand_of(WEEK, datetime.fromisoformat(at)) == stands


def test_a_point_that_opens_once_a_week_opens_again_in_seven_days():
    once = [Opening(1, *MORNING)]
    assert stand_of(once, datetime.fromisoformat("2026-11-23 15:00")) == Stand(next_in_days=7, next_at=time(9))
    assert stand_of([], datetime.fromisoformat("2026-11-23 15:00")) == Stand()


def test_days_with_the_same_hours_stand_together():
    assert [days for days, _spans in alike(WEEK)] == [[1, 2, 3, 4, 5], [6]]
    assert alike([]) == []
