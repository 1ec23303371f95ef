"""Reads about volunteers: who there is, their badges, trainings and shifts. Nothing here says where somebody lives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows
from supplyhub.errors import NotFoundError
from supplyhub.people.staff import only_coordinator
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# A live badge past its last day is said to be expired; nothing has to run for that.
STANDING = (
    "CASE WHEN b.state = 'live' AND b.valid_until <= clock_timestamp() THEN 'expired' ELSE b.state END AS standing"
)
SHIFTS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class VolunteerView:
    """A volunteer with everything that is recorded: newest first. `badge` is the one that isn't revoked, or None."""

    id: int
    name: str
    badge: Row[Any] | None
    badges: Sequence[Row[Any]]
    trainings: Sequence[Row[Any]]
    shifts: Sequence[Row[Any]]


def volunteers_of(asker: Asker) -> list[Row[Any]]:
    """Return the community's volunteers with the badge they have, else the newest, by grid and number.

    Fields: id (account), display_name, active, badge (code), standing, valid_until, printed, photo, grid_number (these None
    for somebody without a badge), trained, on_shift.
    """
    return rows(
        f"""
        SELECT a.id, a.display_name, a.active, b.code AS badge, b.valid_until, g.number AS grid_number,
               CASE WHEN b.id IS NOT NULL THEN {STANDING.removesuffix(" AS standing")} END AS standing,
               b.secret_hash IS NOT NULL AS printed, b.photo_id IS NOT NULL AS photo,
               EXISTS (SELECT FROM training AS t WHERE t.account_id = a.id) AS trained,
               EXISTS (SELECT FROM shift AS s WHERE s.badge_id = b.id AND clock_timestamp() >= s.starts_at
                       AND clock_timestamp() < s.ends_at) AS on_shift
        FROM account AS a
        LEFT JOIN LATERAL (SELECT * FROM badge WHERE account_id = a.id ORDER BY state <> 'revoked' DESC, id DESC LIMIT 1)
               AS b ON true
        LEFT JOIN grid AS g ON g.id = b.grid_id
        WHERE a.community_id = :community AND a.role = 'volunteer'
        ORDER BY g.number NULLS FIRST, b.number, a.id
        """,
        community=asker.community_id,
    )


def volunteer_for(asker: Asker, account_id: int) -> VolunteerView:
    """Return one volunteer. For a coordinator. Raises NotFoundError.

    Badges: code, grid_number, standing, valid_from, valid_until, revoked_at, replaces (code, or None), printed, photo,
    has_pin. Trainings: topic, trained_on, recorded_by (a name). Shifts: badge, starts_at, ends_at, running.
    """
    only_coordinator(asker)
    person = row(
        "SELECT id, display_name FROM account WHERE id = :id AND community_id = :community AND role = 'volunteer'",
        id=account_id,
        community=asker.community_id,
    )
    if person is None:
        raise NotFoundError("there is no such volunteer", account=account_id)
    badges = _badges(account_id)
    return VolunteerView(
        person.id,
        person.display_name,
        next((badge for badge in badges if badge.standing != "revoked"), None),
        badges,
        rows(
            "SELECT t.topic, t.trained_on, a.display_name AS recorded_by FROM training AS t"
            " JOIN account AS a ON a.id = t.recorded_by WHERE t.account_id = :id ORDER BY t.trained_on DESC, t.id DESC",
            id=account_id,
        ),
        rows(
            "SELECT b.code AS badge, s.starts_at, s.ends_at, s.ends_at > clock_timestamp() AS running FROM shift AS s"
            " JOIN badge AS b ON b.id = s.badge_id WHERE s.account_id = :id ORDER BY s.starts_at DESC LIMIT :limit",
            id=account_id,
            limit=SHIFTS_SHOWN,
        ),
    )


def photo_of_badge(asker: Asker, code: str) -> Row[Any]:
    """Return the photo on a badge: media_type, content.

    For those who look at badges: coordinators, the depot, the lead of its grid, and who wears it. Raises NotFoundError.
    """
    found = row(
        """
        SELECT p.media_type, p.content, b.grid_id, b.account_id
        FROM badge AS b JOIN grid AS g ON g.id = b.grid_id JOIN photo AS p ON p.id = b.photo_id
        WHERE g.community_id = :community AND b.code = :code
        """,
        community=asker.community_id,
        code=code,
    )
    own = found is not None and found.account_id == asker.account_id
    looks = asker.role in {Role.COORDINATOR, Role.DEPOT, Role.GRID_LEAD}
    if found is None or not (own or (looks and asker.sees_grid(found.grid_id))):
        raise NotFoundError("there is no such photo", badge=code)
    return found


def _badges(account_id: int) -> list[Row[Any]]:
    return rows(
        f"""
        SELECT b.code, g.number AS grid_number, {STANDING}, b.valid_from, b.valid_until, b.revoked_at, o.code AS replaces,
               b.secret_hash IS NOT NULL AS printed, b.photo_id IS NOT NULL AS photo, b.pin_hash IS NOT NULL AS has_pin
        FROM badge AS b JOIN grid AS g ON g.id = b.grid_id LEFT JOIN badge AS o ON o.id = b.replaces_id
        WHERE b.account_id = :account ORDER BY b.id DESC
        """,
        account=account_id,
    )
