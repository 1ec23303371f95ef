"""What the gateway tells: believed when it is signed and fresh, and asked for again by listing."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from supplyhub.outside.errors import ForgedEventError
from supplyhub.outside.stripe_gateway import KINDS
from supplyhub.standin.events import announce, sign
from tests.gateway import WEBHOOK_SECRET
from tests.outside.asked import back, paid, wanted

if TYPE_CHECKING:
    from supplyhub.outside.stripe_gateway import StripeGateway
    from tests.gateway import TestStandIn

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_payment_is_told_by_a_signed_message(standin: TestStandIn, stripe: StripeGateway) -> None:
    page = paid(standin, stripe)
    ((body, signature),) = standin.messages()
    seen = stripe.read_event(body, signature)
    assert seen is not None
    assert (seen.kind, seen.object_id) == ("checkout.session.completed", page.id)
    assert abs(seen.made_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert seen == stripe.read_event(body, signature)


def test_every_kind_of_concern_names_its_page_or_refund(standin: TestStandIn, stripe: StripeGateway) -> None:
    page = paid(standin, stripe)
    pending = stripe.refund(back(page, 100))
    standin.finish_refund(pending.id, "failed")
    stripe.expire_checkout(stripe.open_checkout(wanted()).id)
    for play in ("arrive", "bounce"):
        late = stripe.open_checkout(wanted())
        standin.play(late.id, "pay_later")
        standin.play(late.id, play)
    told = [stripe.read_event(*message) for message in standin.messages()]
    assert {seen.kind for seen in told if seen} == set(KINDS)
    assert {seen.object_id[:2] for seen in told if seen and "refund" in seen.kind} == {"re"}
    assert {seen.object_id[:3] for seen in told if seen and "checkout" in seen.kind} == {"cs_"}


def test_other_kinds_are_of_no_concern(standin: TestStandIn, stripe: StripeGateway) -> None:
    paid(standin, stripe)
    messages = standin.messages("charge.succeeded", "payment_intent.succeeded")
    assert [stripe.read_event(*message) for message in messages] == [None, None]


def test_a_message_signed_by_somebody_else_is_forged(standin: TestStandIn, stripe: StripeGateway) -> None:
    paid(standin, stripe)
    event = standin.events()[-1]
    with pytest.raises(ForgedEventError):
        stripe.read_event(*standin.message(event, secret="whsec_guessed"))


def test_an_altered_message_is_forged(standin: TestStandIn, stripe: StripeGateway) -> None:
    paid(standin, stripe)
    ((body, signature),) = standin.messages()
    with pytest.raises(ForgedEventError):
        stripe.read_event(body.replace(b"3860", b"1"), signature)
    moved = signature.replace("t=", "t=1")
    with pytest.raises(ForgedEventError):
        stripe.read_event(body, moved)


@pytest.mark.parametrize(("seconds", "believed"), [(-290, True), (-310, False), (50, True), (70, False)])
def test_a_message_is_believed_only_around_its_time(
    standin: TestStandIn, stripe: StripeGateway, seconds: int, *, believed: bool
) -> None:
    paid(standin, stripe)
    message = standin.message(standin.events()[-1], at=time.time() + seconds)
    if believed:
        assert stripe.read_event(*message)
    else:
        with pytest.raises(ForgedEventError):
            stripe.read_event(*message)


def test_a_second_time_in_the_header_is_not_believed(standin: TestStandIn, stripe: StripeGateway) -> None:
    paid(standin, stripe)
    body, signature = standin.message(standin.events()[-1], at=time.time() + 1000)
    for header in (f"{signature},t={int(time.time())}", f"t={int(time.time())},{signature}"):
        with pytest.raises(ForgedEventError):
            stripe.read_event(body, header)


@pytest.mark.parametrize(
    "signature", ["", "nonsense", "t=,v1=", "t=1", "v1=00", "t=x,v1=00", "t=99999999999999999999,v1=00", "t=1,v0=00"]
)
def test_a_header_that_is_none_is_forged(standin: TestStandIn, stripe: StripeGateway, signature: str) -> None:
    paid(standin, stripe)
    ((body, _),) = standin.messages()
    with pytest.raises(ForgedEventError):
        stripe.read_event(body, signature)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"no json", b"[]", b"{}", b'{"type":"refund.failed"}', b"null"])
def test_a_signed_body_that_is_no_event_is_forged(stripe: StripeGateway, body: bytes) -> None:
    signature = sign(body.decode("latin-1"), WEBHOOK_SECRET, int(time.time()))
    with pytest.raises(ForgedEventError):
        stripe.read_event(body, signature)


def test_without_a_secret_nothing_is_believed(standin: TestStandIn) -> None:
    stripe = standin.gateway()
    stripe._webhook_secret = ""
    paid(standin, stripe)
    body, signature = standin.message(standin.events()[-1], secret="")
    with pytest.raises(ForgedEventError):
        stripe.read_event(body, signature)


def test_events_are_listed_from_a_time_on_the_newest_first(standin: TestStandIn, stripe: StripeGateway) -> None:
    first = paid(standin, stripe)
    second = stripe.open_checkout(wanted())
    standin.clock.ahead = 1800
    stripe.expire_checkout(second.id)
    since = datetime.now(UTC) + timedelta(minutes=15)
    assert [seen.object_id for seen in stripe.events_since(since)] == [second.id]
    everything = list(stripe.events_since(LONG_AGO))
    assert [(seen.kind, seen.object_id) for seen in everything] == [
        ("checkout.session.expired", second.id),
        ("checkout.session.completed", first.id),
    ]
    told = {seen.id for message in standin.messages() if (seen := stripe.read_event(*message))}
    assert {seen.id for seen in everything} == told


def test_long_lists_are_read_to_their_end(standin: TestStandIn, stripe: StripeGateway) -> None:
    with standin.core.change() as act:
        for number in range(250):
            announce(act, "refund.updated", {"id": f"re_{number}"})
            announce(act, "charge.succeeded", {"id": f"ch_{number}"})
    seen = [event.object_id for event in stripe.events_since(LONG_AGO)]
    assert seen == [f"re_{number}" for number in reversed(range(250))]


def test_its_books_are_what_took_effect(standin: TestStandIn, stripe: StripeGateway) -> None:
    page = paid(standin, stripe, charge_id=7)
    stripe.open_checkout(wanted(charge_id=8))
    declined = stripe.open_checkout(wanted(charge_id=9))
    standin.pay(declined.id, press="decline")
    done = stripe.refund(back(page, 860, refund_id=5))
    standin.fail_next("refund_pending")
    stripe.refund(back(page, 100, refund_id=6))
    failed = stripe.refund(back(page, 200, refund_id=7))
    standin.finish_refund(failed.id, "failed")
    rows = list(stripe.books(LONG_AGO, datetime.now(UTC) + timedelta(minutes=1)))
    assert [(row.id, row.kind, row.amount_fen, row.reference) for row in rows] == [
        (page.payment_id, "payment", 3860, "7"),
        (done.id, "refund", 860, "5"),
    ]
    assert list(stripe.books(LONG_AGO, datetime.now(UTC) - timedelta(minutes=1))) == []


def test_money_that_is_not_ours_carries_no_reference(standin: TestStandIn, stripe: StripeGateway) -> None:
    for metadata in ({}, {"charge": "x"}, {"charge": "1" * 30}):
        page = stripe._client.v1.checkout.sessions.create(
            {
                "mode": "payment",
                "line_items": [
                    {
                        "price_data": {"currency": "cny", "unit_amount": 1000, "product_data": {"name": "else"}},
                        "quantity": 1,
                    }
                ],
                "payment_method_options": {"wechat_pay": {"client": "web"}},
                "success_url": "https://hub.example/",
                "metadata": metadata,
            }
        )
        standin.pay(page.id)
        assert stripe.checkout(page.id).charge_id is None
    rows = list(stripe.books(LONG_AGO, datetime.now(UTC) + timedelta(minutes=1)))
    assert {row.reference for row in rows} == {""}
    assert json.loads(standin.messages()[0][0])["type"] == "checkout.session.completed"
