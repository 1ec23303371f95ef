"""A volunteer's phone without signal: a whole ticket beside a second phone, problems, what was pressed by mistake."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from supplyhub.audit.law import Verdict
from supplyhub.audit.queries import audit
from supplyhub.config import PACKAGE
from supplyhub.db import db, rows, scalar
from supplyhub.delivery.commands import hand_over
from tests.drill import in_the_drill
from tests.journeys.looking import faults, scrolls_sideways
from tests.journeys.phones import (
    MAIN,
    deliver,
    door_of,
    find_signal,
    keys_of,
    lose_signal,
    open_phone,
    settled_stops,
    wake_worker,
)

if TYPE_CHECKING:
    from tests.journeys.house import House

PICTURE = PACKAGE / "web" / "static" / "icons" / "icon-192.png"


def in_hand(house: House) -> str:
    """Bring a ticket into the volunteer's hands; return its code."""
    return house.scene.open_cycle().order(0.03).cut_off().send().receive().share().pack(3).claim(3)


def assert_laws_hold() -> None:
    db.session.rollback()
    assert [found for found in audit() if found.verdict != Verdict.HOLDS] == []
    db.session.rollback()


def test_a_ticket_is_walked_without_signal_while_a_second_phone_walks_some_of_it(house: House) -> None:
    code = in_hand(house)
    doors = len(settled_stops(code))
    owed = scalar(
        "SELECT sum(p.amount_fen) FROM posting AS p JOIN stop AS s ON s.order_id = p.order_id"
        " JOIN ticket AS t ON t.id = s.ticket_id WHERE p.account = 'household' AND t.code = :code",
        code=code,
    )
    db.session.rollback()
    first, second = open_phone(house.volunteer(3)), open_phone(house.volunteer(3))

    lose_signal(first)
    walked = [deliver(first) for _ in range(2)]
    expect(first.locator("#strip")).to_contain_text("2 条未上传 · 没信号，已存在手机里")
    first.reload()
    expect(first.locator(".gridband")).to_contain_text(f"2 / {doors}")
    expect(first.locator("#strip")).to_contain_text("2 条未上传")
    first.locator("#strip summary").click()
    expect(first.locator("#strip")).to_contain_text(walked[1])

    # The second one walks the same two, and says something else of the third.
    assert [deliver(second) for _ in range(2)] == walked
    contested = door_of(second)
    second.get_by_role("link", name="送不了，有问题").click()
    second.get_by_role("button", name="没人应门").click()
    expect(second.locator(".gridband")).to_contain_text(f"3 / {doors}")
    expect(second.locator("#strip")).to_contain_text("都上传了")

    for _ in range(doors - 2):
        deliver(first)
    expect(first.get_by_role("heading", name="每一户都走到了")).to_be_visible()
    assert [outcome for _stop, outcome in settled_stops(code)] == ["delivered"] * 2 + ["failed"] + [None] * (doors - 3)
    find_signal(first)
    conflict = first.locator(".notice[role=alert]", has_text=contested)
    expect(conflict).to_contain_text("早先记的不一样，没有改")
    expect(first.get_by_text("把 1 个包裹带回中转站")).to_be_visible()
    assert faults(first) == []
    conflict.get_by_role("button", name="知道了").click()
    expect(conflict).to_have_count(0)
    second.reload()
    expect(second.get_by_role("heading", name="每一户都走到了")).to_be_visible()

    # All that both phones said is there, and each door counts once.
    assert [outcome for _stop, outcome in settled_stops(code)] == ["delivered"] * 2 + ["failed"] + ["delivered"] * (
        doors - 3
    )
    assert scalar("SELECT count(*) FROM delivery_entry") == doors + 3
    assert scalar("SELECT count(*) FROM inbox_item WHERE kind = 'entry_conflict' AND cleared_at IS NULL") == 1
    assert (
        scalar("SELECT count(*) FROM (SELECT order_id FROM taking GROUP BY order_id HAVING count(*) > 1) AS twice") == 0
    )
    assert scalar("SELECT sum(amount_fen) FROM taking") == owed
    assert_laws_hold()


