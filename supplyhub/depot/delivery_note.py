"""A platform's delivery note as a table: what it says is on the truck, to be counted against. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.files import Column, FaultError, Line, Problems, plain, read_count
from supplyhub.sheets import read_day, read_sheet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

MOST_UNITS = 1_000_000
COLUMNS = (
    Column("sku", ("货号", "编号", "商品编码", "商品编号"), longest=32, optional=True),
    Column("barcode", ("条码", "条形码", "商品条码"), longest=40, optional=True),
    Column("name", ("品名", "名称", "商品名称", "品种", "商品"), longest=80, optional=True),
    Column("quantity", ("数量", "件数", "送货数量", "实发数量", "发货数量"), longest=20),
    Column("expires_on", ("到期日", "有效期", "有效期至", "保质期至", "到期日期"), longest=20, optional=True),
    Column("lot_number", ("批号", "批次", "生产批号"), longest=40, optional=True),
)


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A row of a delivery note: by which names it calls the goods, and what it says of them."""

    row: int
    names: tuple[str, ...]
    quantity: int
    expires_on: date | None
    lot_number: str


def read_delivery_note(data: bytes, *, file: str = "delivery note") -> list[NoteRow]:
    """Return what a delivery note says, by row. Raises FileRefusedError, which names every row at fault."""
    problems = Problems(file)
    found: list[NoteRow] = []
    for line in read_sheet(data, file, COLUMNS, problems):
        try:
            found.append(_row(line))
        except FaultError as error:
            problems.at_line(line.number, str(error))
    problems.raise_any()
    return found


def find_line(row: NoteRow, codes: Iterable[tuple[int, Iterable[str | None]]]) -> int | None:
    """Return which line a row means; `codes` are each line's SKU, barcode and names. The surest name comes first."""
    known = list(codes)
    for name in row.names:
        for line, called in known:
            if name.casefold() in {code.casefold() for code in called if code}:
                return line
    return None


def _row(line: Line) -> NoteRow:
    names = tuple(name for key in ("sku", "barcode", "name") if (name := plain(line[key])))
    if not names:
        raise FaultError("neither number nor name of the goods")
    return NoteRow(
        line.number,
        names,
        read_count(line["quantity"], "quantity", most=MOST_UNITS),
        read_day(line["expires_on"], "expires_on") if line["expires_on"] else None,
        plain(line["lot_number"]),
    )
