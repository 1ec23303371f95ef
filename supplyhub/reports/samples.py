"""Spreadsheets to be filled in: the header that is read again, and a line that shows how."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import xlsxwriter

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 14


def sample_workbook(name: str, header: Sequence[str], lines: Sequence[Sequence[object]]) -> bytes:
    """Return a workbook with one sheet: a header that stays in sight, and some lines. Text stays text."""
    packed = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(packed, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, header, bold)
        for at, line in enumerate(lines, start=1):
            sheet.write_row(at, 0, line)
        sheet.set_column(0, len(header) - 1, WIDTH)
        sheet.freeze_panes(1, 0)
    return packed.getvalue()
