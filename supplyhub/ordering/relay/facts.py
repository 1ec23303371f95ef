"""What a relay is read against: the posted items with their names, the doors of the grid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_CAP = 9_999


@dataclass(frozen=True, slots=True)
class Item:
    """A posted item; `position` is its short number in the relay, `grams` what a unit weighs.

    A withdrawn one is known by name, and can't be had.
    """

    id: int
    sku: str
    name: str
    unit: str
    grams: int
    position: int
    cap: int = NO_CAP
    aliases: tuple[str, ...] = ()
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    """A product of the community that isn't posted: to tell "not on this menu" from an unknown word."""

    sku: str
    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Door:
    """An active household of the grid, with its contact as the register has it; empty when it has none."""

    household_id: int
    building: str
    building_number: int
    unit: str
    unit_number: int
    door: str
    name: str = ""
    phone: str = ""

    @property
    def said(self) -> str:
        """Return the door as the register writes it: 47号楼/1单元/101."""
        return "/".join(part for part in (self.building, self.unit, self.door) if part)


@dataclass(frozen=True, slots=True)
class Known:
    """All that a relay of one grid is read against. `elsewhere`: the grid number of each building of other grids."""

    items: tuple[Item, ...]
    doors: tuple[Door, ...]
    grid_number: int
    products: tuple[Product, ...] = ()
    elsewhere: Mapping[str, int] = field(default_factory=dict)
