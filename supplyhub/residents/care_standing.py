"""The standing volunteer (一对一) of a household of the care register: appointed, ended, and whom one looks after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag

from supplyhub.db import as_dict, execute, row, rows, transaction
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.residents.care_checks import LOOKED_AFTER
from supplyhub.residents.care_reach import case_in_reach, hold_case, only_leads, today_in
from supplyhub.residents.care_writing import end_volunteers
from supplyhub.residents.register import CONTACT, PHONE
from supplyhub.residents.rules import said_door

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker


class VolunteerThereError(ConflictError):
    """Somebody looks after this household already; end that first."""

    code = "volunteer_there"


class NoLiveBadgeError(NotFoundError):
    """The household's grid has no such live badge."""


def appoint_volunteer(asker: Asker, case_id: int, badge_code: str) -> None:
    """Let the volunteer of a live badge look after a household of the badge's grid; the same again changes nothing.

    For the grid's lead and a coordinator. Raises NotFoundError, NoLiveBadgeError, CaseEndedError, VolunteerThereError.
    """
    only_leads(asker)
    with transaction():
        case = hold_case(asker, case_id)
        badge = _hold_badge(case.grid_id, badge_code)
        standing = row(
            "SELECT badge_id FROM standing_volunteer WHERE case_id = :case AND ended_at IS NULL", case=case_id
        )
        if standing is not None and standing.badge_id != badge:
            raise VolunteerThereError(case=case_id)
        if standing is None:
            execute(
                "INSERT INTO standing_volunteer (case_id, badge_id, grid_id, appointed_by) VALUES (:case, :badge, :grid, :by)",
                case=case_id,
                badge=badge,
                grid=case.grid_id,
                by=asker.account_id,
            )


def end_volunteer(asker: Asker, case_id: int) -> None:
    """End the task of who looks after a household. For the grid's lead and a coordinator.

    Raises NotFoundError, CaseEndedError.
    """
    only_leads(asker)
    with transaction():
        hold_case(asker, case_id)
        end_volunteers([case_id])


def volunteers_for(asker: Asker, case_id: int) -> list[Row[Any]]:
    """Return who could look after a household: the live badges of its grid, those with the fewest such tasks first.

    For the grid's lead and a coordinator. Fields: code, name, looks_after (how many).
    """
    only_leads(asker)
    case = case_in_reach(asker, case_id)
    return rows(
        """
        SELECT b.code, a.display_name AS name,
               (SELECT count(*) FROM standing_volunteer AS v WHERE v.badge_id = b.id AND v.ended_at IS NULL) AS looks_after
        FROM badge AS b JOIN account AS a ON a.id = b.account_id
        WHERE b.grid_id = :grid AND b.state = 'live' AND b.valid_until > clock_timestamp()
        ORDER BY looks_after, b.number
        """,
        grid=case.grid_id,
    )


def people_of(asker: Asker, *, vault: Vault) -> list[dict[str, Any]]:
    """Return the households that a volunteer looks after with the live badge: calls that are due first, then urgent ones.

    Fields: case_id, household_id, said (the door), unit, unit_number, door, building_number, building_name, needs, check_id,
    due_on (None without a planned call), is_due, last_done_at, last_outcome; name and phone where the household agreed to
    that, else "". Never a category, never a note. Raises NotAllowedError for somebody without a live badge.
    """
    found = rows(
        f"""
        SELECT c.id AS case_id, h.id AS household_id, h.unit, h.unit_number, h.door, b.number AS building_number,
               b.name AS building_name, k.id AS check_id, k.due_on, coalesce(k.due_on <= CAST(:today AS date), false) AS is_due,
               l.done_at AS last_done_at, l.outcome AS last_outcome, h.contact_name_sealed, h.phone_sealed,
               EXISTS (SELECT FROM care_consent AS s WHERE s.case_id = c.id AND s.purpose = 'standing_volunteer'
                       AND s.withdrawn_on IS NULL) AS agreed,
               coalesce((SELECT array_agg(n.need ORDER BY n.need) FROM household_need AS n WHERE n.household_id = h.id), '{{}}')
                 AS needs
        FROM care_case AS c JOIN household AS h ON h.id = c.household_id AND h.active
        JOIN building AS b ON b.id = h.building_id
        LEFT JOIN care_check AS k ON k.case_id = c.id AND k.done_at IS NULL
        LEFT JOIN LATERAL (SELECT done_at, outcome FROM care_check WHERE case_id = c.id AND done_at IS NOT NULL
                           ORDER BY done_at DESC LIMIT 1) AS l ON true
        WHERE c.ended_at IS NULL AND {LOOKED_AFTER}
        ORDER BY is_due DESC, c.priority, k.due_on, b.route_position, b.number, b.name, h.unit_number, h.floor, h.door
        """,
        badge=asker.badge(),
        today=today_in(asker.community_id),
    )
    return [_person(home, vault) for home in found]


def _person(home: Row[Any], vault: Vault) -> dict[str, Any]:
    said = as_dict(home) | {"said": said_door(home.building_number, home.building_name, home.unit_number, home.door)}
    sealed = {"name": (said.pop("contact_name_sealed"), CONTACT), "phone": (said.pop("phone_sealed"), PHONE)}
    if not home.agreed:
        return said | dict.fromkeys(sealed, "")
    return said | {field: _opened(vault, text, *place, home.household_id) for field, (text, place) in sealed.items()}


def _opened(vault: Vault, sealed: bytes | None, *place: object) -> str:
    if sealed is None:
        return ""
    try:
        return vault.open(sealed, *place)
    except InvalidTag:
        # Altered or moved: no contact rather than another's.
        return ""


def _hold_badge(grid_id: int | None, code: str) -> int:
    """Lock a live badge of a grid, so that it isn't revoked meanwhile. Raises NoLiveBadgeError."""
    found = row(
        "SELECT id FROM badge WHERE grid_id = :grid AND code = :code AND state = 'live'"
        " AND valid_until > clock_timestamp() FOR SHARE",
        grid=grid_id,
        code=code.strip(),
    )
    if found is None:
        raise NoLiveBadgeError(badge=code)
    return int(found.id)
