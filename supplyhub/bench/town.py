"""The community of a bench: one grid, thousands of doors, made set-based; and menus to order from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.places.commands import ensure_community
from supplyhub.residents.commands import mint_tokens

if TYPE_CHECKING:
    from pathlib import Path

NAME = "压测社区"
GRID = 1
DOORS_A_BUILDING = 50
# The menu of a spread rush; a hot one has the first few of it.
OFFERS = 200
PRICE_FEN = 480
# A household that comes again asks for one more of each, so that every order changes something.
CAP = 1_000
PLENTY = 10_000_000
TOKEN_DAYS = 1


@dataclass(frozen=True, slots=True)
class Town:
    """The doors that order: households `first_home` to `first_home + homes - 1`, their accounts likewise."""

    community: int
    grid: int
    first_home: int
    first_account: int
    homes: int


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu that takes orders of the items `first_item` to `first_item + items - 1`, each at `price_fen`."""

    id: int
    first_item: int
    items: int
    price_fen: int = PRICE_FEN


class NotInARowError(RuntimeError):
    """Rows that were inserted together didn't get ids in a row, which the load counts on."""


def settle(homes: int) -> Town:
    """Make the community with so many households, and what can be bought, in an empty database."""
    community = ensure_community(timezone="Asia/Shanghai", name=NAME)
    with transaction():
        grid = int(scalar(A_GRID, community=community, number=GRID))
        execute(BUILDINGS, community=community, grid=grid, many=-(-homes // DOORS_A_BUILDING))
        execute(ACCOUNTS, community=community, many=homes)
        execute(HOUSEHOLDS, community=community, doors=DOORS_A_BUILDING)
        execute(GOODS, community=community, many=OFFERS, price=PRICE_FEN)
        found = row(FIRST_DOORS, community=community)
        if found is None or (found.last_home - found.home, found.last_account - found.account) != (homes - 1,) * 2:
            raise NotInARowError("households")
    return Town(community, grid, found.home, found.account, homes)


def open_menu(town: Town, *, items: int, offered: int = PLENTY) -> Menu:
    """Open a cycle with a menu that takes orders until tomorrow, of the first so many products."""
    with transaction():
        cycle = int(scalar(A_CYCLE, community=town.community))
        execute(PARTS, cycle=cycle, community=town.community)
        menu = int(scalar(A_MENU, cycle=cycle, grid=town.grid))
        execute(ITEMS, menu=menu, community=town.community, many=items, offered=offered, cap=CAP)
        ids = [item.id for item in rows("SELECT id FROM menu_item WHERE menu_id = :menu ORDER BY position", menu=menu)]
    if ids != list(range(ids[0], ids[0] + items)):
        raise NotInARowError("items")
    return Menu(menu, ids[0], items)


def hand_out_tokens(town: Town, path: Path) -> None:
    """Write a bearer token for each household into a private file, a line each, in the order of their ids."""
    tokens = mint_tokens(range(town.first_home, town.first_home + town.homes), days=TOKEN_DAYS)
    path.touch(mode=0o600)
    path.write_text("".join(f"{tokens[home]}\n" for home in sorted(tokens)), encoding="ascii")


A_GRID = """
    INSERT INTO grid (community_id, number, name) VALUES (:community, :number, '第一网格') RETURNING id
"""
BUILDINGS = """
    INSERT INTO building (community_id, name, number, grid_id)
    SELECT :community, n || '号楼', n, :grid FROM generate_series(1, :many) AS n
"""
ACCOUNTS = """
    INSERT INTO account (community_id, role, display_name)
    SELECT :community, 'resident', n || '户' FROM generate_series(1, :many) AS n
"""
HOUSEHOLDS = """
    INSERT INTO household (community_id, building_id, account_id, unit, unit_number, floor, door, people_count)
    SELECT :community, b.id, a.id, '1单元', 1, a.n % :doors / 4 + 1, CAST(a.n % :doors + 101 AS text), 3
    FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM account
          WHERE community_id = :community AND role = 'resident') AS a
    JOIN building AS b ON b.community_id = :community AND b.number = a.n / :doors + 1
    ORDER BY a.n
"""
GOODS = """
    WITH source AS (
      INSERT INTO platform (community_id, name) VALUES (:community, '甲') RETURNING id
    ), goods AS (
      INSERT INTO product (community_id, sku, name_zh, name_en, category, unit, unit_weight_grams, shelf_life_days)
      SELECT :community, 'B' || to_char(n, 'FM000'), '菜' || n, 'Vegetable ' || n, '蔬菜', '份', 500, 5
      FROM generate_series(1, :many) AS n RETURNING id
    )
    INSERT INTO offer (platform_id, product_id, cost_fen, price_fen, case_size)
    SELECT source.id, goods.id, 300, :price, 10 FROM source, goods ORDER BY goods.id
"""
FIRST_DOORS = """
    SELECT min(id) AS home, max(id) AS last_home, min(account_id) AS account, max(account_id) AS last_account
    FROM household WHERE community_id = :community
"""
A_CYCLE = """
    INSERT INTO cycle (community_id, number, delivery_on)
    SELECT :community, count(*) + 1, current_date + 2 FROM cycle WHERE community_id = :community RETURNING id
"""
PARTS = """
    INSERT INTO cycle_building (cycle_id, building_id, grid_id)
    SELECT :cycle, id, grid_id FROM building WHERE community_id = :community
"""
A_MENU = """
    INSERT INTO menu (cycle_id, grid_id, state, opens_at, cutoff_at)
    VALUES (:cycle, :grid, 'published', now() - interval '5 minutes', now() + interval '1 day') RETURNING id
"""
ITEMS = """
    INSERT INTO menu_item (menu_id, offer_id, position, price_fen, cost_fen, offered, cap)
    SELECT :menu, o.id, row_number() OVER (ORDER BY o.id), o.price_fen, o.cost_fen, :offered, :cap
    FROM (SELECT o.* FROM offer AS o JOIN product AS p ON p.id = o.product_id
          WHERE p.community_id = :community ORDER BY o.id LIMIT :many) AS o ORDER BY o.id
"""
