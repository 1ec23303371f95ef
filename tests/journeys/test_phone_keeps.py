"""What stays on a volunteer's phone, and what goes: at the shift's end, at sign-out, with somebody else's sign-in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from supplyhub.db import db, execute, row, rows, scalar, transaction
from supplyhub.people.shifts import end_shifts
from supplyhub.residents.register import PHONE
from tests.browser import ARGUMENTS, browser_path
from tests.drill import in_the_drill
from tests.journeys.phones import deliver, kept, keys_of, lose_signal, open_phone, settled_stops, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.house import House

NUMBER = "19900000545"


def in_hand(house: House) -> tuple[str, list[str]]:
    """Bring a ticket into the volunteer's hands, one of whose doors is to be called; return its code and what is secret."""
    scene = house.scene.open_cycle().order(0.03).cut_off().send().receive().share().pack(3)
    code = scene.claim(3)
    home = scene.home_on(code, 2)
    with transaction():
        sealed = scene.vault.seal(NUMBER, *PHONE, home)
        execute("UPDATE household SET phone_sealed = :sealed WHERE id = :home", sealed=sealed, home=home)
        execute(
            "INSERT INTO household_need (household_id, need, noted_by) VALUES (:home, 'call_first', :by)",
            home=home,
            by=scene.coordinator.account_id,
        )
    doors = rows(
        "SELECT b.number || '-' || h.unit_number || '-' || h.door AS door FROM stop AS s"
        " JOIN orders AS o ON o.id = s.order_id JOIN household AS h ON h.id = o.household_id"
        " JOIN building AS b ON b.id = h.building_id JOIN ticket AS t ON t.id = s.ticket_id WHERE t.code = :code",
        code=code,
    )
    db.session.rollback()
    return code, [NUMBER, *(found.door for found in doors)]


def told_by(page: Page, marks: list[str]) -> list[str]:
    """Return which marks can be read in anything that the browser keeps."""
    everything = json.dumps(kept(page), ensure_ascii=False)
    return [mark for mark in marks if mark in everything]


def sign_in(page: Page, secret: str) -> None:
    """Let somebody sign in on a phone by a one-time link."""
    page.goto(f"/link#{secret}")
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url("**/tickets")


def test_doors_go_with_the_shift_and_what_is_not_sent_stays_until_it_is(house: House) -> None:
    code, marks = in_hand(house)
    page = house.volunteer(3)
    page.clock.install()
    open_phone(page)
    expect(page.locator(".queue")).to_contain_text("先打电话")
    deliver(page)
    expect(page.get_by_role("link", name="先打电话")).to_have_attribute("href", f"tel:{NUMBER}")
    expect(page.locator("#strip")).to_contain_text("都上传了")
    lose_signal(page)
    door = deliver(page)
    expect(page.locator("#strip")).to_contain_text("1 条未上传")
    # Sealed while the shift runs, with keys that nobody can read.
    assert told_by(page, marks) == []
    assert '"extractable":true' not in json.dumps(kept(page)).replace("\\", "")
    assert sorted(keys_of(page, "keys")) == ["day", "unsent"]

    page.clock.fast_forward(13 * 3600 * 1000)
    expect(page.get_by_role("heading", name="没在班上")).to_be_visible()
    expect(page.locator("#strip")).to_contain_text("1 条未上传")
    assert door not in page.locator("body").inner_text()
    assert [mark for mark in marks if mark in page.content()] == []
    assert told_by(page, marks) == []
    assert keys_of(page, "keys") == ["unsent"]
    assert "day" not in keys_of(page, "notes")
    page.reload()
    expect(page.locator("#strip")).to_contain_text("1 条未上传")

    with transaction():
        end_shifts(house.scene.volunteers[3].badge_id or 0)
    page.context.set_offline(False)
    expect(page.locator("#strip")).to_be_hidden()
    assert [outcome for _stop, outcome in settled_stops(code)[:3]] == ["delivered", "delivered", None]
    # Its clock was thirteen hours ahead.
    times = row(
        "SELECT max(s.happened_at) <= clock_timestamp() AS past, min(s.happened_at) >= min(t.handed_over_at) AS after_it"
        " FROM stop AS s JOIN ticket AS t ON t.id = s.ticket_id WHERE t.code = :code",
        code=code,
    )
    assert tuple(times or ()) == (True, True)
    assert "day" not in keys_of(page, "notes")


