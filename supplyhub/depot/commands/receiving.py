"""Receiving: what a truck brought, counted by line, into lots; and the end of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub import outbox
from supplyhub.catalog.queries import cycle_for_update
from supplyhub.catalog.states import CYCLE_MOVES, CycleState
from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.depot.events import ReceivingFinished
from supplyhub.depot.purchase_queries import purchase_order_for_update
from supplyhub.depot.states import PURCHASE_MOVES, PurchaseState
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.moves import move

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class ReceivedLine:
    """So many units of a purchase order's line; without `expires_on` the product's usual shelf life from today."""

    line_id: int
    quantity: int
    expires_on: date | None = None


def receive(asker: Asker, *, purchase_order_id: int, delivery_note: str, lines: Sequence[ReceivedLine]) -> int:
    """Enter a delivery and return the receipt's id. What came is a lot a line and stands at inbound.

    The same note with the same counts again has no effect and gives the same receipt; with other counts it is a
    ConflictError. A line of 0 says that nothing came. Raises InvalidError for lines of another order, lines that stand
    twice and goods that have expired.
    """
    with transaction():
        order = purchase_order_for_update(asker, purchase_order_id)
        earlier = _receipt_of(order, delivery_note)
        counted = _checked(order, lines, received_on=earlier.received_on if earlier else order.today)
        if earlier is not None:
            if _lots_of(earlier.id) != counted:
                raise ConflictError(
                    "this delivery note was entered before with other counts",
                    delivery_note=delivery_note,
                    receipt=earlier.id,
                )
            return int(earlier.id)
        # Several trucks may come, until receiving is finished.
        state = move(PURCHASE_MOVES, order.state, "receive")
        _refuse_expired(order, counted)
        execute("UPDATE purchase_order SET state = :state WHERE id = :order", state=state, order=order.id)
        return _write_receipt(asker, order, delivery_note, counted)


def finish_receiving(asker: Asker, cycle_id: int) -> None:
    """End the receiving of a cycle: what was counted goes to the shelf, to be shared out.

    Once finished, a second call has no effect. Raises ConflictError while a purchase order was never sent.
    """
    with transaction():
        cycle = cycle_for_update(asker, cycle_id)
        if cycle.state in {CycleState.STAGING, CycleState.CLOSED}:
            return
        move(CYCLE_MOVES, cycle.state, "stage")
        orders = rows(
            "SELECT id, state FROM purchase_order WHERE cycle_id = :cycle ORDER BY id FOR NO KEY UPDATE", cycle=cycle_id
        )
        if orders and all(order.state == PurchaseState.RECEIVED for order in orders):
            return
        drafts = [order.id for order in orders if order.state == PurchaseState.DRAFT]
        if drafts:
            raise ConflictError("not every purchase order was sent", not_sent=drafts)
        execute(
            "UPDATE purchase_order SET state = :state, received_at = clock_timestamp() WHERE cycle_id = :cycle",
            cycle=cycle_id,
            state=move(PURCHASE_MOVES, PurchaseState.SENT, "finish"),
        )
        execute(
            """
            INSERT INTO movement (lot_id, from_place, to_place, quantity, moved_by)
            SELECT l.id, 'inbound', 'shelf', s.quantity, :by
            FROM lot AS l JOIN stock_level AS s ON s.lot_id = l.id AND s.place = 'inbound' AND s.quantity > 0
            WHERE l.serves_cycle_id = :cycle
            """,
            cycle=cycle_id,
            by=asker.account_id,
        )
        outbox.record(ReceivingFinished(cycle_id=cycle_id))


def _receipt_of(order: Row[Any], delivery_note: str) -> Row[Any] | None:
    return row(
        """
        SELECT id, (received_at AT TIME ZONE CAST(:timezone AS text))::date AS received_on FROM receipt
        WHERE purchase_order_id = :order AND delivery_note = :note
        """,
        order=order.id,
        note=delivery_note,
        timezone=order.timezone,
    )


def _lots_of(receipt_id: int) -> dict[int, tuple[int, date]]:
    lots = rows("SELECT purchase_order_line_id, received, expires_on FROM lot WHERE receipt_id = :id", id=receipt_id)
    return {lot.purchase_order_line_id: (lot.received, lot.expires_on) for lot in lots}


def _checked(order: Row[Any], lines: Sequence[ReceivedLine], *, received_on: date) -> dict[int, tuple[int, date]]:
    """Return units and expiry by line of what came, without the lines of which nothing did."""
    usual = {
        line.id: line.expires_on
        for line in rows(
            """
            SELECT l.id, CAST(:day AS date) + p.shelf_life_days::integer AS expires_on
            FROM purchase_order_line AS l JOIN offer AS f ON f.id = l.offer_id JOIN product AS p ON p.id = f.product_id
            WHERE l.purchase_order_id = :order
            """,
            order=order.id,
            day=received_on,
        )
    }
    unknown = sorted({line.line_id for line in lines} - usual.keys())
    twice = sorted(line for line, times in Counter(line.line_id for line in lines).items() if times > 1)
    if unknown or twice:
        raise InvalidError(
            "each line of the receipt must be a line of this purchase order, once", unknown_lines=unknown, twice=twice
        )
    return {line.line_id: (line.quantity, line.expires_on or usual[line.line_id]) for line in lines if line.quantity}


def _refuse_expired(order: Row[Any], counted: dict[int, tuple[int, date]]) -> None:
    expired = sorted(line for line, (_, expires_on) in counted.items() if expires_on < order.today)
    if expired:
        raise InvalidError("goods that have expired can't be received", expired_lines=expired, today=order.today)


def _write_receipt(asker: Asker, order: Row[Any], delivery_note: str, counted: dict[int, tuple[int, date]]) -> int:
    receipt_id = int(
        scalar(
            """
            INSERT INTO receipt (cycle_id, purchase_order_id, delivery_note, received_by)
            VALUES (:cycle, :order, :note, :by) RETURNING id
            """,
            cycle=order.cycle_id,
            order=order.id,
            note=delivery_note,
            by=asker.account_id,
        )
    )
    execute(
        """
        WITH came AS (
            INSERT INTO lot (product_id, serves_cycle_id, receipt_id, purchase_order_line_id, received, expires_on)
            SELECT f.product_id, :cycle, :receipt, l.id, c.quantity, c.expires_on
            FROM unnest(CAST(:lines AS bigint[]), CAST(:quantities AS bigint[]), CAST(:expiries AS date[]))
                 AS c(line_id, quantity, expires_on)
            JOIN purchase_order_line AS l ON l.id = c.line_id
            JOIN offer AS f ON f.id = l.offer_id
            ORDER BY l.id
            RETURNING id, received
        )
        INSERT INTO movement (lot_id, from_place, to_place, quantity, moved_by)
        SELECT id, 'supplier', 'inbound', received, :by FROM came
        """,
        cycle=order.cycle_id,
        receipt=receipt_id,
        lines=list(counted),
        quantities=[quantity for quantity, _ in counted.values()],
        expiries=[expires_on for _, expires_on in counted.values()],
        by=asker.account_id,
    )
    return receipt_id
