"""Searching a menu the way people type."""

from __future__ import annotations

import pytest

from supplyhub.web.pages.search import finds

CABBAGE = ["大白菜", "da bai cai", "Napa cabbage", "绍菜", "shao cai"]


@pytest.mark.parametrize(
    "typed",
    [
        "大白菜",
        "白菜",
        "菜",
        "dabaicai",
        "da bai cai",
        "DaBai",
        "baic",
        "dbc",
        "bc",
        "napa",
        "Cabbage",
        "绍菜",
        "shaoc",
        "sc",
    ],
)
def test_a_product_is_found_by_characters_sound_initials_english_and_other_names(typed):
    assert finds(typed, CABBAGE)


@pytest.mark.parametrize("typed", ["da'bai'cai", "ｄｂｃ", " 白 菜 ", "dà bai cai".replace("à", "a")])
def test_what_a_keyboard_adds_while_one_types_does_not_matter(typed):
    assert finds(typed, CABBAGE)


@pytest.mark.parametrize("typed", ["番茄", "aicai", "abbage", "dc", "西"])
def test_what_begins_within_a_syllable_or_a_word_is_not_meant(typed):
    assert not finds(typed, CABBAGE)


@pytest.mark.parametrize("typed", ["", "  ", "'", "？"])
def test_nothing_typed_hides_nothing(typed):
    assert finds(typed, CABBAGE)


def test_a_product_that_was_never_spelled_is_found_by_its_characters():
    assert finds("白菜", ["大白菜"])
    assert not finds("bai", ["大白菜"])