def test_what_was_pressed_by_mistake_is_undone_for_a_minute_with_its_money(house: House) -> None:
    code = in_hand(house)
    page = house.volunteer(3)
    page.clock.install()
    open_phone(page)
    lose_signal(page)
    door = deliver(page)
    expect(page.get_by_role("button", name=re.compile(r"^撤销 0:\d\d$"))).to_be_visible()
    page.reload()
    page.get_by_role("button", name=re.compile("^撤销")).click()
    expect(page.locator("h2.door")).to_have_text(door)
    expect(page.locator("#strip")).to_contain_text("2 条未上传")
    find_signal(page)
    assert settled_stops(code)[0][1] is None
    assert scalar("SELECT sum(amount_fen) FROM taking") == 0

    # Sent at once this time; undone all the same, until a minute has passed.
    assert deliver(page) == door
    expect(page.locator("#strip")).to_contain_text("都上传了")
    page.get_by_role("button", name=re.compile("^撤销")).click()
    expect(page.locator("h2.door")).to_have_text(door)
    page.get_by_role("link", name="送不了，有问题").click()
    page.get_by_role("button", name="住户不要").click()
    expect(page.locator(".toast")).to_contain_text("记了问题")
    page.clock.fast_forward(61_000)
    expect(page.locator(".toast")).to_have_count(0)
    expect(page.locator("#strip")).to_contain_text("都上传了")
    assert settled_stops(code)[0][1] == "failed"
    assert scalar("SELECT sum(amount_fen) FROM taking") == 0
    assert_laws_hold()


def test_a_problem_keeps_its_photo_on_the_phone_until_it_is_sent(house: House) -> None:
    code = in_hand(house)
    page = open_phone(house.volunteer(3))
    lose_signal(page)
    page.get_by_role("link", name="送不了，有问题").click()
    page.locator("#photo").set_input_files(PICTURE)
    expect(page.get_by_alt_text("拍的照片")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name="东西坏了").click()
    expect(page.locator("#strip")).to_contain_text("1 条未上传、1 张照片未上传")
    page.reload()
    expect(page.locator("#strip")).to_contain_text("1 张照片未上传")
    assert len(keys_of(page, "photos")) == 1
    find_signal(page)
    assert keys_of(page, "photos") == []
    (photo,) = rows(
        "SELECT s.problem, p.media_type FROM door_photo AS d JOIN photo AS p ON p.id = d.photo_id"
        " JOIN delivery_entry AS e ON e.id = d.entry_id JOIN stop AS s ON s.entry_id = e.id"
        " JOIN ticket AS t ON t.id = s.ticket_id WHERE t.code = :code",
        code=code,
    )
    assert tuple(photo) == ("damaged", "image/jpeg")
    assert_laws_hold()


def test_a_part_is_kept_back_another_sum_is_taken_and_a_parcel_stays_with_the_anchor_household(house: House) -> None:
    scene = house.scene.open_cycle().order(0.03).cut_off().send().receive().share().pack(3)
    code = scene.claim(3)
    scene.appoint(scene.neighbour_of(code, 3))
    page = open_phone(house.volunteer(3, viewport={"width": 320, "height": 700}))
    lose_signal(page)
    page.get_by_text("别的情况").click()
    page.get_by_role("link", name="只送到一部分").click()
    page.get_by_role("button", name=re.compile("多带回一件$")).first.click()
    assert faults(page) == []
    assert not scrolls_sideways(page)
    page.get_by_role("button", name="送到了，带回 1 件").click()
    page.get_by_text("别的情况").click()
    page.get_by_role("link", name="没收到，或者收得不一样").click()
    page.get_by_label("一共收了（元）").fill("一百")
    page.get_by_role("button", name="收了这些，送到了").click()
    expect(page.get_by_text("请填钱数，比如 12.50")).to_be_visible()
    page.get_by_label("一共收了（元）").fill("1.5")
    page.get_by_role("button", name="收了这些，送到了").click()
    page.get_by_text("别的情况").click()
    page.get_by_role("link", name="放在中心户").click()
    page.get_by_role("button", name="没收钱，放中心户了").click()
    expect(page.locator(".toast")).to_contain_text("放在中心户")
    find_signal(page)
    stops = settled_stops(code)
    assert [outcome for _stop, outcome in stops[:3]] == ["delivered"] * 3
    assert scalar("SELECT units FROM kept_back WHERE stop_id = :stop", stop=stops[0][0]) == 1
    assert scalar("SELECT stop_id FROM anchor_custody") == stops[2][0]
    amounts = [taking.amount_fen for taking in rows("SELECT amount_fen FROM taking ORDER BY happened_at")]
    assert (len(amounts), amounts[1]) == (2, 150)
    assert_laws_hold()


