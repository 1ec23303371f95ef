"""The stops of the tour about life in a grid: duty card, hours, levels, roster, asking for help, wishes, complaints."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from supplyhub.db import db, row, rows
from supplyhub.delivery.levels import change_level, say_about_level
from supplyhub.help.commands import (
    assign_request,
    claim_wish,
    credit_complaint,
    let_wait,
    open_request,
    post_wish,
    solve,
    take_request,
)
from supplyhub.help.states import HelpChannel, HelpKind
from supplyhub.people.duty import add_line
from supplyhub.people.roster import places_of, plan_shift
from supplyhub.people.states import DutyTitle
from supplyhub.places.hours import read_hours, set_hours
from supplyhub.places.states import ZoneLevel
from supplyhub.residents.anchors import appoint_anchor
from tests.journeys.stops import ACTS, SEND, Stop
from tests.rules.test_photos import chunk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.journeys.scene import Scene

GRID = 3
CARD = [
    (DutyTitle.LEAD, "周平", "199 0000 0763"),
    (DutyTitle.LIAISON, "柯健", "199 0000 0756"),
    (DutyTitle.DOCTOR, "林医生", "0591-8765 4321"),
    (DutyTitle.POLICE, "黄警官", "110"),
    (DutyTitle.PROPERTY, "物业值班室", ""),
    (DutyTitle.LIAISON, "阿依古丽·买买提依明（Amina Karimova-Abdurahmonova）", "199 0000 0799"),
]
LONG = "孩子下周开学，家里没有打印机，想请谁家帮忙打印三年级上册的数学卷子和作业单，一共二十来张，" * 2


def a_photo() -> bytes:
    """Return a picture that can be seen: a box on a table."""
    side = 96
    lines = [b"\0" + bytes((200 if 24 < x < 72 and y > 30 else 120) for x in range(side)) for y in range(side)]
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"".join(lines))) + chunk(b"IEND", b"")


def ask_for_nothing(page: Page) -> None:
    """Send an empty form."""
    page.evaluate("document.querySelectorAll('[required]').forEach(field => field.removeAttribute('required'))")
    page.click(SEND)


def plan_twice(page: Page) -> None:
    """Plan somebody who is on duty elsewhere then."""
    page.select_option("#who", label="林海 · 中转站" if page.locator("html[lang=zh-CN]").count() else "林海 · Depot")
    page.click("form[action*=roster] button.btn-main")


ACTS["ask-for-nothing"] = ask_for_nothing
ACTS["plan-twice"] = plan_twice


def grid_life(scene: Scene) -> Iterator[Stop]:
    """The card is written, points have hours, people are on duty; households ask, neighbours help."""
    homes = scene.homes(GRID)
    yield Stop("duty-edit-empty", f"gridlead:{GRID}", f"/duty/{GRID}")
    yield Stop("duty-card-empty", f"resident:{homes[40]}", "/duty")
    _settle(scene, homes[40])
    yield Stop("duty-card", f"resident:{homes[41]}", "/duty")
    yield Stop("duty-edit", f"gridlead:{GRID}", f"/duty/{GRID}")
    yield Stop("duty-cards", "coordinator", "/duty")
    yield Stop("points-hours", "coordinator", "/points")
    yield Stop("coordinator-levels-planned", "coordinator", "/levels")
    yield Stop("roster-week", "coordinator", "/roster")
    place = places_of(scene.coordinator)[1]
    yield Stop("roster-clash", "coordinator", f"/roster?place={place.key}", "plan-twice")
    yield Stop("roster-mine", "depot", "/roster/mine")
    yield Stop("ask-home-first", f"resident:{homes[41]}", "/ask")
    yield Stop("ask-medicine", f"resident:{homes[41]}", "/ask/new/medicine")
    yield Stop("ask-faulty", f"resident:{homes[41]}", "/ask/new/transport", "ask-for-nothing")
    yield Stop("ask-wish", f"resident:{homes[41]}", "/ask/new/wish")
    yield from _asked(scene, homes)
    yield Stop("volunteer-helping", f"volunteer:{GRID}", "/helping")
    yield Stop("gridlead-today-life", f"gridlead:{GRID}", "/grid")


def complaints(scene: Scene) -> Iterator[Stop]:
    """Something was wrong with an order that was delivered."""
    order = row(
        """
        SELECT o.id, o.menu_id, o.household_id FROM orders AS o JOIN parcel AS p ON p.order_id = o.id
        JOIN grid AS g ON g.id = o.grid_id JOIN cycle AS c ON c.id = o.cycle_id AND c.state = 'staging'
        WHERE g.number = :grid ORDER BY o.id LIMIT 1
        """,
        grid=GRID,
    )
    if order is None:
        return
    resident = f"resident:{order.household_id}"
    yield Stop("resident-order-to-complain", resident, f"/order?menu_id={order.menu_id}")
    yield Stop("ask-complaint", resident, f"/ask/order/{order.menu_id}")
    items = [line.item_id for line in rows("SELECT item_id FROM order_line WHERE order_id = :o LIMIT 2", o=order.id)]
    asker = scene.resident(order.household_id)
    code = _open(scene, asker, HelpKind.COMPLAINT, "底下两个烂了", {"trouble": "not_fresh", "items": items}, order.id)
    yield Stop("complaint-decide", f"gridlead:{GRID}", f"/complaints/{code}")
    credit_complaint(scene.leads[GRID], code, amount_fen=480, note="烂的两个退您钱", vault=scene.vault)
    yield Stop("ask-complaint-done", resident, f"/ask/of/{code}")


def _settle(scene: Scene, anchor: int) -> None:
    """Write the card, hours, levels and roster."""
    lead, office = scene.leads[GRID], scene.coordinator
    for title, name, phone in CARD:
        add_line(lead, GRID, title=title, name=name, phone=phone, vault=scene.vault)
    building = "(SELECT building_id FROM household WHERE id = :home)"
    if not rows(f"SELECT FROM anchor_household WHERE building_id = {building} AND ended_at IS NULL", home=anchor):
        appoint_anchor(office, anchor)
    for point in rows("SELECT id FROM delivery_point ORDER BY id LIMIT 2"):
        week = [each for day in range(1, 7) for each in read_hours("8:30-11:30 14:00-18:00", day)]
        set_hours(office.community_id, point.id, week)
    say_about_level(office, "每天 9 点楼下做核酸，按楼栋叫号。", grid=GRID) if _has_level() else change_level(
        office, ZoneLevel.LOCKDOWN, grid=GRID, note="每天 9 点楼下做核酸，按楼栋叫号。"
    )
    later = datetime.now(UTC) + timedelta(days=3)
    change_level(office, ZoneLevel.CONTROLLED, grid=GRID, since=later, note="连续三天没有新增就改。")
    change_level(office, ZoneLevel.NORMAL, grid=GRID, since=later + timedelta(days=7))
    _plan(scene)


def _has_level() -> bool:
    return bool(
        rows("SELECT FROM grid_zone_level AS z JOIN grid AS g ON g.id = z.grid_id WHERE g.number = :grid", grid=GRID)
    )


def _plan(scene: Scene) -> None:
    """Put people on duty through the week, some of them now."""
    (
        depot,
        *_points,
    ) = places_of(scene.coordinator)
    grid = next(place for place in places_of(scene.coordinator) if place.kind == "grid" and place.name == str(GRID))
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    monday = now.replace(hour=0) - timedelta(days=now.weekday())
    shifts = [(scene.depot, depot, monday + timedelta(days=day), 12) for day in range(7)]
    shifts += [(scene.volunteers[4], depot, monday + timedelta(days=day, hours=12), 8) for day in (1, 3, 5)]
    shifts += [
        (scene.leads[GRID], grid, now - timedelta(hours=1), 8),
        (scene.volunteers[GRID], grid, now - timedelta(hours=2), 6),
    ]
    for who, place, starts, hours in shifts:
        plan_shift(scene.coordinator, who.account_id, place, starts_at=starts, ends_at=starts + timedelta(hours=hours))
    db.session.rollback()


def _asked(scene: Scene, homes: list[int]) -> Iterator[Stop]:
    """What households ask for, in the states that matter."""
    mine, lead, volunteer = scene.resident(homes[40]), scene.leads[GRID], scene.volunteers[GRID]
    facts = {"name": "硝苯地平片", "amount": "两盒", "pharmacy": "协和药房", "kept_cool": True}
    medicine = _open(scene, mine, HelpKind.MEDICINE, "母亲的降压药明天就没了", facts, photos=[a_photo()])
    take_request(lead, medicine)
    let_wait(lead, medicine, note="药房说下午三点能取", vault=scene.vault)
    errand = _open(scene, mine, HelpKind.ERRAND, "孩子的成绩单打两份", {"errand": "print"})
    take_request(lead, errand)
    assign_request(lead, errand, volunteer.account_id, instead_of=lead.account_id)
    done = _open(scene, mine, HelpKind.OTHER, "楼道灯不亮", {})
    take_request(lead, done)
    solve(lead, done, note="物业换好了，您看看", vault=scene.vault)
    neighbour = scene.resident(homes[43])
    texts = ["想有人隔着门说说话，每天五分钟", "想借一本三年级下册语文书", LONG]
    wishes = [
        _open(
            scene,
            neighbour if place else mine,
            HelpKind.WISH,
            "腿不好，一个人",
            {"topic": topic, "show_door": place != 1},
        )
        for place, topic in enumerate(("company", "learning", "repair"))
    ]
    yield Stop("ask-home", f"resident:{homes[40]}", "/ask")
    yield Stop("ask-status", f"resident:{homes[40]}", f"/ask/of/{medicine}")
    yield Stop("ask-status-done", f"resident:{homes[40]}", f"/ask/of/{done}")
    yield Stop("ask-withdraw", f"resident:{homes[40]}", f"/ask/of/{errand}/withdraw")
    yield Stop("ask-neighbours", f"resident:{homes[40]}", "/ask/neighbours")
    yield Stop("wish-post", f"gridlead:{GRID}", f"/wishes/{wishes[1]}/post")
    yield Stop("wish-wall-empty", f"resident:{homes[41]}", "/wishes")
    for wish, text in zip(wishes, texts, strict=True):
        post_wish(lead, wish, public_text=text)
    claim_wish(scene.resident(homes[41]), wishes[0])
    claim_wish(scene.resident(homes[41]), wishes[1])
    yield Stop("wish-wall", f"resident:{homes[41]}", "/wishes")
    yield Stop("wish-wall-volunteer", f"volunteer:{GRID}", "/wishes")


def _open(
    scene: Scene, asker: Any, kind: HelpKind, text: str, facts: dict[str, Any], order: int | None = None, **more: Any
) -> str:
    return open_request(
        asker,
        key=uuid4(),
        kind=kind,
        channel=HelpChannel.WEB,
        text=text,
        facts=facts,
        order_id=order,
        vault=scene.vault,
        **more,
    )
