"""Placing, changing and cancelling a household's order; saying that nothing is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from supplyhub.db import execute, row, scalar, transaction
from supplyhub.errors import ConflictError, HubError, InvalidError, NotFoundError
from supplyhub.ordering.desk import SingleDesk
from supplyhub.ordering.errors import (
    CannotOrderError,
    MenuClosedError,
    MenuNotOpenError,
    PriceChangedError,
    SoldOutError,
    StaleOrderError,
)
from supplyhub.ordering.putting import Basket
from supplyhub.ordering.queries import order_of
from supplyhub.ordering.states import Channel
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplyhub.ordering.baskets import Line
    from supplyhub.ordering.desk import Desk
    from supplyhub.ordering.putting import Put
    from supplyhub.people.asker import Asker

REFUSALS: dict[str, type[HubError]] = {
    "short": SoldOutError,
    "price_changed": PriceChangedError,
    "closed": MenuClosedError,
    "not_open": MenuNotOpenError,
    "cannot_order": CannotOrderError,
}
# What explains each of them.
FACTS = {
    "short": ("sold_out", "over_cap", "withdrawn"),
    "price_changed": ("total_fen",),
    "closed": ("cutoff_at",),
    "not_open": ("opens_at",),
    "cannot_order": ("active",),
}
SINGLE = SingleDesk()


def place_order(
    asker: Asker,
    *,
    menu_id: int,
    household_id: int,
    expected: int | None,
    lines: Sequence[Line],
    total_fen: int,
    note: str = "",
    channel: Channel = Channel.WEB,
    desk: Desk = SINGLE,
) -> dict[str, Any]:
    """Make the household's order in the menu this basket, whole or not at all.

    `expected` is the version it was made from, None for no order. The same basket again changes nothing. Returns
    {"outcome": placed | changed | unchanged} and the order; raises the errors of `ordering.errors`, each with what
    explains it.
    """
    if not lines:
        raise InvalidError("an order has at least one line; cancel it instead")
    basket = Basket(menu_id, household_id, asker.account_id, expected, lines, total_fen, note, channel)
    return _put(asker, basket, desk)


def cancel_order(
    asker: Asker,
    *,
    menu_id: int,
    household_id: int,
    expected: int | None,
    channel: Channel = Channel.WEB,
    desk: Desk = SINGLE,
) -> dict[str, Any]:
    """Cancel the household's order before the cut-off and free what it reserved; cancelling again changes nothing."""
    return _put(asker, Basket(menu_id, household_id, asker.account_id, expected, channel=channel), desk)


def decline(asker: Asker, *, cycle_id: int, household_id: int) -> None:
    """Note that a household needs nothing in this cycle. Raises ConflictError when it has an order."""
    with transaction():
        _reachable(asker, household_id, cycle_id=cycle_id)
        _lock_household(household_id)
        _in_cycle(asker, cycle_id, household_id)
        if scalar(
            "SELECT id FROM orders WHERE cycle_id = :cycle AND household_id = :home AND state = 'placed'",
            cycle=cycle_id,
            home=household_id,
        ):
            raise ConflictError("this household has an order; cancel it first")
        execute(
            "INSERT INTO declined (cycle_id, household_id, recorded_by) VALUES (:cycle, :home, :by) ON CONFLICT DO NOTHING",
            cycle=cycle_id,
            home=household_id,
            by=asker.account_id,
        )


def undecline(asker: Asker, *, cycle_id: int, household_id: int) -> None:
    """Put a household back among the silent ones."""
    with transaction():
        _reachable(asker, household_id, cycle_id=cycle_id)
        _in_cycle(asker, cycle_id, household_id)
        execute(
            "DELETE FROM declined WHERE cycle_id = :cycle AND household_id = :home",
            cycle=cycle_id,
            home=household_id,
        )


def _put(asker: Asker, basket: Basket, desk: Desk) -> dict[str, Any]:
    _reachable(asker, basket.household, menu_id=basket.menu)
    put = desk.put(basket)
    if not put.written:
        _refuse(asker, put, basket)
    return {"outcome": put.outcome, "menu_id": basket.menu, "household_id": basket.household, **put.data}


def _refuse(asker: Asker, put: Put, basket: Basket) -> NoReturn:
    if put.outcome == "stale":
        raise StaleOrderError(current=order_of(asker, basket.menu, basket.household))
    if put.outcome in REFUSALS:
        facts = {name: put.data.get(name, []) for name in FACTS[put.outcome]}
        raise REFUSALS[put.outcome](**facts)
    if put.outcome == "unknown_items":
        raise InvalidError("these items are not on the menu", items=put.data["items"])
    if put.outcome == "nothing_to_cancel":
        raise NotFoundError("no order to cancel")
    raise NotFoundError("no such menu", menu=basket.menu)


def _reachable(asker: Asker, household_id: int, *, menu_id: int | None = None, cycle_id: int | None = None) -> None:
    """Refuse as unknown a household that isn't the asker's own, or whose grid in this cycle the asker doesn't lead."""
    if asker.role == Role.RESIDENT:
        if asker.household_id != household_id:
            raise NotFoundError("no such household", household=household_id)
        return
    found = scalar(
        """
        SELECT h.id FROM household AS h
        WHERE h.id = :home AND h.community_id = :community AND (CAST(:grid AS bigint) IS NULL OR EXISTS (
          SELECT FROM cycle_building AS b
          WHERE b.building_id = h.building_id AND b.grid_id = :grid
            AND b.cycle_id = coalesce(CAST(:cycle AS bigint), (SELECT cycle_id FROM menu WHERE id = :menu))))
        """,
        home=household_id,
        community=asker.community_id,
        grid=asker.grid() if asker.role == Role.GRID_LEAD else None,
        cycle=cycle_id,
        menu=menu_id,
    )
    if found is None:
        raise NotFoundError("no such household", household=household_id)


def _lock_household(household_id: int) -> None:
    # put_orders locks the household first as well: an order and a "no" of one household take turns.
    scalar("SELECT id FROM household WHERE id = :home FOR NO KEY UPDATE", home=household_id)


def _in_cycle(asker: Asker, cycle_id: int, household_id: int) -> None:
    """Refuse a cycle that is closed or another community's, and a household that has no part in it."""
    cycle = row(
        """
        SELECT EXISTS (
          SELECT FROM household AS h JOIN cycle_building AS b ON b.building_id = h.building_id AND b.cycle_id = c.id
          WHERE h.id = :home AND h.active) AS has_part
        FROM cycle AS c WHERE c.id = :cycle AND c.community_id = :community AND c.state <> 'closed'
        """,
        cycle=cycle_id,
        community=asker.community_id,
        home=household_id,
    )
    if cycle is None:
        raise NotFoundError("no such cycle that is still under way", cycle=cycle_id)
    if not cycle.has_part:
        raise CannotOrderError(household=household_id)
