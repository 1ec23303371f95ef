"""What becomes of a parcel that came back, in one step: its units on the shelf again, to the waste, or set aside."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.codes import read_code
from supplyhub.db import execute, row, rows, transaction
from supplyhub.depot.ending import share_when_enough
from supplyhub.depot.errors import SecondPersonError
from supplyhub.depot.return_queries import CAME_BACK, still_there
from supplyhub.depot.states import WRITE_OFF_REASONS, Fate, MoveReason, Place
from supplyhub.depot.stock_queries import lots_for_update
from supplyhub.errors import ConflictError, InvalidError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class Dealt:
    """How many units of a parcel went where."""

    shelf: int = 0
    waste: int = 0
    quarantine: int = 0


@dataclass(frozen=True, slots=True)
class _Move:
    lot: int
    here: str
    there: Place
    units: int
    by: int
    second: int | None = None
    reason: MoveReason | None = None


def deal_with_parcel(
    asker: Asker, parcel_code: str, fate: Fate, *, reason: MoveReason | None = None, note: str = ""
) -> Dealt:
    """Deal with all that is left of a parcel that came back, once.

    To the shelf goes what was looked at and is good; what has expired goes to the waste beside it. From quarantine only a
    second person releases it: SecondPersonError for whoever set it aside. Raises InvalidError for waste without a reason
    that is one, NotFoundError for a parcel that didn't come back, ConflictError when nothing of it is left there.
    """
    if fate == Fate.WASTE and (reason not in WRITE_OFF_REASONS or (reason == MoveReason.OTHER and not note.strip())):
        raise InvalidError("goods are written off for a reason, another one needs a note", reason=reason)
    with transaction():
        parcel_id = _parcel_for_update(asker, parcel_code)
        held = still_there(parcel_id)
        lots = {lot.id: lot for lot in lots_for_update(asker, sorted({line.lot_id for line in held}))} if held else {}
        # Read after the lock, in a statement of its own: somebody may have dealt with the lot.
        moves = [_move(asker, parcel_id, line, lots, fate, reason) for line in still_there(parcel_id)]
        moves = [move for move in moves if move.here != move.there]
        if not moves:
            raise ConflictError("nothing of this parcel is left to deal with", parcel=parcel_code)
        _write(parcel_id, moves, note.strip())
        share_when_enough(list(lots))
        went = Counter[Place]()
        for move in moves:
            went[move.there] += move.units
        return Dealt(went[Place.SHELF], went[Place.WASTE], went[Place.QUARANTINE])


def _parcel_for_update(asker: Asker, code: str) -> int:
    found = row(
        f"""
        SELECT p.id FROM parcel AS p JOIN cycle AS c ON c.id = p.cycle_id
        WHERE p.code = :code AND {CAME_BACK} AND c.community_id = :community FOR NO KEY UPDATE OF p
        """,
        code=read_code(code),
        community=asker.community_id,
    )
    if found is None:
        raise NotFoundError("no such parcel came back", parcel=code[:20])
    return int(found.id)


def _move(
    asker: Asker,
    parcel_id: int,
    line: Row[Any],
    lots: Mapping[int, Row[Any]],
    fate: Fate,
    reason: MoveReason | None,
) -> _Move:
    lot = lots[line.lot_id]
    if fate == Fate.SHELF and lot.expires_on < lot.today:
        return _Move(lot.id, line.place, Place.WASTE, line.units, asker.account_id, reason=MoveReason.EXPIRED)
    if fate == Fate.SHELF and line.place == Place.QUARANTINE:
        first = _who_set_aside(parcel_id)
        if asker.account_id in first:
            raise SecondPersonError("whoever set goods aside doesn't release them", parcel=parcel_id)
        return _Move(
            lot.id, line.place, Place.SHELF, line.units, first[0], asker.account_id, reason=MoveReason.INSPECTED
        )
    if fate == Fate.SHELF:
        return _Move(lot.id, line.place, Place.SHELF, line.units, asker.account_id, reason=MoveReason.INSPECTED)
    return _Move(
        lot.id,
        line.place,
        Place(fate),
        line.units,
        asker.account_id,
        reason=reason if fate == Fate.WASTE else None,
    )


def _who_set_aside(parcel_id: int) -> list[int]:
    """Return who put units of a parcel into quarantine, the latest first."""
    found = rows(
        """
        SELECT moved_by FROM movement WHERE parcel_id = :parcel AND to_place = 'quarantine' AND moved_by IS NOT NULL
        GROUP BY moved_by ORDER BY max(id) DESC
        """,
        parcel=parcel_id,
    )
    return [mover.moved_by for mover in found]


def _write(parcel_id: int, moves: list[_Move], note: str) -> None:
    execute(
        """
        INSERT INTO movement (lot_id, from_place, to_place, quantity, parcel_id, moved_by, second_by, reason, note)
        SELECT m.lot_id, m.here, m.there, m.units, :parcel, m.moved_by, m.second_by, m.reason, :note
        FROM unnest(CAST(:lots AS bigint[]), CAST(:here AS text[]), CAST(:there AS text[]), CAST(:units AS bigint[]),
                    CAST(:by AS bigint[]), CAST(:second AS bigint[]), CAST(:reasons AS text[]))
             AS m(lot_id, here, there, units, moved_by, second_by, reason)
        """,
        parcel=parcel_id,
        note=note,
        lots=[move.lot for move in moves],
        here=[move.here for move in moves],
        there=[move.there.value for move in moves],
        units=[move.units for move in moves],
        by=[move.by for move in moves],
        second=[move.second for move in moves],
        reasons=[move.reason.value if move.reason else None for move in moves],
    )
