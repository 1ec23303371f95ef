"""A shop whose menu is drawn: asks are written as they stand after `put_orders`, reserving nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from flask import current_app

from supplyhub.catalog.models import Menu
from supplyhub.catalog.states import MenuMode, MenuState
from supplyhub.db import db, scalar
from supplyhub.ordering.draw.commands import draw_menu, prepare_draw
from supplyhub.ordering.models import Order, OrderLine
from supplyhub.ordering.states import Channel
from tests.factories import Shop, saved
from tests.factories_depot import work

if TYPE_CHECKING:
    from supplyhub.catalog.models import MenuItem
    from supplyhub.crypto import Vault
    from supplyhub.residents.models import Household


@dataclass
class DrawShop(Shop):
    """A shop in draw mode, its seed promised, taking asks."""

    care_percent: int = 0

    def __post_init__(self) -> None:
        """Promise, then publish."""
        super().__post_init__()
        self.menu.mode, self.menu.care_percent, self.menu.state = MenuMode.DRAW, self.care_percent, MenuState.DRAFT
        saved(self.menu)
        prepare_draw(self.coordinator(), self.menu.id, vault=self.vault)
        self.menu.state = MenuState.PUBLISHED
        self.menu_id = saved(self.menu).id

    @property
    def vault(self) -> Vault:
        """Return the installation's."""
        found: Vault = current_app.extensions["vault"]
        return found

    def ask(self, home: Household | None = None, **units: int) -> Order:
        """Ask for units of the items named i<id>, as the first home or another."""
        home = home or self.home
        items = {int(name.removeprefix("i")): count for name, count in units.items()}
        priced = {item: scalar("SELECT price_fen FROM menu_item WHERE id = :id", id=item) for item in items}
        order = saved(
            Order(
                menu_id=self.menu.id,
                cycle_id=self.cycle.id,
                grid_id=self.grid.id,
                household_id=home.id,
                building_id=home.building_id,
                total_fen=sum(priced[item] * count for item, count in items.items()),
                channel=Channel.WEB,
                placed_by=home.account_id,
            )
        )
        db.session.add_all(
            OrderLine(
                order_id=order.id, item_id=item, menu_id=self.menu.id, quantity=count, unit_price_fen=priced[item]
            )
            for item, count in items.items()
        )
        db.session.commit()
        return order

    def everybody_asks(self, item: MenuItem, homes: int, units: int = 1) -> list[Order]:
        """Let some new neighbours ask for an item."""
        return [self.ask(self.another_home(), **{f"i{item.id}": units}) for _ in range(homes)]

    def cut_off(self) -> None:
        """Let the menu's cut-off pass without anybody drawing."""
        menu = db.session.get_one(Menu, self.menu.id)
        menu.cutoff_at, menu.state = datetime.now(UTC) + timedelta(seconds=0), MenuState.CLOSED
        saved(menu)

    def draw(self) -> bool:
        """Draw as the worker does."""
        return bool(work(lambda: draw_menu(self.menu_id, vault=self.vault)))
