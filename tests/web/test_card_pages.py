"""Signing in with a card: the link alone never does, one button for the first phone, a number for the next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.codes import new_typed_code
from supplyhub.db import db, execute, scalar
from supplyhub.people.states import Role
from supplyhub.residents import guessing
from supplyhub.residents.cards import demo_card
from supplyhub.residents.devices import PIN_TRIES
from supplyhub.web.limits import limiter
from tests.factories import Shop, a_building, a_device, a_grid, a_household, an_account, bearer
from tests.web.test_pages import sign_in

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from supplyhub.residents.cards import NewCard


class Town:
    """A shop with a household whose card is printed, and a browser for whoever comes."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.shop = Shop()
        self.home = self.shop.home
        self.card = self.print()

    def print(self) -> NewCard:
        return demo_card(self.shop.community.id, self.home.id, vault=self.app.extensions["vault"])

    def browser(self) -> FlaskClient:
        return self.app.test_client()

    def come_in(self, browser: FlaskClient, given: str | None = None, **more: str) -> TestResponse:
        """Press the button."""
        return browser.post("/card", data={"secret": given or self.card.secret, "yes": "1", **more})

    def pin(self, browser: FlaskClient) -> str:
        """Ask for a number on a phone that is signed in."""
        found = re.search(r'<p class="pin"[^>]*>(\d{3}) (\d{3})</p>', browser.post("/household/pin").text)
        assert found
        return found[1] + found[2]

    def is_in(self, browser: FlaskClient) -> bool:
        return browser.get("/household").status_code == 200


@pytest.fixture
def town(app: Flask, database: Any, monkeypatch: pytest.MonkeyPatch, redis_url: str) -> Town:
    monkeypatch.setitem(app.config, "WTF_CSRF_METHODS", set())
    return Town(app)


def test_opening_the_link_alone_signs_nobody_in_and_neither_does_the_question(town):
    browser = town.browser()
    browser.get("/card")
    browser.get("/card", query_string={"secret": town.card.secret, "yes": "1"})
    asked = browser.post("/card", data={"secret": town.card.secret})
    assert f"这是 {town.card.door}？" in asked.text
    assert not town.is_in(browser)
    assert scalar("SELECT count(*) FROM household_device") == 0


@pytest.mark.parametrize("how", ["secret", "typed_code"])
def test_one_button_signs_the_first_phone_in(town, how):
    browser = town.browser()
    answer = town.come_in(browser, getattr(town.card, how))
    assert (answer.status_code, answer.location) == (303, "/")
    assert town.is_in(browser)


