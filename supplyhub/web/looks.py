"""How values look on a page: money, weights, doors, times, names, in the reader's language."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import current_app

from supplyhub.places.grid_names import grid_in_chinese, numeral
from supplyhub.web.language import gettext as _
from supplyhub.web.language import look, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask

NUMBERED_HOUSE = re.compile("([0-9]+)号楼")
NUMBERED_UNIT = re.compile("([0-9]+)单元")
MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def init_app(app: Flask) -> None:
    """Give the templates these filters."""
    for show in (
        money,
        yuan,
        weight,
        figure,
        door,
        address,
        written_door,
        house,
        clock,
        day,
        dated,
        weekday,
        moment,
        left,
        stamp,
        named,
        enumerated,
        grid_name,
        grid_short,
    ):
        app.jinja_env.filters[show.__name__] = show
    app.jinja_env.globals["n_"] = counted


def counted(words: str, num: int, **values: object) -> str:
    """Return words about a number; Chinese needs one form, English two. In templates: `n_`."""
    return ngettext(words, num, figure=figure(num), **values)


def money(fen: int) -> str:
    """Return an amount: 480 -> ¥4.80."""
    sign = "−" if fen < 0 else ""
    return f"{sign}¥{abs(fen) / 100:,.2f}"


def yuan(fen: int) -> str:
    """Return an amount for a relay text or an input field: 480 -> 4.80."""
    return f"{fen / 100:.2f}"


def weight(grams: int) -> str:
    """Return a weight: 500 -> 500 g, 1500 -> 1.5 kg."""
    number, unit = (f"{grams}", "g") if grams < 1000 else (f"{round(grams / 1000, 1):g}", "kg")
    # Not to be broken over two lines.
    return f"{number}\u00a0{unit}"


def figure(number: int) -> str:
    """Return a whole number with thousands apart: 1318 -> 1,318."""
    return f"{number:,}"


def door(place: Any) -> str:
    """Return a door as people say it: 58-2-301. Takes what has building_number, building_name, unit_number and door."""
    return f"{place.building_number or place.building_name}-{place.unit_number}-{place.door}"


def address(place: Any) -> str:
    """Return a door in full: 58号楼 2单元 301."""
    if look().lang == "zh" or not place.building_number:
        return f"{place.building_name} {place.unit} {place.door}"
    return _(
        "%(building)s号楼 %(unit)s单元 %(door)s",
        building=place.building_number,
        unit=place.unit_number,
        door=place.door,
    )


def written_door(door: str, building: str, unit: str) -> str:
    """Return a door of a file as people say it: 58-2-301; with the words of the file where those have no numbers."""
    at, within = NUMBERED_HOUSE.fullmatch(building), NUMBERED_UNIT.fullmatch(unit)
    if at and within:
        return f"{at[1]}-{within[1]}-{door}"
    return " ".join(filter(None, (house(building), unit, door)))


def house(name: str) -> str:
    """Return a building's name in the reader's language: 58号楼, Building 58; a name without number stays."""
    number = NUMBERED_HOUSE.fullmatch(name)
    return name if look().lang == "zh" or number is None else f"Building {number[1]}"


def local(when: datetime) -> datetime:
    """Return a moment in the community's zone."""
    return when.astimezone(ZoneInfo(current_app.extensions["settings"].timezone))


def clock(when: datetime) -> str:
    """Return the time of day: 20:00."""
    return f"{local(when):%H:%M}"


def day(when: date | datetime) -> str:
    """Return a day: 4月12日, 12 April."""
    on = local(when).date() if isinstance(when, datetime) else when
    return f"{on.month}月{on.day}日" if look().lang == "zh" else str(format_date(on, "d MMMM", locale="en"))


def dated(when: date | datetime) -> str:
    """Return a day with its weekday, kept together: 4月12日 周日, Sun 12 Apr; of another year with the year instead."""
    on = local(when).date() if isinstance(when, datetime) else when
    if on.year != local(datetime.now(UTC)).year:
        return f"{on.year}年{day(on)}" if look().lang == "zh" else str(format_date(on, "d MMM y", locale="en"))
    if look().lang == "zh":
        return f"{day(on)}\u00a0{weekday(on)}"
    return str(format_date(on, "EEE d MMM", locale="en")).replace(" ", "\u00a0")


def weekday(when: date | datetime) -> str:
    """Return the day of the week: 周一, Mon."""
    on = local(when).date() if isinstance(when, datetime) else when
    return "周" + "一二三四五六日"[on.weekday()] if look().lang == "zh" else str(format_date(on, "EEE", locale="en"))


def moment(when: datetime, *, now: datetime | None = None) -> str:
    """Return a moment as people say it: 今天 08:12, 昨天 17:46, 4月9日 08:12."""
    today = local(now or datetime.now(UTC)).date()
    on = local(when).date()
    words = {today: _("今天"), today - timedelta(days=1): _("昨天"), today + timedelta(days=1): _("明天")}
    return f"{words.get(on) or day(on)} {clock(when)}"


def left(until: datetime, *, now: datetime | None = None) -> str:
    """Return how long it is until a moment: 2 时 14 分, 2 h 14 m. The script counts on from here."""
    seconds = int((until - (now or datetime.now(UTC))).total_seconds())
    if seconds < MINUTE:
        return _("不到 1 分")
    days, hours, minutes = seconds // DAY, seconds % DAY // HOUR, seconds % HOUR // MINUTE
    if days:
        return _("%(days)s 天 %(hours)s 时", days=days, hours=hours)
    return (
        _("%(hours)s 时 %(minutes)s 分", hours=hours, minutes=minutes)
        if hours
        else _("%(minutes)s 分", minutes=minutes)
    )


def stamp(when: datetime) -> str:
    """Return a moment for a script or an input of type datetime-local in the community's zone."""
    return f"{local(when):%Y-%m-%dT%H:%M}"


def named(thing: Any) -> str:
    """Return a product's name in the reader's language."""
    return str(thing.name_zh if look().lang == "zh" else thing.name_en or thing.name_zh)


def enumerated(words: Iterable[str]) -> str:
    """Return several words as one text: 土豆、鸡蛋; Potatoes, Eggs."""
    return ("、" if look().lang == "zh" else ", ").join(words)


def grid_name(number: int) -> str:
    """Return a grid's name: 第三网格, Grid 3."""
    return grid_in_chinese(number) if look().lang == "zh" else f"Grid {number}"


def grid_short(number: int) -> str:
    """Return a grid's name in a table: 第三, Grid 3."""
    return f"第{numeral(number)}" if look().lang == "zh" else f"Grid {number}"
