"""Badges and links given out by many hands at once, on real connections; with the guard off it goes wrong."""

from __future__ import annotations

import sys
from threading import Barrier
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import IntegrityError

from supplyhub.crypto import token_hash
from supplyhub.db import db, execute, row, rows, scalar
from supplyhub.errors import ConflictError, HubError
from supplyhub.people import badges, passwords, shifts
from supplyhub.people.badges import badge_code
from supplyhub.people.commands import (
    PinLockedError,
    SignInError,
    WrongPinError,
    begin_shift,
    choose_pin,
    issue_badge,
    new_sign_in_link,
    replace_badge,
    set_password,
    sign_in,
    sign_in_with_badge,
    signing_in,
    transfer_badge,
    use_sign_in_link,
)
from supplyhub.people.pins import MOST_WRONG
from supplyhub.people.states import Role
from supplyhub.people.tries import FREE_TRIES
from tests.factories import a_community, a_grid, a_training, an_account, asking
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from supplyhub.people.asker import Asker
    from tests.races.crowd import Crowd

PEOPLE = 16
SECRET = "ABCDEFGHJKLMNPQRSTUVWXYZ23"
QR = f"3-001.{SECRET}"
PIN = "802175"
PASSWORD = "correct horse battery"


class Office:
    """A coordinator, a grid, and volunteers who all come at once."""

    def __init__(self) -> None:
        self.community = community = a_community()
        self.grid = a_grid(community, 3)
        self.coordinator = asking(an_account(community, Role.COORDINATOR).id)
        self.volunteers = [an_account(community, Role.VOLUNTEER).id for _ in range(PEOPLE)]
        for account in self.volunteers:
            a_training(account)

    def tasks(self, accounts: list[int]) -> list[Callable[[], object]]:
        return [lambda account=account: issue_badge(self.coordinator, account, grid=3) for account in accounts]


def test_sixteen_badges_issued_at_once_have_sixteen_numbers(committed, crowd: Crowd):
    office = Office()
    issued = crowd.at_once(office.tasks(office.volunteers))
    assert sorted(badge.code for badge in issued) == [badge_code(3, number) for number in range(1, PEOPLE + 1)]


def test_without_the_lock_on_the_grid_two_badges_want_one_number(committed, crowd: Crowd, monkeypatch):
    office = Office()
    all_have_read = Barrier(PEOPLE, timeout=PATIENCE_SECONDS)

    def read_and_wait(sql: str, **values: object) -> Any:
        found = scalar(sql, **values)
        if "max(number)" in sql:
            all_have_read.wait()
        return found

    monkeypatch.setattr(badges, "lock_grid", lambda _grid: 3)
    monkeypatch.setattr(badges, "scalar", read_and_wait)
    issued = crowd.at_once(office.tasks(office.volunteers))
    # The database refuses the second of them all the same.
    assert sum(isinstance(one, IntegrityError) for one in issued) == PEOPLE - 1
    assert rows("SELECT number FROM badge") == [(1,)]


def test_one_person_who_is_given_badges_at_once_has_one(committed, crowd: Crowd):
    office = Office()
    issued = crowd.at_once(office.tasks([office.volunteers[0]] * PEOPLE))
    assert sum(not isinstance(one, Exception) for one in issued) == 1
    assert scalar("SELECT count(*) FROM badge WHERE state = 'live'") == 1


def test_a_link_followed_sixteen_times_at_once_signs_in_once(committed, crowd: Crowd):
    office = Office()
    secret = new_sign_in_link(office.coordinator.account_id)
    used = crowd.at_once([lambda: use_sign_in_link(secret)] * PEOPLE)
    assert [one for one in used if not isinstance(one, HubError)] == [office.coordinator.account_id]


class Gate(Office):
    """The office with a volunteer who wears 3-001, and its QR."""

    def __init__(self) -> None:
        super().__init__()
        self.person = self.volunteers[0]
        issue_badge(self.coordinator, self.person, grid=3)
        execute("UPDATE badge SET secret_hash = :hash", hash=token_hash(SECRET))
        db.session.commit()


def test_a_card_that_is_replaced_twice_at_once_has_one_successor(committed, crowd: Crowd):
    office = Gate()
    replaced = crowd.at_once([lambda: replace_badge(office.coordinator, "3-001")] * PEOPLE)
    (new,) = [one for one in replaced if not isinstance(one, Exception)]
    assert all(isinstance(one, ConflictError) for one in replaced if one is not new)
    assert badge_states() == {"3-001": "revoked", new.code: "live"}


def test_without_the_locks_two_successors_want_one_place(committed, crowd: Crowd, monkeypatch):
    office = Gate()
    all_there = Barrier(PEOPLE, timeout=PATIENCE_SECONDS)

    def looked_up(asker: Asker, code: str) -> object:
        found = badges._found(asker, code)
        all_there.wait()
        return found

    monkeypatch.setattr(badges, "lock_volunteer", lambda _account: None)
    monkeypatch.setattr(badges, "lock_grid", lambda _grid: 3)
    monkeypatch.setattr(badges, "hold_badge", looked_up)
    replaced = crowd.at_once([lambda: replace_badge(office.coordinator, "3-001")] * PEOPLE)
    # The database refuses the second of them all the same.
    refused = {one.orig.diag.constraint_name for one in replaced if isinstance(one, IntegrityError)}
    assert refused == {"uq_badge_replaces_id"}
    assert list(badge_states().values()) == ["revoked", "live"]


