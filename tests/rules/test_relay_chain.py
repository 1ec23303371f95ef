"""Where entries begin, what is heading, and whose door it is."""

from __future__ import annotations

import pytest

from supplyhub.ordering.relay.entries import Step
from supplyhub.ordering.relay.folding import fold
from supplyhub.ordering.relay.hygiene import plain_text
from supplyhub.ordering.relay.numerals import number_of
from supplyhub.ordering.states import EntryKind
from tests.rules.relay_scene import by_sku, codes, lines, only, orders, reading

MARKS = [
    "7. ",
    "7.",
    "7、",
    "7,",
    "7) ",
    "(7)",
    "（7）",
    "[7]",
    "⑦",
    "⑦ ",
    "⑺",
    "⒎",
    "❼",
    "7️⃣",
    "7⃣️",
    "７．",
    "７、",
    "七、",
    "(七)",
]
MARKS += ["第7 ", "第七、", "#7 ", "No.7 ", "7 ", "7:", "7：", "7-", "‎7. ", "\ufeff7. "]


@pytest.mark.parametrize("mark", MARKS)
def test_an_entry_begins_with_a_number_in_any_dress(mark: str):
    entry = only(f"{mark}47-1-101 土豆1")
    assert (entry.number, entry.door, codes(entry)) == (7, "47号楼/1单元/101", set())
    assert lines(f"{mark}47-1-101 土豆1") == "V002 1"


@pytest.mark.parametrize(
    ("mark", "number"),
    [("12. ", 12), ("十二、", 12), ("⑫", 12), ("1️⃣2️⃣", 12), ("🔟", 10), ("㉑", 21), ("一百零五、", 105)],
)
def test_numbers_of_several_digits_are_one_number(mark: str, number: int):
    assert only(f"{mark}47-1-101 土豆1").number == number


DOORS = [
    "47-1-101",
    "47—1—101",
    "47－1－101",
    "47~1~101",
    "47/1/101",
    "47.1.101",
    "47 1 101",
    "47,1,101",
    "47#1-101",
    "47#1单元101",
    "47号1-101",
    "47号楼1单元101",
    "47号楼/1单元/101",
    "47号楼1单元101室",
    "47号楼-1单元-101号",
    "47 号楼 1 单元 101",
    "47号楼一单元101",
    "四十七号楼一单元101",
    "47栋1单元101",
    "47幢1单元101",
    "47座1单元101",
    "47栋一单元一零一",
    "47栋1-101",
    "47楼1门101",
    "４７号楼１单元１０１",
    "47號樓1單元101",
    "苏怡",
    "19900000568",
    "199-0000-0568",
    "+86 19900000568",
    "47-1-101 苏怡 3人 19900000568",
    "苏怡 47号楼1单元101 电话:19900000568",
    "苏怡 101",
    "47号楼 苏怡",
    "1单元101 苏怡",
    "47-101 苏怡",
    "47-101 19900000568",
    "小苏 47-1-101",
]


@pytest.mark.parametrize("door", DOORS)
def test_a_door_is_known_in_the_ways_people_write_it(door: str):
    for text in (f"1. {door} 土豆2份", f"1. {door},土豆2份", f"1. {door}\n土豆2份"):
        entry = only(text)
        assert (entry.door, codes(entry), lines(text)) == ("47号楼/1单元/101", set(), "V002 2")


@pytest.mark.parametrize(
    ("door", "said"),
    [
        ("58号楼二单元301", "58号楼/2单元/301"),
        ("48栋302", "48号楼/1单元/302"),
        ("50-203", "50号楼/1单元/203"),
        ("2单元203", "47号楼/2单元/203"),
    ],
)
def test_what_is_left_out_of_a_door_is_no_harm_where_only_one_fits(door: str, said: str):
    assert only(f"1. {door}土豆2").door == said


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("60-3-999 土豆1", "no_such_door"),
        ("47-9-101 土豆1", "no_such_door"),
        ("47-101 土豆1", "door_unclear"),
        ("王芳 土豆1", "no_door"),
        ("老陈 土豆1", "no_door"),
        ("47号楼 土豆1", "no_door"),
        ("帮47-1-301带 47-1-101 土豆1", "door_unclear"),
        ("1-1-101 土豆1", "other_grid"),
        ("4号楼2单元301 土豆1", "other_grid"),
        ("47-1-101 19900000573 土豆1", "phone_of_another"),
        ("47-1-101 13800001111 土豆1", "phone_differs"),
        ("47-1-101 洪艳 土豆1", "name_of_another"),
        ("47-1-101隔壁 土豆1", "door_unclear"),
        ("47-1-101 对门 土豆1", "door_unclear"),
        ("47-1-101楼上 土豆1", "door_unclear"),
        ("土豆1 47-1-101楼下", "door_unclear"),
        ("苏怡 隔壁 土豆1", "door_unclear"),
    ],
)
def test_a_door_that_is_not_certain_waits(entry: str, code: str):
    found = only(f"1. {entry}")
    assert (found.verdict, codes(found)) == ("review", {code})
    assert lines(f"1. {entry}") == ""


