"""Money that goes back through the gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from supplyhub.outside.errors import GatewayAwayError, GatewayRefusedError
from supplyhub.outside.ports import RefundWanted
from tests.outside.asked import back, paid

if TYPE_CHECKING:
    from supplyhub.outside.stripe_gateway import StripeGateway
    from tests.gateway import TestStandIn


def test_a_part_goes_back_then_the_rest(standin: TestStandIn, stripe: StripeGateway) -> None:
    page = paid(standin, stripe)
    part = stripe.refund(back(page, 860, refund_id=5))
    assert (part.state, part.amount_fen, part.refund_id, part.failure) == ("done", 860, 5, "")
    assert stripe.refund_seen(part.id) == part
    stripe.refund(back(page, 3000, refund_id=6))
    assert standin.books()["references"] == [{"reference": "7", "paid_fen": 3860, "refunded_fen": 3860}]
    assert (standin.books()["sum_fen"], standin.books()["merchant_fen"]) == (0, 0)


def test_more_than_came_is_refused(standin: TestStandIn, stripe: StripeGateway) -> None:
    page = paid(standin, stripe)
    stripe.refund(back(page, 860, refund_id=5))
    with pytest.raises(GatewayRefusedError, match=r"Refund amount \(¥30.01\) is greater than unrefunded amount"):
        stripe.refund(back(page, 3001, refund_id=6))
    stripe.refund(back(page, 3000, refund_id=7))
    with pytest.raises(GatewayRefusedError) as refused:
        stripe.refund(back(page, 1, refund_id=8))
    assert refused.value.reason == "charge_already_refunded"


def test_a_refund_of_an_unknown_payment_is_refused(stripe: StripeGateway) -> None:
    with pytest.raises(GatewayRefusedError) as refused:
        stripe.refund(RefundWanted(5, "pi_nowhere", 100, "key"))
    assert refused.value.reason == "resource_missing"


def test_the_same_refund_is_made_once(standin: TestStandIn, stripe: StripeGateway) -> None:
    page = paid(standin, stripe)
    asked = back(page, 860)
    assert stripe.refund(asked) == stripe.refund(asked)
    assert len(standin.things("refund")) == 1


def test_the_same_refund_is_made_once_after_its_key_was_forgotten(standin: TestStandIn, stripe: StripeGateway) -> None:
    page = paid(standin, stripe)
    asked = back(page, 860)
    first = stripe.refund(asked)
    standin.clock.ahead = 25 * 3600
    # Somebody else's call, with which the gateway forgets old keys.
    stripe.refund(back(page, 100, refund_id=6))
    assert stripe.refund(asked) == first
    assert standin.books()["references"][0]["refunded_fen"] == 960


def test_a_lost_answer_is_asked_for_again(standin: TestStandIn, stripe: StripeGateway) -> None:
    asked = back(paid(standin, stripe), 860)
    standin.fail_next("timeout_after", on="refunds")
    with pytest.raises(GatewayAwayError):
        stripe.refund(asked)
    assert stripe.refund(asked).state == "done"
    assert standin.books()["references"][0]["refunded_fen"] == 860


def test_a_refund_may_take_its_time(standin: TestStandIn, stripe: StripeGateway) -> None:
    page = paid(standin, stripe)
    standin.fail_next("refund_pending")
    sent = stripe.refund(back(page, 860))
    assert sent.state == "sent"
    standin.finish_refund(sent.id, "succeeded")
    assert stripe.refund_seen(sent.id).state == "done"


@pytest.mark.parametrize("pending", [True, False])
def test_a_refund_may_fail_even_after_it_seemed_done(
    standin: TestStandIn, stripe: StripeGateway, *, pending: bool
) -> None:
    page = paid(standin, stripe)
    if pending:
        standin.fail_next("refund_pending")
    asked = back(page, 860)
    made = stripe.refund(asked)
    standin.finish_refund(made.id, "failed", "expired_or_canceled_card")
    failed = stripe.refund_seen(made.id)
    assert (failed.state, failed.failure) == ("failed", "expired_or_canceled_card")
    assert standin.books()["references"] == [{"reference": "7", "paid_fen": 3860, "refunded_fen": 0}]
    # It stays failed, and what didn't go back can go another time.
    assert stripe.refund(asked) == failed
    assert stripe.refund(back(page, 3860, refund_id=6)).state == "done"
