"""Planning the next check-in call (关心电话), as statements: for the caller's transaction, which holds the entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import execute, row
from supplyhub.residents.care_writing import drop_open_checks

if TYPE_CHECKING:
    from datetime import date


def plan_as_arranged(case_id: int) -> None:
    """Plan the next call as the entry's arrangement says: so many days after the last one, today at the earliest.

    A call that is planned already stays, unless the household doesn't want any: nobody calls who isn't welcome to.
    """
    case = row(
        """
        SELECT c.ended_at IS NULL AS live,
               EXISTS (SELECT FROM care_consent AS s WHERE s.case_id = c.id AND s.purpose = 'check_calls'
                       AND s.withdrawn_on IS NULL) AS welcome
        FROM care_case AS c WHERE c.id = :case
        """,
        case=case_id,
    )
    if case is None or not case.live or not case.welcome:
        drop_open_checks([case_id])
        return
    plan_missing_calls(case_id)


def plan_missing_calls(case_id: int | None = None) -> None:
    """Plan the next call of an entry, or of all, that has an arrangement and a welcome but no call planned."""
    execute(
        """
        INSERT INTO care_check (case_id, due_on)
        SELECT c.id, greatest(CAST(now() AT TIME ZONE m.timezone AS date),
                              CAST(max(k.done_at) AT TIME ZONE m.timezone AS date) + CAST(c.check_every_days AS int))
        FROM care_case AS c JOIN household AS h ON h.id = c.household_id JOIN community AS m ON m.id = h.community_id
        JOIN care_consent AS s ON s.case_id = c.id AND s.purpose = 'check_calls' AND s.withdrawn_on IS NULL
        LEFT JOIN care_check AS k ON k.case_id = c.id AND k.done_at IS NOT NULL
        WHERE c.ended_at IS NULL AND c.check_every_days IS NOT NULL AND (CAST(:case AS bigint) IS NULL OR c.id = :case)
          AND NOT EXISTS (SELECT FROM care_check AS o WHERE o.case_id = c.id AND o.done_at IS NULL)
        GROUP BY c.id, m.timezone ORDER BY c.id
        ON CONFLICT (case_id) WHERE done_at IS NULL DO NOTHING
        """,
        case=case_id,
    )


def plan_on(case_id: int, due_on: date) -> None:
    """Plan the next call for a day, in place of the one that was planned."""
    execute(
        "INSERT INTO care_check (case_id, due_on) VALUES (:case, :due)"
        " ON CONFLICT (case_id) WHERE done_at IS NULL DO UPDATE SET due_on = excluded.due_on",
        case=case_id,
        due=due_on,
    )
