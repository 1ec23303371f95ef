"""Choosing from a menu: the basket between the menu, the review and the order. The same for a household and its helper.

The basket lies in the session, so that it is kept without script, over a reload, and when an order is refused.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from flask import session

from supplyhub.catalog.kinds import kind_place
from supplyhub.catalog.queries import items_of
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.queries import order_of
from supplyhub.ordering.schemas import LONGEST_NOTE, MOST_UNITS
from supplyhub.ordering.states import OrderState
from supplyhub.schemas import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

KEY = "basket"


@dataclass(slots=True)
class Basket:
    """What somebody is choosing for a household: units by item, and the version of the order it was made from."""

    menu: int
    household: int
    expected: int | None = None
    lines: dict[int, int] = field(default_factory=dict)
    note: str = ""

    def keep(self) -> None:
        """Keep it for the next request."""
        session[KEY] = {**asdict(self), "lines": [[item, units] for item, units in self.lines.items()]}

    def wanted(self) -> list[Line]:
        """Return the lines to order."""
        return [Line(item=item, quantity=units) for item, units in sorted(self.lines.items()) if units > 0]

    def change(self, item: int, by: int) -> None:
        """Put one more in, or take one out."""
        self.lines[item] = min(max(self.lines.get(item, 0) + by, 0), MOST_UNITS)

    def read(self, form: Mapping[str, str]) -> None:
        """Take over the quantities `q<item>` and the note of a form; what the form doesn't show stays."""
        for name, value in form.items():
            if name.startswith("q") and name[1:].isdecimal() and value.isdecimal() and len(name) < 20:
                self.lines[int(name[1:])] = min(int(value[:6]), MOST_UNITS)
        if "note" in form:
            self.note = clean(form["note"]).strip()[:LONGEST_NOTE]


@dataclass(frozen=True, slots=True)
class Choice:
    """An item with what this household may have of it.

    units: in the basket; ordered: in the order as it stands; most: how many it can have; price_fen: what a unit costs it.
    """

    item: Row[Any]
    units: int
    ordered: int
    most: int
    price_fen: int

    @property
    def sum_fen(self) -> int:
        """Return what the units cost."""
        return self.units * self.price_fen


@dataclass(frozen=True, slots=True)
class Table:
    """Everything a menu page shows: the order as it stands, the basket, and every item as this household can have it."""

    order: dict[str, Any] | None
    basket: Basket
    choices: list[Choice]

    @property
    def chosen(self) -> list[Choice]:
        """Return what is in the basket."""
        return [choice for choice in self.choices if choice.units]

    @property
    def units(self) -> int:
        """Return how many units are in the basket."""
        return sum(choice.units for choice in self.choices)

    @property
    def total_fen(self) -> int:
        """Return what the basket costs."""
        return sum(choice.sum_fen for choice in self.choices)

    @property
    def placed(self) -> bool:
        """Tell whether there is a live order."""
        return self.order is not None and self.order["state"] == OrderState.PLACED

    @property
    def changed(self) -> bool:
        """Tell whether the basket differs from the order."""
        return self.basket.note != _note(self.order) or {
            line.item: line.quantity for line in self.basket.wanted()
        } != _units(self.order)

    def cut_to_fit(self) -> None:
        """Take out of the basket what can't be had; the rest stays."""
        self.basket.lines = {choice.item.id: min(choice.units, choice.most) for choice in self.chosen}


def lay(asker: Asker, menu_id: int, household_id: int) -> Table:
    """Return the table for a household: its basket of this session, else its order, else nothing chosen yet."""
    order = order_of(asker, menu_id, household_id)
    basket = kept(menu_id, household_id) or fresh(menu_id, household_id, order)
    ordered, prices = _units(order), _prices(order)
    choices = [
        Choice(
            item=item,
            units=basket.lines.get(item.id, 0),
            ordered=ordered.get(item.id, 0),
            most=max(min(item.cap, item.left + ordered.get(item.id, 0)), 0),
            # What a line costs was fixed when it was ordered; only a cut reaches it.
            price_fen=min(item.price_fen, prices.get(item.id, item.price_fen)),
        )
        for item in sorted(items_of(menu_id), key=lambda item: kind_place(item.category))
    ]
    return Table(order, basket, choices)


def kept(menu_id: int, household_id: int) -> Basket | None:
    """Return the session's basket when it is for this household and menu."""
    found = session.get(KEY)
    if not found or (found["menu"], found["household"]) != (menu_id, household_id):
        return None
    return Basket(**{**found, "lines": dict(found["lines"])})


def fresh(menu_id: int, household_id: int, order: dict[str, Any] | None) -> Basket:
    """Return a basket that starts from the order as it stands."""
    live = order if order is not None and order["state"] == OrderState.PLACED else None
    return Basket(menu_id, household_id, live["version"] if live else None, _units(order), _note(order))


def drop() -> None:
    """Forget the basket: it was ordered, or given up."""
    session.pop(KEY, None)


def _units(order: dict[str, Any] | None) -> dict[int, int]:
    return {line["item"]: line["quantity"] for line in order["lines"]} if order else {}


def _prices(order: dict[str, Any] | None) -> dict[int, int]:
    return {line["item"]: line["unit_price_fen"] for line in order["lines"]} if order else {}


def _note(order: dict[str, Any] | None) -> str:
    return str(order["note"]) if order and order["state"] == OrderState.PLACED else ""
