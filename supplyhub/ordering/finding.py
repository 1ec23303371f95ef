"""Finding a door by what somebody types: its numbers in the many ways people write them, a telephone, a name."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from supplyhub.db import rows
from supplyhub.ordering.doors import DOOR, OF_GRID, WALKING_ORDER, opened, scope
from supplyhub.people.states import Role
from supplyhub.places.rules import number_in
from supplyhub.residents.register import CONTACT, PHONE_PURPOSE
from supplyhub.residents.rules import phone_digits

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

MOST = 60
SHORTEST_PHONE = 7
SPELLED = re.compile(r"([零一二两三四五六七八九十]{1,3})(?=号楼|号|栋|幢|座|单元|梯)")
# How neighbours call each other: 王阿姨 is found by her surname.
TITLES = re.compile(r"(?:阿姨|叔叔|奶奶|爷爷|伯伯|大伯|大爷|大妈|大姐|大哥|先生|女士|师傅|老师|家)$")


def door_numbers(text: str) -> list[str]:
    """Return the numbers of a typed door, at most three: 47#1-101, ４７号楼二单元301, 47栋1-101. Pure."""
    plain = unicodedata.normalize("NFKC", text)
    digits = SPELLED.sub(lambda found: str(number_in(found[1])), plain)
    numbers = re.findall(r"[0-9]+", digits)[:3]
    return [] if any(len(number) > 6 for number in numbers) else numbers


def find_doors(asker: Asker, text: str, *, vault: Vault) -> list[Row[Any]]:
    """Return the doors within a lead's or coordinator's reach that a text means, in walking order; at most 60.

    A telephone is looked up by its hash. Names are sealed one by one, so they are looked for in a lead's own grid only.
    """
    digits = phone_digits(unicodedata.normalize("NFKC", text))
    if len(digits) >= SHORTEST_PHONE and re.fullmatch(r"[0-9+ ()-]+", unicodedata.normalize("NFKC", text).strip()):
        found = rows(
            f"{DOOR} AND h.active AND h.phone_hash = :phone ORDER BY {WALKING_ORDER} LIMIT {MOST}",
            phone=vault.lookup_hash(digits, PHONE_PURPOSE),
            **scope(asker),
        )
        # 47 1 1101 typed without a dash has as many digits as a telephone.
        return found or doors_matching(asker, text)
    if numbers := door_numbers(text):
        return _numbered(asker, numbers)
    return _named(asker, text.strip(), vault) if asker.role == Role.GRID_LEAD else []


def doors_matching(asker: Asker, text: str) -> list[Row[Any]]:
    """Return the doors that typed numbers mean: 58, 58-2, 58-2-301, 58号楼2单元301; none for no number.

    Two numbers are a building and a unit, or a building and a door when it has no such unit.
    """
    numbers = door_numbers(text)
    return _numbered(asker, numbers) if numbers else []


def neighbours_of(asker: Asker, text: str = "") -> list[Row[Any]]:
    """Return the other doors of an anchor's building; with a text those it means: 301, 2-301, 58-2-301. None for others."""
    homes = rows(
        f"{DOOR} AND h.active AND h.id <> :anchor ORDER BY {WALKING_ORDER}",
        **scope(asker),
    )
    numbers = door_numbers(text)
    if not numbers:
        return [] if text.strip() else homes
    *before, door = numbers
    return [home for home in homes if home.door.startswith(door) and _fits(home, before)]


def _fits(home: Row[Any], before: list[str]) -> bool:
    """Tell whether the numbers before a door's own are its unit, or its building and unit."""
    said = [str(home.building_number), str(home.unit_number)]
    return before == said[len(said) - len(before) :]


def _numbered(asker: Asker, numbers: list[str]) -> list[Row[Any]]:
    building, unit, door = ([*numbers, None, None])[:3]
    return rows(
        f"""{DOOR} AND h.active AND b.number = :building
            AND (CAST(:unit AS text) IS NULL OR h.unit_number::text = :unit
                 OR CAST(:door AS text) IS NULL AND h.door LIKE :unit || '%' AND NOT EXISTS (
                     SELECT FROM household AS u WHERE u.building_id = b.id AND u.unit_number::text = :unit))
            AND (CAST(:door AS text) IS NULL OR h.door LIKE :door || '%')
            ORDER BY {WALKING_ORDER} LIMIT {MOST}""",
        building=int(building or 0),
        unit=unit,
        door=door,
        **scope(asker),
    )


def _named(asker: Asker, name: str, vault: Vault) -> list[Row[Any]]:
    called = TITLES.sub("", name)
    if not called:
        return []
    sealed = rows(
        "SELECT h.id, h.contact_name_sealed FROM household AS h JOIN building AS b ON b.id = h.building_id"
        f" WHERE h.community_id = :community AND h.active AND {OF_GRID}",
        community=asker.community_id,
        grid=asker.grid(),
    )
    names = {home.id: opened(vault, home.contact_name_sealed, *CONTACT, home.id) for home in sealed}
    # By the surname when it was said with a title or alone, else anywhere in the name.
    meant = [
        home
        for home, known in names.items()
        if (known.startswith(called) if called != name or len(called) == 1 else called in known)
    ]
    return rows(f"{DOOR} AND h.id = ANY (:homes) ORDER BY {WALKING_ORDER} LIMIT {MOST}", homes=meant, **scope(asker))
