"""Whose entries of the care register somebody reaches: a lead the own grid's, a coordinator all, a household its own.

Nobody else reaches any: to them there is no such entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import row, scalar
from supplyhub.errors import ConflictError, NotAllowedError, NotFoundError
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

LEADS = {Role.GRID_LEAD, Role.COORDINATOR}
# Values: community, grid (a lead's), home (a resident's).
REACHED = """
    h.community_id = :community AND (CAST(:grid AS bigint) IS NULL OR b.grid_id = :grid)
    AND (CAST(:home AS bigint) IS NULL OR h.id = :home)
"""
CASE = f"""
    SELECT c.id, c.household_id, c.keeper_id, c.priority, c.check_every_days, c.ends_on, c.ended_at, c.category_sealed,
           c.note_sealed, c.wrapped_key, b.grid_id
    FROM care_case AS c JOIN household AS h ON h.id = c.household_id JOIN building AS b ON b.id = h.building_id
    WHERE c.id = :case AND {REACHED}
"""


class CaseEndedError(ConflictError):
    """This entry of the care register has ended."""

    code = "care_ended"


def reach(asker: Asker) -> dict[str, object]:
    """Return the values that keep a statement within the asker's reach. Raises NotFoundError for who has none."""
    if asker.role not in LEADS | {Role.RESIDENT}:
        raise NotFoundError("there is no such entry of the care register")
    return {
        "community": asker.community_id,
        "grid": asker.grid() if asker.role == Role.GRID_LEAD else None,
        "home": asker.household() if asker.role == Role.RESIDENT else None,
    }


def case_in_reach(asker: Asker, case_id: int, lock: str = "") -> Row[Any]:
    """Return an entry within the asker's reach, ended or not, with what it says still sealed. Raises NotFoundError.

    Fields: id, household_id, keeper_id, priority, check_every_days, ends_on, ended_at, category_sealed, note_sealed,
    wrapped_key, grid_id (None for a building without a grid).
    """
    found = row(f"{CASE} {lock}", case=case_id, **reach(asker))
    if found is None:
        raise NotFoundError("there is no such entry of the care register", case=case_id)
    return found


def hold_case(asker: Asker, case_id: int) -> Row[Any]:
    """Lock a live entry within the asker's reach and return it, as `case_in_reach`. Raises NotFoundError, CaseEndedError.

    Whoever changes an entry, its consents, volunteer or calls locks it first.
    """
    case = case_in_reach(asker, case_id, "FOR NO KEY UPDATE OF c")
    if case.ended_at is not None:
        raise CaseEndedError(case=case_id)
    return case


def opens(asker: Asker, case: Row[Any]) -> bool:
    """Tell whether the asker may read what an entry says: a coordinator always, its keeper until it ends."""
    is_keeper = case.keeper_id == asker.account_id and asker.role in LEADS and case.ended_at is None
    return asker.role == Role.COORDINATOR or is_keeper


def only_leads(asker: Asker) -> None:
    """Raise NotAllowedError for anybody but a lead or a coordinator."""
    if asker.role not in LEADS:
        raise NotAllowedError("the care register is the grid lead's and the coordinator's", role=asker.role)


def only_openers(asker: Asker, case: Row[Any]) -> None:
    """Raise NotAllowedError for anybody but the entry's keeper and the coordinator."""
    if not opens(asker, case):
        raise NotAllowedError("only its keeper and the coordinator open this entry", role=asker.role)


def today_in(community_id: int) -> date:
    """Return the day that it is in a community."""
    found: date = scalar(
        "SELECT CAST(now() AT TIME ZONE timezone AS date) FROM community WHERE id = :id", id=community_id
    )
    return found
