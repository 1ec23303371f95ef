"""The pages and the API of a draw: for everybody who may see the menu, nothing in them that names a household."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from supplyhub.ordering.draw.checking import check, read
from supplyhub.ordering.draw.queries import my_draw
from supplyhub.people.states import Role
from tests.factories import Shop, a_badge, an_account, bearer, in_care
from tests.factories_draw import DrawShop
from tests.web.test_pages import sign_in, visible_english

if TYPE_CHECKING:
    from flask.testing import FlaskClient

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def shop() -> DrawShop:
    """Return a shop of which a third is set aside: the first home asks for two, nine neighbours for one."""
    shop = DrawShop(care_percent=34)
    item = shop.item(offered=6, cap=3)
    in_care(shop.home)
    shop.order_id = shop.ask(**{f"i{item.id}": 2}).id  # type: ignore[attr-defined]
    shop.everybody_asks(item, 9)
    shop.item(offered=3)
    return shop


def page(client: FlaskClient, shop: DrawShop, rest: str = "", *, account: int | None = None, status: int = 200) -> str:
    sign_in(client, account or shop.home.account_id)
    answer = client.get(f"/draws/{shop.menu_id}{rest}")
    assert answer.status_code == status
    return str(answer.text)


def drawn(shop: DrawShop) -> DrawShop:
    shop.cut_off()
    shop.draw()
    return shop


def slips(shop: DrawShop) -> list[str]:
    mine = my_draw(shop.resident(), shop.order_id, vault=shop.vault)  # type: ignore[attr-defined]
    assert mine is not None
    return [slip.slip for slip in mine.lines[0].slips]


def test_the_hash_is_there_before_the_draw_and_the_seed_is_not(client, shop):
    answer = client.get(f"/api/v1/menus/{shop.menu_id}/draw", headers=bearer(shop.home.account_id)).json
    assert (answer["stage"], answer["seed"], answer["items"][0]["slips"]) == ("asking", None, [])
    assert answer["items"][0]["set_aside"] == 2
    before = page(client, shop)
    assert answer["seed_hash"] in before
    assert "摇号的数，摇完公布" not in before


def test_between_the_cut_off_and_the_draw_people_are_told_to_wait(client, shop):
    shop.cut_off()
    assert "正在摇号" in page(client, shop)
    page(client, shop, f"/items/{shop.item().id}", status=404)


def test_after_the_draw_everybody_can_look_up_a_slip(client, shop):
    code = slips(drawn(shop))[1]
    assert "名单前" in page(client, shop)
    looked_up = page(client, shop, f"?slip={code[:4].lower()}+{code[4:]}")
    assert "一户的第 2 份" in looked_up
    for nonsense in ("ABCDEFGH", "一二三四五六七八", "%00%00%00%00%00%00%00%00", "%25_______", "A" * 300):
        assert "名单里没有这支签" in page(client, shop, f"?slip={nonsense}")


@pytest.mark.parametrize("form", ["json", "csv"])
def test_the_file_can_be_checked_by_itself(client, shop, form):
    drawn(shop)
    sign_in(client, shop.home.account_id)
    answer = client.get(f"/draws/{shop.menu_id}/draw.{form}")
    assert answer.headers["Content-Disposition"] == f"attachment; filename=draw-{shop.menu_id}.{form}"
    published = read(answer.get_data().decode("utf-8-sig"))
    assert check(published) == []
    assert [len(entry["slips"]) for entry in published["items"]] == [11, 0]
    by_api = client.get(f"/api/v1/menus/{shop.menu_id}/draw", headers=bearer(shop.home.account_id)).json
    assert check(json.loads(json.dumps(by_api)), published["seed_hash"]) == []


def test_the_list_of_an_item_has_its_pages(client, shop):
    drawn(shop)
    item = read(file_of(client, shop))["items"][0]["item"]
    first = page(client, shop, f"/items/{item}")
    assert first.count("<tr>") == 12
    assert page(client, shop, f"/items/{item}?page=2").count("<tr>") == 1
    for strange in ("0", "-3", "x", "99999999999999999999"):
        page(client, shop, f"/items/{item}?page={strange}")


def file_of(client: FlaskClient, shop: DrawShop) -> str:
    sign_in(client, shop.home.account_id)
    return str(client.get(f"/draws/{shop.menu_id}/draw.json").text)


def test_every_role_of_the_community_may_look_and_another_grid_s_household_may_not(client, shop):
    drawn(shop)
    grid, community = shop.grid, shop.community
    for account in (
        an_account(community, Role.COORDINATOR).id,
        an_account(community, Role.DEPOT).id,
        an_account(community, Role.GRID_LEAD, grid=grid).id,
        a_badge(grid).account_id,
        shop.another_home().account_id,
    ):
        page(client, shop, account=account)
    page(client, shop, account=Shop(community=community).home.account_id, status=404)
    page(client, shop, account=Shop().coordinator().account_id, status=404)


def test_a_first_come_menu_has_no_page_of_a_draw(client):
    shop = Shop()
    sign_in(client, shop.home.account_id)
    assert client.get(f"/draws/{shop.menu.id}").status_code == 404


def test_the_pages_speak_english(client, shop):
    client.set_cookie("lang", "en")
    for part in (page(client, shop), page(client, drawn(shop)), page(client, shop, f"?slip={slips(shop)[0]}")):
        assert not re.findall("[\u4e00-\u9fff]{2,}", visible_english(part))


def order_page(client: FlaskClient, shop: DrawShop, account: int | None = None) -> str:
    sign_in(client, account or shop.home.account_id)
    answer = client.get(f"/order?menu_id={shop.menu_id}")
    assert answer.status_code == 200
    return str(answer.text)


def test_a_household_s_order_shows_its_slips_while_it_waits_and_what_it_got_afterwards(client, shop):
    asking = order_page(client, shop)
    assert all(f"{code[:4]} {code[4:]}" in asking for code in slips(shop))
    assert "等摇号" in asking
    shop.cut_off()
    assert "正在摇号" in order_page(client, shop)
    shop.draw()
    assert "摇号结果" in order_page(client, shop)


def test_who_drew_nothing_is_told_so_and_has_nothing_to_pay(client):
    shop = DrawShop()
    shop.ask(**{f"i{shop.item(offered=0).id}": 1})
    told = order_page(client, drawn(shop))
    assert "这次没摇中" in told
    assert "到哪一步了" not in told


def test_only_the_household_reads_that_it_was_looked_after(client):
    shop = DrawShop(care_percent=100)
    item = shop.item(offered=1)
    in_care(shop.home)
    order = shop.ask(**{f"i{item.id}": 1})
    shop.everybody_asks(item, 60)
    drawn(shop)
    mine = my_draw(shop.resident(), order.id, vault=shop.vault)
    assert mine is not None
    if mine.lines[0].as_care:
        assert "只有您看得到" in order_page(client, shop)
    assert "只有您看得到" not in page(client, shop)
    assert "只有您看得到" not in page(client, shop, f"/items/{item.id}")
