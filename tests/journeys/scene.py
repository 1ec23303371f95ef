"""A community in the middle of its day: the demo register, five actors, and a cycle brought as far as a test wants it.

Everything goes through the commands, with real commits.
"""

from __future__ import annotations

import random
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from supplyhub.catalog import commands as catalog
from supplyhub.catalog.editing import edit_item, withdraw_item
from supplyhub.catalog.importing import import_offers
from supplyhub.catalog.late import order_later
from supplyhub.catalog.queries import items_of, menus_for, offers_for
from supplyhub.catalog.spelling import spell_names
from supplyhub.catalog.states import MenuMode
from supplyhub.config import PACKAGE
from supplyhub.db import db, execute, rows, scalar, transaction
from supplyhub.delivery.commands import claim_ticket, hand_over, issue_tickets, record_entries, replan_grid
from supplyhub.delivery.commands.routing import plan_routes
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.levels import change_level
from supplyhub.delivery.point_queries import fetched_at_points
from supplyhub.delivery.queries import stops_of, tickets_for
from supplyhub.delivery.states import Problem, StopOutcome, TicketState
from supplyhub.demo.scales import weigh
from supplyhub.depot.commands import (
    cut_off_batch,
    finish_receiving,
    pack,
    receive,
    send_purchase_order,
    share_out,
)
from supplyhub.depot.commands.receiving import ReceivedLine
from supplyhub.depot.packing_queries import batches_for, parcels_of
from supplyhub.depot.purchase_queries import purchase_order_for, purchase_orders_for
from supplyhub.depot.states import ParcelState
from supplyhub.ordering import commands as ordering
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.calls import record_call
from supplyhub.ordering.draw.commands import draw_menu, prepare_draw
from supplyhub.ordering.states import CallOutcome
from supplyhub.people import commands as people
from supplyhub.people.states import Role
from supplyhub.places.commands import ensure_community
from supplyhub.places.states import ZoneLevel
from supplyhub.residents.anchors import appoint_anchor
from supplyhub.residents.asking import asker_of
from supplyhub.residents.cards import household_of_card
from supplyhub.residents.commands import demo_card
from supplyhub.residents.devices import devices_for, join, new_pin
from supplyhub.residents.importing import NamedFile, RegisterFiles, import_register

if TYPE_CHECKING:
    from flask import Flask

    from supplyhub.people.asker import Asker

DATA = PACKAGE / "demo_data"
PASSWORD = "correct horse battery"
GRID = 3
DRAWN = ("D001", "V002", "V007", "V012")
DAY = timedelta(days=1)


