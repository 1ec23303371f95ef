"""Reads about staff and volunteers for those who look after them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows, scalar
from supplyhub.errors import NotAllowedError, NotFoundError
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def only_coordinator(asker: Asker) -> None:
    """Raise NotAllowedError for anybody but a coordinator."""
    if asker.role != Role.COORDINATOR:
        raise NotAllowedError("only a coordinator does this", role=asker.role)


def own_account(asker: Asker, account_id: int) -> None:
    """Raise NotFoundError for an account of another community."""
    found = scalar(
        "SELECT id FROM account WHERE id = :id AND community_id = :community",
        id=account_id,
        community=asker.community_id,
    )
    if found is None:
        raise NotFoundError("there is no such account", account=account_id)


def login_of(account_id: int) -> str | None:
    """Return what an account signs in with beside a password, None when it signs in by links only."""
    login: str | None = scalar("SELECT login FROM account WHERE id = :id", id=account_id)
    return login


def staff_of(asker: Asker) -> list[Row[Any]]:
    """Return the community's staff without volunteers, by role and grid.

    Fields: id, role, display_name, login, active, grid_number (or None), delivery_point (its name, or None), has_password,
    link_until (of an unused link).
    """
    return rows(
        """
        SELECT a.id, a.role, a.display_name, a.login, a.active, g.number AS grid_number,
               d.name AS delivery_point, a.password_hash IS NOT NULL AS has_password, l.until AS link_until
        FROM account AS a LEFT JOIN grid AS g ON g.id = a.grid_id
        LEFT JOIN delivery_point AS d ON d.id = a.delivery_point_id
        LEFT JOIN LATERAL (SELECT max(expires_at) AS until FROM sign_in_link
                           WHERE account_id = a.id AND used_at IS NULL AND expires_at > now()) AS l ON true
        WHERE a.community_id = :community AND a.role NOT IN ('resident', 'volunteer')
        ORDER BY array_position(ARRAY['coordinator', 'depot', 'grid_lead'], a.role), g.number, a.id
        """,
        community=asker.community_id,
    )


def badge_of(asker: Asker) -> Row[Any] | None:
    """Return the volunteer's live badge, or None.

    Fields: code, valid_until, grid_number, delivery_point (or None), photo (whether it has one), has_pin, shift_ends (of the
    running shift, or None).
    """
    return row(
        """
        SELECT b.code, b.valid_until, g.number AS grid_number, d.name AS delivery_point, b.photo_id IS NOT NULL AS photo,
               b.pin_hash IS NOT NULL AS has_pin, s.ends_at AS shift_ends
        FROM badge AS b JOIN grid AS g ON g.id = b.grid_id LEFT JOIN delivery_point AS d ON d.id = g.delivery_point_id
        LEFT JOIN shift AS s ON s.badge_id = b.id AND s.starts_at <= clock_timestamp() AND s.ends_at > clock_timestamp()
        WHERE b.id = :badge
        """,
        badge=asker.badge_id,
    )
