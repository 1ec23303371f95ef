"""Which cycle a page is about: the one in the address, else the one that its room works on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from supplyhub.catalog.queries import cycle_for, cycles_for

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def chosen_cycle(asker: Asker, *states: str) -> Row[Any] | None:
    """Return the cycle of `?cycle=`; else the newest in one of the states, tried in turn; else the newest; None before one."""
    wanted = request.args.get("cycle", type=int)
    if wanted is not None:
        return cycle_for(asker, wanted)
    found = cycles_for(asker, limit=10)
    for state in states:
        match = next((cycle for cycle in found if cycle.state == state), None)
        if match is not None:
            return match
    return next(iter(found), None)
