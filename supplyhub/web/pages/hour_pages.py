"""Where the depot stands; when delivery points are open, in words for those who fetch there. Set by the coordinator."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.errors import InvalidError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.places.depot_place import depot_place, place_depot
from supplyhub.places.hours import WEEK_DAYS, alike, points_with_hours, read_hours, set_hours, stand_of
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import enumerated, local
from supplyhub.web.words import word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Flask
    from werkzeug.wrappers import Response

    from supplyhub.places.hours import Opening, Point

pages = Blueprint("hours", __name__, url_prefix="/points")
LONGEST = 60


def init_app(app: Flask) -> None:
    """Give the templates the hours in words."""
    app.jinja_env.globals.update(
        hours_now=hours_now, hours_week=hours_week, hours_typed=hours_typed, points_here=points_here
    )


def hours_now(point: Point) -> str:
    """Return how a point stands now: 现在开着，到 12:00; empty where nobody said any hours."""
    stand = stand_of(point.openings, local(datetime.now(UTC)))
    if stand.open_until:
        return _("现在开着，到 %(clock)s", clock=f"{stand.open_until:%H:%M}")
    if stand.next_at is None or stand.next_in_days is None:
        return ""
    clock = f"{stand.next_at:%H:%M}"
    if stand.next_in_days == 0:
        return _("现在没开，%(clock)s 开", clock=clock)
    if stand.next_in_days == 1:
        return _("现在没开，明天 %(clock)s 开", clock=clock)
    weekday = (local(datetime.now(UTC)).isoweekday() - 1 + stand.next_in_days) % 7 + 1
    return _("现在没开，%(day)s %(clock)s 开", day=word("weekday", str(weekday)), clock=clock)


def hours_week(point: Point) -> list[tuple[str, str]]:
    """Return the hours through the week, days that are alike together: (周一至周五, 09:00–12:00、14:00–19:00)."""
    return [(_days(weekdays), enumerated(map(_span, openings))) for weekdays, openings in alike(point.openings)]


def hours_typed(point: Point, weekday: int) -> str:
    """Return a day's hours as they are typed: 09:00-12:00 14:00-19:00."""
    return " ".join(_span(opening).replace("–", "-") for opening in point.on(weekday))


def points_here() -> list[Point]:
    """Return the delivery points of the asker's pages: a point's desk has its own, others all."""
    return points_with_hours(asker().community_id, only=asker().delivery_point_id)


@pages.get("")
@audience(Role.COORDINATOR)
def points() -> str:
    """Show where the depot stands, and the delivery points with their hours."""
    return _page({})


@pages.post("/depot")
@audience(Role.COORDINATOR)
def depot() -> Response | tuple[str, int]:
    """Put the depot on the map, or take it off."""
    written = request.form.get("at", "")[:LONGEST]
    try:
        place_depot(asker().community_id, written)
    except NotFoundError:
        wrong = _("底册里没有这栋楼，也没有这个配送点；或者它还没有位置。")
    except InvalidError:
        wrong = _("这里离哪栋楼都太远。请看看经纬度有没有写错。")
    else:
        flash(_("记好了，在一张图上看得到。") if written.strip() else _("从图上拿掉了。"), "done")
        return redirect(url_for("hours.points"), HTTPStatus.SEE_OTHER)
    return _page({}, at_depot=written, wrong_depot=wrong), HTTPStatus.UNPROCESSABLE_ENTITY


@pages.post("/<int:point_id>")
@audience(Role.COORDINATOR)
def change(point_id: int) -> Response | tuple[str, int]:
    """Take a point's hours, day by day, or the same for every day."""
    typed = {day: request.form.get(f"day{day}", "")[:LONGEST] for day in WEEK_DAYS}
    every = request.form.get("every", "")[:LONGEST]
    if every.strip():
        typed = dict.fromkeys(WEEK_DAYS, every)
    openings: list[Opening] = []
    wrong: dict[int, str] = {}
    for weekday, text in typed.items():
        try:
            openings += read_hours(text, weekday)
        except InvalidError:
            wrong[weekday] = _("请这样写：9:00-12:00 14:00-19:00")
    if wrong:
        return _page(typed, wrong, point_id), HTTPStatus.UNPROCESSABLE_ENTITY
    set_hours(asker().community_id, point_id, openings)
    flash(_("记好了，来领的人都看得到。"), "done")
    return redirect(url_for("hours.points"), HTTPStatus.SEE_OTHER)


def _page(
    typed: dict[int, str],
    wrong: dict[int, str] | None = None,
    at: int | None = None,
    *,
    at_depot: str = "",
    wrong_depot: str = "",
) -> str:
    return render_template(
        "duty/hours.html",
        points=points_with_hours(asker().community_id),
        depot=depot_place(asker().community_id),
        at_depot=at_depot,
        wrong_depot=wrong_depot,
        typed=typed,
        wrong=wrong or {},
        at=at,
        days=WEEK_DAYS,
    )


def _days(weekdays: Sequence[int]) -> str:
    if len(weekdays) == len(WEEK_DAYS):
        return _("每天")
    names = [word("weekday", str(day)) for day in weekdays]
    if len(weekdays) > 2 and weekdays[-1] - weekdays[0] == len(weekdays) - 1:
        return _("%(first)s至%(last)s", first=names[0], last=names[-1])
    return enumerated(names)


def _span(opening: Opening) -> str:
    return f"{opening.opens:%H:%M}–{opening.closes:%H:%M}"
