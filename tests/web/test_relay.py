"""A pasted relay over the API and on the lead's pages."""

from __future__ import annotations

from typing import Any

import pytest

from supplyhub.app import LARGEST_REQUEST_BYTES
from supplyhub.catalog.models import Product
from supplyhub.db import db, scalar
from supplyhub.ordering.relay.sheets import LONGEST_RELAY
from supplyhub.people.states import Role
from tests.factories import Shop, a_grid, a_household, an_account, bearer
from tests.web.test_pages import sign_in, token_of


class Desk:
    """A lead with a browser and a bearer token; two doors; cabbages, potatoes."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.shop = Shop()
        self.cabbage, self.potato = (self.shop.item(cap=5), self.shop.item(cap=5))
        for product, name in zip(
            db.session.query(Product).order_by(Product.id.desc()), ("土豆", "大白菜"), strict=False
        ):
            product.name_zh = name
        db.session.commit()
        self.homes = [a_household(self.shop.building, door=door) for door in ("102", "202")]
        self.doors = [f"{self.shop.building.number}-1-{home.door}" for home in self.homes]
        self.lead = an_account(self.shop.community, Role.GRID_LEAD, grid=self.shop.grid).id
        self.url = f"/api/v1/menus/{self.shop.menu.id}/relay"
        self.token = bearer(self.lead)

    def api(self, path: str = "", token: dict[str, str] | None = None, **body: Any) -> Any:
        return self.client.post(f"{self.url}{path}", json=body, headers=token or self.token)

    def page(self, **form: Any) -> Any:
        sign_in(self.client, self.lead)
        token = token_of(self.client.get("/grid/relay").text)
        given = {"csrf_token": token, "menu": self.shop.menu.id, "act": "look"} | form
        return self.client.post("/grid/relay", data=given, content_type="multipart/form-data")


@pytest.fixture
def desk(client: Any) -> Desk:
    return Desk(client)


def orders() -> int:
    return int(scalar("SELECT count(*) FROM orders WHERE state = 'placed'"))


def test_reading_says_what_applying_would_do_and_writes_nothing(desk):
    text = f"1. {desk.doors[0]} 大白菜2\n2. 楼上陈姐 随便来点"
    answer = desk.api("/read", text=text)
    assert answer.status_code == 200
    assert [entry["since"] for entry in answer.json["entries"]] == ["new", "waits"]
    assert answer.json["entries"][1]["notes"][0]["code"] == "no_door"
    (door,) = answer.json["doors"]
    assert (door["household"], door["fate"], door["before"]) == (desk.homes[0].id, "placed", [])
    assert door["lines"] == [{"item": desk.cabbage.id, "quantity": 2}]
    assert (answer.json["waiting"], orders()) == (1, 0)


def test_applying_twice_orders_once(desk):
    text = f"1. {desk.doors[0]} 大白菜2"
    assert [door["fate"] for door in desk.api(text=text).json["doors"]] == ["placed"]
    again = desk.api(text=text)
    assert (again.json["doors"], again.json["same"], orders()) == ([], 1, 1)


def test_a_fix_is_said_by_lines_by_text_or_not_at_all(desk):
    text = "1. 楼上陈姐 随便\n2. 楼下小王 随便\n3. 隔壁老李 随便"
    fixes = [
        {"entry": 1, "household": desk.homes[0].id, "lines": [{"item": desk.potato.id, "quantity": 1}]},
        {"entry": 2, "text": f"{desk.doors[1]} 土豆2"},
        {"entry": 3, "skip": True},
    ]
    answer = desk.api(text=text, fixes=fixes)
    assert (answer.status_code, answer.json["waiting"], orders()) == (200, 0, 2)


@pytest.mark.parametrize(
    "spoil",
    [
        {"text": ""},
        {"text": 5},
        {"text": "一" * (LONGEST_RELAY + 1)},
        {"fixes": [{"entry": 1}]},
        {"fixes": [{"entry": 1, "skip": True, "text": "x"}]},
        {"fixes": [{"entry": 1, "skip": True}, {"entry": 1, "skip": True}]},
        {"fixes": [{"entry": 9, "skip": True}]},
        {"fixes": [{"entry": 1, "household": 10**12}]},
        {"fixes": [{"entry": 1, "text": "\u0000"}]},
        {"taken": ["x"]},
        {"surprise": 1},
    ],
)
def test_a_request_that_cannot_be_is_refused_and_writes_nothing(desk, spoil):
    body = {"text": f"1. {desk.doors[0]} 大白菜2"} | spoil
    for path in ("", "/read"):
        assert desk.api(path, **body).status_code == 422
    assert orders() == 0


@pytest.mark.parametrize("text", ["\u202e1. 谁\u0000知道\ud800", "🥬" * 400, "1." * 3000, "\n" * 5000, "9" * 4000])
def test_no_text_breaks_the_reading(desk, text):
    assert desk.api("/read", text=text).status_code in {200, 422}


def test_five_megabytes_are_refused_before_they_are_read(desk):
    assert desk.api("/read", text="一" * (LARGEST_REQUEST_BYTES // 3 + 100_000)).status_code == 413


def test_only_the_grids_lead_and_a_coordinator_apply(desk):
    text = f"1. {desk.doors[0]} 大白菜2"
    stranger = an_account(desk.shop.community, Role.GRID_LEAD, grid=a_grid(desk.shop.community)).id
    assert desk.api(token=bearer(stranger), text=text).status_code == 404
    assert desk.api(token=bearer(desk.homes[0].account_id), text=text).status_code == 403
    assert orders() == 0
    assert desk.api(token=bearer(an_account(desk.shop.community, Role.COORDINATOR).id), text=text).status_code == 200


def test_the_page_carries_the_text_and_keeps_it_nowhere(desk):
    text = f"1. {desk.doors[0]} 小刘 19900000638 大白菜2"
    answer = desk.page(text=text)
    assert answer.status_code == 200
    assert answer.text.count("19900000638") == 1
    assert "…0638" in answer.text
    with desk.client.session_transaction() as session:
        assert "小刘" not in str(dict(session))
    assert orders() == 0


def test_an_entry_mended_in_place_is_applied_with_the_rest(desk):
    text = f"1. {desk.doors[0]} 大白菜2\n2. 楼上陈姐 随便"
    mended = {"text": text, "door_2": desk.doors[1], "want_2": "土豆3"}
    looked = desk.page(**mended, act="use:2")
    assert "会照下单" in looked.text
    assert 'name="fix_2" value="use"' in looked.text
    done = desk.page(**mended, fix_2="use", act="apply")
    assert "下了 2 单" in done.text
    assert orders() == 2


def test_a_mending_that_is_not_clear_says_why_and_waits(desk):
    text = "1. 楼上陈姐 随便"
    answer = desk.page(text=text, door_1="999-9-999", want_1="土豆3", act="use:1")
    assert "还是认不准" in answer.text
    assert 'value="土豆3"' in answer.text
    desk.page(text=text, door_1="", want_1="", fix_1="use", act="apply")
    assert orders() == 0


def test_an_entry_left_out_may_be_taken_back(desk):
    text = "1. 楼上陈姐 随便"
    assert "再想想" in desk.page(text=text, act="skip:1").text
    assert "再想想" not in desk.page(text=text, fix_1="skip", act="undo:1").text


def test_a_web_order_is_shown_and_gives_way_only_when_asked_to(desk):
    first = f"1. {desk.doors[0]} 大白菜2"
    desk.page(text=first, act="apply")
    db.session.execute(db.text("UPDATE orders SET version = version + 1, channel = 'web'"))
    db.session.commit()
    longer = f"{first}\n2. {desk.doors[0]} 再加土豆1"
    assert "照接龙改" in desk.page(text=longer).text
    desk.page(text=longer, act="apply")
    assert scalar("SELECT count(*) FROM order_line") == 1
    assert "还是照网上" in desk.page(text=longer, act=f"take:{desk.homes[0].id}").text
    desk.page(text=longer, taken=desk.homes[0].id, act="apply")
    assert scalar("SELECT count(*) FROM order_line") == 2


def test_a_text_that_is_too_long_stays_in_its_field(desk):
    text = "一" * (LONGEST_RELAY + 1)
    answer = desk.page(text=text)
    assert answer.status_code == 422
    assert "100,001 个字，最多 100,000 个" in answer.text
    assert text in answer.text


@pytest.mark.parametrize("text", ["", "   \n ", "大家好，今天有菜吗"])
def test_a_text_without_entries_is_said_to_have_none(desk, text):
    answer = desk.page(text=text)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text


@pytest.mark.parametrize(
    "form",
    [
        {"fix_1": "use", "door_1": "x" * 999, "want_1": "\u0000"},
        {"fix_9999": "skip"},
        {"act": "use:99999999999999999999"},
        {"act": "take:x"},
        {"taken": "9" * 40},
        {"fix_1": "king"},
    ],
)
@pytest.mark.parametrize("act", ["look", "apply"])
def test_a_bad_form_is_answered(desk, form, act):
    answer = desk.page(**({"text": "1. 楼上陈姐 随便", "act": act} | form))
    assert answer.status_code in {200, 422}
    assert orders() == 0


def test_what_the_group_wrote_is_shown_as_it_was_written(desk):
    answer = desk.page(text="1. <script>alert(1)</script> 随便")
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_going_back_to_paste_keeps_the_text(desk):
    text = "1. 楼上陈姐 随便"
    answer = desk.page(text=text, act="again")
    assert (answer.status_code, text in answer.text) == (200, True)


def test_a_menu_of_another_grid_is_unknown_to_the_page(desk):
    assert desk.page(text="1. 谁", menu=Shop(desk.shop.community).menu.id).status_code == 404
    assert desk.page(text="1. 谁", menu="x").status_code == 404


def test_a_lead_edits_other_names_and_reads_why_one_is_refused(desk):
    sku = db.session.query(Product).filter_by(name_zh="土豆").one().sku
    for lead in (desk.lead, an_account(desk.shop.community, Role.COORDINATOR).id):
        sign_in(desk.client, lead)
        page = desk.client.get("/grid/aliases")
        assert page.status_code == 200
        token = token_of(page.text)
        form = {"csrf_token": token, "sku": sku, "alias": "马铃薯"}
        assert "记下了：马铃薯。" in desk.client.post("/grid/aliases", data=form, follow_redirects=True).text
        twice = desk.client.post("/grid/aliases", data=form)
        assert (twice.status_code, "已经有这个叫法了。" in twice.text) == (422, True)
        gone = desk.client.post("/grid/aliases", data=form | {"remove": "1"}, follow_redirects=True)
        assert "拿掉了：马铃薯。" in gone.text
    assert "一个叫法，几样菜" not in gone.text


def test_a_name_that_two_products_have_is_shown(desk):
    sku = db.session.query(Product).filter_by(name_zh="土豆").one().sku
    sign_in(desk.client, desk.lead)
    form = {"csrf_token": token_of(desk.client.get("/grid/aliases").text), "sku": sku, "alias": "大白菜"}
    assert "一个叫法，几样菜" in desk.client.post("/grid/aliases", data=form, follow_redirects=True).text


def test_a_door_that_could_not_be_served_leads_on_to_ordering_for_it(desk):
    desk.potato.offered = 0
    db.session.commit()
    done = desk.page(text=f"1. {desk.doors[0]} 大白菜1\n2. {desk.doors[1]} 土豆2", act="apply")
    assert done.status_code == 200
    assert "土豆 已经订完" in done.text
    assert f"/for/{desk.homes[1].id}/consent" in done.text


def test_only_what_will_happen_to_a_door_is_promised(desk):
    desk.page(text=f"1. {desk.doors[0]} 大白菜1", act="apply")
    looked = desk.page(text=f"1. {desk.doors[0]} 大白菜1\n2. {desk.doors[1]} 取消")
    assert "会照下单" not in looked.text
    assert "不会动" in looked.text
