"""A device that scans at a delivery point: by the keyboard alone, without signal, and by the same rules as the server."""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from supplyhub.db import scalar
from supplyhub.delivery.commands import claim_ticket
from supplyhub.delivery.queries import tickets_for
from tests.journeys.house import PC
from tests.journeys.looking import faults
from tests.processes import slower
from tests.rules.scan_vectors import VECTORS

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from supplyhub.delivery.scanning import Known
    from tests.journeys.house import House

CRATES = "SELECT count(*) FROM crate AS c JOIN ticket AS t ON t.id = c.ticket_id WHERE t.code = :code"
HANDED = "SELECT count(*) FROM handover AS h JOIN ticket AS t ON t.id = h.ticket_id WHERE t.code = :code"
MOST_SECONDS = 10


def as_list(known: Known) -> dict[str, Any]:
    """Return what is known as a device is told it."""
    return {
        "made_at": known.made_at,
        "audience": known.audience,
        "point": known.point,
        "everywhere": known.everywhere,
        "points": [{"grid": grid, "point": point} for grid, point in known.points.items()],
        "tickets": [asdict(ticket) for ticket in known.tickets.values()],
        "badges": [asdict(badge) for badge in known.badges.values()],
        "elsewhere": [{"code": code, "grid": grid} for code, grid in known.elsewhere.items()],
        "keys": [
            {"id": name, "public": urlsafe_b64encode(public).rstrip(b"=").decode()}
            for name, public in known.keys.items()
        ],
    }


JUDGE = """async ([folder, vectors]) => {
    const [{ judge, known }, { verifier }] = await Promise.all(["judge.js", "verify.js"].map((name) => import(folder + name)));
    await verifier();
    const answer = ({ list, ticket, badge, now }) => judge(known(list), ticket, badge, now);
    window.judged = async () => Promise.all(vectors.map(answer));
}"""

# As browsers of a few years ago are, and any browser without https.
WITHOUT_ED25519 = """(() => {
    const importKey = crypto.subtle.importKey.bind(crypto.subtle);
    crypto.subtle.importKey = (format, bytes, algorithm, ...more) => algorithm.name === "Ed25519"
        ? Promise.reject(new DOMException("Unrecognized name.", "NotSupportedError"))
        : importKey(format, bytes, algorithm, ...more);
})()"""
WITHOUT_SUBTLE = "Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })"
FETCHED = "performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/vendor/noble-ed25519.js'))"


@pytest.mark.parametrize(
    "lack", ["", WITHOUT_ED25519, WITHOUT_SUBTLE], ids=["of now", "without Ed25519", "without https"]
)
def test_the_script_of_a_browser_judges_every_vector_as_the_server_does_without_signal(house: House, lack: str):
    """The modules are loaded, the signal is cut, and every answer is compared: reason by reason, fact by fact."""
    page = house.staff("depot", viewport=PC)
    if lack:
        page.evaluate(lack)
    vectors = [
        {"list": as_list(vector.known), "ticket": vector.ticket, "badge": vector.badge, "now": vector.now}
        for vector in VECTORS
    ]
    page.evaluate(JUDGE, ["/static/js/scan/", vectors])
    assert page.evaluate(FETCHED) is bool(lack)
    page.context.set_offline(True)
    for vector, found in zip(VECTORS, page.evaluate("judged()"), strict=True):
        assert found.get("reason") == vector.reason, (vector.name, found)
        wanted = vector.facts or {}
        assert {name: found.get(name) for name in wanted} == wanted, vector.name


def at_the_point(house: House) -> tuple[Page, list[str], str]:
    """Return a device on its page, the tickets that a volunteer claimed, and the badge."""
    scene = house.scene.open_cycle().order(0.4).cut_off().send().receive().share()
    scene.pack(3)
    volunteer = scene.volunteers[3]
    codes = [ticket.code for ticket in tickets_for(volunteer)][:2]
    for code in codes:
        claim_ticket(volunteer, code)
    page = house.staff("depot", viewport=PC)
    page.goto("/depot/scan")
    expect(page.locator("[data-scan][data-ready]")).to_be_attached()
    return page, codes, "3-001"


def scan(page: Page, *texts: str) -> None:
    """Type into whatever has the focus, as a scanner does: the code and Enter."""
    for text in texts:
        page.keyboard.insert_text(text)
        page.keyboard.press("Enter")


def test_ticket_badge_crates_done_by_the_keyboard_in_under_ten_seconds(house: House):
    page, (code, other), badge = at_the_point(house)
    crates = str(scalar(CRATES, code=code))
    began = time.monotonic()
    scan(page, code.lower(), badge)
    expect(page.get_by_label("几筐")).to_be_focused()
    scan(page, crates)
    expect(page.locator("[data-part=result]")).to_contain_text(f"{crates} 筐，交给 {badge}")
    assert time.monotonic() - began < MOST_SECONDS * slower()
    assert scalar(HANDED, code=code) == 1
    expect(page.get_by_label("配送单")).to_be_focused()
    scan(page, code, badge)
    expect(page.get_by_role("alert")).to_contain_text("已经交接过")
    page.get_by_label("配送单").fill("")
    page.get_by_label("配送单").focus()
    scan(page, other)
    page.get_by_label("志愿者证").fill("")
    scan(page, "5-001")
    expect(page.get_by_role("alert")).to_contain_text("不能窜格：这张单是 3 号网格的")


def test_without_signal_the_page_opens_hands_over_and_sends_later(house: House):
    page, (code, _), badge = at_the_point(house)
    page.evaluate("navigator.serviceWorker.ready")
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("[data-scan][data-ready]")).to_be_attached()
    scan(page, code, "5-001")
    expect(page.get_by_role("alert")).to_contain_text("不能窜格")
    page.get_by_label("志愿者证").fill("")
    scan(page, badge)
    expect(page.get_by_label("几筐")).to_be_focused()
    scan(page, str(scalar(CRATES, code=code)))
    expect(page.locator("[data-part=result]")).to_contain_text("记在这台设备上")
    expect(page.get_by_text("1 次交接还没送出")).to_be_visible()
    page.reload()
    expect(page.get_by_text("1 次交接还没送出")).to_be_visible()
    scan(page, code, badge)
    expect(page.get_by_role("alert")).to_contain_text("已经交接过")
    assert scalar(HANDED, code=code) == 0
    page.context.set_offline(False)
    page.get_by_role("button", name="更新名单").click()
    expect(page.get_by_text("都送出了")).to_be_visible()
    assert scalar(HANDED, code=code) == 1
    assert scalar("SELECT count(*) FROM refused_scan") == 2


def test_a_ticket_that_stays_at_the_point_says_so_and_shows_the_way(house: House):
    page, (code, _), badge = at_the_point(house)
    house.scene.relax(3)
    page.get_by_role("button", name="更新名单").click()
    expect(page.get_by_text("没有人在等")).to_be_visible()
    scan(page, code, badge)
    expect(page.get_by_role("alert")).to_contain_text("这张单没有人送，住户自己来领")
    assert faults(page) == []
    page.get_by_role("link", name="配送点领货").click()
    expect(page.get_by_role("heading", name="配送点领货")).to_be_visible()