class Scene:
    """One community in `app`'s database; call the steps in order. Works in the application's context."""

    def __init__(self, app: Flask, *, grids: tuple[int, ...] = (3,)) -> None:
        self.vault = app.extensions["vault"]
        self.grids = grids
        self.chance = random.Random(12)
        self.cycle = 0
        self.menus: dict[int, int] = {}
        # How many of the offers a menu has.
        self.items = 100
        # Which part of the households order on the tour.
        self.part = 0.6
        # Of what too little comes.
        self.scarce = {"V007", "E001"}

    def settle(self) -> Scene:
        """Load the register and the offers; open the accounts of staff and volunteers."""
        self.community = ensure_community(timezone="Asia/Shanghai")
        files = [
            NamedFile(name, (DATA / name).read_bytes())
            for name in ("households.csv", "cadastre.geojson", "grids.geojson")
        ]
        import_register(self.community, RegisterFiles(*files), vault=self.vault)
        import_offers(self.community, (DATA / "offers.csv").read_bytes())
        spell_names(self.community)
        plan_routes(self.community)
        self.coordinator = self._staff(Role.COORDINATOR, "陈静")
        self.depot = self._staff(Role.DEPOT, "林海")
        self.leads = {
            grid: self._staff(Role.GRID_LEAD, name, grid) for grid, name in ((3, "周平"), (4, "吴敏"), (5, "何伟"))
        }
        self.volunteers = {
            grid: self.asker(people.take_on_volunteer(self.community, name, grid=grid).account_id)
            for grid, name in ((3, "柯健"), (4, "方圆"), (5, "罗欣"))
        }
        return self

    def open_cycle(self, *, hours_left: float = 2.24, opened: float = 6) -> Scene:
        """Open a cycle and publish a menu of nine or more items in the grids."""
        self.open_next()
        for grid in self.grids:
            self.save_menu(grid, hours_left=hours_left, opened=opened)
            catalog.publish_menu(self.coordinator, self.menus[grid])
        return self

    def open_next(self) -> Scene:
        """Open a cycle, and no more."""
        self.cycle = catalog.open_cycle(self.coordinator, delivery_on=date.today() + DAY)  # noqa: DTZ011 - any day will do
        return self

    def save_menu(self, grid: int, *, hours_left: float = 2.24, opened: float = 6) -> Scene:
        """Save a grid's draft of nine or more items."""
        now = datetime.now(UTC)
        self.menus[grid] = catalog.save_menu(
            self.coordinator,
            cycle_id=self.cycle,
            grid_number=grid,
            opens_at=now - timedelta(hours=opened),
            cutoff_at=now + timedelta(hours=hours_left),
            items=[
                catalog.ItemWanted(offer.sku, offered=4 if place % 7 == 4 else 400, cap=(3, 5, 10, 2)[place % 4])
                for place, offer in enumerate(offers_for(self.coordinator)[-self.items :])
            ],
        )
        return self

    def pay_online(self, grid: int, *, on_delivery: bool = False) -> Scene:
        """Let a menu's orders be paid online: first, or at the door if the household likes that better."""
        with transaction():
            execute(
                "UPDATE menu SET pays_online = true, pays_on_delivery = :door WHERE id = :menu",
                menu=self.menus[grid],
                door=on_delivery,
            )
        return self

    def order(self, share: float = 0.6, *, declined: float = 0.1) -> Scene:
        """Let a share of the households order, and some say that they need nothing."""
        for grid, menu in self.menus.items():
            items = items_of(menu)
            for home in self.homes(grid):
                dice = self.chance.random()
                if dice < share:
                    self._one_order(menu, home, items)
                elif dice < share + declined:
                    ordering.decline(self.coordinator, cycle_id=self.cycle, household_id=home)
        return self

    def appoint(self, household: int) -> Scene:
        """Make a household the anchor of its building."""
        appoint_anchor(self.coordinator, household)
        return self

    def edit(self, grid: int) -> int:
        """Raise the price of a menu's first item, withdraw the one that most want; return that one."""
        item = self.most_wanted(grid)
        first = next(each for each in items_of(self.menus[grid]) if each.id != item)
        edit_item(self.coordinator, self.menus[grid], first.id, price_fen=first.price_fen + 30)
        withdraw_item(self.coordinator, self.menus[grid], item)
        return item

    def give_more_time(self, grid: int) -> int:
        """Let two items of a menu be ordered until an hour after its cut-off; return one of them."""
        menu = next(menu for menu in menus_for(self.coordinator, cycle_id=self.cycle) if menu.id == self.menus[grid])
        items = [item.id for item in items_of(menu.id) if item.left and item.case_size > 1][:2]
        for item in items:
            order_later(self.coordinator, menu.id, item, menu.cutoff_at + timedelta(hours=1))
        return int(items[0])

    def pass_the_cutoff(self, grid: int) -> Scene:
        """Let the cut-off of a menu be now."""
        with transaction():
            execute("UPDATE menu SET cutoff_at = clock_timestamp() WHERE id = :menu", menu=self.menus[grid])
        return self

    def call(self, household: int) -> Scene:
        """Let the lead find nobody on the telephone."""
        record_call(self.coordinator, cycle_id=self.cycle, household_id=household, outcome=CallOutcome.NO_ANSWER)
        return self

    def open_draw(self, grid: int, *, asking: int = 24) -> int:
        """Publish a menu in draw mode, a quarter of ten set aside, let some ask for two of each; return the menu."""
        now = datetime.now(UTC)
        if not self.cycle:
            self.open_next()
        self.menus[grid] = menu = catalog.save_menu(
            self.coordinator,
            cycle_id=self.cycle,
            grid_number=grid,
            opens_at=now - timedelta(hours=1),
            cutoff_at=now + timedelta(hours=2),
            items=[catalog.ItemWanted(sku, offered=10 if sku != "V012" else 400, cap=3) for sku in DRAWN],
            mode=MenuMode.DRAW,
            care_percent=25,
        )
        prepare_draw(self.coordinator, menu, vault=self.vault)
        catalog.publish_menu(self.coordinator, menu)
        items = items_of(menu)
        lines, total = [Line(item.id, 2) for item in items], sum(2 * item.price_fen for item in items)
        for home in self.homes(grid)[:asking]:
            ordering.place_order(
                self.coordinator, menu_id=menu, household_id=home, expected=None, lines=lines, total_fen=total
            )
        return menu

    def draw(self, menu: int) -> Scene:
        """Bring a draw's cut-off, and draw."""
        with transaction():
            execute("UPDATE menu SET cutoff_at = clock_timestamp() WHERE id = :menu", menu=menu)
        catalog.close_due_menus()
        with transaction():
            draw_menu(menu, vault=self.vault)
        return self

    def cut_off(self) -> Scene:
        """Close the menus, number the orders, write and send the purchase orders."""
        for menu in self.menus.values():
            catalog.close_menu(self.coordinator, menu)
        self._as_worker(cut_off_batch)
        return self

    def send(self) -> Scene:
        """Send the purchase orders."""
        for order in purchase_orders_for(self.depot, self.cycle):
            send_purchase_order(self.depot, order.id)
        return self

    def receive(self) -> Scene:
        """Count what came: everything, but two thirds of the scarce products."""
        for order in purchase_orders_for(self.depot, self.cycle):
            lines = purchase_order_for(self.depot, order.id).lines
            counted = [
                ReceivedLine(line.id, line.quantity * 2 // 3 if line.sku in self.scarce else line.quantity)
                for line in lines
                if line.quantity
            ]
            receive(self.depot, purchase_order_id=order.id, delivery_note=f"N-{order.id}", lines=counted)
        return self

    def share(self) -> Scene:
        """Finish receiving; share out, plan parcels, issue tickets."""
        finish_receiving(self.depot, self.cycle)
        self._as_worker(share_out)
        self._as_worker(issue_tickets)
        return self

    def relax(self, grid: int) -> list[str]:
        """Let a grid be back to normal; return the codes of its parcels that are fetched at the delivery point now."""
        change_level(self.coordinator, ZoneLevel.NORMAL, grid=grid)
        replan_grid(scalar("SELECT id FROM grid WHERE number = :grid", grid=grid))
        db.session.commit()
        return [each.parcel for each in fetched_at_points(self.depot, self.cycle) if each.state == ParcelState.PACKED]

    def pack(self, grid: int, share: float = 1.0) -> Scene:
        """Pack a share of a grid's parcels, in walking order."""
        batch = next(batch for batch in batches_for(self.depot, self.cycle) if batch.grid_number == grid)
        parcels = parcels_of(self.depot, batch.id)
        todo = [parcel for parcel in parcels[: int(len(parcels) * share)] if parcel.state == ParcelState.PLANNED]
        pack(self.depot, batch.id, [parcel.code for parcel in todo], weights=weigh(todo))
        return self

    def claim(self, grid: int, *, handed: bool = True) -> str:
        """Let the grid's volunteer claim the first free ticket, and hand it over; return its code."""
        volunteer = self.volunteers[grid]
        code = str(tickets_for(volunteer, cycle_id=self.cycle, states=[TicketState.ISSUED])[0].code)
        claim_ticket(volunteer, code)
        if handed:
            badge = str(scalar("SELECT code FROM badge WHERE id = :id", id=volunteer.badge_id))
            hand_over(self.depot, ticket_code=code, badge_code=badge)
        return code

    def deliver(self, grid: int, code: str, doors: int, *, failed: int = 0) -> Scene:
        """Mark the first doors of a ticket, the last of them with a problem."""
        ticket = scalar("SELECT id FROM ticket WHERE code = :code", code=code)
        stops = [stop for stop in stops_of(ticket)[:doors] if stop.outcome is None]
        entries = [
            Entry(
                id=uuid.uuid4(),
                stop=stop.id,
                outcome=StopOutcome.FAILED if place >= len(stops) - failed else StopOutcome.DELIVERED,
                problem=Problem.NOBODY_HOME if place >= len(stops) - failed else None,
                happened_at=datetime.now(UTC),
            )
            for place, stop in enumerate(stops)
        ]
        record_entries(self.volunteers[grid], ticket_code=code, entries=entries)
        return self

    def homes(self, grid: int) -> list[int]:
        """Return the households of a grid in walking order."""
        found = rows(
            "SELECT h.id FROM household AS h JOIN building AS b ON b.id = h.building_id JOIN grid AS g ON g.id = b.grid_id"
            " WHERE g.number = :grid AND h.active ORDER BY b.route_position, b.number, h.unit_number, h.floor, h.door",
            grid=grid,
        )
        db.session.rollback()
        return [int(home.id) for home in found]

    def silent_home(self, grid: int) -> int:
        """Return a household that has not ordered."""
        return self._home("NOT EXISTS (SELECT FROM orders AS o WHERE o.household_id = h.id)", grid=grid)

    def follow(self, grid: int) -> int:
        """Return a household that ordered."""
        return self._home(
            "EXISTS (SELECT FROM orders AS o WHERE o.household_id = h.id AND o.state = 'placed')", grid=grid
        )

    def ordered_most(self, grid: int) -> tuple[int, int]:
        """Return the two households of a grid that ordered most kinds of goods themselves."""
        found = rows(
            "SELECT o.household_id FROM orders AS o JOIN order_line AS l ON l.order_id = o.id JOIN menu_item AS i ON"
            " i.id = l.item_id AND NOT i.for_care JOIN grid AS g ON g.id = o.grid_id"
            " WHERE g.number = :grid AND o.state = 'placed' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 2",
            grid=grid,
        )
        db.session.rollback()
        first, second = (home.household_id for home in found)
        return first, second

    def most_wanted(self, grid: int) -> int:
        """Return the item of a grid's menu of which most is reserved."""
        return int(max(items_of(self.menus[grid]), key=lambda item: item.reserved).id)

    def home_on(self, code: str, position: int) -> int:
        """Return the household at a place of a ticket."""
        return self._home(
            "EXISTS (SELECT FROM stop AS s JOIN ticket AS t ON t.id = s.ticket_id JOIN orders AS o ON o.id = s.order_id"
            " WHERE o.household_id = h.id AND t.code = :code AND s.position = :position)",
            code=code,
            position=position,
        )

    def neighbour_of(self, code: str, position: int) -> int:
        """Return a household without an order in the building of a ticket's place."""
        return self._home(
            "NOT EXISTS (SELECT FROM orders AS o WHERE o.household_id = h.id) AND EXISTS (SELECT FROM stop AS s"
            " JOIN ticket AS t ON t.id = s.ticket_id JOIN orders AS o ON o.id = s.order_id"
            " WHERE o.building_id = h.building_id AND t.code = :code AND s.position = :position)",
            code=code,
            position=position,
        )

    def short_home(self) -> int:
        """Return a household that got a part of what it ordered."""
        return self._home(
            "EXISTS (SELECT FROM allocation AS a JOIN orders AS o ON o.id = a.order_id"
            " WHERE o.household_id = h.id AND a.allocated BETWEEN 1 AND a.ordered - 1)"
        )

    def _home(self, condition: str, **values: object) -> int:
        grid = values.setdefault("grid", None)
        found = scalar(
            "SELECT h.id FROM household AS h JOIN building AS b ON b.id = h.building_id JOIN grid AS g ON g.id = b.grid_id"
            f" WHERE (CAST(:grid AS int) IS NULL OR g.number = :grid) AND {condition} ORDER BY h.id LIMIT 1",
            **values,
        )
        db.session.rollback()
        assert found is not None, (condition, grid)
        return int(found)

    def lost(self, item: int) -> int:
        """Return a household that still has an order, though not all it wanted: an item was withdrawn."""
        return self._home(
            "EXISTS (SELECT FROM withdrawn_line AS w JOIN orders AS o ON o.id = w.order_id"
            " WHERE o.household_id = h.id AND o.state = 'placed' AND w.item_id = :item)",
            item=item,
        )

    def first_phone(self, household: int) -> Scene:
        """Let a first phone join a household."""
        join(household_of_card(self.card(household)), pin="", vault=self.vault)
        return self

    def card(self, household: int) -> str:
        """Return the secret of a fresh household card."""
        return demo_card(self.community, household, vault=self.vault).secret

    def typed_code(self, household: int) -> str:
        """Return what is typed from a fresh household card."""
        return demo_card(self.community, household, vault=self.vault).typed_code

    def pin(self, household: int) -> str:
        """Return the number that a signed-in phone of a household shows for the next one."""
        return new_pin(self.resident(household), vault=self.vault).pin

    def phones(self, household: int) -> int:
        """Return how many phones of a household are signed in."""
        found = len(devices_for(self.coordinator, household))
        db.session.rollback()
        return found

    def link(self, account: int) -> str:
        """Return the secret of a fresh one-time link."""
        return people.new_sign_in_link(account)

    def asker(self, account: int) -> Asker:
        """Return an asker, as a request would find it."""
        found = asker_of(account)
        db.session.rollback()
        assert found is not None
        return found

    def resident(self, household: int) -> Asker:
        """Return the asker of a household."""
        return self.asker(int(scalar("SELECT account_id FROM household WHERE id = :id", id=household)))

    def _staff(self, role: Role, name: str, grid: int | None = None) -> Asker:
        login = f"{role}{grid or ''}".replace("_", "")
        grid_id = scalar("SELECT id FROM grid WHERE number = :number", number=grid) if grid else None
        account = people.create_account(self.community, role, name, login=login, grid_id=grid_id)
        people.set_password(account, PASSWORD)
        return self.asker(account)

    def _one_order(self, menu: int, home: int, items: list[object]) -> None:
        chosen = self.chance.sample([item for item in items if item.left > 40], 4)  # type: ignore[attr-defined]
        lines = [Line(item.id, self.chance.randint(1, min(item.cap, 3))) for item in chosen]  # type: ignore[attr-defined]
        prices = {item.id: item.price_fen for item in chosen}  # type: ignore[attr-defined]
        total = sum(prices[line.item] * line.quantity for line in lines)
        ordering.place_order(
            self.coordinator, menu_id=menu, household_id=home, expected=None, lines=lines, total_fen=total
        )

    def _as_worker(self, command: object) -> None:
        # A batch runs in its worker's transaction.
        command(self.cycle)  # type: ignore[operator]
        db.session.commit()
