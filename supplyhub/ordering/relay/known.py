"""Loading what a relay is read against: of a menu, or of a grid and a list of products. One query each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.catalog.queries import menu_for
from supplyhub.db import row, rows
from supplyhub.errors import InvalidError, NotAllowedError, NotFoundError
from supplyhub.ordering.doors import opened
from supplyhub.ordering.relay.facts import NO_CAP, Door, Item, Known, Product
from supplyhub.people.states import Role
from supplyhub.residents.register import CONTACT, PHONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

# On a menu a product may stand once; without a menu it has no item.
PRODUCTS = """
    SELECT p.id, p.sku, p.name_zh, p.unit, p.unit_weight_grams, i.id AS item, i.position, i.cap,
           i.withdrawn_at IS NOT NULL AS withdrawn,
           array(SELECT a.alias FROM product_alias AS a WHERE a.product_id = p.id ORDER BY a.id) AS aliases
    FROM product AS p
    LEFT JOIN (menu_item AS i JOIN offer AS o ON o.id = i.offer_id AND i.menu_id = :menu AND NOT i.for_care)
         ON o.product_id = p.id
    WHERE p.community_id = :community ORDER BY i.position, p.sku
"""
# Where each building's doors order: in a cycle as its opening put them, else as the register has them today.
GRIDS_IN_CYCLE = """
    SELECT b.id, b.name, g.number AS grid FROM cycle_building AS cb
    JOIN building AS b ON b.id = cb.building_id JOIN grid AS g ON g.id = cb.grid_id
    WHERE cb.cycle_id = :cycle AND b.community_id = :community
"""
GRIDS_TODAY = """
    SELECT b.id, b.name, g.number AS grid FROM building AS b JOIN grid AS g ON g.id = b.grid_id
    WHERE b.community_id = :community
"""
DOORS = """
    SELECT h.id, b.name AS building, b.number AS building_number, h.unit, h.unit_number, h.door, h.contact_name_sealed,
           h.phone_sealed
    FROM household AS h JOIN building AS b ON b.id = h.building_id
    WHERE h.community_id = :community AND h.active AND h.building_id = ANY (:buildings)
    ORDER BY b.route_position, b.number, b.name, h.unit_number, h.floor, h.door
"""


def known_menu(asker: Asker, menu_id: int, vault: Vault) -> Known:
    """Return what a menu's relay is read against; names and phones are opened, for the grid's lead or a coordinator.

    Raises NotFoundError, NotAllowedError.
    """
    if asker.role not in {Role.GRID_LEAD, Role.COORDINATOR}:
        raise NotAllowedError("only the grid's lead or a coordinator reads a relay", role=asker.role)
    menu_for(asker, menu_id)
    return known_menu_of(asker.community_id, menu_id, vault)


def known_menu_of(community_id: int, menu_id: int, vault: Vault) -> Known:
    """Return what a menu's relay is read against, for the command line, which asks for nobody. Raises NotFoundError."""
    menu = row(
        "SELECT m.cycle_id, g.number AS grid FROM menu AS m JOIN grid AS g ON g.id = m.grid_id"
        " WHERE m.id = :menu AND g.community_id = :community",
        menu=menu_id,
        community=community_id,
    )
    if menu is None:
        raise NotFoundError(f"there is no menu {menu_id}", menu=menu_id)
    products = rows(PRODUCTS, community=community_id, menu=menu_id)
    items = [_item(product, product.item, product.position, product.cap) for product in products if product.item]
    grids = rows(GRIDS_IN_CYCLE, community=community_id, cycle=menu.cycle_id)
    return _known(community_id, items, products, menu.grid, grids, vault)


def known_grid(community_id: int, grid_number: int, posted: Mapping[str, int | None], vault: Vault) -> Known:
    """Return what a relay of a grid is read against that posted these SKUs, each with its cap or None, in this order.

    Ids of items are those of their products here. Raises NotFoundError (grid), InvalidError (SKU).
    """
    grids = rows(GRIDS_TODAY, community=community_id)
    if not any(building.grid == grid_number for building in grids):
        raise NotFoundError(f"there is no grid {grid_number} with a building", grid=grid_number)
    products = rows(PRODUCTS, community=community_id, menu=None)
    by_sku = {product.sku: product for product in products}
    if missing := [sku for sku in posted if sku not in by_sku]:
        raise InvalidError(f"no such product: {', '.join(missing)}", skus=missing)
    items = [
        _item(by_sku[sku], by_sku[sku].id, position, cap or NO_CAP)
        for position, (sku, cap) in enumerate(posted.items(), start=1)
    ]
    return _known(community_id, items, products, grid_number, grids, vault)


def _item(product: Row[Any], item_id: int, position: int, cap: int) -> Item:
    return Item(
        id=item_id,
        sku=product.sku,
        name=product.name_zh,
        unit=product.unit,
        grams=product.unit_weight_grams,
        position=position,
        cap=cap,
        aliases=tuple(product.aliases),
        withdrawn=product.withdrawn,
    )


def _known(
    community_id: int,
    items: Iterable[Item],
    products: Iterable[Row[Any]],
    grid_number: int,
    grids: Sequence[Row[Any]],
    vault: Vault,
) -> Known:
    posted = tuple(items)
    skus = {item.sku for item in posted}
    grid_of = {building.id: building.grid for building in grids}
    homes = rows(DOORS, community=community_id, buildings=[b for b, grid in grid_of.items() if grid == grid_number])
    return Known(
        items=posted,
        doors=tuple(_door(home, vault) for home in homes),
        grid_number=grid_number,
        products=tuple(Product(p.sku, p.name_zh, tuple(p.aliases)) for p in products if p.sku not in skus),
        elsewhere={building.name: building.grid for building in grids if building.grid != grid_number},
    )


def _door(home: Row[Any], vault: Vault) -> Door:
    return Door(
        household_id=home.id,
        building=home.building,
        building_number=home.building_number,
        unit=home.unit,
        unit_number=home.unit_number,
        door=home.door,
        name=opened(vault, home.contact_name_sealed, *CONTACT, home.id),
        phone=opened(vault, home.phone_sealed, *PHONE, home.id),
    )
