"""What messages say, in Chinese and English: counts, links, codes; of a person nothing.

A message's facts are shown by their names: what ends in `_at` is a moment, in `_on` a day, in `_homes` a number of
households, and so on (`SHOWN`). A fact that a text doesn't name is never shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from babel.dates import format_date

from supplyhub.notifications.states import Matter
from supplyhub.notifications.words_of_days import report_lines
from supplyhub.places.grid_names import grid_in_chinese

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Said:
    """A message in one language: its title, and what it says beside it (may be empty)."""

    title: str
    text: str = ""


# By matter, and where there are several, by the fact `as`: title and text.
ZH: Mapping[tuple[Matter, str], tuple[str, str]] = {
    (Matter.MENU_OPENED, ""): ("{grid}菜单开了", "{delivery_on}送菜，{cutoff_at} 截单。"),
    (Matter.MENU_OPENED, "cycle"): ("第{cycle}期菜单开了", "{delivery_on}送菜，各网格陆续开单。"),
    (Matter.CUT_OFF_SOON, ""): ("{grid}快截单了，{cutoff_at}", "还有{silent_homes}没下单。"),
    (Matter.CUT_OFF_SOON, "cycle"): ("第{cycle}期快截单了，{cutoff_at}", "还有{silent_homes}没下单。"),
    (Matter.CUT_OFF_SOON, "mine"): ("快截单了，{cutoff_at}", "您家这期还没下单。"),
    (Matter.ORDER_CHANGED, "withdrawn"): (
        "{grid}“{item_zh}”撤下了",
        "{orders_homes}订了它，已经退出订单，可以改订别的。",
    ),
    (Matter.ORDER_CHANGED, "short"): ("{grid}有的菜到得少了", "{short_homes}会少拿一些，订单页写着原因，钱会退。"),
    (Matter.ORDER_CHANGED, "my_withdrawn"): ("“{item_zh}”撤下了，您的订单改了", "截单前可以改订别的。"),
    (Matter.ORDER_CHANGED, "my_short"): ("您订的有{lines_kinds}到得少了", "订单页写着少了多少、为什么，多付的会退。"),
    (Matter.ON_ITS_WAY, ""): ("您的菜在路上了", "订单 {number}"),
    (Matter.DELIVERED, ""): ("您的菜送到了", "订单 {number}"),
    (Matter.REFUNDED, ""): ("退给您 {back_fen}", "订单 {number}"),
    (Matter.LEVEL_CHANGED, ""): ("{grid}现在是“{level}”", "{since_at} 起，{level_way}。"),
    (Matter.INBOX_OPENED, ""): ("{grid}有一件事等您处理", "{inbox}"),
    (Matter.HELP_OPENED, ""): ("{grid}有新的诉求 {code}", "{due_at} 前要有人办。"),
    (Matter.HELP_ASSIGNED, ""): ("诉求 {code} 交给您了", "{due_at} 前要办好。"),
    (Matter.HELP_ASSIGNED, "mine"): ("您的诉求 {code} 有人办了", ""),
    (Matter.HELP_OVERDUE, ""): ("{grid}诉求 {code} 超时了", "原定 {due_at} 前办好，请看一下。"),
    (Matter.HELP_ENDED, ""): ("您的诉求 {code} 有结果了", "没办好的话，可以再提出来。"),
    (Matter.CHECK_DUE, ""): ("今天有 {calls} 个关心电话要打", ""),
    (Matter.DAY_REPORT, ""): ("{day_on}日报", ""),
    (Matter.DAY_REPORT, "grid"): ("{grid}{day_on}日报", ""),
    (Matter.TEST, ""): ("这是一条试发的消息", "收到了就说明通了，不用回。"),
    (Matter.CONFIRM_MAIL, ""): (
        "确认码 {code}",
        "在下面的页面填上这个码，这个邮箱才会收到消息。一小时内有效，只能用一次。不是您要的就不用管，不会再发别的。",
    ),
}
EN: Mapping[tuple[Matter, str], tuple[str, str]] = {
    (Matter.MENU_OPENED, ""): ("{grid}: the menu is open", "Delivery on {delivery_on}, orders until {cutoff_at}."),
    (Matter.MENU_OPENED, "cycle"): ("Cycle {cycle}: menus are opening", "Delivery on {delivery_on}."),
    (Matter.CUT_OFF_SOON, ""): ("{grid}: orders close at {cutoff_at}", "{silent_homes} haven't ordered yet."),
    (Matter.CUT_OFF_SOON, "cycle"): (
        "Cycle {cycle}: orders close at {cutoff_at}",
        "{silent_homes} haven't ordered yet.",
    ),
    (Matter.CUT_OFF_SOON, "mine"): ("Orders close at {cutoff_at}", "Your household hasn't ordered yet."),
    (Matter.ORDER_CHANGED, "withdrawn"): (
        "{grid}: {item_en} was withdrawn",
        "{orders_homes} had ordered it; it is off their orders, and they may order something else.",
    ),
    (Matter.ORDER_CHANGED, "short"): (
        "{grid}: less came than was ordered",
        "{short_homes} will get less; their order pages say why, and the money goes back.",
    ),
    (Matter.ORDER_CHANGED, "my_withdrawn"): (
        "{item_en} was withdrawn from your order",
        "Until the cut-off you may order something else.",
    ),
    (Matter.ORDER_CHANGED, "my_short"): (
        "Less came of {lines_kinds} in your order",
        "Your order page says how much less and why; what you paid too much goes back.",
    ),
    (Matter.ON_ITS_WAY, ""): ("Your goods are on their way", "Order {number}"),
    (Matter.DELIVERED, ""): ("Your goods have arrived", "Order {number}"),
    (Matter.REFUNDED, ""): ("{back_fen} went back to you", "Order {number}"),
    (Matter.LEVEL_CHANGED, ""): ("{grid} is now: {level}", "From {since_at}: {level_way}."),
    (Matter.INBOX_OPENED, ""): ("{grid}: something waits for you", "{inbox}"),
    (Matter.HELP_OPENED, ""): ("{grid}: new request {code}", "Somebody has to see to it by {due_at}."),
    (Matter.HELP_ASSIGNED, ""): ("Request {code} is yours now", "To be done by {due_at}."),
    (Matter.HELP_ASSIGNED, "mine"): ("Somebody sees to your request {code}", ""),
    (Matter.HELP_OVERDUE, ""): ("{grid}: request {code} is overdue", "It was due by {due_at}; please look at it."),
    (Matter.HELP_ENDED, ""): ("Your request {code} has an outcome", "If it isn't solved, you can raise it again."),
    (Matter.CHECK_DUE, ""): ("Check-in calls to make today: {calls}", ""),
    (Matter.DAY_REPORT, ""): ("Report of {day_on}", ""),
    (Matter.DAY_REPORT, "grid"): ("{grid}: report of {day_on}", ""),
    (Matter.TEST, ""): ("This is a test message", "If you can read it, it works. No need to answer."),
    (Matter.CONFIRM_MAIL, ""): (
        "Confirmation code {code}",
        "Type it on the page below within an hour, once. If you didn't ask for it, do nothing: nothing else will come.",
    ),
}
FORMS = {"zh": ZH, "en": EN}

LEVELS = {
    "lockdown": ("封控", "lockdown", "菜送到门口，不见面", "goods come to your door, without contact"),
    "controlled": (
        "管控",
        "controlled",
        "菜送到楼门口，分时段领",
        "fetch your goods at the building entrance, by time slot",
    ),
    "precaution": ("防范", "precaution", "到配送点领菜", "fetch your goods at the delivery point"),
    "normal": ("正常", "normal", "到配送点领菜", "fetch your goods at the delivery point"),
}
INBOX = {
    "failed_door": ("有一户没送成", "a door could not be delivered to"),
    "kept_back": ("有东西没留下", "something was kept back at a door"),
    "entry_conflict": ("一户的记录两边说的不一样", "two records of a door contradict each other"),
    "unclaimed": ("有配送单没人领", "nobody has taken a ticket"),
    "silent": ("有志愿者没消息了", "a volunteer has gone silent"),
    "not_arrived": ("有一户说没收到", "a household says that nothing arrived"),
    "level_changed": ("管控等级变了，配送要看一下", "the zone level changed; look at the delivery"),
}


def said(matter: Matter, facts: Mapping[str, Any], *, lang: str, zone: str) -> Said:
    """Return what a message says. `lang`: zh or en; moments are told by the clock of `zone`."""
    title, text = FORMS[lang][matter, facts.get("as", "")]
    shown = {name: _shown(name, value, lang, zone) for name, value in facts.items()}
    shown["level_way"] = LEVELS[facts["level"]][2 if lang == "zh" else 3] if "level" in facts else ""
    lines = [text.format_map(shown), *report_lines(facts.get("figures", {}), lang)]
    return Said(_begun(title.format_map(shown)), _begun("\n".join(filter(None, lines))))


def _shown(name: str, value: Any, lang: str, zone: str) -> str:
    kind = name.rpartition("_")[2]
    show = SHOWN.get(kind)
    return show(value, lang, zone) if show else str(value)


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


def _moment(value: str, lang: str, zone: str) -> str:
    at = datetime.fromisoformat(value).astimezone(ZoneInfo(zone))
    return f"{_day(at.date().isoformat(), lang, zone)} {at:%H:%M}"


def _day(value: str, lang: str, _zone: str) -> str:
    on = date.fromisoformat(value)
    return f"{on.month}月{on.day}日" if lang == "zh" else str(format_date(on, "d MMMM", locale="en"))


def _homes(value: int, lang: str, _zone: str) -> str:
    return f"{value:,} 户" if lang == "zh" else f"{value:,} household{'' if value == 1 else 's'}"


def _kinds(value: int, lang: str, _zone: str) -> str:
    return f"{value} 样" if lang == "zh" else f"{value} item{'' if value == 1 else 's'}"


def _grid(value: int, lang: str, _zone: str) -> str:
    if lang == "en":
        return f"Grid {value}"
    return f"{grid_in_chinese(value)} "


SHOWN: Mapping[str, Callable[[Any, str, str], str]] = {
    "at": _moment,
    "on": _day,
    "homes": _homes,
    "kinds": _kinds,
    "fen": lambda value, _lang, _zone: f"¥{value / 100:,.2f}",
    "grid": _grid,
    "level": lambda value, lang, _zone: LEVELS[value][0 if lang == "zh" else 1],
    "inbox": lambda value, lang, _zone: INBOX[value][0 if lang == "zh" else 1],
    "calls": lambda value, _lang, _zone: f"{value:,}",
}
