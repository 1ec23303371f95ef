"""Orders are made cheaper by hand, for goods that came damaged or not at all; the surplus then goes back by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import row, scalar, transaction
from supplyhub.depot.cheaper import decide, give, order_with_goods, refuse_more_than_worth, take_off
from supplyhub.errors import NotFoundError
from supplyhub.moves import move
from supplyhub.payments.models import ONE_PERSON_UP_TO_FEN
from supplyhub.payments.refusals import SecondPersonError
from supplyhub.payments.states import CREDIT_MOVES, CreditState

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.payments.states import CreditReason
    from supplyhub.people.asker import Asker


def ask_credit(asker: Asker, order_id: int, *, amount_fen: int, reason: CreditReason, note: str = "") -> CreditState:
    """Take so much off an order: at once up to 50 yuan, in all that one person gives alone for it; else ask another one.

    Returns given or asked. Raises NotFoundError, MoreThanWorthError, ConflictError before the goods were shared out and
    after the close.
    """
    with transaction():
        return take_off(asker, order_id, amount_fen=amount_fen, reason=reason, note=note).state


def give_credit(asker: Asker, credit_id: int) -> None:
    """Agree to a credit that another one asked for.

    Raises NotFoundError, SecondPersonError for one's own, MoreThanWorthError, ConflictError when it was decided.
    """
    with transaction():
        credit = _credit_for_update(asker, credit_id)
        move(CREDIT_MOVES, CreditState(credit.state), "give")
        if credit.asked_by == asker.account_id:
            raise SecondPersonError(amount_fen=credit.amount_fen, one_person_fen=ONE_PERSON_UP_TO_FEN)
        refuse_more_than_worth(credit.order_id, credit.amount_fen)
        give(asker, credit.cycle_id, credit.order_id, credit_id)


def refuse_credit(asker: Asker, credit_id: int) -> None:
    """Turn a credit down, or take back that one asked. Raises NotFoundError, ConflictError when it was decided."""
    with transaction():
        credit = _credit_for_update(asker, credit_id)
        state = move(CREDIT_MOVES, CreditState(credit.state), "refuse")
        decide(asker, credit_id, state)


def _credit_for_update(asker: Asker, credit_id: int) -> Row[Any]:
    """Lock a credit's order, and return the credit: order_id, cycle_id, amount_fen, state, asked_by."""
    order = scalar("SELECT order_id FROM credit WHERE id = :credit", credit=credit_id)
    if order is None:
        raise NotFoundError("no such credit", credit=credit_id)
    cycle = order_with_goods(asker, order).cycle_id
    # Read after the lock, in a statement of its own.
    found = row(
        "SELECT order_id, CAST(:cycle AS bigint) AS cycle_id, amount_fen, state, asked_by FROM credit WHERE id = :credit",
        credit=credit_id,
        cycle=cycle,
    )
    if found is None:
        raise LookupError(credit_id)
    return found
