"""How far the cells of an Excel file lie apart, told without laying its tables out.

A reader lays a table out whole in memory, from its first cell to its last one: two letters in opposite corners of a sheet,
a file of 5 kB, are 17 billion cells.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

if TYPE_CHECKING:
    import zipfile

CHUNK_BYTES = 1024 * 1024
PLACE = re.compile(r"([A-Za-z]*)([0-9]*)")
# What makes a cell more than a colour.
FILLED = frozenset({"v", "is", "f"})


class UnreadableError(Exception):
    """A part of the file that ought to be XML isn't."""


class _Extent:
    """Notes the last row and the last column with anything in them; a cell that tells no place follows the one before."""

    def __init__(self) -> None:
        self.last_row = self.last_column = 0
        self._row = self._column = 0

    def start(self, name: str, attributes: dict[str, Any]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "c":
            letters, digits = self._place(attributes)
            self._column = _number(letters) or self._column + 1
            self._row = digits or self._row
        elif tag == "row":
            self._row, self._column = self._place(attributes)[1] or self._row + 1, 0
        elif tag in FILLED:
            self.last_row, self.last_column = max(self.last_row, self._row), max(self.last_column, self._column)

    def _place(self, attributes: dict[str, Any]) -> tuple[str, int]:
        found = PLACE.match(attributes.get("r", "")[:40])
        return (found[1], int(found[2] or 0)) if found else ("", 0)


def cells_across(package: zipfile.ZipFile) -> int:
    """Return how many cells the largest sheet has, up to its last row and column. Raises UnreadableError."""
    return max((_cells(package, part) for part in package.namelist()), default=0)


def _cells(package: zipfile.ZipFile, part: str) -> int:
    extent, parser = _Extent(), expat.ParserCreate()
    parser.StartElementHandler = extent.start
    try:
        with package.open(part) as sheet:
            while chunk := sheet.read(CHUNK_BYTES):
                parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        # Pictures and the like are no XML.
        if part.endswith(".xml"):
            raise UnreadableError(part) from error
    return extent.last_row * extent.last_column


def _number(letters: str) -> int:
    """Return a column's number from 1, 0 without letters."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
