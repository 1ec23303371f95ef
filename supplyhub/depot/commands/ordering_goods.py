"""Purchase orders after they were written: sent to the platform, confirmed by it, closed when all is settled."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, row, rows, transaction
from supplyhub.depot.errors import BelowMinimumError
from supplyhub.depot.purchase_queries import purchase_order_for_update
from supplyhub.depot.states import PURCHASE_MOVES
from supplyhub.errors import InvalidError
from supplyhub.files import FileRefusedError
from supplyhub.moves import move

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.depot.sheets import ConfirmedRow
    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class ConfirmedLine:
    """What the platform says will come of a line, and a unit's cost; None where it says nothing."""

    line_id: int
    quantity: int | None = None
    cost_fen: int | None = None


def send_purchase_order(asker: Asker, purchase_order_id: int, *, below_minimum: bool = False) -> None:
    """Note that a purchase order went to its platform; from now on its goods can be received.

    Raises BelowMinimumError when it comes to less than the platform takes, unless `below_minimum` says that it was talked
    over; an order that the shelf covers wholly has nothing to come to.
    """
    with transaction():
        order = purchase_order_for_update(asker, purchase_order_id)
        state = move(PURCHASE_MOVES, order.state, "send")
        if not below_minimum:
            _refuse_below_minimum(order.id)
        execute(
            "UPDATE purchase_order SET state = :state, sent_at = clock_timestamp() WHERE id = :id",
            id=order.id,
            state=state,
        )


def confirm_purchase_order(asker: Asker, purchase_order_id: int, lines: Sequence[ConfirmedLine] = ()) -> None:
    """Note what the platform confirmed before the truck comes; a later confirmation takes the place of an earlier one.

    Lines that aren't named, and what a line leaves out, stay as confirmed before, else as ordered. Raises InvalidError for
    lines of another order, lines that stand twice and more than was ordered; ConflictError once goods have come.
    """
    with transaction():
        order = purchase_order_for_update(asker, purchase_order_id)
        _confirm(order.id, order.state, lines)


def confirm_from_sheet(asker: Asker, purchase_order_id: int, confirmed: Sequence[ConfirmedRow], *, file: str) -> None:
    """Note what the platform filled in. Raises FileRefusedError for goods that this order hasn't or has fewer of."""
    with transaction():
        order = purchase_order_for_update(asker, purchase_order_id)
        ordered = {line.sku: line for line in _lines_of(order.id)}
        faults = [
            f"{file}: sku “{said.sku}” is not on this purchase order" for said in confirmed if said.sku not in ordered
        ]
        faults += [
            f"{file}: sku “{said.sku}”: {said.quantity} confirmed, {ordered[said.sku].quantity} ordered"
            for said in confirmed
            if said.sku in ordered and (said.quantity or 0) > ordered[said.sku].quantity
        ]
        if faults:
            raise FileRefusedError.of(file, faults)
        lines = [ConfirmedLine(ordered[said.sku].id, said.quantity, said.cost_fen) for said in confirmed]
        _confirm(order.id, order.state, lines)


def close_purchase_order(asker: Asker, purchase_order_id: int) -> None:
    """Note that a received purchase order is settled with its platform."""
    with transaction():
        order = purchase_order_for_update(asker, purchase_order_id)
        execute(
            "UPDATE purchase_order SET state = :state, closed_at = clock_timestamp() WHERE id = :id",
            id=order.id,
            state=move(PURCHASE_MOVES, order.state, "close"),
        )


def _refuse_below_minimum(purchase_order_id: int) -> None:
    found = row(
        """
        SELECT sum(l.quantity * l.cost_fen)::bigint AS total_fen, p.minimum_order_fen
        FROM purchase_order AS o JOIN platform AS p ON p.id = o.platform_id
        JOIN purchase_order_line AS l ON l.purchase_order_id = o.id
        WHERE o.id = :id GROUP BY p.id
        """,
        id=purchase_order_id,
    )
    if found is not None and 0 < found.total_fen < found.minimum_order_fen:
        raise BelowMinimumError(
            "the platform takes no order as small as this",
            total_fen=found.total_fen,
            minimum_order_fen=found.minimum_order_fen,
        )


def _confirm(purchase_order_id: int, state: str, lines: Sequence[ConfirmedLine]) -> None:
    confirmed = move(PURCHASE_MOVES, state, "confirm")
    _refuse_wrong_lines(purchase_order_id, lines)
    execute(
        """
        UPDATE purchase_order_line AS l
        SET confirmed_quantity = coalesce(r.quantity, l.confirmed_quantity, l.quantity),
            confirmed_cost_fen = coalesce(r.cost_fen, l.confirmed_cost_fen, l.cost_fen)
        FROM purchase_order_line AS o
        LEFT JOIN jsonb_to_recordset(CAST(:lines AS jsonb)) AS r(line_id bigint, quantity bigint, cost_fen bigint)
          ON r.line_id = o.id
        WHERE o.id = l.id AND l.purchase_order_id = :order
        """,
        order=purchase_order_id,
        lines=json.dumps([asdict(line) for line in lines]),
    )
    execute(
        "UPDATE purchase_order SET state = :state, confirmed_at = clock_timestamp() WHERE id = :order",
        order=purchase_order_id,
        state=confirmed,
    )


def _refuse_wrong_lines(purchase_order_id: int, lines: Sequence[ConfirmedLine]) -> None:
    ordered = {line.id: line.quantity for line in _lines_of(purchase_order_id)}
    named = [line.line_id for line in lines]
    if strangers := sorted(set(named) - set(ordered)):
        raise InvalidError("these lines are not of this purchase order", lines=strangers)
    if len(named) != len(set(named)):
        raise InvalidError("a line stands twice", lines=sorted({line for line in named if named.count(line) > 1}))
    if below := [line.line_id for line in lines if (line.quantity or 0) < 0 or (line.cost_fen or 0) < 0]:
        raise InvalidError("a confirmed quantity or cost is negative", lines=below)
    if more := [line.line_id for line in lines if (line.quantity or 0) > ordered[line.line_id]]:
        raise InvalidError("more is confirmed than was ordered", lines=more)


def _lines_of(purchase_order_id: int) -> list[Row[Any]]:
    return rows(
        """
        SELECT l.id, p.sku, l.quantity FROM purchase_order_line AS l
        JOIN offer AS o ON o.id = l.offer_id JOIN product AS p ON p.id = o.product_id
        WHERE l.purchase_order_id = :order
        """,
        order=purchase_order_id,
    )