def test_a_card_replaced_while_its_volunteer_moves_has_one_successor(committed, crowd: Crowd):
    office = Gate()
    a_grid(office.community, 4)
    done = crowd.at_once(
        [
            lambda: replace_badge(office.coordinator, "3-001"),
            lambda: transfer_badge(office.coordinator, "3-001", grid=4),
        ]
        * 4
    )
    assert sum(not isinstance(one, Exception) for one in done) == 1
    assert sorted(badge_states().values()) == ["live", "revoked"]


def test_a_shift_begun_by_many_hands_is_one(committed, crowd: Crowd):
    office = Gate()
    person = asking(office.person)
    begun = crowd.at_once([lambda: begin_shift(person)] * PEOPLE)
    assert len(set(begun)) == 1
    assert scalar("SELECT count(*) FROM shift") == 1


def test_without_giving_way_a_shift_begun_by_many_hands_is_refused_by_the_database(
    committed, crowd: Crowd, monkeypatch
):
    office = Gate()
    person = asking(office.person)

    def pushing(sql: str, **parameters: object) -> None:
        execute(sql.replace("ON CONFLICT DO NOTHING", ""), **parameters)

    monkeypatch.setattr(shifts, "execute", pushing)
    begun = crowd.at_once([lambda: begin_shift(person)] * PEOPLE)
    assert any(isinstance(one, IntegrityError) for one in begun)
    assert scalar("SELECT count(*) FROM shift") == 1


def test_a_shift_begun_while_the_card_is_replaced_is_not_left_running(committed, crowd: Crowd):
    office = Gate()
    person = asking(office.person)
    crowd.at_once([lambda: begin_shift(person)] * (PEOPLE - 1) + [lambda: replace_badge(office.coordinator, "3-001")])
    running = "SELECT count(*) FROM shift AS s JOIN badge AS b ON b.id = s.badge_id WHERE b.state = 'revoked'"
    assert scalar(f"{running} AND s.ends_at > clock_timestamp()") == 0


def test_pins_guessed_at_once_are_five_and_no_more(committed, crowd: Crowd):
    Gate()
    choose_pin(QR, PIN)
    guessed = crowd.at_once([lambda pin=pin: sign_in_with_badge(QR, f"11121{pin}") for pin in range(9)])
    assert sum(isinstance(one, WrongPinError) for one in guessed) == MOST_WRONG
    assert sum(isinstance(one, PinLockedError) for one in guessed) == 9 - MOST_WRONG


def test_without_paying_first_more_pins_than_five_are_looked_at(committed, crowd: Crowd, monkeypatch):
    Gate()
    choose_pin(QR, PIN)
    pinning = sys.modules["supplyhub.people.commands.pinning"]
    real = pinning.pay_for_try

    def looked_at(badge_id: int) -> object:
        return row("SELECT pin_hash, 1 AS left FROM badge WHERE id = :id AND pin_locked_until IS NULL", id=badge_id)

    monkeypatch.setattr(pinning, "pay_for_try", looked_at)
    guessed = crowd.at_once([lambda pin=pin: sign_in_with_badge(QR, f"11121{pin}") for pin in range(9)])
    monkeypatch.setattr(pinning, "pay_for_try", real)
    assert sum(isinstance(one, WrongPinError) for one in guessed) > MOST_WRONG


def guess_passwords(crowd: Crowd, monkeypatch) -> int:
    """Guess nine passwords at once; return how many were looked at."""
    set_password(an_account(a_community(), Role.DEPOT, login="wang").id, PASSWORD)
    looked_at = []
    real = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda kept, given: looked_at.append(kept) or real(kept, given))
    guessed = crowd.at_once([lambda guess=guess: sign_in("wang", f"a wrong password {guess}") for guess in range(9)])
    assert all(isinstance(one, SignInError) for one in guessed)
    return sum(kept is not None for kept in looked_at)


def test_passwords_guessed_at_once_are_as_many_as_are_free(committed, crowd: Crowd, monkeypatch):
    assert guess_passwords(crowd, monkeypatch) == FREE_TRIES


def test_without_paying_first_more_passwords_are_looked_at(committed, crowd: Crowd, monkeypatch):
    monkeypatch.setattr(signing_in, "pay_for_password", lambda _account: True)
    assert guess_passwords(crowd, monkeypatch) == 9


def test_the_first_pin_is_chosen_by_one_of_two_phones(committed, crowd: Crowd):
    Gate()
    chosen = crowd.at_once([lambda pin=pin: choose_pin(QR, f"24680{pin}") for pin in range(8)])
    (first,) = [number for number, one in enumerate(chosen) if not isinstance(one, Exception)]
    assert sign_in_with_badge(QR, f"24680{first}")


def badge_states() -> dict[str, str]:
    return {badge.code: badge.state for badge in rows("SELECT code, state FROM badge ORDER BY id")}
