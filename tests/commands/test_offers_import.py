"""Loading what the platforms offer."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import xlsxwriter

from supplyhub.catalog.importing import import_offers
from supplyhub.catalog.spelling import spell_names
from supplyhub.db import db, rows, scalar
from supplyhub.files import FileRefusedError
from tests.factories import a_community

DEMO = (Path(__file__).parents[2] / "supplyhub" / "demo_data" / "offers.csv").read_text(encoding="utf-8")
HEADER, FIRST, SECOND, *_ = DEMO.splitlines()
# Without the columns that may be left out.
NEEDED, NEEDED_FIRST, NEEDED_SECOND = (",".join(line.split(",")[:11]) for line in (HEADER, FIRST, SECOND))


@pytest.fixture
def community(database) -> int:
    return a_community().id


def load(community: int, *lines: str) -> tuple[int, ...]:
    counts = import_offers(community, "\n".join([HEADER, *lines]).encode())
    return tuple(counts[name] for name in ("added", "changed", "unchanged", "withdrawn"))


def offers() -> list[tuple[object, ...]]:
    found = rows(
        "SELECT p.sku, s.name, o.active FROM offer AS o JOIN product AS p ON p.id = o.product_id"
        " JOIN platform AS s ON s.id = o.platform_id ORDER BY p.sku, s.name"
    )
    return [tuple(offer) for offer in found]


def test_the_demo_offers_come_with_pictures_and_a_second_time_change_nothing(community):
    assert import_offers(community, DEMO.encode())["added"] == 48
    assert scalar("SELECT count(*) FROM product WHERE picture = ''") == 0
    assert import_offers(community, DEMO.encode())["unchanged"] == 48


def test_a_product_that_is_not_offered_any_more_is_withdrawn_and_comes_back(community):
    load(community, FIRST, SECOND)
    assert load(community, FIRST) == (0, 0, 1, 1)
    assert load(community, FIRST) == (0, 0, 1, 0)
    assert load(community, FIRST, SECOND) == (0, 1, 1, 0)
    assert all(active for *_, active in offers())


def test_a_product_that_changes_its_platform_has_one_live_offer(community):
    load(community, FIRST)
    assert load(community, FIRST.replace(",甲,", ",乙,")) == (0, 1, 0, 0)
    assert sorted(offers()) == sorted([("V001", "乙", True), ("V001", "甲", False)])


def test_a_dry_run_and_a_malformed_file_write_nothing(community):
    counts = import_offers(community, DEMO.encode(), dry_run=True)
    assert counts["added"] == 48
    with pytest.raises(FileRefusedError):
        load(community, FIRST, SECOND.replace("300,", "-300,"))
    assert offers() == []


def test_names_are_spelled_as_they_sound_also_those_loaded_before(community):
    import_offers(community, DEMO.encode())
    spell_names(community)
    assert scalar("SELECT pinyin FROM product WHERE name_zh = '大白菜'") == "da bai cai"
    assert scalar("SELECT pinyin FROM product WHERE name_zh = '平价包A'") == "ping jia bao a"
    db.session.execute(db.text("UPDATE product SET pinyin = ''"))
    db.session.commit()
    assert import_offers(community, DEMO.encode())["unchanged"] == 48
    spell_names(community)
    assert scalar("SELECT count(*) FROM product WHERE pinyin = ''") == 0


def test_a_name_that_isnt_spelled_yet_is_asked_for_and_one_that_became_another_is_again(community):
    load(community, FIRST)
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'names'") == 1
    spell_names(community)
    load(community, FIRST)
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'names'") == 1
    name = scalar("SELECT name_zh FROM product")
    load(community, FIRST.replace(name, "小白菜"))
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'names'") == 2


def test_other_names_are_spelled_too(community):
    import_offers(community, DEMO.encode())
    spell_names(community)
    assert scalar("SELECT pinyin FROM product_alias WHERE alias = '西红柿'") == "xi hong shi"
    assert scalar("SELECT count(*) FROM product_alias WHERE pinyin = ''") == 0


def test_least_cases_barcodes_and_what_is_weighed_are_taken_and_stay_when_loaded_again(community):
    data = "\n".join(
        [f"{NEEDED},minimum_cases,条码,称重", f"{NEEDED_FIRST},3,6901234567890,是", f"{NEEDED_SECOND},,,"]
    ).encode()
    assert import_offers(community, data)["added"] == 2
    found = rows(
        "SELECT p.sku, p.barcode, p.by_weight, o.minimum_cases FROM product AS p JOIN offer AS o ON o.product_id = p.id"
        " ORDER BY p.sku"
    )
    assert [tuple(product) for product in found] == [("V001", "6901234567890", True, 3), ("V002", None, False, 1)]
    assert import_offers(community, data)["unchanged"] == 2


def test_a_barcode_goes_over_to_the_product_that_has_it_now(community):
    header = f"{NEEDED},barcode"
    for first, second in (("1", "2"), ("2", "1")):
        import_offers(community, "\n".join([header, f"{NEEDED_FIRST},{first}", f"{NEEDED_SECOND},{second}"]).encode())
    assert [p.barcode for p in rows("SELECT barcode FROM product ORDER BY sku")] == ["2", "1"]


def test_offers_come_as_a_spreadsheet_too(community):
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for at, line in enumerate((HEADER, FIRST, SECOND)):
            sheet.write_row(at, 0, [int(cell) if cell.isdigit() else cell for cell in line.split(",")])
    assert import_offers(community, packed.getvalue())["added"] == 2
    assert load(community, FIRST, SECOND) == (0, 0, 2, 0)


def test_a_file_without_barcodes_keeps_those_that_are_known(community):
    import_offers(community, f"{NEEDED},barcode\n{NEEDED_FIRST},690\n{NEEDED_SECOND},691\n".encode())
    assert import_offers(community, f"{NEEDED}\n{NEEDED_FIRST}\n{NEEDED_SECOND}\n".encode())["unchanged"] == 2
    assert [p.barcode for p in rows("SELECT barcode FROM product ORDER BY sku")] == ["690", "691"]
    # One that goes to another product isn't kept.
    import_offers(community, f"{NEEDED},barcode\n{NEEDED_FIRST},691\n{NEEDED_SECOND},\n".encode())
    assert [p.barcode for p in rows("SELECT barcode FROM product ORDER BY sku")] == ["691", None]
