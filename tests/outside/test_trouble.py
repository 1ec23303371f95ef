"""What each trouble of the gateway becomes: asked again later, or refused for good."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from supplyhub.outside import stripe_gateway
from supplyhub.outside.errors import GatewayAwayError
from tests.outside.asked import back, paid, wanted

if TYPE_CHECKING:
    from supplyhub.outside.stripe_gateway import StripeGateway
    from tests.gateway import TestStandIn


def test_a_lost_answer_took_effect_and_the_same_key_finds_it(standin: TestStandIn, stripe: StripeGateway) -> None:
    asked = wanted()
    standin.fail_next("timeout_after")
    with pytest.raises(GatewayAwayError):
        stripe.open_checkout(asked)
    (there,) = standin.things("checkout.session")
    assert stripe.open_checkout(asked).id == there["id"]
    assert len(standin.things("checkout.session")) == 1


def test_a_held_answer_is_not_waited_for(
    standin: TestStandIn, stripe: StripeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = wanted()
    standin.set_faults(hold_seconds=1)
    standin.fail_next("timeout_after")
    with monkeypatch.context() as patched:
        patched.setattr(stripe_gateway, "ANSWER_SECONDS", 0.2)
        hasty = standin.gateway()
    with pytest.raises(GatewayAwayError):
        hasty.open_checkout(asked)
    assert stripe.open_checkout(asked).state == "open"
    assert len(standin.things("checkout.session")) == 1


def test_a_trouble_before_the_effect_leaves_nothing(standin: TestStandIn, stripe: StripeGateway) -> None:
    asked = wanted()
    standin.fail_next("error")
    with pytest.raises(GatewayAwayError):
        stripe.open_checkout(asked)
    assert standin.things("checkout.session") == []
    assert stripe.open_checkout(asked).state == "open"


def test_a_key_that_keeps_its_trouble_is_changed(standin: TestStandIn, stripe: StripeGateway) -> None:
    asked = wanted()
    standin.fail_next("error_kept")
    with pytest.raises(GatewayAwayError):
        stripe.open_checkout(asked)
    # The original answers a kept 500 for a day: the same key alone would never open the page.
    assert stripe.open_checkout(asked).state == "open"
    assert stripe.open_checkout(asked).id == standin.things("checkout.session")[0]["id"]


def test_a_refund_whose_key_keeps_its_trouble_is_made_once(standin: TestStandIn, stripe: StripeGateway) -> None:
    asked = back(paid(standin, stripe), 860)
    standin.fail_next("error_kept", on="refunds")
    with pytest.raises(GatewayAwayError):
        stripe.refund(asked)
    assert stripe.refund(asked) == stripe.refund(asked)
    assert len(standin.things("refund")) == 1


def test_keys_are_not_changed_for_ever(standin: TestStandIn, stripe: StripeGateway) -> None:
    asked = wanted()
    standin.fail_next("error_kept", times=stripe_gateway.KEYS)
    for _ in range(stripe_gateway.KEYS + 1):
        with pytest.raises(GatewayAwayError):
            stripe.open_checkout(asked)
    assert standin.things("checkout.session") == []


def test_our_own_wrong_key_refuses_no_payment_for_good(standin: TestStandIn) -> None:
    with pytest.raises(GatewayAwayError, match="refuses our key"):
        standin.gateway(secret_key="sk_test_of_somebody_else").open_checkout(wanted())


def test_a_gateway_that_hangs_up_is_away_until_it_is_back(standin: TestStandIn, stripe: StripeGateway) -> None:
    page = paid(standin, stripe)
    standin.set_faults(away=True)
    for asked in (
        lambda: stripe.open_checkout(wanted()),
        lambda: stripe.checkout(page.id),
        lambda: stripe.expire_checkout(page.id),
        lambda: stripe.refund(back(page, 1)),
        lambda: list(stripe.events_since(datetime.now(UTC))),
    ):
        with pytest.raises(GatewayAwayError):
            asked()
    standin.set_faults()
    assert stripe.checkout(page.id) == page


def test_a_gateway_that_is_not_there_is_away(standin: TestStandIn, stripe: StripeGateway) -> None:
    standin.stop()
    with pytest.raises(GatewayAwayError):
        stripe.open_checkout(wanted())


def test_a_stand_in_is_reached_without_the_proxy_for_the_world(
    standin: TestStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert standin.gateway().open_checkout(wanted()).state == "open"
