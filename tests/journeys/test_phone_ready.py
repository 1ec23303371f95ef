"""A volunteer's phone says when it may go where there is no signal: then its doors are there, and before that it says no."""

from __future__ import annotations

from functools import wraps
from threading import Event
from typing import TYPE_CHECKING, Any

from flask import abort, request
from playwright.sync_api import expect

from supplyhub.db import db, rows
from tests.drill import in_the_drill
from tests.journeys.house import SLOWEST_MILLISECONDS
from tests.journeys.looking import faults, scrolls_sideways
from tests.journeys.phones import READY, deliver, keys_of, lose_signal, open_phone, wait_until, wait_until_ready

if TYPE_CHECKING:
    import pytest
    from flask import Flask
    from playwright.sync_api import Page

    from tests.journeys.house import House

SHELL = "phone_page.shell"
PARCELS = """
    SELECT p.code AS parcel, h.door FROM stop AS s JOIN ticket AS t ON t.id = s.ticket_id JOIN parcel AS p ON p.id = s.parcel_id
    JOIN orders AS o ON o.id = s.order_id JOIN household AS h ON h.id = o.household_id WHERE t.code = :code ORDER BY s.position
"""


def in_hand(house: House) -> str:
    """Bring a ticket into the volunteer's hands; return its code."""
    return house.scene.open_cycle().order(0.03).cut_off().send().receive().share().pack(3).claim(3)


def assert_opens_without_signal(page: Page) -> None:
    lose_signal(page)
    page.reload()
    expect(page.locator("h2.door")).to_be_visible()
    expect(page.get_by_role("link", name="扫包裹")).to_be_visible()
    expect(page.locator("#strip")).to_contain_text("没信号")


def test_once_it_says_so_a_reload_without_signal_shows_the_doors(house: House) -> None:
    in_hand(house)
    page = open_phone(house.volunteer(3))
    assert_opens_without_signal(page)


@in_the_drill
def test_before_its_tickets_have_come_it_says_so_after_a_reload_too(house: House) -> None:
    in_hand(house)
    page = house.volunteer(3)
    page.route("**/tickets/day", lambda _never_answered: None)
    page.goto("/phone/")
    # The worker is ready, the tickets aren't.
    wait_until(page, "navigator.serviceWorker.controller?.state === 'activated'")
    expect(page.get_by_text("正在取配送单")).to_be_visible()
    expect(page.locator("#strip")).to_be_hidden()
    assert READY not in page.locator("#strip").inner_text()
    lose_signal(page)
    page.unroute("**/tickets/day")
    page.reload()
    expect(page.get_by_role("heading", name="手机里还没有配送单")).to_be_visible()
    expect(page.get_by_text("走到有信号的地方再打开")).to_be_visible()
    expect(page.locator("#strip")).to_be_hidden()
    assert "day" not in keys_of(page, "notes")
    assert faults(page) == []

    page.context.set_offline(False)
    wait_until_ready(page)
    assert_opens_without_signal(page)


@in_the_drill
def test_before_its_worker_keeps_the_page_it_says_so_and_the_worker_tries_again(
    house: House, served: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_hand(house)
    shell, asked = served.view_functions[SHELL], Event()

    @wraps(shell)
    def none_for_the_worker() -> Any:
        if request.headers["Sec-Fetch-Dest"] != "document":
            asked.set()
            abort(503)
        return shell()

    monkeypatch.setitem(served.view_functions, SHELL, none_for_the_worker)
    page = house.volunteer(3, viewport={"width": 320, "height": 700})
    page.goto("/phone/")
    expect(page.locator("h2.door")).to_be_visible()
    assert asked.wait(SLOWEST_MILLISECONDS / 1000)
    expect(page.locator("#strip")).to_have_text("这一页还没存好，先别走开")
    lose_signal(page)
    expect(page.locator("#strip")).to_have_text("没信号 · 这一页还没存好，先别关")
    assert faults(page) == []
    deliver(page)
    expect(page.locator("#strip")).to_contain_text("1 条未上传 · 没信号，已存在手机里 · 这一页还没存好，先别关")
    assert faults(page) == []
    assert not scrolls_sideways(page)
    assert page.evaluate("navigator.serviceWorker.controller") is None

    monkeypatch.setitem(served.view_functions, SHELL, shell)
    page.context.set_offline(False)
    wait_until_ready(page)
    assert_opens_without_signal(page)


def test_the_door_of_a_parcel_is_found_by_its_typed_code_without_signal(house: House) -> None:
    code = in_hand(house)
    stops = rows(PARCELS, code=code)
    db.session.rollback()
    page = open_phone(house.volunteer(3))
    lose_signal(page)
    page.reload()
    walked = deliver(page)
    page.get_by_role("link", name="扫包裹").click()
    field, find = page.get_by_label("包裹码"), page.get_by_role("button", name="找门牌")
    field.fill("zzzzzz")
    find.click()
    expect(page.get_by_role("alert")).to_contain_text("ZZZZZZ 不在这张单上")
    assert faults(page) == []
    field.fill(stops[0].parcel)
    find.click()
    expect(page.get_by_role("alert")).to_contain_text(f"{walked} 已经走过了")
    # As it is typed with a thumb.
    field.fill(f" {stops[2].parcel[:3].lower()} {stops[2].parcel[3:].lower()}")
    field.press("Enter")
    expect(page.locator("h2.door")).to_contain_text(f"-{stops[2].door}")
    expect(page.locator(".fact .code")).to_have_text(stops[2].parcel)
