"""Orders are made cheaper by hand, for goods that came damaged or not at all; the surplus then goes back by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.catalog.states import CycleState
from supplyhub.db import execute, row, scalar, transaction
from supplyhub.depot.valuing import WORTH, book_worth
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.moves import move
from supplyhub.payments.locking import order_for_update
from supplyhub.payments.models import ONE_PERSON_UP_TO_FEN
from supplyhub.payments.refusals import MoreThanWorthError, SecondPersonError
from supplyhub.payments.states import CREDIT_MOVES, CreditReason, CreditState, EntryKind

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def ask_credit(asker: Asker, order_id: int, *, amount_fen: int, reason: CreditReason, note: str = "") -> CreditState:
    """Take so much off an order: at once up to 50 yuan, in all that one person gives alone for it; else ask another one.

    Returns given or asked. Raises NotFoundError, MoreThanWorthError, ConflictError before the goods were shared out and
    after the close.
    """
    with transaction():
        order = _order_for_update(asker, order_id)
        _refuse_more_than_worth(order_id, amount_fen)
        credit: int = scalar(
            "INSERT INTO credit (order_id, amount_fen, reason, note, asked_by)"
            " VALUES (:order, :fen, :reason, :note, :by) RETURNING id",
            order=order_id,
            fen=amount_fen,
            reason=reason,
            note=note,
            by=asker.account_id,
        )
        if amount_fen + _given_alone(asker, order_id) > ONE_PERSON_UP_TO_FEN:
            return CreditState.ASKED
        return _give(asker, order.cycle_id, order_id, credit)


def give_credit(asker: Asker, credit_id: int) -> None:
    """Agree to a credit that another one asked for.

    Raises NotFoundError, SecondPersonError for one's own, MoreThanWorthError, ConflictError when it was decided.
    """
    with transaction():
        credit = _credit_for_update(asker, credit_id)
        move(CREDIT_MOVES, CreditState(credit.state), "give")
        if credit.asked_by == asker.account_id:
            raise SecondPersonError(amount_fen=credit.amount_fen, one_person_fen=ONE_PERSON_UP_TO_FEN)
        _refuse_more_than_worth(credit.order_id, credit.amount_fen)
        _give(asker, credit.cycle_id, credit.order_id, credit_id)


def refuse_credit(asker: Asker, credit_id: int) -> None:
    """Turn a credit down, or take back that one asked. Raises NotFoundError, ConflictError when it was decided."""
    with transaction():
        credit = _credit_for_update(asker, credit_id)
        state = move(CREDIT_MOVES, CreditState(credit.state), "refuse")
        _decide(asker, credit_id, state)


def _give(asker: Asker, cycle_id: int, order_id: int, credit_id: int) -> CreditState:
    state = move(CREDIT_MOVES, CreditState.ASKED, "give")
    _decide(asker, credit_id, state)
    book_worth(cycle_id, EntryKind.CREDITED, [order_id], by=asker.account_id, credit=credit_id)
    return state


def _decide(asker: Asker, credit_id: int, state: CreditState) -> None:
    execute(
        "UPDATE credit SET state = :state, decided_by = :by, decided_at = clock_timestamp() WHERE id = :credit",
        state=state,
        by=asker.account_id,
        credit=credit_id,
    )


def _given_alone(asker: Asker, order_id: int) -> int:
    """Return what the asker took off an order without anybody else: much doesn't become little in parts."""
    return int(
        scalar(
            "SELECT coalesce(sum(amount_fen), 0)::bigint FROM credit"
            " WHERE order_id = :order AND state = 'given' AND asked_by = :by AND decided_by = :by",
            order=order_id,
            by=asker.account_id,
        )
    )


def _refuse_more_than_worth(order_id: int, amount_fen: int) -> None:
    worth = row(WORTH.format(orders="o.id = :order"), order=order_id)
    if worth is None or amount_fen > worth.fen:
        raise MoreThanWorthError(worth_fen=worth.fen if worth else 0)


def _order_for_update(asker: Asker, order_id: int) -> Row[Any]:
    order = order_for_update(asker, order_id)
    if order.cycle_state != CycleState.STAGING:
        raise ConflictError("nothing has come yet that could be wrong", order=order_id)
    return order


def _credit_for_update(asker: Asker, credit_id: int) -> Row[Any]:
    """Lock a credit's order, and return the credit: order_id, cycle_id, amount_fen, state, asked_by."""
    order = scalar("SELECT order_id FROM credit WHERE id = :credit", credit=credit_id)
    if order is None:
        raise NotFoundError("no such credit", credit=credit_id)
    cycle = _order_for_update(asker, order).cycle_id
    # Read after the lock, in a statement of its own.
    found = row(
        "SELECT order_id, CAST(:cycle AS bigint) AS cycle_id, amount_fen, state, asked_by FROM credit WHERE id = :credit",
        credit=credit_id,
        cycle=cycle,
    )
    if found is None:
        raise LookupError(credit_id)
    return found
