"""A call comes in: the lead writes it down and takes it; medicine comes over the border; what is past due is seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from supplyhub.help.overdue import sweep_overdue
from supplyhub.help.queries import request_for, steps_of
from supplyhub.help.states import HelpKind
from tests.factories_help import hours_pass
from tests.journeys.tour_help import ask

if TYPE_CHECKING:
    from tests.journeys.house import House


def test_a_lead_brings_medicine_from_the_call_to_the_door(house: House) -> None:
    scene = house.scene
    page = house.staff("gridlead3")
    page.goto("/help")
    page.get_by_role("link", name="登记").click()
    page.get_by_role("link", name="用药").click()
    page.get_by_label("他说的话").fill("51栋1单元302的阿姨打电话来，降压药没了")
    page.get_by_role("button", name="找").click()
    expect(page.get_by_role("radio", name="51-1-302")).to_be_checked()
    page.get_by_label("药名").fill("硝苯地平片")
    page.get_by_label("我来办").check()
    page.get_by_role("button", name="登记", exact=True).click()
    page.wait_for_url(re.compile("/help/[0-9A-Z]{6}$"))
    code = page.url.rsplit("/", 1)[1]
    expect(page.get_by_text("硝苯地平片")).to_have_count(0)
    page.get_by_role("button", name="打开看").click()
    expect(page.get_by_text("硝苯地平片")).to_be_visible()
    page.goto(f"/help/{code}")
    page.get_by_text("记一次交接").click()
    page.get_by_label("现在在谁手上").select_option("border")
    page.get_by_label("在哪里交的").fill("区界卡口")
    page.get_by_label("接的人念的码").fill(code.lower())
    page.get_by_role("button", name="记下交接").click()
    expect(page.get_by_role("heading", name="药在谁手上").locator("..")).to_contain_text("区界卡口")
    page.get_by_label("做了什么").fill("药放在门口了")
    page.get_by_role("button", name="办好了").click()
    expect(page.get_by_text("办好了，住户会看到。")).to_be_visible()
    done = [step.step for step in steps_of(request_for(scene.coordinator, code))]
    assert done == ["opened", "assigned", "read", "passed", "solved"]


def test_what_is_past_due_waits_on_the_coordinators_home_until_it_was_seen(house: House) -> None:
    house.scene.open_cycle()
    code = ask(house.scene, HelpKind.TRANSPORT, 4)
    hours_pass(3)
    sweep_overdue()
    page = house.staff("coordinator")
    page.goto("/coordinator")
    card = page.get_by_role("region", name="超时了，还没人看过")
    expect(card).to_contain_text(code)
    card.get_by_role("button", name=f"{code}：看到了").click()
    page.goto("/coordinator")
    expect(card).to_have_count(0)
    page.goto("/help")
    expect(page.get_by_role("region", name="没人接")).to_contain_text("超时")
