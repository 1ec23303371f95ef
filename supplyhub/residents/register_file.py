"""The household file of the register (底册): bytes in, doors out, or a refusal with every fault by line. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from supplyhub.files import (
    MOST_ROWS,
    Column,
    FaultError,
    Line,
    Problems,
    is_workbook,
    plain,
    read_count,
    read_table,
    refuse,
    shown,
)
from supplyhub.places.rules import number_in
from supplyhub.residents.rules import phone_digits, said_key
from supplyhub.sheets import read_sheet

MOST_PEOPLE = 99
COLUMNS = (
    Column("building", ("楼栋", "楼号", "楼"), longest=40),
    Column("unit", ("单元",), longest=20),
    Column("door", ("门牌号", "房号", "室"), longest=20),
    Column("people", ("人数", "people_count"), longest=20),
    Column("contact", ("联系人", "contact_name", "name"), longest=40),
    Column("phone", ("联系方式", "电话", "手机"), longest=32),
    Column("special_group", ("特殊群体",), longest=100),
    Column("grid", ("网格",), longest=40, optional=True),
    Column("micro_grid", ("小网格", "格中格"), longest=40, optional=True),
)


@dataclass(frozen=True, slots=True)
class Door:
    """A household as the file has it. Texts are empty and grids None where it says nothing."""

    building: str
    unit: str
    door: str
    people: int
    contact: str
    phone: str
    special_group: str
    grid: int | None = None
    grid_name: str = ""
    micro_grid: int | None = None

    @property
    def key(self) -> tuple[str, int | str, str]:
        """Return what makes it the same door in the next file."""
        return said_key(self.building, self.unit, self.door)


def read_households(data: bytes, *, file: str = "households") -> list[Door]:
    """Return the doors of a household file, CSV or Excel, in its order.

    Raises FileRefusedError, which names every line at fault. A workbook may have titles and columns of its own beside
    those that are asked for; a CSV file has no others.
    """
    problems = Problems(file)
    if is_workbook(data):
        lines = read_sheet(data, file, COLUMNS, problems, most_rows=MOST_ROWS)
    else:
        lines = read_table(data, file, COLUMNS, problems)
    doors: list[Door] = []
    first_line: dict[tuple[str, int | str, str], int] = {}
    for line in lines:
        try:
            door = _door(line)
        except FaultError as error:
            problems.at_line(line.number, str(error))
            continue
        earlier = first_line.setdefault(door.key, line.number)
        if earlier != line.number:
            name = shown(f"{door.building}/{door.unit}/{door.door}")
            problems.at_line(line.number, f"door {name} stands in line {earlier} already")
        doors.append(door)
    problems.raise_any()
    if not doors:
        raise refuse(file, "it has a header and no household; the register was left as it is")
    return doors


def _door(line: Line) -> Door:
    building, door = plain(line["building"]), plain(line["door"])
    if not building or not door:
        raise FaultError("a door needs a building (楼栋) and a number (门牌号)")
    if line["micro_grid"] and not line["grid"]:
        raise FaultError("micro_grid (小网格) is given without its grid (网格)")
    return Door(
        building=building,
        unit=plain(line["unit"]),
        door=door,
        people=read_count(line["people"], "people (人数)", most=MOST_PEOPLE),
        contact=line["contact"],
        phone=_phone(line["phone"]),
        special_group=line["special_group"],
        grid=_grid(line["grid"], "grid (网格)"),
        grid_name=_grid_name(line["grid"]),
        micro_grid=_grid(line["micro_grid"], "micro_grid (小网格)"),
    )


def _phone(text: str) -> str:
    phone = plain(text)
    if phone and not 5 <= len(phone_digits(phone)) <= 20:
        # Not repeated in the message: it is the one personal number of the line.
        raise FaultError("phone (联系方式) has fewer than 5 or more than 20 digits")
    return phone


def _grid(text: str, name: str) -> int | None:
    if not text:
        return None
    number = number_in(plain(text))
    if not number:
        raise FaultError(f"{name} is {shown(text)}, which names no number from 1 to 9999")
    return number


def _grid_name(text: str) -> str:
    name = plain(text)
    return "" if name.isdecimal() else name
