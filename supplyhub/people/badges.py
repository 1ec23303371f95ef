"""Badges of volunteers (单人单证) as statements: for the caller's transaction.

Who writes a badge locks the person first, then the grid, then the badge. A badge of another grid is another badge: there is
no way to change the grid of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, row, scalar
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.moves import move
from supplyhub.people.shifts import end_shifts
from supplyhub.people.states import BADGE_MOVES, BadgeState, Role
from supplyhub.people.training import require_training

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

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


def lock_volunteer(account_id: int) -> None:
    """Lock a volunteer's account. Raises NotFoundError, ConflictError for somebody of another role."""
    role = scalar("SELECT role FROM account WHERE id = :id AND active FOR NO KEY UPDATE", id=account_id)
    if role is None:
        raise NotFoundError("there is no such account", account=account_id)
    if role != Role.VOLUNTEER:
        raise ConflictError("only volunteers wear a badge", account=account_id, role=role)


def hold_badge(asker: Asker, code: str) -> Row[Any]:
    """Lock a badge of the asker's community and return it. Raises NotFoundError.

    Fields: id, code, account_id, grid_id, state, valid_until, expired. Handovers under way with it end first.
    """
    return _found(asker, code, "FOR NO KEY UPDATE OF b")


def add_badge(account_id: int, grid_id: int, *, days: int = BADGE_DAYS) -> IssuedBadge:
    """Write a trained volunteer's badge with the grid's next number. Badges are never deleted, so no number comes twice.

    A badge that ran out is revoked on the way. Raises ConflictError when the person has another that isn't revoked, or was
    never trained.
    """
    lock_volunteer(account_id)
    require_training(account_id)
    grid = lock_grid(grid_id)
    _end_expired(account_id)
    valid_until = scalar("SELECT now() + make_interval(days => :days)", days=days)
    return _write(account_id, grid_id, grid, valid_until)


def follow_badge(asker: Asker, code: str, *, grid_id: int | None = None) -> IssuedBadge:
    """Revoke a live badge and write its successor, of the same grid or another, with the same end, photo and person.

    Raises NotFoundError, ConflictError for a badge that isn't live or ran out, and when the grid is its own.
    """
    known = _found(asker, code)
    lock_volunteer(known.account_id)
    wanted = known.grid_id if grid_id is None else grid_id
    grid = lock_grid(wanted)
    badge = hold_badge(asker, code)
    if badge.expired:
        raise ConflictError("this badge ran out; issue a new one", badge=badge.code)
    if wanted == grid_id == badge.grid_id:
        raise ConflictError("this badge is of that grid already", badge=badge.code)
    _revoke(badge.id, move(BADGE_MOVES, BadgeState(badge.state), "replace"))
    return _write(badge.account_id, wanted, grid, badge.valid_until, replaces=badge.id)


def turn_badge(badge: Row[Any], action: str) -> None:
    """Suspend or resume a held badge. Raises ConflictError when that is not possible from its state."""
    state = move(BADGE_MOVES, BadgeState(badge.state), action)
    execute(
        "UPDATE badge SET state = :state, suspended_at = CASE WHEN :state = 'suspended' THEN clock_timestamp() END"
        " WHERE id = :id",
        id=badge.id,
        state=state,
    )
    if state == BadgeState.SUSPENDED:
        end_shifts(badge.id)


def end_badge(badge_id: int, state: BadgeState) -> None:
    """Revoke a locked badge and end its shift. Raises ConflictError when it is revoked already."""
    _revoke(badge_id, move(BADGE_MOVES, state, "revoke"))


def _revoke(badge_id: int, state: BadgeState) -> None:
    # By the clock, after the lock: a handover that held the badge first has a time before this one.
    execute(
        "UPDATE badge SET state = :state, revoked_at = clock_timestamp(), suspended_at = NULL WHERE id = :id",
        id=badge_id,
        state=state,
    )
    end_shifts(badge_id)


def _write(
    account_id: int, grid_id: int, grid: int, valid_until: datetime, *, replaces: int | None = None
) -> IssuedBadge:
    """Write a badge of a locked person and a locked grid. It has the photo that the person's last one had."""
    number = int(scalar("SELECT coalesce(max(number), 0) + 1 FROM badge WHERE grid_id = :grid", grid=grid_id))
    code = badge_code(grid, number)
    found = scalar(
        """
        INSERT INTO badge (account_id, grid_id, number, code, valid_until, replaces_id, photo_id)
        VALUES (:account, :grid, :number, :code, :until, :replaces,
                (SELECT photo_id FROM badge WHERE account_id = :account ORDER BY id DESC LIMIT 1))
        RETURNING id
        """,
        account=account_id,
        grid=grid_id,
        number=number,
        code=code,
        until=valid_until,
        replaces=replaces,
    )
    return IssuedBadge(int(found), code, grid, number, valid_until)


def _found(asker: Asker, code: str, lock: str = "") -> Row[Any]:
    badge = row(
        f"""
        SELECT b.id, b.code, b.account_id, b.grid_id, b.state, b.valid_until, b.valid_until <= clock_timestamp() AS expired
        FROM badge AS b JOIN grid AS g ON g.id = b.grid_id
        WHERE g.community_id = :community AND b.code = :code {lock}
        """,
        community=asker.community_id,
        code=code.strip(),
    )
    if badge is None:
        raise NotFoundError("there is no such badge", badge=code)
    return badge


def _end_expired(account_id: int) -> None:
    standing = row(
        "SELECT id, code, state, valid_until <= clock_timestamp() AS expired FROM badge"
        " WHERE account_id = :account AND state <> 'revoked' FOR NO KEY UPDATE",
        account=account_id,
    )
    if standing is None:
        return
    if not standing.expired or standing.state != BadgeState.LIVE:
        raise ConflictError("this person has a badge already", badge=standing.code, state=standing.state)
    end_badge(standing.id, BadgeState(standing.state))
