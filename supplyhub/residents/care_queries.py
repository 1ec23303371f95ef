"""Reads of the care register that open nothing: which doors are in it, how they stand, what is agreed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import as_dict, row, rows, scalar
from supplyhub.errors import NotFoundError
from supplyhub.people.states import Role
from supplyhub.residents.care_reach import REACHED, only_leads, reach

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# Parts of the register that a lead looks at, each a condition on what ENTRY has. None says why somebody is in it.
PARTS: Mapping[str, str] = {
    "all": "true",
    "urgent": "priority = 1",
    "not_asked": "NOT agreed",
    "no_volunteer": "volunteer IS NULL",
    "no_keeper": "keeper IS NULL",
}
# Values: those of REACHED, number (of a grid; None for all), opener (a lead, who sees of the own entries alone until when
# they hold: a short time speaks of why).
ENTRY = f"""
    SELECT c.id, c.household_id, c.keeper_id, c.priority, c.check_every_days, c.ended_at, c.created_at,
           CAST(:opener AS bigint) IS NULL OR c.keeper_id = :opener AND c.ended_at IS NULL AS opens,
           CASE WHEN CAST(:opener AS bigint) IS NULL OR c.keeper_id = :opener THEN c.ends_on END AS ends_on,
           h.unit, h.unit_number, h.floor, h.door, h.people_count, b.number AS building_number, b.name AS building_name,
           b.route_position, b.grid_id, g.number AS grid_number, w.display_name AS keeper, a.display_name AS volunteer,
           e.code AS badge, k.id AS check_id, k.due_on,
           EXISTS (SELECT FROM care_consent AS s WHERE s.case_id = c.id AND s.purpose = 'register'
                   AND s.withdrawn_on IS NULL) AS agreed,
           coalesce((SELECT array_agg(n.need ORDER BY n.need) FROM household_need AS n WHERE n.household_id = h.id), '{{}}')
             AS needs
    FROM care_case AS c JOIN household AS h ON h.id = c.household_id JOIN building AS b ON b.id = h.building_id
    LEFT JOIN grid AS g ON g.id = b.grid_id LEFT JOIN account AS w ON w.id = c.keeper_id
    LEFT JOIN standing_volunteer AS v ON v.case_id = c.id AND v.ended_at IS NULL
    LEFT JOIN badge AS e ON e.id = v.badge_id LEFT JOIN account AS a ON a.id = e.account_id
    LEFT JOIN care_check AS k ON k.case_id = c.id AND k.done_at IS NULL
    WHERE {REACHED}
