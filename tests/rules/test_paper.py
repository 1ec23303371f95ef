"""What is typed from a sheet: codes and letters in whatever case, width and order; nothing that isn't understood is lost."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplyhub.codes import ALPHABET
from supplyhub.delivery.paper import LETTERS, check, type_in
from supplyhub.delivery.states import Problem, StopOutcome

DONE, FAILED = StopOutcome.DELIVERED, StopOutcome.FAILED


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("K7M2PQ d", [("K7M2PQ", DONE, None, 0)]),
        ("k7m2pq D", [("K7M2PQ", DONE, None, 0)]),
        ("Ｋ７Ｍ２ＰＱ　ｎ", [("K7M2PQ", FAILED, Problem.NOBODY_HOME, 0)]),
        ("K7M2PQd X9R4TBw", [("K7M2PQ", DONE, None, 0), ("X9R4TB", FAILED, Problem.WRONG_DOOR, 0)]),
        ("K7M2PQ d、X9R4TB r；234567 b", [("K7M2PQ", DONE, None, 0), ("X9R4TB", FAILED, Problem.REFUSED, 0),
                                          ("234567", FAILED, Problem.DAMAGED, 0)]),
        ("K7M2PQ d 12.5", [("K7M2PQ", DONE, None, 1250)]),
        ("K7M2PQ d ¥9600 234567 d 123.45", [("K7M2PQ", DONE, None, 960000), ("234567", DONE, None, 12345)]),
        ("\n\nK7M-2PQ o\n", [("K7M2PQ", FAILED, Problem.OTHER, 0)]),
    ],
)  # fmt: skip
def test_a_line_is_read(text, found):
    assert [(each.code, each.outcome, each.problem, each.fen) for each in type_in(text)] == found


@pytest.mark.parametrize("text", ["QQ", "K7M2PQ", "K7M2PQ x", "d", "K7M2PQ d n", "K7M2PQ d 5 6", "你好", "K7M2PQ n 5"])
def test_what_is_not_understood_is_a_fault_and_keeps_what_was_typed(text):
    stop = SimpleNamespace(id=1, code="K7M2PQ", ticket="T", outcome=None, problem=None)
    (read,) = check(type_in(text), "T", {"K7M2PQ": stop})
    assert read.fault
    assert read.typed.text == text


def test_twice_the_same_is_once_and_twice_different_a_fault():
    stop = SimpleNamespace(id=1, code="K7M2PQ", ticket="T", outcome=None, problem=None)
    found = check(type_in("K7M2PQ d\nk7m2pq d\nK7M2PQ n"), "T", {"K7M2PQ": stop})
    assert [each.fault for each in found] == ["", "", "twice"]


def test_what_stands_already_and_what_stands_otherwise_is_said():
    done = SimpleNamespace(id=1, code="K7M2PQ", ticket="T", outcome="delivered", problem=None)
    elsewhere = SimpleNamespace(id=2, code="X9R4TB", ticket="U", outcome=None, problem=None)
    stops = {"K7M2PQ": done, "X9R4TB": elsewhere}
    (same,), (otherwise,), (other,) = (
        check(type_in(text), "T", stops) for text in ("K7M2PQ d", "K7M2PQ n", "X9R4TB d")
    )
    assert (same.stands, otherwise.stands) == ("same", "otherwise")
    assert (other.fault, other.ticket) == ("other_ticket", "U")


@given(st.text(max_size=200))
def test_whatever_is_typed_never_fails_and_every_word_comes_back(text):
    for each in check(type_in(text), "T", {}):
        assert each.fault
        assert each.typed.line >= 1


codes = st.text(ALPHABET, min_size=6, max_size=6)
letters = st.sampled_from(sorted(LETTERS))


@given(st.lists(st.tuples(codes, letters), max_size=20), st.sampled_from([" ", "\n", ", ", "　"]))
def test_every_code_with_a_letter_is_found_whatever_stands_between(pairs, apart):
    text = apart.join(f"{code.lower()} {letter}" for code, letter in pairs)
    assert [(each.code, each.problem) for each in type_in(text)] == [(code, LETTERS[letter]) for code, letter in pairs]
