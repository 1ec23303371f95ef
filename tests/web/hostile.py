"""A text that is a script, a template and a formula at once, in every text of the world; and where it is taken for one."""

from __future__ import annotations

import csv
import zipfile
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Final

from supplyhub.db import execute, transaction
from supplyhub.web.audience import audience_of
from tests.web.foreign_matrix import words
from tests.web.foreign_world import HOSTILE
from tests.web.test_audience import routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.routing import Rule

    from tests.web.foreign_matrix import Matrix

# A script that would run, a template that was worked out.
TAKEN_FOR_MORE: Final = ("<script>0", "</script>49")
FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
PACKED: Final = b"PK"
# What people write of rows that may be changed. What may not, and what is sealed, the world was told by the commands.
WRITTEN: Final[dict[str, str]] = {
    "account": "display_name",
    "building": "name",
    "community": "name",
    "credit": "note",
    "delivery_point": "name",
    "depot": "name",
    "grid": "name",
    "grid_zone_level": "note",
    "help_request": "public_text",
    "household": "unit door",
    "inbox_item": "note",
    "lot": "lot_number",
    "micro_grid": "name",
    "orders": "note",
    "platform": "name",
    "product": "name_zh name_en category unit barcode",
    "product_alias": "alias",
    "reconciliation": "trouble",
    "refund": "failure",
    "stocktake_line": "note",
    "street": "name",
}


def plant() -> None:
    """Put the text before what stands in every row."""
    with transaction():
        for table, columns in WRITTEN.items():
            for column in columns.split():
                execute(f'UPDATE "{table}" SET {column} = :it || {column} WHERE {column} IS NOT NULL', it=HOSTILE)


def taken_for_more(matrix: Matrix, only: str = "") -> Iterator[str]:
    """Get every page and every table as each of those it is for; yield where the text is more than text."""
    for rule, address in addresses(matrix):
        if not rule.endpoint.startswith(only):
            continue
        for role in audience_of(matrix.app, rule.endpoint) or ():
            answer = matrix.get(matrix.world.owners[role], address)
            assert answer.status_code < 500, address
            if wrong := fault_of(answer.mimetype, answer.get_data()):
                yield f"{address} as {role}: {wrong}"


def addresses(matrix: Matrix) -> Iterator[tuple[Rule, str]]:
    """Yield the addresses of pages and tables, each in all its kinds but as PDF."""
    for rule, method in routes(matrix.app):
        if method != "GET" or rule.rule.startswith("/api/") or not audience_of(matrix.app, rule.endpoint):
            continue
        yield from ((rule, each) for each in kinds(matrix, rule) if not each.endswith("pdf"))


def kinds(matrix: Matrix, rule: Rule) -> list[str]:
    """Return a rule's addresses: one for each word that it ends with."""
    address = matrix.address(rule)
    ends = words(rule, "kind") if rule.rule.endswith(":kind>") else []
    return [address.removesuffix(ends[0]) + end for end in ends] or [address]


def fault_of(mimetype: str, data: bytes) -> str:
    """Return what an answer takes the text for."""
    if data.startswith(PACKED):
        return "a formula in a workbook" if any(b"<f" in sheet for sheet in sheets(data)) else ""
    said = data.decode(errors="replace")
    if mimetype == "text/csv":
        rows = csv.reader(StringIO(said.removeprefix("\ufeff")))
        return next((f"a formula: {cell}" for row in rows for cell in row if cell.startswith(FORMULAS)), "")
    if mimetype == "text/html":
        return next((f"taken for more than text: {mark}" for mark in TAKEN_FOR_MORE if mark in said), "")
    return ""


def sheets(data: bytes) -> list[bytes]:
    """Return the cells of a workbook's sheets."""
    with zipfile.ZipFile(BytesIO(data)) as package:
        names = [name for name in package.namelist() if name.startswith("xl/worksheets/")]
        return [package.read(name).partition(b"<sheetData>")[2].partition(b"</sheetData>")[0] for name in names]
