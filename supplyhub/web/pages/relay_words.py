"""The words for a pasted relay: why an entry waits, what becomes of a door, lines as people write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from supplyhub.ordering.relay.notes import Code
from supplyhub.ordering.states import EntryKind
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import grid_name, weight
from supplyhub.web.words import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supplyhub.ordering.relay.entries import Entry
    from supplyhub.ordering.relay.facts import Door, Item, Known
    from supplyhub.ordering.relay.notes import Note

WHY = {
    Code.REMARK: N_("备注：%(what)s"),
    Code.CONVERTED: N_("%(said)s = %(grams)s，按 %(quantity)s 记"),
    Code.ONE_ASSUMED: N_("%(item)s 没写几份，按 1 记"),
    Code.WHOLE_MENU: N_("菜单上的每样都要 %(quantity)s"),
    Code.SAME_WORDS: N_("和第 %(entry)s 条是同样的话，两条都算"),
    Code.REPEATED: N_("第 %(entry)s 条原样又贴了一遍，只算一次"),
    Code.NOTHING_TO_WITHDRAW: N_("这户前面没有接龙"),
    Code.UNEXPLAINED: N_("“%(what)s”没看懂，没算进去"),
    Code.NO_DOOR: N_("没写门牌"),
    Code.NO_SUCH_DOOR: N_("本网格没有 %(said)s 这个门牌"),
    Code.DOOR_UNCLEAR: N_("可能是 %(doors)s"),
    Code.OTHER_GRID: N_("%(said)s 是%(grid)s的"),
    Code.PHONE_OF_ANOTHER: N_("电话是 %(door)s 的"),
    Code.PHONE_DIFFERS: N_("电话和底册里这户的不一样"),
    Code.NAME_OF_ANOTHER: N_("%(name)s 在底册里是 %(door)s"),
    Code.NO_ITEMS: N_("没写要什么"),
    Code.UNKNOWN_ITEM: N_("认不出“%(what)s”"),
    Code.NOT_ON_MENU: N_("“%(what)s”是%(product)s，这次菜单里没有"),
    Code.WITHDRAWN_ITEM: N_("%(item)s 已经下架"),
    Code.ITEM_UNCLEAR: N_("“%(what)s”可能是 %(items)s"),
    Code.ITEM_GUESSED: N_("“%(what)s”只有%(item)s像"),
    Code.OVER_CAP: N_("%(item)s 要 %(quantity)s，每户最多 %(cap)s"),
    Code.FOREIGN_UNIT: N_("%(item)s 写的是“%(said)s”，算不成份数"),
    Code.QUANTITY_UNCLEAR: N_("“%(what)s”看不出要几份"),
    Code.CHANGE_UNCLEAR: N_("“%(what)s”看不出怎么改"),
    Code.EARLIER_MISSING: N_("这户以前的第 %(entry)s 条，这次没有：是改成这样，还是再加？"),
    Code.HEADING_OF_OTHER_GRID: N_("开头写的是%(said)s，像是%(grid)s的接龙"),
    Code.DOORS_ELSEWHERE: N_("有 %(entry)s 条的门牌在%(grid)s，像是那边的接龙"),
    Code.NUMBER_AGAIN: N_("和第 %(entry)s 条同号、同一户，话不一样"),
}
FATES = {
    "placed": N_("新单"),
    "changed": N_("改单"),
    "cancelled": N_("撤单"),
    "same": N_("没有变化"),
    "nothing": N_("没有可撤的单"),
    "web": N_("网上改过，以网上为准"),
    "short": N_("不够"),
    "closed": N_("现在不接单"),
    "refused": N_("下不了单"),
}
PHONE = re.compile(r"(?<!\d)1\d{6}(\d{4})(?!\d)")
MARKED = ("words", "said")
# gettext has a parameter of its own by that name.
SHOWN_AS = {"words": "what", "entries": "entry"}


def why(note: Note, known: Known) -> str:
    """Return a note in the reader's words."""
    words = WHY.get(note.code)
    return _(words, **_Facts(note.data, names(known))) if words else str(note.code)


class _Facts(dict[str, Any]):
    """The facts of a note as words; one that is missing is a question mark, so that a note is never lost."""

    def __init__(self, data: Mapping[str, Any], items: Mapping[int, Item]) -> None:
        super().__init__()
        self.update(dict.fromkeys(("what", "said", "item", "items", "door", "doors", "product", "name"), "？"))
        self.update(dict.fromkeys(("quantity", "grams", "entry", "grid", "cap"), "？"))
        for key, value in data.items():
            self[SHOWN_AS.get(key, key)] = self._word(key, value, items)

    @staticmethod
    def _word(key: str, value: Any, items: Mapping[int, Item]) -> str:
        named = {number: item.name for number, item in items.items()}
        shapes = {
            "item": lambda: named.get(value, str(value)),
            "items": lambda: "、".join(named.get(item, str(item)) for item in value),
            "doors": lambda: "、".join(short(door) for door in value),
            "door": lambda: short(str(value)),
            "grams": lambda: weight(value),
            "grid": lambda: grid_name(value),
        }
        return shapes[key]() if key in shapes else str(value)


def names(known: Known) -> dict[int, Item]:
    """Return the menu's items by id."""
    return {item.id: item for item in known.items}


def short(door: str) -> str:
    """Return a door as people say it: 47号楼/1单元/101 -> 47-1-101; one without numbers stays."""
    return re.sub(r"号楼|栋|单元", "", door).replace("/", "-")


def spoken(door: Door) -> str:
    """Return a door of the register as people say it: 47-1-101."""
    return f"{door.building_number or door.building}-{door.unit_number}-{door.door}"


def wish(kind: EntryKind, lines: Mapping[int, int], items: Mapping[int, Item]) -> str:
    """Return what an entry wants, as the chain writes it and the reader reads it again: 大白菜3 五花肉2."""
    if kind == EntryKind.WITHDRAW:
        return "取消"
    sign = "改成" if kind == EntryKind.REPLACE else ""
    return " ".join(f"{items[item].name}{sign}{units}" for item, units in lines.items() if item in items)


def listed(kind: EntryKind, lines: Mapping[int, int], items: Mapping[int, Item]) -> list[str]:
    """Return what an entry wants, item by item, to be looked at: 大白菜 3, 空心菜 → 3."""
    sign = "→ " if kind == EntryKind.REPLACE else ""
    return [f"{items[item].name} {sign}{units}" for item, units in lines.items() if item in items]


def unnumbered(text: str, number: int) -> str:
    """Return an entry's text without its number in the chain, which stands beside it."""
    return re.sub(rf"^[（(\[【]?{number}[)）\]】.．、，,:：]+\s*", "", text.strip())


def masked(text: str) -> str:
    """Return an entry's text with telephones but for their last digits."""
    return PHONE.sub(r"…\1", text)


def parts(entry: Entry) -> list[tuple[str, bool]]:
    """Return an entry's text in parts, those that a note is about marked; telephones masked."""
    text, notes = unnumbered(entry.text, entry.number), entry.notes
    about = {str(note.data[key]) for note in notes if note.code != Code.REMARK for key in MARKED if note.data.get(key)}
    found = [re.escape(words) for words in sorted(about, key=len, reverse=True) if words.strip()]
    if not found:
        return [(masked(text), False)]
    pieces = re.split(f"({'|'.join(found)})", text)
    return [(masked(piece), place % 2 == 1) for place, piece in enumerate(pieces) if piece]
