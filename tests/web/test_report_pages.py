"""The day's report on pages: today beside yesterday, who sees whose, made by hand, as files, as a text for the chat."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from python_calamine import CalamineWorkbook

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.notifications.links import link_of
from supplyhub.notifications.states import Matter
from supplyhub.notifications.words import said
from supplyhub.notifications.words_of_days import told_figures
from supplyhub.people.states import Role
from supplyhub.reports.daily import make_due_reports, make_report, report_told
from supplyhub.web.pages import report_pages
from tests.factories import a_community, a_grid, an_account
from tests.factories_depot import Town
from tests.printed import texts_of
from tests.web.test_pages import sign_in, token_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient

ZONE = ZoneInfo("Asia/Shanghai")
A_DAY = timedelta(days=1)
A4_POINTS = (595, 842)


def today() -> date:
    return datetime.now(UTC).astimezone(ZONE).date()


@pytest.fixture
def town(database: Any) -> Town:
    """Return a town of two grids with three households each; nobody ordered yesterday, two of the first grid today."""
    town = Town(grids=2, homes=3)
    make_report(town.coordinator, today() - A_DAY)
    for home in town.first.homes[:2]:
        town.order(town.first, home, V001=2)
    make_report(town.coordinator, today())
    return town


@pytest.fixture
def office(client: FlaskClient, town: Town) -> FlaskClient:
    return sign_in(client, town.coordinator.account_id)


def words(page: str) -> str:
    """Return what a page says, without its marks."""
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page))


def make(client: FlaskClient, **form: str) -> Any:
    """Send the form by which a day is counted; any page has its token."""
    return client.post("/report", data={"csrf_token": token_of(client.get("/report").text), **form})


def a_lead(client: FlaskClient, town: Town, grid: int) -> FlaskClient:
    return sign_in(client, an_account(town.community, Role.GRID_LEAD, grid=town.sides[grid - 1].grid).id)


def test_the_day_stands_beside_the_one_before_in_all_and_by_grid(office: FlaskClient) -> None:
    page = office.get("/report").text
    said_there = words(page)
    assert "已下单 2 / 6 前一天 0 · +2" in said_there
    assert "没消息 4 前一天 6 · −2" in said_there
    for line in ("已下单 2 0 +2", "没消息 4 6 −2", "户数 6 6 0", "这一期的货款 ¥19.20 ¥0.00 +19.20"):
        assert line in said_there
    assert page.count('class="day-bar"') == 4
    assert "已下单，最近七天：没有日报、没有日报、没有日报、没有日报、没有日报、0、2" in page
    one = words(office.get("/report?grid=2").text)
    assert "已下单 0 / 3 前一天 0 · 没变" in one


def test_a_day_without_a_report_says_so_and_can_be_made(office: FlaskClient) -> None:
    longer_ago = today() - 5 * A_DAY
    before = office.get(f"/report?day={longer_ago}").text
    assert "这一天没有日报" in before
    assert office.get(f"/report/file.pdf?day={longer_ago}").status_code == 404
    made = make(office, day=longer_ago.isoformat())
    assert made.headers["Location"] == f"/report?day={longer_ago}"
    after = words(office.get(f"/report?day={longer_ago}").text)
    assert "前一天没有日报，没法比" in after
    assert "已下单 0 / 6 前一天没有日报" in after


def test_made_again_the_newest_counts_are_shown(office: FlaskClient, town: Town) -> None:
    town.order(town.sides[1], town.sides[1].homes[0], V001=1)
    assert "已下单 2 / 6" in words(office.get("/report").text)
    make(office)
    assert "已下单 3 / 6" in words(office.get("/report").text)
    assert scalar("SELECT count(*) FROM daily_report WHERE day = :day", day=today()) == 2


def test_a_day_that_has_not_come_is_not_made(office: FlaskClient) -> None:
    tomorrow = today() + A_DAY
    assert "这一天还没到" in office.get(f"/report?day={tomorrow}").text
    assert make(office, day=tomorrow.isoformat()).headers["Location"] == f"/report?day={today()}"
    assert scalar("SELECT count(*) FROM daily_report WHERE day = :day", day=tomorrow) == 0


@pytest.mark.parametrize("day", ["gestern", "0001-01-01", "9999-12-31", "2026-02-30", "1999-12-31"])
def test_what_is_no_day_is_not_found(office: FlaskClient, day: str) -> None:
    assert office.get(f"/report?day={day}").status_code == 404
    assert office.get(f"/report/file.xlsx?day={day}").status_code == 404
    assert make(office, day=day).status_code == 404


def test_pages_far_away_are_empty_and_no_fault(office: FlaskClient) -> None:
    assert office.get("/report?days=99999999999999999999&page=99999999999999999999").status_code == 200
    assert office.get("/report?days=-1&page=x").status_code == 200


def test_a_community_without_anything_has_an_empty_page(client: FlaskClient) -> None:
    community = a_community()
    a_grid(community, 1)
    office = sign_in(client, an_account(community, Role.COORDINATOR).id)
    assert "这一天没有日报" in office.get("/report").text
    make(office)
    page = words(office.get("/report").text)
    assert "已下单 0 / 0 前一天没有日报" in page
    for kind in ("xlsx", "pdf"):
        assert office.get(f"/report/file.{kind}").status_code == 200


def test_a_lead_has_the_own_grid_and_makes_none(client: FlaskClient, town: Town) -> None:
    lead = a_lead(client, town, 2)
    page = words(lead.get("/report").text)
    assert "已下单 0 / 3" in page
    assert "重数" not in page
    assert "各网格" not in page
    assert " · 第二网格" in page
    assert lead.get("/report?grid=1").status_code == 404
    assert lead.get("/report/file.xlsx?grid=1").status_code == 404
    assert make(lead).status_code == 403
    assert scalar("SELECT count(*) FROM daily_report") == 2
    (sheet,) = texts_of(lead.get("/report/file.pdf").data)
    assert "第二网格" in sheet
    assert "第一网格" not in sheet


def test_nobody_else_reads_a_report(client: FlaskClient, town: Town) -> None:
    for role in (Role.DEPOT, Role.VOLUNTEER):
        somebody = sign_in(client, an_account(town.community, role).id)
        for address in ("/report", "/report/file.xlsx", "/report/file.pdf"):
            assert somebody.get(address).status_code == 403
    elsewhere = sign_in(client, an_account(a_community(), Role.COORDINATOR).id)
    assert "这一天没有日报" in elsewhere.get("/report").text
    assert elsewhere.get("/report?grid=1").status_code == 404


def test_the_workbook_has_the_whole_and_the_grids_and_no_formula(office: FlaskClient, town: Town) -> None:
    with transaction():
        execute("UPDATE community SET name = '=1+1' WHERE id = :id", id=town.community.id)
    found = office.get("/report/file.xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(found.data))
    assert book.sheet_names == ["合计", "各网格"]
    whole = book.get_sheet_by_name("合计").to_python()
    assert str(whole[0][0]).startswith("=1+1 ")
    by_name = {line[0]: line[1:4] for line in whole}
    assert by_name["已下单"] == [2.0, 0.0, 2.0]
    assert by_name["没消息"] == [4.0, 6.0, -2.0]
    assert by_name["这一期的货款"] == [19.2, 0.0, 19.2]
    grids = book.get_sheet_by_name("各网格").to_python()
    assert [line[0] for line in grids[4:]] == ["第一网格", "第二网格"]
    column = grids[2].index("已下单")
    assert [line[column : column + 2] for line in grids[4:]] == [[2.0, 0.0], [0.0, 0.0]]


def test_whom_a_shortage_hit_stands_by_reason_and_by_grid(client: FlaskClient) -> None:
    town = Town(grids=2, homes=3)
    town.everybody_orders(V001=4)
    town.share(V001=6)
    make_report(town.coordinator, today())
    office = sign_in(client, town.coordinator.account_id)
    book = CalamineWorkbook.from_filelike(io.BytesIO(office.get("/report/file.xlsx").data))
    grids = book.get_sheet_by_name("各网格").to_python()
    told = {"fair_share": "住户 · 按户分，少拿", "none_left": "住户 · 分完了", "nothing_came": "住户 · 一点没到"}
    hit = rows(
        "SELECT g.number, a.reason, count(DISTINCT o.household_id) AS homes FROM allocation AS a"
        " JOIN orders AS o ON o.id = a.order_id JOIN grid AS g ON g.id = o.grid_id WHERE a.allocated < a.ordered"
        " GROUP BY g.number, a.reason"
    )
    assert hit
    for each in hit:
        assert grids[3 + each.number][grids[2].index(told[each.reason])] == each.homes
        page = words(office.get(f"/report?grid={each.number}").text)
        assert f"{told[each.reason]} {each.homes} — —" in page


def test_many_grids_are_on_several_pages(client: FlaskClient, monkeypatch: Any) -> None:
    monkeypatch.setattr(report_pages, "PAGE_SIZE", 2)
    town = Town(grids=3, homes=1)
    make_report(town.coordinator, today())
    office = sign_in(client, town.coordinator.account_id)
    assert [office.get(f"/report?page={page}").text.count('class="day-bar"') for page in (1, 2, 9)] == [4, 2, 0]
    assert "1 / 2" in words(office.get("/report").text)


def test_a_workbook_says_where_the_day_before_has_no_report(office: FlaskClient) -> None:
    found = office.get(f"/report/file.xlsx?day={today() - A_DAY}")
    whole = CalamineWorkbook.from_filelike(io.BytesIO(found.data)).get_sheet_by_name("合计").to_python()
    assert {line[0]: line[1:4] for line in whole}["户数"] == [6.0, "没有日报", ""]


def test_the_sheet_is_a4_and_says_which_page_of_how_many_it_is(office: FlaskClient) -> None:
    found = office.get("/report/file.pdf")
    pages = texts_of(found.data)
    for place, page in enumerate(pages, start=1):
        assert f"第 {place} 页，共 {len(pages)} 页" in page
    whole = "".join(pages)
    for line in (
        "已下单",
        "+2",
        "−2",
        "钱（元）",
        "19.20",
        "第一网格",
        "第二网格",
        f"{today().month}月{today().day}日",
    ):
        assert line in whole


def test_the_text_for_the_chat_is_what_the_robot_says_and_nothing_personal(office: FlaskClient, town: Town) -> None:
    evening = datetime.combine(today(), datetime.min.time(), ZONE) + timedelta(hours=18)
    (report,) = make_due_reports(evening)
    page = office.get("/report").text
    shown = re.search(r'id="chat"[^>]*data-text="([^"]*)"', page)
    assert shown
    _community, _day, grids = report_told(report)
    told = {name: sum(told_figures(grid)[name] for grid in grids.values()) for name in told_figures(grids["1"])}
    message = said(Matter.DAY_REPORT, {"day_on": today().isoformat(), "figures": told}, lang="zh", zone="Asia/Shanghai")
    assert shown[1] == f"【{message.title}】\n{message.text}"
    assert "住户 6，下单 2，不需要 0，没回音 4。" in shown[1]
    for home in town.first.homes:
        assert f"-{home.door}" not in shown[1]


def test_the_report_is_found_from_home_from_the_rooms_and_from_its_message(office: FlaskClient, town: Town) -> None:
    assert office.get("/coordinator").text.count('href="/report"') == 2
    facts = {"day_on": today().isoformat()}
    for role in (Role.COORDINATOR, Role.GRID_LEAD):
        assert link_of(Matter.DAY_REPORT, facts, role) == f"/report?day={today()}"
    assert link_of(Matter.DAY_REPORT, facts, None) == "/"
