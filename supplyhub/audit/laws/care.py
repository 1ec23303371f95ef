"""Laws 9 and 10 for the care register: calls are planned, what has ended is gone, volunteers look after their own grid's."""

from supplyhub.audit.law import Check

# The clock looks after entries every minute; so long may it have been away.
GRACE = "interval '1 hour'"
DAYS_TO_DESTRUCTION = 7

CALLS_ARE_PLANNED = Check(
    "every household of the care register that wants to be called has its next call planned",
    """
    SELECT c.id AS care_case, c.household_id AS household, c.check_every_days
    FROM care_case AS c JOIN household AS h ON h.id = c.household_id AND h.active
    WHERE c.ended_at IS NULL AND c.check_every_days IS NOT NULL
      AND EXISTS (SELECT FROM care_consent AS s WHERE s.case_id = c.id AND s.purpose = 'check_calls' AND s.withdrawn_on IS NULL)
      AND NOT EXISTS (SELECT FROM care_check AS k WHERE k.case_id = c.id AND k.done_at IS NULL)
    ORDER BY 1
    """,
    "SELECT count(*) FROM care_case WHERE ended_at IS NULL AND check_every_days IS NOT NULL",
)

NOTHING_LEFT = Check(
    "nothing is left of an entry of the care register that was destroyed",
    """
    SELECT c.id AS care_case, c.destroyed_at
    FROM care_case AS c
    WHERE c.destroyed_at IS NOT NULL AND (
      num_nonnulls(c.wrapped_key, c.category_sealed, c.note_sealed) > 0 OR c.category_hash <> ''
      OR EXISTS (SELECT FROM care_mark AS m WHERE m.case_id = c.id)
      OR EXISTS (SELECT FROM care_check AS k WHERE k.case_id = c.id)
      OR EXISTS (SELECT FROM care_consent AS s WHERE s.case_id = c.id)
      OR EXISTS (SELECT FROM standing_volunteer AS v WHERE v.case_id = c.id))
    ORDER BY 1
    """,
    "SELECT count(*) FROM care_case WHERE destroyed_at IS NOT NULL",
)

IN_TIME = Check(
    "an entry of the care register ends after its last day, and is destroyed seven days later",
    f"""
    SELECT c.id AS care_case, c.ends_on, c.ended_at
    FROM care_case AS c JOIN household AS h ON h.id = c.household_id JOIN community AS m ON m.id = h.community_id
    WHERE c.ended_at IS NULL AND c.ends_on < CAST((now() - {GRACE}) AT TIME ZONE m.timezone AS date)
       OR c.destroyed_at IS NULL AND c.ended_at < now() - interval '{DAYS_TO_DESTRUCTION} days' - {GRACE}
    ORDER BY 1
    """,
    "SELECT count(*) FROM care_case WHERE destroyed_at IS NULL",
)

# A building that an import moved, or its undoing moved back, is followed by the clock.
OF_THE_GRID = Check(
    "who looks after a household of the care register wears a live badge of its grid",
    f"""
    SELECT v.id AS standing_volunteer, e.code AS badge, e.state, v.grid_id AS grid, b.grid_id AS grid_of_the_household
    FROM standing_volunteer AS v JOIN badge AS e ON e.id = v.badge_id JOIN care_case AS c ON c.id = v.case_id
    JOIN household AS h ON h.id = c.household_id JOIN building AS b ON b.id = h.building_id
    WHERE v.ended_at IS NULL AND (
      c.ended_at IS NOT NULL
      OR least(e.revoked_at, e.suspended_at, e.valid_until) < now() - {GRACE}
      OR b.grid_id IS DISTINCT FROM v.grid_id AND NOT EXISTS (
           SELECT FROM register_import AS i LEFT JOIN register_undo AS u ON u.import_id = i.id
           WHERE i.community_id = h.community_id AND greatest(i.imported_at, u.undone_at) > now() - {GRACE}))
    ORDER BY 1
    """,
    "SELECT count(*) FROM standing_volunteer WHERE ended_at IS NULL",
)
