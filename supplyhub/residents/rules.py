"""How doors, people and telephones are read and said. Pure."""

from __future__ import annotations

import re

from supplyhub.places.rules import number_in

HIGHEST_FLOOR = 200


def unit_number(unit: str) -> int:
    """Return the number of a unit (1单元 -> 1, 甲单元 -> 1); 0 when the building has no units."""
    return number_in(unit) if unit else 0


def floor_of(door: str) -> int:
    """Return the floor that a door's number names (301 -> 3, 1203 -> 12); 0 when it names none."""
    digits = "".join(re.findall(r"[0-9]+", door))
    floor = int(digits[:-2]) if 3 <= len(digits) <= 6 else 0
    return floor if floor <= HIGHEST_FLOOR else 0


def said_door(building_number: int, building: str, unit: int, door: str) -> str:
    """Return a door as people say it: 58-2-301."""
    return f"{building_number or building}-{unit}-{door}"


def said_key(building: str, unit: str, door: str) -> tuple[str, int | str, str]:
    """Return what tells doors apart when they are said: 1单元 and 1 are the same unit."""
    return building, unit_number(unit) or unit, door


def phone_digits(phone: str) -> str:
    """Return the digits by which a telephone number is found; a leading 86 of a mobile number is dropped."""
    digits = "".join(re.findall(r"[0-9]", phone))
    return digits[2:] if len(digits) == 13 and digits.startswith("861") else digits


def shrunk_name(name: str) -> str:
    """Return a name for those who don't need all of it: 黄小明 -> 黄**, Anna -> A**."""
    return f"{name[0]}**" if name else ""
