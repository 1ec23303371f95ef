"""A household's file as a spreadsheet for people, or as JSON for programs."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import xlsxwriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from supplyhub.privacy.household_file import HouseholdFile

WIDTH = 20
LONGEST_SHEET_NAME = 31


def as_json(file: HouseholdFile) -> bytes:
    """Return the file as JSON: subjects by key, times in ISO 8601."""
    told = {"door": file.door, **file.subjects}
    return json.dumps(told, ensure_ascii=False, indent=1, default=_iso).encode()


def as_workbook(file: HouseholdFile, *, word: Callable[[str, str], str], zone: ZoneInfo) -> bytes:
    """Return the file as a workbook: a sheet a subject that has rows, times by the community's clock.

    `word(group, key)` gives the reader's word for a subject, a column (`subject_field`) and a code (`orders.state`). Text
    stays text, whatever it begins with.
    """
    packed = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(packed, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        for subject, found in file.subjects.items():
            if not found:
                continue
            sheet = book.add_worksheet(word("subject", subject)[:LONGEST_SHEET_NAME])
            sheet.write_row(0, 0, [word("subject_field", name) for name in found[0]], bold)
            for at, each in enumerate(found, start=1):
                sheet.write_row(at, 0, [_cell(subject, name, value, word, zone) for name, value in each.items()])
            sheet.set_column(0, len(found[0]) - 1, WIDTH)
            sheet.freeze_panes(1, 0)
    return packed.getvalue()


def _cell(subject: str, name: str, value: Any, word: Callable[[str, str], str], zone: ZoneInfo) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "✓" if value else ""
    if isinstance(value, str):
        return word(f"{subject}.{name}", value) if value else ""
    return value / 100 if name.endswith("_fen") else value


def _iso(value: object) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
