"""The baskets file: which household wants how much of what."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.errors import HubError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

HEADER = ["household_row", "sku", "quantity"]
MOST_UNITS_A_LINE = 9_999
MISTAKES_NAMED = 20

# Units by SKU, by household row.
Baskets = dict[int, dict[str, int]]


class BadBasketsError(HubError):
    """The baskets file can't be played; nothing was started. `mistakes` are sentences with line numbers."""

    code = "bad_baskets"

    def __init__(self, path: Path, mistakes: list[str]) -> None:
        shown = mistakes[:MISTAKES_NAMED]
        more = [f"and {len(mistakes) - len(shown)} more"] if len(mistakes) > len(shown) else []
        super().__init__(f"{path.name} can't be played, nothing was started:", mistakes=shown + more)


@dataclass(frozen=True, slots=True)
class Door:
    """A door as the register file writes it."""

    building: str
    unit: str
    door: str


def read_baskets(path: Path, *, rows: int, skus: Collection[str]) -> Baskets:
    """Return the baskets of a `household_row,sku,quantity` file.

    `rows` is how many households the register file has, counted from 1. Raises BadBasketsError with every mistake.
    """
    baskets: Baskets = {}
    mistakes: list[str] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        if next(reader, []) != HEADER:
            raise BadBasketsError(path, [f"line 1: the header must be {','.join(HEADER)}"])
        for fields in reader:
            if fields:
                mistake = _add(baskets, fields, rows=rows, skus=skus)
                mistakes += [f"line {reader.line_num}: {mistake}"] if mistake else []
    if not baskets and not mistakes:
        mistakes = ["there is no basket in it"]
    if mistakes:
        raise BadBasketsError(path, mistakes)
    return dict(sorted(baskets.items()))


def _add(baskets: Baskets, fields: list[str], *, rows: int, skus: Collection[str]) -> str:
    """Add a line to the baskets; return what is wrong with it, or an empty text."""
    if len(fields) != len(HEADER):
        return f"{len(fields)} fields instead of {len(HEADER)}"
    row, sku, quantity = (field.strip() for field in fields)
    if not (row.isdecimal() and 1 <= int(row) <= rows):
        return f"household_row {row!r} is no data row of the register file (1 to {rows})"
    if sku not in skus:
        return f"no offer has the SKU {sku!r}"
    if not (quantity.isdecimal() and 1 <= int(quantity) <= MOST_UNITS_A_LINE):
        return f"quantity {quantity!r} is no number from 1 to {MOST_UNITS_A_LINE}"
    basket = baskets.setdefault(int(row), {})
    if sku in basket:
        return f"household {row} has {sku} twice"
    basket[sku] = int(quantity)
    return ""


def read_doors(path: Path) -> list[Door]:
    """Return the doors of a register file in its order: data row 1 comes first."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [Door(line["楼栋"], line["单元"], line["门牌号"]) for line in csv.DictReader(file)]


def digest(path: Path) -> str:
    """Return by what a resumed replay knows the same baskets file again."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
