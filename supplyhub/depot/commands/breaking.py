"""What can't be packed: broken, expired or gone. It counts as short; what is broken goes to the waste, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, rows
from supplyhub.depot.laying import LAID, NEED
from supplyhub.depot.states import MoveReason
from supplyhub.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# What is broken is written off at once; what is gone stays in the book until a stocktake finds out.
BROKEN = frozenset({MoveReason.DAMAGED, MoveReason.SPOILED, MoveReason.EXPIRED})
MISSING_REASONS = frozenset({*BROKEN, MoveReason.LOST})

# A parcel's id, the order line's item, and whether its substitute is meant.
Line = tuple[int, int, bool]

TO_WRITE_OFF = """
    SELECT p.id AS parcel_id, p.order_id, p.position, b.item_id, b.substitute, b.product_id, b.for_care, b.reason, b.units
    FROM unnest(CAST(:parcels AS bigint[]), CAST(:items AS bigint[]), CAST(:substitutes AS boolean[]),
                CAST(:products AS bigint[]), CAST(:for_care AS boolean[]), CAST(:reasons AS text[]), CAST(:units AS bigint[]))
         AS b(parcel_id, item_id, substitute, product_id, for_care, reason, units)
    JOIN parcel AS p ON p.id = b.parcel_id
"""


@dataclass(frozen=True, slots=True)
class Missing:
    """Units of a line that can't be packed: broken, or gone."""

    parcel: str
    item: int
    units: int
    reason: MoveReason
    substitute: bool = False


def check_missing(gone: Mapping[Line, Missing], found: Mapping[Line, Row[Any]]) -> None:
    """Raise InvalidError when more is missing than was shared out, or for a reason that isn't one of packing."""
    wrong = [
        each
        for key, each in gone.items()
        if not 1 <= each.units <= found[key].units or each.reason not in MISSING_REASONS
    ]
    if wrong:
        raise InvalidError("no more can be missing than was shared out", items=[each.item for each in wrong])


def note_missing(asker: Asker, gone: Mapping[Line, Missing]) -> None:
    """Write down what is missing of which lines."""
    execute(
        """
        INSERT INTO packing_short (parcel_id, item_id, substitute, order_id, units, reason, noted_by)
        SELECT p.id, m.item_id, m.substitute, p.order_id, m.units, m.reason, :by
        FROM unnest(CAST(:parcels AS bigint[]), CAST(:items AS bigint[]), CAST(:substitutes AS boolean[]),
                    CAST(:units AS bigint[]), CAST(:reasons AS text[])) AS m(parcel_id, item_id, substitute, units, reason)
        JOIN parcel AS p ON p.id = m.parcel_id
        """,
        parcels=[parcel for parcel, _, _ in gone],
        items=[item for _, item, _ in gone],
        substitutes=[substitute for _, _, substitute in gone],
        units=[each.units for each in gone.values()],
        reasons=[each.reason.value for each in gone.values()],
        by=asker.account_id,
    )


def write_off_broken(asker: Asker, parcel_ids: Sequence[int], lots: Sequence[Row[Any]]) -> None:
    """Move what was noted as broken from the shelf to the waste, as far as the book still has it there.

    What was written off when a parcel was packed before isn't again. `lots`: id, expired; locked. What has expired is
    taken from those that have, then from the others as they come; what is broken from what could have been packed.
    """
    broken = _not_yet_written_off(parcel_ids)
    fit = [lot.id for lot in lots if not lot.expired]
    _move_to_waste(asker, [each for each in broken if each[0].reason == MoveReason.EXPIRED], [lot.id for lot in lots])
    _move_to_waste(asker, [each for each in broken if each[0].reason != MoveReason.EXPIRED], fit)


def _not_yet_written_off(parcel_ids: Sequence[int]) -> list[tuple[Row[Any], int]]:
    """Return the lines of which something is broken, each with how many units are still in the book for that."""
    lines = rows(
        f"SELECT * FROM ({NEED}) AS line WHERE missing > 0 AND reason = ANY (:broken) ORDER BY parcel_id, item_id, substitute",
        parcels=list(parcel_ids),
        broken=sorted(BROKEN),
    )
    before = rows(
        """
        SELECT m.parcel_id, l.product_id, l.purpose = 'care' AS for_care, sum(m.quantity)::bigint AS units
        FROM movement AS m JOIN lot AS l ON l.id = m.lot_id
        WHERE m.parcel_id = ANY (:parcels) AND m.to_place = 'waste' GROUP BY 1, 2, 3
        """,
        parcels=list(parcel_ids),
    )
    gone = {(found.parcel_id, found.product_id, found.for_care): found.units for found in before}
    broken = []
    for line in lines:
        key = (line.parcel_id, line.product_id, line.for_care)
        counted = min(gone.get(key, 0), line.missing)
        gone[key] = gone.get(key, 0) - counted
        broken.append((line, line.missing - counted))
    return [(line, units) for line, units in broken if units]


def _move_to_waste(asker: Asker, broken: Sequence[tuple[Row[Any], int]], lots: Sequence[int]) -> None:
    execute(
        f"""
        {LAID.format(need=TO_WRITE_OFF)}
        INSERT INTO movement (lot_id, from_place, to_place, quantity, parcel_id, moved_by, reason)
        SELECT lot_id, 'shelf', 'waste', quantity, parcel_id, :by, reason FROM laid
        """,
        parcels=[line.parcel_id for line, _ in broken],
        items=[line.item_id for line, _ in broken],
        substitutes=[line.substitute for line, _ in broken],
        products=[line.product_id for line, _ in broken],
        for_care=[line.for_care for line, _ in broken],
        reasons=[line.reason for line, _ in broken],
        units=[units for _, units in broken],
        lots=list(lots),
        by=asker.account_id,
    )
