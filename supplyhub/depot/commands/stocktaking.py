"""Stocktakes (盘点): counted without seeing the book, compared with it, and differences booked by a second person."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.depot.ending import share_when_enough
from supplyhub.depot.errors import AlreadyBookedError, SecondPersonError
from supplyhub.depot.states import (
    COUNTED_PLACES,
    LESS_REASONS,
    MORE_REASONS,
    STOCKTAKE_MOVES,
    MoveReason,
    Place,
    StocktakeState,
)
from supplyhub.depot.stock_queries import levels_at, lots_for_update, moves_at
from supplyhub.depot.stocktake_queries import stocktake_for_update, uncounted_in
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.moves import move

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class Counted:
    """So many units of a lot stand at the place; `moves`: as often had units come or gone when the counter read the sheet."""

    lot_id: int
    units: int
    moves: int | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """Why a lot differs from the book; another reason needs its note."""

    reason: MoveReason
    note: str = ""


def start_stocktake(asker: Asker, place: Place) -> int:
    """Return the id of the stocktake that is open at a place, after starting one where none is.

    Raises InvalidError for places that nobody can count.
    """
    if place not in COUNTED_PLACES:
        raise InvalidError("this place isn't counted", place=place)
    with transaction():
        execute(
            """
            INSERT INTO stocktake (community_id, place, started_by, started_at)
            VALUES (:community, :place, :by, clock_timestamp())
            ON CONFLICT (community_id, place) WHERE state IN ('counting', 'counted') DO NOTHING
            """,
            community=asker.community_id,
            place=place,
            by=asker.account_id,
        )
        found = scalar(
            """
            SELECT id FROM stocktake
            WHERE community_id = :community AND place = :place AND state IN ('counting', 'counted')
            """,
            community=asker.community_id,
            place=place,
        )
        return int(found)


def count_lots(asker: Asker, stocktake_id: int, counts: Sequence[Counted]) -> list[int]:
    """Note how many units of some lots were counted, beside the book of this moment; a lot counted again replaces its line.

    Lots of which units came or went while they were counted aren't noted but returned: count them again. The difference
    is kept, not the count: what is packed between counting and booking changes nothing about it. Raises ConflictError
    when the stocktake isn't being counted, NotFoundError for lots of others, InvalidError for lots that stand twice.
    """
    twice = sorted(lot for lot, times in Counter(count.lot_id for count in counts).items() if times > 1)
    if twice:
        raise InvalidError("a lot is counted once", twice=twice)
    with transaction():
        stocktake = stocktake_for_update(asker, stocktake_id)
        # Only what may be finished may be counted.
        move(STOCKTAKE_MOVES, stocktake.state, "finish")
        lots = [lot.id for lot in lots_for_update(asker, [count.lot_id for count in counts])]
        moves = moves_at(stocktake.place, lots)
        still = [count for count in counts if count.moves in {None, moves.get(count.lot_id, 0)}]
        book = levels_at(stocktake.place, lots)
        execute(
            """
            INSERT INTO stocktake_line (stocktake_id, lot_id, book, counted, counted_by, counted_at)
            SELECT :stocktake, lot_id, book, counted, :by, clock_timestamp()
            FROM unnest(CAST(:lots AS bigint[]), CAST(:books AS bigint[]), CAST(:counts AS bigint[]))
                 AS c(lot_id, book, counted)
            ON CONFLICT (stocktake_id, lot_id) DO UPDATE
            SET book = excluded.book, counted = excluded.counted, counted_by = excluded.counted_by,
                counted_at = excluded.counted_at
            """,
            stocktake=stocktake_id,
            by=asker.account_id,
            lots=[count.lot_id for count in still],
            books=[book.get(count.lot_id, 0) for count in still],
            counts=[count.units for count in still],
        )
        return sorted({count.lot_id for count in counts} - {count.lot_id for count in still})


def finish_count(asker: Asker, stocktake_id: int) -> None:
    """End the counting: from now on the book is shown, and a second person decides.

    Raises ConflictError while lots that the book has at the place are `uncounted`; what isn't there is counted as 0.
    """
    with transaction():
        stocktake = stocktake_for_update(asker, stocktake_id)
        state = move(STOCKTAKE_MOVES, stocktake.state, "finish")
        uncounted = uncounted_in(stocktake)
        if uncounted:
            raise ConflictError(f"{len(uncounted)} lots aren't counted yet", uncounted=uncounted)
        _set_state(stocktake_id, state)


def recount(asker: Asker, stocktake_id: int) -> None:
    """Open a counted stocktake for counting again; what was counted stays until it is counted anew."""
    with transaction():
        stocktake = stocktake_for_update(asker, stocktake_id)
        _set_state(stocktake_id, move(STOCKTAKE_MOVES, stocktake.state, "recount"))


def book_stocktake(asker: Asker, stocktake_id: int, reasons: Mapping[int, Why]) -> None:
    """Book a counted stocktake's differences, with a reason for each by lot: as the second person, once.

    Booking again as the same person has no effect; AlreadyBookedError when somebody else was first. Raises
    SecondPersonError for those who counted, InvalidError for differences `without_reason` or with an `unfit` one,
    ConflictError when of some lots less is there by now than is `missing` (count them again).
    """
    with transaction():
        stocktake = stocktake_for_update(asker, stocktake_id)
        if stocktake.state == StocktakeState.BOOKED:
            if stocktake.ended_by == asker.account_id:
                return
            raise AlreadyBookedError(
                f"{stocktake.ended_by_name} booked this stocktake before",
                by=stocktake.ended_by_name,
                at=stocktake.ended_at,
            )
        state = move(STOCKTAKE_MOVES, stocktake.state, "book")
        lines = rows(
            "SELECT lot_id, counted - book AS difference, counted_by FROM stocktake_line WHERE stocktake_id = :id",
            id=stocktake_id,
        )
        if asker.account_id in {stocktake.started_by, *(line.counted_by for line in lines)}:
            raise SecondPersonError("whoever counted doesn't book", stocktake=stocktake_id)
        differing = [line for line in lines if line.difference]
        _refuse_unreasonable(differing, reasons)
        lots_for_update(asker, [line.lot_id for line in differing])
        _refuse_gone(stocktake.place, differing)
        _write_differences(asker, stocktake, {line.lot_id: reasons[line.lot_id] for line in differing})
        _set_state(stocktake_id, state, ended_by=asker.account_id)
        share_when_enough([line.lot_id for line in differing])


def drop_stocktake(asker: Asker, stocktake_id: int) -> None:
    """Give a stocktake up: nothing is booked, and the place can be counted anew."""
    with transaction():
        stocktake = stocktake_for_update(asker, stocktake_id)
        _set_state(stocktake_id, move(STOCKTAKE_MOVES, stocktake.state, "drop"), ended_by=asker.account_id)


def _refuse_unreasonable(differing: list[Row[Any]], reasons: Mapping[int, Why]) -> None:
    without = sorted(line.lot_id for line in differing if line.lot_id not in reasons)
    unfit = sorted(
        line.lot_id for line in differing if line.lot_id in reasons and not _fits(line.difference, reasons[line.lot_id])
    )
    if without or unfit:
        raise InvalidError("every difference needs a reason that fits it", without_reason=without, unfit=unfit)


def _fits(difference: int, why: Why) -> bool:
    fitting = LESS_REASONS if difference < 0 else MORE_REASONS
    return why.reason in fitting and (why.reason != MoveReason.OTHER or bool(why.note.strip()))


def _refuse_gone(place: Place, differing: list[Row[Any]]) -> None:
    here = levels_at(place, [line.lot_id for line in differing])
    missing = sorted(line.lot_id for line in differing if here.get(line.lot_id, 0) + line.difference < 0)
    if missing:
        raise ConflictError("less is there by now than is missing; count these again", missing=missing)


def _write_differences(asker: Asker, stocktake: Row[Any], reasons: dict[int, Why]) -> None:
    execute(
        """
        WITH line AS (
            UPDATE stocktake_line AS l SET reason = w.reason, note = w.note
            FROM unnest(CAST(:lots AS bigint[]), CAST(:reasons AS text[]), CAST(:notes AS text[]))
                 AS w(lot_id, reason, note)
            WHERE l.stocktake_id = :stocktake AND l.lot_id = w.lot_id
            RETURNING l.lot_id, l.counted - l.book AS difference, l.counted_by, l.reason, l.note
        )
        INSERT INTO movement (lot_id, from_place, to_place, quantity, moved_by, second_by, reason, note, stocktake_id)
        SELECT lot_id, CASE WHEN difference < 0 THEN :place ELSE 'count' END,
               CASE WHEN difference < 0 THEN 'count' ELSE :place END, abs(difference), counted_by, :second, reason, note,
               :stocktake
        FROM line ORDER BY lot_id
        """,
        stocktake=stocktake.id,
        place=stocktake.place,
        second=asker.account_id,
        lots=list(reasons),
        reasons=[why.reason.value for why in reasons.values()],
        notes=[why.note.strip() for why in reasons.values()],
    )


def _set_state(stocktake_id: int, state: StocktakeState, *, ended_by: int | None = None) -> None:
    execute(
        """
        UPDATE stocktake SET state = :state, ended_by = :by,
               ended_at = CASE WHEN CAST(:by AS bigint) IS NOT NULL THEN clock_timestamp() END
        WHERE id = :stocktake
        """,
        state=state,
        by=ended_by,
        stocktake=stocktake_id,
    )
