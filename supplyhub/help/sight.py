"""Who sees which help request, and how much of it: one rule for lists, pages and commands, in SQL.

- A coordinator sees and opens all of the community. A lead sees the own grid's and opens them, but of restricted kinds
  (medicine) only what the lead has, or is named for; of other grids only where named. A volunteer with a live badge sees and
  opens what is theirs or names them; of a wish that they, or a neighbour, claimed they see the door. A household sees and
  opens its own.
- The depot sees of complaints which order and lines they are about; never whose they are, never a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.help.rules import RESTRICTED

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker

KINDS_RESTRICTED = "(" + ", ".join(f"'{kind.value}'" for kind in sorted(RESTRICTED)) + ")"
NAMED = "EXISTS (SELECT FROM help_person AS p WHERE p.request_id = r.id AND p.account_id = :account)"
CLAIMED = """EXISTS (
    SELECT FROM wish_claim AS k WHERE k.request_id = r.id AND k.account_id = :account AND k.given_up_at IS NULL)"""
OWNED = "r.owner_id IS NOT DISTINCT FROM :account"

# Values of both: `scope`. Of the request `r`.
SEEN = f"""(
    r.community_id = :community AND CASE :role
      WHEN 'coordinator' THEN true
      WHEN 'grid_lead' THEN r.grid_id = :grid OR {NAMED}
      WHEN 'volunteer' THEN CAST(:badge AS bigint) IS NOT NULL AND ({OWNED} OR {NAMED} OR {CLAIMED})
      WHEN 'resident' THEN r.household_id IS NOT DISTINCT FROM :home OR {CLAIMED}
      WHEN 'depot' THEN r.kind = 'complaint'
      ELSE false
    END)"""
OPENS = f"""CASE :role
      WHEN 'coordinator' THEN true
      WHEN 'grid_lead' THEN {NAMED} OR r.grid_id = :grid AND ({OWNED} OR r.kind NOT IN {KINDS_RESTRICTED})
      WHEN 'volunteer' THEN CAST(:badge AS bigint) IS NOT NULL AND ({OWNED} OR {NAMED})
      WHEN 'resident' THEN r.household_id IS NOT DISTINCT FROM :home
      ELSE false
    END"""


def scope(asker: Asker) -> dict[str, object]:
    """Return the values that SEEN and OPENS bind."""
    return {
        "community": asker.community_id,
        "role": asker.role,
        "account": asker.account_id,
        # No grid has the number 0, no household either: who has none sees none by it.
        "grid": asker.grid_id or 0,
        "home": asker.household_id or 0,
        "badge": asker.badge_id,
    }
