"""Holds that ended unpaid: the checkout is ended at the gateway first, then the goods go back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from supplyhub.errors import BusyError
from supplyhub.outside.errors import GatewayAwayError
from supplyhub.payments.commands.lapsing import lapse_order
from supplyhub.payments.paying import MOST_AT_ONCE, end_checkout
from supplyhub.payments.queries import charges_of_ended_holds, holds_to_lapse

if TYPE_CHECKING:
    from supplyhub.outside.ports import PaymentGateway

log = structlog.get_logger(__name__)

MOST_LAPSES = 500


def lapse_holds() -> int:
    """Let the holds lapse that nobody can pay any more; return how many. For the scheduler; asks nobody.

    An order that somebody works on is left for the next time.
    """
    return sum(_lapsed(order) for order in holds_to_lapse(MOST_LAPSES))


def end_checkouts_of_ended_holds(gateway: PaymentGateway | None) -> int:
    """End the checkouts of holds that ended, so that they can lapse; return how many. For the scheduler.

    When the gateway doesn't answer, the holds wait for it, ten minutes at most: then they lapse all the same, and a
    payment that comes takes the goods again or goes back.
    """
    if gateway is None:
        return 0
    done = 0
    for charge in charges_of_ended_holds(MOST_AT_ONCE):
        try:
            end_checkout(charge, gateway)
        except GatewayAwayError:
            log.warning("gateway_away", charge=charge.id)
            break
        done += 1
    return done + (lapse_holds() if done else 0)


def _lapsed(order_id: int) -> bool:
    try:
        return lapse_order(order_id) != "kept"
    except BusyError:
        return False
