"""The roster (值班表): a place's week for the coordinator; my own duty for everybody of the staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for

from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.people.roster import (
    WEEK_DAYS,
    DutyPlace,
    OnDutyAlreadyError,
    cancel_shift,
    copy_week,
    my_duty,
    on_duty_now,
    people_for,
    places_of,
    plan_shift,
    week_of,
)
from supplyhub.people.states import Role
from supplyhub.places.commands import DEPOT
from supplyhub.web.audience import STAFF, asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import counted as n_
from supplyhub.web.looks import day as day_words
from supplyhub.web.looks import enumerated, grid_name, local, weekday

if TYPE_CHECKING:
    from typing import Any

    from flask import Flask
    from werkzeug.wrappers import Response

pages = Blueprint("roster", __name__, url_prefix="/roster")
# Where a shift begins and how long it lasts, when the form is fresh: the day's first twelve hours.
FIRST = "08:00"
HOURS = (12, 8, 6, 4)


@dataclass(frozen=True, slots=True)
class Week:
    """Which place's week is looked at."""

    place: DutyPlace
    monday: date

    def to(self, endpoint: str, weeks: int = 0) -> str:
        """Return the address of a page about this week, or one so many weeks on."""
        monday = self.monday + timedelta(days=WEEK_DAYS * weeks)
        return url_for(endpoint, place=self.place.key, week=monday.isoformat())


def init_app(app: Flask) -> None:
    """Give the templates who is on duty now."""
    app.jinja_env.globals.update(on_duty=lambda: on_duty_now(asker()), duty_place=place_words)


def place_words(kind: str, name: str) -> str:
    """Return what a place of the roster is called: a grid, and a depot without a name of its own, in the reader's language."""
    if kind == "grid":
        return grid_name(int(name))
    return _("物资暂存中转站") if name == DEPOT else name


@pages.get("")
@audience(Role.COORDINATOR)
def week() -> str:
    """Show a place's week."""
    return _page({})


@pages.post("")
@audience(Role.COORDINATOR)
def plan() -> Response | tuple[str, int]:
    """Put somebody on duty."""
    at = _week()
    try:
        starts_at, ends_at = _read_hours()
        plan_shift(asker(), request.form.get("who", 0, type=int), at.place, starts_at=starts_at, ends_at=ends_at)
    except OnDutyAlreadyError as error:
        return _page({"who": _clash(error)}), HTTPStatus.CONFLICT
    except NotFoundError:
        return _page({"who": _("请选一个人。他的证可能不能用了。")}), HTTPStatus.UNPROCESSABLE_ENTITY
    except (InvalidError, ValueError):
        refusal = _("请填哪一天、几点起；一班最多 12 小时，最晚排到六十天以后。")
        return _page({"starts": refusal}), HTTPStatus.UNPROCESSABLE_ENTITY
    except ConflictError:
        return _page({"who": _("刚刚有人改过，请再试一次。")}), HTTPStatus.CONFLICT
    flash(_("排上了。"), "done")
    return redirect(at.to("roster.week"), HTTPStatus.SEE_OTHER)


@pages.post("/copy")
@audience(Role.COORDINATOR)
def copy() -> Response:
    """Plan this week as the last one."""
    at = _week()
    copied = copy_week(asker(), at.place, at.monday)
    if copied.left_out:
        names = enumerated(
            _("%(who)s（%(day)s）", who=each.name, day=weekday(each.starts_at)) for each in copied.left_out
        )
        flash(_("没排上的：%(names)s。他们那时在别处值班，或者不在了。", names=names), "attention")
    flash(n_("照上周排了 %(num)s 班。", copied.shifts), "done")
    return redirect(at.to("roster.week"), HTTPStatus.SEE_OTHER)


@pages.post("/<int:shift_id>/cancel")
@audience(Role.COORDINATOR)
def cancel(shift_id: int) -> Response:
    """Take a shift off the roster."""
    cancel_shift(asker(), shift_id)
    flash(_("取消了这一班。"), "done")
    return redirect(_week().to("roster.week"), HTTPStatus.SEE_OTHER)


@pages.get("/mine")
@audience(STAFF)
def mine() -> str:
    """Show when and where I am on duty."""
    shifts = my_duty(asker())
    now = datetime.now(shifts[0].starts_at.tzinfo) if shifts else None
    running = [each for each in shifts if now and each.starts_at <= now]
    return render_template("duty/mine.html", running=running, coming=[each for each in shifts if each not in running])


def _page(wrong: dict[str, str]) -> str:
    at = _week()
    shifts = week_of(asker(), at.place, at.monday)
    by_day = {day: list(group) for day, group in groupby(shifts, key=lambda shift: local(shift.starts_at).date())}
    days = [at.monday + timedelta(days=number) for number in range(WEEK_DAYS)]
    today = _today()
    return render_template(
        "duty/roster.html",
        at=at,
        days=[(day, by_day.get(day, [])) for day in days],
        today=today,
        places=places_of(asker()),
        people=people_for(asker()),
        now_on=on_duty_now(asker()),
        typed=request.form,
        wrong=wrong,
        first=FIRST,
        lengths=HOURS,
    )


def _week() -> Week:
    """Return the week that the address names; without one this week of the depot. Raises NotFoundError."""
    places = places_of(asker())
    wanted = request.values.get("place", "")
    place = next((each for each in places if each.key == wanted), None)
    if place is None:
        if wanted or not places:
            raise NotFoundError("there is no such place", place=wanted)
        place = places[0]
    try:
        day = date.fromisoformat(request.values.get("week", ""))
    except ValueError:
        day = _today()
    return Week(place, day - timedelta(days=day.weekday()))


def _today() -> date:
    return datetime.now(_zone()).date()


def _zone() -> ZoneInfo:
    return ZoneInfo(current_app.extensions["settings"].timezone)


def _read_hours() -> tuple[datetime, datetime]:
    """Return from when to when the form says. Raises ValueError, InvalidError."""
    day = date.fromisoformat(request.form.get("day", ""))
    starts_at = datetime.combine(day, time.fromisoformat(request.form.get("starts", "")), _zone())
    hours = request.form.get("hours", 0, type=int)
    if hours not in HOURS:
        raise InvalidError("a shift has some hours")
    return starts_at, starts_at + timedelta(hours=hours)


def _clash(error: OnDutyAlreadyError) -> str:
    data: dict[str, Any] = error.data
    starts, ends = (local(datetime.fromisoformat(data[end])) for end in ("starts_at", "ends_at"))
    return _(
        "没排上：%(who)s %(day)s %(starts)s–%(ends)s 已经在%(place)s值班。一个人同一时间只能在一处。",
        who=data["who"],
        day=day_words(starts),
        starts=f"{starts:%H:%M}",
        ends=f"{ends:%H:%M}",
        place=place_words(data["kind"], data["place"]),
    )
