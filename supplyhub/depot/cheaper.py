"""An order is made cheaper by hand, in the caller's transaction; the surplus then goes back by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.catalog.states import CycleState
from supplyhub.db import execute, row, scalar
from supplyhub.depot.valuing import WORTH, book_worth
from supplyhub.errors import ConflictError
from supplyhub.moves import move
from supplyhub.payments.locking import order_for_update
from supplyhub.payments.models import ONE_PERSON_UP_TO_FEN
from supplyhub.payments.refusals import MoreThanWorthError
from supplyhub.payments.states import CREDIT_MOVES, CreditState, EntryKind

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.payments.states import CreditReason
    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class Credit:
    """What was taken off an order: given at once, or asked for until a second person agrees."""

    id: int
    state: CreditState


def take_off(asker: Asker, order_id: int, *, amount_fen: int, reason: CreditReason, note: str = "") -> Credit:
    """Take so much off an order: at once up to 50 yuan, in all that one person gives alone for it; else ask another one.

    Raises NotFoundError, MoreThanWorthError, ConflictError before the goods were shared out and after the close.
    """
    order = order_with_goods(asker, order_id)
    refuse_more_than_worth(order_id, amount_fen)
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
        return Credit(credit, CreditState.ASKED)
    return Credit(credit, give(asker, order.cycle_id, order_id, credit))


def give(asker: Asker, cycle_id: int, order_id: int, credit_id: int) -> CreditState:
    """Give a credit that was asked for, and book what its order is worth then."""
    state = move(CREDIT_MOVES, CreditState.ASKED, "give")
    decide(asker, credit_id, state)
    book_worth(cycle_id, EntryKind.CREDITED, [order_id], by=asker.account_id, credit=credit_id)
    return state


def decide(asker: Asker, credit_id: int, state: CreditState) -> None:
    """Write how a credit was decided, and by whom."""
    execute(
        "UPDATE credit SET state = :state, decided_by = :by, decided_at = clock_timestamp() WHERE id = :credit",
        state=state,
        by=asker.account_id,
        credit=credit_id,
    )


def refuse_more_than_worth(order_id: int, amount_fen: int) -> None:
    """Raise MoreThanWorthError for more than an order is worth now."""
    worth = row(WORTH.format(orders="o.id = :order"), order=order_id)
    if worth is None or amount_fen > worth.fen:
        raise MoreThanWorthError(worth_fen=worth.fen if worth else 0)


def order_with_goods(asker: Asker, order_id: int) -> Row[Any]:
    """Lock an order whose goods were shared out and whose cycle is under way. Raises NotFoundError, ConflictError."""
    order = order_for_update(asker, order_id)
    if order.cycle_state != CycleState.STAGING:
        raise ConflictError("nothing has come yet that could be wrong", order=order_id)
    return order


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
