"""Which cycle a page is about: the one in the address, else the one that its room works on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from supplyhub.catalog.queries import cycle_for, cycles_for
from supplyhub.catalog.states import CycleState
from supplyhub.errors import NotFoundError
from supplyhub.web.audience import asker

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# What the depot works on.
UNDER_WAY = (CycleState.STAGING, CycleState.PROCURING, CycleState.ORDERING)


def cycle_or_404() -> Row[Any]:
    """Return the cycle that the depot works on. Raises NotFoundError before the first."""
    found = chosen_cycle(asker(), *UNDER_WAY)
    if found is None:
        raise NotFoundError("there is no cycle yet")
    return found


def chosen_cycle(who: Asker, *states: str) -> Row[Any] | None:
    """Return the cycle of `?cycle=`; else the newest in one of the states, tried in turn; else the newest; None before one."""
    wanted = request.args.get("cycle", type=int)
    if wanted is not None:
        return cycle_for(who, wanted)
    found = cycles_for(who, limit=10)
    for state in states:
        match = next((cycle for cycle in found if cycle.state == state), None)
        if match is not None:
            return match
    return next(iter(found), None)
