"""Money at the doors: as much as is owed, once, and the same whatever order it comes in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from supplyhub.payments.rules import AtDoor, Said, Taken, settle_takings
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
    doors = {taking.stop: AtDoor(owed, kept_fen=1000) for taking in takings}
    found = settle_takings(takings, doors, known or {}, corrected)
    assert [each.taking for each in found] == takings
    assert not any(each.surplus_fen for each in found)
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
        found = settle_takings(left, {1: AtDoor(owed, kept_fen=1000 - owed)}, known, corrected)
        applied = [each.taking for each in found if each.answer == APPLIED]
        known |= {each.id: each.says() for each in applied}
        corrected |= {each.corrects for each in applied if each.corrects}
        owed += sum(known[each.corrects][2] if each.corrects else -each.amount_fen for each in applied)
        left = [each.taking for each in found if each.answer not in {APPLIED, DUPLICATE}]
    assert left == []
    assert owed == 0


def test_what_a_phone_could_believe_to_be_owed_is_taken_and_what_is_too_much_is_named():
    def taken(
        takings: list[Taken], door: AtDoor, known: dict[UUID, Said] | None = None
    ) -> list[tuple[TakingAnswer, int]]:
        found = settle_takings(takings, {1: door}, known or {})
        return [(each.answer, each.surplus_fen) for each in found]

    assert taken([money(1, 1000)], AtDoor(0, 1000)) == [(APPLIED, 1000)]
    assert taken([money(1, 1000)], AtDoor(300, 1000)) == [(APPLIED, 700)]
    assert taken([money(1, 1001)], AtDoor(300, 1000)) == [(MORE, 0)]
    assert taken([money(1, 600), money(2, 400, way=CODE)], AtDoor(300, 1000)) == [(APPLIED, 300), (APPLIED, 400)]
    # What was taken there counts: another phone's own number for it is refused.
    assert taken([money(1, 1000), money(2, 1000)], AtDoor(1000, 1000)) == [(APPLIED, 0), (MORE, 0)]
    # Instead of what was entered wrong, as much as that.
    known = {UUID(int=1): money(1, 1000).says()}
    assert taken([back(2, 1), money(3, 1000)], AtDoor(0, 0, 1000), known) == [(APPLIED, 0), (APPLIED, 0)]


def test_what_went_back_to_the_household_is_not_taken_back():
    known = {UUID(int=1): money(1, 1000).says()}
    for kept, answer in ((1000, APPLIED), (999, CONFLICT)):
        (found,) = settle_takings([back(2, 1)], {1: AtDoor(0, 0, kept)}, known)
        assert found.answer == answer
