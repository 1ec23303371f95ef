"""A household's phones: the card's short code without script, the number for the second phone, ending one; looked at by axe."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from supplyhub.db import db, execute
from tests.drill import drilled, in_the_drill
from tests.journeys.house import PC, PHONE
from tests.journeys.looking import faults, scrolls_sideways

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.journeys.house import House


def shown_number(page: Page) -> str:
    """Return the number that a phone shows for the next one."""
    return re.sub(r"\D", "", page.locator(".pin").inner_text())


@pytest.mark.parametrize("script", drilled(True, False))
def test_a_card_is_typed_and_a_second_phone_joins_by_the_number_of_the_first(house: House, *, script: bool) -> None:
    house.scene.open_cycle()
    home = house.scene.homes(3)[7]
    code = house.scene.typed_code(home).lower()
    first, second = (house.device(java_script_enabled=script) for _ in range(2))
    for page in (first, second):
        page.goto("/card")
        assert faults(page) == []
        page.get_by_label("户卡上的字").fill(f"{code[:3]} {code[3:6]} {code[6:]}")
        page.get_by_role("button", name="下一步").click()
        expect(page.get_by_role("heading", name=re.compile("^这是 .*？"))).to_be_visible()
        page.get_by_role("button", name="是我家").click()
    expect(second.get_by_role("heading", name=re.compile("已经有手机在用"))).to_be_visible()

    first.get_by_role("link", name="我家").click()
    first.get_by_role("button", name="家里第二部手机加入").click()
    assert faults(first) == []
    number = shown_number(first)
    second.get_by_label("6 位数字").fill(f"{(int(number) + 1) % 1_000_000:06d}")
    second.get_by_role("button", name="加入").click()
    expect(second.get_by_text("还能再试 4 次")).to_be_visible()
    second.get_by_label("6 位数字").fill(number)
    second.get_by_role("button", name="加入").click()
    expect(second.get_by_role("link", name="我家")).to_be_visible()

    first.get_by_role("link", name="返回").click()
    first.get_by_role("link", name="我家").click()
    first.get_by_role("button", name=re.compile("^让 .* 加入的手机退出")).click()
    expect(first.get_by_text("那部手机退出了。")).to_be_visible()
    second.goto("/menu")
    expect(second.get_by_role("heading", name="这台手机退出了", level=2)).to_be_visible()
    second.get_by_role("link", name="用户卡再登录").click()
    expect(second.get_by_label("户卡上的字")).to_be_visible()


def test_opening_the_link_asks_and_signs_in_by_the_button_only(house: House) -> None:
    house.scene.open_cycle()
    home = house.scene.homes(3)[7]
    page = house.device()
    page.goto(f"/card#{house.scene.card(home)}")
    expect(page.get_by_role("heading", name=re.compile("^这是 .*？"))).to_be_visible()
    assert "#" not in page.url
    assert house.scene.phones(home) == 0
    page.get_by_role("button", name="是我家").click()
    page.wait_for_url("**/menu")
    assert house.scene.phones(home) == 1


def test_a_lead_ends_a_lost_phone_and_the_next_scan_is_first_again(house: House) -> None:
    house.scene.open_cycle()
    home = house.scene.homes(3)[7]
    lost = house.resident(home)
    lead = house.staff("gridlead3")
    lead.goto(f"/cards/{home}")
    assert faults(lead) == []
    lead.get_by_role("button", name="全部退出").click()
    expect(lead.get_by_text("1 部手机退出了")).to_be_visible()
    lost.goto("/menu")
    expect(lost.get_by_role("heading", name="这台手机退出了", level=2)).to_be_visible()
    found = house.resident(home)
    expect(found.get_by_role("link", name="我家")).to_be_visible()


@in_the_drill
@pytest.mark.parametrize(("viewport", "scheme", "lang"), [(PHONE, "light", "zh"), (PC, "dark", "en")])
def test_the_pages_of_cards_and_phones_can_be_used_by_everybody(
    house: House, viewport: dict[str, int], scheme: str, lang: str
) -> None:
    house.scene.open_cycle()
    home = house.scene.homes(3)[7]
    found: list[str] = []
    for name, page in visits(house, home, {"viewport": viewport, "color_scheme": scheme}, lang):
        found += [f"{name}: {fault}" for fault in faults(page)]
        assert not scrolls_sideways(page), name
    assert found == []


def visits(house: House, home: int, options: dict[str, Any], lang: str) -> Iterator[tuple[str, Page]]:
    """Open every page of cards and phones, one after the other; each comes with its name."""

    def speak(page: Page) -> Page:
        page.context.add_cookies([{"name": "lang", "value": lang, "url": house.site}])
        return page

    phone = speak(house.resident(home, **options))
    other = speak(house.device(**options))
    other.goto("/card")
    yield "card", other
    other.fill("#secret", "ABCDEFGHJ0")
    other.click("main form button:not([type=button])")
    yield "card-mistyped", other
    other.fill("#secret", "ABCDEFGHJK")
    other.click("main form button:not([type=button])")
    yield "card-unknown", other
    other.fill("#secret", house.scene.typed_code(home))
    other.click("main form button:not([type=button])")
    yield "card-question", other
    other.click("main form button:not([type=button])")
    yield "card-pin", other
    number = house.scene.pin(home)
    other.fill("#pin", f"{(int(number) + 1) % 1_000_000:06d}")
    other.click("main form button:not([type=button])")
    yield "card-pin-wrong", other
    other.fill("#pin", number)
    other.click("main form button:not([type=button])")
    phone.goto("/menu")
    yield "menu-bar", phone
    phone.goto("/household")
    yield "household", phone
    phone.click("form[action$=pin] button")
    yield "household-number", phone
    lead = speak(house.staff("gridlead3", **options))
    for name, path in (
        ("lead-card", f"/cards/{home}"),
        ("lead-cards", "/cards/grid"),
        ("lead-find", "/grid/find?door=47-2"),
    ):
        lead.goto(path)
        yield name, lead
    coordinator = speak(house.staff("coordinator", **options))
    coordinator.goto(f"/cards/{home}")
    yield "coordinator-card", coordinator
    coordinator.goto("/coordinator/register/grid/3")
    yield "coordinator-grid", coordinator
    execute("UPDATE household_device SET revoked_at = now()")
    db.session.commit()
    phone.goto("/menu")
    yield "ended", phone
    lead.goto(f"/cards/{home}")
    yield "lead-card-empty", lead
