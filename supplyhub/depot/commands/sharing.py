"""Sharing out what came: a share and a reason for every line, a batch a grid, a parcel an order. Set-based.

The same as `policies` decides, at the size of a city: first what is short, for all grids at once; then, grids beside each
other, what there is enough of. The cycle is at staging when all of them are done.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

from supplyhub import outbox
from supplyhub.catalog.parts import Part, lock_part
from supplyhub.catalog.states import CYCLE_MOVES
from supplyhub.db import execute, row, rows, scalar
from supplyhub.depot.batching import WORK_MEMORY, in_parts, seed_of
from supplyhub.depot.commands.parceling import plan_parcels
from supplyhub.depot.events import ParcelsPlanned, ShortageShared
from supplyhub.depot.gifts import share_gifts
from supplyhub.depot.policies import fit_whole
from supplyhub.depot.shares import (
    SHARES,
    SHELF_AND_DEMAND,
    SUBSTITUTES,
    WHOLE_LINES,
    WHOLE_SHARES,
    WITHOUT_SHORTAGE,
)
from supplyhub.depot.states import ALL_CAME, Policy
from supplyhub.depot.valuing import book_shared
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.moves import move

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Row


def share_out(cycle_id: int) -> None:
    """Share a cycle's short goods out once, by the policies chosen for them, and have the rest shared out grid by grid.

    Runs in the worker's transaction; a second run has no effect. Raises ConflictError before receiving is finished.
    """
    cycle = row("SELECT state FROM cycle WHERE id = :id FOR NO KEY UPDATE", id=cycle_id)
    if cycle is None:
        raise NotFoundError("no such cycle", cycle=cycle_id)
    if scalar("SELECT count(*) FROM allocation_run WHERE cycle_id = :cycle", cycle=cycle_id):
        return
    move(CYCLE_MOVES, cycle.state, "stage")
    still = "SELECT count(*) FROM purchase_order WHERE cycle_id = :cycle AND state <> ALL (:came)"
    if scalar(still, cycle=cycle_id, came=list(ALL_CAME)):
        raise ConflictError("receiving isn't finished", cycle=cycle_id)
    seed = seed_of(cycle_id)
    short = allocate_short(cycle_id, seed=seed)
    share_gifts(cycle_id, seed=seed)
    book_shared(cycle_id)
    in_parts(cycle_id, partial(ShortageShared, short=short), partial(share_part, short=short))


def share_part(cycle_id: int, first_grid: int, last_grid: int, *, short: list[int]) -> None:
    """Give the lines of these grids what there is enough of, and plan their parcels; the last part stages the cycle.

    `short`: the products that are shared out already. Runs in the worker's transaction; a second run has no effect. Raises
    ConflictError while orders have no number.
    """
    part = Part(first_grid, last_grid)
    lock_part(cycle_id, part)
    if scalar(SHARED_BEFORE, cycle=cycle_id, **part._asdict()):
        return
    if scalar(UNNUMBERED, cycle=cycle_id, **part._asdict()):
        raise ConflictError("orders have no number yet", cycle=cycle_id)
    allocate_the_rest(cycle_id, part, short=short)
    plan_parcels(cycle_id, part)
    outbox.record(ParcelsPlanned(cycle_id, *part))
    _stage_after_the_last(ShortageShared(cycle_id, *part, short))


STATE_FOR_UPDATE = "SELECT state FROM cycle WHERE id = :cycle FOR NO KEY UPDATE"
SHARED_BEFORE = """
    SELECT EXISTS (SELECT FROM batch WHERE cycle_id = :cycle AND grid_id BETWEEN :first_grid AND :last_grid)
        OR EXISTS (SELECT FROM cycle WHERE id = :cycle AND state <> 'procuring')
"""
# Looked up order by order: the numbers of all other grids are none of this part's business.
UNNUMBERED = """
    SELECT EXISTS (SELECT FROM orders AS o
                   WHERE o.cycle_id = :cycle AND o.grid_id BETWEEN :first_grid AND :last_grid AND o.state = 'placed'
                     AND (SELECT n.order_id FROM order_number AS n WHERE n.order_id = o.id) IS NULL)
"""


def _stage_after_the_last(part: ShortageShared) -> None:
    # Two last parts must not both see the other at work: the cycle's row makes them take turns.
    state = scalar(STATE_FOR_UPDATE, cycle=part.cycle_id)
    if outbox.has_siblings(part, by="cycle_id"):
        return
    execute(
        "UPDATE cycle SET state = :state WHERE id = :cycle",
        state=move(CYCLE_MOVES, state, "stage"),
        cycle=part.cycle_id,
    )


def allocate_the_rest(cycle_id: int, part: Part, *, short: list[int]) -> None:
    """Write an allocation for every line of these grids whose product isn't short."""
    execute(WORK_MEMORY)
    execute(WITHOUT_SHORTAGE, cycle=cycle_id, short=short, **part._asdict())


def allocate_short(cycle_id: int, *, seed: str) -> list[int]:
    """Write the run, and an allocation for every line of a product that is short, with substitutes; return those products.

    What the care register said is kept with the decision: the register may change beside it.
    """
    execute(WORK_MEMORY)
    execute(
        "INSERT INTO allocation_run (cycle_id, policy, seed) VALUES (:cycle, :policy, :seed)",
        cycle=cycle_id,
        policy=Policy.CARE_FIRST,
        seed=seed,
    )
    products = rows(SHELF_AND_DEMAND, cycle=cycle_id)
    short = [product for product in products if product.supply < product.demand]
    left = {product.id: product.supply - product.demand for product in products if product.supply >= product.demand}
    if short:
        remaining = {
            line.product_id: line.units for line in rows(SHARES, cycle=cycle_id, seed=seed, **_as_arrays(short))
        }
        _allocate_whole(cycle_id, [product for product in short if product.id in remaining], remaining, seed=seed)
        _substitute(cycle_id, short, left, seed=seed)
    return [product.id for product in short]


def _as_arrays(short: Iterable[Row[Any]]) -> dict[str, list[Any]]:
    return {
        "products": [product.id for product in short],
        "supplies": [product.supply for product in short],
        "policies": [product.policy for product in short],
    }


def _allocate_whole(cycle_id: int, short: list[Row[Any]], remaining: dict[int, int], *, seed: str) -> None:
    """Serve the lines that want all or nothing from what the others left."""
    if not short:
        return
    waiting: dict[int, list[Row[Any]]] = defaultdict(list)
    for line in rows(WHOLE_LINES, cycle=cycle_id, seed=seed, **_as_arrays(short)):
        waiting[line.product_id].append(line)
    shares = []
    for product_id, lines in waiting.items():
        given = fit_whole([line.ordered for line in lines], remaining[product_id])
        shares += [(line, units) for line, units in zip(lines, given, strict=True)]
    execute(
        WHOLE_SHARES,
        cycle=cycle_id,
        orders=[line.order_id for line, _ in shares],
        items=[line.item_id for line, _ in shares],
        ordered=[line.ordered for line, _ in shares],
        units=[units for _, units in shares],
        care=[line.care_first for line, _ in shares],
    )


def _substitute(cycle_id: int, short: list[Row[Any]], left: dict[int, int], *, seed: str) -> None:
    """Give named substitutes for what lines didn't get, as far as their own lines leave something."""
    over = {product_id: units for product_id, units in left.items() if units > 0}
    execute(
        SUBSTITUTES,
        cycle=cycle_id,
        seed=seed,
        short=[product.id for product in short],
        products=list(over),
        supplies=list(over.values()),
    )
