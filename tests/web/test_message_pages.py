"""The bell, the list, and channels on pages: who sees what, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.db import db, execute, row, scalar
from supplyhub.notifications import telling
from supplyhub.notifications.confirming import new_code
from supplyhub.people.states import Role
from supplyhub.places.states import ZoneLevel
from tests.factories import Shop, an_account
from tests.factories_depot import Town, work
from tests.web.test_pages import sign_in, token_of

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

pytestmark = pytest.mark.usefixtures("database")
ROBOT = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx"


@pytest.fixture
def with_mail(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(app.extensions["settings"], mail_url="smtps://hub:x@smtp.example.org/?from=hub@example.org")
    monkeypatch.setitem(app.extensions, "settings", settings)


def send(client: FlaskClient, page: str, where: str, /, **form: Any) -> Any:
    token = token_of(client.get(page).text)
    return client.post(where, data={"csrf_token": token, **form}, follow_redirects=True)


def at_home(client: FlaskClient, shop: Shop) -> FlaskClient:
    return sign_in(client, shop.home.account_id)


def test_a_household_sees_the_bell_reads_and_the_bell_is_silent(client):
    shop = Shop()
    shop.item()
    execute("UPDATE menu SET cutoff_at = clock_timestamp() + interval '3 hours'")
    db.session.commit()
    home = at_home(client, shop)
    assert "消息，1 条没看" in home.get("/household").text
    assert "bell-count" not in home.get("/menu").text
    page = home.get("/messages").text
    assert "菜单开了" in page
    assert 'href="/menu"' in page
    assert "新</span>" in page
    again = home.get("/messages").text
    assert "新</span>" not in again
    assert "条没看" not in home.get("/household").text


def test_messages_are_in_the_readers_language(client):
    shop = Shop()
    home = at_home(client, shop)
    home.set_cookie("lang", "en")
    assert "the menu is open" in home.get("/messages").text


def test_a_stranger_and_an_error_have_no_bell(client):
    assert "bell" not in client.get("/sign-in").text
    shop = Shop()
    assert "bell" not in at_home(client, shop).get("/nothing-here").text


def test_a_lead_reads_of_the_own_grid_only(client):
    town = Town(grids=2)
    leads = [an_account(town.community, Role.GRID_LEAD, grid=side.grid).id for side in town.sides]
    execute(
        "INSERT INTO grid_zone_level (grid_id, level, valid_from) VALUES (:grid, :level, now())",
        grid=town.first.grid.id,
        level=ZoneLevel.LOCKDOWN,
    )
    db.session.commit()
    work(telling.tell_level, town.first.grid.id)
    assert "封控" in sign_in(client, leads[0]).get("/messages").text
    assert "封控" not in sign_in(client, leads[1]).get("/messages").text


def test_a_lead_keeps_the_robot_of_the_grids_group(client):
    shop = Shop()
    lead = sign_in(client, shop.lead().account_id)
    page = send(lead, "/channels", "/channels", address=ROBOT, label="楼长群", grid="999").text
    assert "加好了" in page
    assert "693a91f6" not in page
    assert "企业微信" in page
    channel = row("SELECT id, grid_id FROM channel WHERE kind = 'robot'")
    assert channel.grid_id == shop.grid.id
    assert "试发了一条" in send(lead, "/channels", f"/channels/{channel.id}/test", back="/channels").text
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'message'") == 1
    form = {"matter": ["menu_opened", "day_report"], "language": "en", "quiet_from": "22:00", "quiet_until": "07:00"}
    assert "记下了" in send(lead, "/channels", f"/channels/{channel.id}", back="/channels", **form).text
    kept = row("SELECT language, quiet_from, quiet_until FROM channel WHERE kind = 'robot'")
    assert [str(value) for value in kept] == ["en", "22:00:00", "07:00:00"]
    assert "停了" in send(lead, "/channels", f"/channels/{channel.id}/end", back="/channels").text
    assert scalar("SELECT address_sealed FROM channel WHERE kind = 'robot'") is None


def test_a_coordinator_chooses_the_grid_or_the_whole_community(client):
    town = Town(grids=2)
    office = sign_in(client, town.coordinator.account_id)
    for grid in ("2", ""):
        assert "加好了" in send(office, "/channels", "/channels", address=ROBOT, label="群", grid=grid).text
    assert sorted(str(grid) for grid in db.session.scalars(GRIDS)) == sorted([str(town.sides[1].grid.id), "None"])


GRIDS = db.text("SELECT grid_id FROM channel WHERE kind = 'robot'")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://127.0.0.1:8000/", "不是群机器人的地址"),
        ("https://example.org/hook", "要先请装系统的人放行"),
        ("wecombot://a b", "不是群机器人的地址"),
        ("wecombot://<script>alert(1)</script>", "不是群机器人的地址"),
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=", "地址不全"),
    ],
)
def test_an_address_that_is_none_is_said_beside_its_field(client, address, words):
    office = sign_in(client, Shop().coordinator().account_id)
    answer = send(office, "/channels", "/channels", address=address, label="群")
    assert answer.status_code == 422
    assert words in answer.text
    assert "<script>alert" not in answer.text
    assert scalar("SELECT count(*) FROM channel WHERE kind = 'robot'") == 0


@pytest.mark.parametrize(
    "form",
    [
        {"quiet_from": "22:00"},
        {"quiet_from": "22:00", "quiet_until": "22:00"},
        {"quiet_from": "night", "quiet_until": "07:00"},
        {"language": "fr"},
        {"matter": "refunded"},
        {"matter": "nothing"},
    ],
)
def test_what_makes_no_sense_changes_nothing(client, form):
    lead = sign_in(client, Shop().lead().account_id)
    send(lead, "/channels", "/channels", address=ROBOT, label="群")
    channel = scalar("SELECT id FROM channel WHERE kind = 'robot'")
    assert "没有改" in send(lead, "/channels", f"/channels/{channel}", back="/channels", **form).text
    assert scalar("SELECT count(*) FROM subscription WHERE channel_id = :id", id=channel) == 4


def test_other_peoples_channels_are_not_there(client):
    town = Town(grids=2)
    leads = [an_account(town.community, Role.GRID_LEAD, grid=side.grid).id for side in town.sides]
    send(sign_in(client, leads[0]), "/channels", "/channels", address=ROBOT, label="群")
    channel = scalar("SELECT id FROM channel WHERE kind = 'robot'")
    for account in (leads[1], town.depot.account_id, Shop().coordinator().account_id):
        other = sign_in(client, account)
        for way in ("", "/test", "/end"):
            assert send(other, "/messages/settings", f"/channels/{channel}{way}").status_code == 404
    assert sign_in(client, town.depot.account_id).get("/channels").status_code == 403


def test_a_household_adds_its_mail_box_and_confirms_it(client, app, with_mail):
    home = at_home(client, Shop())
    page = send(home, "/messages/settings", "/messages/mail", address="lin@example.org").text
    assert "确认码发过去了" in page
    assert "lin@example.org" in page
    assert "还没确认" in page
    assert "试发一条" not in page
    wrong = send(home, "/messages/settings", "/messages/mail", address="lin@")
    assert wrong.status_code == 422
    assert "不是邮箱地址" in wrong.text
    channel = scalar("SELECT id FROM channel WHERE kind = 'mail'")
    assert "先填确认码" in send(home, "/messages/settings", f"/channels/{channel}/test").text
    code = new_code(channel, vault=app.extensions["vault"])
    db.session.commit()
    wrong = send(home, "/messages/settings", f"/messages/mail/{channel}/confirm", code="2222222")
    assert wrong.status_code == 422
    assert "还可以试 4 次" in wrong.text
    assert "邮箱确认好了" in send(home, "/messages/settings", f"/messages/mail/{channel}/confirm", code=code).text
    page = home.get("/messages/settings").text
    assert "还没确认" not in page
    assert "试发一条" in page


def test_a_code_that_expired_is_asked_for_again(client, app, with_mail):
    home = at_home(client, Shop())
    send(home, "/messages/settings", "/messages/mail", address="lin@example.org")
    channel = scalar("SELECT id FROM channel WHERE kind = 'mail'")
    code = new_code(channel, vault=app.extensions["vault"])
    execute("UPDATE channel SET code_until = clock_timestamp() - interval '1 second' WHERE kind = 'mail'")
    db.session.commit()
    page = home.get("/messages/settings").text
    assert "确认码过期了" in page
    assert 'name="code"' not in page
    late = send(home, "/messages/settings", f"/messages/mail/{channel}/confirm", code=code)
    assert late.status_code == 409
    assert "请再要一个" in late.text
    assert "请等一分钟" in send(home, "/messages/settings", f"/messages/mail/{channel}/code").text
    execute("UPDATE message SET made_at = made_at - interval '2 minutes'")
    db.session.commit()
    assert "又发了一封" in send(home, "/messages/settings", f"/messages/mail/{channel}/code").text
    home.set_cookie("lang", "en")
    assert "The code has expired" in home.get("/messages/settings").text


def test_the_mail_box_of_another_household_is_not_there(client, app, with_mail):
    shop = Shop()
    other = shop.another_home().account_id
    send(at_home(client, shop), "/messages/settings", "/messages/mail", address="lin@example.org")
    channel = scalar("SELECT id FROM channel WHERE kind = 'mail'")
    code = new_code(channel, vault=app.extensions["vault"])
    db.session.commit()
    neighbour = sign_in(client, other)
    for way in ("confirm", "code"):
        assert send(neighbour, "/messages/settings", f"/messages/mail/{channel}/{way}", code=code).status_code == 404
    assert scalar("SELECT confirmed_at IS NULL FROM channel WHERE kind = 'mail'")


def test_where_no_mail_is_sent_the_page_says_so(client):
    page = at_home(client, Shop()).get("/messages/settings").text
    assert "没有设发邮件的服务器" in page
    assert 'name="address"' not in page


def test_one_is_led_nowhere_else_afterwards(client):
    lead = sign_in(client, Shop().lead().account_id)
    send(lead, "/channels", "/channels", address=ROBOT, label="群")
    channel = scalar("SELECT id FROM channel WHERE kind = 'robot'")
    token: Any = {"back": "https://evil.example/"}
    answer = send(lead, "/channels", f"/channels/{channel}/test", **token)
    assert answer.request.host == "localhost"
