"""Calling the silent: how each call ended, and the list of whom to call next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.errors import ConflictError, NotAllowedError
from supplyhub.ordering.queries import STANDING
from supplyhub.ordering.reach import check_part, check_reach, lock_household
from supplyhub.ordering.states import CallOutcome
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

CALLERS = {Role.GRID_LEAD, Role.COORDINATOR}
# Whoever was called just now isn't called again at once: that household goes to the end of the list.
A_MOMENT_MINUTES = 30

# The parts of a standing that a caller looks at, each a condition on what LISTED has.
PARTS = {
    "all": "true",
    "care": "in_care",
    "uncalled": "tries = 0",
    "again": "last_outcome IN ('no_answer', 'call_again')",
    "will_order": "last_outcome = 'will_order'",
}
LISTED = f"""
    SELECT s.*, t.tries, t.last_outcome, t.last_called_at, a.display_name AS last_caller,
           coalesce(t.last_called_at > now() - make_interval(mins => {A_MOMENT_MINUTES}), false) AS called_a_moment_ago
    FROM ({STANDING}) AS s
    CROSS JOIN LATERAL (
      SELECT count(*) AS tries, max(called_at) AS last_called_at,
             (array_agg(outcome ORDER BY called_at DESC, id DESC))[1] AS last_outcome,
             (array_agg(account_id ORDER BY called_at DESC, id DESC))[1] AS last_account
      FROM call_attempt WHERE cycle_id = :cycle AND household_id = s.household_id
    ) AS t
    LEFT JOIN account AS a ON a.id = t.last_account
    WHERE EXISTS (SELECT FROM cycle WHERE id = :cycle AND community_id = :community)
"""


def record_call(asker: Asker, *, cycle_id: int, household_id: int, outcome: CallOutcome) -> None:
    """Note how a call ended; one that ended in "nothing needed" declines the cycle with it.

    For the lead of the grid in this cycle, and a coordinator. Raises NotFoundError, CannotOrderError; ConflictError for
    a "no" of a household that has an order: neither the call nor the "no" is noted then.
    """
    if asker.role not in CALLERS:
        raise NotAllowedError("only the grid's lead or a coordinator calls households", role=asker.role)
    with transaction():
        check_reach(asker, household_id, cycle_id=cycle_id)
        lock_household(household_id)
        check_part(asker, cycle_id, household_id)
        if outcome == CallOutcome.DECLINED:
            write_declined(asker, cycle_id, household_id)
        execute(
            "INSERT INTO call_attempt (cycle_id, household_id, account_id, outcome, called_at)"
            " VALUES (:cycle, :home, :by, :outcome, clock_timestamp())",
            cycle=cycle_id,
            home=household_id,
            by=asker.account_id,
            outcome=outcome,
        )


def write_declined(asker: Asker, cycle_id: int, household_id: int) -> None:
    """Write that a household needs nothing, in the caller's transaction, which holds the household's lock.

    Raises ConflictError when it has an order.
    """
    if scalar(
        "SELECT id FROM orders WHERE cycle_id = :cycle AND household_id = :home AND state = 'placed' AND channel <> 'care_pack'",
        cycle=cycle_id,
        home=household_id,
    ):
        raise ConflictError("this household has an order; cancel it first")
    execute(
        "INSERT INTO declined (cycle_id, household_id, recorded_by) VALUES (:cycle, :home, :by) ON CONFLICT DO NOTHING",
        cycle=cycle_id,
        home=household_id,
        by=asker.account_id,
    )


def call_list(
    asker: Asker, *, cycle_id: int, standing: str = "silent", part: str = "all", limit: int = 50, offset: int = 0
) -> list[Row[Any]]:
    """Return the households of a standing with their last call: those to be looked after first, urgent ones before others,
    then walking order; who was called a moment ago goes to the end.

    Fields beside those of STANDING: tries, last_outcome, last_called_at, last_caller, called_a_moment_ago. `part` is a
    key of PARTS. A grid lead gets the own grid's.
    """
    return rows(
        f"SELECT l.* FROM ({LISTED}) AS l JOIN grid AS g ON g.id = l.grid_id"
        f" WHERE l.standing = :standing AND {PARTS[part]}"
        " ORDER BY l.called_a_moment_ago, l.care_priority, g.number, l.route_position, l.building_number, l.building_name,"
        " l.unit_number, l.floor, l.door LIMIT :limit OFFSET :offset",
        standing=standing,
        limit=limit,
        offset=offset,
        **_bound(asker, cycle_id),
    )


def call_counts(asker: Asker, *, cycle_id: int) -> dict[str, int]:
    """Return how many ordered, declined and are silent (together all), and of the silent how many are in each part."""
    parts = ", ".join(
        f"count(*) FILTER (WHERE standing = 'silent' AND {condition}) AS {part}" for part, condition in PARTS.items()
    )
    found = rows(
        "SELECT count(*) FILTER (WHERE standing = 'ordered') AS ordered,"
        f" count(*) FILTER (WHERE standing = 'declined') AS declined, {parts} FROM ({LISTED}) AS l",
        **_bound(asker, cycle_id),
    )
    counts = {name: int(value) for name, value in found[0]._mapping.items()}  # noqa: SLF001 - SQLAlchemy's documented way
    return counts | {"silent": counts["all"]}


def _bound(asker: Asker, cycle_id: int) -> dict[str, object]:
    grid = asker.grid() if asker.role == Role.GRID_LEAD else None
    return {"cycle": cycle_id, "community": asker.community_id, "grid": grid}
