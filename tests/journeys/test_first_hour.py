"""The first hour of a new community: from nothing but a spreadsheet of doors to its first menu, by clicking alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import xlsxwriter
from playwright.sync_api import expect

from supplyhub.db import db, row
from supplyhub.people.commands import create_account, new_sign_in_link
from supplyhub.people.states import Role
from supplyhub.places.commands import ensure_community
from tests.journeys.house import PC
from tests.journeys.looking import faults
from tests.journeys.test_coordinator import load_what_waits

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.journeys.house import House

DOORS = [(f"{grid}{building}号楼", f"{unit}单元", 100 * floor + 1, grid)
         for grid in (1, 2) for building in (1, 2) for unit in (1, 2) for floor in (1, 2, 3)]  # fmt: skip


def a_spreadsheet(path: Path) -> Path:
    """Write a list as a village office keeps it: a title above, a column of its own."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("名单")
        sheet.write_row(0, 0, ["杏花村住户名单 2026"])
        sheet.write_row(1, 0, ["楼栋", "单元", "门牌号", "人数", "联系人", "联系方式", "特殊群体", "网格", "备注"])
        for at, (building, unit, door, grid) in enumerate(DOORS, start=2):
            sheet.write_row(at, 0, [building, unit, door, 3, "", "", "", grid, "老户"])
    return path


def signed_in(house: House, link: str, **options: object) -> Page:
    """Return a device that followed a one-time link."""
    page = house.device(**options)
    page.goto(f"/link#{link}")
    page.get_by_role("button", name="登录", exact=True).click()
    return page


def test_a_new_community_gets_from_a_spreadsheet_to_its_first_menu_by_clicking(house: House, tmp_path: Path) -> None:
    community = ensure_community(timezone="Asia/Shanghai", name="社区二")
    account = create_account(community, Role.COORDINATOR, "专班")
    page = signed_in(house, new_sign_in_link(account), viewport=PC)
    expect(page.get_by_role("heading", name="开第一期要几样")).to_be_visible()
    assert faults(page) == []
    page.get_by_label("小区叫什么").fill("杏花村")
    page.get_by_role("button", name="存好").click()
    expect(page.get_by_text("名字存好了")).to_be_visible()

    page.get_by_role("link", name="先导入住户名单").click()
    page.get_by_label("住户名单").set_input_files(a_spreadsheet(tmp_path / "名单.xlsx"))
    page.get_by_role("button", name="试一遍").click()
    expect(page.get_by_text("在排队")).to_be_visible()
    load_what_waits(house)
    page.get_by_role("button", name="就这样导入").click()
    load_what_waits(house)
    expect(page.get_by_text("导入好了")).to_be_visible()

    page.get_by_role("link", name="这一期").click()
    page.get_by_role("link", name=re.compile("能买的菜")).click()
    page.get_by_role("button", name="用常用菜开头").click()
    page.get_by_role("button", name="就这样导入").click()
    expect(page.get_by_text("报价导入好了")).to_be_visible()
    assert faults(page) == []

    page.get_by_role("link", name="人员").click()
    links = [a_lead(page, grid) for grid in (1, 2)]
    page.get_by_role("link", name="这一期").click()
    expect(page.get_by_text("2 / 2 个网格有人了")).to_be_visible()
    page.get_by_role("button", name="开新的一期").click()
    expect(page.get_by_text("新的一期开了")).to_be_visible()

    lead = signed_in(house, links[0])
    lead.get_by_role("link", name="做菜单").click()
    potatoes = lead.get_by_role("group", name="土豆", exact=True)
    potatoes.get_by_label("价钱").fill("4.20")
    potatoes.get_by_label("数量").fill("40")
    potatoes.get_by_label("每户限").fill("3")
    lead.get_by_role("button", name="存好，看一看").click()
    lead.get_by_role("button", name="发布").click()
    expect(lead.get_by_text("接单中").first).to_be_visible()
    menu = row(
        "SELECT m.state, g.number FROM menu AS m JOIN grid AS g ON g.id = m.grid_id WHERE g.community_id = :c",
        c=community,
    )
    db.session.rollback()
    assert menu is not None
    assert tuple(menu) == ("published", 1)


def a_lead(page: Page, grid: int) -> str:
    """Open a lead's account on the page of people and return the secret of its link."""
    form = page.locator("form[action$='/people/staff']")
    form.get_by_label("名字").fill(f"网格长{grid}")
    form.locator("[name=role]").first.select_option("grid_lead")
    form.get_by_label("网格").select_option(str(grid))
    form.get_by_role("button").last.click()
    return page.locator("#fresh").inner_text().rpartition("#")[2]
