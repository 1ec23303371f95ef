"""The city of a batch bench: grids with homes that have all ordered, made set-based; and the trucks that come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.db import execute, row, scalar, transaction
from supplyhub.places.commands import ensure_community

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "压测城市"
PRODUCTS = 48
DOORS_A_BUILDING = 50
# So many grids lie beside each other.
ROW = 30
# So many products come short, with so much of what was bought; of the others a little more comes.
SHORT_PRODUCTS, CAME_PERCENT, MORE_PERCENT = 6, 70, 10


@dataclass(frozen=True, slots=True)
class Size:
    """How large a city is: grids, orders a grid, lines an order."""

    grids: int
    orders: int
    lines: int

    @property
    def order_lines(self) -> int:
        """Return the lines of all orders."""
        return self.grids * self.orders * self.lines


def build(size: Size, *, say: Callable[[str], None]) -> int:
    """Build a city whose menus just closed, in an empty database, and return the id of its cycle."""
    community = ensure_community(timezone="Asia/Shanghai", name=NAME)
    given = {"community": community, "grids": size.grids, "orders": size.orders, "lines": size.lines}
    say(f"building {size.grids:,} grids with {size.grids * size.orders:,} homes")
    with transaction():
        for statement in (GRIDS, BUILDINGS, BLOCKS, PEOPLE, HOMES, CARE, GOODS):
            execute(statement, **given, doors=DOORS_A_BUILDING, products=PRODUCTS, row=ROW)
        cycle = int(scalar(CYCLE, community=community))
        for statement in (BOUND, MENUS, ITEMS):
            execute(statement, **given, cycle=cycle)
    say(f"placing {size.order_lines:,} order lines")
    with transaction():
        execute(ORDERS, cycle=cycle, community=community, lines=size.lines)
        execute(LINES, cycle=cycle, lines=size.lines, products=PRODUCTS)
        execute(RESERVED, cycle=cycle)
        execute(DUE, topic="cut_off", cycle=cycle)
    return cycle


def bring_goods(cycle_id: int) -> int:
    """Let the goods of all purchase orders come, of a few products less than was bought, and stand on the shelf.

    Returns the units that are missing. What is received one truck at a time is no part of a batch.
    """
    with transaction():
        clerk = scalar("SELECT id FROM account WHERE role = 'depot' ORDER BY id LIMIT 1")
        given = {"cycle": cycle_id, "clerk": clerk}
        execute(TRUCKS, **given, short=SHORT_PRODUCTS, percent=CAME_PERCENT, more=MORE_PERCENT)
        execute(ON_THE_SHELF, **given)
        execute(RECEIVED, cycle=cycle_id)
        execute(DUE, topic="share_out", cycle=cycle_id)
        found = row(MISSING, cycle=cycle_id)
    return int(found.missing) if found else 0


GRIDS = """
    WITH point AS (
        INSERT INTO delivery_point (community_id, name)
        SELECT :community, n || '号点' FROM generate_series(1, 3) AS n RETURNING id
    )
    INSERT INTO grid (community_id, number, name, delivery_point_id)
    SELECT :community, n, '第' || n || '网格', (SELECT min(id) FROM point) + n % 3 FROM generate_series(1, :grids) AS n
"""
BUILDINGS = """
    INSERT INTO building (community_id, name, number, grid_id, longitude, latitude, route_position)
    SELECT :community, g.number || '-' || n || '号楼', n, g.id, 118 + (g.number - 1) % :row * 0.002 + n * 0.0001,
           25 + (g.number - 1) / :row * 0.002 + (n * 7 % 5) * 0.0001, n
    FROM grid AS g CROSS JOIN generate_series(1, (:orders + :doors - 1) / :doors) AS n
    WHERE g.community_id = :community ORDER BY g.id, n
"""
# A ring around a place m: a block with round corners, of so many points as the angle between them makes.
RING = """
    SELECT jsonb_build_object('type', 'Polygon', 'coordinates', jsonb_build_array(jsonb_agg(jsonb_build_array(
        m.east + {half} * sign(cosd(a)) * sqrt(abs(cosd(a))), m.north + {half} * sign(sind(a)) * sqrt(abs(sind(a)))
    ) ORDER BY a))) AS ring
    FROM generate_series(0, 360, {step}) AS a
