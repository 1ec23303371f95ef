"""Charges and their checkouts at the gateway: opened, ended, looked after when that was broken off.

Nothing here holds a lock or a transaction while the gateway is asked. Each step is safe to do again, by anybody: a charge
and its key are written before the gateway hears of it, and what it answers is booked by what the gateway has.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

from supplyhub.db import let_go
from supplyhub.errors import BusyError
from supplyhub.outside.errors import GatewayAwayError, GatewayBusyError, GatewayRefusedError
from supplyhub.outside.ports import CheckoutWanted
from supplyhub.payments.commands.charging import begin_charge, give_up_charge
from supplyhub.payments.commands.observing import book_checkout
from supplyhub.payments.errors import PaymentOffError
from supplyhub.payments.queries import charge_of, charges_to_finish
from supplyhub.payments.states import ChargeState

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.outside.ports import Checkout, PaymentGateway
    from supplyhub.payments.commands.charging import Begun, Visit
    from supplyhub.people.asker import Asker

log = structlog.get_logger(__name__)

# Each round ends or opens a checkout; more than these are only needed while somebody changes the order meanwhile.
ROUNDS = 5
# How long the second of two clicks waits for the first one's checkout.
OTHER_CLICK_SECONDS = 4.0
LOOK_AGAIN_SECONDS = 0.2
MOST_AT_ONCE = 50


def pay_online(asker: Asker, order_id: int, visit: Visit, *, gateway: PaymentGateway | None) -> Begun:
    """Return a charge of what is owed for an order now, and where it can be paid; pressing again returns the same.

    A checkout that asks for something else is ended first. Raises PaymentOffError without a gateway, what `begin_charge`
    raises, GatewayAwayError and GatewayRefusedError.
    """
    if gateway is None:
        raise PaymentOffError
    for _ in range(ROUNDS):
        begun = begin_charge(asker, order_id, visit)
        if begun.fits and begun.state == ChargeState.OPEN:
            return begun
        charge = charge_of(begun.charge_id)
        if charge is None or charge.state not in {ChargeState.PREPARING, ChargeState.OPEN}:
            continue
        if begun.fits:
            _open_for(charge, gateway, fresh=begun.fresh)
        else:
            end_checkout(charge, gateway)
            _refuse_under_way(charge.id)
    raise BusyError("this order changes while it is being paid", retry_after_seconds=1)


def end_checkout(charge: Row[Any], gateway: PaymentGateway) -> None:
    """See to it that a live charge can't be paid any more; if it was paid already, that is booked."""
    _ask(charge, gateway.expire_checkout, gateway)


def look_at_checkout(charge: Row[Any], gateway: PaymentGateway) -> None:
    """Book how the checkout of a live charge stands, after opening it if that was broken off."""
    _ask(charge, gateway.checkout, gateway)


def finish_charges(gateway: PaymentGateway | None) -> int:
    """Look after charges that were left in the middle; return how many. For the scheduler.

    Those whose opening was broken off get their checkout; those that ask for something that is no longer owed are ended;
    those that ended by themselves are looked at. When the gateway is away they wait for the next time.
    """
    if gateway is None:
        return 0
    done = 0
    for charge in charges_to_finish(MOST_AT_ONCE):
        try:
            (look_at_checkout if charge.ask_only else end_checkout)(charge, gateway)
        except GatewayAwayError:
            log.warning("gateway_away", charge=charge.id)
            break
        done += 1
    return done


def _ask(charge: Row[Any], ask: Any, gateway: PaymentGateway) -> None:
    """Ask the gateway about a charge's checkout, and book what it answers. One that it doesn't know has ended."""
    let_go()
    try:
        session_id = charge.session_id or _open(charge, gateway).id
        book_checkout(ask(session_id))
    except GatewayRefusedError as refused:
        log.warning("checkout_refused", charge=charge.id, reason=refused.reason)
        give_up_charge(charge.id)


def _open(charge: Row[Any], gateway: PaymentGateway) -> Checkout:
    """Open a charge's checkout, or get the one that was opened before."""
    wanted = CheckoutWanted(
        charge_id=charge.id,
        amount_fen=charge.amount_fen,
        title=charge.wanted["title"],
        key=str(charge.idempotency_key),
        back_url=charge.wanted["back_url"],
        cancel_url=charge.wanted["cancel_url"],
        lang=charge.wanted["lang"],
        expires_at=datetime.fromisoformat(charge.wanted["expires_at"]),
    )
    let_go()
    opened = gateway.open_checkout(wanted)
    book_checkout(opened)
    return opened


def _open_for(charge: Row[Any], gateway: PaymentGateway, *, fresh: bool) -> None:
    """Open a checkout for somebody who waits for it; the second of two clicks waits for the first one's."""
    try:
        _open(charge, gateway)
    except GatewayRefusedError:
        give_up_charge(charge.id)
        if fresh:
            raise
    except GatewayAwayError as away:
        # The first click may be the second that the gateway hears.
        if (fresh and not isinstance(away, GatewayBusyError)) or not _opened_by_other_click(charge.id):
            raise


def _refuse_under_way(charge_id: int) -> None:
    """Raise BusyError when a checkout can't be ended because money is on its way through it: nobody shall pay twice."""
    charge = charge_of(charge_id)
    if charge is not None and charge.state == ChargeState.OPEN:
        raise BusyError("money for this order is on its way", retry_after_seconds=60)


def _opened_by_other_click(charge_id: int) -> bool:
    end = time.monotonic() + OTHER_CLICK_SECONDS
    while time.monotonic() < end:
        charge = charge_of(charge_id)
        let_go()
        if charge is None or charge.state != ChargeState.PREPARING:
            return True
        time.sleep(LOOK_AGAIN_SECONDS)
    return False
