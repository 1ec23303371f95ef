"""Whatever people write: orders written down in any way are read as they were meant, and nothing is lost."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from supplyhub.ordering.relay import lexicon
from supplyhub.ordering.relay.hygiene import clean_lines, plain_text
from tests.drill import examples
from tests.rules.relay_scene import DOORS, PHONES, POSTED, known, orders, reading

if TYPE_CHECKING:
    import pytest

Order = tuple[int, dict[int, int]]
DIGITS = "零一二三四五六七八九"
CIRCLED = "⓪①②③④⑤⑥⑦⑧⑨"
MARKS = ["{n}. ", "{n}.", "{n}、", "({n}) ", "（{n}）", "{n}) ", "#{n} ", "第{n} "]
WAYS = [
    "{b}-{u}-{d}",
    "{b}#{u}-{d}",
    "{b}号楼{u}单元{d}",
    "{b}栋{u}单元{d}室",
    "{b}幢{u}-{d}",
    "{b}号楼/{u}单元/{d}",
    "{b} {u} {d}",
]
AFTER_DOOR = [" ", ",", "，", "\n", " 3人 ", ": "]
BETWEEN = [" ", ",", "，", "、", "；", "\n", "  "]


def a_number(draw: st.DrawFn, number: int) -> str:
    ways = [str(number), chr(0xFF10 + number), DIGITS[number] if number != 2 else "两", CIRCLED[number]]
    return draw(st.sampled_from(ways))


@st.composite
def line(draw: st.DrawFn, place: int, quantity: int, *, before: bool) -> str:
    """Write so many units of an item in one of many ways, with the number before or after it."""
    _, name, unit, _, _ = POSTED[place]
    item = known().items[place]
    said = draw(st.sampled_from([name, *item.aliases]))
    number = a_number(draw, quantity)
    if before:
        return draw(st.sampled_from([f"{number}{unit}{said}", f"{number}份{said}", f"{quantity}x{said}"]))
    by_number = f"{place + 1}号"
    letter = "ABCDEFGHI"[place]
    ways = [
        f"{said}{number}{unit}",
        f"{said} {number}份",
        f"{said}x{quantity}",
        f"{said}×{quantity}{unit}",
        f"{said}*{quantity}",
    ]
    ways += [
        f"{said}({number}{unit})",
        f"{said}:{quantity}",
        f"{by_number}x{quantity}",
        f"{by_number}{quantity}份",
        f"{letter}{quantity}",
    ]
    return draw(st.sampled_from(ways))


@st.composite
def items(draw: st.DrawFn, wanted: dict[int, int]) -> str:
    """Write a basket: 各一份 where it fits, else item by item in one order of words."""
    quantities = set(wanted.values())
    if len(wanted) > 1 and len(quantities) == 1 and draw(st.booleans()):
        names = draw(st.sampled_from(["、", " ", "+"])).join(POSTED[place][1] for place in wanted)
        number = a_number(draw, quantities.pop())
        return draw(st.sampled_from([f"{names}各{number}份", f"{names} 每样{number}份", f"各来{number}份:{names}"]))
    before = draw(st.booleans())
    between = draw(st.sampled_from(BETWEEN))
    return between.join(draw(line(place, quantity, before=before)) for place, quantity in wanted.items())


@st.composite
def door(draw: st.DrawFn, place: int) -> str:
    """Write a door: by its numbers, or by who lives there."""
    building, unit, number, name = DOORS[place]
    way = draw(st.sampled_from(WAYS)).format(b=building, u=unit, d=number)
    phone = PHONES.get(f"{building}-{unit}-{number}")
    ways = [way, f"{name} {way}", f"{way} {name}"]
    if phone:
        ways += [phone, f"{way} {phone}", f"{name} {way} 电话{phone}"]
    if [living[3] for living in DOORS].count(name) == 1:
        ways.append(name)
    return draw(st.sampled_from(ways))


@st.composite
def chains(draw: st.DrawFn) -> tuple[str, dict[int, Counter[int]]]:
    """Write a chain of entries that add to their doors, within the caps; with what it means by place."""
    entries: list[str] = []
    meant: dict[int, Counter[int]] = {}
    mark = draw(st.sampled_from(MARKS))
    for number in range(1, draw(st.integers(1, 6)) + 1):
        home = draw(st.integers(0, len(DOORS) - 1))
        so_far = meant.setdefault(home, Counter())
        free = {place: POSTED[place][4] - so_far[place] for place in range(len(POSTED))}
        wanted = {
            place: draw(st.integers(1, min(free[place], 9)))
            for place in draw(st.lists(st.integers(0, len(POSTED) - 1), min_size=1, max_size=5, unique=True))
            if free[place] > 0
        }
        if not wanted:
            continue
        so_far.update(wanted)
        said, gap, basket = draw(door(home)), draw(st.sampled_from(AFTER_DOOR)), draw(items(wanted))
        entries.append(
            f"{mark.format(n=number)}{said}{gap}{basket}{draw(st.sampled_from(['', ' 谢谢', '(放门口)', '。']))}"
        )
    return "\n".join(["#接龙", "第三网格 今晚8点截", *entries]), meant


@settings(max_examples=examples(300))
@given(chains())
def test_a_chain_is_read_as_it_was_meant(chain: tuple[str, dict[int, Counter[int]]]):
    text, meant = chain
    expected = {
        f"{DOORS[home][0]}号楼/{DOORS[home][1]}单元/{DOORS[home][2]}": {
            POSTED[place][0]: quantity for place, quantity in wanted.items()
        }
        for home, wanted in meant.items()
        if wanted
    }
    assert orders(text) == expected, text


PIECES = st.one_of(
    st.sampled_from(
        [
            "47-1-101",
            "1. ",
            "\n",
            "2、",
            "土豆",
            "白菜",
            "各一份",
            "x2",
            "两",
            "半",
            "斤",
            "改成",
            "取消",
            "不要",
            "(",
            ")",
            "①",
        ]
    ),
    st.sampled_from(
        [
            "号楼",
            "单元",
            "19900000568",
            "苏怡",
            "元",
            "例",
            "#接龙",
            "4.80",
            "\u202e",
            "\ufeff",
            "🙏",
            " ",
            "换成",
            "全部",
            "减",
            "每样",
            "3号",
        ]
    ),
    st.text(max_size=8),
)


@settings(max_examples=examples(400))
@given(st.lists(PIECES, max_size=60).map("".join))
def test_any_text_can_be_read_and_no_line_of_it_is_lost(text: str):
    read = reading(text)
    kept = Counter(line for entry in read.entries for line in entry.text.split("\n")) + Counter(read.headings)
    typed = Counter(line for line in (kept_line(line) for line in text.splitlines()) if line)
    assert typed - kept == Counter(), text
    for step in read.steps():
        assert all(quantity >= 0 for quantity in step.lines.values())
    caps = {item.id: item.cap for item in known().items}
    for basket in read.baskets().values():
        assert all(0 < quantity <= caps[item] for item, quantity in basket.items())


AROUND = ["", "张三 20:15", "#接龙", "谢谢", "12:30", "4.12送", "备注", "每户限2份", "https://hub.example/m/1"]


@settings(max_examples=examples(200))
@given(st.lists(st.tuples(st.sampled_from(AROUND), st.sampled_from(["", " ", ":"]), st.integers(0, 8)), max_size=6))
def test_goods_with_a_number_are_in_some_entry_once_a_chain_has_begun(said: list[tuple[str, str, int]]):
    asked = [f"{before}{gap}{POSTED[place][1]}2份" for before, gap, place in said]
    between = [line for pair in zip(AROUND * 2, asked, strict=False) for line in pair]
    read = reading("\n".join(["1. 47-1-101 土豆1", *between]))
    entries = Counter(line for entry in read.entries for line in entry.text.split("\n"))
    assert Counter(line.strip() for line in asked) - entries == Counter()


def kept_line(line: str) -> str:
    """Return a line as an entry keeps it; empty for one without anything to see."""
    (cleaned,) = clean_lines(line) or [None]
    return cleaned.typed if cleaned else ""


def test_the_work_grows_with_the_text_and_not_with_the_register(monkeypatch: pytest.MonkeyPatch):
    looked_up: list[str] = []
    longest = lexicon.Lexicon.longest

    def counted(self: lexicon.Lexicon, text: str, start: int) -> object:
        looked_up.append(text[start])
        return longest(self, text, start)

    monkeypatch.setattr(lexicon.Lexicon, "longest", counted)
    text = "\n".join(f"{n}. 47-1-101 苏怡 3人 19900000568 土豆1 番茄两份、白菜1份" for n in range(1, 501))
    assert len(reading(text).entries) == 500
    # A look-up a character at most, and no line read twice.
    assert len(looked_up) < len(plain_text(text)) / 2
