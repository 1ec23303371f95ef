"""Reading the register's files: what is taken, and what is refused with its line."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from supplyhub.catalog.offer_file import read_offers
from supplyhub.files import FileRefusedError
from supplyhub.places.map_files import read_cadastre, read_grids, read_streets
from supplyhub.places.placing import GridMap, Unplaced
from supplyhub.places.rules import building_number, number_in
from supplyhub.residents.register_file import read_households
from supplyhub.residents.rules import floor_of, phone_digits, said_door, shrunk_name
from tests.drill import examples

DEMO = Path(__file__).parents[2] / "supplyhub" / "demo_data"
HEADER = "楼栋,单元,门牌号,人数,联系人,联系方式,特殊群体"
ROW = "1号楼,1单元,101,4,曾晨欣,19900000000,"


def a_file(*lines: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *lines, ""]).encode()


def problems_of(read: Any, data: bytes) -> list[str]:
    with pytest.raises(FileRefusedError) as refused:
        read(data)
    problems: list[str] = refused.value.data["problems"]
    return problems


def a_feature(properties: Any, coordinates: Any, kind: str = "Polygon") -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def a_map(*features: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()


def square(west: float, south: float, size: float = 1.0) -> list[Any]:
    east, north = west + size, south + size
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def test_the_demo_files_are_read_whole():
    assert len(read_households((DEMO / "households.csv").read_bytes())) == 2219
    assert len(read_cadastre((DEMO / "cadastre.geojson").read_bytes())) == 144
    assert len(read_grids((DEMO / "grids.geojson").read_bytes())) == 39
    assert len(read_streets((DEMO / "streets.geojson").read_bytes())) == 35
    assert len(read_offers((DEMO / "offers.csv").read_bytes())) == 48


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_household_file_may_be_utf8_or_gb18030(encoding):
    (door,) = read_households(f"{HEADER}\r\n{ROW}\r\n".encode(encoding))
    assert (door.building, door.unit, door.door, door.people, door.contact) == ("1号楼", "1单元", "101", 4, "曾晨欣")


def test_english_headers_in_any_order_mean_the_same():
    english = a_file(
        "19900000000,曾晨欣,4,101,1单元,1号楼,", header="phone,contact,people,door,unit,building,special_group"
    )
    assert read_households(english) == read_households(a_file(ROW))


def test_full_width_digits_name_the_same_door():
    assert read_households(a_file(ROW.replace("101", "１０１").replace("1号楼", "１号楼")))[0].key == (
        "1号楼",
        1,
        "101",
    )


def test_grid_columns_are_read_as_numbers():
    header = f"{HEADER},网格,小网格"
    doors = read_households(a_file(f"{ROW},第三网格,3-2", "2号楼,1单元,101,1,,,,3,", header=header))
    assert [(door.grid, door.micro_grid) for door in doors] == [(3, 2), (3, None)]


def test_every_fault_is_named_by_its_line_in_order():
    problems = problems_of(
        read_households,
        a_file(
            ROW,
            "1号楼,1单元,102,-1,甲,19900000001,",
            "1号楼,1单元,103,4,乙",
            "1号楼,1,101,4,丙,19900000002,",
            ",1单元,104,4,丁,19900000003,",
            f"1号楼,1单元,105,4,{'很' * 41},19900000004,",
            "1号楼,1单元,106,１００,戊,19900000005,",
            "1号楼,1单元,107,2,己,123,",
            "1号楼,1单元,108,1e3,庚,19900000007,",
        ),
    )
    assert [problem.split(":")[0] for problem in problems] == [f"households, line {line}" for line in range(3, 11)]
    assert "stands in line 2 already" in problems[2]


def test_a_phone_number_is_never_repeated_in_a_problem():
    assert "123" not in problems_of(read_households, a_file(ROW.replace("19900000000", "123")))[0]


def test_the_list_of_faults_ends_at_fifty():
    problems = problems_of(read_households, a_file(*[f"1号楼,1单元,{door},x,,," for door in range(100, 180)]))
    assert (len(problems), problems[-1]) == (51, "and 30 more")


@pytest.mark.parametrize(
    ("data", "fact"),
    [
        (b"", "empty"),
        (HEADER.encode(), "no household"),
        (a_file(ROW, "2号楼,\x00,101,1,,,"), "line 3 has a NUL"),
        (a_file("1号楼,1单元,101,4,甲\x07,19900000000,"), "U+0007"),
        (a_file('1号楼,1单元,"101,4,甲,19900000000,'), "line 2: can't be read as CSV"),
        (a_file('1号楼,1单元,"1\n01",4,甲,19900000000,'), "U+000A"),
        (a_file(f"{'x' * 200_000},1单元,101,4,,,"), "line 2"),
        (a_file(ROW, header=HEADER.replace("人数", "备注")), "unknown column “备注”"),
        (a_file(ROW, header=HEADER.replace("人数", "单元")), "column unit comes twice"),
        (a_file(ROW[:-1], header=HEADER.removesuffix(",特殊群体")), "column special_group (特殊群体) is missing"),
        (a_file(f"{ROW},0,", header=f"{HEADER},网格,小网格"), "names no number"),
        (a_file(f"{ROW},,2", header=f"{HEADER},网格,小网格"), "without its grid"),
        (b"PK\x03\x04whatever", "damaged"),
        (HEADER.encode("utf-16"), "UTF-16"),
        (a_file(ROW) + b"\xff\xff\xff", "line 3 is neither UTF-8 nor GB18030"),
        (a_file(ROW) + b"\n" * (21 * 1024 * 1024), "at most"),
    ],
)
def test_a_malformed_household_file_is_refused_with_the_fact(data, fact):
    assert fact in " ".join(problems_of(read_households, data))


def a_workbook(*rows: list[Any]) -> bytes:
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    return packed.getvalue()


def test_a_workbook_and_a_csv_file_with_the_same_doors_are_read_alike():
    cells = [
        ["底册 2026年4月"],
        [*HEADER.split(","), "备注"],
        ["1号楼", "1单元", 101, 4, "曾晨欣", 19900000000, "", "朝南"],
    ]
    assert read_households(a_workbook(*cells)) == read_households(a_file(ROW))


def test_a_workbook_says_which_of_its_lines_is_at_fault():
    cells = [HEADER.split(","), ["1号楼", "1单元", 101, "四", "", "", ""], ["", "1单元", 102, 1, "", "", ""]]
    said = " ".join(problems_of(read_households, a_workbook(*cells)))
    assert "line 2: people" in said
    assert "line 3: a door needs a building" in said


def test_emoji_and_rare_characters_are_names_like_others():
    (door,) = read_households(a_file(ROW.replace("曾晨欣", "𠮷野👩‍👩‍👧")))
    assert door.contact == "𠮷野👩‍👩‍👧"


@settings(max_examples=examples(60))
@given(st.binary(max_size=300))
def test_no_bytes_break_the_readers(data):
    for read in (read_households, read_cadastre, read_grids, read_streets, read_offers):
        with pytest.raises(FileRefusedError):
            read(data)


@settings(max_examples=examples(60))
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["type", "properties", "geometry", "coordinates", "grid"]), inner)
        ),
    )
)
def test_no_json_breaks_the_map_readers(value):
    for read in (read_cadastre, read_grids, read_streets):
        with pytest.raises(FileRefusedError):
            read(json.dumps({"type": "FeatureCollection", "features": [value]}).encode())


@pytest.mark.parametrize(
    ("feature", "fact"),
    [
        (a_feature({"building": "1号楼"}, [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]), "Self-intersection"),
        (a_feature({"building": "1号楼"}, [[[0, 0], [1, 0], [1, 1], [0, 1]]]), "isn't closed"),
        (a_feature({"building": "1号楼"}, [[[0, 0], [1, 0], [0, 0]]]), "broken"),
        (a_feature({"building": "1号楼"}, [[[1, 1], [1, 1], [1, 1], [1, 1]]]), "broken"),
        (a_feature({"building": "1号楼"}, []), "empty"),
        (a_feature({"building": "1号楼"}, None), "empty or no list"),
        (a_feature({"building": "1号楼"}, square(200, 0)), "no longitude and latitude"),
        (a_feature({"building": "1号楼"}, [[["a", 0], [1, 0], [1, 1], ["a", 0]]]), "not two numbers"),
        (a_feature({"building": "1号楼"}, [[[10**400, 0], [1, 0], [1, 1], [10**400, 0]]]), "not on the earth"),
        (a_feature({"building": "1号楼"}, [0, 0], "Point"), "must be Polygon"),
        (a_feature({}, square(0, 0)), "building (楼栋) is missing"),
        (a_feature(None, square(0, 0)), "no properties"),
        (a_feature({"building": 7}, square(0, 0)), "no text"),
        (a_feature({"building": "a\x00b"}, square(0, 0)), "U+0000"),
        (a_feature({"building": "\ud800"}, square(0, 0)), "U+D800"),
        (a_feature({"building": "x" * 41}, square(0, 0)), "41 characters"),
        (a_feature({"building": "1号楼", "floors": "4"}, square(0, 0)), "floors is “4”"),
        (a_feature({"building": "1号楼", "floors": -1}, square(0, 0)), "from 0 to"),
        ("Feature", "no Feature"),
        ({"type": "Feature", "properties": {"building": "1号楼"}, "geometry": None}, "must be Polygon"),
    ],
)
def test_a_broken_footprint_is_named_by_its_number(feature, fact):
    good = a_feature({"building": "2号楼"}, square(0, 0))
    (problem,) = problems_of(read_cadastre, a_map(good, feature))
    assert problem.startswith("cadastre, feature 2: ")
    assert fact in problem


@pytest.mark.parametrize(
    ("data", "fact"),
    [
        (b'{"type": "FeatureCollection",\n "features": [', "line 2 is no JSON"),
        (b'{"type": "FeatureCollection", "features": {}}', "no GeoJSON FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": []}', "no features"),
        (b"[1, 2]", "no GeoJSON FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": [NaN]}', "NaN is no number"),
        (b"[" * 100_000, "too deep"),
        (b"1" * 10_000, "no usable JSON"),
    ],
)
def test_what_is_no_geojson_is_refused(data, fact):
    assert fact in problems_of(read_cadastre, data)[0]


def test_a_building_or_a_grid_that_comes_twice_is_refused():
    building = a_feature({"building": "1号楼"}, square(0, 0))
    assert "feature 2: building 1号楼 is feature 1 already" in problems_of(read_cadastre, a_map(building, building))[0]
    grid = a_feature({"grid": 1}, square(0, 0))
    assert "grid 1 is feature 1 already" in problems_of(read_grids, a_map(grid, grid))[0]


def test_a_micro_grid_without_its_grid_is_refused():
    areas = a_map(a_feature({"grid": 1}, square(0, 0)), a_feature({"grid": 2, "micro_grid": 1}, square(0, 0)))
    assert "feature 2: micro-grid 2-1 is of a grid that isn't in the file" in problems_of(read_grids, areas)[0]


def test_a_street_crosses_itself_as_it_likes():
    line = a_feature({"street": "巷1"}, [[0, 0], [1, 1], [1, 0], [0, 1]], "LineString")
    assert read_streets(a_map(line))[0].name == "巷1"


@pytest.mark.parametrize(
    ("west", "south", "reason"),
    [
        (0.1, 0.1, None),
        (5, 5, Unplaced.OUTSIDE_EVERY_GRID),
        (0.9, 0.2, Unplaced.IN_TWO_GRIDS),
        (0.1, 0.7, Unplaced.OUTSIDE_EVERY_MICRO_GRID),
        (0.3, 0.1, Unplaced.IN_TWO_MICRO_GRIDS),
    ],
)
def test_a_building_lies_in_exactly_one_grid_and_micro_grid_or_says_why_not(west, south, reason):
    def outline(*corner: float) -> dict[str, Any]:
        return {"type": "Polygon", "coordinates": square(*corner)}

    on_map = GridMap(
        {1: outline(0, 0), 2: outline(0.8, 0)},
        {(1, 1): outline(0, 0, 0.5), (1, 2): outline(0.3, 0, 0.3), (2, 1): outline(1, 0)},
    )
    assert on_map.place(outline(west, south, 0.1)).reason == reason


def test_a_building_without_footprint_has_no_place():
    assert GridMap({}, {}).place(None).reason == Unplaced.NO_FOOTPRINT


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("47号楼", 47),
        ("阳光苑3期12栋", 12),
        ("A座", 0),
        ("8", 8),
        ("望月楼", 0),
        ("2号楼东", 2),
        ("99999999号楼", 999999),
    ],
)
def test_a_building_is_said_by_the_number_in_its_name(name, number):
    assert building_number(name) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3),
        ("第三网格", 3),
        ("十二单元", 12),
        ("二十单元", 20),
        ("甲单元", 1),
        ("B单元", 2),
        ("3-2", 2),
        ("东", 0),
        ("", 0),
    ],
)
def test_grids_and_units_are_numbers_however_they_are_written(text, number):
    assert number_in(text) == number


@pytest.mark.parametrize(
    ("door", "floor"),
    [("301", 3), ("1203", 12), ("0301", 3), ("3-01", 3), ("7", 0), ("东户", 0), ("99901", 0)],
)
def test_a_door_names_its_floor(door, floor):
    assert floor_of(door) == floor


def test_doors_people_and_phones_are_said_and_found_one_way():
    assert said_door(58, "58号楼", 2, "301") == "58-2-301"
    assert said_door(0, "望月楼", 1, "101") == "望月楼-1-101"
    assert (shrunk_name("黄小明"), shrunk_name("")) == ("黄**", "")
    assert phone_digits("+86 199-0000-0000") == phone_digits("19900000000")


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        ({"price_fen": "-1"}, "line 2: price_fen"),
        ({"price_fen": "4.80"}, "no whole number"),
        ({"case_size": "0"}, "between 1 and"),
        ({"case_size": ""}, "case_size is empty: how many 份 of “大白菜” come in a case?"),
        ({"sku": ""}, "sku is empty"),
        ({"unit_weight_grams": "999999999999"}, "between 1 and"),
    ],
)
def test_a_malformed_offer_is_refused_with_its_line(change, fact):
    header, first, *_ = (DEMO / "offers.csv").read_text(encoding="utf-8").splitlines()
    row = dict(zip(header.split(","), first.split(","), strict=True)) | change
    assert fact in problems_of(read_offers, a_file(",".join(row.values()), header=header))[0]


@pytest.mark.parametrize(
    ("column", "value", "fact"),
    [
        ("minimum_cases", "0", "minimum_cases is 0"),
        ("by_weight", "有时", "by_weight is “有时”; it must be 1 or 0"),
    ],
)
def test_what_may_be_left_out_is_read_when_it_is_there(column, value, fact):
    header, first = (
        ",".join(line.split(",")[:11]) for line in (DEMO / "offers.csv").read_text("utf-8").splitlines()[:2]
    )
    assert fact in problems_of(read_offers, a_file(f"{first},{value}", header=f"{header},{column}"))[0]


def test_a_barcode_on_two_products_is_refused():
    header, first, second = (
        ",".join(line.split(",")[:11]) for line in (DEMO / "offers.csv").read_text("utf-8").splitlines()[:3]
    )
    data = a_file(f"{first},690", f"{second},690", header=f"{header},条码")
    assert "line 3: barcode “690” stands in line 2 already" in problems_of(read_offers, data)[0]


def test_offers_without_a_column_of_case_sizes_are_refused():
    lines = [line.split(",") for line in (DEMO / "offers.csv").read_text("utf-8").splitlines()[:2]]
    without = [",".join(cell for at, cell in enumerate(line) if lines[0][at] != "case_size") for line in lines]
    assert "column case_size (箱规) is missing" in problems_of(read_offers, a_file(without[1], header=without[0]))[0]


def test_an_offer_that_comes_twice_is_refused():
    header, first, *_ = (DEMO / "offers.csv").read_text(encoding="utf-8").splitlines()
    assert "stands in line 2 already" in problems_of(read_offers, a_file(first, first, header=header))[0]
