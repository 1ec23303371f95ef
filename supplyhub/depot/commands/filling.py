"""What goes into the parcels: units of lots, those that expire first before the others; weights; what is missing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.codes import read_code
from supplyhub.db import as_dict, execute, rows
from supplyhub.depot.commands.breaking import Line, check_missing, note_missing, write_off_broken
from supplyhub.depot.errors import ExpiredError, UnweighedError
from supplyhub.depot.laying import LAID, NEED
from supplyhub.depot.states import LotPurpose
from supplyhub.errors import ConflictError, InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.engine import Row

    from supplyhub.depot.commands.breaking import Missing
    from supplyhub.people.asker import Asker

MOST_GRAMS = 1_000_000


@dataclass(frozen=True, slots=True)
class Weighed:
    """What all units of a line weigh together: for products that are charged by weight."""

    parcel: str
    item: int
    grams: int
    substitute: bool = False


def fill(
    asker: Asker, cycle_id: int, parcels: Mapping[str, int], weights: Iterable[Weighed], missing: Iterable[Missing]
) -> None:
    """Fill parcels, ids by code, in the caller's transaction: what is missing, lots, weights; the movements with them.

    Raises InvalidError for lines that no parcel has or that aren't weighed, UnweighedError where a weight lacks,
    ConflictError when the shelf holds less than was shared out, ExpiredError when the rest of it has expired. Whoever takes
    from the shelf locks the lots first.
    """
    grams = {(parcels.get(read_code(each.parcel), 0), each.item, each.substitute): each.grams for each in weights}
    gone = {(parcels.get(read_code(each.parcel), 0), each.item, each.substitute): each for each in missing}
    ids = list(parcels.values())
    _check(ids, grams, gone)
    note_missing(asker, gone)
    _note_weights(grams)
    lots = _lock_lots(cycle_id, ids)
    _take(asker, ids, lots)
    if gone:
        write_off_broken(asker, ids, lots)


def _check(parcel_ids: list[int], grams: Mapping[Line, int], gone: Mapping[Line, Missing]) -> None:
    found = {
        (line.parcel_id, line.item_id, line.substitute): line
        for line in rows(f"SELECT * FROM ({NEED}) AS line ORDER BY code, item_id, substitute", parcels=parcel_ids)
    }
    strangers = sorted({*grams, *gone} - found.keys())
    if strangers:
        raise InvalidError("these parcels have no such lines", items=[item for _, item, _ in strangers])
    check_missing(gone, found)
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


def _lock_lots(cycle_id: int, parcel_ids: list[int]) -> list[Row[Any]]:
    """Return the lots of what these parcels hold, locked: id, product_id, purpose, expired.

    Goods that are for the care register alone are among them where a parcel holds a care pack.
    """
    return rows(
        f"""
        SELECT l.id, l.product_id, l.purpose, l.expires_on < (clock_timestamp() AT TIME ZONE m.timezone)::date AS expired
        FROM lot AS l JOIN cycle AS c ON c.id = l.serves_cycle_id JOIN community AS m ON m.id = c.community_id
        WHERE l.serves_cycle_id = :cycle
          AND (l.product_id, l.purpose = 'care') IN (SELECT product_id, for_care FROM ({NEED}) AS line)
        ORDER BY l.id FOR NO KEY UPDATE OF l
        """,
        cycle=cycle_id,
        parcels=parcel_ids,
    )


def _take(asker: Asker, parcel_ids: list[int], lots: list[Row[Any]]) -> None:
    execute(
        f"""
        {LAID.format(need=NEED)}
        INSERT INTO parcel_line (parcel_id, item_id, lot_id, order_id, quantity, substitute)
        SELECT parcel_id, item_id, lot_id, order_id, quantity, substitute FROM laid
        """,
        parcels=parcel_ids,
        lots=[lot.id for lot in lots if not lot.expired],
    )
    _refuse_short(parcel_ids, [lot for lot in lots if lot.expired])
    execute(
        """
        INSERT INTO movement (lot_id, from_place, to_place, quantity, parcel_id, moved_by)
        SELECT lot_id, 'shelf', 'packed', quantity, parcel_id, :by FROM parcel_line WHERE parcel_id = ANY (:parcels)
        """,
        parcels=parcel_ids,
        by=asker.account_id,
    )


def _refuse_short(parcel_ids: list[int], expired: list[Row[Any]]) -> None:
    """Raise ConflictError when the shelf held less than is to be packed, as after a count that found less.

    ExpiredError when lots that have expired lie there for it.
    """
    short = rows(
        f"""
        SELECT n.code, n.item_id, n.substitute, n.product_id, n.for_care, n.sku, (n.units - coalesce(l.units, 0))::bigint AS units
        FROM ({NEED}) AS n
        LEFT JOIN LATERAL (
            SELECT sum(quantity)::bigint AS units FROM parcel_line
            WHERE parcel_id = n.parcel_id AND item_id = n.item_id AND substitute = n.substitute
        ) AS l ON true
        WHERE coalesce(l.units, 0) < n.units ORDER BY n.sku, n.position, n.item_id, n.substitute
        """,
        parcels=parcel_ids,
    )
    if not short:
        return
    missing = Counter[str]()
    for line in short:
        missing[line.sku] += line.units
    facts = {"missing": [{"sku": sku, "units": units} for sku, units in missing.items()]}
    lacking = {(line.product_id, LotPurpose.CARE if line.for_care else LotPurpose.EVERYBODY) for line in short}
    if gone := _gone_off([lot.id for lot in expired if (lot.product_id, lot.purpose) in lacking]):
        lines = [
            {"parcel": line.code, "item": line.item_id, "substitute": line.substitute, "units": line.units}
            for line in short
        ]
        raise ExpiredError("what has expired isn't packed", **facts, lots=gone, lines=lines)
    raise ConflictError("the shelf holds less than was shared out", **facts)


def _gone_off(lots: list[int]) -> list[dict[str, object]]:
    """Return those of some lots of which something is on the shelf: lot, sku, name_zh, name_en, lot_number, expires_on, units."""
    found = rows(
        """
        SELECT l.id AS lot, p.sku, p.name_zh, p.name_en, l.lot_number, l.expires_on, s.quantity AS units
        FROM lot AS l
        JOIN product AS p ON p.id = l.product_id
        JOIN stock_level AS s ON s.lot_id = l.id AND s.place = 'shelf' AND s.quantity > 0
        WHERE l.id = ANY (:lots) ORDER BY l.expires_on, l.id
        """,
        lots=lots,
    )
    return [as_dict(lot) for lot in found]
