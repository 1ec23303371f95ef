"""The day's report (日报): on screen beside the day before, in Excel, on paper, for the chat; a lead has the own grid's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import force_locale
from markupsafe import Markup

from supplyhub.db import db, scalar
from supplyhub.errors import InvalidError, NotFoundError
from supplyhub.notifications.states import Matter
from supplyhub.notifications.words import said
from supplyhub.notifications.words_of_days import told_figures
from supplyhub.people.states import Role
from supplyhub.places.grid_names import grid_in_chinese
from supplyhub.reports.daily import make_report
from supplyhub.reports.day_charts import days_line, shares_bar
from supplyhub.reports.day_reading import days_reported, own_grid, reports_between, today_of
from supplyhub.reports.day_sheet import DaySheet, day_pdf, day_xlsx
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import CHINESE
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import day as day_words
from supplyhub.web.looks import enumerated, figure, local
from supplyhub.web.report_words import MAIN, TILES, change_words, grid_lines, parts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response

    from supplyhub.reports.day_figures import DayFigures
    from supplyhub.reports.day_reading import DayReport
    from supplyhub.reports.day_sheet import Line, Part

    Bars = tuple[Markup, Markup]

pages = Blueprint("report", __name__, url_prefix="/report")

LEADS = (Role.GRID_LEAD, Role.COORDINATOR)
FILES: dict[str, tuple[str, Callable[[DaySheet], bytes]]] = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", day_xlsx),
    "pdf": ("application/pdf", day_pdf),
}
A_DAY = timedelta(days=1)
# So many days, with the one that is looked at, are in a small chart; so many are listed, so many grids on a page.
CHARTED = 7
DAYS_LISTED, PAGE_SIZE, FURTHEST_PAGE = 10, 60, 10_000
# Before there was anything to report.
FIRST_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Looked:
    """The day that is looked at, of which grid (None: all), with the reports of the days before it, by day."""

    day: date
    grid: int | None
    reports: dict[date, DayReport]

    @property
    def report(self) -> DayReport | None:
        """Return the day's report, if it was made."""
        return self.reports.get(self.day)

    @property
    def before(self) -> DayReport | None:
        """Return that of the day before."""
        return self.reports.get(self.day - A_DAY)

    @property
    def next_day(self) -> date:
        """Return the day after."""
        return self.day + A_DAY

    @property
    def days(self) -> list[date]:
        """Return the days of a small chart."""
        return [self.day - A_DAY * back for back in reversed(range(CHARTED))]

    def to(self, **other: Any) -> dict[str, Any]:
        """Return the values of an address about the same."""
        return {"day": self.day.isoformat(), "grid": self.asked_grid, **other}

    @property
    def asked_grid(self) -> int | None:
        """Return the grid as an address names it: a lead's goes without saying."""
        return None if asker().role == Role.GRID_LEAD else self.grid


@pages.get("")
@audience(*LEADS)
def day() -> str:
    """Show a day beside the one before (`?day=`, else today, else the newest that has a report); `?grid=`: one grid."""
    listing = _page("days")
    listed, many = days_reported(asker(), page=listing, page_size=DAYS_LISTED)
    looked = _looked(_day_asked() or _newest())
    lead = asker().role == Role.GRID_LEAD
    return render_template(
        "report/day.html",
        looked=looked,
        report=looked.report,
        today=today_of(asker()),
        listed=listed,
        listing=listing,
        many=many,
        days_listed=DAYS_LISTED,
        lead=lead,
        page=_page("page"),
        page_size=PAGE_SIZE,
        main=MAIN,
        change_words=change_words,
        **(_shown(looked, looked.report) if looked.report else {}),
    )


@pages.post("")
@audience(Role.COORDINATOR)
def make() -> Response:
    """Count a day now; the newest report of a day is the one that is shown."""
    asked = _day_asked() or today_of(asker())
    try:
        make_report(asker(), asked)
        flash(_("%(day)s的日报数好了。", day=day_words(asked)), "done")
    except InvalidError:
        flash(_("这一天还没到，到了再做日报。"), "problem")
        asked = today_of(asker())
    return redirect(url_for("report.day", day=asked.isoformat()), HTTPStatus.SEE_OTHER)


@pages.get("/file.<any(xlsx, pdf):kind>")
@audience(*LEADS)
def file(kind: str) -> Response:
    """Return a day's report as a file."""
    mimetype, write = FILES[kind]
    looked = _looked(_day_asked() or _newest())
    if looked.report is None:
        raise NotFoundError("this day has no report", day=looked.day.isoformat())
    # What goes on paper is in Chinese, whoever prints it.
    with force_locale(CHINESE):
        sheet = _sheet(looked, looked.report)
    # What is made of it takes a while: not with a connection in hand.
    db.session.rollback()
    return send_file(
        BytesIO(write(sheet)), mimetype, as_attachment=kind == "xlsx", download_name=f"{sheet.file_name}.{kind}"
    )


