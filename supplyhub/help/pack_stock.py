"""What was given for care (爱心物资) and is in nobody's pack yet, and the households that packs may go to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, rows
from supplyhub.depot.gifts import PROMISED_UNITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

# The lots that packs of a cycle may come from, of which something is there and good on the delivery day: what serves it, what a
# closed cycle left over, and what came for a cycle after its cut-off, as far as none of its packs wait for such goods.
USABLE = """
    SELECT l.id, l.product_id, l.expires_on, l.receipt_id, old.id AS serves_cycle_id, s.units
    FROM lot AS l
    JOIN cycle AS old ON old.id = l.serves_cycle_id
    JOIN cycle AS new ON new.id = :cycle AND new.community_id = old.community_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(quantity), 0)::bigint AS units FROM stock_level WHERE lot_id = l.id AND place IN ('inbound', 'shelf')
    ) AS s
    WHERE l.purpose = 'care' AND s.units > 0 AND l.expires_on >= new.delivery_on AND (
        old.id = new.id OR old.state = 'closed' OR old.state <> 'ordering' AND NOT EXISTS (
            SELECT FROM care_pack AS k JOIN care_pack_line AS n ON n.pack_id = k.id
            WHERE k.cycle_id = old.id AND n.product_id = l.product_id))
"""

# A row a product: units that are there, promised in packs of this cycle, left.
GOODS = f"""
    SELECT p.id AS product_id, p.sku, p.name_zh, p.name_en, p.unit, p.picture, p.category, u.units,
           coalesce(k.units, 0)::bigint AS promised, (u.units - coalesce(k.units, 0))::bigint AS left, u.expires_on, u.donors
    FROM (
        SELECT u.product_id, sum(u.units)::bigint AS units, min(u.expires_on) AS expires_on,
               coalesce(string_agg(DISTINCT r.source, '、' ORDER BY r.source), '') AS donors
        FROM ({USABLE}) AS u JOIN receipt AS r ON r.id = u.receipt_id GROUP BY u.product_id
    ) AS u
    JOIN product AS p ON p.id = u.product_id
    LEFT JOIN (
        SELECT product_id, sum(units) AS units FROM ({PROMISED_UNITS}) AS k WHERE cycle_id = :cycle GROUP BY product_id
    ) AS k ON k.product_id = p.id
    ORDER BY p.sku
"""

# The live entries of the care register whose doors take part in the cycle; `mark` keeps to one category. `agreed` to packs:
# true, false when that was taken back, None when nobody noted it. `takes`: the grid's menu hasn't reached its cut-off.
CASES = """
    SELECT c.id AS case_id, h.id AS household_id, b.grid_id, g.number AS grid_number, c.priority, a.agreed,
           coalesce(m.state = 'published' AND clock_timestamp() < m.cutoff_at, false) AS takes
    FROM care_case AS c
    JOIN household AS h ON h.id = c.household_id AND h.active
    JOIN cycle_building AS b ON b.building_id = h.building_id AND b.cycle_id = :cycle
    JOIN grid AS g ON g.id = b.grid_id AND g.community_id = :community
    LEFT JOIN menu AS m ON m.cycle_id = b.cycle_id AND m.grid_id = b.grid_id
    CROSS JOIN LATERAL (
        SELECT bool_or(withdrawn_on IS NULL) AS agreed FROM care_consent WHERE case_id = c.id AND purpose = 'care_packs'
    ) AS a
    WHERE c.ended_at IS NULL
      AND (CAST(:mark AS bytea) IS NULL OR EXISTS (SELECT FROM care_mark WHERE case_id = c.id AND mark = :mark))
    ORDER BY g.number, h.id
"""


@dataclass(frozen=True, slots=True)
class GridPart:
    """A grid in a giving: households that may get a pack, and how many of them do.

    Left out: `unasked` whose consent nobody noted, `refused` who took it back, `closed` where the menu takes no orders.
    """

    number: int
    homes: int = 0
    packs: int = 0
    unasked: int = 0
    refused: int = 0
    closed: int = 0


def goods_for_care(cycle_id: int) -> list[Row[Any]]:
    """Return what packs of a cycle can be made of, by SKU.

    Fields: product_id, sku, name_zh, name_en, unit, picture, category, units (there, and good on the delivery day), promised
    (in packs of this cycle), left (below zero when something broke since), expires_on (the first), donors.
    """
    return rows(GOODS, cycle=cycle_id)


def take_over(cycle_id: int, product_ids: Sequence[int]) -> None:
    """Let usable lots of some products serve this cycle, in the caller's transaction, which holds the cycle's lock."""
    lots = rows(
        f"SELECT id FROM lot WHERE id IN (SELECT id FROM ({USABLE}) AS u WHERE u.serves_cycle_id <> :cycle"
        " AND u.product_id = ANY (:products)) ORDER BY id FOR NO KEY UPDATE",
        cycle=cycle_id,
        products=list(product_ids),
    )
    # Asked again after the lock, as with what closed cycles leave for everybody.
    execute(
        f"UPDATE lot SET serves_cycle_id = :cycle WHERE id = ANY (:lots) AND id IN (SELECT id FROM ({USABLE}) AS u)",
        cycle=cycle_id,
        lots=[lot.id for lot in lots],
    )


def cases_in(community_id: int, cycle_id: int, mark: bytes | None) -> list[Row[Any]]:
    """Return the entries of the care register that take part in a cycle; fields as in CASES."""
    return rows(CASES, community=community_id, cycle=cycle_id, mark=mark)


def parts_of(cases: Sequence[Row[Any]], given: set[int], *, unasked: bool) -> list[GridPart]:
    """Return each grid's part, by number. `given`: the households that get a pack; `unasked`: those count, too."""
    by_grid: dict[int, dict[str, int]] = {}
    for case in cases:
        part = by_grid.setdefault(case.grid_number, {})
        kind = left_out(case, unasked=unasked) or "homes"
        part[kind] = part.get(kind, 0) + 1
        if case.household_id in given:
            part["packs"] = part.get("packs", 0) + 1
    return [GridPart(number, **part) for number, part in sorted(by_grid.items())]


def left_out(case: Row[Any], *, unasked: bool) -> str:
    """Return why an entry gets no pack: refused, unasked, closed; or nothing."""
    if case.agreed is False:
        return "refused"
    if case.agreed is None and not unasked:
        return "unasked"
    return "" if case.takes else "closed"
