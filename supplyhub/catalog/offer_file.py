"""The offers file of the platforms, CSV or Excel: bytes in, offers out, or a refusal with every fault by line. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from supplyhub.catalog.pictures import picture_of
from supplyhub.files import (
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
from supplyhub.sheets import read_sheet

MOST_FEN = 100_000_00
MOST_GRAMS = 100_000
MOST_A_CASE = 10_000
MOST_MINIMUM_CASES = 1_000
MOST_DAYS = 3_650
COLUMNS = (
    Column("sku", ("货号", "编号"), longest=32),
    Column("name_zh", ("品名", "名称"), longest=40),
    Column("name_en", ("英文名",), longest=60),
    Column("category", ("类别", "分类"), longest=20),
    Column("unit", ("单位",), longest=10),
    Column("unit_weight_grams", ("单位重量克", "重量克"), longest=20),
    Column("platform", ("平台",), longest=40),
    Column("cost_fen", ("进价分", "成本分"), longest=20),
    Column("price_fen", ("售价分",), longest=20),
    Column("case_size", ("箱规",), longest=20),
    Column("shelf_life_days", ("保质期天", "保质期"), longest=20),
    Column("picture", ("图片",), longest=16, optional=True),
    Column("minimum_cases", ("起订箱数", "起订"), longest=20, optional=True),
    Column("barcode", ("条码", "条形码"), longest=32, optional=True),
    Column("by_weight", ("称重", "按重量"), longest=10, optional=True),
)
ANSWERS = {"": False, "0": False, "否": False, "no": False, "false": False} | {
    "1": True,
    "是": True,
    "yes": True,
    "true": True,
}


@dataclass(frozen=True, slots=True)
class OfferRow:
    """A product and the platform that supplies it, as the file has it."""

    sku: str
    name_zh: str
    name_en: str
    category: str
    unit: str
    unit_weight_grams: int
    shelf_life_days: int
    picture: str
    platform: str
    cost_fen: int
    price_fen: int
    case_size: int
    minimum_cases: int
    barcode: str | None
    by_weight: bool


def read_offers(data: bytes, *, file: str = "offers") -> list[OfferRow]:
    """Return the offers of a file, in its order. Raises FileRefusedError, which names every line at fault."""
    problems = Problems(file)
    found: list[OfferRow] = []
    first_line: dict[tuple[str, str], int] = {}
    read = read_sheet if is_workbook(data) else read_table
    for line in read(data, file, COLUMNS, problems):
        try:
            offer = _offer(line)
        except FaultError as error:
            problems.at_line(line.number, str(error))
            continue
        for key, said in (("sku", offer.sku), ("barcode", offer.barcode or "")):
            earlier = first_line.setdefault((key, said), line.number) if said else line.number
            if earlier != line.number:
                problems.at_line(line.number, f"{key} {shown(said)} stands in line {earlier} already")
        found.append(offer)
    problems.raise_any()
    if not found:
        raise refuse(file, "it has a header and no offer")
    return found


def _offer(line: Line) -> OfferRow:
    for key in ("sku", "name_zh", "unit", "platform"):
        if not line[key]:
            raise FaultError(f"{key} is empty")
    if not line["case_size"]:
        raise FaultError(f"case_size is empty: how many {line['unit']} of {shown(line['name_zh'])} come in a case?")
    return OfferRow(
        sku=plain(line["sku"]),
        name_zh=line["name_zh"],
        name_en=line["name_en"] or line["name_zh"],
        category=line["category"],
        unit=line["unit"],
        unit_weight_grams=read_count(line["unit_weight_grams"], "unit_weight_grams", least=1, most=MOST_GRAMS),
        shelf_life_days=read_count(line["shelf_life_days"], "shelf_life_days", least=1, most=MOST_DAYS),
        picture=line["picture"] or picture_of(line["name_zh"], line["category"]),
        platform=plain(line["platform"]),
        cost_fen=read_count(line["cost_fen"], "cost_fen", most=MOST_FEN),
        price_fen=read_count(line["price_fen"], "price_fen", most=MOST_FEN),
        case_size=read_count(line["case_size"], "case_size", least=1, most=MOST_A_CASE),
        minimum_cases=read_count(line["minimum_cases"] or "1", "minimum_cases", least=1, most=MOST_MINIMUM_CASES),
        barcode=plain(line["barcode"]) or None,
        by_weight=_answer(line["by_weight"], "by_weight"),
    )


def _answer(text: str, name: str) -> bool:
    try:
        return ANSWERS[plain(text).lower()]
    except KeyError:
        raise FaultError(f"{name} is {shown(text)}; it must be 1 or 0") from None
