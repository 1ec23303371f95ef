"""What the clock does to the care register: entries end after their last day and are destroyed some days later."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from supplyhub.db import execute, rows, transaction
from supplyhub.errors import ConflictError
from supplyhub.residents.care_rules import DAYS_TO_DESTRUCTION
from supplyhub.residents.care_sealing import marks_of, open_contents
from supplyhub.residents.care_writing import end_cases, write_marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplyhub.crypto import Vault

# A part of a city's entries at a time.
AT_ONCE = 500
# Badges that look after somebody they may not look after any more: revoked, suspended or past their last day, or the
# household's building is in another grid by now. `successor`: the badge that took the place of a lost one.
STRAYED = """
    SELECT v.id, v.case_id, n.id AS successor, v.appointed_by
    FROM standing_volunteer AS v JOIN care_case AS c ON c.id = v.case_id JOIN household AS h ON h.id = c.household_id
    JOIN building AS b ON b.id = h.building_id JOIN badge AS e ON e.id = v.badge_id
    LEFT JOIN badge AS n ON n.replaces_id = e.id AND n.grid_id = b.grid_id AND n.account_id = e.account_id
              AND n.state = 'live' AND n.valid_until > clock_timestamp()
    WHERE v.ended_at IS NULL AND c.ended_at IS NULL
      AND (e.state <> 'live' OR e.valid_until <= clock_timestamp() OR v.grid_id IS DISTINCT FROM b.grid_id)
    ORDER BY v.case_id LIMIT :most FOR NO KEY UPDATE OF c
"""


def look_after_care() -> int:
    """End entries past their last day, destroy those that ended long enough ago, follow badges; return how many ended.

    For the scheduler. What was planned for an entry ends with it.
    """
    ended = _end_past_last_day()
    destroy_ended()
    follow_badges()
    return ended


def mark_unmarked(vault: Vault) -> int:
    """Give entries of before there were marks theirs, and return how many; one that doesn't open any more is left out.

    For the scheduler.
    """
    with transaction():
        found = rows(
            """
            SELECT id, category_sealed, note_sealed, wrapped_key FROM care_case AS c
            WHERE ended_at IS NULL AND category_sealed IS NOT NULL AND wrapped_key IS NOT NULL
              AND NOT EXISTS (SELECT FROM care_mark AS m WHERE m.case_id = c.id)
            ORDER BY id LIMIT :most FOR NO KEY UPDATE SKIP LOCKED
            """,
            most=AT_ONCE,
        )
        marks = {}
        for case in found:
            with suppress(ConflictError):
                marks[int(case.id)] = marks_of(open_contents(case, vault=vault).categories, vault=vault)
        write_marks(marks)
        return len(marks)


def destroy_ended() -> int:
    """Destroy what entries said that ended some days ago, with key and marks; return how many. That they were there, and
    who read them, stays.
    """
    with transaction():
        ids = _locked(
            "ended_at <= clock_timestamp() - make_interval(days => :days) AND destroyed_at IS NULL",
            days=DAYS_TO_DESTRUCTION,
        )
        destroy_cases(ids)
        return len(ids)


def destroy_cases(case_ids: Sequence[int]) -> None:
    """Destroy what ended entries said, in the caller's transaction, which has locked them."""
    ids = list(case_ids)
    execute(
        """
        UPDATE care_case SET wrapped_key = NULL, category_sealed = NULL, note_sealed = NULL, category_hash = '',
                             destroyed_at = clock_timestamp()
        WHERE id = ANY(:ids) AND ended_at IS NOT NULL AND destroyed_at IS NULL
        """,
        ids=ids,
    )
    for belonging in ("care_mark", "care_check", "care_consent", "standing_volunteer"):
        execute(f"DELETE FROM {belonging} WHERE case_id = ANY(:ids)", ids=ids)


def follow_badges() -> int:
    """End the task of standing volunteers whose badge isn't live or isn't of the household's grid; return how many.

    A badge that took the place of a lost one takes over its tasks.
    """
    with transaction():
        strayed = rows(STRAYED, most=AT_ONCE)
        execute(
            "UPDATE standing_volunteer SET ended_at = clock_timestamp() WHERE id = ANY(:ids)",
            ids=[task.id for task in strayed],
        )
        followed = [task for task in strayed if task.successor is not None]
        execute(
            """
            INSERT INTO standing_volunteer (case_id, badge_id, grid_id, appointed_by)
            SELECT r.case_id, r.badge, b.grid_id, r.by
            FROM unnest(CAST(:cases AS bigint[]), CAST(:badges AS bigint[]), CAST(:by AS bigint[])) AS r(case_id, badge, by)
            JOIN badge AS b ON b.id = r.badge
            """,
            cases=[task.case_id for task in followed],
            badges=[task.successor for task in followed],
            by=[task.appointed_by for task in followed],
        )
        return len(strayed)


def _end_past_last_day() -> int:
    with transaction():
        ids = _locked(
            """
            ended_at IS NULL AND ends_on < (SELECT CAST(now() AT TIME ZONE m.timezone AS date)
                FROM household AS h JOIN community AS m ON m.id = h.community_id WHERE h.id = care_case.household_id)
            """
        )
        end_cases(ids)
        return len(ids)


def _locked(condition: str, **values: object) -> list[int]:
    """Lock the first entries of which a condition is true and return them."""
    found = rows(
        f"SELECT id FROM care_case WHERE {condition} ORDER BY id LIMIT :most FOR NO KEY UPDATE SKIP LOCKED",
        most=AT_ONCE,
        **values,
    )
    return [int(case.id) for case in found]
