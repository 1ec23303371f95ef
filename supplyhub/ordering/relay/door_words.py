"""How doors and telephones are written in a relay. Pure: text in, numbers out; the register isn't asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.ordering.relay.numerals import CHINESE, whole_number
from supplyhub.ordering.relay.words import WORDS, Meaning
from supplyhub.places.rules import STEMS, number_in

if TYPE_CHECKING:
    from collections.abc import Iterator

PHONE = re.compile(
    r"(?<![0-9])(?:\+?86[- ]?)?(1[0-9]{2}[- ]?[0-9]{4}[- ]?[0-9]{4})(?![0-9])|(?<![0-9-])(0[0-9]{2,3}-?[0-9]{7,8})(?![0-9])"
)
NUM = rf"(?:[0-9]{{1,4}}|{CHINESE})"
# 号 alone marks a building only before a unit or a door: 3号x2 is an item.
BUILDING = (
    r"(?:号楼|号院|号栋|栋|幢|座|楼|号?#楼?|号(?=\s*-?\s*(?:[0-9]{1,2}\s*[-单]|[0-9]{3,4}(?![0-9])|[^\s0-9]{1,2}单元)))"
)
UNIT = rf"(?:({NUM}|[{STEMS}a-f])\s*(?:单元|门洞|梯|门|单)|([0-9]{{1,2}})\s*[-/.]|([0-9]{{1,2}})\s+(?=[0-9]{{3,4}}(?![0-9])))"
JOIN = r"[\s\-/,、.·]{0,3}"
DOOR = (
    r"([0-9]{2,4}[a-d]?(?![0-9a-z份板盒袋斤个]|\.[0-9]|\s*[号#]\s*[x*0-9])|[零一二三四五六七八九]{3,4}(?![十百份板盒袋斤个]))"
    r"\s*(?:号房|室|房|户|号)?"
)
MARKED = re.compile(rf"(?<![0-9.])({NUM})\s*{BUILDING}{JOIN}(?:{UNIT}{JOIN})?(?:{DOOR})?")
DASHED = re.compile(
    r"(?<![0-9.\-])([0-9]{1,4})\s*([-/.])\s*([0-9]{1,2})\s*[-/.]\s*([0-9]{2,4}[a-d]?)(?![0-9a-z]|[-/.][0-9])\s*(?:号房|室|房|户|号)?"
)
PAIR = re.compile(r"(?<![0-9.\-])([0-9]{1,4})\s*-\s*([0-9]{3,4})(?![0-9\-a-z克斤公元两千])\s*(?:号房|室|房|户|号)?")
SPACED = re.compile(r"(?<![^\s,])([0-9]{1,4})[\s,]+([0-9]{1,2})[\s,]+([0-9]{3,4})(?![0-9])\s*(?:室|号)?")
UNIT_ONLY = re.compile(rf"(?<![0-9])({NUM}|[{STEMS}a-d])\s*单元{JOIN}([0-9]{{2,4}})(?![0-9])\s*(?:号房|室|房|户|号)?")
IN_DIGITS = str.maketrans("零一二三四五六七八九", "0123456789")
NEARBY = re.compile(rf"\s*[的家]{{0,2}}\s*({'|'.join(WORDS[Meaning.NEARBY])})")
YEARS = range(2020, 2040)


@dataclass(frozen=True, slots=True)
class SaidDoor:
    """A door as somebody wrote it, and where it stands in the text. None for what wasn't said."""

    start: int
    end: int
    text: str
    building: int | None
    unit: int | None
    door: str | None


def said_doors(text: str) -> list[SaidDoor]:
    """Return the doors written in a plain text, in its order, without overlap."""
    found: list[SaidDoor] = []
    for said in sorted(_all(text), key=lambda said: (said.start, -said.end)):
        if not found or said.start >= found[-1].end:
            found.append(said)
    return found


def starts_with_door(text: str) -> bool:
    """Tell whether a plain text begins as a door does, with building and door."""
    if marked := MARKED.match(text):
        return marked[5] is not None or marked[2] is not None
    return any(
        pattern.match(text) and not _is_date(text, dashed=pattern is DASHED) for pattern in (DASHED, PAIR, SPACED)
    )


def phones(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and digits of the telephones in a text."""
    for found in PHONE.finditer(text):
        yield found.start(), found.end(), re.sub(r"[^0-9]", "", found[1] or found[2])


def _all(text: str) -> Iterator[SaidDoor]:
    for marked in MARKED.finditer(text):
        unit = marked[2] or marked[3] or marked[4]
        if not unit and not marked[5] and "#" in marked.group():
            # 2#x2 is an item.
            continue
        yield _said(marked, whole_number(marked[1]), unit, marked[5])
    for found in DASHED.finditer(text):
        if not _is_date(found.group(), dashed=True):
            yield _said(found, int(found[1]), found[3], found[4])
    for found in PAIR.finditer(text):
        yield _said(found, int(found[1]), None, found[2])
    for found in UNIT_ONLY.finditer(text):
        yield _said(found, None, found[1], found[2])
    for spaced in SPACED.finditer(text):
        yield _said(spaced, int(spaced[1]), spaced[2], spaced[3])


def _said(found: re.Match[str], building: int | None, unit: str | None, door: str | None) -> SaidDoor:
    number = None if unit is None else (number_in(unit) or whole_number(unit))
    digits = door.translate(IN_DIGITS) if door else None
    return SaidDoor(found.start(), found.end(), found.group().strip(), building, number, digits)


def _is_date(text: str, *, dashed: bool) -> bool:
    numbers = [int(number) for number in re.findall(r"[0-9]+", text)[:3]]
    return dashed and len(numbers) == 3 and numbers[0] in YEARS and numbers[1] <= 12 and numbers[2] <= 31
