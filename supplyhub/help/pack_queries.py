"""Reads of care packs: the givings of a cycle, where each pack stands, what a household was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.catalog.queries import cycle_for
from supplyhub.db import row, rows
from supplyhub.errors import NotAllowedError, NotFoundError
from supplyhub.ordering.queries import SORT
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# A row a pack of a household: where it stands, and of its goods what was laid in and what is left of it. What two packs of a
# household have in common is one line of its order, and counts for both.
STANDING = """
    SELECT s.pack_id, s.household_id, s.grid_id, k.cycle_id, o.id AS order_id, CASE
             WHEN s.became IS NOT NULL THEN s.became
             WHEN s.declined_at IS NOT NULL THEN 'declined' WHEN s.dropped_at IS NOT NULL THEN 'dropped'
             WHEN c.state = 'ordering' THEN 'promised' WHEN NOT w.shared THEN 'waiting'
             WHEN w.got = 0 OR p.state IS NULL THEN 'nothing_came' ELSE p.state
           END AS state, coalesce(w.wanted - w.got, 0)::bigint AS short
    FROM care_pack_share AS s
    JOIN care_pack AS k ON k.id = s.pack_id
    JOIN cycle AS c ON c.id = k.cycle_id
    LEFT JOIN menu AS m ON m.cycle_id = c.id AND m.grid_id = s.grid_id
    LEFT JOIN orders AS o ON o.menu_id = m.id AND o.household_id = s.household_id
    LEFT JOIN parcel AS p ON p.order_id = o.id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(l.quantity), 0) AS wanted, coalesce(bool_and(a.order_id IS NOT NULL), false) AS shared,
               coalesce(sum(coalesce(a.allocated, l.quantity) - coalesce(x.units, 0)), 0) AS got
        FROM care_pack_line AS n
        JOIN offer AS f ON f.product_id = n.product_id
        JOIN menu_item AS i ON i.offer_id = f.id AND i.menu_id = m.id AND i.for_care
        JOIN order_line AS l ON l.order_id = o.id AND l.item_id = i.id
        LEFT JOIN allocation AS a ON a.order_id = l.order_id AND a.item_id = l.item_id
        LEFT JOIN packing_short AS x ON x.order_id = l.order_id AND x.item_id = l.item_id
        WHERE n.pack_id = s.pack_id
    ) AS w
"""

COUNTED = ("declined", "dropped", "delivered", "returned", "nothing_came")
COUNTS = ", ".join(f"count(*) FILTER (WHERE state = '{state}') AS {state}" for state in COUNTED)

LINES = """(
    SELECT jsonb_agg(jsonb_build_object('name_zh', p.name_zh, 'name_en', p.name_en, 'unit', p.unit, 'picture', p.picture,
                                        'sku', p.sku, 'units', n.units) ORDER BY p.sku)
    FROM care_pack_line AS n JOIN product AS p ON p.id = n.product_id WHERE n.pack_id = k.id) AS lines
"""

PACK = f"""
    SELECT k.id, k.cycle_id, c.number AS cycle_number, c.state AS cycle_state, k.name, k.donors, k.seed, k.given_at,
           a.display_name AS given_by, {LINES}
    FROM care_pack AS k JOIN cycle AS c ON c.id = k.cycle_id JOIN account AS a ON a.id = k.given_by
