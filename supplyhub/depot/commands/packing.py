"""Packing: parcels take their units from lots, those that expire first before the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.codes import read_code
from supplyhub.db import execute, rows, transaction
from supplyhub.depot.errors import AlreadyPackedError
from supplyhub.depot.packing_queries import batch_for_update, unpacked_in
from supplyhub.depot.states import BATCH_MOVES, PARCEL_MOVES, BatchState, ParcelState
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.moves import move

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class Packed:
    """What a call packed, how many parcels of the batch are left, and whether that sealed it."""

    parcels: int
    left: int
    sealed: bool


def pack(asker: Asker, batch_id: int, parcel_codes: Iterable[str]) -> Packed:
    """Pack parcels of a batch; the last one seals it. All or none.

    Raises InvalidError for codes that no parcel has, ConflictError for parcels of another grid or cycle,
    AlreadyPackedError for packed ones; each names all there are.
    """
    codes = sorted({read_code(code) for code in parcel_codes})
    with transaction():
        batch = batch_for_update(asker, batch_id)
        parcels = _parcels_of(asker, codes)
        _refuse_unknown(codes, parcels)
        _refuse_others(batch, parcels)
        _refuse_packed(parcels)
        ids = [parcel.id for parcel in parcels]
        _take_from_lots(asker, batch.cycle_id, ids)
        execute(
            "UPDATE parcel SET state = :state, packed_by = :by, packed_at = clock_timestamp() WHERE id = ANY (:parcels)",
            state=move(PARCEL_MOVES, ParcelState.PLANNED, "pack"),
            by=asker.account_id,
            parcels=ids,
        )
        left = unpacked_in(batch_id)
        if left == 0 and batch.state == BatchState.PACKING:
            execute(
                "UPDATE batch SET state = :state, sealed_at = clock_timestamp() WHERE id = :batch",
                state=move(BATCH_MOVES, batch.state, "seal"),
                batch=batch_id,
            )
        return Packed(parcels=len(ids), left=left, sealed=left == 0)


def _parcels_of(asker: Asker, codes: list[str]) -> list[Row[Any]]:
    return rows(
        """
        SELECT p.id, p.code, p.batch_id, p.state, g.number AS grid_number, c.number AS cycle_number, p.packed_at,
               a.display_name AS packed_by
        FROM parcel AS p
        JOIN cycle AS c ON c.id = p.cycle_id
        JOIN grid AS g ON g.id = p.grid_id
        LEFT JOIN account AS a ON a.id = p.packed_by
        WHERE p.code = ANY (:codes) AND c.community_id = :community ORDER BY p.id
        """,
        codes=codes,
        community=asker.community_id,
    )


def _refuse_unknown(codes: list[str], parcels: list[Row[Any]]) -> None:
    unknown = sorted(set(codes) - {parcel.code for parcel in parcels})
    if unknown:
        raise InvalidError("no parcel has these codes", unknown=unknown)


def _refuse_others(batch: Row[Any], parcels: list[Row[Any]]) -> None:
    others = [
        {"code": parcel.code, "grid": parcel.grid_number, "cycle": parcel.cycle_number}
        for parcel in parcels
        if parcel.batch_id != batch.id
    ]
    if others:
        raise ConflictError("these parcels belong to another grid or cycle", other_batch=others)


def _refuse_packed(parcels: list[Row[Any]]) -> None:
    packed = [
        {"code": parcel.code, "by": parcel.packed_by, "at": parcel.packed_at}
        for parcel in parcels
        if parcel.state != ParcelState.PLANNED
    ]
    if packed:
        raise AlreadyPackedError(
            f"{packed[0]['by']} packed {packed[0]['code']} before",
            parcels=packed,
            by=packed[0]["by"],
            at=packed[0]["at"],
        )


def _take_from_lots(asker: Asker, cycle_id: int, parcel_ids: list[int]) -> None:
    """Put what was shared out into the parcels, and note it as moved from the shelf.

    For each product, the parcels' units and the lots' units are laid side by side, parcels in walking order, lots by
    expiry; where the two overlap, that lot serves that parcel. Whoever takes from the shelf locks the lots first.
    """
    lots = rows(
        """
        SELECT l.id FROM lot AS l WHERE l.serves_cycle_id = :cycle AND l.product_id IN (
            SELECT f.product_id FROM parcel AS p
            JOIN allocation AS a ON a.order_id = p.order_id AND a.allocated > 0
            JOIN menu_item AS i ON i.id = a.item_id
            JOIN offer AS f ON f.id = i.offer_id
            WHERE p.id = ANY (:parcels)
        ) ORDER BY l.id FOR NO KEY UPDATE OF l
        """,
        cycle=cycle_id,
        parcels=parcel_ids,
    )
    execute(
        """
        WITH need AS (
            SELECT p.id AS parcel_id, p.order_id, a.item_id, f.product_id, a.allocated AS units,
                   sum(a.allocated) OVER (PARTITION BY f.product_id ORDER BY p.position, p.id, a.item_id) AS upto
            FROM parcel AS p
            JOIN allocation AS a ON a.order_id = p.order_id AND a.allocated > 0
            JOIN menu_item AS i ON i.id = a.item_id
            JOIN offer AS f ON f.id = i.offer_id
            WHERE p.id = ANY (:parcels)
        ), stock AS (
            SELECT l.id AS lot_id, l.product_id, s.quantity AS units,
                   sum(s.quantity) OVER (PARTITION BY l.product_id ORDER BY l.expires_on, l.id) AS upto
            FROM lot AS l JOIN stock_level AS s ON s.lot_id = l.id AND s.place = 'shelf' AND s.quantity > 0
            WHERE l.id = ANY (:lots)
        )
        INSERT INTO parcel_line (parcel_id, item_id, lot_id, order_id, quantity)
        SELECT n.parcel_id, n.item_id, s.lot_id, n.order_id,
               least(n.upto, s.upto) - greatest(n.upto - n.units, s.upto - s.units)
        FROM need AS n JOIN stock AS s ON s.product_id = n.product_id
        WHERE s.upto - s.units < n.upto AND n.upto - n.units < s.upto
        """,
        parcels=parcel_ids,
        lots=[lot.id for lot in lots],
    )
    _refuse_short(parcel_ids)
    execute(
        """
        INSERT INTO movement (lot_id, from_place, to_place, quantity, parcel_id, moved_by)
        SELECT lot_id, 'shelf', 'packed', quantity, parcel_id, :by FROM parcel_line WHERE parcel_id = ANY (:parcels)
        """,
        parcels=parcel_ids,
        by=asker.account_id,
    )


def _refuse_short(parcel_ids: list[int]) -> None:
    """Raise ConflictError when the shelf held less than was shared out, as after a count that found less."""
    short = rows(
        """
        SELECT d.sku, sum(a.allocated - coalesce(l.units, 0))::bigint AS missing
        FROM parcel AS p
        JOIN allocation AS a ON a.order_id = p.order_id AND a.allocated > 0
        JOIN menu_item AS i ON i.id = a.item_id
        JOIN offer AS f ON f.id = i.offer_id
        JOIN product AS d ON d.id = f.product_id
        LEFT JOIN LATERAL (
            SELECT sum(quantity)::bigint AS units FROM parcel_line WHERE parcel_id = p.id AND item_id = a.item_id
        ) AS l ON true
        WHERE p.id = ANY (:parcels) AND coalesce(l.units, 0) < a.allocated GROUP BY d.sku ORDER BY d.sku
        """,
        parcels=parcel_ids,
    )
    if short:
        raise ConflictError(
            "the shelf holds less than was shared out",
            missing=[{"sku": line.sku, "units": line.missing} for line in short],
        )
