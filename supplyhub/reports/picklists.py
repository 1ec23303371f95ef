"""Pick lists (配货单) of batches as an A4 PDF: by product, how many of what to bring; by order, what goes into each parcel."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typst
from pylopdf_fonts_zh_cn import sans_path

from supplyhub.catalog.kinds import FRAGILE_KINDS
from supplyhub.config import TEMPLATES
from supplyhub.db import db, row
from supplyhub.depot.packing_queries import batch_for, parcels_of, pick_list_of
from supplyhub.depot.states import ParcelState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.depot.packing_queries import ParcelView
    from supplyhub.people.asker import Asker

MOST_PARCELS = 2_000


class By(StrEnum):
    """What a pick list goes by."""

    PRODUCT = "product"
    ORDER = "order"


def pick_lists_pdf(asker: Asker, batch_ids: Sequence[int], *, by: By) -> bytes:
    """Return the pick lists of batches, each from a page of its own. Raises NotFoundError."""
    lists = [_list(asker, batch_id, by) for batch_id in batch_ids]
    # Drawing takes a while: not with a connection in hand.
    db.session.rollback()
    pdf: bytes = typst.compile(
        str(TEMPLATES / "print" / "pick_list.typ"),
        root=str(TEMPLATES),
        font_paths=[str(sans_path().parent)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps({"by": by, "lists": lists}, ensure_ascii=False)},
    )
    return pdf


def _list(asker: Asker, batch_id: int, by: By) -> dict[str, Any]:
    batch = batch_for(asker, batch_id)
    heading = _heading(batch)
    if by == By.PRODUCT:
        return heading | {"products": [_product(line) for line in pick_list_of(asker, batch_id)]}
    return heading | {"orders": [_order(parcel) for parcel in parcels_of(asker, batch_id, limit=MOST_PARCELS)]}


def _heading(batch: Row[Any]) -> dict[str, Any]:
    cycle = row(
        "SELECT c.number, c.delivery_on, m.name AS community, m.timezone FROM cycle AS c"
        " JOIN community AS m ON m.id = c.community_id WHERE c.id = :cycle",
        cycle=batch.cycle_id,
    )
    if cycle is None:
        raise LookupError(batch.cycle_id)
    printed = datetime.now(UTC).astimezone(ZoneInfo(cycle.timezone))
    return {
        "grid_number": batch.grid_number,
        "grid_name": batch.grid_name,
        "cycle": f"第 {cycle.number} 期 {cycle.delivery_on.month}月{cycle.delivery_on.day}日送",
        "point": batch.delivery_point or "",
        "sums": f"{batch.parcels} 个包裹  {batch.bags} 袋  已装 {batch.packed}",
        "foot": f"{cycle.community}  第 {cycle.number} 期  {batch.grid_name}批次  {printed:%Y-%m-%d %H:%M} 打印",
    }


def _product(line: Row[Any]) -> dict[str, Any]:
    return {
        "sku": line.sku,
        "name": line.name_zh,
        "unit": line.unit,
        "weighed": line.by_weight,
        "fragile": line.category in FRAGILE_KINDS,
        "units": line.units,
        "left": line.units - line.packed,
    }


def _order(parcel: ParcelView) -> dict[str, Any]:
    return {
        "code": parcel.code,
        "door": parcel.door,
        "number": parcel.order_number,
        "bags": parcel.bags,
        "fragile": parcel.fragile,
        "packed": parcel.state != ParcelState.PLANNED,
        "lines": [
            {
                "name": line.name_zh,
                "units": line.quantity,
                "unit": line.unit,
                "instead": line.instead_zh or "",
                "missing": line.missing,
                "weighed": line.by_weight,
                "fragile": line.category in FRAGILE_KINDS,
                "grams": line.grams or 0,
            }
            for line in parcel.lines
        ],
    }
