"""Codes read by a camera: a ticket and a badge at the counter, a badge at the sign-in; and where there is no camera."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from supplyhub.crypto import token_hash
from supplyhub.db import db, execute, rows, scalar
from supplyhub.delivery.bundle import token_of
from supplyhub.delivery.commands import claim_ticket
from supplyhub.delivery.queries import tickets_for
from supplyhub.web import vendored
from tests.drill import in_the_drill
from tests.journeys.eyes import shown, with_eyes
from tests.journeys.house import PC, House
from tests.journeys.looking import faults
from tests.journeys.phones import lose_signal, open_phone, wait_until
from tests.journeys.test_badges import SECRET
from tests.processes import slower

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from playwright.sync_api import Browser, Page

    from tests.journeys.settled import Settled

MOST_SECONDS = 10
REFUSE = (
    "() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError')); }"
)
PARCELS = """
    SELECT p.code AS parcel FROM stop AS s JOIN ticket AS t ON t.id = s.ticket_id JOIN parcel AS p ON p.id = s.parcel_id
    WHERE t.code = :code ORDER BY s.position
"""
CRATES_OF_GRID = """
    SELECT c.code FROM crate AS c JOIN ticket AS t ON t.id = c.ticket_id JOIN grid AS g ON g.id = t.grid_id WHERE g.number = 3
    ORDER BY c.id
"""
BADGE = f"https://hub.example/badge#3-001.{SECRET}"
CRATES = "SELECT count(*) FROM crate AS c JOIN ticket AS t ON t.id = c.ticket_id WHERE t.code = :code"
HANDED = "SELECT count(*) FROM handover AS h JOIN ticket AS t ON t.id = h.ticket_id WHERE t.code = :code"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the film stands that the camera shows."""
    return tmp_path_factory.mktemp("film") / "seen.y4m"


@pytest.fixture(scope="module")
def eyes(browser: Browser, film: Path) -> Iterator[Browser]:
    """Start a browser with a camera once for all of these."""
    started = with_eyes(browser, film)
    yield started
    started.close()


@pytest.fixture
def seeing(committed: Flask, settled: Settled, site: str, eyes: Browser) -> Iterator[House]:
    """Give the community, and devices with a camera."""
    opened = House(settled.again(), site, eyes)
    yield opened
    opened.leave()


def claimed(house: House) -> list[str]:
    """Let a volunteer claim two tickets; return their codes."""
    house.scene.open_cycle().order(0.4).cut_off().send().receive().share().pack(3)
    volunteer = house.scene.volunteers[3]
    codes = [ticket.code for ticket in tickets_for(volunteer)][:2]
    for code in codes:
        claim_ticket(volunteer, code)
    return codes


def scanned(house: House, served: Flask, code: str) -> str:
    """Return what the volunteer's phone shows of a ticket."""
    token = token_of(house.scene.volunteers[3], code, served.extensions["ticket_key"])
    assert token
    return token


def at_the_counter(house: House) -> Page:
    """Return the depot's phone on its page, which would open without signal by now."""
    page = house.staff("depot")
    page.goto("/depot/scan")
    expect(page.locator("[data-scan][data-ready]")).to_be_attached()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    return page


def count(page: Page, code: str) -> None:
    """Wait until ticket and badge were seen, and type how many crates there are."""
    expect(page.get_by_label("几筐")).to_be_focused()
    expect(page.locator("video")).to_be_hidden()
    page.keyboard.type(str(scalar(CRATES, code=code)))
    page.keyboard.press("Enter")


def test_ticket_and_badge_are_seen_and_the_crates_handed_over_in_under_ten_seconds(
    seeing: House, served: Flask, film: Path
):
    code, _ = claimed(seeing)
    shown(film, scanned(seeing, served, code), BADGE)
    page = at_the_counter(seeing)
    began = time.monotonic()
    page.get_by_role("button", name="用相机扫").click()
    count(page, code)
    expect(page.locator("[data-part=result]")).to_contain_text("交给 3-001")
    assert time.monotonic() - began < MOST_SECONDS * slower()
    assert scalar(HANDED, code=code) == 1
    # The camera waits for the next ticket, and what is still held before it alarms nobody.
    expect(page.locator("video")).to_be_visible()
    expect(page.locator("[data-hint]")).to_have_text("这是证。先扫配送单，再扫证")
    expect(page.locator("[data-part=result]")).to_contain_text("交给 3-001")


