"""The pages of help requests: the board, writing one down, and one request with everything that can be done."""

from __future__ import annotations

import re
import time
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest

from supplyhub.db import rows, scalar
from supplyhub.help.commands import assign_request, name_person, take_request
from supplyhub.help.overdue import sweep_overdue
from supplyhub.help.queries import request_for, steps_of
from supplyhub.help.states import HelpKind
from supplyhub.photos import cleaning
from supplyhub.web.pages.help_request import ACTS
from tests.factories import a_device
from tests.factories_help import PHOTO, HelpWorld, hours_pass

HOSTILE = "<script>alert(1)</script>{{7*7}}=cmd|' /C calc'!A0"


@pytest.fixture
def world(app, database, monkeypatch) -> HelpWorld:
    monkeypatch.setitem(app.config, "WTF_CSRF_METHODS", set())
    return HelpWorld()


class Desk:
    """Somebody's browser."""

    def __init__(self, client: Any, account: int) -> None:
        self.client, self.account = client, account
        self._sign_in()

    def _sign_in(self) -> None:
        device = scalar("SELECT max(id) FROM household_device")
        with self.client.session_transaction() as session:
            session.clear()
            session.update({"_user_id": f"{self.account}.1", "until": time.time() + 3600, "device": device})

    def get(self, url: str = "") -> Any:
        self._sign_in()
        return self.client.get(f"/help{url}")

    def post(self, url: str, **form: Any) -> Any:
        self._sign_in()
        return self.client.post(f"/help{url}", data=form, content_type="multipart/form-data")


@pytest.fixture
def lead(client, world) -> Desk:
    return Desk(client, world.here.lead.account_id)


def done(world: HelpWorld, code: str) -> list[str]:
    return [step.step for step in steps_of(request_for(world.coordinator, code))]


def test_the_board_has_a_lane_a_state_and_says_of_medicine_only_that_it_is_there(lead, world):
    errand, medicine = world.request(text="充值"), world.request(HelpKind.MEDICINE)
    take_request(world.here.lead, errand)
    page = lead.get().text
    assert errand in page
    assert medicine in page
    door = request_for(world.here.resident, errand).door
    assert page.count(door) == 1
    assert "硝苯" not in page
    assert "没人接" in page


def test_what_is_past_due_stands_on_the_homes_until_somebody_says_that_it_was_seen(lead, world):
    code = world.request(HelpKind.TRANSPORT)
    hours_pass(2)
    sweep_overdue()
    assert code in lead.client.get("/grid").text
    assert "超时了，还没人看过" in lead.get().text
    assert lead.post(f"/{code}", act="seen").status_code == 303
    assert code not in lead.client.get("/grid").text


def new(kind: str, **values: Any) -> dict[str, Any]:
    return {"kind": kind, "key": str(uuid4()), "channel": "phone", "act": "open", **values}


def test_what_came_by_phone_is_written_down_and_taken_at_once(lead, world):
    form = new(
        "medicine", home=world.here.homes[1].id, fact_name="胰岛素", fact_kept_cool="1", take="1", text="冰箱里没了"
    )
    form["photos"] = (BytesIO(PHOTO), "p.jpg")
    answer = lead.post("/new", **form)
    code = answer.headers["Location"].rsplit("/", 1)[1]
    assert done(world, code) == ["opened", "photo_added", "assigned"]
    page = lead.get(f"/{code}").text
    assert "胰岛素" not in page
    assert "打开看" in page
    opened = lead.post(f"/{code}/read").text
    assert "胰岛素" in opened
    assert "冰箱里没了" in opened
    assert done(world, code)[-1] == "read"


def test_a_door_is_recognised_in_what_was_pasted_from_the_chat(lead, world):
    home = world.here.homes[0]
    door = request_for(world.here.resident, world.request()).door
    said = f"@网格长 {door.replace('-', '栋', 1).replace('-', '单元')} 燃气卡没气了"
    page = lead.post("/new", **new("errand", act="find", text=said, channel="chat")).text
    assert f'value="{home.id}" checked' in page
    assert "燃气卡没气了" in page