def test_the_session_lives_as_long_as_the_phone_may_act(town):
    cookie = next(c for c in town.come_in(town.browser()).headers.getlist("Set-Cookie") if c.startswith("supplyhub="))
    assert "Expires=" in cookie
    assert {"HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))


def test_the_second_phone_is_asked_for_a_number_and_comes_in_with_it(town):
    first, second = town.browser(), town.browser()
    town.come_in(first)
    asked = town.come_in(second)
    assert asked.status_code == 200
    assert "已经有手机在用" in asked.text
    assert not town.is_in(second)
    pin = town.pin(first)
    assert town.come_in(second, pin=f" {pin[:3]} {pin[3:]}").status_code == 303
    assert town.is_in(first)
    assert town.is_in(second)
    assert "2 部" in first.get("/household").text


def test_a_wrong_number_says_how_often_it_may_be_tried_and_too_many_end_it(town):
    first, second = town.browser(), town.browser()
    town.come_in(first)
    pin = town.pin(first)
    wrong = f"{(int(pin) + 1) % 1_000_000:06d}"
    assert town.come_in(second, pin="12").status_code == 422
    answers = [town.come_in(second, pin=wrong) for _ in range(PIN_TRIES)]
    assert {answer.status_code for answer in answers} == {401}
    assert "还能再试 4 次" in answers[0].text
    assert "输错太多次" in answers[-1].text
    assert "输错太多次" in town.come_in(second, pin=pin).text
    assert not town.is_in(second)


def test_a_number_typed_too_late_lets_nobody_in(town):
    first, second = town.browser(), town.browser()
    town.come_in(first)
    pin = town.pin(first)
    execute("UPDATE joining_pin SET expires_at = now() - interval '1 second'")
    db.session.commit()
    late = town.come_in(second, pin=pin)
    assert late.status_code == 401
    assert "过了 10 分钟" in late.text
    assert not town.is_in(second)


def test_the_same_phone_scans_again_and_is_neither_asked_nor_counted_twice(town):
    browser = town.browser()
    town.come_in(browser)
    again = browser.post("/card", data={"secret": town.card.secret}, follow_redirects=True)
    assert "这台手机已经登录了" in again.text
    assert scalar("SELECT count(*) FROM household_device") == 1


def test_a_phone_that_goes_over_to_another_household_leaves_the_first(town):
    browser, neighbour = town.browser(), town.shop.another_home()
    town.come_in(browser)
    card = demo_card(town.shop.community.id, neighbour.id, vault=town.app.extensions["vault"])
    town.come_in(browser, card.secret)
    assert scalar("SELECT count(*) FROM household_device WHERE revoked_at IS NULL") == 1
    assert town.come_in(town.browser()).status_code == 303


def test_a_phone_that_is_ended_is_out_at_once_and_told_so(town):
    browser = town.browser()
    town.come_in(browser)
    lead = sign_in(town.browser(), town.shop.lead().account_id)
    seen = lead.get(f"/cards/{town.home.id}").text
    assert "1 部" in seen
    ended = lead.post(f"/cards/{town.home.id}/end", follow_redirects=True)
    assert "1 部手机退出了" in ended.text
    out = browser.get("/menu", follow_redirects=True)
    assert out.request.path == "/signed-out"
    assert "这台手机退出了" in out.text
    assert browser.get("/", follow_redirects=True).request.path == "/card"


def test_after_thirty_days_a_phone_is_out_and_comes_back_by_the_card_alone(town):
    browser = town.browser()
    town.come_in(browser)
    execute(
        "UPDATE household_device SET joined_at = now() - interval '31 days', expires_at = now() - interval '1 second'"
    )
    db.session.commit()
    assert browser.get("/", follow_redirects=True).request.path == "/signed-out"
    assert town.come_in(browser).status_code == 303
    assert town.is_in(browser)


def test_signing_out_makes_room_for_the_next_first_phone(town):
    browser = town.browser()
    town.come_in(browser)
    assert browser.post("/sign-out", follow_redirects=True).request.path == "/card"
    assert scalar("SELECT count(*) FROM household_device WHERE revoked_at IS NULL") == 0
    assert town.come_in(town.browser()).status_code == 303


def test_a_household_ends_its_other_phone_and_no_neighbours(town):
    first, second = town.browser(), town.browser()
    town.come_in(first)
    town.come_in(second, pin=town.pin(first))
    strange = a_device(town.shop.another_home().id)
    (other,) = [
        device
        for device in re.findall(r'name="device" value="(\d+)"', first.get("/household").text)
        if int(device) != strange.id
    ]
    first.post("/household/end", data={"device": str(strange.id)})
    first.post("/household/end", data={"device": other})
    assert town.is_in(first)
    assert not town.is_in(second)
    assert scalar("SELECT revoked_at IS NULL FROM household_device WHERE id = :id", id=strange.id)


def test_tokens_go_on_when_every_phone_is_ended(town):
    headers = bearer(town.home.account_id)
    town.come_in(town.browser())
    sign_in(town.browser(), town.shop.lead().account_id).post(f"/cards/{town.home.id}/end")
    assert town.browser().get("/api/v1/me", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("ABCDEFGHJ", "刚才输了 9 个"),
        ("ABCDEFGHJ0", "“0”"),
        ("", "刚才输了 0 个"),
        ("💡" * 10, "卡上没有"),
        ("x" * 5000, "刚才输了 100 个"),
    ],
)
def test_a_code_that_no_card_can_have_is_said_at_once_and_costs_no_try(town, given, words):
    answer = town.browser().post("/card", data={"secret": given})
    assert answer.status_code == 422
    assert words in answer.text
    assert scalar("SELECT count(*) FROM code_guesses") == 0


def test_typing_is_over_after_too_many_wrong_codes_with_the_queue_server_down_too(town, monkeypatch):
    monkeypatch.setattr(guessing, "FROM_ONE_ADDRESS", 3)
    monkeypatch.setattr(limiter, "enabled", False)
    browser = town.browser()
    tried = [browser.post("/card", data={"secret": new_typed_code()}).status_code for _ in range(4)]
    assert tried == [401, 401, 401, 429]
    refused = browser.post("/card", data={"secret": town.card.typed_code})
    assert refused.status_code == 429
    assert "输错的次数太多了" in refused.text
    assert town.come_in(browser).status_code == 303


def test_a_lead_prints_a_card_for_one_door_and_ends_its_phones_only_when_that_is_ticked(town):
    browser = town.browser()
    town.come_in(browser)
    lead = sign_in(town.browser(), town.shop.lead().account_id)
    sheet = lead.post(f"/cards/{town.home.id}/print")
    assert sheet.mimetype == "application/pdf"
    assert sheet.data.startswith(b"%PDF-")
    assert town.browser().post("/card", data={"secret": town.card.secret}).status_code == 401
    assert town.browser().post("/card", data={"secret": town.card.typed_code}).status_code == 401
    assert town.is_in(browser)
    lead.post(f"/cards/{town.home.id}/print", data={"end": "1"})
    assert not town.is_in(browser)


def test_a_lead_prints_the_own_grid_and_reaches_no_card_of_another(town):
    lead = sign_in(town.browser(), town.shop.lead().account_id)
    assert lead.post("/cards/grid").mimetype == "application/pdf"
    stranger = a_household(a_building(a_grid(town.shop.community)))
    assert lead.get(f"/cards/{stranger.id}").status_code == 404
    for what in ("print", "end"):
        assert lead.post(f"/cards/{stranger.id}/{what}").status_code == 404
    coordinator = sign_in(town.browser(), an_account(town.shop.community, Role.COORDINATOR).id)
    assert coordinator.get(f"/cards/{stranger.id}").status_code == 200
    assert coordinator.post(f"/cards/{stranger.id}/print").mimetype == "application/pdf"
