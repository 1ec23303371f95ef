"""Shifts of volunteers (班次) as statements: for the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import execute, scalar
from supplyhub.errors import BusyError

if TYPE_CHECKING:
    from datetime import datetime

SHIFT_HOURS = 12


def shift_end(badge_id: int) -> datetime | None:
    """Return when the shift that runs now with a badge ends, or None when none runs."""
    found: datetime | None = scalar(
        "SELECT max(ends_at) FROM shift"
        " WHERE badge_id = :badge AND starts_at <= clock_timestamp() AND ends_at > clock_timestamp()",
        badge=badge_id,
    )
    return found


def ensure_shift(badge_id: int) -> datetime:
    """Return when the badge's running shift ends; without one, begin one now, of twelve hours or until the badge ends.

    The caller holds the badge and knows that it is live. Raises BusyError when the person's other shift ends meanwhile.
    """
    running = shift_end(badge_id)
    if running is not None:
        return running
    # Two at once: the second waits for the first, finds its shift in the way, and works in that.
    execute(
        """
        INSERT INTO shift (badge_id, grid_id, account_id, starts_at, ends_at)
        SELECT b.id, b.grid_id, b.account_id, t.now, least(t.now + make_interval(hours => :hours), b.valid_until)
        FROM badge AS b, (SELECT clock_timestamp() AS now OFFSET 0) AS t WHERE b.id = :badge AND b.valid_until > t.now
        ON CONFLICT DO NOTHING
        """,
        badge=badge_id,
        hours=SHIFT_HOURS,
    )
    begun = shift_end(badge_id)
    if begun is None:
        raise BusyError("this person's shift with another badge is just ending", retry_after_seconds=1)
    return begun


def end_shifts(badge_id: int) -> None:
    """End the shift that runs with a badge now, if one does. What is in hand may still be recorded afterwards."""
    execute(
        "UPDATE shift SET ends_at = clock_timestamp()"
        " WHERE badge_id = :badge AND starts_at < clock_timestamp() AND ends_at > clock_timestamp()",
        badge=badge_id,
    )
