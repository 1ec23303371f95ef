"""Money that goes back by hand: much of it takes two people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub import outbox
from supplyhub.db import execute, row, scalar, transaction
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.moves import move
from supplyhub.payments.events import Booked
from supplyhub.payments.journal import Line, book
from supplyhub.payments.models import ONE_PERSON_UP_TO_FEN
from supplyhub.payments.refusals import SecondPersonError
from supplyhub.payments.states import REFUND_MOVES, Account, EntryKind, RefundState, RefundWay

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def agree_to_cash(asker: Asker, refund_id: int) -> None:
    """Agree that cash above what one person may give goes back: another one then hands it out. Again changes nothing.

    Raises NotFoundError, ConflictError when it was handed out, or another one has agreed already.
    """
    with transaction():
        refund = _cash_for_update(asker, refund_id)
        if refund.second_by not in {None, asker.account_id}:
            raise ConflictError("another one has agreed already; it can be handed out", refund=refund_id)
        execute("UPDATE refund SET second_by = :by WHERE id = :refund", refund=refund_id, by=asker.account_id)


def hand_out_cash(asker: Asker, refund_id: int) -> None:
    """Write that a household got its cash. Above 50 yuan another person has agreed before.

    Raises NotFoundError, ConflictError when it was handed out already, SecondPersonError while nobody else agreed.
    """
    with transaction():
        refund = _cash_for_update(asker, refund_id)
        if refund.amount_fen > ONE_PERSON_UP_TO_FEN and refund.second_by in {None, asker.account_id}:
            raise SecondPersonError(amount_fen=refund.amount_fen, one_person_fen=ONE_PERSON_UP_TO_FEN)
        execute(
            "UPDATE refund SET state = :state, done_at = clock_timestamp(), done_by = :by WHERE id = :refund",
            state=move(REFUND_MOVES, RefundState(refund.state), "finish"),
            by=asker.account_id,
            refund=refund_id,
        )
        lines = [
            Line(Account.REFUNDS, refund.amount_fen, order_id=refund.order_id),
            Line(Account.TILL, -refund.amount_fen),
        ]
        entry = book(refund.cycle_id, EntryKind.REFUND_DONE, lines, by=asker.account_id, refund_id=refund_id)
        outbox.record(Booked(entry))


def _cash_for_update(asker: Asker, refund_id: int) -> Row[Any]:
    """Lock a refund in cash that is due: id, order_id, cycle_id, amount_fen, state, second_by; its order first."""
    order = scalar(
        "SELECT o.id FROM orders AS o JOIN refund AS r ON r.order_id = o.id JOIN cycle AS c ON c.id = o.cycle_id"
        " WHERE r.id = :refund AND r.way = :cash AND c.community_id = :community FOR NO KEY UPDATE OF o",
        refund=refund_id,
        cash=RefundWay.CASH,
        community=asker.community_id,
    )
    # Read after the lock, in a statement of its own.
    refund = row(
        "SELECT r.id, r.order_id, o.cycle_id, r.amount_fen, r.state, r.second_by"
        " FROM refund AS r JOIN orders AS o ON o.id = r.order_id WHERE r.id = :refund AND o.id = :order"
        " FOR NO KEY UPDATE OF r",
        refund=refund_id,
        order=order,
    )
    if refund is None:
        raise NotFoundError("no such refund in cash", refund=refund_id)
    if refund.state != RefundState.DUE:
        raise ConflictError("this cash was handed out already", refund=refund_id, state=refund.state)
    return refund
