"""A volunteer's shift (班次), begun and ended by the volunteer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import row, transaction
from supplyhub.errors import NotAllowedError
from supplyhub.people.shifts import end_shifts, ensure_shift

if TYPE_CHECKING:
    from datetime import datetime

    from supplyhub.people.asker import Asker


def begin_shift(asker: Asker) -> datetime:
    """Begin a shift with the asker's badge (上班), unless one runs, and return when it ends.

    Raises NotAllowedError for a badge that isn't live.
    """
    with transaction():
        badge = row(
            "SELECT id, state = 'live' AND valid_from <= clock_timestamp() AND valid_until > clock_timestamp() AS live"
            " FROM badge WHERE id = :badge FOR SHARE",
            badge=asker.badge(),
        )
        if badge is None or not badge.live:
            raise NotAllowedError("this badge isn't valid now", role=asker.role)
        return ensure_shift(badge.id)


def end_shift(asker: Asker) -> None:
    """End the asker's running shift (下班), if one runs. What is in hand may still be recorded at its doors."""
    with transaction():
        end_shifts(asker.badge())
