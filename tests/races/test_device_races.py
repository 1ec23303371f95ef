"""Phones that join one household at once, and guesses at its number, on real connections; unguarded it goes wrong."""

from __future__ import annotations

from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.codes import new_typed_code
from supplyhub.crypto import Vault
from supplyhub.db import execute, row, scalar
from supplyhub.people.states import Role
from supplyhub.residents import devices, guessing
from supplyhub.residents.cards import card_holder, issue_card
from supplyhub.residents.devices import PIN_TRIES, Device, PinNeededError, WrongPinError, join, new_pin
from tests.factories import a_building, a_community, a_grid, a_household, an_account, asking
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from tests.races.crowd import Crowd

VAULT = Vault({"k1": bytes(32)})
PHONES = 8


class Home:
    """A door with a card, and phones that come at once."""

    def __init__(self) -> None:
        community = a_community()
        self.household = a_household(a_building(a_grid(community, 3)))
        coordinator = asking(an_account(community, Role.COORDINATOR).id)
        card = issue_card(coordinator, self.household.id, vault=VAULT)
        self.holder = card_holder(card.secret, address="198.51.100.7", vault=VAULT)
        self.me = asking(self.household.account_id)

    def scan(self, pin: str = "") -> Device:
        return join(self.holder, pin=pin, vault=VAULT)

    def number(self) -> tuple[str, str]:
        """Return the number that a phone shows, and a wrong one."""
        pin = new_pin(self.me, vault=VAULT).pin
        return pin, f"{(int(pin) + 1) % 1_000_000:06d}"


def kinds(outcomes: list[Any], kind: type) -> int:
    return sum(isinstance(outcome, kind) for outcome in outcomes)


@pytest.fixture
def home(committed) -> Home:
    return Home()


def together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody go on before all are there, instead of one after the other."""
    all_there = Barrier(PHONES, timeout=PATIENCE_SECONDS)
    monkeypatch.setattr(devices, "lock_household", lambda _household: all_there.wait())


def test_of_phones_that_scan_at_the_very_same_moment_one_is_first(home: Home, crowd: Crowd) -> None:
    outcomes = crowd.at_once([home.scan] * PHONES)
    assert (kinds(outcomes, Device), kinds(outcomes, PinNeededError)) == (1, PHONES - 1)


def test_without_the_lock_on_the_household_several_are_first(
    home: Home, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    together(monkeypatch)
    counted = devices._live_devices
    all_counted = Barrier(PHONES, timeout=PATIENCE_SECONDS)

    def count_and_wait(household: int) -> int:
        found = counted(household)
        all_counted.wait()
        return found

    monkeypatch.setattr(devices, "_live_devices", count_and_wait)
    assert kinds(crowd.at_once([home.scan] * PHONES), Device) == PHONES


def test_guesses_made_at_once_are_no_more_than_the_number_has_tries(home: Home, crowd: Crowd) -> None:
    home.scan()
    pin, wrong = home.number()
    outcomes = crowd.at_once([lambda: home.scan(wrong)] * PHONES)
    assert sorted(error.data["tries_left"] for error in outcomes if isinstance(error, WrongPinError)) == [0, 1, 2, 3, 4]
    assert kinds(crowd.at_once([lambda: home.scan(pin)] * 2), Device) == 0


def test_the_tries_hold_without_the_lock_too(home: Home, crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    home.scan()
    _pin, wrong = home.number()
    together(monkeypatch)
    assert kinds(crowd.at_once([lambda: home.scan(wrong)] * PHONES), WrongPinError) == PIN_TRIES


def test_tries_that_are_read_before_they_are_written_are_not_counted(
    home: Home, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.scan()
    _pin, wrong = home.number()
    together(monkeypatch)
    all_read = Barrier(PHONES, timeout=PATIENCE_SECONDS)

    def spend_unguarded(household: int) -> Any:
        found = row(
            "SELECT pin_hash, tries_left - 1 AS tries_left FROM joining_pin WHERE household_id = :id", id=household
        )
        all_read.wait()
        execute(
            "UPDATE joining_pin SET tries_left = :left WHERE household_id = :id", left=found.tries_left, id=household
        )
        return found

    monkeypatch.setattr(devices, "spend_try", spend_unguarded)
    assert kinds(crowd.at_once([lambda: home.scan(wrong)] * PHONES), WrongPinError) == PHONES > PIN_TRIES


def test_one_number_lets_one_phone_in(home: Home, crowd: Crowd) -> None:
    home.scan()
    pin, _wrong = home.number()
    assert kinds(crowd.at_once([lambda: home.scan(pin)] * PHONES), Device) == 1
    assert scalar("SELECT count(*) FROM household_device") == 2


def test_wrong_codes_typed_at_once_are_no_more_than_the_hour_allows(
    home: Home, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guessing, "EVERYWHERE", 3)
    guesses = [
        lambda number=number: card_holder(new_typed_code(), address=f"198.51.100.{number}", vault=VAULT)
        for number in range(PHONES)
    ]
    seen = sorted(error.code for error in crowd.at_once(guesses))
    assert seen == ["sign_in_failed"] * 3 + ["too_many_guesses"] * (PHONES - 3)
