"""The offers file of the platforms: bytes in, offers out, or a refusal with every fault by line. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from supplyhub.catalog.pictures import picture_of
from supplyhub.files import Column, FaultError, Line, Problems, plain, read_count, read_table, refuse, shown

MOST_FEN = 100_000_00
MOST_GRAMS = 100_000
MOST_A_CASE = 10_000
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
)


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


def read_offers(data: bytes, *, file: str = "offers") -> list[OfferRow]:
    """Return the offers of a file, in its order. Raises FileRefusedError, which names every line at fault."""
    problems = Problems(file)
    found: list[OfferRow] = []
    first_line: dict[str, int] = {}
    for line in read_table(data, file, COLUMNS, problems):
        try:
            offer = _offer(line)
        except FaultError as error:
            problems.at_line(line.number, str(error))
            continue
        earlier = first_line.setdefault(offer.sku, line.number)
        if earlier != line.number:
            problems.at_line(line.number, f"sku {shown(offer.sku)} stands in line {earlier} already")
        found.append(offer)
    problems.raise_any()
    if not found:
        raise refuse(file, "it has a header and no offer")
    return found


def _offer(line: Line) -> OfferRow:
    for key in ("sku", "name_zh", "unit", "platform"):
        if not line[key]:
            raise FaultError(f"{key} is empty")
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
    )
