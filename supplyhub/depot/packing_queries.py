"""Reads of packing: batches, parcels and what goes into them, pick lists. No phone, no name of a household, no care.

All of them are scoped to the asker's community; rows carry the fields that their docstrings name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.codes import read_code
from supplyhub.db import row, rows, scalar
from supplyhub.depot.contents import CONTENTS
from supplyhub.errors import NotFoundError

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

BATCH = """
    SELECT b.id, b.cycle_id, b.grid_id, g.number AS grid_number, g.name AS grid_name, d.name AS delivery_point, b.state,
           b.sealed_at, p.parcels, p.packed, p.bags, p.weight_grams
    FROM batch AS b
    JOIN cycle AS c ON c.id = b.cycle_id
    JOIN grid AS g ON g.id = b.grid_id
    LEFT JOIN delivery_point AS d ON d.id = b.delivery_point_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS parcels, count(*) FILTER (WHERE state <> 'planned') AS packed,
               coalesce(sum(bags), 0)::bigint AS bags, coalesce(sum(weight_grams), 0)::bigint AS weight_grams
        FROM parcel WHERE batch_id = b.id
    ) AS p
    WHERE c.community_id = :community
"""

PARCEL = """
    SELECT p.id, p.code, n.number AS order_number, p.position,
           coalesce(nullif(b.number, 0)::text, b.name) || '-' || h.unit_number || '-' || h.door AS door,
           p.state, p.bags, p.weight_grams, p.fragile, a.display_name AS packed_by, p.packed_at
    FROM parcel AS p
    JOIN orders AS o ON o.id = p.order_id
    JOIN household AS h ON h.id = o.household_id
    JOIN building AS b ON b.id = o.building_id
    JOIN order_number AS n ON n.order_id = p.order_id
    LEFT JOIN account AS a ON a.id = p.packed_by
"""


@dataclass(frozen=True, slots=True)
class ParcelView:
    """A parcel and what to put into it; fields of its lines as in `lines_of_parcels`."""

    id: int
    code: str
    order_number: str
    position: int
    door: str
    state: str
    bags: int
    weight_grams: int
    fragile: bool
    packed_by: str | None
    packed_at: Any
    lines: list[Row[Any]]


def batches_for(asker: Asker, cycle_id: int) -> list[Row[Any]]:
    """Return a cycle's batches by grid number.

    Fields: id, cycle_id, grid_id, grid_number, grid_name, delivery_point (or None), state, sealed_at, parcels, packed
    (and beyond), bags, weight_grams.
    """
    return rows(
        f"{BATCH} AND b.cycle_id = :cycle ORDER BY g.number",
        community=asker.community_id,
        cycle=cycle_id,
    )


def batch_for(asker: Asker, batch_id: int) -> Row[Any]:
    """Return a batch; fields as in `batches_for`. Raises NotFoundError."""
    batch = row(f"{BATCH} AND b.id = :batch", community=asker.community_id, batch=batch_id)
    if batch is None:
        raise NotFoundError("no such batch", batch=batch_id)
    return batch


def count_parcels_of(asker: Asker, batch_id: int) -> int:
    """Return how many parcels a batch has. Raises NotFoundError."""
    return int(batch_for(asker, batch_id).parcels)


def parcels_of(asker: Asker, batch_id: int, *, limit: int = 500, offset: int = 0) -> list[ParcelView]:
    """Return a batch's parcels in the one sort order, each with what to put into it. Raises NotFoundError."""
    batch_for(asker, batch_id)
    found = rows(
        f"{PARCEL} WHERE p.batch_id = :batch ORDER BY p.position LIMIT :limit OFFSET :offset",
        batch=batch_id,
        limit=limit,
        offset=offset,
    )
    return with_lines(found)


def parcel_of_code(asker: Asker, code: str) -> ParcelView:
    """Return the parcel with a code, as typed. Raises NotFoundError."""
    found = rows(
        f"{PARCEL} JOIN cycle AS c ON c.id = p.cycle_id WHERE p.code = :code AND c.community_id = :community",
        code=read_code(code),
        community=asker.community_id,
    )
    if not found:
        raise NotFoundError("no such parcel", parcel=code[:20])
    return with_lines(found)[0]


def with_lines(found: list[Row[Any]]) -> list[ParcelView]:
    """Return parcels, rows of `PARCEL`, with what goes into them."""
    lines = lines_of_parcels([parcel.id for parcel in found])
    return [ParcelView(**parcel._asdict(), lines=lines.get(parcel.id, [])) for parcel in found]


