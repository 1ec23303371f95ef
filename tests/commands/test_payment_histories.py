"""Whatever order a payment's events come in, however often and by which way, the books end up the same, and the gateway's.

What happens at the gateway is a history in its own order. Between its steps, and after them, every event that has happened so
far may be told (again), the gateway's list may be read, and the worker may work or not. Hundreds of ways in the drill.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.outside.errors import GatewayRefusedError
from supplyhub.outside.ports import Checkout, EventSeen, RefundSeen
from supplyhub.payments.commands.observing import book_checkout, receive_events
from supplyhub.payments.commands.refunding import book_refund, settle_cancelled_orders
from supplyhub.payments.holds import end_checkouts_of_ended_holds, lapse_holds
from supplyhub.payments.listening import poll_events
from supplyhub.payments.states import CameBy
from tests.drill import DRILL
from tests.factories_paying import PrepaidShop, charge, order_of, time_passes, unfinished, work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from supplyhub.outside.ports import CheckoutWanted, RefundWanted
    from tests.factories_paying import Home

pytestmark = pytest.mark.usefixtures("database")
EXAMPLES = settings(
    max_examples=200 if DRILL else 3,
    deadline=None,
    derandomize=not DRILL,
    suppress_health_check=list(HealthCheck),
)


@dataclass
class FakeGateway:
    """A gateway in memory whose payments and refunds take the steps that a history tells it."""

    checkouts: dict[str, Checkout] = field(default_factory=dict)
    refunds: dict[str, RefundSeen] = field(default_factory=dict)
    happened: list[EventSeen] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)

    def tell(self, kind: str, about: str) -> None:
        """Let an event happen."""
        self.happened.append(EventSeen(f"evt_{about}_{len(self.happened)}", kind, about, datetime.now(UTC)))

    def open_checkout(self, wanted: CheckoutWanted) -> Checkout:
        made = self.keys.setdefault(wanted.key, f"cs_{wanted.charge_id}")
        opened = Checkout(made, f"https://pay.example/{made}", "open", wanted.amount_fen, 0, None, wanted.charge_id)
        return self.checkouts.setdefault(made, opened)

    def checkout(self, session_id: str) -> Checkout:
        if session_id not in self.checkouts:
            raise GatewayRefusedError("resource_missing")
        return self.checkouts[session_id]

    def under_way(self, session_id: str) -> None:
        """Let the page be done with, and its money on its way."""
        self.tell("checkout.session.completed", session_id)

    def pay(self, session_id: str, kind: str = "checkout.session.completed") -> None:
        """Let the money arrive."""
        page = self.checkouts[session_id]
        self.checkouts[session_id] = replace(
            page, state="paid", paid_fen=page.amount_fen, payment_id=f"pi_{session_id}"
        )
        self.tell(kind, session_id)

    def end(self, session_id: str, kind: str = "checkout.session.expired") -> None:
        """Let the page end without money."""
        self.checkouts[session_id] = replace(self.checkouts[session_id], state="ended")
        self.tell(kind, session_id)

    def expire_checkout(self, session_id: str) -> Checkout:
        busy = any(event.object_id == session_id for event in self.happened)
        if self.checkouts[session_id].state == "open" and not busy:
            self.end(session_id)
        return self.checkouts[session_id]

    def refund(self, wanted: RefundWanted) -> RefundSeen:
        made = self.keys.setdefault(wanted.key, f"re_{wanted.refund_id}")
        if made not in self.refunds:
            self.refunds[made] = RefundSeen(made, "sent", wanted.amount_fen, wanted.refund_id, "")
            self.tell("refund.created", made)
        return self.refunds[made]

    def refund_ends(self, gateway_id: str, state: Any) -> None:
        """Let a refund be done, or fail."""
        self.refunds[gateway_id] = replace(
            self.refunds[gateway_id], state=state, failure="" if state == "done" else "lost"
        )
        self.tell("refund.updated", gateway_id)

    def refund_seen(self, gateway_id: str) -> RefundSeen:
        if gateway_id not in self.refunds:
            raise GatewayRefusedError("resource_missing")
        return self.refunds[gateway_id]

    def events_since(self, since: datetime) -> Iterator[EventSeen]:
        return iter([event for event in reversed(self.happened) if event.made_at >= since])

    def holds_fen(self) -> int:
        """Return what it holds for us by its own account."""
        paid = sum(page.paid_fen for page in self.checkouts.values())
        return paid - sum(back.amount_fen for back in self.refunds.values() if back.state == "done")


@pytest.fixture
def shop(database, app, monkeypatch) -> PrepaidShop:
    """Return a shop at a gateway in memory, with a great many of its thing."""
    gateway = FakeGateway()
    monkeypatch.setitem(app.extensions, "gateway", gateway)
    return PrepaidShop(gateway, offered=1_000_000)


class Story:
    """A household that orders and pays, and the steps that its history has."""

    def __init__(self, shop: PrepaidShop) -> None:
        self.shop = shop
        self.gateway: FakeGateway = shop.gateway
        self.home: Home = shop.neighbour()
        self.order = shop.order(2, home=self.home)
        self.charge = shop.pay(self.order, home=self.home).charge_id
        self.page = f"cs_{self.charge}"
        self.first = len(self.gateway.happened)

    def refund_id(self) -> str:
        """Return the gateway's number of the only refund online."""
        return f"re_{scalar('SELECT id FROM refund WHERE order_id = :o AND charge_id IS NOT NULL', o=self.order)}"

    def pay(self) -> None:
        self.gateway.pay(self.page)

    def under_way(self) -> None:
        self.gateway.under_way(self.page)

    def arrive(self) -> None:
        self.gateway.pay(self.page, "checkout.session.async_payment_succeeded")

    def bounce(self) -> None:
        self.gateway.end(self.page, "checkout.session.async_payment_failed")

    def expire(self) -> None:
        self.gateway.end(self.page)

    def cancel(self) -> None:
        self.shop.cancel(self.order, home=self.home)

    def lapse(self) -> None:
        """Let the hold end, and nobody wait for the gateway any more."""
        time_passes(25)
        end_checkouts_of_ended_holds(self.gateway)
        lapse_holds()

    def give_back(self) -> None:
        """Let everything be heard that happened, and the refund be asked for."""
        poll_events(self.gateway)
        work()
        settle_cancelled_orders()
        work()

    def back_done(self) -> None:
        self.gateway.refund_ends(self.refund_id(), "done")

    def back_failed(self) -> None:
        self.gateway.refund_ends(self.refund_id(), "failed")

    def told(self, number: int) -> None:
        """Let one of the events that happened so far be told."""
        so_far = self.gateway.happened[self.first :]
        if so_far:
            receive_events([so_far[number % len(so_far)]], CameBy.WEBHOOK)

    def end(self) -> None:
        """Let everything be told that wasn't, and be worked off."""
        for number in range(len(self.gateway.happened) - self.first):
            self.told(number)
        self.give_back()

    def outcome(self) -> tuple[Any, ...]:
        """Return how it ended: charge, order, refunds, and the sums of its entries by account."""
        refunds = rows("SELECT way, state, amount_fen FROM refund WHERE order_id = :o ORDER BY way, id", o=self.order)
        sums = rows(
            """
            SELECT p.account, sum(p.amount_fen)::int AS fen FROM journal_entry AS e JOIN posting AS p ON p.entry_id = e.id
            WHERE e.charge_id = :charge OR e.refund_id IN (SELECT id FROM refund WHERE order_id = :order)
            GROUP BY p.account HAVING sum(p.amount_fen) <> 0 ORDER BY p.account
            """,
            charge=self.charge,
            order=self.order,
        )
        return (
            charge(self.charge).state,
            order_of(self.order).state,
            [tuple(refund) for refund in refunds],
            {line.account: line.fen for line in sums},
        )


