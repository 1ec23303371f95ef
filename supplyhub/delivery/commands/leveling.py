"""A grid's zone level is another one: what isn't on its way yet is planned anew, and those whom it touches are told."""

from __future__ import annotations

from supplyhub.catalog.parts import Part
from supplyhub.db import execute, rows
from supplyhub.delivery.inbox import About, open_items
from supplyhub.delivery.modes import plan_modes
from supplyhub.delivery.states import InboxKind


def replan_grid(grid_id: int) -> None:
    """Plan anew how a grid's parcels reach people, in every cycle that is being delivered.

    Runs in the worker's transaction; a second run has no effect. Households read the new way on their order's page,
    volunteers lose the tickets that nobody carries any more, the lead has it in the inbox.
    """
    cycles = rows(
        """
        SELECT c.id FROM cycle AS c WHERE c.state = 'staging'
          AND EXISTS (SELECT FROM ticket AS t WHERE t.cycle_id = c.id AND t.grid_id = :grid) ORDER BY c.id
        """,
        grid=grid_id,
    )
    for cycle in cycles:
        execute(
            "SELECT id FROM ticket WHERE cycle_id = :cycle AND grid_id = :grid ORDER BY id FOR UPDATE",
            cycle=cycle.id,
            grid=grid_id,
        )
        planned = plan_modes(cycle.id, Part(grid_id, grid_id))
        if planned.stops:
            told = [About(cycle.id, grid_id), *(About(cycle.id, grid_id, each.id) for each in planned.taken_back)]
            open_items(InboxKind.LEVEL_CHANGED, told)