"""


def packs_for(asker: Asker, cycle_id: int) -> list[Row[Any]]:
    """Return the givings of a cycle, newest first, for a coordinator.

    Fields: id, cycle_id, cycle_number, cycle_state, name, donors, seed, given_at, given_by, lines (name_zh, name_en, unit,
    picture, sku, units of each), and counts by state: homes (all), declined, dropped, delivered, returned, nothing_came,
    under_way (the others).
    """
    _only_coordinators(asker)
    cycle_for(asker, cycle_id)
    return rows(
        f"""
        SELECT pack.*, w.homes, w.declined, w.dropped, w.delivered, w.returned, w.nothing_came,
               w.homes - w.declined - w.dropped - w.delivered - w.returned - w.nothing_came AS under_way
        FROM ({PACK} WHERE k.cycle_id = :cycle) AS pack
        CROSS JOIN LATERAL (
            SELECT count(*) AS homes, {COUNTS}
            FROM ({STANDING} WHERE k.cycle_id = :cycle) AS s WHERE s.pack_id = pack.id
        ) AS w
        ORDER BY pack.id DESC
        """,
        cycle=cycle_id,
    )


def pack_for(asker: Asker, pack_id: int) -> Row[Any]:
    """Return a giving, for a coordinator: fields as in `packs_for`, without the counts. Raises NotFoundError."""
    _only_coordinators(asker)
    found = row(
        f"{PACK} WHERE k.id = :pack AND c.community_id = :community", pack=pack_id, community=asker.community_id
    )
    if found is None:
        raise NotFoundError("no such pack", pack=pack_id)
    return found


def homes_of_pack(asker: Asker, pack_id: int, *, limit: int = 500, offset: int = 0) -> list[Row[Any]]:
    """Return where a giving's packs stand, in the one sort order, for a coordinator. Raises NotFoundError.

    Fields: household_id, door, grid_number, number (of the order, None before the cut-off), state (promised, declined, dropped,
    waiting, nothing_came, or the parcel's), short (units that didn't come of its goods).
    """
    pack_for(asker, pack_id)
    return rows(
        f"""
        SELECT s.household_id, coalesce(nullif(b.number, 0)::text, b.name) || '-' || h.unit_number || '-' || h.door AS door,
               g.number AS grid_number, n.number, s.state, s.short
        FROM ({STANDING} WHERE s.pack_id = :pack) AS s
        JOIN household AS h ON h.id = s.household_id
        JOIN building AS b ON b.id = h.building_id
        JOIN grid AS g ON g.id = s.grid_id
        LEFT JOIN order_number AS n ON n.order_id = s.order_id
        ORDER BY {SORT} LIMIT :limit OFFSET :offset
        """,
        pack=pack_id,
        limit=limit,
        offset=offset,
    )


def count_homes_of_pack(asker: Asker, pack_id: int) -> int:
    """Return how many households `homes_of_pack` has in all."""
    pack_for(asker, pack_id)
    found = row("SELECT count(*) AS homes FROM care_pack_share WHERE pack_id = :pack", pack=pack_id)
    return int(found.homes) if found else 0


def packs_of_household(asker: Asker, *, cycle_id: int | None = None, limit: int = 10) -> list[Row[Any]]:
    """Return the packs of the asker's own household, newest first; of one cycle, or the latest of all.

    Fields: id, cycle_id, cycle_number, delivery_on, menu_id, name, donors, lines (as in `packs_for`), state (as in
    `homes_of_pack`), short. One that was dropped isn't named.
    """
    return rows(
        f"""
        SELECT k.id, k.cycle_id, c.number AS cycle_number, c.delivery_on, m.id AS menu_id, k.name, k.donors, {LINES}, s.state,
               s.short
        FROM ({STANDING} WHERE s.household_id = :home AND s.dropped_at IS NULL) AS s
        JOIN care_pack AS k ON k.id = s.pack_id
        JOIN cycle AS c ON c.id = k.cycle_id
        LEFT JOIN menu AS m ON m.cycle_id = c.id AND m.grid_id = s.grid_id
        WHERE CAST(:cycle AS bigint) IS NULL OR k.cycle_id = :cycle ORDER BY k.id DESC LIMIT :limit
        """,
        home=asker.household(),
        cycle=cycle_id,
        limit=limit,
    )


def _only_coordinators(asker: Asker) -> None:
    if asker.role != Role.COORDINATOR:
        raise NotAllowedError("only a coordinator sees whom care packs go to", role=asker.role)
