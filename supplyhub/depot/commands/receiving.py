"""Receiving: what a truck brought, counted by line, into lots; and the end of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub import outbox
from supplyhub.catalog.queries import cycle_for_update
from supplyhub.catalog.states import CYCLE_MOVES, CycleState
from supplyhub.db import execute, rows, transaction
from supplyhub.depot.arrivals import (
    Lot,
    Note,
    earlier_receipt,
    expired,
    refuse_other_counts,
    refuse_when_closed,
    together,
    write_receipt,
)
from supplyhub.depot.events import ReceivingFinished
from supplyhub.depot.purchase_queries import purchase_order_for, purchase_order_for_update
from supplyhub.depot.shortage import short_products
from supplyhub.depot.states import ALL_CAME, PURCHASE_MOVES, PurchaseState
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.moves import move

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.engine import Row

    from supplyhub.depot.arrivals import Arrivals
    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class ReceivedLine:
    """So many units of a purchase order's line, of one lot; a line may stand several times, with other lots.

    Without `expires_on` the product's usual shelf life from the day they came. `lot_number`: as printed on the case.
    """

    line_id: int
    quantity: int
    expires_on: date | None = None
    lot_number: str = ""


def receive(asker: Asker, *, purchase_order_id: int, delivery_note: str, lines: Sequence[ReceivedLine]) -> int:
    """Enter a delivery and return the receipt's id. What came stands at inbound, lot by lot.

    Several trucks may come. What a late one brings after receiving was finished goes on to the shelf at once: before
    the sharing-out it counts, after it it is surplus. The same note with the same counts again has no effect and gives
    the same receipt; with other counts it is a ConflictError, and so is an order that wasn't sent or is closed. A line
    of 0 says that nothing came. Raises InvalidError for lines of another order, lots that stand twice, counts below
    zero and goods that have expired.
    """
    with transaction():
        # The cycle before its orders, as whoever ends receiving has it.
        cycle = cycle_for_update(asker, purchase_order_for(asker, purchase_order_id).order.cycle_id)
        order = purchase_order_for_update(asker, purchase_order_id)
        note = Note(cycle.id, delivery_note, purchase_order_id=order.id)
        earlier = earlier_receipt(asker, note)
        arrivals = _checked(order, lines, received_on=earlier.received_on if earlier else order.today)
        if earlier is not None:
            refuse_other_counts(note, earlier, arrivals)
            return int(earlier.id)
        refuse_when_closed(cycle)
        state = move(PURCHASE_MOVES, order.state, "receive")
        if gone := expired(arrivals, order.today):
            lots = sorted({lot.line_id for lot in gone if lot.line_id})
            raise InvalidError("goods that have expired can't be received", expired_lines=lots, today=order.today)
        execute("UPDATE purchase_order SET state = :state WHERE id = :order", state=state, order=order.id)
        return write_receipt(asker, note, arrivals, late=state == PurchaseState.RECEIVED)


def finish_receiving(asker: Asker, cycle_id: int) -> bool:
    """End the receiving of a cycle: what was counted goes to the shelf, to be shared out. Return whether nothing is short.

    Then it is shared out at once; else somebody decides how first (`decide_shares`). Once finished, a second call has
    no effect. Raises ConflictError while a purchase order was never sent.
    """
    with transaction():
        cycle = cycle_for_update(asker, cycle_id)
        if cycle.state in {CycleState.STAGING, CycleState.CLOSED}:
            return True
        move(CYCLE_MOVES, cycle.state, "stage")
        orders = rows(
            "SELECT id, state FROM purchase_order WHERE cycle_id = :cycle ORDER BY id FOR NO KEY UPDATE", cycle=cycle_id
        )
        if orders and all(order.state in ALL_CAME for order in orders):
            return not short_products(cycle_id)
        drafts = [order.id for order in orders if order.state == PurchaseState.DRAFT]
        if drafts:
            raise ConflictError("not every purchase order was sent", not_sent=drafts)
        execute(
            "UPDATE purchase_order SET state = :state, received_at = clock_timestamp() WHERE cycle_id = :cycle",
            cycle=cycle_id,
            state=move(PURCHASE_MOVES, PurchaseState.SENT, "finish"),
        )
        _put_on_the_shelf(asker, cycle_id)
        # Where something is short, somebody decides first how it is shared out.
        enough = not short_products(cycle_id)
        if enough:
            outbox.record(ReceivingFinished(cycle_id=cycle_id))
        return enough


def _put_on_the_shelf(asker: Asker, cycle_id: int) -> None:
    execute(
        """
        INSERT INTO movement (lot_id, from_place, to_place, quantity, moved_by)
        SELECT l.id, 'inbound', 'shelf', s.quantity, :by
        FROM lot AS l JOIN stock_level AS s ON s.lot_id = l.id AND s.place = 'inbound' AND s.quantity > 0
        WHERE l.serves_cycle_id = :cycle ORDER BY l.id
        """,
        cycle=cycle_id,
        by=asker.account_id,
    )


def _checked(order: Row[Any], lines: Sequence[ReceivedLine], *, received_on: date) -> Arrivals:
    usual = {
        line.id: line
        for line in rows(
            """
            SELECT l.id, p.id AS product_id, CAST(:day AS date) + p.shelf_life_days::integer AS expires_on
            FROM purchase_order_line AS l JOIN offer AS f ON f.id = l.offer_id JOIN product AS p ON p.id = f.product_id
            WHERE l.purchase_order_id = :order
            """,
            order=order.id,
            day=received_on,
        )
    }
    unknown = sorted({line.line_id for line in lines} - usual.keys())
    if unknown:
        raise InvalidError("each line of the receipt must be a line of this purchase order", unknown_lines=unknown)
    counted = [
        (
            Lot(
                usual[line.line_id].product_id,
                line.line_id,
                line.expires_on or usual[line.line_id].expires_on,
                line.lot_number.strip(),
            ),
            line.quantity,
        )
        for line in lines
    ]
    return together(counted, "line_id")
