"""A household asks for help on its pages, without script; wishes on the wall; a complaint is decided."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from supplyhub.db import scalar
from supplyhub.help.commands import assign_request, note_step, post_wish, read_request, solve, take_request
from supplyhub.help.states import HelpKind
from tests.commands.test_complaints import Case
from tests.factories import an_anchor
from tests.factories_depot import a_walk
from tests.factories_help import PHOTO, HelpWorld
from tests.web.test_pages import PLANTED, sign_in, token_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def world() -> HelpWorld:
    return HelpWorld()


def send(client: FlaskClient, page: str, address: str = "", **form: Any) -> Any:
    text = client.get(page).text
    key = re.search(r'name="key" value="([^"]+)"', text)
    hidden = {"key": key[1]} if key else {}
    data = {"csrf_token": token_of(text)} | hidden | form
    return client.post(address or page, data=data, follow_redirects=True)


def home(client: FlaskClient, world: HelpWorld, number: int = 0) -> FlaskClient:
    return sign_in(client, world.here.homes[number].account_id)


def code_of(page: str) -> str:
    found = re.search(r"/ask/of/([0-9A-Z]{6})", page)
    assert found
    return found[1]


def test_medicine_is_asked_for_with_a_photo_and_read_back(client, world):
    resident = home(client, world)
    offered = resident.get("/ask").text
    assert all(f"/ask/new/{kind}" in offered for kind in ("medicine", "transport", "errand", "other", "wish"))
    form = {"fact_name": "硝苯地平片", "fact_kept_cool": "1", "text": PLANTED, "photos": (io.BytesIO(PHOTO), "a.jpg")}
    page = send(resident, "/ask/new/medicine", **form)
    assert (page.status_code, "记下了，等人来接" in page.text, PLANTED in page.text) == (200, True, False)
    assert "硝苯地平片" in page.text
    code = code_of(page.text)
    photo = re.search(rf"/ask/of/{code}/photos/[0-9]+", page.text)
    assert photo
    shown = resident.get(photo[0])
    assert (shown.mimetype, shown.headers["Cache-Control"]) == ("image/jpeg", "no-store")
    assert "照片删掉了" in send(resident, f"/ask/of/{code}", f"/ask/of/{code}/photos/remove").text
    assert resident.get(photo[0]).status_code == 404
    for stranger in (world.here.homes[1], world.there.homes[0]):
        assert sign_in(client, stranger.account_id).get(f"/ask/of/{code}").status_code == 404


def test_a_form_sent_twice_is_one_request_and_a_faulty_one_keeps_what_was_typed(client, world):
    resident = home(client, world)
    form = {"key": str(uuid4()), "text": "打印两张成绩单", "fact_errand": "print"}
    assert [send(resident, "/ask/new/errand", **form).status_code for _ in range(2)] == [200, 200]
    assert scalar("SELECT count(*) FROM help_request") == 1
    for bad in ({"fact_errand": "x"}, {"fact_needed_by": "soon"}, {"photos": (io.BytesIO(b"no"), "a.jpg")}):
        page = send(resident, "/ask/new/errand", **(form | {"key": str(uuid4())} | bad))
        assert (page.status_code, "打印两张成绩单" in page.text) == (422, True)
    assert resident.get("/ask/new/complaint").status_code == resident.get("/ask/new/x").status_code == 404
    assert scalar("SELECT count(*) FROM help_request") == 1


def test_the_status_says_what_was_done_but_never_what_colleagues_noted_or_read(client, world):
    code = world.request(HelpKind.MEDICINE, text="降压药")
    take_request(world.here.lead, code)
    read_request(world.here.lead, code, vault=world.vault)
    note_step(world.here.lead, code, note="这家老人脾气急", vault=world.vault)
    note_step(world.here.lead, code, note="药房说下午有", called=True, vault=world.vault)
    page = home(client, world).get(f"/ask/of/{code}").text
    assert world.here.lead.display_name in page
    assert not [words for words in ("脾气急", "药房说", "打开看过", "记了一笔") if words in page]
    solve(world.here.lead, code, note="放在门口了", vault=world.vault)
    resident = home(client, world)
    assert "放在门口了" in resident.get(f"/ask/of/{code}").text
    assert "会再来办" in send(resident, f"/ask/of/{code}", f"/ask/of/{code}/again", note="没看到").text
    assert scalar("SELECT state FROM help_request") == "taken"


def test_a_household_takes_it_back_after_being_asked(client, world):
    code = world.request()
    resident = home(client, world)
    assert "不用办了吗" in resident.get(f"/ask/of/{code}/withdraw").text
    assert "您撤回了" in send(resident, f"/ask/of/{code}/withdraw").text
    assert scalar("SELECT state FROM help_request") == "withdrawn"


def test_an_anchor_household_asks_for_its_building_and_reads_no_words(client, world):
    anchor, neighbour = world.here.homes
    assert "您家不是中心户" in home(client, world).get("/ask/neighbours").text
    address = f"/ask/new/errand?for={neighbour.id}"
    assert home(client, world).get(address).status_code == 404
    an_anchor(anchor)
    resident = home(client, world)
    assert address in resident.get("/ask/neighbours").text
    page = send(resident, address, text="气卡没钱了", fact_errand="gas_card").text
    assert ("替邻居说过的" in page, "气卡没钱了" in page) == (True, False)
    code = scalar("SELECT code FROM help_request")
    assert resident.get(f"/ask/of/{code}").status_code == 404
    assert resident.get(f"/ask/new/wish?for={neighbour.id}").status_code == 404
    assert resident.get(f"/ask/new/errand?for={world.there.homes[0].id}").status_code == 404
    assert "气卡没钱了" in home(client, world, 1).get(f"/ask/of/{code}").text


def test_a_wish_goes_from_its_household_over_the_wall_to_a_neighbour(client, world):
    said = "我家住 3 楼，腿不好，想有人说说话"
    page = send(home(client, world), "/ask/new/wish", fact_topic="company", fact_show_door="1", text=said)
    code = code_of(page.text)
    lead = sign_in(client, world.here.lead.account_id)
    assert said in lead.get(f"/wishes/{code}/post").text
    assert send(lead, f"/wishes/{code}/post", public_text="").status_code == 422
    assert "贴到心愿墙了" in send(lead, f"/wishes/{code}/post", public_text="想有人隔门聊天").text
    neighbour = home(client, world, 1)
    wall = neighbour.get("/wishes").text
    door = re.search(r'class="door', wall)
    assert ("想有人隔门聊天" in wall, said in wall, door) == (True, False, None)
    claimed = send(neighbour, "/wishes", f"/wishes/{code}/claim").text
    assert 'class="door' in claimed
    assert "放回墙上了" in send(neighbour, "/wishes", f"/wishes/{code}/back").text
    volunteer = sign_in(client, world.here.volunteer.account_id)
    assert "等人认领" in volunteer.get("/helping").text
    assert "认领了，谢谢您" in send(volunteer, "/wishes", f"/wishes/{code}/claim").text
    neighbour = home(client, world, 1)
    assert "别人先认领了" in send(neighbour, "/wishes", f"/wishes/{code}/claim").text
    volunteer = sign_in(client, world.here.volunteer.account_id)
    assert "办好了，谢谢您" in send(volunteer, "/wishes", f"/wishes/{code}/done", note="每周三来").text
    assert "每周三来" in home(client, world).get(f"/ask/of/{code}").text
    assert home(client, world, 1).get(f"/ask/of/{code}").status_code == 404


def test_a_door_is_kept_from_who_claims_a_wish_unless_its_household_agreed(client, world):
    code = world.request(HelpKind.WISH)
    post_wish(world.here.lead, code, public_text="想学用手机")
    claimed = send(home(client, world, 1), "/wishes", f"/wishes/{code}/claim").text
    assert ("没有说门牌" in claimed, 'class="door' in claimed) == (True, False)


def test_a_volunteer_finds_what_was_given(client, world):
    code = world.request(HelpKind.ERRAND)
    take_request(world.here.lead, code)
    assign_request(world.here.lead, code, world.here.volunteer.account_id, instead_of=world.here.lead.account_id)
    assert code in sign_in(client, world.here.volunteer.account_id).get("/helping").text
    assert code not in sign_in(client, world.there.volunteer.account_id).get("/helping").text


@pytest.mark.parametrize("who", ["volunteer", "there", "depot", "resident"])
def test_nobody_else_posts_wishes_or_decides_complaints(client, world, who):
    code = world.request(HelpKind.WISH)
    accounts = {
        "volunteer": world.here.volunteer.account_id,
        "there": world.there.lead.account_id,
        "depot": world.depot_id,
        "resident": world.here.homes[0].account_id,
    }
    other = sign_in(client, accounts[who])
    wanted = 404 if who == "there" else 403
    assert other.get(f"/wishes/{code}/post").status_code == wanted
    assert other.get(f"/complaints/{code}").status_code == wanted


def test_a_complaint_goes_from_its_order_to_money_off(client):
    case = Case()
    menu = scalar("SELECT menu_id FROM orders WHERE id = :id", id=case.order)
    resident = sign_in(client, case.resident.account_id)
    assert f"/ask/order/{menu}" not in resident.get("/order").text
    page = send(resident, f"/ask/order/{menu}", fact_trouble="not_fresh", fact_items=str(case.item), text="底下烂了")
    code = code_of(page.text)
    lead = sign_in(client, case.lead.account_id)
    decide = f"/complaints/{code}"
    assert "底下烂了" in lead.get(decide).text
    for amount in ("很多", "0", "999"):
        assert send(lead, decide, f"{decide}/credit", amount=amount).status_code == 422
    assert "减了 ¥12.00" in send(lead, decide, f"{decide}/credit", amount="12", note="退您").text
    assert "退您" in sign_in(client, case.resident.account_id).get(f"/ask/of/{code}").text
    other = case.town.first.homes[1]
    assert sign_in(client, other.account_id).get("/ask/order/999999").status_code == 404


def test_an_order_that_is_on_its_way_can_be_complained_about(client):
    walk = a_walk()
    home = walk.town.first.homes[0]
    assert "/ask/order/" in sign_in(client, home.account_id).get("/order").text


def test_a_complaint_is_explained(client):
    case = Case()
    code = case.complain()
    lead = sign_in(client, case.lead.account_id)
    decide = f"/complaints/{code}"
    assert send(lead, decide, f"{decide}/explain", explanation="").status_code == 422
    assert "答复了" in send(lead, decide, f"{decide}/explain", explanation="那是品种").text


def test_a_requests_page_leads_its_lead_to_the_wall_and_to_the_orders_money(client):
    world, case = HelpWorld(), Case()
    wish, complaint = world.request(HelpKind.WISH), case.complain()
    assert f"/wishes/{wish}/post" in sign_in(client, world.here.lead.account_id).get(f"/help/{wish}").text
    assert f"/complaints/{complaint}" in sign_in(client, case.lead.account_id).get(f"/help/{complaint}").text
