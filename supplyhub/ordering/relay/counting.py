"""How many units of an item a said quantity is: 2份, 两斤 of a thing of a kilo, and what isn't known here (箱, 半份). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.ordering.relay.notes import Code, Note
from supplyhub.ordering.relay.words import ANY_UNIT, GRAMS, SAME_UNITS

if TYPE_CHECKING:
    from supplyhub.ordering.relay.facts import Item
    from supplyhub.ordering.relay.numerals import Number
    from supplyhub.ordering.relay.tokens import Quantity

MOST_UNITS = 99_999


def units_of(item: Item, quantity: Quantity, said: str) -> tuple[int, Note | None]:
    """Return the units, with a note when they were worked out; for a foreign unit what comes nearest, and that it is foreign."""
    if _is_own(item, quantity.unit) and quantity.value.denominator == 1 and quantity.value <= MOST_UNITS:
        return int(quantity.value), None
    foreign = Note(Code.FOREIGN_UNIT, {"item": item.id, "said": said})
    # A weight by which the item itself is sold is no foreign unit, but half of it is.
    if quantity.unit not in GRAMS or _is_own(item, quantity.unit):
        return _nearest(quantity.value), foreign
    grams = quantity.value * GRAMS[quantity.unit]
    units = grams / item.grams
    if units.denominator != 1 or not 0 < units <= MOST_UNITS:
        return _nearest(units), foreign
    return int(units), Note(
        Code.CONVERTED, {"item": item.id, "said": said, "grams": int(grams), "quantity": int(units)}
    )


def _is_own(item: Item, unit: str) -> bool:
    if not unit or unit == item.unit or unit in ANY_UNIT:
        return True
    return any(unit in same and item.unit in same for same in SAME_UNITS)


def _nearest(units: Number) -> int:
    return min(max(round(units), 1), MOST_UNITS)
