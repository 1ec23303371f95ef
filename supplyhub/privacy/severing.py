"""What shows, of a cycle that was closed a month ago, which of its households stood in the care register.

Packs lose the names of those who got them, and shares and draws whom the register put first; that the cycle has forgotten it is
noted with it. What stays is what goods and money need: lines that cost nothing, of lots that were given for care.
"""

from __future__ import annotations

from supplyhub.db import execute, rows, transaction
from supplyhub.help.pack_queries import STANDING

KNOWN_TO = f"""
    UPDATE care_pack_share AS s SET household_id = NULL, declined_by = NULL, became = w.state
    FROM ({STANDING} WHERE k.cycle_id = :cycle AND s.household_id IS NOT NULL) AS w
    WHERE s.pack_id = w.pack_id AND s.household_id = w.household_id
"""
PUT_FIRST = "UPDATE allocation SET care_first = false WHERE cycle_id = :cycle AND care_first"
GOT_AS_CARE = """
    UPDATE draw_share AS s SET got_as_care = 0 FROM menu AS m
    WHERE m.id = s.menu_id AND m.cycle_id = :cycle AND s.got_as_care > 0
"""
FORGOTTEN = "UPDATE cycle SET care_forgotten_at = clock_timestamp() WHERE id = :cycle"
# What a request was about is gone by then; that one was about an illness would still say something of who opened it.
NOBODYS_REQUEST = "household_id = NULL, kind = CASE WHEN kind IN ('medicine', 'transport') THEN 'other' ELSE kind END"
# Who read an entry stays with it for its household, and with its packs for the audit; then the entry is nobody's.
NOBODYS = """
    UPDATE care_case AS c SET household_id = NULL
    WHERE c.household_id IS NOT NULL AND {which}
      AND NOT EXISTS (SELECT FROM care_pack_share AS s WHERE s.household_id = c.household_id)
    RETURNING c.id
"""


def forget_cycles_care(days: int) -> int:
    """Forget, in each cycle that was closed so many days ago, who was cared for; return in how many. For the scheduler."""
    old = rows(
        """
        SELECT id FROM cycle WHERE state = 'closed' AND care_forgotten_at IS NULL
          AND closed_at <= clock_timestamp() - make_interval(days => :days) ORDER BY id
        """,
        days=days,
    )
    for cycle in old:
        with transaction():
            sever(cycle.id)
    return len(old)


def forget_whose_cases(days: int) -> int:
    """Let entries that were destroyed so many days ago be nobody's; return how many. For the scheduler."""
    with transaction():
        which = "c.destroyed_at <= clock_timestamp() - make_interval(days => :days)"
        return len(rows(NOBODYS.format(which=which), days=days))


def sever_household(household_id: int) -> None:
    """Forget that a household was cared for, in the caller's transaction: cycles that know it forget it of everybody.

    Those that aren't closed forget it in their time.
    """
    known = rows(
        """
        SELECT c.id FROM cycle AS c
        WHERE c.state = 'closed' AND c.care_forgotten_at IS NULL AND (
          EXISTS (SELECT FROM care_pack AS k JOIN care_pack_share AS s ON s.pack_id = k.id
                  WHERE k.cycle_id = c.id AND s.household_id = :home)
          OR EXISTS (SELECT FROM orders AS o WHERE o.cycle_id = c.id AND o.household_id = :home AND (
                       EXISTS (SELECT FROM allocation AS a WHERE a.order_id = o.id AND a.care_first)
                       OR EXISTS (SELECT FROM draw_share AS d WHERE d.order_id = o.id AND d.got_as_care > 0))))
        ORDER BY c.id
        """,
        home=household_id,
    )
    for cycle in known:
        sever(cycle.id)
    rows(NOBODYS.format(which="c.destroyed_at IS NOT NULL AND c.household_id = :home"), home=household_id)


def sever(cycle_id: int) -> None:
    """Let a closed cycle forget who was cared for, in the caller's transaction; again changes nothing."""
    execute("SELECT FROM cycle WHERE id = :cycle FOR NO KEY UPDATE", cycle=cycle_id)
    for statement in (KNOWN_TO, PUT_FIRST, GOT_AS_CARE, FORGOTTEN):
        execute(statement, cycle=cycle_id)
