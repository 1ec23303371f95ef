"""Asking for money online: a charge is written down before the gateway hears of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, row, scalar, transaction
from supplyhub.errors import NotFoundError
from supplyhub.moves import move
from supplyhub.ordering.reach import check_reach
from supplyhub.outside.ports import LEAST_FEN
from supplyhub.payments.balance import balance_of
from supplyhub.payments.errors import HoldEndedError, NothingOwedError, NotPaidOnlineError, TooLittleOnlineError
from supplyhub.payments.states import CHARGE_MOVES, ChargeState

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# The gateway's pages last half an hour at least, counted from when it hears of them.
CHECKOUT_MINUTES = 40


@dataclass(frozen=True, slots=True)
class Visit:
    """Where somebody who pays comes from: the language (`zh`, `en`), and where to go back to, paid or not."""

    back_url: str
    cancel_url: str
    lang: str = "zh"


@dataclass(frozen=True, slots=True)
class Begun:
    """An order's live charge. `fits`: it asks for what is owed now; `fresh`: it was written just now."""

    charge_id: int
    state: ChargeState
    pay_url: str
    fits: bool
    fresh: bool


def begin_charge(asker: Asker, order_id: int, visit: Visit) -> Begun:
    """Return the order's live charge; when there is none, write one of what is owed, so that it can be asked for.

    A charge of another amount, or of another version of the order, is live until it was ended at the gateway. Raises
    NothingOwedError, NotPaidOnlineError, HoldEndedError, TooLittleOnlineError, and NotFoundError for orders that aren't the
    asker's to enter.
    """
    with transaction():
        order = _order_for_update(asker, order_id)
        owed_fen = _owed(order)
        live = row(
            "SELECT id, state, pay_url, amount_fen, order_version FROM charge"
            " WHERE order_id = :order AND state IN ('preparing', 'open')",
            order=order_id,
        )
        if live is not None:
            fits = (live.amount_fen, live.order_version) == (owed_fen, order.version)
            return Begun(live.id, ChargeState(live.state), live.pay_url, fits, fresh=False)
        charge_id = _write_charge(asker, order, owed_fen, visit)
        return Begun(charge_id, ChargeState.PREPARING, "", fits=True, fresh=True)


def give_up_charge(charge_id: int) -> None:
    """End a charge that the gateway doesn't know, or doesn't take. Should it be paid all the same, it is booked."""
    with transaction():
        charge = row("SELECT state FROM charge WHERE id = :charge FOR NO KEY UPDATE", charge=charge_id)
        if charge is not None and charge.state in {ChargeState.PREPARING, ChargeState.OPEN}:
            state = move(CHARGE_MOVES, ChargeState(charge.state), "end")
            execute("UPDATE charge SET state = :state WHERE id = :charge", state=state, charge=charge_id)


def _order_for_update(asker: Asker, order_id: int) -> Row[Any]:
    order = row(
        """
        SELECT o.id, o.version, o.household_id, o.cycle_id, o.hold_until, o.hold_until <= clock_timestamp() AS hold_ended,
               m.pays_online, g.number AS grid_number, y.delivery_on, n.number,
               m.mode <> 'draw' OR EXISTS (SELECT FROM draw WHERE menu_id = m.id AND drawn_at IS NOT NULL) AS drawn
        FROM orders AS o
        JOIN menu AS m ON m.id = o.menu_id
        JOIN grid AS g ON g.id = o.grid_id
        JOIN cycle AS y ON y.id = o.cycle_id
        LEFT JOIN order_number AS n ON n.order_id = o.id
        WHERE o.id = :order AND g.community_id = :community FOR NO KEY UPDATE OF o
        """,
        order=order_id,
        community=asker.community_id,
    )
    if order is None:
        raise NotFoundError("no such order", order=order_id)
    check_reach(asker, order.household_id, cycle_id=order.cycle_id)
    return order


def _owed(order: Row[Any]) -> int:
    """Return what is owed for an order, read under its lock."""
    if not (order.pays_online and order.drawn):
        raise NotPaidOnlineError(drawn=order.drawn)
    balance = balance_of(order.id)
    covered = scalar("SELECT count(*) FROM cover WHERE order_id = :order AND ended_at IS NULL", order=order.id)
    if balance is None or balance.owed_fen <= 0 or covered:
        raise NothingOwedError(owed_fen=min(balance.owed_fen, 0) if balance else 0)
    if order.hold_ended:
        raise HoldEndedError(hold_until=order.hold_until)
    if balance.owed_fen < LEAST_FEN:
        raise TooLittleOnlineError(owed_fen=balance.owed_fen, least_fen=LEAST_FEN)
    return int(balance.owed_fen)


def _write_charge(asker: Asker, order: Row[Any], amount_fen: int, visit: Visit) -> int:
    # What the gateway shows while somebody pays; no name, no door.
    title = f"爱心菜吧 {order.number or f'{order.grid_number}-{order.delivery_on:%m%d}'}"
    wanted = {"title": title, "back_url": visit.back_url, "cancel_url": visit.cancel_url, "lang": visit.lang}
    written: int = scalar(
        """
        INSERT INTO charge (order_id, order_version, basket, amount_fen, wanted, asked_by)
        SELECT o.id, o.version, basket_of(o.id), :amount,
               CAST(:wanted AS jsonb)
                 || jsonb_build_object('expires_at', clock_timestamp() + make_interval(mins => :minutes)), :by
        FROM orders AS o WHERE o.id = :order RETURNING id
        """,
        order=order.id,
        amount=amount_fen,
        wanted=json.dumps(wanted),
        minutes=CHECKOUT_MINUTES,
        by=asker.account_id,
    )
    return written