"""
# A grid has 64 corners, as surveyed ones have; a house 8.
BLOCKS = f"""
    WITH middle AS (
        SELECT g.id, g.number, 118 + (g.number - 1) % :row * 0.002 + 0.0004 AS east,
               25 + (g.number - 1) / :row * 0.002 + 0.0002 AS north
        FROM grid AS g WHERE g.community_id = :community
    ), blocks AS (
        UPDATE grid AS g SET outline = r.ring FROM middle AS m
        CROSS JOIN LATERAL ({RING.format(half=0.0009, step=5.625)}) AS r WHERE g.id = m.id
    )
    UPDATE building AS b SET outline = r.ring
    FROM (SELECT id, longitude AS east, latitude AS north FROM building WHERE community_id = :community) AS m
    CROSS JOIN LATERAL ({RING.format(half=0.00004, step=45)}) AS r WHERE b.id = m.id
"""
PEOPLE = """
    INSERT INTO account (community_id, role, display_name)
    SELECT :community, 'depot', '中转站' UNION ALL
    SELECT :community, 'resident', n || '户' FROM generate_series(1, CAST(:grids AS bigint) * :orders) AS n
"""
HOMES = """
    INSERT INTO household (community_id, building_id, account_id, unit, unit_number, floor, door, people_count)
    SELECT :community, b.id, a.id, '1单元', 1, a.n % :doors / 4 + 1, CAST(a.n % :doors + 101 AS text), 3
    FROM (
        SELECT id, (row_number() OVER (ORDER BY id) - 1) / :orders AS g, (row_number() OVER (ORDER BY id) - 1) % :orders AS n
        FROM account WHERE community_id = :community AND role = 'resident'
    ) AS a
    JOIN grid AS g ON g.community_id = :community AND g.number = a.g + 1
    JOIN building AS b ON b.grid_id = g.id AND b.number = a.n / :doors + 1
    ORDER BY a.id
"""
CARE = """
    INSERT INTO care_case (household_id, category_hash)
    SELECT id, '\\x00' FROM household WHERE community_id = :community AND id % 20 = 0
"""
GOODS = """
    WITH source AS (
        INSERT INTO platform (community_id, name) VALUES (:community, '甲'), (:community, '乙') RETURNING id
    ), goods AS (
        INSERT INTO product (community_id, sku, name_zh, name_en, category, unit, unit_weight_grams, shelf_life_days)
        SELECT :community, 'C' || to_char(n, 'FM000'), '菜' || n, 'Vegetable ' || n, '蔬菜', '份', 300 + n * 20, 5
        FROM generate_series(1, :products) AS n RETURNING id
    )
    INSERT INTO offer (platform_id, product_id, cost_fen, price_fen, case_size)
    SELECT (SELECT min(id) FROM source) + goods.id % 2, goods.id, 300, 480, 10 FROM goods ORDER BY goods.id
"""
CYCLE = """
    INSERT INTO cycle (community_id, number, delivery_on) VALUES (:community, 1, current_date + 1) RETURNING id
"""
BOUND = """
    INSERT INTO cycle_building (cycle_id, building_id, grid_id)
    SELECT :cycle, id, grid_id FROM building WHERE community_id = :community
"""
MENUS = """
    INSERT INTO menu (cycle_id, grid_id, state, opens_at, cutoff_at)
    SELECT :cycle, id, 'closed', now() - interval '1 day', now() - interval '1 minute'
    FROM grid WHERE community_id = :community ORDER BY id
"""
ITEMS = """
    INSERT INTO menu_item (menu_id, offer_id, position, price_fen, cost_fen, offered, cap)
    SELECT m.id, o.id, row_number() OVER (PARTITION BY m.id ORDER BY o.id), 480, 300, 1000000, 10
    FROM menu AS m CROSS JOIN offer AS o JOIN product AS p ON p.id = o.product_id AND p.community_id = :community
    WHERE m.cycle_id = :cycle ORDER BY m.id, o.id