def _day_asked() -> date | None:
    """Return the day of the address or the form, None when there is none. Raises NotFoundError for what is no day."""
    asked = request.values.get("day", "")
    if not asked:
        return None
    try:
        found = date.fromisoformat(asked)
    except ValueError:
        found = date.min
    if not FIRST_DAY <= found <= date.max - A_DAY:
        raise NotFoundError("there is no such day")
    return found


def _page(name: str) -> int:
    return min(max(1, request.args.get(name, 1, type=int)), FURTHEST_PAGE)


def _newest() -> date:
    """Return today if it has a report or none has; else the newest day that has one."""
    newest, _many = days_reported(asker(), page=1, page_size=1)
    return newest[0].day if newest else today_of(asker())


def _looked(day: date) -> Looked:
    grid = own_grid(asker(), request.args.get("grid", type=int))
    return Looked(day, grid, reports_between(asker(), day - A_DAY * (CHARTED - 1), day, grid))


def _shown(looked: Looked, report: DayReport) -> dict[str, Any]:
    """Return what the page shows of a report."""
    before = looked.before.all if looked.before else None
    parts = parts_of(report.all, before, alone=looked.grid is not None)
    by_key = {line.key: line for part in parts for line in part.lines}
    return {
        "parts": parts,
        "tiles": [
            (_(name), by_key[key], status, shape, _days_line(looked, by_key[key])) for key, name, status, shape in TILES
        ],
        "grids": _grid_rows(looked, report, parts),
        "chat": _chat(looked, report),
    }


def _grid_rows(looked: Looked, report: DayReport, parts: list[Part]) -> list[tuple[int, list[Line], Bars]]:
    """Return a page of the grids: each with its figures and its bars."""
    first = PAGE_SIZE * (_page("page") - 1)
    most = max((grid.delivered + grid.failed for grid in report.grids.values()), default=0)
    shown = _grids(looked, report, parts)[first : first + PAGE_SIZE]
    return [(number, lines, _bars(report.grids[number], most)) for number, lines in shown]


def _grids(looked: Looked, report: DayReport, parts: list[Part]) -> list[tuple[int, list[Line]]]:
    earlier = looked.before.grids if looked.before else {}
    found = sorted(report.grids.items())
    return [(number, grid_lines(parts, figures, earlier.get(number))) for number, figures in found]


def _days_line(looked: Looked, line: Line) -> Markup:
    """Return a figure's last days as a small chart; drawn from numbers and our own words only."""
    known = [looked.reports.get(day) for day in looked.days]
    figures = [None if report is None else report.all.figure(line.key) for report in known]
    spoken = [_("没有日报") if each is None else figure(each // 100 if line.money else each) for each in figures]
    words = _("%(name)s，最近七天：%(figures)s", name=line.name, figures=enumerated(spoken))
    return Markup(days_line(figures, words))  # noqa: S704


def _bars(grid: DayFigures, most: int) -> Bars:
    """Return a grid's bars: how its households stand, and how its doors did beside the `most` of any grid."""
    standing = [("ordered", grid.ordered), ("declined", grid.declined)]
    doors = [("delivered", grid.delivered), ("problem", grid.failed)]
    asked = _("已下单 %(ordered)s 户，不需要 %(declined)s 户，没消息 %(silent)s 户", **_three(grid))
    gone = _("送到 %(delivered)s 户，没送成 %(failed)s 户", delivered=grid.delivered, failed=grid.failed)
    return (
        Markup(shares_bar(standing, grid.households, asked)),  # noqa: S704
        Markup(shares_bar(doors, most, gone)),  # noqa: S704
    )


def _three(grid: DayFigures) -> dict[str, int]:
    return {"ordered": grid.ordered, "declined": grid.declined, "silent": grid.silent}


def _chat(looked: Looked, report: DayReport) -> str:
    """Return what a chat group's robot says of the report, in Chinese: counts alone."""
    facts: dict[str, Any] = {"day_on": looked.day.isoformat(), "figures": told_figures(asdict(report.all))}
    if looked.grid is not None:
        facts |= {"as": "grid", "grid": looked.grid}
    message = said(Matter.DAY_REPORT, facts, lang="zh", zone=current_app.extensions["settings"].timezone)
    return f"【{message.title.strip()}】\n{message.text}"


def _sheet(looked: Looked, report: DayReport) -> DaySheet:
    community = str(scalar("SELECT name FROM community WHERE id = :id", id=asker().community_id))
    before = looked.before.all if looked.before else None
    parts = parts_of(report.all, before, alone=looked.grid is not None)
    grid = "" if looked.grid is None else f" {grid_in_chinese(looked.grid)}"
    cycle = f"第{report.cycle}期 · " if report.cycle else ""
    made_by = report.made_by or "到点自动做的"
    return DaySheet(
        community=community,
        title=f"{community}{grid} {looked.day.month}月{looked.day.day}日 日报",
        facts=f"{cycle}{local(report.made_at):%Y-%m-%d %H:%M} 数的（{made_by}）",
        parts=parts,
        grids=[(grid_in_chinese(number), lines) for number, lines in _grids(looked, report, parts)],
        main=("households", *MAIN),
        printed=local(datetime.now(UTC)),
        file_name=f"日报-{looked.day.isoformat()}{grid.replace(' ', '-')}",
    )
