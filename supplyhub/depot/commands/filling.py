"""What goes into the parcels: units of lots, those that expire first before the others; weights; what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.codes import read_code
from supplyhub.db import execute, rows
from supplyhub.depot.contents import CONTENTS
from supplyhub.depot.errors import UnweighedError
from supplyhub.depot.states import MoveReason
from supplyhub.errors import ConflictError, InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# What is broken is written off at once; what is gone stays in the book until a stocktake finds out.
BROKEN = frozenset({MoveReason.DAMAGED, MoveReason.SPOILED, MoveReason.EXPIRED})
MISSING_REASONS = frozenset({*BROKEN, MoveReason.LOST})
MOST_GRAMS = 1_000_000

# A row a line of some parcels, by what was shared out; `units` are to be packed, `missing` can't be.
NEED = f"""
    SELECT p.id AS parcel_id, p.code, p.order_id, p.position, c.item_id, c.substitute, d.id AS product_id, d.sku, d.by_weight,
           c.units - coalesce(m.units, 0) AS units, coalesce(m.units, 0) AS missing, m.reason
    FROM parcel AS p
    JOIN ({CONTENTS}) AS c ON c.order_id = p.order_id
    JOIN menu_item AS i ON i.id = c.goods_item_id
    JOIN offer AS f ON f.id = i.offer_id
    JOIN product AS d ON d.id = f.product_id
    LEFT JOIN packing_short AS m ON m.parcel_id = p.id AND m.item_id = c.item_id AND m.substitute = c.substitute
    WHERE p.id = ANY (:parcels)
"""

# The lines' units and the lots' units laid side by side, parcels in walking order, lots by expiry; where the two
# overlap, that lot serves that line.
LAID = """
    WITH need AS (
        SELECT parcel_id, order_id, item_id, substitute, product_id, reason, {units} AS units,
               sum({units}) OVER (PARTITION BY product_id ORDER BY position, parcel_id, item_id, substitute) AS upto
        FROM ({need}) AS line WHERE {units} > 0
    ), stock AS (
        SELECT l.id AS lot_id, l.product_id, s.quantity AS units,
               sum(s.quantity) OVER (PARTITION BY l.product_id ORDER BY l.expires_on, l.id) AS upto
        FROM lot AS l JOIN stock_level AS s ON s.lot_id = l.id AND s.place = 'shelf' AND s.quantity > 0
        WHERE l.id = ANY (:lots)
    ), laid AS (
        SELECT n.parcel_id, n.order_id, n.item_id, n.substitute, n.reason, s.lot_id,
               least(n.upto, s.upto) - greatest(n.upto - n.units, s.upto - s.units) AS quantity
        FROM need AS n JOIN stock AS s ON s.product_id = n.product_id
        WHERE s.upto - s.units < n.upto AND n.upto - n.units < s.upto
    )
"""
UNITS_LAID = LAID.format(units="units", need=NEED)
MISSING_LAID = LAID.format(units="missing", need=NEED)

Line = tuple[int, int, bool]


@dataclass(frozen=True, slots=True)
class Weighed:
    """What all units of a line weigh together: for products that are charged by weight."""

    parcel: str
    item: int
    grams: int
    substitute: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """Units of a line that can't be packed: broken, or gone."""

    parcel: str
    item: int
    units: int
    reason: MoveReason
    substitute: bool = False


def fill(
    asker: Asker, cycle_id: int, parcels: Mapping[str, int], weights: Iterable[Weighed], missing: Iterable[Missing]
) -> None:
    """Fill parcels, ids by code, in the caller's transaction: what is missing, lots, weights; the movements with them.

    Raises InvalidError for lines that no parcel has or that aren't weighed, UnweighedError where a weight lacks,
    ConflictError when the shelf holds less than was shared out. Whoever takes from the shelf locks the lots first.
    """
    grams = {(parcels.get(read_code(each.parcel), 0), each.item, each.substitute): each.grams for each in weights}
    gone = {(parcels.get(read_code(each.parcel), 0), each.item, each.substitute): each for each in missing}
    ids = list(parcels.values())
    _check(ids, grams, gone)
    _note_missing(asker, gone)
    _note_weights(grams)
    lots = _lock_lots(cycle_id, ids)
    _take(asker, ids, lots)
    if gone:
        _write_off(asker, ids, lots)


def _check(parcel_ids: list[int], grams: Mapping[Line, int], gone: Mapping[Line, Missing]) -> None:
    found = {
        (line.parcel_id, line.item_id, line.substitute): line
        for line in rows(f"SELECT * FROM ({NEED}) AS line ORDER BY code, item_id, substitute", parcels=parcel_ids)
    }
    strangers = sorted({*grams, *gone} - found.keys())
    if strangers:
        raise InvalidError("these parcels have no such lines", items=[item for _, item, _ in strangers])
    _check_missing(gone, found)
    left = {key: line.units - (gone[key].units if key in gone else 0) for key, line in found.items()}
    useless = [key for key in grams if not (found[key].by_weight and left[key])]
    if useless or not all(1 <= weight <= MOST_GRAMS for weight in grams.values()):
        raise InvalidError("not to be weighed, or no weight", items=[item for _, item, _ in useless])
    unweighed = [line for key, line in found.items() if line.by_weight and left[key] and key not in grams]
    if unweighed:
        raise UnweighedError(
            "these lines are charged by weight and were not weighed",
            lines=[{"parcel": line.code, "item": line.item_id, "sku": line.sku} for line in unweighed],
        )


