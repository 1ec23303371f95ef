"""Ordering on the pages without script: finding, the same as last time, what to do when too little comes, a full house."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from supplyhub.catalog.commands import close_menu
from supplyhub.catalog.editing import edit_item, withdraw_item
from supplyhub.catalog.models import Cycle, Menu, MenuItem, Offer
from supplyhub.catalog.states import CycleState, MenuMode, MenuState
from supplyhub.db import db, rows, scalar
from supplyhub.errors import BusyError
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import place_order
from supplyhub.ordering.states import Consent
from tests.factories import a_cycle, a_menu, an_item
from tests.statements import statements
from tests.web.household import ROW, Household, row_of, shown

if TYPE_CHECKING:
    from flask.testing import FlaskClient


@pytest.fixture
def home(client: FlaskClient) -> Household:
    return Household(client)


@pytest.mark.parametrize("typed", ["番茄", "fanqie", "fq", "tomat", "西红柿", "红柿"])
def test_what_is_typed_is_found_by_the_server_too(home: Household, typed: str) -> None:
    page = home.client.get("/menu", query_string={"q": typed}).text
    assert shown(page) == {home.tomato.id}
    assert f'value="{typed}"' in page


def test_when_nothing_is_found_the_page_says_so_and_leads_back(home: Household) -> None:
    page = home.get("/menu?q=xyz")
    assert shown(page) == set()
    assert "<div data-none>" in page
    assert "<div data-none hidden>" in home.get("/menu?q=fq")


def test_a_stepper_stays_within_what_was_searched(home: Household) -> None:
    answer = home.post("/menu", more=home.tomato.id, find="fq")
    assert answer.request.full_path.startswith("/menu?q=fq")
    assert shown(answer.text) == {home.tomato.id}


def test_the_menu_costs_few_queries_however_long_it_is(home: Household) -> None:
    for _ in range(40):
        home.shop.item()
    with statements() as asked:
        home.get("/menu")
    assert len(asked) == 4


def test_the_price_says_what_it_is_made_of_and_edits_are_public(home: Household) -> None:
    home.tomato.cost_fen = 300
    db.session.commit()
    edit_item(home.shop.lead(), home.shop.menu.id, home.tomato.id, price_fen=450)
    page = home.get("/menu")
    row = row_of(page, home.tomato)
    assert "进价 ¥3.00 + 服务 ¥1.50" in row
    assert re.search(r"\d\d:\d\d 价格从 ¥4\.80 改成 ¥4\.50", row)
    assert "开单后改过 1 处" in page


def test_a_draw_only_takes_names_and_presses_nobody(home: Household) -> None:
    home.shop.menu.mode = MenuMode.DRAW
    home.tomato.offered, home.tomato.cap = 2, 5
    db.session.commit()
    page = home.get("/menu")
    assert "摇号：现在只登记，不先到先得" in page
    assert "只剩" not in page
    home.choose(tomato=5)
    home.order(2400)
    assert home.lines() == {home.tomato.id: 5}


def last_time(home: Household, **units: int) -> None:
    """Let the household have ordered in a cycle that is over, then move the shop to the next one."""
    shop = home.shop
    lines = [Line(getattr(home, name).id, count) for name, count in units.items()]
    total = sum(480 * line.quantity for line in lines)
    place_order(
        shop.resident(), menu_id=shop.menu.id, household_id=shop.home.id, expected=None, lines=lines, total_fen=total
    )
    old = {name: getattr(home, name) for name in ("cabbage", "tomato", "beans")}
    db.session.get_one(Menu, shop.menu.id).state = MenuState.CLOSED
    over = db.session.get_one(Cycle, shop.cycle.id)
    over.state, over.closed_at = CycleState.CLOSED, datetime.now(UTC)
    db.session.commit()
    shop.cycle = a_cycle(shop.community)
    shop.menu = a_menu(shop.cycle, shop.grid)
    for name, item in old.items():
        setattr(home, name, an_item(shop.menu, db.session.get_one(Offer, item.offer_id)))


def test_the_same_as_last_time_is_one_tap_and_says_what_cannot_be_had(home: Household) -> None:
    last_time(home, cabbage=2, tomato=3, beans=1)
    home.tomato.cap = 2
    home.beans.offered = 0
    db.session.commit()
    answer = home.post("/menu", again="1")
    assert "照上次放好了 2 种。" in answer.text
    assert "就这样下单" in answer.text
    assert "番茄（上次 3，这次最多 2）、豆角（订完了）" in answer.text
    home.order(4 * 480)
    assert home.lines() == {home.cabbage.id: 2, home.tomato.id: 2}


def test_the_same_as_last_time_asks_before_it_empties_a_basket(home: Household) -> None:
    last_time(home, cabbage=2)
    home.choose(tomato=1)
    asked = home.post("/menu", again="1")
    assert "换成上次的？" in asked.text
    assert f'name="q{home.tomato.id}" value="1"' in home.get("/menu")
    home.post("/menu", again="yes")
    home.order(960)
    assert home.lines() == {home.cabbage.id: 2}


def test_a_household_that_never_ordered_is_offered_no_last_time(home: Household) -> None:
    assert 'name="again"' not in home.get("/menu")


def test_each_line_says_what_to_do_when_too_little_comes(home: Household) -> None:
    home.choose(cabbage=1, tomato=1, beans=1)
    review = home.get("/review")
    assert "都是有多少给多少" in review
    wishes = {f"s{home.cabbage.id}": home.beans.id, f"s{home.tomato.id}": "call", f"s{home.beans.id}": "less"}
    answer = home.order(1440, **wishes)
    assert "不够时：换成豆角" in re.sub(r"<[^>]+>", "", answer.text)
    found = rows("SELECT item_id, consent, substitute_item_id FROM order_line ORDER BY item_id")
    assert [tuple(line) for line in found] == [
        (home.cabbage.id, Consent.SUBSTITUTE, home.beans.id),
        (home.tomato.id, Consent.CALL, None),
        (home.beans.id, Consent.LESS, None),
    ]
    assert 'data-changed="去改单">看订单</button>' in home.get("/menu")
    again = home.get("/review")
    assert re.search(rf'<option value="{home.beans.id}" selected>', again)
    assert '<option value="call" selected>' in again


@pytest.mark.parametrize("wish", ["999999999", "maybe", "-1", "9" * 30, ""])
def test_a_wish_that_cannot_be_means_as_much_as_there_is(home: Household, wish: str) -> None:
    home.choose(cabbage=1)
    home.order(480, **{f"s{home.cabbage.id}": wish})
    assert scalar("SELECT consent FROM order_line") == Consent.LESS


def test_going_back_for_more_keeps_wishes_and_note(home: Household) -> None:
    home.choose(cabbage=1)
    home.get("/review")
    home.post("/menu", stay="1", note="放门口", **{f"s{home.cabbage.id}": "refund"})
    review = home.get("/review")
    assert "放门口</textarea>" in review
    assert '<option value="refund" selected>' in review


def test_an_item_withdrawn_while_in_the_basket_is_named_and_the_rest_stays(home: Household) -> None:
    home.choose(cabbage=1, beans=2)
    withdraw_item(home.shop.lead(), home.shop.menu.id, home.beans.id)
    refused = home.order(1440)
    assert (refused.status_code, home.lines()) == (409, {})
    assert "豆角：刚刚下架了" in refused.text
    home.order(480)
    assert home.lines() == {home.cabbage.id: 1}
    assert "下架了" in row_of(home.get("/menu"), home.beans)


def test_a_withdrawn_line_is_told_on_the_order_and_while_it_is_being_changed(home: Household) -> None:
    home.choose(cabbage=1, beans=2)
    home.order(1440)
    home.choose(cabbage=2)
    withdraw_item(home.shop.lead(), home.shop.menu.id, home.beans.id)
    refused = home.order(1920)
    assert refused.status_code == 409
    assert "豆角：刚刚下架了" in refused.text
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", home.get("/order")))
    assert re.search(r"\d\d:\d\d 豆角下架了 ?2 份，¥9\.60 不用付", told)
    home.order(960)
    assert home.lines() == {home.cabbage.id: 2}


def test_a_substitute_that_was_withdrawn_is_no_wish_any_more(home: Household) -> None:
    home.choose(cabbage=1)
    home.post("/menu", stay="1", **{f"s{home.cabbage.id}": str(home.beans.id)})
    withdraw_item(home.shop.lead(), home.shop.menu.id, home.beans.id)
    assert home.order(480).status_code == 200
    assert scalar("SELECT consent FROM order_line") == Consent.LESS


def test_an_older_pages_basket_never_passes_over_a_newer_order_of_another_device(home: Household) -> None:
    before = home.get("/menu")
    assert 'name="made_from" value=""' in before
    place_order(
        home.shop.resident(),
        menu_id=home.shop.menu.id,
        household_id=home.shop.home.id,
        expected=None,
        lines=[Line(home.beans.id, 2)],
        total_fen=960,
    )
    home.post("/menu", go="1", made_from="", **{f"q{home.cabbage.id}": 1, f"q{home.beans.id}": 0})
    refused = home.order(480)
    assert (refused.status_code, home.lines()) == (409, {home.beans.id: 2})
    # It was told what is there now; whoever sends again means it.
    assert home.order(480, made_from="").status_code == 200
    assert home.lines() == {home.cabbage.id: 1}


def test_a_review_that_is_sent_twice_is_one_order(home: Household) -> None:
    home.choose(cabbage=1)
    home.order(480)
    assert home.order(480, made_from="").status_code == 200
    assert (home.lines(), scalar("SELECT version FROM orders")) == ({home.cabbage.id: 1}, 1)


def test_what_was_withdrawn_is_named_where_the_order_is_not_what_it_was(home: Household) -> None:
    home.choose(cabbage=1, beans=2)
    home.order(1440)
    home.choose(cabbage=2, beans=0)
    withdraw_item(home.shop.lead(), home.shop.menu.id, home.beans.id)
    stale = home.order(960)
    assert stale.status_code == 409
    assert re.search(r"\d\d:\d\d 豆角下架了", stale.text)
    home.order(960)
    assert home.lines() == {home.cabbage.id: 2}


def test_a_cut_off_that_passes_while_somebody_chooses_says_what_stands(home: Household) -> None:
    home.choose(cabbage=1)
    home.order(480)
    home.choose(cabbage=3)
    close_menu(home.shop.lead(), home.shop.menu.id)
    for answer in (home.post("/order", total_fen=1440), home.post("/menu", more="1")):
        assert "已经截单了，这次没有改成。原来那张单照送。" in answer.text
    assert home.lines() == {home.cabbage.id: 1}


def test_a_basket_that_the_cut_off_overtook_is_told_to_whoever_comes_back_to_it(home: Household) -> None:
    home.choose(cabbage=1)
    close_menu(home.shop.lead(), home.shop.menu.id)
    assert "已经截单了，这次没有下成。" in home.get("/menu")
    assert "已经截单了，这次没有下成。" not in home.get("/menu")


def test_a_review_of_a_menu_that_is_gone_orders_nothing(home: Household) -> None:
    answer = home.order(480)
    assert "篮子是空的，没有下单。" in answer.text
    assert home.lines() == {}


def test_a_full_house_keeps_the_basket_and_offers_to_send_it_again(
    home: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.choose(cabbage=1)

    def busy(*_args: object, **_values: object) -> None:
        raise BusyError("many at once", retry_after_seconds=3)

    with monkeypatch.context() as full:
        full.setattr("supplyhub.ordering.commands.place_order", busy)
        full.setattr("supplyhub.web.errors.SPREAD_SECONDS", 1)
        answer = home.order(480, note='放"门口"', **{f"s{home.cabbage.id}": "call"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3")
    assert "选的菜都留着，没有丢。" in answer.text
    assert 'data-wait="3"' in answer.text
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.text))
    assert html.unescape(fields["note"]) == '放"门口"'
    home.client.post("/order", data={name: html.unescape(value) for name, value in fields.items()})
    assert home.lines() == {home.cabbage.id: 1}
    assert scalar("SELECT consent FROM order_line") == Consent.CALL


def test_a_strange_form_does_not_come_back_with_a_token_of_ours(
    home: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy() -> None:
        raise BusyError("many at once", retry_after_seconds=3)

    monkeypatch.setitem(home.client.application.before_request_funcs, None, [busy])
    answer = home.client.post("/order", data={"total_fen": "480", f"q{home.cabbage.id}": "1"})
    assert answer.status_code == 503
    assert "total_fen" not in answer.text


def test_more_can_be_taken_to_fill_a_case_where_there_are_cases(home: Household) -> None:
    db.session.get_one(Offer, home.tomato.offer_id).case_size = 1
    db.session.commit()
    home.choose(cabbage=2, tomato=1)
    page = home.get("/review")
    assert f'name="m{home.cabbage.id}"' in page
    assert f'name="m{home.tomato.id}"' not in page
    home.order(1440, **{f"m{home.cabbage.id}": 4})
    assert rows("SELECT item_id, most FROM order_line ORDER BY item_id") == [
        (home.cabbage.id, 4),
        (home.tomato.id, None),
    ]
    assert "大白菜最多 4 份" in home.get("/order")
    assert '<option value="4" selected>' in home.get("/review")


def test_a_maximum_that_is_not_above_the_basket_is_none(home: Household) -> None:
    home.choose(cabbage=2)
    home.order(960, **{f"m{home.cabbage.id}": 2})
    assert scalar("SELECT most FROM order_line") is None
    home.choose(cabbage=2)
    above = home.order(960, **{f"m{home.cabbage.id}": 99})
    assert (above.status_code, "每户最多 10" in above.text) == (409, True)
    assert home.order(960).status_code == 200
    assert scalar("SELECT most FROM order_line") == home.cabbage.cap


def test_a_draw_fills_no_cases(home: Household) -> None:
    home.shop.menu.mode = MenuMode.DRAW
    db.session.commit()
    home.choose(cabbage=2)
    assert f'name="m{home.cabbage.id}"' not in home.get("/review")


def passes_the_cutoff(home: Household, *late: MenuItem) -> None:
    """Let the cut-off be an hour ago; these items may be ordered for an hour more."""
    now = datetime.now(UTC)
    home.shop.menu.opens_at, home.shop.menu.cutoff_at = now - timedelta(hours=3), now - timedelta(hours=1)
    home.shop.menu.late_until = now + timedelta(hours=1)
    for item in late:
        item.late_until = home.shop.menu.late_until
    db.session.commit()


def test_after_the_cutoff_the_menu_offers_what_can_be_ordered_longer_and_shows_what_stands(home: Household) -> None:
    home.choose(cabbage=2)
    home.order(960)
    passes_the_cutoff(home, home.tomato)
    page = home.get("/menu")
    assert "已经截单，还有 1 样能订" in page
    shown = {int(item): row for item, _, row in ROW.findall(page)}
    assert next(iter(shown)) == home.tomato.id
    assert "订了 2 份，照送" in shown[home.cabbage.id]
    assert "data-stepper" not in shown[home.cabbage.id] + shown[home.beans.id]
    home.choose(tomato=3)
    assert home.order(5 * 480).status_code == 200
    assert home.lines() == {home.cabbage.id: 2, home.tomato.id: 3}
    assert "撤单" not in home.get("/order")


def test_a_basket_that_comes_too_late_for_some_of_it_says_which_and_keeps_the_rest(home: Household) -> None:
    home.choose(cabbage=2, tomato=1)
    passes_the_cutoff(home, home.tomato)
    page = home.order(3 * 480).text
    assert "大白菜已经截单，还是原来订的数。" in page
    assert home.lines() == {}
    assert home.order(480).status_code == 200
    assert home.lines() == {home.tomato.id: 1}


def test_an_order_of_late_items_alone_can_still_be_cancelled(home: Household) -> None:
    home.choose(tomato=1)
    home.order(480)
    passes_the_cutoff(home, home.tomato)
    assert "撤单" in home.get("/order")
    home.post("/order/cancel", menu=home.shop.menu.id, version=1)
    assert home.lines() == {}