def lines_of_parcels(parcel_ids: list[int]) -> dict[int, list[Row[Any]]]:
    """Return what goes into each of some parcels, what is weighed last, each line beside its substitute.

    Fields: item_id (the order line's), substitute, instead_zh and instead_en (what it stands in for, or None), sku, name_zh,
    name_en, category, unit, picture, by_weight, unit_weight_grams, quantity (to pack, or packed), missing (could not be
    packed), grams (as weighed, or None).
    """
    found = rows(
        f"""
        SELECT p.id AS parcel_id, c.item_id, c.substitute, d.sku, d.name_zh, d.name_en, d.category, d.unit, d.picture,
               d.by_weight AND NOT i.for_care AS by_weight, d.unit_weight_grams, c.units - coalesce(m.units, 0) AS quantity,
               coalesce(m.units, 0) AS missing, w.grams,
               CASE WHEN c.substitute THEN was.name_zh END AS instead_zh,
               CASE WHEN c.substitute THEN was.name_en END AS instead_en
        FROM parcel AS p
        JOIN ({CONTENTS}) AS c ON c.order_id = p.order_id AND c.units > 0
        JOIN menu_item AS i ON i.id = c.goods_item_id
        JOIN offer AS o ON o.id = i.offer_id
        JOIN product AS d ON d.id = o.product_id
        JOIN menu_item AS line ON line.id = c.item_id
        JOIN offer AS meant ON meant.id = line.offer_id
        JOIN product AS was ON was.id = meant.product_id
        LEFT JOIN packing_short AS m ON m.parcel_id = p.id AND m.item_id = c.item_id AND m.substitute = c.substitute
        LEFT JOIN parcel_weight AS w ON w.parcel_id = p.id AND w.item_id = c.item_id AND w.substitute = c.substitute
        WHERE p.id = ANY (:parcels) ORDER BY p.id, d.by_weight AND NOT i.for_care, was.sku, c.substitute, c.item_id
        """,
        parcels=parcel_ids,
    )
    lines: dict[int, list[Row[Any]]] = {}
    for line in found:
        lines.setdefault(line.parcel_id, []).append(line)
    return lines


def pick_list_of(asker: Asker, batch_id: int) -> list[Row[Any]]:
    """Return how many of what to bring for the parcels of a batch, substitutes among what they are.

    Fields: sku, name_zh, name_en, category, unit, unit_weight_grams, picture, by_weight, units, packed (or known to be
    missing).
    """
    batch_for(asker, batch_id)
    return rows(
        f"""
        SELECT d.sku, d.name_zh, d.name_en, d.category, d.unit, d.unit_weight_grams, d.picture, d.by_weight,
               sum(c.units)::bigint AS units,
               coalesce(sum(c.units) FILTER (WHERE p.state <> 'planned'), 0)::bigint AS packed
        FROM parcel AS p
        JOIN ({CONTENTS}) AS c ON c.order_id = p.order_id AND c.units > 0
        JOIN menu_item AS i ON i.id = c.goods_item_id
        JOIN offer AS o ON o.id = i.offer_id
        JOIN product AS d ON d.id = o.product_id
        WHERE p.batch_id = :batch GROUP BY d.id ORDER BY d.sku
        """,
        batch=batch_id,
    )


def batch_of_code(asker: Asker, code: str) -> int | None:
    """Return the batch of the parcel with a code, as typed; None when there is no such parcel."""
    found = scalar(
        """
        SELECT p.batch_id FROM parcel AS p JOIN cycle AS c ON c.id = p.cycle_id
        WHERE p.code = :code AND c.community_id = :community
        """,
        code=read_code(code),
        community=asker.community_id,
    )
    return None if found is None else int(found)


def batch_for_update(asker: Asker, batch_id: int) -> Row[Any]:
    """Lock a batch: those who pack one grid take turns. Raises NotFoundError."""
    batch = row(
        """
        SELECT b.id, b.cycle_id, b.grid_id, b.state FROM batch AS b JOIN cycle AS c ON c.id = b.cycle_id
        WHERE b.id = :id AND c.community_id = :community FOR NO KEY UPDATE OF b
        """,
        id=batch_id,
        community=asker.community_id,
    )
    if batch is None:
        raise NotFoundError("no such batch", batch=batch_id)
    return batch


def unpacked_in(batch_id: int) -> int:
    """Return how many parcels of a batch are still to be packed."""
    return int(scalar("SELECT count(*) FROM parcel WHERE batch_id = :batch AND state = 'planned'", batch=batch_id))
