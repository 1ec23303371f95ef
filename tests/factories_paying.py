"""A menu whose orders are paid online before they come, a household that pays, and the worker that hears of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import db, execute, row, rows, scalar, transaction
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import cancel_order, place_order
from supplyhub.outside.errors import GatewayAwayError
from supplyhub.payments.balance import balance_of
from supplyhub.payments.commands.charging import Visit
from supplyhub.payments.commands.refunding import settle_cancelled_orders
from supplyhub.payments.holds import end_checkouts_of_ended_holds, lapse_holds
from supplyhub.payments.listening import poll_events
from supplyhub.payments.paying import finish_charges, pay_online
from supplyhub.places.models import Building
from tests.factories import Shop, a_household, asking
from workers.jobs import drain

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.catalog.models import MenuItem
    from supplyhub.outside.ports import PaymentGateway
    from supplyhub.payments.commands.charging import Begun
    from supplyhub.people.asker import Asker

VISIT = Visit(back_url="https://hub.example/order", cancel_url="https://hub.example/order")
PRICE_FEN = 480
TOPICS = ("gateway_event", "refund", "settle", "settle_again")


@dataclass(frozen=True, slots=True)
class Home:
    """A household, and who asks for it."""

    id: int
    asker: Asker


class PrepaidShop:
    """A grid whose menu is paid online alone, with one thing on it at 4.80, and a household."""

    def __init__(self, gateway: PaymentGateway, *, offered: int = 100, on_delivery: bool = False) -> None:
        self.gateway = gateway
        self.shop = Shop()
        self.shop.menu.pays_online = True
        self.shop.menu.pays_on_delivery = on_delivery
        db.session.commit()
        self.menu_id = self.shop.menu.id
        self.item_id = self.item(offered=offered).id
        self.building_id = self.shop.building.id
        self.home = Home(self.shop.home.id, self.shop.resident())
        self.asker = self.home.asker
        self.lead = self.shop.lead()

    def item(self, *, offered: int = 100, price_fen: int = PRICE_FEN) -> MenuItem:
        """Put one more thing on the menu."""
        return self.shop.item(offered=offered, price_fen=price_fen, cap=1000)

    def neighbour(self) -> Home:
        """Return one more household."""
        home = a_household(db.session.get_one(Building, self.building_id))
        return Home(home.id, asking(home.account_id))

    def order(self, units: int = 2, *, home: Home | None = None) -> int:
        """Make a household's order so many units, and return its id."""
        home = home or self.home
        before = scalar(
            "SELECT version FROM orders WHERE menu_id = :menu AND household_id = :home", menu=self.menu_id, home=home.id
        )
        put = place_order(
            home.asker,
            menu_id=self.menu_id,
            household_id=home.id,
            expected=before,
            lines=[Line(self.item_id, units)],
            total_fen=units * PRICE_FEN,
        )
        return int(put.data["id"])

    def cancel(self, order_id: int, *, home: Home | None = None) -> None:
        """Cancel a household's order."""
        home = home or self.home
        cancel_order(home.asker, menu_id=self.menu_id, household_id=home.id, expected=order_of(order_id).version)

    def pay(self, order_id: int, *, home: Home | None = None) -> Begun:
        """Press the button that leads to the gateway's page."""
        return pay_online((home or self.home).asker, order_id, VISIT, gateway=self.gateway)

    def left(self) -> int:
        """Return how many units nobody reserved."""
        return int(scalar("SELECT offered - reserved FROM menu_item WHERE id = :item", item=self.item_id))


def order_of(order_id: int) -> Row[Any]:
    """Return an order as it is: state, version, total_fen, hold_until, and its units."""
    found = row(
        "SELECT o.*, (SELECT coalesce(sum(quantity), 0) FROM order_line WHERE order_id = o.id) AS units"
        " FROM orders AS o WHERE o.id = :order",
        order=order_id,
    )
    assert found is not None
    return found


def charge(charge_id: int) -> Row[Any]:
    """Return a charge as it is."""
    found = row("SELECT * FROM charge WHERE id = :charge", charge=charge_id)
    assert found is not None
    return found


def session_of(charge_id: int) -> str:
    """Return the gateway's page of a charge."""
    return str(charge(charge_id).session_id)


def owed(order_id: int) -> int:
    """Return what is owed for an order."""
    found = balance_of(order_id)
    assert found is not None
    return int(found.owed_fen)


def time_passes(minutes: float) -> None:
    """Let holds, charges, events and leases be so much older."""
    with transaction():
        execute("UPDATE orders SET hold_until = hold_until - make_interval(secs => :s)", s=minutes * 60)
        execute("UPDATE charge SET made_at = made_at - make_interval(secs => :s)", s=minutes * 60)
        execute(
            "UPDATE outbox SET due_at = due_at - make_interval(secs => :s) WHERE finished_at IS NULL", s=minutes * 60
        )


def work() -> int:
    """Let the worker do what is due, until there is nothing more; return how much there was."""
    done = 0
    while fresh := sum(drain(topic) for topic in TOPICS):
        done += fresh
    return done


def everything_runs(gateway: PaymentGateway | None, *, times: int = 2) -> None:
    """Let the scheduler's jobs about payments and the worker run, some times."""
    for _ in range(times):
        with suppress(GatewayAwayError):
            poll_events(gateway)
        work()
        lapse_holds()
        settle_cancelled_orders()
        end_checkouts_of_ended_holds(gateway)
        finish_charges(gateway)
        work()


def unfinished() -> list[str]:
    """Return the topics of what the worker has still to do."""
    return [entry.topic for entry in rows("SELECT topic FROM outbox WHERE finished_at IS NULL ORDER BY id")]


def refunds_of(order_id: int) -> list[tuple[str, str, int, str]]:
    """Return an order's refunds: way, state, amount, reason."""
    found = rows(
        "SELECT way, state, amount_fen, reason FROM refund WHERE order_id = :order ORDER BY id", order=order_id
    )
    return [tuple(refund) for refund in found]


def books() -> dict[str, int]:
    """Return what stands on each account, without those where nothing does."""
    found = rows("SELECT account, sum(amount_fen) AS fen FROM posting GROUP BY account HAVING sum(amount_fen) <> 0")
    return {line.account: int(line.fen) for line in found}


def an_unknown_event(event_id: str, about: str, kind: str = "checkout.session.completed") -> None:
    """Let an event be received that the gateway has sent."""
    with transaction():
        execute(
            "INSERT INTO gateway_event (id, kind, object_id, made_at, came_by)"
            " VALUES (:id, :kind, :about, now(), 'webhook')",
            id=event_id,
            kind=kind,
            about=about,
        )
        execute(
            "INSERT INTO outbox (topic, payload) VALUES ('gateway_event', jsonb_build_object('event_id', CAST(:id AS text)))",
            id=event_id,
        )
