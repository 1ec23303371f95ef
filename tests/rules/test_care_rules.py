"""What words of a register mean, how long an entry holds, when somebody calls again."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplyhub.errors import InvalidError
from supplyhub.residents.care_rules import (
    LONGEST_NOTE,
    Contents,
    as_text,
    check_categories,
    check_note,
    days_held,
    next_call,
    read_words,
)
from supplyhub.residents.states import CareCategory, CheckOutcome

TODAY = date(2026, 4, 12)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("独居老人", {CareCategory.LIVING_ALONE}),
        ("高龄独居、慢性病", {CareCategory.LIVING_ALONE, CareCategory.CHRONIC_ILLNESS}),
        ("残疾", {CareCategory.DISABLED}),
        ("孕产妇", {CareCategory.PREGNANT_OR_INFANT}),
        ("婴幼儿", {CareCategory.PREGNANT_OR_INFANT}),
        ("解除隔离", {CareCategory.AFTER_ISOLATION}),
        ("低保", {CareCategory.HARDSHIP}),
        ("disabled, living_alone", {CareCategory.DISABLED, CareCategory.LIVING_ALONE}),
        ("军属", set()),
    ],
)
def test_words_of_a_register_mean_categories(text, meant):
    assert read_words(text).categories == meant


def test_words_that_are_no_codes_stay_as_they_were():
    assert read_words("婴幼儿，军属").words == ("婴幼儿", "军属")
    assert read_words("disabled").words == ()


@given(
    categories=st.sets(st.sampled_from(CareCategory)),
    words=st.lists(st.text("军属甲乙", min_size=1, max_size=6), max_size=3),
)
def test_what_is_sealed_reads_back_as_it_was(categories, words):
    said = Contents(frozenset(categories), tuple(words))
    assert read_words(as_text(said)) == said


def test_an_entry_holds_as_long_as_the_longest_of_its_categories():
    assert days_held([CareCategory.AFTER_ISOLATION]) == 14
    assert days_held([CareCategory.AFTER_ISOLATION, CareCategory.PREGNANT_OR_INFANT]) == 270
    assert days_held([CareCategory.DISABLED, CareCategory.AFTER_ISOLATION]) == 365
    assert days_held([]) == 365


def test_after_no_answer_and_after_a_worrying_call_somebody_calls_tomorrow():
    assert next_call(TODAY, CheckOutcome.NO_ANSWER, 7) == date(2026, 4, 13)
    assert next_call(TODAY, CheckOutcome.WORRYING, None) == date(2026, 4, 13)
    assert next_call(TODAY, CheckOutcome.FINE, 7) == date(2026, 4, 19)
    assert next_call(TODAY, CheckOutcome.NEEDS_SOMETHING, None) is None


def test_a_note_is_text_of_a_bounded_length():
    assert check_note("  一天\r\n一次 ") == "一天\n一次"
    assert check_note("<script>alert(1)</script> =1+1") == "<script>alert(1)</script> =1+1"
    for bad in ("x" * (LONGEST_NOTE + 1), "a\0b", "a\x1bb", "\ud800"):
        with pytest.raises(InvalidError):
            check_note(bad)
    with pytest.raises(InvalidError):
        check_categories([])
