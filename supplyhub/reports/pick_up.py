"""The pick-up list of delivery points on A4: door by door, with a box to tick and the code to type afterwards."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typst
from pylopdf_fonts_zh_cn import sans_path

from supplyhub.config import TEMPLATES
from supplyhub.db import db, row
from supplyhub.places.grid_names import grid_in_chinese
from supplyhub.places.hours import alike, points_with_hours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker
    from supplyhub.places.hours import Opening, Point

WEEK = "一二三四五六日"


def pick_up_pdf(asker: Asker, cycle: Row[Any], parcels: Sequence[Row[Any]]) -> bytes:
    """Return the list of parcels as `fetched_at_points` gives them: a sheet begins with each point and grid."""
    community = row("SELECT name, timezone FROM community WHERE id = :id", id=asker.community_id)
    if community is None:
        raise LookupError("an asker belongs to a community")
    now = datetime.now(UTC).astimezone(ZoneInfo(community.timezone))
    hours = {point.name: hours_said(point) for point in points_with_hours(asker.community_id)}
    # Drawing takes a while: not with a connection in hand.
    db.session.rollback()
    groups = groupby(parcels, key=lambda each: (each.delivery_point, each.grid_number))
    data = {
        "community": community.name,
        "cycle": f"第{cycle.number}期",
        "printed": f"{now:%Y-%m-%d %H:%M}",
        "sheets": [
            {
                "title": f"{point} 领货单",
                "grid": grid_in_chinese(grid),
                "hours": hours.get(point, ""),
                "lines": [
                    [
                        each.door,
                        str(each.bags),
                        each.order_number,
                        each.parcel,
                        f"{each.collect_fen / 100:.2f}" if each.collect_fen else "",
                        "领走" if each.outcome == "delivered" else "",
                    ]
                    for each in group
                ],
            }
            for (point, grid), group in groups
        ],
    }
    pdf: bytes = typst.compile(
        str(TEMPLATES / "print" / "pick_up.typ"),
        root=str(TEMPLATES),
        font_paths=[str(sans_path().parent)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    return pdf


def hours_said(point: Point) -> str:
    """Return when a point is open: 周一至周五 09:00–12:00、14:00–19:00；周六、周日 09:00–12:00. Empty where nobody said so."""
    return "；".join(f"{_days(days)} {'、'.join(map(_span, openings))}" for days, openings in alike(point.openings))


def _days(weekdays: Sequence[int]) -> str:
    if len(weekdays) == len(WEEK):
        return "每天"
    names = [f"周{WEEK[day - 1]}" for day in weekdays]
    in_a_row = weekdays[-1] - weekdays[0] == len(weekdays) - 1
    return f"{names[0]}至{names[-1]}" if in_a_row and len(names) > 2 else "、".join(names)


def _span(opening: Opening) -> str:
    return f"{opening.opens:%H:%M}–{opening.closes:%H:%M}"
