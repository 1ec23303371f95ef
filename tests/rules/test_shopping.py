"""What the demo's households want: the same in every run, within what the menu allows."""

from __future__ import annotations

from random import Random

from supplyhub.demo.shopping import at_most, basket

SKUS = ["V001", "V002", "D001", "G001", "X999"]


def test_a_basket_is_the_same_in_every_run_and_has_something():
    first, again = (basket(Random(7), SKUS, people=3) for _ in range(2))
    assert first == again
    assert 2 <= len(first) <= len(SKUS)


def test_some_take_more_of_one_thing_within_its_cap_to_fill_a_case():
    wanted, caps = {"V001": 2, "V002": 1}, {"V001": 2, "V002": 5}
    assert at_most(0, wanted, caps) == {"V002": 3}
    assert at_most(4, {"V001": 1}, {"V001": 2}) == {"V001": 2}
    assert at_most(8, {"V001": 2}, {"V001": 2}) == {}
    assert [at_most(place, wanted, caps) for place in (1, 2, 3)] == [{}, {}, {}]
