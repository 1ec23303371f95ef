"""Signing in with a badge: the QR on it and a PIN, of which few are guessed."""

from __future__ import annotations

import pytest

from supplyhub.crypto import token_hash
from supplyhub.db import db, execute, scalar
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError
from supplyhub.people.commands import (
    DeadBadgeError,
    PinLockedError,
    SignInError,
    WrongPinError,
    badge_in_hand,
    begin_shift,
    choose_pin,
    end_shift,
    replace_badge,
    resume_badge,
    revoke_badge,
    set_own_pin,
    sign_in_with_badge,
    suspend_badge,
)
from supplyhub.people.pins import MOST_WRONG, check_pin
from supplyhub.people.states import Role
from supplyhub.residents.asking import asker_in_session
from tests.factories import a_badge, a_community, a_grid, a_training, an_account, asking

SECRET = "ABCDEFGHJKLMNPQRSTUVWXYZ23"
QR = f"3-017.{SECRET}"
PIN = "802175"


class Gate:
    """A badge 3-017 that was printed, and the coordinator."""

    def __init__(self) -> None:
        community = a_community()
        self.coordinator = asking(an_account(community, Role.COORDINATOR).id)
        self.badge = a_badge(a_grid(community, 3), number=17, secret_hash=token_hash(SECRET))
        self.account = self.badge.account_id

    def wrong(self, times: int) -> None:
        for _ in range(times):
            with pytest.raises(WrongPinError):
                sign_in_with_badge(QR, "111213")


@pytest.fixture
def gate(database) -> Gate:
    return Gate()


def later(minutes: int) -> None:
    execute("UPDATE badge SET pin_locked_until = pin_locked_until - make_interval(mins => :minutes)", minutes=minutes)
    db.session.commit()


def test_the_first_scan_chooses_the_pin_and_every_later_one_needs_it(gate):
    assert not badge_in_hand(QR).has_pin
    assert choose_pin(QR, PIN).account_id == gate.account
    assert badge_in_hand(QR.lower()).has_pin
    assert sign_in_with_badge(QR, PIN).badge_id == gate.badge.id
    with pytest.raises(ConflictError):
        choose_pin(QR, "910364")
    assert sign_in_with_badge(QR, PIN)


def test_neither_pin_nor_secret_is_kept(gate):
    choose_pin(QR, PIN)
    kept = scalar("SELECT b::text FROM badge AS b")
    assert PIN not in kept
    assert SECRET not in kept


@pytest.mark.parametrize(
    "pin", ["", "80217", "8021755", "80217x", "八〇二一七五", "²²²²²²", "000000", "123456", "098765", "890123"]
)
def test_a_pin_that_is_none_or_easy_to_guess_is_refused(gate, pin):
    with pytest.raises(InvalidError):
        choose_pin(QR, pin)
    assert not badge_in_hand(QR).has_pin


def test_a_pin_that_runs_only_in_part_is_taken():
    for pin in ("123457", "112233", "246802"):
        check_pin(pin)


@pytest.mark.parametrize(
    "given", ["", ".", "3-017.", "3-017", SECRET[:-1], f"4-001.{SECRET}", "3-017." + "Z" * 26, "\x00", "." * 500]
)
def test_what_is_on_no_badge_is_refused_alike(gate, given):
    with pytest.raises(SignInError):
        badge_in_hand(given)


@pytest.mark.parametrize("end", ["suspended", "revoked", "expired", "early"])
def test_a_dead_badge_signs_nobody_in_whatever_the_pin(gate, end):
    choose_pin(QR, PIN)
    if end == "suspended":
        suspend_badge(gate.coordinator, "3-017")
    elif end == "revoked":
        revoke_badge(gate.coordinator, "3-017")
    elif end == "expired":
        execute("UPDATE badge SET valid_from = now() - interval '2 days', valid_until = now() - interval '1 day'")
    else:
        execute("UPDATE badge SET valid_from = now() + interval '1 day'")
    db.session.commit()
    for attempt in (lambda: badge_in_hand(QR), lambda: sign_in_with_badge(QR, PIN), lambda: choose_pin(QR, PIN)):
        with pytest.raises(DeadBadgeError) as caught:
            attempt()
        assert caught.value.data == {"badge": "3-017", "state": end}


