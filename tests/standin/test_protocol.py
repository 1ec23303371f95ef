"""The stand-in keeps to the original's protocol, as far as it can be seen from outside."""

from __future__ import annotations

import base64
import json
import sqlite3
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.standin.forms import nested
from supplyhub.standin.refusals import Refusal
from supplyhub.standin.remote import StandInError
from tests.gateway import SECRET_KEY

if TYPE_CHECKING:
    from tests.gateway import TestStandIn

SESSION = {
    "mode": "payment",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "cny",
    "line_items[0][price_data][unit_amount]": "3860",
    "line_items[0][price_data][product_data][name]": "爱心菜吧",
    "payment_method_options[wechat_pay][client]": "web",
    "success_url": "https://hub.example/back",
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def error(self) -> dict[str, Any]:
        return dict(self.body["error"])


def call(standin: TestStandIn, method: str, path: str, params: dict[str, str] | None = None, **headers: str) -> Answer:
    """Make a call as any client could, without the official one."""
    encoded = urllib.parse.urlencode(params or {})
    url = f"{standin.url}{path}" + (f"?{encoded}" if method == "GET" and encoded else "")
    wanted = urllib.request.Request(  # noqa: S310  (the test's own server)
        url,
        method=method,
        data=encoded.encode() if method == "POST" else None,
        headers={"Authorization": f"Bearer {SECRET_KEY}"}
        | {name.replace("_", "-"): text for name, text in headers.items()},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(wanted, timeout=60) as answer:
            return Answer(answer.status, dict(answer.headers), json.load(answer))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, dict(error.headers), json.load(error))


def test_parameters_are_nested_as_the_official_client_writes_them() -> None:
    assert nested([("a", "1"), ("b[c]", "2"), ("b[d][e]", "3"), ("f[0][g]", "4"), ("f[1][g]", "5"), ("h[]", "6")]) == {
        "a": "1",
        "b": {"c": "2", "d": {"e": "3"}},
        "f": [{"g": "4"}, {"g": "5"}],
        "h": ["6"],
    }


@pytest.mark.parametrize("names", [["a[", "b"], ["a", "a[b]"], ["[a]"], ["a[b]c"]])
def test_names_that_contradict_themselves_are_refused(names: list[str]) -> None:
    with pytest.raises(Refusal):
        nested([(name, "1") for name in names])


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer sk_test_other", "Basic !!", "Basic c2s6"])
def test_a_wrong_key_is_401(standin: TestStandIn, given: str) -> None:
    for path in ("/v1/checkout/sessions", "/standin/books"):
        answer = call(standin, "GET", path, Authorization=given)
        assert (answer.status, answer.error["type"]) == (401, "invalid_request_error")
        assert SECRET_KEY not in str(answer.body)


def test_a_key_may_come_as_a_users_name(standin: TestStandIn) -> None:
    basic = base64.b64encode(f"{SECRET_KEY}:".encode()).decode()
    assert call(standin, "GET", "/v1/refunds", Authorization=f"Basic {basic}").status == 200


def test_unknown_places_and_things_are_404(standin: TestStandIn) -> None:
    assert call(standin, "GET", "/v1/customers").status == 404
    missing = call(standin, "GET", "/v1/refunds/re_nowhere")
    assert (missing.status, missing.error["code"]) == (404, "resource_missing")
    assert missing.headers["Request-Id"].startswith("req_")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("payment_method_types[0]", "card", "parameter_unknown"),
        ("customer_email", "a@b.example", "parameter_unknown"),
        ("mode", "subscription", None),
        ("success_url", "", "parameter_missing"),
        ("payment_method_options[wechat_pay][client]", "", "parameter_missing"),
        ("line_items[0][price_data][unit_amount]", "38.60", "parameter_invalid_integer"),
        ("line_items[0][price_data][unit_amount]", "0", "parameter_invalid_integer"),
        ("line_items[0][price_data][unit_amount]", "-5", "parameter_invalid_integer"),
        ("line_items[0][price_data][unit_amount]", "999999999", "parameter_invalid_integer"),
        ("expires_at", "soon", "parameter_invalid_integer"),
        ("expires_at", "4000000000", None),
        ("metadata", "text", None),
    ],
)
def test_what_the_original_refuses_is_refused(standin: TestStandIn, name: str, value: str, code: str | None) -> None:
    answer = call(standin, "POST", "/v1/checkout/sessions", {**SESSION, name: value})
    assert (answer.status, answer.error.get("code")) == (400, code)
    assert answer.error["type"] == "invalid_request_error"
    assert standin.things("checkout.session") == []


def test_the_same_key_gets_the_same_answer_and_says_so(standin: TestStandIn) -> None:
    first = call(standin, "POST", "/v1/checkout/sessions", SESSION, Idempotency_Key="k")
    again = call(standin, "POST", "/v1/checkout/sessions", SESSION, Idempotency_Key="k")
    assert (again.status, again.body) == (200, first.body)
    assert ("Idempotent-Replayed" in first.headers, again.headers["Idempotent-Replayed"]) == (False, "true")
    other = call(standin, "POST", "/v1/refunds", {"payment_intent": "pi_x"}, Idempotency_Key="k")
    assert (other.status, other.error["type"]) == (400, "idempotency_error")


