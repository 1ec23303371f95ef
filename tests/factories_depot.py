"""A community with some grids whose goods go through the depot, step by step, by the real commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from supplyhub.catalog.commands import close_menu
from supplyhub.catalog.states import CycleState
from supplyhub.db import db, rows, scalar, transaction
from supplyhub.delivery.commands import claim_ticket, clear_item, hand_over, issue_tickets, reassign_ticket, take_over
from supplyhub.delivery.inbox_queries import open_items_for
from supplyhub.depot.commands import (
    ReceivedLine,
    cut_off_batch,
    finish_receiving,
    pack,
    receive,
    send_purchase_order,
    share_out,
    write_off,
)
from supplyhub.depot.states import MoveReason, Place
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import place_order
from supplyhub.people.states import Role
from tests.factories import (
    a_badge,
    a_building,
    a_community,
    a_cycle,
    a_grid,
    a_household,
    a_menu,
    an_account,
    an_item,
    an_offer,
    asking,
    in_one_go,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from supplyhub.catalog.models import Menu, MenuItem, Offer
    from supplyhub.people.asker import Asker
    from supplyhub.people.models import Badge
    from supplyhub.places.models import Building, Grid
    from supplyhub.residents.models import Household

POINTS = ("东门", "西门", "小广场")


def work(handler: Callable[..., Any], *args: Any) -> Any:
    """Run a handler as the worker does: in a transaction of the worker's."""
    with transaction():
        return handler(*args)


@dataclass
class Side:
    """A grid of a town with a building, some homes and a menu."""

    grid: Grid
    building: Building
    homes: list[Household]
    menu: Menu | None = None
    items: dict[str, MenuItem] = field(default_factory=dict)


class Town:
    """A community with numbered grids from 1, the same SKUs on every grid's menu."""

    def __init__(
        self, *, grids: int = 1, homes: int = 2, skus: tuple[str, ...] = ("V001",), case_size: int = 10
    ) -> None:
        self.community = a_community()
        self.offers: dict[str, Offer] = {sku: an_offer(self.community, sku=sku, case_size=case_size) for sku in skus}
        self.depot = asking(an_account(self.community, Role.DEPOT).id)
        self.coordinator = asking(an_account(self.community, Role.COORDINATOR).id)
        self.sides = [self._side(number, homes) for number in range(1, grids + 1)]
        self.open_cycle()

    @in_one_go()
    def _side(self, number: int, homes: int) -> Side:
        grid = a_grid(self.community, number, delivery_point=POINTS[(number - 1) % len(POINTS)])
        building = a_building(grid, number=10 * number)
        return Side(grid, building, [a_household(building, door=f"{floor}01") for floor in range(1, homes + 1)])

    @property
    def first(self) -> Side:
        """Return grid 1."""
        return self.sides[0]

    @in_one_go()
    def open_cycle(self) -> None:
        """Open a cycle with a published menu in every grid."""
        self.cycle = a_cycle(self.community)
        self.cycle_id = self.cycle.id
        for side in self.sides:
            side.menu = a_menu(self.cycle, side.grid)
            side.items = {
                sku: an_item(side.menu, offer, offered=10_000, cap=1_000) for sku, offer in self.offers.items()
            }

    def order(self, side: Side, home: Household, **quantities: int) -> int:
        """Order for a home, as a coordinator on the phone, and return the order's id."""
        assert side.menu is not None
        result = place_order(
            self.coordinator,
            menu_id=side.menu.id,
            household_id=home.id,
            expected=None,
            lines=[Line(side.items[sku].id, quantity) for sku, quantity in quantities.items()],
            total_fen=sum(side.items[sku].price_fen * quantity for sku, quantity in quantities.items()),
        )
        return int(result.data["id"])

    def everybody_orders(self, **quantities: int) -> None:
        """Order the same for every home."""
        for side in self.sides:
            for home in side.homes:
                self.order(side, home, **quantities)

    def cut_off(self) -> None:
        """Close every menu and run the cut-off batch."""
        for side in self.sides:
            assert side.menu is not None
            close_menu(self.coordinator, side.menu.id)
        work(cut_off_batch, self.cycle_id)

    def purchase_orders(self) -> list[int]:
        """Return the ids of the cycle's purchase orders."""
        return [
            found.id for found in rows("SELECT id FROM purchase_order WHERE cycle_id = :c ORDER BY id", c=self.cycle_id)
        ]

    def send(self) -> None:
        """Send every purchase order."""
        for purchase_order_id in self.purchase_orders():
            send_purchase_order(self.depot, purchase_order_id)

    def line_of(self, sku: str) -> Any:
        """Return the purchase order line of a SKU in this cycle."""
        (line,) = rows(
            "SELECT l.*, p.sku FROM purchase_order_line AS l JOIN purchase_order AS o ON o.id = l.purchase_order_id"
            " JOIN offer AS f ON f.id = l.offer_id JOIN product AS p ON p.id = f.product_id"
            " WHERE o.cycle_id = :cycle AND p.sku = :sku",
            cycle=self.cycle_id,
            sku=sku,
        )
        return line

    def receive(self, note: str = "N-1", **came: int) -> int:
        """Receive so many of each SKU on one delivery note of the (only) purchase order."""
        lines = [ReceivedLine(self.line_of(sku).id, quantity) for sku, quantity in came.items()]
        (purchase_order_id,) = self.purchase_orders()
        return receive(self.depot, purchase_order_id=purchase_order_id, delivery_note=note, lines=lines)

    def share(self, **came: int) -> None:
        """Go on from open menus to parcels: with what came, else with what was bought."""
        self.cut_off()
        self.send()
        if not came:
            came = {sku: self.line_of(sku).quantity for sku in self.offers}
        self.receive(**came)
        finish_receiving(self.depot, self.cycle_id)
        work(share_out, self.cycle_id)

    def batch_of(self, side: Side) -> int:
        """Return the id of a grid's batch."""
        return int(scalar("SELECT id FROM batch WHERE cycle_id = :c AND grid_id = :g", c=self.cycle_id, g=side.grid.id))

    def codes(self, side: Side) -> list[str]:
        """Return the parcel codes of a grid, in order."""
        batch = self.batch_of(side)
        return [p.code for p in rows("SELECT code FROM parcel WHERE batch_id = :b ORDER BY position", b=batch)]

    def pack(self, side: Side | None = None) -> None:
        """Pack every parcel of a grid, or of all."""
        for each in [side] if side else self.sides:
            pack(self.depot, self.batch_of(each), self.codes(each))

    def to_tickets(self) -> None:
        """Go on from open menus, where everybody has ordered, to packed parcels and issued tickets."""
        self.share()
        self.pack()
        work(issue_tickets, self.cycle_id)

    def tickets(self, side: Side) -> list[str]:
        """Return the ticket codes of a grid, in order."""
        batch = self.batch_of(side)
        return [t.code for t in rows("SELECT code FROM ticket WHERE batch_id = :b ORDER BY sequence", b=batch)]

    def close_by_hand(self) -> None:
        """Close the cycle without asking the laws."""
        db.session.execute(
            text("UPDATE cycle SET state = :closed WHERE id = :c"), {"c": self.cycle_id, "closed": CycleState.CLOSED}
        )
        db.session.commit()


