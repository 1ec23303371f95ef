"""Small charts keep to their place, leave gaps where nothing is known, and carry no mark of anybody's."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from supplyhub.reports.day_charts import days_line, shares_bar
from supplyhub.reports.day_sheet import Line, shown


def marks(drawn: str, kind: str) -> list[ET.Element]:
    return [each for each in ET.fromstring(drawn).iter() if each.get("class") == kind]  # noqa: S314 - our own


def test_a_day_without_report_leaves_a_gap_and_the_last_day_has_a_dot() -> None:
    drawn = days_line([1, 2, None, 4, 4], "五天")
    assert [each.get("d") for each in marks(drawn, "day-line")] == ["M5 29L25 21", "M65 5L85 5"]
    assert [(dot.get("cx"), dot.get("cy"), dot.get("r")) for dot in marks(drawn, "day-dot")] == [("85", "5", "4")]


def test_a_day_between_two_gaps_is_a_dot() -> None:
    drawn = days_line([None, 3, None, None], "四天")
    assert marks(drawn, "day-line") == []
    assert [dot.get("cx") for dot in marks(drawn, "day-dot")] == ["25"]


def test_nothing_at_all_is_a_line_on_the_ground() -> None:
    assert [each.get("d") for each in marks(days_line([0, 0], "两天"), "day-line")] == ["M5 37L25 37"]


@given(st.lists(st.none() | st.integers(-5, 10**9), min_size=1, max_size=9))
def test_a_line_keeps_to_its_place(figures: list[int | None]) -> None:
    drawn = ET.fromstring(days_line(figures, '<&">'))  # noqa: S314
    _, _, wide, tall = map(float, drawn.attrib["viewBox"].split())
    assert drawn.get("aria-label") == '<&">'
    for dot in drawn.iter("circle"):
        assert 0 <= float(dot.attrib["cx"]) <= wide
        assert 0 <= float(dot.attrib["cy"]) <= tall


@given(st.lists(st.integers(0, 10**6), max_size=4), st.integers(0, 10**6))
def test_the_parts_of_a_bar_follow_each_other_and_fill_no_more_than_it(counts: list[int], rest: int) -> None:
    drawn = shares_bar([("ordered", count) for count in counts], sum(counts) + rest, "一条")
    parts = marks(drawn, "day-part")
    assert len(parts) == sum(count > 0 for count in counts)
    end = 0.0
    for part in parts:
        assert abs(float(part.attrib["x"]) - end) < 0.1
        end = float(part.attrib["x"]) + float(part.attrib["width"])
    assert end <= 100.1


def test_figures_and_differences_are_written_as_people_read_them() -> None:
    assert [shown(figure, money=False, signed=True) for figure in (1318, 0, -3)] == ["+1,318", "0", "−3"]
    assert [shown(figure, money=True) for figure in (480, -131800)] == ["4.80", "−1,318.00"]
    assert (Line("a", "甲", 3, 5).change, Line("a", "甲", 3, None).change) == (-2, None)
