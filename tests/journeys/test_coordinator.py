"""The coordinator: trying and loading the register, people and their links, the audit, opening and closing cycles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from supplyhub.config import PACKAGE
from supplyhub.db import db, rows, scalar
from supplyhub.residents.register_jobs import run_job
from tests.journeys.house import PC

if TYPE_CHECKING:
    from pathlib import Path

    from tests.journeys.house import House

HOUSEHOLDS = PACKAGE / "demo_data" / "households.csv"


def test_a_faulty_file_is_refused_by_line_and_a_good_one_is_tried_before_it_is_loaded(
    house: House, tmp_path: Path
) -> None:
    lines = HOUSEHOLDS.read_text(encoding="utf-8").splitlines()
    faulty, good = tmp_path / "faulty.csv", tmp_path / "good.csv"
    faulty.write_text("\n".join([*lines[:3], "1号楼,1单元,,many,,,"]), encoding="utf-8")
    good.write_text("\n".join([*lines[:-1], "61号楼,1单元,999,2,新来的,19911112222,"]), encoding="utf-8")

    page = house.staff("coordinator", viewport=PC)
    page.get_by_role("link", name="底册").click()
    page.get_by_label("住户名单").set_input_files(faulty)
    page.get_by_role("button", name="试一遍").click()
    expect(page.get_by_text("在排队")).to_be_visible()
    load_what_waits(house)
    expect(page.get_by_text(re.compile("^第 4 行：")).first).to_be_visible()
    page.get_by_role("link", name="回底册，再选文件").click()

    page.get_by_label("住户名单").set_input_files(good)
    page.get_by_role("button", name="试一遍").click()
    expect(page.get_by_text("在排队")).to_be_visible()
    load_what_waits(house)
    expect(page.get_by_text("还没改动任何东西")).to_be_visible()
    expect(page.locator(".row").filter(has_text="999").first).to_contain_text("新增")
    assert not scalar("SELECT count(*) FROM household WHERE door = '999'")
    page.get_by_role("button", name="就这样导入").click()
    load_what_waits(house)
    expect(page.get_by_text("导入好了")).to_be_visible()
    assert scalar("SELECT count(*) FROM household WHERE door = '999' AND active") == 1
    db.session.rollback()

    page.get_by_role("link", name="撤回这次导入").click()
    page.get_by_role("button", name="撤回这次导入").click()
    expect(page.get_by_text("撤回了，底册和导入以前一样。")).to_be_visible()
    assert not scalar("SELECT count(*) FROM household WHERE door = '999'")
    db.session.rollback()


def load_what_waits(house: House) -> None:
    """Do what the worker does with files that were sent."""
    for job in rows("SELECT id FROM register_job WHERE kept IS NOT NULL AND done_at IS NULL ORDER BY id"):
        run_job(job.id, vault=house.scene.vault)
    db.session.rollback()


def test_a_new_volunteer_gets_a_badge_and_a_link_that_works_once(house: House) -> None:
    page = house.staff("coordinator", viewport=PC)
    page.get_by_role("link", name="人员").click()
    form = page.locator("form").filter(has=page.get_by_role("heading", name="加志愿者"))
    form.get_by_label("名字").fill("新手")
    form.get_by_label("网格").select_option("4")
    form.get_by_role("button").click()
    address = page.locator("#fresh").inner_text()

    phone = house.device()
    secret = address.rpartition("#")[2]
    phone.goto(f"/link#{secret}")
    phone.get_by_role("button", name="登录", exact=True).click()
    expect(phone.get_by_text("4-002").first).to_be_visible()
    again = house.device()
    again.goto(f"/link#{secret}")
    again.get_by_role("button", name="登录", exact=True).click()
    expect(again.get_by_role("alert")).to_contain_text("这个链接不能用了")

    page.goto("/coordinator/people")
    page.locator("a.row").filter(has_text="4-002").click()
    page.get_by_role("link", name="作废", exact=True).click()
    page.get_by_role("button", name="作废").click()
    phone.goto("/tickets")
    expect(phone.get_by_role("heading", name="您现在没有能用的证")).to_be_visible()


def test_a_cycle_is_opened_audited_and_closed_only_when_nothing_is_open(house: House) -> None:
    page = house.staff("coordinator", viewport=PC)
    page.get_by_role("button", name="开新的一期").click()
    expect(page.get_by_text("新的一期开了。")).to_be_visible()

    house.scene.open_cycle().order(0.03).cut_off().send().receive().share()
    page.goto(f"/coordinator/cycles/{house.scene.cycle}/close")
    page.get_by_role("button", name="查一遍，关掉").click()
    expect(page.get_by_role("alert")).to_contain_text("没有关")
    page.goto("/coordinator/audit")
    expect(page.get_by_text("守住了").first).to_be_visible()
    expect(page.get_by_text("有问题")).to_have_count(0)
