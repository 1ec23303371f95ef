"""Where a surplus goes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from supplyhub.payments.dividing import Back, Payment, cover_wanted, split_surplus

FEN = st.integers(0, 10_000)


@given(st.integers(1, 30_000), st.lists(FEN, max_size=5))
def test_all_of_a_surplus_goes_back_and_no_payment_gets_more_than_is_left_of_it(surplus, left):
    payments = [Payment(number, fen) for number, fen in enumerate(left)]
    backs = split_surplus(surplus, payments)
    assert sum(back.fen for back in backs) == surplus
    assert all(back.fen > 0 for back in backs)
    assert all(back.fen <= left[back.charge_id] for back in backs if back.charge_id is not None)
    assert [back.charge_id for back in backs].count(None) == (surplus > sum(left))


def test_the_payment_that_is_given_first_goes_back_first():
    assert split_surplus(700, [Payment(2, 500), Payment(1, 500)]) == [Back(2, 500), Back(1, 200)]


@given(FEN, FEN)
def test_a_cover_pays_what_is_missing_and_no_fen_more(value, paid):
    cover = cover_wanted(value, paid, covered=True)
    assert cover + min(paid, value) == value
    assert cover_wanted(value, paid, covered=False) == 0
