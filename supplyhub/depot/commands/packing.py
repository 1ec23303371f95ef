"""Packing: who packs which parcels of a batch, and when; what goes into them is in `filling`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.codes import read_code
from supplyhub.db import execute, rows, transaction
from supplyhub.depot.commands.filling import fill
from supplyhub.depot.errors import AlreadyPackedError
from supplyhub.depot.packing_queries import batch_for_update, unpacked_in
from supplyhub.depot.states import BATCH_MOVES, PARCEL_MOVES, BatchState, ParcelState
from supplyhub.depot.valuing import book_worth
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.moves import move
from supplyhub.payments.states import EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Row

    from supplyhub.depot.commands.breaking import Missing
    from supplyhub.depot.commands.filling import Weighed
    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class Packed:
    """What a call packed, how many parcels of the batch are left, and whether that sealed it."""

    parcels: int
    left: int
    sealed: bool


def pack(
    asker: Asker,
    batch_id: int,
    parcel_codes: Iterable[str],
    *,
    weights: Iterable[Weighed] = (),
    missing: Iterable[Missing] = (),
) -> Packed:
    """Pack parcels of a batch; the last one seals it. All or none.

    Lines that are charged by weight need `weights`; `missing` says which units are broken or gone. Raises InvalidError
    for codes that no parcel has, ConflictError for parcels of another grid or cycle, AlreadyPackedError for packed ones,
    UnweighedError; each names all there are.
    """
    codes = sorted({read_code(code) for code in parcel_codes})
    with transaction():
        batch = batch_for_update(asker, batch_id)
        parcels = _parcels_of(asker, codes)
        _refuse_unknown(codes, parcels)
        _refuse_others(batch, parcels)
        _refuse_packed(parcels)
        ids = [parcel.id for parcel in parcels]
        fill(asker, batch.cycle_id, {parcel.code: parcel.id for parcel in parcels}, weights, missing)
        execute(
            "UPDATE parcel SET state = :state, packed_by = :by, packed_at = clock_timestamp() WHERE id = ANY (:parcels)",
            state=move(PARCEL_MOVES, ParcelState.PLANNED, "pack"),
            by=asker.account_id,
            parcels=ids,
        )
        book_worth(batch.cycle_id, EntryKind.PACKED, [parcel.order_id for parcel in parcels], by=asker.account_id)
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
        SELECT p.id, p.code, p.order_id, p.batch_id, p.state, g.number AS grid_number, c.number AS cycle_number, p.packed_at,
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
