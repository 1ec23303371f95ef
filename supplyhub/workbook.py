"""The sheets of an Excel file: what stands in the cells, and what makes a cell unfit to be read.

Values are those that were saved: a formula counts with its result, when it was worked out.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from supplyhub.files import LARGEST_FILE_BYTES, refuse, shown
from supplyhub.sheet_extent import UnreadableError, cells_across

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MOST_SHEETS = 50
MOST_ROWS_LOOKED_AT = 200_000
# A workbook is packed; a small file can hold far more than anybody typed.
LARGEST_UNPACKED_BYTES = 100 * 1024 * 1024
# Tables are laid out whole in memory, from the first cell to the last one, whatever stands between them.
MOST_CELLS = 5_000_000
PACKED = b"PK"
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")


@dataclass(frozen=True, slots=True)
class Cells:
    """A table from its first row and column on, with its merged ranges and its formulas by row and column."""

    name: str
    rows: list[list[Any]]
    # (first row, last row, columns)
    merged: list[tuple[int, int, range]] = field(default_factory=list)
    formulas: frozenset[tuple[int, int]] = frozenset()
    # Its writer left the formulas to the program that opens it.
    worked_out: bool = True

    @property
    def called(self) -> str:
        """Return how a message begins that is about this sheet."""
        return f"sheet {shown(self.name)}: " if self.name else ""

    def merged_over(self, columns: Iterable[int]) -> list[tuple[int, int, range]]:
        """Return the merged ranges that touch some columns."""
        wanted = set(columns)
        return [found for found in self.merged if wanted.intersection(found[2])]

    def has_formula(self, row: int, columns: Iterable[int]) -> bool:
        """Return whether a row has a formula in some columns."""
        return any((row, column) in self.formulas for column in columns)

    def faults_at(self, row: int, columns: Mapping[str, int]) -> Iterator[str]:
        """Yield what makes cells of a row unfit: merged with others, a formula that was not worked out."""
        for key, column in columns.items():
            for top, last, across in self.merged:
                if top <= row <= last and column in across:
                    where = f"{address(top, across.start)}:{address(last, across.stop - 1)}"
                    yield f"{key}: the cells {where} are merged; give each its own"
            if (row, column) in self.formulas and not (self.worked_out and self._value(row, column)):
                yield f"{key}: {address(row, column)} is a formula without a result; put the number there"

    def _value(self, row: int, column: int) -> bool:
        cells = self.rows[row]
        return column < len(cells) and cells[column] != ""


def open_workbook(data: bytes, file: str) -> Iterator[Cells]:
    """Yield the visible sheets with anything on them. Raises FileRefusedError for what can't be opened."""
    if len(data) > LARGEST_FILE_BYTES:
        raise refuse(file, f"it has {len(data)} bytes; at most {LARGEST_FILE_BYTES} are read")
    if not data.startswith(PACKED):
        # Of the old kind, .xls, nobody can tell how far its cells lie apart before they are laid out.
        raise refuse(file, "it is an old spreadsheet, or protected by a password; save it as XLSX without one")
    _refuse_unsound(data, file)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = [sheet.name for sheet in book.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
        for name in names[:MOST_SHEETS]:
            sheet = book.get_sheet_by_name(name)
            rows = sheet.to_python(skip_empty_area=False, nrows=MOST_ROWS_LOOKED_AT) if sheet.end else []
            merged = [
                (top, last, range(left, right + 1)) for (top, left), (last, right) in sheet.merged_cell_ranges or []
            ]
            if rows:
                yield Cells(name, rows, merged)
    except CalamineError:
        raise refuse(file, "it can't be opened as a spreadsheet; is it protected by a password?") from None


def with_formulas(cells: Cells, data: bytes, file: str) -> Cells:
    """Return a sheet with its formulas; those of older kinds of spreadsheets can't be told. Raises FileRefusedError."""
    if not (cells.name and data.startswith(PACKED)):
        return cells
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if "xl/workbook.xml" not in package.namelist():
                return cells
            formulas, worked_out = _formulas(package, cells.name)
    except (*DAMAGED, ET.ParseError, KeyError):
        raise refuse(file, f"{cells.called}it is damaged; save it again") from None
    return replace(cells, formulas=formulas, worked_out=worked_out)


def address(row: int, column: int) -> str:
    """Return a cell as spreadsheets call it: A1 for (0, 0)."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"


def _refuse_unsound(data: bytes, file: str) -> None:
    """Refuse an archive that is damaged, holds far more than anybody typed, or lies about how much it holds."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            unpacked = sum(part.file_size for part in package.infolist())
            small = unpacked <= LARGEST_UNPACKED_BYTES
            sound = not small or package.testzip() is None
            # Other packed kinds say in other ways where their cells stand.
            known = not small or "xl/workbook.xml" in package.namelist()
            laid_out = cells_across(package) if small and sound else 0
    except (*DAMAGED, UnreadableError):
        sound = False
    if not sound:
        raise refuse(file, "it is cut off or damaged; send it again")
    if not small:
        raise refuse(file, f"unpacked it has more than {LARGEST_UNPACKED_BYTES} bytes; is it the right file?")
    if not known:
        raise refuse(file, "it is another kind of spreadsheet; save it as XLSX")
    if laid_out > MOST_CELLS:
        raise refuse(file, "something stands far below or far beside the table; take it away and save it again")


def _formulas(package: zipfile.ZipFile, name: str) -> tuple[frozenset[tuple[int, int]], bool]:
    """Return the cells of a sheet that hold formulas, and whether these were worked out when it was saved."""
    # Expat refuses entities that blow up, and the package's size was looked at.
    book = ET.fromstring(package.read("xl/workbook.xml"))  # noqa: S314
    relations = ET.fromstring(package.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    wanted = next((sheet for sheet in book.iter(f"{MAIN}sheet") if sheet.get("name") == name), None)
    if wanted is None:
        return frozenset(), True
    path = targets[wanted.get(RELATION)].lstrip("/")
    found: set[tuple[int, int]] = set()
    with package.open(path if path.startswith("xl/") else f"xl/{path}") as sheet:
        for _, element in ET.iterparse(sheet):  # noqa: S314
            if element.tag == f"{MAIN}c":
                place = CELL.fullmatch(element.get("r", ""))
                if place and element.find(f"{MAIN}f") is not None:
                    found.add((int(place[2]) - 1, _column(place[1])))
            elif element.tag == f"{MAIN}row":
                element.clear()
    calculation = book.find(f"{MAIN}calcPr")
    return frozenset(found), calculation is None or calculation.get("fullCalcOnLoad") not in {"1", "true"}


def _column(letters: str) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1
