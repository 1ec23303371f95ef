"""Who helps in the demo: two anchor households, and leads who have begun to call the silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.ordering.calls import call_counts, call_list, record_call
from supplyhub.ordering.states import CallOutcome
from supplyhub.residents.anchors import appoint_anchor
from supplyhub.residents.queries import first_household

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker

# The first is the household of the demo's own sign-in link.
GRIDS_WITH_ANCHOR = (1, 3)
CALLED = (CallOutcome.NO_ANSWER, CallOutcome.WILL_ORDER, CallOutcome.CALL_AGAIN, CallOutcome.NO_ANSWER)


def appoint_anchors(coordinator: Asker) -> None:
    """Make the first household of two grids the anchor of its building. Safe to repeat."""
    for grid in GRIDS_WITH_ANCHOR:
        home = first_household(coordinator.community_id, grid=grid)
        if home is not None:
            appoint_anchor(coordinator, home)


def call_some(leads: dict[int, Asker], cycle_id: int) -> None:
    """Let each lead have called a few of the silent, every second one on the list. Safe to repeat."""
    for lead in leads.values():
        counts = call_counts(lead, cycle_id=cycle_id)
        if counts["uncalled"] < counts["silent"]:
            continue
        silent = call_list(lead, cycle_id=cycle_id, limit=2 * len(CALLED))
        for home, outcome in zip(silent[::2], CALLED, strict=False):
            record_call(lead, cycle_id=cycle_id, household_id=home.household_id, outcome=outcome)
