"""Chains as people write them: what they order, and what waits for somebody."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from supplyhub.errors import InvalidError
from supplyhub.ordering.relay.facts import Item
from supplyhub.ordering.relay.reading import read_relay
from tests.rules.relay_scene import by_sku, codes, known, lines, only, orders, reading

RELAYS = Path(__file__).with_name("relays")


def relay(name: str) -> str:
    return (RELAYS / name).read_text(encoding="utf-8")


def test_the_clean_relay_reads_as_a_careful_person_reads_it():
    assert orders(relay("clean.txt")) == {
        "47号楼/1单元/101": {"V002": 2, "F001": 1},
        "47号楼/1单元/301": {"V007": 3, "D001": 1},
        "48号楼/1单元/302": {"V001": 1},
        "50号楼/1单元/203": {"M001": 2, "V012": 1, "D002": 3},
        "52号楼/1单元/401": {"G001": 1, "D001": 1},
        "58号楼/2单元/301": {"V001": 2, "V007": 4, "M001": 1, "F001": 2},
    }
    assert reading(relay("clean.txt")).review == []


def test_the_messy_relay_reads_as_a_careful_person_reads_it():
    expected, read = json.loads(relay("messy.json")), reading(relay("messy.txt"))
    said = {door.household_id: door.said for door in known().doors}
    assert orders(relay("messy.txt")) == expected["orders"]
    assert [said[home] for home in read.withdrawn] == expected["withdrawn"]
    assert [entry.number for entry in read.review if entry.verdict == "review"] == expected["waiting"]
    assert [entry.number for entry in read.review if entry.verdict == "flagged"] == expected["flagged"]


def test_what_waits_comes_with_a_suggestion():
    seventh = reading(relay("messy.txt")).entries[6]
    assert codes(seventh) == {"over_cap", "item_guessed"}
    assert seventh.suggestion is not None
    assert by_sku(dict(seventh.suggestion.lines)) == {"D002": 2, "V001": 3, "M001": 2, "D001": 1}


ITEMS = [
    ("大白菜x1 番茄x2", "V001 1, V007 2"),
    ("大白菜×1 番茄*2", "V001 1, V007 2"),
    ("x2土豆 x1番茄", "V002 2, V007 1"),
    ("2x土豆 1x番茄", "V002 2, V007 1"),
    ("2份土豆1份番茄", "V002 2, V007 1"),
    ("一份土豆,两份番茄", "V002 1, V007 2"),
    ("土豆1鸡蛋1板", "D001 1, V002 1"),
    ("西红柿两份 马铃薯一份 三层肉1", "M001 1, V002 1, V007 2"),
    ("洋芋1 通菜2 蕹菜1", "V002 1, V012 3"),
    ("土豆壹份 番茄叁份", "V002 1, V007 3"),
    ("土豆俩 番茄仨", "V002 2, V007 3"),
    ("土豆２份 番茄③份", "V002 2, V007 3"),
    ("白菜1⃣️份 香蕉2️⃣份", "F001 2, V001 1"),
    ("土豆、番茄各一份", "V002 1, V007 1"),
    ("白菜2份 土豆、番茄各一份", "V001 2, V002 1, V007 1"),
    ("土豆 番茄 都来两份", "V002 2, V007 2"),
    ("各来2份:土豆 番茄", "V002 2, V007 2"),
    ("土豆+番茄+白菜各1", "V001 1, V002 1, V007 1"),
    ("每样一份", "D001 1, D002 1, F001 1, G001 1, M001 1, V001 1, V002 1, V007 1, V012 1"),
    ("土豆 番茄 每样一份", "V002 1, V007 1"),
    ("2号x2 3号x1", "V002 2, V007 1"),
    ("2号2份 3号菜1份", "V002 2, V007 1"),
    ("2#x2 3#x1", "V002 2, V007 1"),
    ("2x2 3x1", "V002 2, V007 1"),
    ("②2份 ③1份", "V002 2, V007 1"),
    ("B2 C1", "V002 2, V007 1"),
    ("b×2、c×1", "V002 2, V007 1"),
    ("2、3、5各一份", "F001 1, V002 1, V007 1"),
    ("2号3号5号各一份", "F001 1, V002 1, V007 1"),
    ("B、C各两份", "V002 2, V007 2"),
    ("土豆:2 番茄:1", "V002 2, V007 1"),
    ("土豆=2,番茄=1", "V002 2, V007 1"),
    ("土豆(2份) 番茄（1份）", "V002 2, V007 1"),
    ("要土豆一份和番茄两份,谢谢", "V002 1, V007 2"),
    ("我要2份土豆 再来1份番茄", "V002 2, V007 1"),
    ("1.土豆2 2.番茄1", "V002 2, V007 1"),
    ("土豆2 番茄1 共3份", "V002 2, V007 1"),
    ("土豆4.2元2份", "V002 2"),
    ("土豆2份 合计8.4元", "V002 2"),
    ("番茄2 番茄1 牛奶1", "D002 1, V007 3"),
    ("大米1包 鸡蛋1盘", "D001 1, G001 1"),
    ("大米1袋 蛋1板 牛奶*2盒", "D001 1, D002 2, G001 1"),
    ("土豆2份,放门口,谢谢", "V002 2"),
    ("土豆2份不要送太早", "V002 2"),
    ("土豆2份,不需要袋子", "V002 2"),
    ("土豆1 G1", "D001 1, V002 1"),
    ("1:土豆2份 2:番茄1份", "V002 2, V007 1"),
    ("鸡蛋1板,没有就算了", "D001 1"),
    ("A1B2C3", "V001 1, V002 2, V007 3"),
    ("土豆2(老人行动不便,放门口)", "V002 2"),
    ("土豆1 13:00后在家", "V002 1"),
    ("3人 土豆1 一家三口", "V002 1"),
    ("土豆0 番茄2", "V007 2"),
    ("蕃茄１份　土豆１份", "V002 1, V007 1"),
    ("雞蛋1 番茄1", "D001 1, V007 1"),
]


@pytest.mark.parametrize(("words", "expected"), ITEMS)
def test_items_are_read_as_people_write_them(words: str, expected: str):
    assert lines(f"1. 47-1-101 {words}") == expected


FLAGGED = [
    ("香蕉两斤", "F001 1", "converted"),
    ("土豆2kg", "V002 2", "converted"),
    ("土豆三公斤", "V002 3", "converted"),
    ("白菜三斤", "V001 1", "converted"),
    ("番茄500克", "V007 1", "converted"),
    ("大米10斤", "G001 1", "converted"),
    ("土豆 番茄", "V002 1, V007 1", "one_assumed"),
    ("白菜不要烂的", "V001 1", "one_assumed"),
    ("各一份", "D001 1, D002 1, F001 1, G001 1, M001 1, V001 1, V002 1, V007 1, V012 1", "whole_menu"),
]


@pytest.mark.parametrize(("words", "expected", "code"), FLAGGED)
def test_what_was_worked_out_is_ordered_and_shown(words: str, expected: str, code: str):
    entry = only(f"1. 47-1-101 {words}")
    assert (entry.verdict, codes(entry)) == ("flagged", {code})
    assert lines(f"1. 47-1-101 {words}") == expected


WAITING = [
    ("香蕉1箱", "foreign_unit"),
    ("半份土豆", "foreign_unit"),
    ("土豆半斤", "foreign_unit"),
    ("番茄三两", "foreign_unit"),
    ("鸡蛋10个", "foreign_unit"),
    ("土豆一捆", "foreign_unit"),
    ("土豆1.5份", "foreign_unit"),
    ("白菜5份", "over_cap"),
    ("土豆99999", "over_cap"),
    ("肉1", "item_guessed"),
    ("小白菜2", "item_guessed"),
    ("番茄酱1瓶", "item_guessed"),
    ("菜2份", "item_unclear"),
    ("羊肉2份", "unknown_item"),
    ("白菜2 羊肉", "unknown_item"),
    ("白菜2(羊排2份)", "unknown_item"),
    ("99号x1", "unknown_item"),
    ("Z2", "unknown_item"),
    ("地瓜1份", "not_on_menu"),
    ("土豆粉1", "not_on_menu"),
    ("土豆、番茄2份", "quantity_unclear"),
    ("土豆 2 番茄 1 香蕉", "quantity_unclear"),
    ("番茄 土豆 2份", "quantity_unclear"),
    ("番茄土豆2份", "quantity_unclear"),
    ("番茄/土豆2份", "quantity_unclear"),
    ("土豆-1", "quantity_unclear"),
    ("土豆 —1份", "quantity_unclear"),
    ("土豆 一共2份", "quantity_unclear"),
    ("土豆 共2", "quantity_unclear"),
    ("土豆2 番茄1 共4份", "quantity_unclear"),
    ("鸡蛋1板土豆", "quantity_unclear"),
    ("土豆2 3", "quantity_unclear"),
    ("上次少了1份土豆", "change_unclear"),
    ("昨天漏了的土豆2份", "change_unclear"),
    ("没要土豆2份", "change_unclear"),
    ("如果有土豆2份", "change_unclear"),
    ("每样一份除了土豆", "change_unclear"),
    ("不吃番茄 土豆1", "change_unclear"),
    ("只要鸡蛋1", "change_unclear"),
    ("土豆1 写错了,是番茄1", "change_unclear"),
    ("土豆1 发错了", "change_unclear"),
    ("土豆1 重复了", "change_unclear"),
    ("土豆1 ❌", "change_unclear"),
    ("土豆1(已送)", "change_unclear"),
    ("谁要土豆1份", "change_unclear"),
    ("土豆1份有人要吗", "change_unclear"),
    ("土豆2份？", "change_unclear"),
    ("家里还有土豆2份,番茄1", "change_unclear"),
    ("番茄收到了1份", "change_unclear"),
    ("收到土豆1", "change_unclear"),
    ("土豆2 番茄1 都翻倍", "change_unclear"),
    ("土豆2份(没有换番茄)", "change_unclear"),
    ("土豆2人份", "change_unclear"),
    ("土豆0", "no_items"),
    ("土豆一份就行", "change_unclear"),
    ("更新:土豆1", "change_unclear"),
    ("例:土豆1", "change_unclear"),
    ("同上", "no_items"),
    ("", "no_items"),
    ("家里没菜了", "no_items"),
]


@pytest.mark.parametrize(("words", "code"), WAITING)
def test_what_is_not_certain_waits_and_orders_nothing(words: str, code: str):
    entry = only(f"1. 47-1-101 {words}")
    assert entry.verdict == "review"
    assert code in codes(entry)
    assert orders(f"1. 47-1-101 {words}") == {}


CHANGES = [
    ("再加一份番茄", "V001 2, V002 1, V007 1"),
    ("番茄1", "V001 2, V002 1, V007 1"),
    ("土豆2", "V001 2, V002 3"),
    ("土豆再加1份", "V001 2, V002 2"),
    ("土豆改成3份", "V001 2, V002 3"),
    ("土豆1份改成3份", "V001 2, V002 3"),
    ("改成土豆3份", "V001 2, V002 3"),
    ("全部改成番茄2", "V007 2"),
    ("土豆换成番茄", "V001 2, V007 1"),
    ("土豆换成番茄2份", "V001 2, V007 2"),
    ("土豆不要了", "V001 2"),
    ("不要土豆了", "V001 2"),
    ("去掉土豆", "V001 2"),
    ("取消土豆", "V001 2"),
    ("取消1份白菜", "V001 1, V002 1"),
    ("白菜减一份", "V001 1, V002 1"),
    ("土豆不要了,番茄2", "V001 2, V007 2"),
    ("去掉土豆,再加番茄1份", "V001 2, V007 1"),
    ("白菜、土豆都不要了", ""),
    ("不要了", ""),
    ("取消", ""),
    ("全部取消", ""),
    ("这次不要了,谢谢", ""),
]


@pytest.mark.parametrize(("words", "expected"), CHANGES)
def test_a_later_entry_of_a_door_adds_replaces_or_withdraws(words: str, expected: str):
    assert lines(f"1. 47-1-101 白菜2 土豆1\n2. 47-1-101 {words}") == expected


@pytest.mark.parametrize(
    "words",
    ["改成番茄2", "改成番茄2 香蕉1", "土豆取消番茄", "白菜3份减", "改一下", "去掉", "土豆减5份", "番茄换成香蕉"],
)
def test_a_change_that_can_mean_two_things_waits(words: str):
    text = f"1. 47-1-101 白菜2 土豆1\n2. 47-1-101 {words}"
    assert reading(text).entries[1].verdict == "review"
    assert lines(text) == "V001 2, V002 1"


@pytest.mark.parametrize(
    "words",
    [
        "不取消了",
        "怎么取消",
        "取消吗",
        "取消？",
        "取消 出差",
        "取消放门口",
        "不是取消,是番茄1",
        "取消 重新接 土豆1",
        "以这条为准 土豆1",
        "只订土豆1",
        "只要番茄",
        "土豆0 番茄1",
    ],
)
def test_a_door_keeps_its_order_where_a_later_entry_may_mean_something_else(words: str):
    text = f"1. 47-1-101 白菜2 土豆1\n2. 47-1-101 {words}"
    assert codes(reading(text).entries[1]) >= {"change_unclear"}
    assert lines(text) == "V001 2, V002 1"


@pytest.mark.parametrize("words", ["取消,谢谢团长", "不好意思,不要了", "王阿姨 取消"])
def test_politeness_and_a_name_make_no_withdrawal_doubtful(words: str):
    assert lines(f"1. 47-1-101 白菜2\n2. 47-1-101 {words}") == ""


def test_words_that_mean_nothing_are_shown_and_the_rest_is_ordered():
    entry = only("1. 阳光 47-1-101 土豆1 嗯嗯")
    assert (entry.verdict, codes(entry)) == ("flagged", {"unexplained"})
    assert lines("1. 阳光 47-1-101 土豆1 嗯嗯") == "V002 1"


@pytest.mark.parametrize(
    ("words", "delivery"),
    [
        ("土豆1,放门口,谢谢", ["放门口"]),
        ("土豆1(老人行动不便,放门口)", ["放门口"]),
        ("放楼下 土豆1 下午送", ["放楼下", "下午送"]),
        ("张三 土豆1", []),
        ("王阿姨独居 残疾 土豆1", []),
        ("土豆1(张三家,送楼下)", []),
    ],
)
def test_only_what_is_said_about_the_delivery_goes_on_with_the_order(words: str, delivery: list[str]):
    notes = only(f"1. 47-1-101 {words}").notes
    assert [note.data["delivery"] for note in notes if "delivery" in note.data] == delivery


def test_a_door_may_come_back_after_it_withdrew():
    text = "1. 47-1-101 白菜2\n2. 47-1-101 取消\n3. 47-1-101 土豆1"
    assert lines(text) == "V002 1"
    assert reading(text).withdrawn == []


def test_entries_of_one_door_share_the_cap():
    text = "1. 47-1-101 白菜2\n2. 47-1-101 再加白菜2份"
    second = reading(text).entries[1]
    assert codes(second) == {"over_cap"}
    assert second.notes[0].data["had"] == 2
    assert lines(text) == "V001 2"


def test_an_entry_that_was_pasted_twice_counts_once():
    text = "1. 47-1-101 土豆1\n2. 47-1-301 番茄1\n1. 47-1-101 土豆1\n2. 47-1-301 番茄1\n3. 48-1-302 番茄1"
    assert orders(text)["47号楼/1单元/101"] == {"V002": 1}
    assert [codes(entry) for entry in reading(text).entries[2:4]] == [{"repeated"}, {"repeated"}]


def test_the_same_words_under_another_number_are_added_and_shown():
    text = "1. 47-1-101 土豆1\n2. 47-1-101 土豆1"
    assert lines(text) == "V002 2"
    assert codes(reading(text).entries[1]) == {"same_words"}


def test_a_number_that_stands_twice_for_a_door_with_other_words_waits():
    text = "1. 47-1-101 土豆1\n1. 47-1-101 土豆2"
    assert codes(reading(text).entries[1]) == {"number_again"}
    assert lines(text) == "V002 1"


def test_an_item_that_was_withdrawn_waits():
    first, *others = known().items
    read = read_relay("1. 47-1-101 白菜1", replace(known(), items=(replace(first, withdrawn=True), *others)))
    assert codes(read.entries[0]) == {"withdrawn_item"}


@pytest.mark.parametrize(
    "text", ["菜\n" * 20_001, "菜 " * 60_000, "菜" * 500_001, "菜" * 200_000, "1. 47-1-101 土豆1\n" * 5_001]
)
def test_a_text_that_is_no_chain_of_a_grid_is_refused(text: str):
    with pytest.raises(InvalidError, match="no chain of one grid"):
        reading(text)


def test_a_name_that_means_two_items_waits_with_both():
    peppers = tuple(Item(n, f"P{n}", name, "份", 300, n, aliases=("辣椒",)) for n, name in ((1, "青椒"), (2, "红椒")))
    (entry,) = read_relay("1. 47-1-101 辣椒1", replace(known(), items=peppers)).entries
    assert codes(entry) == {"item_unclear"}
    assert entry.notes[0].data["items"] == [1, 2]