def test_a_ticket_is_shown_without_signal_and_the_worker_sends_when_it_is_back_and_the_page_closed(
    house: House,
) -> None:
    scene = house.scene.open_cycle().order(0.03).cut_off().send().receive().share().pack(3)
    code = scene.claim(3, handed=False)
    page = open_phone(house.volunteer(3))
    # At the delivery point there may be no signal: what is scanned there is on the phone.
    lose_signal(page)
    page.reload()
    expect(page.get_by_role("img", name=code)).to_be_visible()
    assert faults(page) == []
    hand_over(scene.depot, ticket_code=code, badge_code="3-001")
    page.context.set_offline(False)
    expect(page.locator("h2.door")).to_be_visible()
    lose_signal(page)
    deliver(page)
    # No page of the phone is open any more.
    page.goto("about:blank")
    page.context.set_offline(False)
    other = page.context.new_page()
    other.goto("/tickets")
    wake_worker(other)
    open_phone(other)
    assert settled_stops(code)[0][1] == "delivered"


def test_the_page_says_so_where_nothing_can_be_kept(house: House) -> None:
    page = house.device(java_script_enabled=False)
    page.goto("/phone/")
    expect(page.get_by_text("这一页要用脚本，才能没有信号也送")).to_be_visible()
    expect(page.get_by_role("link", name="打开普通页面")).to_have_attribute("href", "/tickets")


@in_the_drill
def test_everybody_can_use_the_page_in_large_type_on_a_small_phone_by_night(house: House) -> None:
    in_hand(house)
    page = house.volunteer(3, viewport={"width": 320, "height": 640}, color_scheme="dark")
    open_phone(page)
    page.get_by_role("link", name="大字").click()
    expect(page.locator("html")).to_have_attribute("data-type", "large")
    page.get_by_role("link", name="EN").click()
    expect(page.locator(".gridband")).to_contain_text("Grid 3")
    expect(page.locator(MAIN)).to_be_visible()
    assert faults(page) == []
    assert not scrolls_sideways(page)
    lose_signal(page)
    page.locator(MAIN).click()
    expect(page.locator("#strip")).to_contain_text("1 entry not sent")
    page.reload()
    # Without signal it is the same page: the large one, in English.
    expect(page.locator("html")).to_have_attribute("data-type", "large")
    expect(page.locator("#strip")).to_contain_text("1 entry not sent")
    assert faults(page) == []
    assert not scrolls_sideways(page)


@in_the_drill
def test_what_comes_back_is_listed_at_the_end_parcels_and_goods_out_of_parcels(house: House) -> None:
    code = in_hand(house)
    page = open_phone(house.volunteer(3))
    lose_signal(page)
    page.get_by_text("别的情况").click()
    page.get_by_role("link", name="只送到一部分").click()
    page.get_by_role("button", name=re.compile("多带回一件$")).first.click()
    page.get_by_role("button", name="送到了，带回 1 件").click()
    failed = door_of(page)
    page.get_by_role("link", name="送不了，有问题").click()
    page.get_by_role("button", name="没人应门").click()
    for _ in range(len(settled_stops(code)) - 2):
        deliver(page)
    comes_back = page.get_by_role("region", name="要交回的货").get_by_role("listitem")
    expect(comes_back).to_have_count(2)
    expect(comes_back.nth(0)).to_contain_text("没放下")
    expect(comes_back.nth(1)).to_contain_text(failed)
    expect(page.get_by_text("把 1 个包裹带回中转站、没放下的 1 件也带回")).to_be_visible()
    listed = comes_back.all_inner_texts()
    find_signal(page)
    page.reload()
    expect(page.locator("#strip")).to_contain_text("都上传了")
    expect(comes_back).to_have_count(2)
    assert comes_back.all_inner_texts() == listed
    kept = scalar(
        "SELECT sum(k.units) FROM kept_back AS k JOIN stop AS s ON s.id = k.stop_id JOIN ticket AS t ON t.id = s.ticket_id"
        " WHERE t.code = :code",
        code=code,
    )
    assert kept == 1
    db.session.rollback()
    assert faults(page) == []
