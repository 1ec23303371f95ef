"""A small grid with a posted menu, against which the tests read their relays."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from supplyhub.catalog.aliases import default_aliases
from supplyhub.ordering.relay.facts import Door, Item, Known, Product
from supplyhub.ordering.relay.reading import read_relay

if TYPE_CHECKING:
    from supplyhub.ordering.relay.entries import Entry, Reading

# SKU, name, unit, grams, cap; the place in the list is the number on the menu.
POSTED = (
    ("V001", "大白菜", "份", 1500, 3),
    ("V002", "土豆", "份", 1000, 9),
    ("V007", "番茄", "份", 500, 9),
    ("V012", "空心菜", "份", 400, 9),
    ("F001", "香蕉", "份", 1000, 9),
    ("M001", "五花肉", "份", 500, 2),
    ("D001", "鸡蛋", "板", 1800, 1),
    ("D002", "纯牛奶", "盒", 1030, 9),
    ("G001", "大米", "袋", 5000, 9),
)
NOT_POSTED = (("V003", "红薯"), ("G005", "土豆粉"), ("G002", "面条"), ("V009", "青椒"), ("M003", "牛肉"))
# Building, unit, door, contact; the telephone is made from the place in the list.
DOORS = (
    (47, 1, "101", "苏怡"),
    (47, 1, "301", "曾军"),
    (47, 2, "101", "王芳"),
    (47, 2, "203", "蔡梅强"),
    (48, 1, "302", "赖明"),
    (50, 1, "203", "余超琳"),
    (50, 1, "502", "刘健"),
    (52, 1, "401", "洪娟磊"),
    (58, 1, "301", "王芳"),
    (58, 1, "403", "洪艳"),
    (58, 1, "703", "陈敏玲"),
    (58, 2, "301", "黄涛敏"),
)
PHONES = {"50-1-502": "19900000638", "58-1-403": "19900000760", "50-1-203": "19900000630", "47-1-101": "19900000568"}
PHONES |= {"47-1-301": "19900000573", "48-1-302": "19900000607", "52-1-401": "19900000664", "58-2-301": "19900000776"}


@cache
def known() -> Known:
    """Return what the relays are read against: grid 3."""
    aliases = default_aliases()
    return Known(
        items=tuple(
            Item(place * 10, sku, name, unit, grams, place, cap, aliases.get(name, ()))
            for place, (sku, name, unit, grams, cap) in enumerate(POSTED, start=1)
        ),
        doors=tuple(
            Door(
                place,
                f"{building}号楼",
                building,
                f"{unit}单元",
                unit,
                door,
                name,
                PHONES.get(f"{building}-{unit}-{door}", ""),
            )
            for place, (building, unit, door, name) in enumerate(DOORS, start=1)
        ),
        grid_number=3,
        products=tuple(Product(sku, name, aliases.get(name, ())) for sku, name in NOT_POSTED),
        elsewhere={"1号楼": 5, "4号楼": 5},
    )


def reading(text: str) -> Reading:
    """Return a text as read."""
    return read_relay(text, known())


def only(text: str) -> Entry:
    """Return the only entry of a text."""
    (entry,) = reading(text).entries
    return entry


def by_sku(lines: dict[int, int]) -> dict[str, int]:
    """Return lines by SKU."""
    sku = {item.id: item.sku for item in known().items}
    return {sku[item]: quantity for item, quantity in lines.items()}


def orders(text: str) -> dict[str, dict[str, int]]:
    """Return what a text orders, by door and SKU."""
    said = {door.household_id: door.said for door in known().doors}
    return {said[home]: by_sku(lines) for home, lines in reading(text).baskets().items()}


def lines(text: str) -> str:
    """Return the lines of the only order of a text: "V001 2, V002 1"; empty for none."""
    (basket,) = orders(text).values() or [{}]
    return ", ".join(f"{sku} {quantity}" for sku, quantity in sorted(basket.items()))


def codes(entry: Entry) -> set[str]:
    """Return what was noticed about an entry, remarks left out."""
    return {note.code.value for note in entry.notes} - {"remark"}
