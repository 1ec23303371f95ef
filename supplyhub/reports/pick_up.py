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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def pick_up_pdf(asker: Asker, cycle: Row[Any], parcels: Sequence[Row[Any]]) -> bytes:
    """Return the list of parcels as `fetched_at_points` gives them: a sheet begins with each point and grid."""
    community = row("SELECT name, timezone FROM community WHERE id = :id", id=asker.community_id)
    if community is None:
        raise LookupError("an asker belongs to a community")
    now = datetime.now(UTC).astimezone(ZoneInfo(community.timezone))
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
                "grid": f"第{grid}网格",
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
