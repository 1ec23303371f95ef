"""The gateway's events and refunds. An event is a reason to look; what is booked is what is seen then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import structlog

from supplyhub.db import let_go
from supplyhub.outside.errors import GatewayAwayError, GatewayRefusedError
from supplyhub.outside.ports import RefundWanted
from supplyhub.payments.commands.observing import book_checkout, receive_events, remember_poll
from supplyhub.payments.commands.refunding import book_refund, refuse_refund
from supplyhub.payments.queries import event_of, polled_until, refund_to_send, refunds_on_their_way
from supplyhub.payments.states import CameBy

if TYPE_CHECKING:
    from supplyhub.outside.ports import PaymentGateway

log = structlog.get_logger(__name__)

# Events may show up in the gateway's list later than they are dated. What shows up later than that is found all the same:
# charges and refunds that nothing is heard of are looked at.
LOOK_BACK = timedelta(minutes=2)
# How far the first look goes back.
FIRST_LOOK = timedelta(days=1)
MOST_AT_ONCE = 50
EVENTS_AT_ONCE = 1000


def poll_events(gateway: PaymentGateway | None) -> int:
    """Receive the events that no message brought; return how many. For the scheduler.

    It reads on from the newest event that it read when it last came to the end, however long that is ago. The list begins
    with the newest: broken off, it is read again from the same one.
    """
    if gateway is None:
        return 0
    known = polled_until()
    let_go()
    listed = gateway.events_since(known - LOOK_BACK if known else datetime.now(UTC) - FIRST_LOOK)
    new, newest = 0, known
    while events := list(islice(listed, EVENTS_AT_ONCE)):
        new += receive_events(events, CameBy.POLL)
        newest = max([event.made_at for event in events] + [newest] * bool(newest))
    if newest and newest != known:
        remember_poll(newest)
    return new


def hear_event(event_id: str, *, gateway: PaymentGateway) -> None:
    """Look at what an event is about and book it. What isn't ours is logged and left to the reconciliation."""
    event = event_of(event_id)
    let_go()
    if event is None:
        return
    try:
        if event.kind.startswith("checkout."):
            ours = book_checkout(gateway.checkout(event.object_id))
        else:
            ours = book_refund(gateway.refund_seen(event.object_id))
    except GatewayRefusedError as refused:
        log.warning("event_of_nothing", gateway_event=event_id, reason=refused.reason)
        return
    log.info("event_heard", gateway_event=event_id, kind=event.kind, ours=ours)


def send_refund(refund_id: int, *, gateway: PaymentGateway) -> None:
    """Ask the gateway for a refund, once, and book what became of it."""
    refund = refund_to_send(refund_id)
    let_go()
    if refund is None:
        return
    try:
        seen = gateway.refund(
            RefundWanted(refund.id, refund.payment_id, refund.amount_fen, str(refund.idempotency_key))
        )
    except GatewayRefusedError as refused:
        log.warning("refund_refused", refund=refund_id, reason=refused.reason)
        refuse_refund(refund_id, refused.reason)
        return
    book_refund(seen)


def look_after_refunds(gateway: PaymentGateway | None) -> int:
    """Look at refunds that the gateway has had for a while, in case no event said what became of them; return how many."""
    if gateway is None:
        return 0
    done = 0
    for gateway_id in refunds_on_their_way(MOST_AT_ONCE):
        let_go()
        try:
            book_refund(gateway.refund_seen(gateway_id))
        except GatewayAwayError:
            break
        except GatewayRefusedError as refused:
            log.warning("refund_unknown_there", gateway_id=gateway_id, reason=refused.reason)
        done += 1
    return done
