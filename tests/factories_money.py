"""Money of orders, as the books have it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from supplyhub import outbox
from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.payments.balance import balance_of
from supplyhub.payments.events import Booked
from supplyhub.payments.journal import Line, book
from supplyhub.payments.rules import Taken
from supplyhub.payments.settling import settle
from supplyhub.payments.states import Account, EntryKind, TakingWay

if TYPE_CHECKING:
    from uuid import UUID


def a_paid_charge(order_id: int, fen: int) -> int:
    """Write an online payment that came in, with its entry, and return the charge's id."""
    with transaction():
        charge: int = scalar(
            """
            INSERT INTO charge (order_id, order_version, basket, amount_fen, state, session_id, payment_id, paid_fen, asked_by,
                                paid_at)
            SELECT id, version, '{"lines": []}', :fen, 'paid', 'cs_' || gen_random_uuid(), 'pi_' || gen_random_uuid(), :fen,
                   placed_by, clock_timestamp() FROM orders WHERE id = :order RETURNING id
            """,
            order=order_id,
            fen=fen,
        )
        cycle = scalar("SELECT cycle_id FROM orders WHERE id = :order", order=order_id)
        lines = [Line(Account.GATEWAY, fen), Line(Account.HOUSEHOLD, -fen, order_id=order_id)]
        outbox.record(Booked(book(cycle, EntryKind.PAID_ONLINE, lines, charge_id=charge)))
    return charge


def a_cover(order_id: int, source: str = "hardship") -> None:
    """Let somebody else pay for an order."""
    with transaction():
        execute(
            "INSERT INTO cover (order_id, source, decided_by) SELECT id, :source, placed_by FROM orders WHERE id = :order",
            order=order_id,
            source=source,
        )


def settled() -> None:
    """Settle what was booked since, as the worker does."""
    while entries := rows("SELECT id, payload FROM outbox WHERE topic = 'settle' AND finished_at IS NULL ORDER BY id"):
        for entry in entries:
            with transaction():
                settle(entry.payload["entry_id"])
                execute("UPDATE outbox SET finished_at = clock_timestamp() WHERE id = :id", id=entry.id)


def money(order_id: int) -> tuple[int, int, int]:
    """Return what an order is worth, what was paid for it, and what is owed."""
    found = balance_of(order_id)
    assert found is not None
    return found.value_fen, found.paid_fen, found.owed_fen


def refunds(order_id: int) -> list[tuple[str, int, str]]:
    """Return the refunds of an order: way, fen, reason."""
    found = rows("SELECT way, amount_fen, reason FROM refund WHERE order_id = :order ORDER BY id", order=order_id)
    return [tuple(each) for each in found]


def on_account(account: str) -> int:
    """Return what stands on an account."""
    found = row(
        "SELECT coalesce(sum(amount_fen), 0)::bigint AS fen FROM posting WHERE account = :account", account=account
    )
    assert found is not None
    return int(found.fen)


def taken(stop: int, fen: int, *, way: str = "cash", less: bool = False, number: UUID | None = None) -> Taken:
    """Return money that a phone reports about a stop."""
    return Taken(number or uuid4(), stop, datetime.now(UTC), TakingWay(way), fen, less=less)


def taken_back(original: Taken) -> Taken:
    """Return the correction of what a phone reported."""
    return Taken(uuid4(), original.stop, datetime.now(UTC), corrects=original.id)


def orders_of(ticket: str) -> list[int]:
    """Return the orders of a ticket in walking order."""
    found = rows(
        "SELECT s.order_id FROM stop AS s JOIN ticket AS t ON t.id = s.ticket_id WHERE t.code = :ticket ORDER BY s.position",
        ticket=ticket,
    )
    return [stop.order_id for stop in found]