def test_a_telephone_that_the_register_does_not_have_contradicts_nothing_where_it_has_none():
    assert only("1. 47-2-203 13800001111 土豆1").verdict == "sure"


def test_an_entry_may_run_over_several_lines():
    text = "3. 47号楼1单元101 苏怡\n19900000568\n3人\n白菜1份\n土豆2份\n\n4. 47-1-301\n1. 土豆1\n2. 番茄1\n5. 48-1-302 土豆1"
    assert orders(text) == {
        "47号楼/1单元/101": {"V001": 1, "V002": 2},
        "47号楼/1单元/301": {"V002": 1, "V007": 1},
        "48号楼/1单元/302": {"V002": 1},
    }
    assert [entry.number for entry in reading(text).entries] == [3, 4, 5]


def test_a_chain_without_numbers_has_an_entry_a_door():
    text = "47-1-101 土豆1\n47-1-301 土豆2\n洪艳 土豆3\n张三 20:15\n48-1-302\n土豆4"
    assert [by["V002"] for by in orders(text).values()] == [1, 2, 3, 4]
    assert [entry.number for entry in reading(text).entries] == [1, 2, 3, 4]
    assert reading(text).headings == ("张三 20:15",)


def test_somebody_unknown_below_an_entry_does_not_order_for_it():
    text = "1. 47-1-101 土豆1\n张三 土豆5\n\n番茄2"
    assert orders(text) == {"47号楼/1单元/101": {"V002": 1}}
    assert [entry.verdict for entry in reading(text).entries] == ["sure", "review", "review"]


HEADINGS = [
    "#接龙",
    "【第三网格·爱心菜吧】4月12日送菜到门口,今晚20:00截单",
    "第三网格 爱心菜吧 明天送 今晚8点截",
    "大白菜 4.80元/份(每户限3份)",
    "1号 大白菜 4.80元/份(每户限3份)",
    "1. 大白菜 4.80元/份(每户限3份)",
    "①土豆 4.20元/份",
    "白菜4.8 土豆4.2 番茄4.6 鸡蛋24.8/板",
    "例 47-1-101 张三 大白菜x1",
    "1. 例 47-1-101 张三 大白菜x1",
    "例如:47-1-101 土豆1",
    "格式:楼号-单元-门牌 品种x数量",
    "网上订:https://hub.example/m/1",
    "20:00截单",
    "4.12送菜",
    "各位邻居大家好",
]


@pytest.mark.parametrize("line", HEADINGS)
def test_a_heading_never_becomes_an_order(line: str):
    read = reading(f"{line}\n1. 47-1-101 土豆1\n{line if '各位' not in line else ''}\n2. 47-1-301 土豆2")
    assert [entry.number for entry in read.entries] == [1, 2]
    assert line in read.headings
    assert len(read.baskets()) == 2


WITHIN = [
    "番茄2份 每户限几份？",
    "番茄2份 截单前还能改吧",
    "【备注】番茄2",
    "例:番茄2",
    "番茄 5.0元",
    "番茄 1.5斤",
    "1.5斤",
    "2. 番茄 4.6元",
]


@pytest.mark.parametrize("line", WITHIN)
def test_what_may_be_asked_for_is_never_heading_within_an_entry(line: str):
    first = reading(f"3. 47-1-101 土豆2\n{line}\n白菜1").entries[0]
    listed = reading(f"3. 47-1-101\n1. 土豆2\n{line}").entries[0]
    assert line in listed.text
    assert line in first.text or line.startswith("2.")
    assert first.verdict != "sure" or line.startswith("2.") or by_sku(dict(first.lines))["V007"] == 2


@pytest.mark.parametrize(
    "text", ["土豆2 47-1-101", "接龙 1. 47-1-101 土豆2", "1. 47-1-301 番茄1\n\n张三 20:15\n47-1-101 每户限2份吗 土豆2"]
)
def test_goods_with_a_door_begin_an_entry(text: str):
    assert reading(text).entries[-1].door == "47号楼/1单元/101"