"""
# A grid after the other, its homes in no order of their doors, as they come when a menu opens.
ORDERS = """
    INSERT INTO orders (menu_id, cycle_id, grid_id, household_id, building_id, total_fen, channel, placed_by, placed_at,
                        changed_at)
    SELECT m.id, m.cycle_id, m.grid_id, h.id, h.building_id, :lines * (1 + h.id % 3) * 480, 'web', h.account_id,
           now() - interval '1 hour', now() - interval '1 hour'
    FROM household AS h JOIN building AS b ON b.id = h.building_id
    JOIN menu AS m ON m.cycle_id = :cycle AND m.grid_id = b.grid_id
    WHERE h.community_id = :community ORDER BY m.id, md5(CAST(h.id AS text))
"""
LINES = """
    INSERT INTO order_line (order_id, item_id, menu_id, quantity, unit_price_fen, consent, substitute_item_id, most)
    SELECT o.id, f.item + (o.id * 7 + o.id / 10 + n * 11) % :products, o.menu_id, q.units, 480, w.consent,
           CASE w.consent WHEN 'substitute' THEN f.item + (o.id * 7 + o.id / 10 + n * 11 + 1) % :products END,
           CASE WHEN (o.id + n) % 17 = 0 THEN q.units + 2 END
    FROM orders AS o
    JOIN (SELECT menu_id, min(id) AS item FROM menu_item GROUP BY menu_id) AS f ON f.menu_id = o.menu_id
    CROSS JOIN generate_series(1, :lines) AS n
    CROSS JOIN LATERAL (SELECT 1 + o.household_id % 3 AS units) AS q
    CROSS JOIN LATERAL (SELECT CASE (o.id + n * 5) % 10 WHEN 0 THEN 'substitute' WHEN 1 THEN 'refund' WHEN 2 THEN 'call'
                               ELSE 'less' END AS consent) AS w
    WHERE o.cycle_id = :cycle ORDER BY o.id, n
"""
DUE = "INSERT INTO outbox (topic, payload) VALUES (:topic, jsonb_build_object('cycle_id', CAST(:cycle AS bigint)))"
RESERVED = """
    UPDATE menu_item AS i SET reserved = l.units
    FROM (SELECT item_id, sum(quantity) AS units FROM order_line GROUP BY item_id) AS l
    WHERE i.id = l.item_id AND i.menu_id IN (SELECT id FROM menu WHERE cycle_id = :cycle)
"""
TRUCKS = """
    WITH note AS (
        INSERT INTO receipt (cycle_id, purchase_order_id, delivery_note, received_by)
        SELECT cycle_id, id, '车' || id, :clerk FROM purchase_order WHERE cycle_id = :cycle RETURNING id, purchase_order_id
    ), came AS (
        INSERT INTO lot (product_id, serves_cycle_id, receipt_id, purchase_order_line_id, received, expires_on)
        SELECT f.product_id, :cycle, note.id, l.id,
               CASE WHEN row_number() OVER (ORDER BY l.id) <= :short THEN l.quantity * :percent / 100
                    ELSE l.quantity * (100 + :more) / 100 END,
               current_date + 5
        FROM note JOIN purchase_order_line AS l USING (purchase_order_id) JOIN offer AS f ON f.id = l.offer_id
        RETURNING id, received
    )
    INSERT INTO movement (lot_id, from_place, to_place, quantity, moved_by)
    SELECT id, 'supplier', 'inbound', received, :clerk FROM came
"""
ON_THE_SHELF = """
    INSERT INTO movement (lot_id, from_place, to_place, quantity, moved_by)
    SELECT id, 'inbound', 'shelf', received, :clerk FROM lot WHERE serves_cycle_id = :cycle
"""
RECEIVED = "UPDATE purchase_order SET state = 'received', received_at = now() WHERE cycle_id = :cycle"
MISSING = """
    SELECT sum(greatest(0, l.quantity - lot.received)) AS missing
    FROM lot JOIN purchase_order_line AS l ON l.id = lot.purchase_order_line_id WHERE lot.serves_cycle_id = :cycle
"""
