"""The map on A3 paper: the drawing with its legend, then the same as a table."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typst
from pylopdf_fonts_zh_cn import sans_path

from supplyhub.config import TEMPLATES
from supplyhub.db import db, row
from supplyhub.places.grid_names import grid_in_chinese
from supplyhub.reports.map_drawing import MIX, STRONG, draw, mixed
from supplyhub.reports.map_figures import in_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker
    from supplyhub.reports.map_drawing import Painted, Shade
    from supplyhub.reports.map_figures import BuildingCounts, Counts, GridCounts
    from supplyhub.reports.map_sheet import Sheet

FIGURES = ("households", "ordered", "declined", "silent", "packed", "on_way", "delivered", "problems")


def map_pdf(
    asker: Asker,
    sheet: Sheet,
    painted: Painted,
    grids: Sequence[GridCounts],
    buildings: Sequence[BuildingCounts],
    *,
    cycle: Row[Any] | None,
    words: Mapping[str, Any],
) -> bytes:
    """Return a map as A3 sheets: the drawing, then its grids (of one grid: its buildings) with their figures.

    words: `by` (what it is coloured by), `legend` (pairs of a shade and its words), `stages` (words by stage)
    """
    community = row("SELECT name, timezone FROM community WHERE id = :id", id=asker.community_id)
    if community is None:
        raise LookupError("an asker belongs to a community")
    # Drawing takes a while: not with a connection in hand.
    db.session.rollback()
    now = datetime.now(UTC).astimezone(ZoneInfo(community.timezone))
    alone = len(grids) == 1
    listed = buildings if alone else grids
    data = {
        "title": f"一张图 {grid_in_chinese(grids[0].number)}" if alone else "一张图",
        "community": community.name,
        "cycle": f"第 {cycle.number} 期 · {cycle.delivery_on:%Y-%m-%d} 送" if cycle else "还没有期",
        "by": words["by"],
        "printed": f"{now:%Y-%m-%d %H:%M}",
        "map": "" if sheet.empty else draw(sheet, replace(painted, paper=True)),
        "legend": [[colour_of(shade), said] for shade, said in words["legend"]],
        "points": [bool(sheet.points), bool(sheet.depot)] if "points" in painted.layers else [False, False],
        "totals": _figures(in_all(list(grids))),
        "first": "楼栋" if alone else "网格",
        "rows": [_line(each, words["stages"]) for each in listed],
        "left": [f"{left.name}" for left in sheet.left],
    }
    pdf: bytes = typst.compile(
        str(TEMPLATES / "print" / "map.typ"),
        root=str(TEMPLATES),
        font_paths=[str(sans_path().parent)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    return pdf


def colour_of(shade: Shade) -> str:
    """Return the colour of a shade on paper."""
    strong = STRONG[shade.status]
    return strong if shade.step is None else mixed(strong, MIX[shade.step])


def _figures(counts: Counts) -> list[str]:
    return [f"{getattr(counts, name):,}" for name in FIGURES]


def _line(counts: GridCounts | BuildingCounts, stages: Mapping[str, str]) -> list[str]:
    """Return a row of the table: name, figures, requests (of grids), where it stands."""
    requests = getattr(counts, "requests", None)
    stage = counts.stage if requests is not None else counts.worst
    return [counts.name, *_figures(counts), "" if requests is None else f"{requests:,}", stages[stage]]
