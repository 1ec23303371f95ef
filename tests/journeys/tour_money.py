"""The part of the tour that is about money: at the doors, at the count, in the coordinator's books."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.delivery.commands import count_cash, hand_back, record_doors
from supplyhub.delivery.queries import parcels_of_ticket, stops_of
from supplyhub.delivery.states import StopOutcome
from supplyhub.depot.commands.crediting import ask_credit
from supplyhub.outside.ports import BookRow
from supplyhub.payments.collecting import cash_of_ticket
from supplyhub.payments.commands.covers import cover_order, end_cover
from supplyhub.payments.commands.reconciling import ask_reconciliation
from supplyhub.payments.counting import Counted
from supplyhub.payments.money_queries import orders_with_money
from supplyhub.payments.reconciling import reconcile
from supplyhub.payments.rules import Taken
from supplyhub.payments.states import CoverSource, CreditReason, TakingWay
from supplyhub.people import commands as people
from supplyhub.people.states import Role
from tests.factories_money import a_paid_charge, settled
from tests.journeys.stops import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tests.journeys.scene import Scene

SPAN = timedelta(hours=2)


class Books:
    """What the gateway's books say."""

    def __init__(self, *found: BookRow) -> None:
        self.found = found

    def books(self, _from_at: datetime, _to_at: datetime) -> Iterator[BookRow]:
        """Yield it."""
        yield from self.found


def about_money(scene: Scene, code: str) -> Iterator[Stop]:
    """A ticket that was walked is paid, at least in part, and counted; then the coordinator looks at the books."""
    ticket = int(scalar("SELECT id FROM ticket WHERE code = :code", code=code))
    # Whoever has a care pack and nothing else owes nothing.
    stops = [stop for stop in stops_of(ticket) if stop.outcome == StopOutcome.DELIVERED and stop.collect_fen]
    of_stops = rows("SELECT id, order_id FROM stop WHERE ticket_id = :t", t=ticket)
    order_of = {stop.id: stop.order_id for stop in of_stops}
    first, less, *others = [order_of[stop.id] for stop in stops]
    online = [a_paid_charge(order, stop.collect_fen) for order, stop in zip(others[:2], stops[2:4], strict=False)]
    cover_order(scene.coordinator, less, CoverSource.HARDSHIP)
    end_cover(scene.coordinator, less)
    cover_order(scene.coordinator, others[-1], CoverSource.HARDSHIP)
    yield Stop("money-volunteer-amount", "volunteer:3", f"/tickets/{code}/money/{stops[0].id}")
    _collect(scene, code, stops)
    yield Stop("money-volunteer-correct", "volunteer:3", f"/tickets/{code}/money/{stops[0].id}")
    yield Stop("money-volunteer-walked", "volunteer:3", f"/tickets/{code}")
    yield Stop("money-depot-take-back", "depot", f"/depot/returns/{code}")
    _credit(scene, [first, others[0]])
    yield Stop("money-home-uncounted", "coordinator", "/coordinator/money")
    failed = [parcel.code for parcel in parcels_of_ticket(ticket) if parcel.outcome != StopOutcome.DELIVERED]
    hand_back(scene.depot, ticket_code=code, parcel_codes=failed)
    yield Stop("money-depot-returns", "depot", "/depot/returns")
    yield Stop("money-depot-count", "depot", f"/depot/returns/{code}/cash")
    yield Stop("money-close", "coordinator", f"/coordinator/cycles/{scene.cycle}/close")
    cash = cash_of_ticket(ticket)
    assert cash is not None
    from_hand = Counted(cash.left_fen - 100, cash.left_fen, "58-2-301 少找了一元，他说不要了")
    count_cash(scene.depot, ticket_code=code, cash=from_hand)
    yield Stop("money-home", "coordinator", "/coordinator/money")
    yield Stop("money-orders", "coordinator", "/coordinator/money/orders")
    yield Stop("money-order", "coordinator", f"/coordinator/money/orders/{first}")
    yield Stop("money-order-covered", "coordinator", f"/coordinator/money/orders/{others[-1]}")
    yield Stop("money-credits", "coordinator", "/coordinator/money/credits")
    yield Stop("money-refunds", "coordinator", "/coordinator/money/refunds")
    yield Stop("money-settlement", "coordinator", "/settlement/3")
    yield Stop("money-settlement-lead", "gridlead:3", "/settlement/3")
    yield Stop("money-reconciliations", "coordinator", "/coordinator/money/reconciliations")
    yield from _both_books(scene, online)


def _collect(scene: Scene, code: str, stops: list[Any]) -> None:
    """Take what the doors owe, in cash; at the second less than that, at one by the shown code, at the last nothing."""
    takings = [
        Taken(
            uuid.uuid4(),
            stop.id,
            datetime.now(UTC),
            TakingWay.SHOWN_CODE if place == 4 else TakingWay.CASH,
            stop.collect_fen - (500 if place == 1 else 0),
            less=place == 1,
        )
        for place, stop in enumerate(stops[:-1])
        if place not in {2, 3}
    ]
    record_doors(scene.volunteers[3], ticket_code=code, takings=takings)


def _credit(scene: Scene, orders: list[int]) -> None:
    """Take something off, some of it only asked for; the surplus goes back in cash and online."""
    login = scalar("SELECT id FROM account WHERE display_name = '赵宁'")
    other = login or people.create_account(scene.community, Role.COORDINATOR, "赵宁", login="second")
    mate = scene.asker(int(other))
    ask_credit(mate, orders[0], amount_fen=680, reason=CreditReason.DAMAGED, note="鸡蛋碎了两个")
    ask_credit(mate, orders[1], amount_fen=450, reason=CreditReason.SPOILED)
    # For much less than its worth nobody would ask a second person.
    dear = max(orders_with_money(scene.coordinator, scene.cycle, which="all"), key=lambda order: order.value_fen)
    ask_credit(mate, dear.id, amount_fen=dear.value_fen, reason=CreditReason.MISSING, note="整箱没到，住户拍了照片")
    settled()


def _both_books(scene: Scene, charges: list[int]) -> Iterator[Stop]:
    """A comparison that is being read, one that agrees, and one that doesn't."""
    now = datetime.now(UTC)
    asked = ask_reconciliation(scene.coordinator, now - SPAN, now + SPAN)
    address = f"/coordinator/money/reconciliations/{asked}"
    with transaction():
        execute("UPDATE reconciliation SET trouble = 'away' WHERE id = :id", id=asked)
    yield Stop("money-reading", "coordinator", address)
    paid = rows("SELECT payment_id, paid_fen, id FROM charge WHERE id = ANY (:ids)", ids=charges)
    ours = [BookRow(each.payment_id, "payment", each.paid_fen, str(each.id), now) for each in paid]
    reconcile(asked, gateway=Books(*ours))  # type: ignore[arg-type]
    yield Stop("money-books-agree", "coordinator", address)
    with transaction():
        execute("UPDATE charge SET amount_fen = amount_fen + 240 WHERE id = :id", id=charges[0])
    asked = ask_reconciliation(scene.coordinator, now - SPAN, now + SPAN)
    strange = BookRow("pi_3QkWxY2eZvKYlo2C0x1AbCdE", "payment", 3860, "", now)
    reconcile(asked, gateway=Books(ours[0], strange))  # type: ignore[arg-type]
    yield Stop("money-books-differ", "coordinator", f"/coordinator/money/reconciliations/{asked}")