def test_a_revoked_badge_takes_the_doors_off_the_phone(house: House) -> None:
    _code, marks = in_hand(house)
    page = open_phone(house.volunteer(3))
    lose_signal(page)
    deliver(page)
    with transaction():
        execute("UPDATE account SET session_version = session_version + 1 WHERE role = 'volunteer'")
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name="要登录")).to_be_visible()
    expect(page.locator("#strip")).to_contain_text("1 条未上传 · 登录过期了，登录以后自动上传")
    assert [mark for mark in marks if mark in page.content()] == []
    assert keys_of(page, "keys") == ["unsent"]


def test_who_signs_out_leaves_no_worker_no_page_and_no_door(house: House) -> None:
    _code, marks = in_hand(house)
    page = open_phone(house.volunteer(3))
    deliver(page)
    page.goto("/tickets")
    open_phone(page)
    addresses = [entry[1] for entry in kept(page) if str(entry[0]).startswith("phone-")]
    assert addresses
    assert {address.split("/")[3] for address in addresses} == {"static", "phone"}
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/sign-in")
    assert [entry[0] for entry in kept(page) if str(entry[0]).startswith("phone-")] == []
    assert keys_of(page, "entries") == []
    assert keys_of(page, "keys") == ["unsent"]
    assert told_by(page, marks) == []
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((found) => found.length)") == 0
    page.goto("/phone/")
    expect(page.get_by_role("heading", name="要登录")).to_be_visible()

    # The same from another page.
    sign_in(page, house.scene.link(house.scene.volunteers[3].account_id))
    open_phone(page)
    page.goto("/tickets")
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/sign-in")
    wait_until(page, "navigator.serviceWorker.getRegistrations().then((found) => found.length === 0)")
    wait_until(page, "caches.keys().then((found) => found.length === 0)")
    assert "day" not in keys_of(page, "notes")
    assert keys_of(page, "keys") == ["unsent"]


@in_the_drill
def test_what_is_not_sent_waits_for_who_did_it_while_somebody_else_has_the_phone(house: House) -> None:
    scene = house.scene
    code, _marks = in_hand(house)
    page = open_phone(house.volunteer(3))
    lose_signal(page)
    deliver(page)
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_text("1 条传不上去，退出以后留在手机里")).to_be_visible()
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_text("手机上的门牌清掉了")).to_be_visible()
    page.goto("about:blank")
    page.context.clear_cookies()
    page.context.set_offline(False)

    sign_in(page, scene.link(scene.volunteers[5].account_id))
    page.goto("/phone/")
    expect(page.get_by_text("这部手机里还有别人的 1 条未上传")).to_contain_text("请用证 3-001 登录")
    assert settled_stops(code)[0][1] is None
    sign_in(page, scene.link(scene.volunteers[3].account_id))
    open_phone(page)
    assert settled_stops(code)[0][1] == "delivered"
    assert scalar("SELECT count(*) FROM delivery_entry") == 1


@in_the_drill
def test_an_address_without_encryption_says_so_and_the_ordinary_pages_work(house: House) -> None:
    code, _marks = in_hand(house)
    # As a phone meets it in a closed network: by a name, by plain http.
    port = house.site.rpartition(":")[2]
    plain = house.browser.browser_type.launch(
        executable_path=browser_path(), args=[*ARGUMENTS, "--host-resolver-rules=MAP hub.lan 127.0.0.1"]
    )
    try:
        page = plain.new_context(base_url=f"http://hub.lan:{port}", viewport={"width": 390, "height": 844}).new_page()
        sign_in(page, house.scene.link(house.scene.volunteers[3].account_id))
        page.goto("/phone/")
        expect(page.get_by_text("这个地址没有加密，手机不能存单")).to_be_visible()
        page.get_by_role("link", name="打开普通页面").click()
        page.goto(f"/tickets/{code}")
        page.locator(".btn-main").click()
        expect(page.get_by_text("已送达").first).to_be_visible()
    finally:
        plain.close()
    assert settled_stops(code)[0][1] == "delivered"


def test_nothing_is_on_a_phone_that_was_never_opened_with_signal(house: House) -> None:
    page = house.volunteer(3)
    page.route("**/tickets/day", lambda route: route.abort())
    page.goto("/phone/")
    expect(page.get_by_role("heading", name="手机里还没有配送单")).to_be_visible()
    page.unroute("**/tickets/day")
    page.get_by_role("button", name="再试一次").click()
    # Nobody is at work yet, so nothing is kept.
    expect(page.get_by_role("heading", name="没在班上")).to_be_visible()
