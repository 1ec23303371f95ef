"""What whoever comes to a household's door has to know, as codes: said by the household, or by its lead for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import execute, rows, transaction
from supplyhub.residents.devices import household_for
from supplyhub.residents.states import DoorNeed

if TYPE_CHECKING:
    from collections.abc import Collection

    from supplyhub.people.asker import Asker


def needs_of(asker: Asker, household_id: int) -> set[DoorNeed]:
    """Return what the door of a household needs that the asker answers for. Raises NotFoundError, NotAllowedError."""
    household_for(asker, household_id)
    found = rows("SELECT need FROM household_need WHERE household_id = :home", home=household_id)
    return {DoorNeed(each.need) for each in found}


def say_needs(asker: Asker, household_id: int, needs: Collection[DoorNeed]) -> None:
    """Write what the door of a household needs: these and no others. Raises NotFoundError, NotAllowedError."""
    with transaction():
        household_for(asker, household_id)
        execute(
            "DELETE FROM household_need WHERE household_id = :home AND NOT need = ANY (:needs)",
            home=household_id,
            needs=list(needs),
        )
        execute(
            "INSERT INTO household_need (household_id, need, noted_by)"
            " SELECT :home, unnest(CAST(:needs AS text[])), :by ON CONFLICT DO NOTHING",
            home=household_id,
            needs=[need.value for need in needs],
            by=asker.account_id,
        )
