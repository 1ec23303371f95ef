"""What platforms send back as a table: which goods of a purchase order they confirm, how many, and at what cost. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from supplyhub.files import Column, FaultError, Line, Problems, plain, read_count, shown
from supplyhub.sheets import read_sheet, read_yuan

__all__ = ["ConfirmedRow", "read_confirmation", "read_sheet"]

MOST_UNITS = 1_000_000
MOST_FEN = 100_000_00
CONFIRMATION = (
    Column("sku", ("货号", "编号"), longest=32),
    Column("quantity", ("确认数量", "可供数量", "实供数量"), longest=20),
    Column("cost", ("确认进价", "确认单价", "实供单价"), longest=20, optional=True),
)


@dataclass(frozen=True, slots=True)
class ConfirmedRow:
    """What a platform said about a product; None where it left the cell empty: as ordered."""

    sku: str
    quantity: int | None
    cost_fen: int | None


def read_confirmation(data: bytes, *, file: str = "confirmation") -> list[ConfirmedRow]:
    """Return what a platform filled in, by row. Raises FileRefusedError, which names every row at fault."""
    problems = Problems(file)
    found: list[ConfirmedRow] = []
    first_line: dict[str, int] = {}
    for line in read_sheet(data, file, CONFIRMATION, problems):
        try:
            confirmed = _confirmed(line)
        except FaultError as error:
            problems.at_line(line.number, str(error))
            continue
        earlier = first_line.setdefault(confirmed.sku, line.number)
        if earlier != line.number:
            problems.at_line(line.number, f"sku {shown(confirmed.sku)} stands in line {earlier} already")
        found.append(confirmed)
    problems.raise_any()
    return found


def _confirmed(line: Line) -> ConfirmedRow:
    if not line["sku"]:
        raise FaultError("sku is empty")
    return ConfirmedRow(
        plain(line["sku"]),
        read_count(line["quantity"], "quantity", most=MOST_UNITS) if line["quantity"] else None,
        read_yuan(line["cost"], "cost", most_fen=MOST_FEN) if line["cost"] else None,
    )
