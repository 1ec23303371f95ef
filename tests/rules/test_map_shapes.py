"""Outlines as they are drawn: mended where they cross themselves, left aside where nothing can be done."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplyhub.reports.drawing import Frame
from supplyhub.reports.map_drawing import MIX, STEPS, Labels, Painted, Shade, draw, mixed, step_of
from supplyhub.reports.map_shapes import Fault, corners, drawn_area, far_off, mended_area, mended_line, path_of, square
from supplyhub.reports.map_sheet import Sheet

SIDE = 0.001


def ring(east: float = 0.0, north: float = 0.0, side: float = SIDE) -> list[list[float]]:
    """Return the ring of a square."""
    return [[east, north], [east + side, north], [east + side, north + side], [east, north + side], [east, north]]


def polygon(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def area_of(outline: object) -> Any:
    """Return the area of an outline as the register has it."""
    return mended_area(json.dumps(outline))


def line_of(line: object) -> Any:
    return mended_line(json.dumps(line))


def a_frame(*areas: Any) -> Frame:
    return Frame.around(corners(areas), width=100, tallest=100)


def test_an_outline_that_crosses_itself_is_drawn_as_its_two_halves():
    bow_tie = area_of(polygon([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]))
    assert not isinstance(bow_tie, Fault)
    assert (bow_tie.is_valid, len(bow_tie.geoms), bow_tie.area) == (True, 2, pytest.approx(0.5))


def test_an_outline_that_is_open_or_has_a_thorn_is_drawn_without():
    opened, thorn = (
        ring()[:-1],
        [*ring()[:-1], [SIDE / 2, SIDE], [SIDE / 2, 5 * SIDE], [SIDE / 2, SIDE], [0, SIDE], [0, 0]],
    )
    for given_ring in (opened, thorn):
        area = area_of(polygon(given_ring))
        assert not isinstance(area, Fault)
        assert area.area == pytest.approx(SIDE * SIDE)
        assert area.geom_type in {"Polygon", "MultiPolygon"}


@pytest.mark.parametrize(
    "outline",
    [
        {},
        [],
        "Polygon",
        7,
        {"type": "Polygon"},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [0, 0], [0, 0], [0, 0]]]},
        {"type": "Polygon", "coordinates": [[["a", 0], [1, 1], [1, 0], ["a", 0]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2], [0, 0]]]},
        {"type": "Polygon", "coordinates": [[[500, 0], [501, 0], [501, 1], [500, 0]]]},
        {"type": "LineString", "coordinates": [[0, 0], [1, 1]]},
        {"type": "Point", "coordinates": [0, 0]},
        {"type": "GeometryCollection", "geometries": []},
        {"type": "Blob", "coordinates": [1]},
        {"type": "FeatureCollection", "features": [{"type": "Feature"}]},
        {"type": "MultiPolygon", "coordinates": [[[[0, 0]]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1e308, 1e308], [1e308, 0], [0, 0]]]},
    ],
)
def test_what_is_no_area_is_broken_and_not_an_error(outline):
    assert area_of(outline) is Fault.BROKEN


def test_what_has_no_outline_is_missing():
    assert mended_area(None) is Fault.MISSING
    assert mended_line(None) is Fault.MISSING


def test_a_line_is_drawn_open_and_an_area_is_no_line():
    line = line_of({"type": "LineString", "coordinates": [[0, 0], [SIDE, 0]]})
    assert not isinstance(line, Fault)
    assert path_of(line) == "M0 0L0 0"
    assert line_of(polygon(ring())) is Fault.BROKEN


numbers = st.one_of(st.integers(-200, 200), st.floats(allow_nan=True), st.none(), st.text(max_size=2))
anything = st.recursive(numbers, lambda inner: st.lists(inner, max_size=5), max_leaves=12)
kinds = st.sampled_from(["Polygon", "MultiPolygon", "LineString", "Point", "GeometryCollection", "Feature", "", None])


@given(kinds, anything)
def test_nothing_that_a_register_may_hold_breaks_the_map(kind, coordinates):
    for mend in (area_of, line_of):
        found = mend({"type": kind, "coordinates": coordinates, "geometries": coordinates})
        assert isinstance(found, Fault) or found.length > 0


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=3, max_size=9))
def test_every_mended_area_has_a_path_and_its_label_inside(points):
    area = area_of(polygon([list(point) for point in [*points, points[0]]]))
    if isinstance(area, Fault) or area.area < 1e-6:
        return
    drawn = drawn_area(a_frame(area), area)
    assert re.fullmatch(r"(M[-0-9.e L]+Z)+", drawn.d)
    assert -1 <= drawn.x <= 101
    assert -1 <= drawn.y <= 101


def test_an_outline_is_drawn_without_the_points_that_nobody_sees():
    many = [[0, north * SIDE / 500] for north in range(501)] + [[SIDE, SIDE], [SIDE, 0], [0, 0]]
    area = area_of(polygon(many))
    assert not isinstance(area, Fault)
    assert drawn_area(a_frame(area), area).d.count("L") == 3


def test_a_hole_in_an_area_stays_a_hole():
    area = area_of(polygon(ring(), ring(SIDE / 4, SIDE / 4, SIDE / 2)))
    assert not isinstance(area, Fault)
    drawn = drawn_area(a_frame(area), area)
    assert drawn.d.count("Z") == 2
    # The label stands in a corner of the frame, not in the hole.
    assert not (37 < drawn.x < 63 and 37 < drawn.y < 63)


def test_what_lies_at_the_other_end_of_the_world_is_found_among_three():
    areas = {key: area_of(polygon(ring(118 + key * SIDE, 25))) for key in range(3)} | {9: area_of(polygon(ring()))}
    assert far_off(areas) == {9}
    assert far_off({1: areas[1], 9: areas[9]}) == set()


def test_a_share_has_a_shade_of_none_and_one_of_all():
    assert [step_of(share) for share in (0, 0.001, 0.2, 0.21, 0.5, 0.99, 1, 7)] == [0, 1, 1, 2, 3, 5, 5, 5]
    assert len(MIX) == STEPS + 1
    assert [mixed("#287438", MIX[step]) for step in (0, STEPS)] == ["#ffffff", "#287438"]


def a_sheet(grids: int = 2) -> Sheet:
    area = area_of(polygon(ring()))
    assert not isinstance(area, Fault)
    drawn = drawn_area(a_frame(area), area)
    return Sheet(100, 100, grids=dict.fromkeys(range(1, grids + 1), drawn), buildings={7: drawn})


def test_words_of_the_register_are_text_on_the_map_and_nothing_else():
    said = Labels(link="/map/1?a=1&b=2", title='"><script>alert(1)</script>', words="<b>", number="&")
    drawn = draw(a_sheet(), Painted(about_grids={1: said}, title="'\"<"))
    assert "<script" not in drawn
    assert "<b>" not in drawn
    assert 'href="/map/1?a=1&amp;b=2"' in drawn


def test_paper_has_its_own_colours_and_no_links():
    painted = Painted(grids={1: Shade("problem")}, about_grids={1: Labels(link="/x", title="x")}, paper=True)
    drawn = draw(a_sheet(), painted)
    assert "href" not in drawn
    assert "data-" not in drawn
    assert 'fill="#fce4df"' in drawn


def test_of_many_grids_each_has_its_number_alone_and_none_stops_the_tab_key():
    about = {key: Labels(link=f"/map/{key}", title=str(key), number=str(key)) for key in range(1, 100)}
    drawn = draw(a_sheet(99), Painted(about_grids=about))
    assert "plan-tile" not in drawn
    assert drawn.count('tabindex="-1"') == 99
    assert draw(a_sheet(3), Painted(about_grids=about)).count('tabindex="-1"') == 0


def test_a_building_of_which_only_the_place_is_known_is_a_square():
    assert square(10, 10, 4) == "M8.0 8.0h4v4h-4Z"