def test_parameters_that_were_refused_may_be_put_right_with_the_same_key(standin: TestStandIn) -> None:
    wrong = call(standin, "POST", "/v1/checkout/sessions", SESSION | {"mode": "setup"}, Idempotency_Key="k")
    right = call(standin, "POST", "/v1/checkout/sessions", SESSION, Idempotency_Key="k")
    assert (wrong.status, right.status) == (400, 200)


def test_a_refusal_of_work_that_had_begun_is_kept(standin: TestStandIn) -> None:
    session = call(standin, "POST", "/v1/checkout/sessions", SESSION).body["id"]
    standin.pay(session)
    payment = standin.things("payment_intent")[0]["id"]
    too_much = {"payment_intent": payment, "amount": "3861"}
    refused = call(standin, "POST", "/v1/refunds", too_much, Idempotency_Key="k")
    again = call(standin, "POST", "/v1/refunds", too_much, Idempotency_Key="k")
    assert (refused.status, again.status, again.headers["Idempotent-Replayed"]) == (400, 400, "true")
    assert refused.body == again.body
    assert "greater than unrefunded amount" in again.error["message"]


def test_a_key_in_use_is_409(standin: TestStandIn) -> None:
    with standin.core._only_one("k"):
        answer = call(standin, "POST", "/v1/checkout/sessions", SESSION, Idempotency_Key="k")
    assert (answer.status, answer.error["code"]) == (409, "idempotency_key_in_use")


def test_a_key_is_forgotten_after_a_day(standin: TestStandIn) -> None:
    call(standin, "POST", "/v1/checkout/sessions", SESSION, Idempotency_Key="k")
    standin.clock.ahead = 24 * 3600 + 1
    call(standin, "POST", "/v1/checkout/sessions", SESSION, Idempotency_Key="k")
    assert len(standin.things("checkout.session")) == 2


def test_lists_come_by_pages_the_newest_first(standin: TestStandIn) -> None:
    made = [call(standin, "POST", "/v1/checkout/sessions", SESSION).body["id"] for _ in range(5)]
    first = call(standin, "GET", "/v1/checkout/sessions", {"limit": "3"}).body
    assert ([one["id"] for one in first["data"]], first["has_more"]) == (made[:1:-1], True)
    rest = call(standin, "GET", "/v1/checkout/sessions", {"limit": "3", "starting_after": made[2]}).body
    assert ([one["id"] for one in rest["data"]], rest["has_more"]) == (made[1::-1], False)


@pytest.mark.parametrize(
    "params", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"starting_after": "cs_gone"}, {"created[from]": "1"}]
)
def test_a_list_that_cannot_be_is_refused(standin: TestStandIn, params: dict[str, str]) -> None:
    assert call(standin, "GET", "/v1/checkout/sessions", params).status == 400


def test_the_three_ways_are_offered_unless_some_are_left_out(standin: TestStandIn) -> None:
    every = call(standin, "POST", "/v1/checkout/sessions", SESSION).body
    assert every["payment_method_types"] == ["card", "alipay", "wechat_pay"]
    some = SESSION | {"allowed_payment_method_types[0]": "alipay", "allowed_payment_method_types[1]": "paypal"}
    assert call(standin, "POST", "/v1/checkout/sessions", some).body["payment_method_types"] == ["alipay"]
    none = SESSION | {"allowed_payment_method_types[0]": "paypal"}
    assert call(standin, "POST", "/v1/checkout/sessions", none).status == 400


def test_a_trouble_of_its_own_is_answered_in_the_originals_shape(
    standin: TestStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_disk() -> None:
        raise sqlite3.OperationalError

    monkeypatch.setattr(standin.core.books, "change", broken_disk)
    answer = call(standin, "POST", "/v1/checkout/sessions", SESSION)
    assert (answer.status, answer.error["type"]) == (500, "api_error")
    assert call(standin, "POST", "/v1/charges").status == 405


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults/next", {"kind": "rain"}),
        ("faults/next", {"kind": "late", "times": "often"}),
        ("checkouts/cs_nowhere", {"play": "pay"}),
        ("checkouts/cs_nowhere", {"play": "sing"}),
        ("refunds/re_nowhere", {"status": "failed"}),
        ("refunds/re_nowhere", []),
    ],
)
def test_what_cannot_be_played_is_refused(standin: TestStandIn, path: str, body: object) -> None:
    with pytest.raises(StandInError):
        standin._call("POST", path, body)


def test_a_refund_that_ended_does_not_end_otherwise(standin: TestStandIn) -> None:
    session = call(standin, "POST", "/v1/checkout/sessions", SESSION).body["id"]
    standin.pay(session)
    payment = standin.things("payment_intent")[0]["id"]
    made = call(standin, "POST", "/v1/refunds", {"payment_intent": payment}).body
    assert made["amount"] == 3860
    for status in ("succeeded", "lost"):
        with pytest.raises(StandInError):
            standin.finish_refund(made["id"], status)
    standin.finish_refund(made["id"], "failed", "declined")
    with pytest.raises(StandInError):
        standin.finish_refund(made["id"], "succeeded")
