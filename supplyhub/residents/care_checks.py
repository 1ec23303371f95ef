"""Check-in calls (关心电话) to households of the care register: planned, due, done by a lead or the standing volunteer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows, scalar, transaction
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.residents.care_planning import plan_on
from supplyhub.residents.care_reach import LEADS, REACHED, hold_case, only_leads, reach, today_in
from supplyhub.residents.care_rules import next_call
from supplyhub.residents.states import CheckOutcome, ConsentPurpose

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

LATEST_DAYS = 60
# Outcomes for which somebody has to do something: the caller opens a help request.
NEEDS_HELP = frozenset({CheckOutcome.NEEDS_SOMETHING, CheckOutcome.WORRYING})
# The volunteer of :badge looks after the entry `c`, whose door is still in the badge's grid.
LOOKED_AFTER = """EXISTS (
    SELECT FROM standing_volunteer AS v WHERE v.case_id = c.id AND v.badge_id = :badge AND v.grid_id = b.grid_id
    AND v.ended_at IS NULL)"""
# Values: those of REACHED, today, later (None: what is due by today).
DUE = f"""
    SELECT k.id AS check_id, k.due_on, CAST(:today AS date) - k.due_on AS days_late, c.id AS case_id, c.priority,
           h.id AS household_id, h.unit, h.unit_number, h.door, b.number AS building_number, b.name AS building_name,
           g.number AS grid_number, a.display_name AS volunteer, l.done_at AS last_done_at, l.outcome AS last_outcome,
           coalesce((SELECT array_agg(n.need ORDER BY n.need) FROM household_need AS n WHERE n.household_id = h.id), '{{}}')
             AS needs
    FROM care_check AS k JOIN care_case AS c ON c.id = k.case_id AND c.ended_at IS NULL
    JOIN household AS h ON h.id = c.household_id AND h.active JOIN building AS b ON b.id = h.building_id
    LEFT JOIN grid AS g ON g.id = b.grid_id
    LEFT JOIN standing_volunteer AS v ON v.case_id = c.id AND v.ended_at IS NULL
    LEFT JOIN badge AS e ON e.id = v.badge_id LEFT JOIN account AS a ON a.id = e.account_id
    LEFT JOIN LATERAL (SELECT done_at, outcome FROM care_check WHERE case_id = c.id AND done_at IS NOT NULL
                       ORDER BY done_at DESC LIMIT 1) AS l ON true
    WHERE k.done_at IS NULL AND {REACHED}
      AND k.due_on <= CAST(:today AS date) + CAST(:ahead AS int)
"""
FIRST_OF_ALL = "c.priority, k.due_on, g.number, b.route_position, b.number, b.name, h.unit_number, h.floor, h.door"


class NotWelcomeError(ConflictError):
    """The household hasn't agreed to check-in calls."""

    code = "consent_needed"


class CallDoneError(ConflictError):
    """Somebody has called already, or the call was taken back."""

    code = "call_done"


def plan_check(asker: Asker, case_id: int, due_on: date) -> None:
    """Plan the next call for a day, in place of the one that was planned. For the grid's lead and a coordinator.

    Raises NotFoundError, CaseEndedError, NotWelcomeError, InvalidError.
    """
    only_leads(asker)
    with transaction():
        hold_case(asker, case_id)
        today = today_in(asker.community_id)
        if not today <= due_on <= today + timedelta(days=LATEST_DAYS):
            raise InvalidError(f"a call is planned for the next {LATEST_DAYS} days", due_on=due_on.isoformat())
        if not _is_welcome(case_id):
            raise NotWelcomeError(case=case_id)
        plan_on(case_id, due_on)


def finish_check(asker: Asker, check_id: int, outcome: CheckOutcome) -> None:
    """Note how a planned call ended, and plan the next one; after no answer, and after a worrying one, for tomorrow.

    For the grid's lead, a coordinator and the standing volunteer. Raises NotFoundError, CallDoneError.
    """
    with transaction():
        write_outcome(asker, check_id, outcome)


