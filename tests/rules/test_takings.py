"""Money at the doors: as much as is owed, once, and the same whatever order it comes in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from supplyhub.payments.rules import Said, Taken, settle_takings
from supplyhub.payments.states import TakingAnswer, TakingWay

NOON = datetime(2026, 4, 12, 12, tzinfo=UTC)
CASH, CODE = TakingWay.CASH, TakingWay.SHOWN_CODE
APPLIED, DUPLICATE, CONFLICT = TakingAnswer.APPLIED, TakingAnswer.DUPLICATE, TakingAnswer.CONFLICT
MORE, LESS, NOT_YET = TakingAnswer.MORE_THAN_OWED, TakingAnswer.LESS_THAN_OWED, TakingAnswer.NOT_YET


def money(number: int, fen: int, *, stop: int = 1, way: TakingWay = CASH, less: bool = False) -> Taken:
    return Taken(UUID(int=number), stop, NOON + timedelta(minutes=number), way, fen, less=less)


def back(number: int, original: int, *, stop: int = 1) -> Taken:
    return Taken(UUID(int=number), stop, NOON + timedelta(minutes=number), corrects=UUID(int=original))


def answers(takings: list[Taken], owed: int, known: dict[UUID, Said] | None = None, corrected=()) -> list[TakingAnswer]:
    found = settle_takings(takings, {taking.stop: owed for taking in takings}, known or {}, corrected)
    assert [each.taking for each in found] == takings
    return [each.answer for each in found]


def test_what_is_owed_is_taken_and_no_more():
    assert answers([money(1, 1000)], 1000) == [APPLIED]
    assert answers([money(1, 1001)], 1000) == [MORE]
    assert answers([money(1, 1)], 0) == [MORE]
    assert answers([money(1, 600), money(2, 400, way=CODE)], 1000) == [APPLIED, APPLIED]
    assert answers([money(1, 600), money(2, 401)], 1000) == [LESS, MORE]


def test_less_is_taken_when_somebody_confirms_it():
    assert answers([money(1, 999)], 1000) == [LESS]
    assert answers([money(1, 999, less=True)], 1000) == [APPLIED]
    assert answers([money(1, 400), money(2, 500, less=True)], 1000) == [APPLIED, APPLIED]
    assert answers([money(1, 900, stop=1), money(2, 1000, stop=2)], 1000) == [LESS, APPLIED]


def test_the_same_again_is_a_duplicate_and_another_amount_a_conflict():
    known = {UUID(int=1): money(1, 1000).says()}
    assert answers([money(1, 1000)], 0, known) == [DUPLICATE]
    assert answers([money(1, 900)], 0, known) == [CONFLICT]
    assert answers([money(1, 1000, stop=2)], 0, known) == [CONFLICT]
    assert answers([money(1, 1000), money(1, 1000)], 1000) == [APPLIED, DUPLICATE]


def test_a_taking_is_taken_back_once():
    known = {UUID(int=1): money(1, 1000).says()}
    assert answers([back(2, 1), money(3, 800, less=True)], 0, known) == [APPLIED, APPLIED]
    assert answers([back(2, 1)], 1000, known, {UUID(int=1)}) == [DUPLICATE]
    assert answers([back(2, 1), back(3, 1)], 0, known) == [APPLIED, DUPLICATE]


def test_a_correction_names_money_of_its_own_stop():
    known = {UUID(int=1): money(1, 1000).says(), UUID(int=2): back(2, 1).says()}
    assert answers([back(3, 1, stop=2)], 0, known) == [CONFLICT]
    assert answers([back(3, 2)], 0, known) == [CONFLICT]
    assert answers([back(3, 9)], 0, known) == [NOT_YET]
    # One of another stop makes nothing of what is owed here.
    assert answers([money(1, 5000), back(2, 1, stop=2)], 1000) == [MORE, NOT_YET]


@pytest.mark.parametrize("order", list(permutations([money(1, 10_000), back(2, 1), money(3, 1000)])))
def test_a_wrong_amount_with_its_correction_comes_to_the_right_one_in_any_order(order):
    assert answers(list(order), 1000) == [APPLIED] * 3


@pytest.mark.parametrize("order", list(permutations([money(1, 10_000), back(2, 1), money(3, 1000)])))
def test_a_phone_that_sends_what_is_not_taken_yet_again_ends_with_the_same_books(order):
    """One by one, in any order: what was refused or has to wait goes again together with all that is left."""
    known: dict[UUID, Said] = {}
    left: list[Taken] = []
    owed, corrected = 1000, set()
    for taking in order:
        left.append(taking)
        found = settle_takings(left, {1: owed}, known, corrected)
        applied = [each.taking for each in found if each.answer == APPLIED]
        known |= {each.id: each.says() for each in applied}
        corrected |= {each.corrects for each in applied if each.corrects}
        owed += sum(known[each.corrects][2] if each.corrects else -each.amount_fen for each in applied)
        left = [each.taking for each in found if each.answer not in {APPLIED, DUPLICATE}]
    assert left == []
    assert owed == 0