PAID = {"gateway": 960, "household": -960}
IN_CASH = [("cash", "due", 960), ("online", "failed", 960)]
HISTORIES: dict[str, tuple[list[str], tuple[Any, ...]]] = {
    "paid": (["pay"], ("paid", "placed", [], PAID)),
    "paid later": (["under_way", "arrive"], ("paid", "placed", [], PAID)),
    "bounced": (["under_way", "bounce"], ("ended", "placed", [], {})),
    "expired": (["expire"], ("ended", "placed", [], {})),
    "lapsed": (["lapse"], ("ended", "cancelled", [], {})),
    "came after it lapsed": (["under_way", "lapse", "arrive"], ("paid", "placed", [], PAID)),
    "bounced after it lapsed": (["under_way", "lapse", "bounce"], ("ended", "cancelled", [], {})),
    "cancelled, then paid": (
        ["cancel", "pay", "give_back", "back_done"],
        ("paid", "cancelled", [("online", "done", 960)], {}),
    ),
    "given back": (["pay", "cancel", "give_back", "back_done"], ("paid", "cancelled", [("online", "done", 960)], {})),
    "given back in vain": (
        ["pay", "cancel", "give_back", "back_failed"],
        ("paid", "cancelled", IN_CASH, {"gateway": 960, "refunds": -960}),
    ),
    "given back and bounced": (
        ["under_way", "arrive", "cancel", "give_back", "back_done", "back_failed"],
        ("paid", "cancelled", IN_CASH, {"gateway": 960, "refunds": -960}),
    ),
}