def test_five_wrong_pins_lock_the_badge_for_a_quarter_of_an_hour(gate):
    choose_pin(QR, PIN)
    gate.wrong(MOST_WRONG)
    with pytest.raises(PinLockedError):
        sign_in_with_badge(QR, PIN)
    later(14)
    with pytest.raises(PinLockedError):
        sign_in_with_badge(QR, PIN)
    later(1)
    assert sign_in_with_badge(QR, PIN).account_id == gate.account


def test_the_tries_left_are_said_and_a_right_pin_gives_them_all_back(gate):
    choose_pin(QR, PIN)
    gate.wrong(MOST_WRONG - 2)
    with pytest.raises(WrongPinError) as caught:
        sign_in_with_badge(QR, "")
    assert caught.value.data["tries_left"] == 1
    sign_in_with_badge(QR, PIN)
    gate.wrong(MOST_WRONG - 1)
    assert sign_in_with_badge(QR, PIN)


def test_after_the_lock_it_begins_anew_with_all_tries(gate):
    choose_pin(QR, PIN)
    gate.wrong(MOST_WRONG)
    later(15)
    gate.wrong(MOST_WRONG)
    with pytest.raises(PinLockedError):
        sign_in_with_badge(QR, PIN)


def test_a_badge_without_pin_lets_nobody_in_by_guessing_none(gate):
    with pytest.raises(WrongPinError):
        sign_in_with_badge(QR, "")


def test_who_forgot_the_pin_chooses_another_after_a_link_which_opens_the_lock_too(gate):
    choose_pin(QR, PIN)
    gate.wrong(MOST_WRONG)
    set_own_pin(asking(gate.account), "910364")
    assert sign_in_with_badge(QR, "910364").account_id == gate.account
    with pytest.raises(WrongPinError):
        sign_in_with_badge(QR, PIN)
    with pytest.raises(NotAllowedError):
        set_own_pin(gate.coordinator, "910364")
    person = asking(gate.account)
    suspend_badge(gate.coordinator, "3-017")
    with pytest.raises(NotAllowedError):
        set_own_pin(person, "910364")


def still_in(gate: Gate, came: object) -> bool:
    return (
        asker_in_session(gate.account, None, badge_id=came.badge_id, since=came.since.timestamp()) is not None  # type: ignore[attr-defined]
    )


def test_a_session_by_badge_ends_with_the_shift_and_a_new_one_may_begin_after_it(gate):
    came = choose_pin(QR, PIN)
    assert still_in(gate, came)
    begin_shift(asking(gate.account))
    assert still_in(gate, came)
    end_shift(asking(gate.account))
    assert not still_in(gate, came)
    # To send what is left: in again, without a shift.
    again = sign_in_with_badge(QR, PIN)
    assert still_in(gate, again)
    assert scalar("SELECT count(*) FROM shift") == 1


def test_a_lost_cards_sessions_end_when_it_is_replaced(gate):
    a_training(gate.account)
    came = choose_pin(QR, PIN)
    replace_badge(gate.coordinator, "3-017")
    assert not still_in(gate, came)
    with pytest.raises(DeadBadgeError):
        sign_in_with_badge(QR, PIN)


def test_a_session_outlives_a_suspension_but_has_no_grid_in_it(gate):
    came = choose_pin(QR, PIN)
    suspend_badge(gate.coordinator, "3-017")
    person = asker_in_session(gate.account, None, badge_id=came.badge_id, since=came.since.timestamp())
    assert person is not None
    assert person.grid_id is None
    resume_badge(gate.coordinator, "3-017")
    assert still_in(gate, came)


def test_a_session_of_somebody_elses_badge_is_nobodys(gate):
    came = choose_pin(QR, PIN)
    other = a_badge(a_grid(a_community(), 3)).account_id
    assert asker_in_session(other, None, badge_id=came.badge_id, since=came.since.timestamp()) is None
