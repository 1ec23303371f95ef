"""Placing, changing and cancelling a household's order; saying that nothing is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from supplyhub.db import execute, transaction
from supplyhub.errors import HubError, InvalidError, NotFoundError
from supplyhub.ordering.calls import write_declined
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
from supplyhub.ordering.reach import check_part, check_reach, lock_household
from supplyhub.ordering.states import Channel

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
    "closed": ("cutoff_at", "shut"),
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
) -> Put:
    """Make the household's order in the menu this basket, whole or not at all.

    `expected` is the version it was made from, None for no order. The same basket again changes nothing. Returns
    whether it was placed, changed or unchanged, and the order; raises the errors of `ordering.errors`, each with what
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
) -> Put:
    """Cancel the household's order before the cut-off and free what it reserved; cancelling again changes nothing."""
    return _put(asker, Basket(menu_id, household_id, asker.account_id, expected, channel=channel), desk)


def decline(asker: Asker, *, cycle_id: int, household_id: int) -> None:
    """Note that a household needs nothing in this cycle. Raises ConflictError when it has an order."""
    with transaction():
        check_reach(asker, household_id, cycle_id=cycle_id)
        lock_household(household_id)
        check_part(asker, cycle_id, household_id)
        write_declined(asker, cycle_id, household_id)


def undecline(asker: Asker, *, cycle_id: int, household_id: int) -> None:
    """Put a household back among the silent ones."""
    with transaction():
        check_reach(asker, household_id, cycle_id=cycle_id)
        check_part(asker, cycle_id, household_id)
        execute(
            "DELETE FROM declined WHERE cycle_id = :cycle AND household_id = :home",
            cycle=cycle_id,
            home=household_id,
        )


def _put(asker: Asker, basket: Basket, desk: Desk) -> Put:
    check_reach(asker, basket.household, menu_id=basket.menu)
    put = desk.put(basket)
    if not put.written:
        _refuse(asker, put, basket)
    return put


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