BETWEEN = st.lists(st.one_of(st.integers(0, 9), st.sampled_from(["poll", "work"])), max_size=5)


def meanwhile(story: Story, what: int | str) -> None:
    """Let something happen between two steps: an event be told, the list be read, the worker work."""
    if isinstance(what, int):
        story.told(what)
    elif what == "poll":
        poll_events(story.gateway)
    else:
        work()


@pytest.mark.parametrize("name", HISTORIES)
@EXAMPLES
@given(data=st.data())
def test_every_order_and_repetition_of_what_is_told_ends_in_the_same_books(shop, name, data):
    steps, outcome = HISTORIES[name]
    before = shop.gateway.holds_fen()
    story = Story(shop)
    for step in steps:
        getattr(story, step)()
        for what in data.draw(BETWEEN, label=f"after {step}"):
            meanwhile(story, what)
    story.end()
    assert story.outcome() == outcome
    assert shop.gateway.holds_fen() - before == outcome[3].get("gateway", 0)
    assert unfinished() == []


def sequences(states: str, longest: int) -> list[list[str]]:
    """Return every sequence of these states up to a length."""
    return [list(found) for length in range(1, longest + 1) for found in product(states.split(), repeat=length)]


def latest(seen: list[str], order: str) -> str:
    """Return the state that wins over the others that were seen."""
    return max(seen, key=order.split().index)


@pytest.mark.parametrize("first", ["open", "ended", "paid"])
def test_every_sequence_of_what_is_seen_of_a_page_leads_to_the_same_charge(shop, first):
    for rest in [[], *sequences("open ended paid", 3 if DRILL else 2)]:
        story = Story(shop)
        page = shop.gateway.checkouts[story.page]
        for state in [first, *rest]:
            book_checkout(replace(page, state=state, paid_fen=960 * (state == "paid"), payment_id=f"pi_{story.page}"))
        expected = latest([first, *rest], "open ended paid")
        assert charge(story.charge).state == expected
        assert story.outcome()[3] == (PAID if expected == "paid" else {})


@pytest.fixture
def refund(shop) -> Callable[[], tuple[Story, RefundSeen]]:
    """Return what makes a refund that the gateway hasn't been asked for."""

    def made() -> tuple[Story, RefundSeen]:
        story = Story(shop)
        story.pay()
        poll_events(shop.gateway)
        work()
        story.cancel()
        settle_cancelled_orders()
        with transaction():
            execute("UPDATE outbox SET finished_at = now() WHERE finished_at IS NULL")
        number = int(story.refund_id().removeprefix("re_"))
        return story, RefundSeen(f"re_{number}", "sent", 960, number, "")

    return made


def test_every_sequence_of_what_is_seen_of_a_refund_leads_to_the_same_books(refund):
    expected = {"sent": {"gateway": 960, "refunds": -960}, "done": {}, "failed": {"gateway": 960, "refunds": -960}}
    for states in sequences("sent done failed", 4 if DRILL else 2):
        story, seen = refund()
        for state in states:
            book_refund(replace(seen, state=state))
        ended = latest(states, "sent done failed")
        assert scalar("SELECT state FROM refund WHERE id = :r", r=seen.refund_id) == ended, states
        assert story.outcome()[3] == expected[ended], states
