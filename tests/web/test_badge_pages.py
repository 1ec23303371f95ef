"""The pages of badges: a coordinator's, a volunteer's way in by QR and PIN, shifts, and a stranger who applies."""

from __future__ import annotations

import io
import re
import secrets
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.crypto import token_hash
from supplyhub.db import db, execute, rows, scalar
from supplyhub.people.commands import apply_to_volunteer, applying, choose_pin, suspend_badge
from supplyhub.people.states import Role
from supplyhub.photos import cleaning
from tests.factories import a_badge, a_community, a_grid, a_training, an_account, asking
from tests.rules.test_photos import a_png
from tests.web.test_pages import sign_in

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

SECRET = "ABCDEFGHJKLMNPQRSTUVWXYZ23"
QR = f"3-017.{SECRET}"
PIN = "802175"


class Hall:
    """A community with grids 3 and 4, a badge 3-017 that was printed, and a browser."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        # Each test comes from another address, with its own allowance; that outlives a run.
        client.environ_base["REMOTE_ADDR"] = f"2001:db8::{secrets.token_hex(2)}:{secrets.token_hex(2)}"
        self.community = a_community()
        self.grid = a_grid(self.community, 3)
        a_grid(self.community, 4, delivery_point="西门")
        self.coordinator = an_account(self.community, Role.COORDINATOR).id
        badge = a_badge(self.grid, number=17, secret_hash=token_hash(SECRET))
        self.account = badge.account_id
        a_training(self.account)

    def as_coordinator(self) -> Hall:
        sign_in(self.client, self.coordinator)
        return self

    def post(self, path: str, **form: Any) -> Any:
        """Send a form and go where it leads."""
        return self.client.post(path, data=form, follow_redirects=True)


@pytest.fixture
def hall(app: Flask, client: FlaskClient, database: Any, monkeypatch: pytest.MonkeyPatch) -> Hall:
    # The token of forms has its own tests.
    monkeypatch.setitem(app.config, "WTF_CSRF_METHODS", set())
    return Hall(client)


def test_a_badge_is_scanned_gets_its_pin_and_lets_in(hall):
    asked = hall.post("/badge", secret=f"https://hub.example/badge#{QR}")
    assert "3-017" in asked.text
    assert "第一次用这个证" in asked.text
    inside = hall.post("/badge", secret=QR, pin=PIN, again=PIN)
    assert inside.request.path == "/tickets"
    assert "没在班上" in inside.text


def test_the_second_time_the_pin_is_asked_and_a_wrong_one_says_how_many_tries_are_left(hall):
    choose_pin(QR, PIN)
    assert "第一次用这个证" not in hall.post("/badge", secret=QR).text
    wrong = hall.post("/badge", secret=QR, pin="111213")
    assert (wrong.status_code, "还能再试 4 次" in wrong.text) == (401, True)
    for _ in range(4):
        wrong = hall.post("/badge", secret=QR, pin="111213")
    assert "15 分钟" in wrong.text
    locked = hall.post("/badge", secret=QR, pin=PIN)
    assert (locked.status_code, hall.client.get("/tickets").status_code) == (429, 302)


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"secret": ""}, 401, "不在任何证上"),
        ({"secret": "\x00"}, 401, "不在任何证上"),
        ({"secret": f"4-001.{SECRET}"}, 401, "不在任何证上"),
        ({"secret": QR, "pin": "12", "again": "12"}, 422, "要 6 位数字"),
        ({"secret": QR, "pin": "123456", "again": "123456"}, 422, "太好猜"),
        ({"secret": QR, "pin": PIN, "again": "802176"}, 422, "不一样"),
    ],
)
def test_what_is_wrong_at_the_gate_is_said(hall, form, status, said):
    answer = hall.post("/badge", **form)
    assert (answer.status_code, said in answer.text) == (status, True)
    assert scalar("SELECT count(pin_hash) FROM badge") == 0


def test_the_qr_of_a_dead_badge_is_refused_with_what_to_do(hall):
    coordinator = asking(hall.coordinator)
    suspend_badge(coordinator, "3-017")
    answer = hall.post("/badge", secret=QR)
    assert (answer.status_code, "它暂停了" in answer.text) == (401, True)
    execute("UPDATE badge SET state = 'revoked', suspended_at = NULL, revoked_at = now()")
    db.session.commit()
    assert "它作废了" in hall.post("/badge", secret=QR).text


def test_no_page_and_no_address_carries_the_secret_back(hall):
    for answer in (hall.client.get("/badge"), hall.post("/badge", secret=QR, pin=PIN, again=PIN)):
        assert SECRET not in answer.text
        assert SECRET not in answer.request.url


def test_a_shift_is_begun_and_ended_on_the_page_of_tickets_and_ends_the_session_by_badge(hall):
    hall.post("/badge", secret=QR, pin=PIN, again=PIN)
    begun = hall.post("/shift/begin")
    assert "在班上" in begun.text
    assert "/shift/end" in begun.text
    # Another phone with the same badge, open all the while.
    other = hall.client.application.test_client()
    other.post("/badge", data={"secret": QR, "pin": PIN})
    assert other.get("/tickets").status_code == 200
    ended = hall.post("/shift/end", yes="1")
    assert (ended.request.path, "下班了" in ended.text) == ("/badge", True)
    assert hall.client.get("/tickets").status_code == 302
    assert other.get("/tickets").status_code == 302
    assert scalar("SELECT count(*) FROM shift WHERE ends_at > clock_timestamp()") == 0


def test_who_came_by_a_link_stays_after_the_shift_and_changes_the_pin(hall):
    choose_pin(QR, "910364")
    sign_in(hall.client, hall.account)
    hall.post("/shift/begin")
    assert hall.post("/shift/end", yes="1").request.path == "/tickets"
    assert "换好了" in hall.post("/badge/pin", pin=PIN, again=PIN).text
    assert "太好猜" in hall.post("/badge/pin", pin="000000", again="000000").text
    assert hall.post("/badge", secret=QR, pin=PIN).request.path == "/tickets"


def test_a_shift_with_a_dead_badge_is_refused_in_words(hall):
    sign_in(hall.client, hall.account)
    suspend_badge(asking(hall.coordinator), "3-017")
    for path in ("/shift/begin", "/shift/end"):
        assert "证现在不能用" in hall.post(path, yes="1").text


def test_a_coordinator_trains_issues_suspends_resumes_replaces_and_moves(hall):
    hall.as_coordinator()
    page = f"/coordinator/volunteers/{hall.account}"
    assert "3-017" in hall.client.get(page).text
    assert "防护" in hall.post(f"{page}/trainings", topic="防护", day="2026-04-02").text
    assert "没有记" in hall.post(f"{page}/trainings", topic="防护", day="2099-01-01").text
    assert "暂停着" in hall.post("/coordinator/badges/3-017/suspend").text
    assert "又能用了" in hall.post("/coordinator/badges/3-017/resume").text
    assert "丢的那张" in hall.client.get("/coordinator/badges/3-017/replace").text
    assert "换成 3-018" in hall.post("/coordinator/badges/3-017/replace").text
    assert "没有换" in hall.post("/coordinator/badges/3-018/transfer", grid="3").text
    assert "换成 4-001" in hall.post("/coordinator/badges/3-018/transfer", grid="4").text
    assert "作废了" in hall.post("/coordinator/badges/4-001/revoke").text
    assert "被别人改过" in hall.post("/coordinator/badges/4-001/revoke").text
    assert "发了新证 4-002" in hall.post(f"{page}/badge", grid="4").text
    assert "已经有证" in hall.post(f"{page}/badge", grid="4").text


def test_without_a_training_the_page_offers_no_badge(hall):
    newcomer = an_account(hall.community, Role.VOLUNTEER).id
    hall.as_coordinator()
    assert "先在旁边记一次培训" in hall.client.get(f"/coordinator/volunteers/{newcomer}").text
    assert "先记一次培训" in hall.post(f"/coordinator/volunteers/{newcomer}/badge", grid="3").text
    assert scalar("SELECT count(*) FROM badge") == 1


def test_a_photo_goes_on_the_badge_and_what_is_none_is_refused_beside_its_field(hall, monkeypatch):
    hall.as_coordinator()
    monkeypatch.setattr(cleaning, "LARGEST_BYTES", 200)
    page = f"/coordinator/volunteers/{hall.account}"
    for data, said in ((b"no photo", "这不是照片"), (b"\x89PNG\r\n\x1a\n" + b"\0" * 200, "照片太大")):
        answer = hall.post(f"{page}/photo", photo=(io.BytesIO(data), "x.png"))
        assert (answer.status_code, said in answer.text) == (422, True)
    assert hall.post(f"{page}/photo").status_code == 422
    assert "照片换好了" in hall.post(f"{page}/photo", photo=(io.BytesIO(a_png()), "x.png")).text
    shown = hall.client.get("/badges/3-017/photo")
    assert (shown.status_code, shown.mimetype, shown.data) == (200, "image/png", a_png())


def test_a_sheet_of_badges_comes_as_pdf_and_says_when_it_cannot(hall):
    hall.as_coordinator()
    assert "3-017" in hall.client.get("/coordinator/badges/print").text
    sheet = hall.client.post("/coordinator/badges/print", data={"code": "3-017"})
    assert (sheet.mimetype, sheet.data[:5]) == ("application/pdf", b"%PDF-")
    assert "请重新选" in hall.post("/coordinator/badges/print", code="3-099").text
    assert hall.client.post("/coordinator/badges/print").status_code == 409


def test_a_stranger_applies_and_learns_nothing_about_others(hall):
    form = {"name": "赵志愿", "phone": "138 0000 0001", "grid": "3"}
    first, again = hall.post("/volunteer", **form), hall.post("/volunteer", **{**form, "name": "别人"})
    assert first.request.path == again.request.path == "/volunteer/thanks"
    assert first.text == again.text
    hall.as_coordinator()
    page = hall.client.get("/coordinator/applications").text
    assert "赵志愿" in page
    assert "别人" not in page
    (accept,) = re.findall(r'action="(/coordinator/applications/[^"]+/accept)"', page)
    taken = hall.post(accept)
    assert "先在旁边记一次培训" in taken.text
    assert "别人刚刚定过了" in hall.post(accept).text


def test_an_application_is_declined_from_the_list(hall):
    hall.as_coordinator()
    assert "记下了" in hall.post("/coordinator/applications", name="钱", phone="010-5550", grid="4").text
    page = hall.client.get("/coordinator/applications").text
    (decline,) = re.findall(r'action="(/coordinator/applications/[^"]+/decline)"', page)
    assert "删掉了" in hall.post(decline).text
    assert "现在没有人在等" in hall.client.get("/coordinator/applications").text


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"name": "赵", "phone": "call me", "grid": "3"},
        {"name": "赵", "phone": "13800000001", "grid": "99"},
        {"name": "赵", "phone": "13800000001", "grid": "x"},
        {"name": "\x00", "phone": "13800000001", "grid": "3"},
        {"name": "x" * 500, "phone": "1" * 500, "grid": "9" * 40},
    ],
)
def test_a_bad_application_is_answered_in_place_and_keeps_nothing(hall, form):
    answer = hall.post("/volunteer", **form)
    assert answer.status_code == 422
    assert scalar("SELECT count(*) FROM volunteer_application") == 0


def test_a_full_list_is_said_and_the_form_is_kept(hall, monkeypatch):
    monkeypatch.setattr(applying, "MOST_OPEN", 1)
    vault = hall.client.application.extensions["vault"]
    apply_to_volunteer(hall.community.id, grid=3, name="一", phone="13800000001", vault=vault)
    answer = hall.post("/volunteer", name="赵志愿", phone="13800000002", grid="3")
    assert (answer.status_code, "等答复的人太多了" in answer.text, "赵志愿" in answer.text) == (503, True, True)


def test_a_flood_from_one_address_is_turned_away(hall):
    answers = [
        hall.client.post("/volunteer", data={"name": "赵", "phone": f"1380000000{n}", "grid": "3"}).status_code
        for n in range(8)
    ]
    assert answers == [303] * 5 + [429] * 3
    assert scalar("SELECT count(*) FROM volunteer_application") == 5


def test_depot_staff_of_a_point_are_opened_and_shown_with_it(hall):
    hall.as_coordinator()
    page = hall.post("/coordinator/people/staff", name="老周", role="depot", point="西门")
    assert "只管西门" in page.text
    assert "没有加" in hall.post("/coordinator/people/staff", name="老周", role="depot", point="北门").text
    (found,) = rows("SELECT d.name FROM account AS a JOIN delivery_point AS d ON d.id = a.delivery_point_id")
    assert found.name == "西门"


def test_a_volunteer_without_training_is_not_taken_on(hall):
    hall.as_coordinator()
    assert "先培训" in hall.post("/coordinator/people/volunteers", name="孙", grid="3").text
    assert "3-018" in hall.post("/coordinator/people/volunteers", name="孙", grid="3", topic="上岗培训").text


@pytest.mark.parametrize("role", [Role.DEPOT, Role.GRID_LEAD, Role.VOLUNTEER])
def test_applications_and_people_are_for_coordinators_alone(hall, role):
    account = hall.account if role == Role.VOLUNTEER else an_account(hall.community, role, grid=hall.grid).id
    sign_in(hall.client, account)
    for path in (
        "/coordinator/applications",
        "/coordinator/people",
        f"/coordinator/volunteers/{hall.account}",
        "/coordinator/badges/print",
        "/coordinator/badges/3-017/replace",
    ):
        assert hall.client.get(path).status_code == 403