@pytest.mark.parametrize("line", ["土豆2", "番茄2份 每户限几份", "番茄 4.6元", "2. 番茄 4.6元"])
def test_goods_after_the_first_entry_wait_rather_than_be_heading(line: str):
    read = reading(f"1. 47-1-101 土豆1\n张三 20:15\n{line}")
    assert [entry.verdict for entry in read.entries] == ["sure", "review"]
    assert read.entries[1].text == line


def test_a_copied_chat_orders_nothing_by_itself_and_loses_nothing():
    read = reading("苏怡 20:15\n土豆2\n曾军 20:16\n番茄1")
    assert [entry.text for entry in read.entries] == ["土豆2", "番茄1"]
    assert read.baskets() == {}


def test_numbered_notices_above_a_chain_that_begins_anew_are_heading():
    read = reading("1、请按格式接龙\n2、放门口,谢谢\n1. 47-1-101 土豆1\n2. 47-1-301 土豆1")
    assert read.headings == ("1、请按格式接龙", "2、放门口,谢谢")
    assert [entry.verdict for entry in read.entries] == ["sure", "sure"]


def test_a_first_entry_that_says_nothing_waits_all_the_same():
    assert codes(reading("1. 楼上陈姐 随便来点\n2. 47-1-101 土豆1").entries[0]) == {"no_door", "no_items"}


def test_thanks_at_the_end_order_nothing_and_are_kept():
    read = reading("1. 47-1-101 土豆1\n谢谢群主\n\n大家加油\n收到")
    assert lines("1. 47-1-101 土豆1\n谢谢群主\n\n大家加油\n收到") == "V002 1"
    assert [note.data["words"] for note in read.entries[0].notes] == ["谢谢群主"]
    assert read.headings == ("大家加油", "收到")


def test_the_relay_of_another_grid_says_so():
    read = reading("第五网格 接龙\n1. 1-1-101 土豆1\n2. 4号楼1单元101 土豆1\n3. 47-1-101 土豆1")
    assert {warning.code: warning.data for warning in read.warnings} == {
        "heading_of_other_grid": {"said": "第五网格", "grid": 5},
        "doors_elsewhere": {"entries": 2, "grid": 5},
    }
    assert [entry.verdict for entry in read.entries] == ["review", "review", "sure"]


def test_what_cannot_be_seen_does_no_harm():
    text = "\u202e1. 47\u200b-1-101\u2066 土\u00ad豆2\u202c\r\n\ufeff2. 47-1\ufe0e-301\u200f 土豆1\u2028\x00"
    assert orders(text) == {"47号楼/1单元/101": {"V002": 2}, "47号楼/1单元/301": {"V002": 1}}
    assert reading(text).entries[0].text == "1. 47-1-101 土豆2"


def test_an_entry_keeps_its_words_as_they_were_typed():
    assert only("（7）47号楼１单元101 西红柿2\n谢谢🙏").text == "（7）47号楼１单元101 西红柿2\n谢谢🙏"


@pytest.mark.parametrize(
    ("typed", "plain"), [("４７＃１", "47#1"), ("×✕", "xx"), ("Ａ２", "a2"), ("雞蛋兩盒", "鸡蛋两盒")]
)
def test_one_spelling_for_all(typed: str, plain: str):
    assert plain_text(typed) == plain


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("两", 2),
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("廿".replace("廿", "二十五"), 25),
        ("一百二十", 120),
        ("俩", 2),
        ("拾贰", 12),
    ],
)
def test_numbers_in_words(text: str, value: int):
    assert number_of(text) == value


def test_a_fold_of_entries_applied_before_and_now_is_the_door_s_basket():
    steps = [
        Step(1, EntryKind.ADD, {10: 2, 20: 1}),
        Step(2, EntryKind.ADD, {10: 1}),
        Step(1, EntryKind.REPLACE, {20: 3}),
        Step(2, EntryKind.WITHDRAW, {}),
        Step(1, EntryKind.ADD, {10: 1}),
    ]
    assert fold(steps) == {1: {10: 3, 20: 3}, 2: {}}


def test_a_line_that_is_no_entry_waits_as_a_whole():
    (entry,) = reading("1. 47-1-101 " + "土豆1" * 1_000).entries
    assert codes(entry) == {"no_door", "unknown_item"}