def test_a_stranger_needs_a_tick_and_a_coordinator_names_the_grid(client, lead, world):
    form = new("errand", fact_errand="print", text="打印核酸")
    assert lead.post("/new", **form).status_code == 422
    assert lead.post("/new", **form, stranger="1").status_code == 303
    desk = Desk(client, world.coordinator_id)
    assert desk.post("/new", **new("other", text="水停了", stranger="1")).status_code == 422
    assert desk.post("/new", **new("other", text="水停了", stranger="1", grid="2")).status_code == 303


@pytest.mark.parametrize(
    "change",
    [
        {"text": "长" * 4000},
        {"text": ""},
        {"fact_name": ""},
        {"fact_name": "长" * 61},
        {"fact_needed_by": "2026-02-31"},
        {"channel": "web"},
        {"photos": (BytesIO(b"<svg/>"), "p.jpg")},
        {"photos": (BytesIO(b"\xff\xd8\xff" + b"0" * 1000), "p.jpg")},
        {"home": "999999999"},
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(lead, world, change, monkeypatch):
    monkeypatch.setattr(cleaning, "LARGEST_BYTES", 1000)
    fields = {"home": world.here.homes[0].id, "fact_name": "" if change.get("text") == "" else "药"}
    answer = lead.post("/new", **(new("medicine", text="要药") | fields | change))
    assert answer.status_code == 422
    assert "还没登记" in answer.text
    assert scalar("SELECT count(*) FROM help_request") == 0


def test_one_request_from_the_first_call_to_the_end(lead, world):
    code = world.request(HelpKind.ERRAND)
    for form in (
        {"act": "take"},
        {"act": "call", "note": "住户说\r\n下午在家"},
        {"act": "wait", "note": "等营业厅开门"},
        {"act": "go_on"},
        {"act": "solve", "note": "充好了"},
        {"act": "reopen"},
        {"act": "give", "account": world.here.volunteer.account_id, "instead_of": world.here.lead.account_id},
        {"act": "hand_on", "grid": "2"},
    ):
        assert lead.post(f"/{code}", **form).status_code == 303, form
    assert done(world, code) == [
        "opened", "assigned", "called", "waits", "went_on", "solved", "reopened", "assigned", "handed_on",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "form",
    [
        {"act": "wait"},
        {"act": "note", "note": "长" * 501},
        {"act": "give_up", "note": "  "},
        {"act": "give", "account": "1", "instead_of": "x"},
        {"act": "hand_on", "grid": "9"},
        {"act": "hand_on", "grid": "x"},
        {"act": "merge", "into": "ABCDEF"},
        {"act": "photo"},
        {"act": "nothing"},
        {},
    ],
)
def test_an_act_that_does_not_fit_changes_nothing(lead, world, form):
    code = world.request()
    take_request(world.here.lead, code)
    assert lead.post(f"/{code}", **form).status_code in {303, 404, 422}
    assert done(world, code) == ["opened", "assigned"]


def test_hostile_text_is_only_text(lead, world):
    code = world.request(HelpKind.ERRAND, text=HOSTILE)
    take_request(world.here.lead, code)
    lead.post(f"/{code}", act="note", note=HOSTILE)
    page = lead.get(f"/{code}").text
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}=cmd") == 2
    assert "<script>alert" not in page


def test_medicine_is_passed_on_from_the_page_with_the_code_of_the_bag(lead, world):
    code = world.request(HelpKind.MEDICINE)
    take_request(world.here.lead, code)
    form = {"act": "pass", "key": str(uuid4()), "hand": "border", "place": "区界卡口", "name": "张师傅"}
    assert lead.post(f"/{code}", **form, said="ABCDEF").status_code == 422
    assert lead.post(f"/{code}", **form, said=code).status_code == 303
    assert lead.post(f"/{code}", **form, said=code).status_code == 303
    owner = f"account:{world.here.lead.account_id}"
    assert lead.post(f"/{code}", **(form | {"hand": owner, "key": str(uuid4())}), said=code).status_code == 303
    assert scalar("SELECT count(*) FROM medicine_pass") == 2
    assert "张师傅" not in lead.get(f"/{code}").text
    assert "张师傅" in lead.post(f"/{code}/read").text


def test_a_photo_is_shown_to_those_who_handle_it_and_never_kept_by_a_browser(client, lead, world):
    code = world.request(HelpKind.MEDICINE, photos=[PHOTO])
    photo = scalar("SELECT id FROM help_photo")
    assert lead.get(f"/{code}/photos/{photo}").status_code == 409
    take_request(world.here.lead, code)
    shown = lead.get(f"/{code}/photos/{photo}")
    assert (shown.data, shown.headers["Cache-Control"]) == (PHOTO, "no-store")
    assert Desk(client, world.there.lead.account_id).get(f"/{code}/photos/{photo}").status_code == 404


def test_twins_of_a_household_are_offered_and_merged(lead, world):
    first, second = world.request(), world.request()
    page = lead.get(f"/{second}").text
    assert "同一户还有同样的" in page
    assert first in page
    assert lead.post(f"/{second}", act="merge", into=first).status_code == 303
    assert "并到另一件里了" in lead.get(f"/{second}").text
    assert second in lead.get(f"/{first}").text


def test_a_volunteer_sees_on_the_board_what_is_theirs(client, world):
    code, other = world.request(), world.request(HelpKind.OTHER)
    assign_request(world.here.lead, code, world.here.volunteer.account_id)
    desk = Desk(client, world.here.volunteer.account_id)
    page = desk.get().text
    assert code in page
    assert other not in page
    assert desk.get(f"/{other}").status_code == 404
    assert desk.post(f"/{code}", act="solve", note="好了").status_code == 303


def test_who_is_named_opens_it_and_hands_it_to_nobody_else(client, world):
    code = world.request(HelpKind.MEDICINE)
    take_request(world.here.lead, code)
    name_person(world.here.lead, code, world.there.volunteer.account_id)
    desk = Desk(client, world.there.volunteer.account_id)
    assert "硝苯" in desk.post(f"/{code}/read").text
    desk.post(f"/{code}", act="name", account=world.here.volunteer.account_id)
    desk.post(f"/{code}", act="hand_on", grid="2")
    assert done(world, code) == ["opened", "assigned", "named", "read"]


STRANGERS = ["there.lead", "there.volunteer", "here.volunteer"]


@pytest.mark.parametrize("who", STRANGERS)
def test_every_act_of_every_stranger_finds_nothing(client, world, who):
    code = world.request(HelpKind.MEDICINE, photos=[PHOTO])
    before = rows("SELECT * FROM help_step ORDER BY id")
    side, name = who.split(".")
    desk = Desk(client, getattr(getattr(world, side), name).account_id)
    form = {"note": "x", "account": "1", "grid": "1", "into": code, "hand": "border", "place": "p", "said": code}
    for act in ACTS:
        photos = {"photos": (BytesIO(PHOTO), "p.jpg")} if act == "photo" else {}
        answer = desk.post(f"/{code}", act=act, **form, **photos)
        assert answer.status_code == 404, act
        assert not re.search("硝苯|请帮帮忙", answer.text), act
    for address in (f"/{code}", f"/{code}/photos/{scalar('SELECT id FROM help_photo')}"):
        assert desk.get(address).status_code == 404
    assert desk.post(f"/{code}/read").status_code == 404
    assert rows("SELECT * FROM help_step ORDER BY id") == before


@pytest.mark.parametrize("who", ["resident", "depot"])
def test_households_and_the_depot_have_no_page_here(client, world, who):
    code = world.request()
    a_device(world.here.homes[0].id)
    account = world.depot_id if who == "depot" else world.here.resident.account_id
    desk = Desk(client, account)
    for address in ("", "/new", f"/{code}"):
        assert desk.get(address).status_code == 403


@pytest.mark.parametrize(
    "query", ["?kind=x&grid=x&state=x", "?grid=99999999999999999999", "?state=ended&page=-3", "?page=zz&state=new"]
)
def test_odd_addresses_show_the_board(client, lead, world, query):
    world.request()
    assert lead.get(query).status_code == 200
    assert Desk(client, world.coordinator_id).get(query).status_code == 200
