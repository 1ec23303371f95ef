"""Both books beside each other."""

from __future__ import annotations

from supplyhub.payments.comparing import Booked, compare

PAID, BACK = Booked("payment", "pi_1", 480), Booked("refund", "re_1", 120)


def test_books_with_the_same_rows_are_the_same_in_whatever_order():
    found = compare([PAID, BACK], [BACK, PAID])
    assert (found.same, found.looked_at) == (True, 2)


def test_a_row_of_one_of_them_and_another_amount_are_named():
    found = compare([PAID, BACK], [PAID, Booked("refund", "re_1", 121)])
    assert not found.same
    assert (found.only_ours, found.only_theirs) == ([BACK], [Booked("refund", "re_1", 121)])
