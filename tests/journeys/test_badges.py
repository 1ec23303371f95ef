"""A volunteer's badge, in a browser: scanned, a PIN chosen, to work, home, and in again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from supplyhub.crypto import token_hash
from supplyhub.db import db, execute, scalar

if TYPE_CHECKING:
    from tests.journeys.house import House

SECRET = "ABCDEFGHJKLMNPQRSTUVWXYZ23"
PIN = "802175"


def test_a_badge_is_scanned_and_its_holder_goes_to_work_and_home(house: House) -> None:
    code = scalar("SELECT code FROM badge WHERE account_id = :id", id=house.scene.volunteers[3].account_id)
    execute("UPDATE badge SET secret_hash = :hash WHERE code = :code", hash=token_hash(SECRET), code=code)
    db.session.commit()
    phone = house.device()
    phone.goto(f"/badge#{code}.{SECRET}")
    expect(phone.get_by_role("heading", name=code)).to_be_visible()
    assert SECRET not in phone.url
    phone.get_by_label("想好的 6 位数字").fill(PIN)
    phone.get_by_label("再输一次").fill(PIN)
    phone.get_by_role("button", name="就用它").click()
    phone.wait_for_url("**/tickets")
    phone.get_by_role("button", name="上班").click()
    expect(phone.get_by_role("heading", name="在班上")).to_be_visible()
    phone.get_by_role("link", name="下班").click()
    phone.get_by_role("button", name="下班").click()
    phone.wait_for_url("**/badge")
    expect(phone.get_by_text("下班了")).to_be_visible()
    # The page is open: a second scan is taken all the same.
    phone.goto(f"/badge#{code}.{SECRET}")
    phone.get_by_label("6 位密码数字").fill("111213")
    phone.get_by_role("button", name="登录").click()
    expect(phone.get_by_text("还能再试 4 次")).to_be_visible()
    phone.get_by_label("6 位密码数字").fill(PIN)
    phone.get_by_role("button", name="登录").click()
    phone.wait_for_url("**/tickets")
    expect(phone.get_by_role("heading", name="没在班上")).to_be_visible()


def test_a_badge_signs_in_without_script_by_typing_what_stands_behind_the_mark(house: House) -> None:
    code = scalar("SELECT code FROM badge WHERE account_id = :id", id=house.scene.volunteers[4].account_id)
    execute("UPDATE badge SET secret_hash = :hash WHERE code = :code", hash=token_hash(SECRET), code=code)
    db.session.commit()
    phone = house.device(java_script_enabled=False)
    phone.goto("/badge")
    phone.get_by_label("码里 # 号后面的字").fill(f"{code}.{SECRET.lower()}")
    phone.get_by_role("button", name="下一步").click()
    expect(phone.get_by_role("heading", name=code)).to_be_visible()