def _check_missing(gone: Mapping[Line, Missing], found: Mapping[Line, Row[Any]]) -> None:
    wrong = [
        each
        for key, each in gone.items()
        if not 1 <= each.units <= found[key].units or each.reason not in MISSING_REASONS
    ]
    if wrong:
        raise InvalidError("no more can be missing than was shared out", items=[each.item for each in wrong])


def _note_missing(asker: Asker, gone: Mapping[Line, Missing]) -> None:
    execute(
        """
        INSERT INTO packing_short (parcel_id, item_id, substitute, order_id, units, reason, noted_by)
        SELECT p.id, m.item_id, m.substitute, p.order_id, m.units, m.reason, :by
        FROM unnest(CAST(:parcels AS bigint[]), CAST(:items AS bigint[]), CAST(:substitutes AS boolean[]),
                    CAST(:units AS bigint[]), CAST(:reasons AS text[])) AS m(parcel_id, item_id, substitute, units, reason)
        JOIN parcel AS p ON p.id = m.parcel_id
        """,
        **_columns(gone),
        units=[each.units for each in gone.values()],
        reasons=[each.reason.value for each in gone.values()],
        by=asker.account_id,
    )


def _note_weights(grams: Mapping[Line, int]) -> None:
    execute(
        """
        INSERT INTO parcel_weight (parcel_id, item_id, substitute, order_id, grams)
        SELECT p.id, w.item_id, w.substitute, p.order_id, w.grams
        FROM unnest(CAST(:parcels AS bigint[]), CAST(:items AS bigint[]), CAST(:substitutes AS boolean[]),
                    CAST(:grams AS bigint[])) AS w(parcel_id, item_id, substitute, grams)
        JOIN parcel AS p ON p.id = w.parcel_id
        """,
        **_columns(grams),
        grams=list(grams.values()),
    )


def _columns(lines: Iterable[Line]) -> dict[str, Any]:
    keys = list(lines)
    return {
        "parcels": [parcel for parcel, _, _ in keys],
        "items": [item for _, item, _ in keys],
        "substitutes": [substitute for _, _, substitute in keys],
    }


def _lock_lots(cycle_id: int, parcel_ids: list[int]) -> list[int]:
    """Return the lots that these parcels may be filled from, locked. Goods that are for the care register alone aren't."""
    lots = rows(
        f"""
        SELECT l.id FROM lot AS l
        WHERE l.serves_cycle_id = :cycle AND l.purpose = 'everybody'
          AND l.product_id IN (SELECT product_id FROM ({NEED}) AS line)
        ORDER BY l.id FOR NO KEY UPDATE OF l
        """,
        cycle=cycle_id,
        parcels=parcel_ids,
    )
    return [lot.id for lot in lots]


def _take(asker: Asker, parcel_ids: list[int], lots: list[int]) -> None:
    execute(
        f"""
        {UNITS_LAID}
        INSERT INTO parcel_line (parcel_id, item_id, lot_id, order_id, quantity, substitute)
        SELECT parcel_id, item_id, lot_id, order_id, quantity, substitute FROM laid
        """,
        parcels=parcel_ids,
        lots=lots,
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
    """Raise ConflictError when the shelf held less than is to be packed, as after a count that found less."""
    short = rows(
        f"""
        SELECT n.sku, sum(n.units - coalesce(l.units, 0))::bigint AS missing
        FROM ({NEED}) AS n
        LEFT JOIN LATERAL (
            SELECT sum(quantity)::bigint AS units FROM parcel_line
            WHERE parcel_id = n.parcel_id AND item_id = n.item_id AND substitute = n.substitute
        ) AS l ON true
        WHERE coalesce(l.units, 0) < n.units GROUP BY n.sku ORDER BY n.sku
        """,
        parcels=parcel_ids,
    )
    if short:
        raise ConflictError(
            "the shelf holds less than was shared out",
            missing=[{"sku": line.sku, "units": line.missing} for line in short],
        )


def _write_off(asker: Asker, parcel_ids: list[int], lots: list[int]) -> None:
    """Move what is broken from the shelf to waste, as far as the book still has it there."""
    execute(
        f"""
        {MISSING_LAID}
        INSERT INTO movement (lot_id, from_place, to_place, quantity, parcel_id, moved_by, reason)
        SELECT lot_id, 'shelf', 'waste', quantity, parcel_id, :by, reason FROM laid WHERE reason = ANY (:broken)
        """,
        parcels=parcel_ids,
        lots=lots,
        by=asker.account_id,
        broken=sorted(BROKEN),
    )
