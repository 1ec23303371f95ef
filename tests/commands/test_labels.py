"""Labels of parcels and crates: every code on them is read by a scanner, every sheet says what it belongs to."""

from __future__ import annotations

from itertools import pairwise
from time import process_time

import pytest

from supplyhub.db import execute, rows, transaction
from supplyhub.delivery.commands import issue_tickets
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.places.grid_names import grid_in_chinese
from supplyhub.reports.labels import A4, PAPERS, ROLL, Kind, Label, draw, labels_pdf
from tests.drill import in_the_drill
from tests.factories_depot import Town, work
from tests.printed import codes_of, texts_of


@pytest.fixture
def town(database) -> Town:
    """Return a town of 2 grids with 5 homes each, with tickets; the first parcel of grid 1 has two bags."""
    town = Town(grids=2, homes=5)
    town.everybody_orders(V001=2)
    town.share()
    with transaction():
        execute("UPDATE parcel SET bags = 2 WHERE code = :code", code=town.codes(town.first)[0])
    work(issue_tickets, town.cycle_id)
    return town


def printed(town: Town, *sides: int, kind: Kind = Kind.PARCELS, layout: str = A4, **options) -> bytes:
    batches = [town.batch_of(town.sides[side]) for side in sides or (0,)]
    return labels_pdf(town.depot, batches, kind=kind, layout=layout, **options)


def test_every_bag_has_a_label_whose_code_a_scanner_reads_and_each_grid_begins_a_sheet(town):
    first, second = (town.codes(side) for side in town.sides)
    pdf = printed(town, 0, 1)
    assert codes_of(pdf) == [sorted([first[0], *first]), sorted(second)]
    for number, text in enumerate(texts_of(pdf), start=1):
        assert f"第 {town.cycle.number} 期" in text
        assert f"{grid_in_chinese(number)}批次" in text
        assert f"第 {number} 页，共 2 页" in text


def test_a_roll_has_a_page_a_label_in_walking_order_with_its_characters_to_type(town):
    first, *rest = town.codes(town.first)
    pdf = printed(town, layout=ROLL)
    assert codes_of(pdf) == [[code] for code in (first, first, *rest)]
    texts = texts_of(pdf)
    assert all(code in text for code, text in zip((first, first, *rest), texts, strict=True))
    assert ("共 2 袋，第 1 袋" in texts[0], "共 2 袋，第 2 袋" in texts[1], "1 袋" in texts[2]) == (True, True, True)
    assert ("1/6" in texts[0], "6/6" in texts[5]) == (True, True)
    assert f"第 {town.cycle.number} 期" in texts[0]
    assert "1 号单 1 号筐" in texts[0]


@pytest.mark.parametrize("layout", [A4, ROLL])
def test_crates_have_labels_of_their_own(town, layout):
    codes = [
        crate.code
        for crate in rows(
            "SELECT k.code FROM crate AS k JOIN ticket AS t ON t.id = k.ticket_id WHERE t.batch_id = :batch ORDER BY k.id",
            batch=town.batch_of(town.first),
        )
    ]
    pdf = printed(town, kind=Kind.CRATES, layout=layout)
    assert sorted(code for page in codes_of(pdf) for code in page) == sorted(codes)
    assert "筐 1 / 1" in texts_of(pdf)[0]


def test_one_label_is_printed_again_on_a_sheet_of_which_some_are_used_up(town):
    code = town.codes(town.first)[3]
    typed = f"{code[:3].lower()} {code[3:]}"
    assert codes_of(printed(town, codes=[typed], skip=23)) == [[code]]


def test_a_code_that_no_parcel_of_the_grid_has_is_refused(town):
    other = town.codes(town.sides[1])[0]
    with pytest.raises(InvalidError) as caught:
        printed(town, codes=[other])
    assert caught.value.data["unknown"] == [other]


def test_there_are_no_crates_to_label_before_tickets_and_no_strangers_batches(database):
    town, strangers = Town(homes=1), Town(homes=1)
    for each in (town, strangers):
        each.everybody_orders(V001=1)
        each.share()
    with pytest.raises(ConflictError):
        printed(town, kind=Kind.CRATES)
    with pytest.raises(ConflictError):
        labels_pdf(strangers.depot, [town.batch_of(town.first)], kind=Kind.PARCELS, layout=A4)


@in_the_drill
@pytest.mark.parametrize("layout", [A4, ROLL])
def test_two_thousand_labels_take_less_than_ten_seconds(layout):
    labels = [
        Label(
            1, f"{at:06}", 3, "第三网格 东门", f"{at % 99}-2-{at % 20}01", "1 袋", "3-0412-087  3.5 kg", f"第 {at} 户"
        )
        for at in range(2000)
    ]
    # Of this process, whatever else the machine does meanwhile.
    began = process_time()
    draw(labels, {1: ""}, PAPERS[Kind.PARCELS, layout])
    assert process_time() - began < 10


def test_doors_too_long_for_their_line_stay_clear_of_the_code():
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    codes = [f"{a}{b}7X2P" for a, b in pairwise(alphabet)]
    doors = ["东风公寓甲座西单元-12-2601", "1-1-101", "244-13-3301"]
    labels = [
        Label(
            1,
            code,
            12,
            "第十二网格 小广场东侧配送点",
            doors[at % 3],
            "共 12 袋，第 11 袋",
            "12-0412-087  35.5 kg",
            "第 12 期",
        )
        for at, code in enumerate(codes)
    ]
    for kind, layout in PAPERS:
        pages = codes_of(draw(labels, {1: ""}, PAPERS[kind, layout]))
        assert sorted(code for page in pages for code in page) == sorted(codes)


@pytest.mark.parametrize("kind", Kind)
def test_what_breaks_is_marked_on_its_parcels_and_its_crate(town, kind):
    assert "易碎" not in "".join(texts_of(printed(town, kind=kind)))
    with transaction():
        execute("UPDATE parcel SET fragile = true WHERE code = :code", code=town.codes(town.first)[3])
    assert "".join(texts_of(printed(town, kind=kind))).count("易碎") == 1
