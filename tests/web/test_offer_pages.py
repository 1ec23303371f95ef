"""What can be bought: from a file, from the list to begin with, by hand; and what a first cycle needs."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.catalog.offer_file import read_offers
from supplyhub.catalog.spelling import spell_names
from supplyhub.db import db, row, rows, scalar
from supplyhub.people.states import Role
from tests.factories import a_community, a_grid, an_account
from tests.web.test_pages import sign_in
from workers import handlers

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

PAGES = "/coordinator/offers"
HEADER = "sku,name_zh,name_en,category,unit,unit_weight_grams,platform,cost_fen,price_fen,case_size,shelf_life_days"
CABBAGE = "V1,大白菜,Cabbage,蔬菜,颗,1500,甲,300,380,10,7"
EGGS = "E1,鸡蛋,Eggs,蛋奶,板,1800,乙,2000,2400,6,20"
BY_HAND = {
    "name": "老姜", "unit": "斤", "price": "6.50", "cost": "5", "platform": "甲", "case": "20", "grams": "500", "days": "30",
    "category": "1",
}  # fmt: skip


class Desk:
    """A coordinator of an empty community."""

    def __init__(self, client: FlaskClient) -> None:
        self.community = a_community()
        self.client = client
        sign_in(client, an_account(self.community, Role.COORDINATOR).id)

    def send(self, *lines: str) -> Any:
        data = "\n".join([HEADER, *lines, ""]).encode()
        return self.client.post(f"{PAGES}/try", data={"offers": (io.BytesIO(data), "报价.csv")})

    def confirm(self, tried: str) -> Any:
        kept = re.search(r'name="kept" value="([^"]*)"', tried)
        assert kept is not None
        return self.client.post(f"{PAGES}/load", data={"kept": kept[1], "name": "报价.csv"})

    def offered(self) -> list[tuple[Any, ...]]:
        found = rows(
            "SELECT p.sku, p.name_zh, s.name, o.price_fen FROM offer AS o JOIN product AS p ON p.id = o.product_id"
            " JOIN platform AS s ON s.id = o.platform_id WHERE o.active ORDER BY p.sku"
        )
        db.session.rollback()
        return [tuple(offer) for offer in found]


@pytest.fixture
def desk(app: Flask, client: FlaskClient, database: None, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setitem(app.config, "WTF_CSRF_METHODS", set())
    return Desk(client)


def test_a_file_is_tried_first_and_written_when_that_is_confirmed(desk):
    tried = desk.send(CABBAGE, EGGS).text
    assert desk.offered() == []
    assert desk.confirm(tried).status_code == 303
    assert desk.offered() == [("E1", "鸡蛋", "乙", 2400), ("V1", "大白菜", "甲", 380)]


def test_a_newer_file_withdraws_what_it_lacks_and_says_so_before(desk):
    desk.confirm(desk.send(CABBAGE, EGGS).text)
    tried = desk.send(CABBAGE.replace(",380,", ",400,")).text
    assert re.search(r'class="num tone">1<small>种</small></p><p class="second">撤下', tried)
    desk.confirm(tried)
    assert desk.offered() == [("V1", "大白菜", "甲", 400)]


def test_a_faulty_file_names_its_lines_and_changes_nothing(desk):
    answer = desk.send(CABBAGE, EGGS.replace(",2000,", ",much,"))
    assert answer.status_code == 422
    assert "第 3 行" in answer.text
    assert desk.offered() == []


@pytest.mark.parametrize("kept", ["", "%%%", "5aW9"])
def test_a_confirmation_that_lost_its_file_writes_nothing(desk, kept):
    assert desk.client.post(f"{PAGES}/load", data={"kept": kept}).status_code == 422
    assert desk.offered() == []


def test_a_new_community_may_begin_with_everyday_goods(desk):
    desk.confirm(desk.client.post(f"{PAGES}/try", data={"first": "1"}).text)
    assert len(desk.offered()) == 48


def test_an_offer_is_written_by_hand_changed_and_withdrawn(desk):
    assert desk.client.post(f"{PAGES}/new", data=BY_HAND).status_code == 303
    assert desk.offered() == [("Z0001", "老姜", "甲", 650)]
    desk.client.post(f"{PAGES}/Z0001", data={**BY_HAND, "price": "7", "platform": "乙"})
    assert desk.offered() == [("Z0001", "老姜", "乙", 700)]
    desk.client.post(f"{PAGES}/Z0001/end")
    assert desk.offered() == []
    desk.client.post(f"{PAGES}/Z0001", data=BY_HAND)
    assert desk.offered() == [("Z0001", "老姜", "甲", 650)]


def test_writing_one_by_hand_leaves_the_others_as_they_are(desk):
    desk.confirm(desk.send(CABBAGE, EGGS).text)
    desk.client.post(f"{PAGES}/new", data=BY_HAND)
    assert [sku for sku, *_ in desk.offered()] == ["E1", "V1", "Z0001"]


def test_a_form_with_faults_says_them_beside_their_fields_and_keeps_what_was_typed(desk):
    answer = desk.client.post(f"{PAGES}/new", data={**BY_HAND, "price": "dear", "name": ""})
    assert answer.status_code == 422
    assert "请填钱数" in answer.text
    assert 'value="dear"' in answer.text
    assert desk.offered() == []


def test_an_empty_list_of_offers_can_be_downloaded_and_is_read_again(desk):
    (offer,) = read_offers(desk.client.get(f"{PAGES}/sample.xlsx").data)
    assert (offer.sku, offer.name_zh, offer.price_fen) == ("V001", "大白菜", 380)


def test_another_communitys_offers_are_not_there(desk):
    desk.client.post(f"{PAGES}/new", data=BY_HAND)
    sign_in(desk.client, an_account(a_community(), Role.COORDINATOR).id)
    assert desk.client.get(f"{PAGES}/Z0001").status_code == 404
    assert "没有这一种" in desk.client.post(f"{PAGES}/Z0001/end", follow_redirects=True).text
    assert len(desk.offered()) == 1


def test_the_first_page_says_what_a_first_cycle_needs_and_what_is_there(desk):
    assert "先导入住户名单" in desk.client.get("/coordinator").text
    grid = a_grid(desk.community, 1)
    an_account(desk.community, Role.GRID_LEAD, grid=grid)
    page = desk.client.get("/coordinator").text
    assert "1 / 1 个网格有人了" in page
    assert "开新的一期" in page


def test_names_are_spelled_by_a_process_of_its_own_and_only_when_one_lacks_it(desk, monkeypatch):
    started: list[list[str]] = []
    monkeypatch.setattr(handlers.subprocess, "run", lambda command, **_: started.append(command))
    desk.client.post(f"{PAGES}/new", data=BY_HAND)
    payload = row("SELECT payload FROM outbox WHERE topic = 'names'")
    assert payload is not None
    handlers.spell(**payload.payload)
    assert started == [[sys.executable, "-m", "supplyhub", "import", "names", str(desk.community.id)]]
    spell_names(desk.community.id)
    assert scalar("SELECT pinyin FROM product") == "lao jiang"
    handlers.spell(**payload.payload)
    assert len(started) == 1
    assert handlers.subprocess is subprocess