def write_outcome(asker: Asker, check_id: int, outcome: CheckOutcome) -> int:
    """Do what `finish_check` does in the caller's transaction; return the household."""
    case = _hold_for_call(asker, check_id)
    done = scalar(
        "UPDATE care_check SET done_at = clock_timestamp(), done_by = :by, outcome = :outcome"
        " WHERE id = :check AND done_at IS NULL RETURNING id",
        check=check_id,
        by=asker.account_id,
        outcome=outcome,
    )
    if done is None:
        raise CallDoneError(check=check_id)
    due_on = next_call(today_in(asker.community_id), outcome, case.check_every_days)
    if due_on is not None and _is_welcome(case.id):
        plan_on(case.id, due_on)
    return int(case.household_id)


def due_checks(asker: Asker, *, ahead: int = 0, limit: int = 100, offset: int = 0) -> list[Row[Any]]:
    """Return the calls that are due today, or within some days `ahead`: urgent first, then the longest due.

    For the grid's lead and a coordinator. Fields: check_id, due_on, days_late, case_id, priority, household_id, unit,
    unit_number, door, building_number, building_name, grid_number, volunteer (a name), last_done_at, last_outcome, needs.
    """
    only_leads(asker)
    return rows(
        f"{DUE} ORDER BY {FIRST_OF_ALL} LIMIT :limit OFFSET :offset",
        limit=limit,
        offset=offset,
        **_values(asker, ahead),
    )


def count_due_checks(asker: Asker, *, ahead: int = 0) -> int:
    """Return how many calls `due_checks` has."""
    only_leads(asker)
    return int(scalar(f"SELECT count(*) FROM ({DUE}) AS due", **_values(asker, ahead)))


def _values(asker: Asker, ahead: int) -> dict[str, object]:
    return {**reach(asker), "today": today_in(asker.community_id), "ahead": ahead}


def check_for(asker: Asker, check_id: int) -> Row[Any]:
    """Return a call that the asker may make, with its door.

    Fields: id (of the entry), household_id, check_every_days, ended_at, done_at, unit, unit_number, door, building_number,
    building_name, grid_number. Raises NotFoundError.
    """
    return _call(asker, check_id)


def _hold_for_call(asker: Asker, check_id: int) -> Row[Any]:
    """Lock the entry of a call that the asker may make. Raises NotFoundError, CallDoneError when it ended."""
    found = _call(asker, check_id, "FOR NO KEY UPDATE OF c")
    if found.ended_at is not None:
        raise CallDoneError(check=check_id)
    return found


def _call(asker: Asker, check_id: int, lock: str = "") -> Row[Any]:
    by_badge = asker.role == Role.VOLUNTEER
    if asker.role not in LEADS and not by_badge:
        raise NotFoundError("there is no such call", check=check_id)
    found = row(
        f"""
        SELECT c.id, c.household_id, c.check_every_days, c.ended_at, k.done_at, h.unit, h.unit_number, h.door,
               b.number AS building_number, b.name AS building_name, g.number AS grid_number
        FROM care_check AS k JOIN care_case AS c ON c.id = k.case_id JOIN household AS h ON h.id = c.household_id
        JOIN building AS b ON b.id = h.building_id LEFT JOIN grid AS g ON g.id = b.grid_id
        WHERE k.id = :check AND {REACHED} AND (CAST(:badge AS bigint) IS NULL OR {LOOKED_AFTER}) {lock}
        """,
        check=check_id,
        community=asker.community_id,
        grid=None if asker.role == Role.COORDINATOR else asker.grid(),
        home=None,
        badge=asker.badge() if by_badge else None,
    )
    if found is None:
        raise NotFoundError("there is no such call", check=check_id)
    return found


def _is_welcome(case_id: int) -> bool:
    return bool(
        scalar(
            "SELECT EXISTS (SELECT FROM care_consent WHERE case_id = :case AND purpose = :purpose AND withdrawn_on IS NULL)",
            case=case_id,
            purpose=ConsentPurpose.CHECK_CALLS,
        )
    )
