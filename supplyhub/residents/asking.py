"""From an account or a token to the asker: one statement each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.crypto import token_hash
from supplyhub.db import row
from supplyhub.people.asker import Asker
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

ASKER = """
    SELECT a.id, a.community_id, a.role, a.display_name, a.session_version, coalesce(a.grid_id, b.grid_id) AS grid_id,
           h.id AS household_id, b.id AS badge_id, a.delivery_point_id
    FROM account AS a
    LEFT JOIN household AS h ON h.account_id = a.id AND a.role = 'resident'
    LEFT JOIN badge AS b ON b.account_id = a.id AND b.state = 'live' AND a.role = 'volunteer'
                        AND now() >= b.valid_from AND now() < b.valid_until
"""
OF_BEARER = """
    JOIN api_token AS t ON t.account_id = a.id
    WHERE t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now()) AND a.active
"""


def asker_of(account_id: int) -> Asker | None:
    """Return the asker behind an active account, or None."""
    return _asker(row(f"{ASKER} WHERE a.id = :id AND a.active", id=account_id))


def asker_in_session(
    account_id: int, device_id: int | None, *, badge_id: int | None = None, since: float | None = None
) -> Asker | None:
    """Return the asker of a session, or None.

    That of a household only while the session's device is live; that of a badge only until the first shift with it ends
    after the sign-in (`since`, in seconds), or the badge is revoked.
    """
    return _asker(
        row(
            f"""{ASKER} WHERE a.id = :id AND a.active AND (a.role <> 'resident' OR EXISTS (
                SELECT FROM household_device AS d
                WHERE d.id = :device AND d.household_id = h.id AND d.revoked_at IS NULL AND d.expires_at > clock_timestamp()))
            AND (CAST(:badge AS bigint) IS NULL OR EXISTS (
                SELECT FROM badge AS k WHERE k.id = :badge AND k.account_id = a.id AND k.state <> 'revoked'
                AND NOT EXISTS (SELECT FROM shift AS s WHERE s.badge_id = k.id AND s.ends_at > to_timestamp(:since)
                                AND s.ends_at <= clock_timestamp())))""",
            id=account_id,
            device=device_id,
            badge=badge_id,
            since=since,
        )
    )


def asker_by_token(token: str) -> Asker | None:
    """Return the asker behind a live API token, or None."""
    return _asker(
        row(
            f"{ASKER} {OF_BEARER} AND t.token_hash = :hash",
            hash=token_hash(token),
        )
    )


def _asker(found: Row[Any] | None) -> Asker | None:
    if found is None:
        return None
    return Asker(
        account_id=found.id,
        community_id=found.community_id,
        role=Role(found.role),
        display_name=found.display_name,
        session_version=found.session_version,
        grid_id=found.grid_id,
        household_id=found.household_id,
        badge_id=found.badge_id,
        delivery_point_id=found.delivery_point_id,
    )