@dataclass
class Volunteer:
    """A volunteer with a badge."""

    badge: Badge
    badge_code: str
    asker: Asker


def a_volunteer(side: Side, **badge: Any) -> Volunteer:
    """Return a volunteer with a live badge of a grid."""
    made = a_badge(side.grid, **badge)
    return Volunteer(made, made.code, asking(made.account_id))


def expire(badge: Badge) -> None:
    """Let a badge have run out yesterday."""
    now = datetime.now(UTC)
    badge.valid_from, badge.valid_until = now - timedelta(days=2), now - timedelta(days=1)
    db.session.commit()


@dataclass
class Walk:
    """A ticket in a volunteer's hands, with its stops in walking order."""

    town: Town
    volunteer: Volunteer
    ticket: str
    stops: list[Any]


def a_walk(*, homes: int = 3, town: Town | None = None) -> Walk:
    """Return a ticket of grid 1 that was handed over."""
    if town is None:
        town = Town(homes=homes)
        town.everybody_orders(V001=1)
        town.to_tickets()
    volunteer = a_volunteer(town.first)
    (ticket, *_) = town.tickets(town.first)
    claim_ticket(volunteer.asker, ticket)
    hand_over(town.depot, ticket_code=ticket, badge_code=volunteer.badge_code)
    return Walk(town, volunteer, ticket, stops_of(ticket))


def stops_of(ticket: str) -> list[Any]:
    """Return a ticket's stops: id, code, state (of the parcel), outcome, problem."""
    return rows(
        "SELECT s.id, p.code, p.state, s.outcome, s.problem FROM stop AS s JOIN parcel AS p ON p.id = s.parcel_id"
        " JOIN ticket AS t ON t.id = s.ticket_id WHERE t.code = :ticket ORDER BY s.position",
        ticket=ticket,
    )


def places() -> dict[str, int]:
    """Return how many units stand at each place."""
    found = rows("SELECT place, sum(quantity)::bigint AS units FROM stock_level GROUP BY place")
    return {level.place: level.units for level in found if level.units}


def deal_with_returns(town: Town) -> None:
    """Write off whatever came back, and clear what came of it in the inbox, so that the cycle can be closed."""
    for item in open_items_for(town.coordinator):
        clear_item(town.coordinator, item.id, note="看过了")
    back = rows("SELECT lot_id, quantity FROM stock_level WHERE place = 'returned' AND quantity > 0 ORDER BY lot_id")
    for level in back:
        write_off(town.depot, level.lot_id, place=Place.RETURNED, quantity=level.quantity, reason=MoveReason.SPOILED)


def taken_over(town: Town, ticket: str, mate: Volunteer) -> str:
    """Let somebody else take over the doors of a ticket that have no outcome yet; return the new ticket's code."""
    heir = reassign_ticket(town.coordinator, ticket, badge_code=mate.badge_code)
    take_over(mate.asker, heir)
    return heir
