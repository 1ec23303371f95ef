"""Reads about staff and volunteers for those who look after them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows, scalar

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def login_of(account_id: int) -> str | None:
    """Return what an account signs in with beside a password, None when it signs in by links only."""
    login: str | None = scalar("SELECT login FROM account WHERE id = :id", id=account_id)
    return login


def staff_of(asker: Asker) -> list[Row[Any]]:
    """Return the community's staff without volunteers, by role and grid.

    Fields: id, role, display_name, login, active, grid_number (or None), has_password, link_until (of an unused link).
    """
    return rows(
        """
        SELECT a.id, a.role, a.display_name, a.login, a.active, g.number AS grid_number,
               a.password_hash IS NOT NULL AS has_password, l.until AS link_until
        FROM account AS a LEFT JOIN grid AS g ON g.id = a.grid_id
        LEFT JOIN LATERAL (SELECT max(expires_at) AS until FROM sign_in_link
                           WHERE account_id = a.id AND used_at IS NULL AND expires_at > now()) AS l ON true
        WHERE a.community_id = :community AND a.role NOT IN ('resident', 'volunteer')
        ORDER BY array_position(ARRAY['coordinator', 'depot', 'grid_lead'], a.role), g.number, a.id
        """,
        community=asker.community_id,
    )


def volunteers_of(asker: Asker) -> list[Row[Any]]:
    """Return the community's volunteers with their newest badge, by grid and number.

    Fields: id (account), display_name, active, badge (code), badge_state, valid_until, grid_number; the last four None
    for somebody without.
    """
    return rows(
        """
        SELECT a.id, a.display_name, a.active, b.code AS badge, b.state AS badge_state, b.valid_until, g.number AS grid_number
        FROM account AS a
        LEFT JOIN LATERAL (SELECT * FROM badge WHERE account_id = a.id ORDER BY state = 'live' DESC, id DESC LIMIT 1) AS b
               ON true
        LEFT JOIN grid AS g ON g.id = b.grid_id
        WHERE a.community_id = :community AND a.role = 'volunteer'
        ORDER BY g.number NULLS LAST, b.number, a.id
        """,
        community=asker.community_id,
    )


def badge_of(asker: Asker) -> Row[Any] | None:
    """Return the volunteer's live badge, or None: code, valid_until, grid_number, delivery_point (or None)."""
    return row(
        """
        SELECT b.code, b.valid_until, g.number AS grid_number, d.name AS delivery_point
        FROM badge AS b JOIN grid AS g ON g.id = b.grid_id LEFT JOIN delivery_point AS d ON d.id = g.delivery_point_id
        WHERE b.id = :badge
        """,
        badge=asker.badge_id,
    )
