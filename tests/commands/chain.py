"""A shop whose orders come by its group's chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.catalog.models import MenuItem, Product
from supplyhub.crypto import Vault
from supplyhub.db import db, rows
from supplyhub.ordering import commands
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.relay.applying import apply_relay
from tests.factories import Shop, a_household

if TYPE_CHECKING:
    from supplyhub.ordering.relay.planning import Fate
    from supplyhub.ordering.relay.sheets import Sheet
    from supplyhub.residents.models import Household

VAULT = Vault({"k1": bytes(32)})
NAMES = ("大白菜", "土豆", "鸡蛋")


class Chain:
    """A shop with three items, and the lead who pastes its group's chain."""

    def __init__(self) -> None:
        self.shop = Shop()
        self.items = {name: self._item(name) for name in NAMES}
        self.lead = self.shop.lead()
        self.a, self.b, self.c = (a_household(self.shop.building, door=door) for door in ("102", "202", "302"))

    def _item(self, name: str) -> MenuItem:
        item = self.shop.item(offered=20, cap=5)
        product = db.session.get_one(Product, db.session.query(Product.id).order_by(Product.id.desc()).first()[0])
        product.name_zh = name
        db.session.commit()
        return item

    def door(self, home: Household) -> str:
        return f"{self.shop.building.number}-{home.unit_number}-{home.door}"

    def text(self, *entries: tuple[Household, str], first: int = 1) -> str:
        lines = [f"{number}. {self.door(home)} {words}" for number, (home, words) in enumerate(entries, first)]
        return "\n".join(["#接龙", "【第三网格·爱心菜吧】", *lines])

    def apply(self, text: str, **more: Any) -> Sheet:
        return apply_relay(self.lead, self.shop.menu.id, text, vault=VAULT, **more)

    def paste(self, *entries: tuple[Household, str], first: int = 1, **more: Any) -> Sheet:
        return self.apply(self.text(*entries, first=first), **more)

    def order(self, home: Household) -> dict[str, int] | None:
        """Return the door's live order by name, None without one."""
        found = rows(
            "SELECT p.name_zh, l.quantity FROM orders AS o JOIN order_line AS l ON l.order_id = o.id"
            " JOIN menu_item AS i ON i.id = l.item_id JOIN offer AS f ON f.id = i.offer_id"
            " JOIN product AS p ON p.id = f.product_id"
            " WHERE o.household_id = :home AND o.state = 'placed'",
            home=home.id,
        )
        return {line.name_zh: line.quantity for line in found} or None

    def on_the_web(self, home: Household, expected: int | None, **wanted: int) -> None:
        items = {self.items[name].id: units for name, units in wanted.items()}
        commands.place_order(
            self.shop.resident(home),
            menu_id=self.shop.menu.id,
            household_id=home.id,
            expected=expected,
            lines=[Line(item, units) for item, units in items.items()],
            total_fen=480 * sum(items.values()),
        )


def fates(sheet: Sheet) -> dict[int, Fate]:
    return {door.household: door.fate for door in sheet.doors.values()}


def books() -> list[Any]:
    """Return everything that an apply may write."""
    return [
        rows(f"SELECT * FROM {table} ORDER BY 1, 2")
        for table in ("orders", "order_line", "proxy_order", "relay_entry", "relay_basket")
    ]
