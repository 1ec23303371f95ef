"""Reading tables that platforms and suppliers send: Excel as it comes from their desks, or CSV.

Pure: bytes in, rows out. Titles above the header, other columns and lines of totals are passed over; what can be read in two
ways is refused with the cell it stands in (`FileRefusedError`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from supplyhub.files import FaultError, FileRefusedError, Line, faults_of, is_workbook, plain, records, refuse, shown
from supplyhub.workbook import Cells, open_workbook, with_formulas

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from supplyhub.files import Column, Problems

MOST_SHEET_ROWS = 5_000
# The header stands below a title and an address, never further down.
HEADER_WITHIN = 20
TOTALS = frozenset({"合计", "总计", "小计", "共计", "总额", "total", "totals", "subtotal", "sum"})
DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))")
MONEY = re.compile(r"[¥￥]?\s*(\d{1,9})(?:\.(\d{1,2})0*)?\s*元?")
IN_BRACKETS = re.compile(r"[(\[【].*")


@dataclass(frozen=True, slots=True)
class Header:
    """Where the columns were found: the index of the header's row, and each key's column."""

    row: int
    columns: dict[str, int]


def read_sheet(
    data: bytes, file: str, columns: Sequence[Column], problems: Problems, *, most_rows: int = MOST_SHEET_ROWS
) -> list[Line]:
    """Return the rows below the header that names `columns`, in any order, in Chinese or English; CSV or Excel.

    In a workbook the sheet with these columns is read, wherever it stands. Faults of single rows go to `problems`, and those
    rows are left out. Raises FileRefusedError when no sheet or more than one has the columns, when there are more than
    `most_rows` rows, and for what is neither CSV nor a spreadsheet.
    """
    cells, header = _find(_tables(data, file, problems), file, columns, problems)
    merged = cells.merged_over(header.columns.values())
    first = max([header.row, *(last for top, last, _ in merged if top <= header.row)]) + 1
    if (below := len(cells.rows) - first) > most_rows:
        raise refuse(file, f"{cells.called}it has {below} rows; at most {most_rows} are read. Is it the right file?")
    cells = with_formulas(cells, data, file)
    longest = {column.key: column.longest for column in columns}
    lines: list[Line] = []
    for index in range(first, len(cells.rows)):
        line = _line(cells, index, header)
        if line is None:
            continue
        faults = [
            *cells.faults_at(index, header.columns),
            *(fault for key in header.columns for fault in faults_of(line[key], key, longest[key])),
        ]
        for fault in faults:
            problems.at_line(line.number, fault)
        if not faults:
            lines.append(line)
    return lines


def read_day(text: str, name: str) -> date:
    """Return a day as people write it: 2026-04-12, 2026/4/12, 2026年4月12日, 20260412. Raises FaultError."""
    found = DAY.fullmatch(plain(text))
    year, month, day = (int(part) for part in found.groups() if part) if found else (0, 0, 0)
    try:
        return date(year, month, day)
    except ValueError:
        raise FaultError(f"{name} is {shown(text)}, which is no day such as 2026-04-12") from None


def read_yuan(text: str, name: str, *, most_fen: int) -> int:
    """Return fen for an amount in yuan: 3.5, ¥3.50, 3.50元. Raises FaultError."""
    found = MONEY.fullmatch(plain(text).replace(",", ""))
    if found is None:
        raise FaultError(f"{name} is {shown(text)}, which is no amount such as 3.50")
    fen = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
    if fen > most_fen:
        raise FaultError(f"{name} is {fen / 100:.2f}; it must be at most {most_fen / 100:.2f}")
    return fen


def _tables(data: bytes, file: str, problems: Problems) -> Iterator[Cells]:
    """Yield the tables of a file: the visible sheets of a workbook, or the one of a CSV file."""
    if is_workbook(data):
        yield from open_workbook(data, file)
        return
    rows: list[list[Any]] = []
    for number, cells in records(data, file, problems):
        rows += [[]] * (number - 1 - len(rows))
        rows.append(list(cells))
    yield Cells("", rows)


def _find(tables: Iterator[Cells], file: str, columns: Sequence[Column], problems: Problems) -> tuple[Cells, Header]:
    found: list[tuple[Cells, Header]] = []
    missed: list[str] = []
    for cells in tables:
        header, missing = _header(cells, file, columns)
        if header is not None:
            found.append((cells, header))
        else:
            missed.append(f"{cells.called}the columns {missing} are missing")
    if len(found) == 1:
        return found[0]
    problems.raise_any()
    if found:
        names = ", ".join(shown(cells.name) for cells, _ in found)
        raise refuse(file, f"the sheets {names} all have these columns; keep the one that counts")
    raise FileRefusedError.of(file, [f"{file}: {what}" for what in missed] or [f"{file}: it is empty"])


def _header(cells: Cells, file: str, columns: Sequence[Column]) -> tuple[Header | None, str]:
    """Return the header, or None and what the row that comes nearest lacks."""
    known = {name: column.key for column in columns for name in (column.key, *column.headers)}
    best: Header = Header(0, {})
    for index, row in enumerate(cells.rows[:HEADER_WITHIN]):
        named = [(known[name], at) for at, cell in enumerate(row) if (name := _name_of(cell)) in known]
        if len(named) <= len(best.columns):
            continue
        if twice := sorted({key for key, _ in named if sum(other == key for other, _ in named) > 1}):
            raise refuse(file, f"{cells.called}column {', '.join(twice)} comes twice")
        best = Header(index, dict(named))
    missing = [column for column in columns if not column.optional and column.key not in best.columns]
    return (None if missing else best), ", ".join(column.headers[0] for column in missing)


def _name_of(cell: Any) -> str:
    """Return a header as it is compared: 数量（件） is 数量."""
    name = plain(as_text(cell)).lower()
    return IN_BRACKETS.sub("", name).strip() or name


def _line(cells: Cells, index: int, header: Header) -> Line | None:
    """Return a row with text in the columns; None for one without, and for a line of totals."""
    row = cells.rows[index]
    if any(plain(as_text(cell)).lower().rstrip(":") in TOTALS for cell in row):
        return None
    texts = {key: as_text(row[at]) if at < len(row) else "" for key, at in header.columns.items()}
    empty = not any(texts.values()) and not cells.has_formula(index, header.columns.values())
    return None if empty else Line(index + 1, texts)


def as_text(cell: Any) -> str:
    """Return a cell as it would be typed: a whole number without a point, a day as 2026-04-12."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else f"{cell:.10g}"
    if isinstance(cell, datetime) and cell.time() == datetime.min.time():
        return cell.date().isoformat()
    return str(cell).strip()
