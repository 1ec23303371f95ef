"""Who helps in the demo: two anchor households, leads who have begun to call the silent; hours that pass for requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import execute, transaction
from supplyhub.ordering.calls import call_counts, call_list, record_call
from supplyhub.ordering.states import CallOutcome
from supplyhub.residents.anchors import appoint_anchor
from supplyhub.residents.queries import first_household

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def let_hours_pass(community_id: int, codes: Sequence[str], hours: int) -> None:
    """Let so many hours pass for open help requests of a community."""
    with transaction():
        execute(
            """
            UPDATE help_request SET opened_at = opened_at - make_interval(hours => :hours),
                                    due_at = due_at - make_interval(hours => :hours)
            WHERE community_id = :community AND code = ANY (:codes) AND ended_at IS NULL
            """,
            community=community_id,
            codes=list(codes),
            hours=hours,
        )