"""
LIVE = f"{ENTRY} AND c.ended_at IS NULL AND h.active AND (CAST(:number AS bigint) IS NULL OR g.number = :number)"
WALKING_ORDER = "grid_number, route_position, building_number, building_name, unit_number, floor, door"


def cases_for(
    asker: Asker, *, part: str = "all", grid: int | None = None, limit: int = 50, offset: int = 0
) -> list[Row[Any]]:
    """Return live entries in walking order: the own grid's for a lead. `part` is a key of PARTS, `grid` a number.

    Fields: id, household_id, keeper_id, priority, check_every_days, ended_at, created_at, opens (whether the asker may read
    what it says), ends_on (None for a lead who isn't its keeper), unit, unit_number, floor, door, people_count,
    building_number, building_name, route_position, grid_id, grid_number, keeper and volunteer (names, or None), badge,
    check_id and due_on (of the planned call, or None), agreed (to be in the register), needs.
    """
    only_leads(asker)
    return rows(
        f"SELECT * FROM ({LIVE}) AS entry WHERE {PARTS[part]} ORDER BY {WALKING_ORDER} LIMIT :limit OFFSET :offset",
        limit=limit,
        offset=offset,
        number=grid,
        **_reach(asker),
    )


def case_counts(asker: Asker, *, grid: int | None = None) -> dict[str, int]:
    """Return how many live entries there are in each part."""
    only_leads(asker)
    parts = ", ".join(f"count(*) FILTER (WHERE {condition}) AS {part}" for part, condition in PARTS.items())
    (found,) = rows(f"SELECT {parts} FROM ({LIVE}) AS entry", number=grid, **_reach(asker))
    return {name: int(count) for name, count in as_dict(found).items()}


def case_for(asker: Asker, case_id: int) -> Row[Any]:
    """Return an entry, ended or not, with the fields of `cases_for`. Raises NotFoundError."""
    only_leads(asker)
    found = row(f"{ENTRY} AND c.id = :case", case=case_id, **_reach(asker))
    if found is None:
        raise NotFoundError("there is no such entry of the care register", case=case_id)
    return found


def own_case_for(asker: Asker) -> Row[Any] | None:
    """Return the live entry of a household for the household itself, or None.

    Fields: id, created_at, ends_on, keeper and volunteer (names, or None), due_on (of the planned call, or None).
    """
    return row(
        f"""
        SELECT id, created_at, ends_on, keeper, volunteer, due_on FROM ({ENTRY} AND c.ended_at IS NULL) AS entry
        """,
        **_reach(asker),
    )


def consents_of(asker: Asker, case_id: int) -> dict[str, Row[Any]]:
    """Return what was agreed to in an entry, by purpose: given_on, withdrawn_on (None while it holds), by (a name).

    For who reaches the entry. Of a purpose that was agreed to more than once, the latest. Raises NotFoundError.
    """
    found = rows(
        f"""
        SELECT DISTINCT ON (s.purpose) s.purpose, s.given_on, s.withdrawn_on, a.display_name AS by
        FROM care_consent AS s JOIN account AS a ON a.id = s.recorded_by
        JOIN care_case AS c ON c.id = s.case_id JOIN household AS h ON h.id = c.household_id
        JOIN building AS b ON b.id = h.building_id
        WHERE s.case_id = :case AND {REACHED} ORDER BY s.purpose, s.id DESC
        """,
        case=case_id,
        **reach(asker),
    )
    return {consent.purpose: consent for consent in found}


def calls_of(asker: Asker, case_id: int, *, limit: int = 10) -> list[Row[Any]]:
    """Return the check-in calls of an entry that were made, the latest first: done_at, outcome, by (a name)."""
    only_leads(asker)
    return rows(
        f"""
        SELECT k.done_at, k.outcome, a.display_name AS by
        FROM care_check AS k JOIN account AS a ON a.id = k.done_by JOIN care_case AS c ON c.id = k.case_id
        JOIN household AS h ON h.id = c.household_id JOIN building AS b ON b.id = h.building_id
        WHERE k.case_id = :case AND k.done_at IS NOT NULL AND {REACHED} ORDER BY k.done_at DESC LIMIT :limit
        """,
        case=case_id,
        limit=limit,
        **reach(asker),
    )


def keepers_for(asker: Asker) -> list[Row[Any]]:
    """Return who may keep entries: id, name, role, grid_id and grid_number (None for a coordinator). For a coordinator."""
    if asker.role != Role.COORDINATOR:
        return []
    return rows(
        """
        SELECT a.id, a.display_name AS name, a.role, a.grid_id, g.number AS grid_number
        FROM account AS a LEFT JOIN grid AS g ON g.id = a.grid_id
        WHERE a.community_id = :community AND a.active AND a.role IN ('grid_lead', 'coordinator')
        ORDER BY g.number NULLS LAST, a.id
        """,
        community=asker.community_id,
    )


def live_case_of(asker: Asker, household_id: int) -> int | None:
    """Return the live entry of a household that the asker reaches, or None."""
    found = scalar(
        f"""
        SELECT c.id FROM care_case AS c JOIN household AS h ON h.id = c.household_id JOIN building AS b ON b.id = h.building_id
        WHERE c.household_id = :of AND c.ended_at IS NULL AND {REACHED}
        """,
        of=household_id,
        **reach(asker),
    )
    return None if found is None else int(found)


def _reach(asker: Asker) -> dict[str, object]:
    return {**reach(asker), "opener": asker.account_id if asker.role == Role.GRID_LEAD else None}