@in_the_drill
def test_the_camera_sees_without_signal_too_and_a_badge_of_another_grid_is_stopped(
    seeing: House, served: Flask, film: Path
):
    _, code = claimed(seeing)
    shown(film, scanned(seeing, served, code), "https://hub.example/badge#5-001.SECRET")
    page = at_the_counter(seeing)
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("[data-scan][data-ready]")).to_be_attached()
    opens = page.get_by_role("button", name="用相机扫")
    opens.click()
    expect(page.get_by_role("alert")).to_contain_text("不能窜格：这张单是 3 号网格的")
    assert faults(page) == []
    page.get_by_role("button", name="关掉相机").click()
    shown(film, scanned(seeing, served, code), BADGE)
    wait_until(page, "document.querySelector('video').srcObject === null")
    opens.click()
    count(page, code)
    expect(page.locator("[data-part=result]")).to_contain_text("记在这台设备上")


def test_a_badge_is_seen_at_the_sign_in_and_its_secret_stays_out_of_the_address(seeing: House, film: Path):
    execute("UPDATE badge SET secret_hash = :hash WHERE code = '3-001'", hash=token_hash(SECRET))
    db.session.commit()
    shown(film, BADGE)
    page = seeing.device()
    page.goto("/badge")
    page.get_by_role("button", name="用相机扫").click()
    expect(page.get_by_role("heading", name="3-001")).to_be_visible()
    assert SECRET not in page.url


def test_a_household_card_is_seen(seeing: House, film: Path):
    shown(film, f"https://hub.example/card#{seeing.scene.card(seeing.scene.homes(3)[0])}")
    page = seeing.device()
    page.goto("/card")
    page.get_by_role("button", name="用相机扫").click()
    expect(page.get_by_role("button", name="是我家")).to_be_visible()


@in_the_drill
def test_a_volunteer_scans_a_bag_without_signal_and_is_shown_its_door(seeing: House, film: Path):
    code = seeing.scene.open_cycle().order(0.03).cut_off().send().receive().share().pack(3).claim(3)
    parcels = [stop.parcel for stop in rows(PARCELS, code=code)]
    db.session.rollback()
    shown(film, "ZZZZZZ")
    page = open_phone(seeing.volunteer(3))
    wait_until(page, "navigator.serviceWorker.controller !== null")
    lose_signal(page)
    page.get_by_role("link", name="扫包裹").click()
    expect(page.get_by_role("alert")).to_contain_text("ZZZZZZ 不在这张单上")
    assert faults(page) == []
    page.get_by_role("button", name="关掉相机").click()
    wait_until(page, "document.querySelector('video').srcObject === null")
    shown(film, parcels[2])
    page.get_by_role("button", name="用相机扫").click()
    expect(page.locator(".fact .code")).to_have_text(parcels[2])


@in_the_drill
def test_crates_are_seen_one_after_the_other_as_they_leave(seeing: House, film: Path):
    seeing.scene.open_cycle().order(0.4).cut_off().send().receive().share().pack(3)
    crates = [crate.code for crate in rows(CRATES_OF_GRID)]
    batch = scalar("SELECT b.id FROM batch AS b JOIN grid AS g ON g.id = b.grid_id WHERE g.number = 3")
    db.session.rollback()
    shown(film, *crates[:2])
    page = seeing.staff("depot", viewport=PC)
    page.goto(f"/depot/crates/{batch}")
    page.get_by_role("button", name="用相机扫").first.click()
    for number in range(1, 3):
        expect(page.get_by_role("status").filter(has_text="1 筐出库了")).to_be_visible()
        expect(page.get_by_text(f"等 {len(crates) - number} 筐")).to_be_visible()
    assert scalar("SELECT count(*) FROM crate_passage") == 2
    db.session.rollback()


def test_who_refuses_the_camera_is_told_to_type(seeing: House):
    page = seeing.device()
    page.goto("/badge")
    page.evaluate(REFUSE)
    page.get_by_role("button", name="用相机扫").click()
    expect(page.get_by_role("alert")).to_contain_text("相机打不开")
    expect(page.locator("video")).to_be_hidden()


def test_without_a_camera_nothing_offers_one(house: House):
    page = at_the_counter(house)
    expect(page.locator("[data-camera]")).to_be_hidden()


def test_where_set_up_fetched_nothing_the_page_opens_and_takes_what_is_typed(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(vendored, "CAMERA", ("missing.js",))
    code, _ = claimed(house)
    page = at_the_counter(house)
    expect(page.locator("[data-camera]")).to_have_count(0)
    for text in (code, "3-001"):
        page.keyboard.insert_text(text)
        page.keyboard.press("Enter")
    count(page, code)
    expect(page.locator("[data-part=result]")).to_contain_text("交给 3-001")
