"""Badges of volunteers (单人单证) as statements: for the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.db import execute, row, scalar
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.moves import move
from supplyhub.people.states import BADGE_MOVES, BadgeState, Role

if TYPE_CHECKING:
    from datetime import datetime

BADGE_DAYS = 180


@dataclass(frozen=True, slots=True)
class IssuedBadge:
    """A badge just issued. `code` is what people say."""

    id: int
    code: str
    grid: int
    number: int
    valid_until: datetime


def badge_code(grid: int, number: int) -> str:
    """Return what people say of a badge: 3-017."""
    return f"{grid}-{number:03d}"


def lock_grid(grid_id: int) -> int:
    """Lock a grid for numbering and return its number. Raises NotFoundError."""
    found = scalar("SELECT number FROM grid WHERE id = :grid FOR NO KEY UPDATE", grid=grid_id)
    if found is None:
        raise NotFoundError("there is no such grid", grid=grid_id)
    return int(found)


def add_badge(account_id: int, grid_id: int, *, days: int = BADGE_DAYS) -> IssuedBadge:
    """Write a volunteer's badge with the grid's next number. Badges are never deleted, so no number comes twice.

    A badge that ran out is revoked on the way. Raises ConflictError when the person has a valid one.
    """
    _lock_volunteer(account_id)
    grid = lock_grid(grid_id)
    _end_expired(account_id)
    number = int(scalar("SELECT coalesce(max(number), 0) + 1 FROM badge WHERE grid_id = :grid", grid=grid_id))
    code = badge_code(grid, number)
    found = row(
        """
        INSERT INTO badge (account_id, grid_id, number, code, valid_until)
        VALUES (:account, :grid, :number, :code, now() + make_interval(days => :days))
        RETURNING id, valid_until
        """,
        account=account_id,
        grid=grid_id,
        number=number,
        code=code,
        days=days,
    )
    if found is None:
        raise NotFoundError("the badge wasn't written", account=account_id)
    return IssuedBadge(int(found.id), code, grid, number, found.valid_until)


def end_badge(badge_id: int, state: BadgeState) -> None:
    """Revoke a locked badge. Raises ConflictError when it is revoked already."""
    # By the clock, after the lock: a handover that held the badge first has a time before this one.
    execute(
        "UPDATE badge SET state = :state, revoked_at = clock_timestamp() WHERE id = :id",
        id=badge_id,
        state=move(BADGE_MOVES, state, "revoke"),
    )


def _lock_volunteer(account_id: int) -> None:
    role = scalar("SELECT role FROM account WHERE id = :id AND active FOR NO KEY UPDATE", id=account_id)
    if role is None:
        raise NotFoundError("there is no such account", account=account_id)
    if role != Role.VOLUNTEER:
        raise ConflictError("only volunteers wear a badge", account=account_id, role=role)


def _end_expired(account_id: int) -> None:
    live = row(
        "SELECT id, code, state, valid_until <= clock_timestamp() AS expired FROM badge"
        " WHERE account_id = :account AND state = 'live' FOR NO KEY UPDATE",
        account=account_id,
    )
    if live is None:
        return
    if not live.expired:
        raise ConflictError("this person has a live badge already", badge=live.code)
    end_badge(live.id, BadgeState(live.state))
