"""Shifts of volunteers: twelve hours at most, one at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from supplyhub.db import db, execute, row, scalar, transaction
from supplyhub.people.shifts import end_shifts, ensure_shift, shift_end
from tests.factories import a_badge, a_community, a_grid

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def badge(database) -> int:
    """Return a live badge."""
    return a_badge(a_grid(a_community(), 3)).id


def begin(badge: int) -> datetime:
    with transaction():
        return ensure_shift(badge)


def end(badge: int) -> None:
    with transaction():
        end_shifts(badge)


def test_a_shift_begins_now_and_lasts_twelve_hours(badge):
    assert shift_end(badge) is None
    until = begin(badge)
    assert timedelta(hours=11, minutes=59) < until - datetime.now(UTC) <= timedelta(hours=12)
    assert shift_end(badge) == until


def test_a_running_shift_is_kept_not_begun_again(badge):
    assert begin(badge) == begin(badge)
    assert scalar("SELECT count(*) FROM shift") == 1


def test_a_shift_that_was_ended_makes_room_for_the_next(badge):
    begin(badge)
    end(badge)
    assert shift_end(badge) is None
    begin(badge)
    assert scalar("SELECT count(*) FROM shift") == 2


def test_a_shift_ends_with_its_badge(badge):
    execute("UPDATE badge SET valid_until = now() + interval '3 hours'")
    db.session.commit()
    assert begin(badge) == scalar("SELECT valid_until FROM badge")


def test_shifts_of_one_person_never_overlap_whatever_the_badge(badge):
    begin(badge)
    known = row("SELECT id, grid_id, account_id FROM badge WHERE id = :badge", badge=badge)
    with pytest.raises(IntegrityError, match="ex_shift_overlap"), transaction():
        execute(
            "INSERT INTO shift (badge_id, grid_id, account_id, ends_at) VALUES (:id, :grid_id, :account_id,"
            " now() + interval '1 hour')",
            **known._mapping,
        )


def test_no_shift_is_longer_than_twelve_hours(badge):
    begin(badge)
    with pytest.raises(IntegrityError, match="twelve_hours"), transaction():
        execute("UPDATE shift SET ends_at = ends_at + interval '1 second'")
