"""The phones of a household: the first joins by the card alone, the next by a number, and each can be ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from supplyhub.crypto import Vault
from supplyhub.db import db, execute, scalar
from supplyhub.errors import NotAllowedError, NotFoundError
from supplyhub.people.commands import SignInError
from supplyhub.people.states import Role
from supplyhub.residents.asking import asker_by_token, asker_in_session
from supplyhub.residents.cards import card_holder, issue_card
from supplyhub.residents.devices import (
    PIN_TRIES,
    Device,
    PinEndedError,
    PinNeededError,
    WrongPinError,
    card_issued_at,
    devices_for,
    end_devices,
    end_every_device,
    household_for,
    join,
    leave,
    new_pin,
)
from tests.factories import a_building, a_community, a_grid, a_household, a_token, an_account, asking

VAULT = Vault({"k1": bytes(32)})


class Home:
    """A door with a card, its grid's lead and the coordinator."""

    def __init__(self) -> None:
        self.community = a_community()
        self.grid = a_grid(self.community, 3)
        self.building = a_building(self.grid, number=58)
        self.household = a_household(self.building, door="301")
        self.coordinator = asking(an_account(self.community, Role.COORDINATOR).id)
        self.lead = asking(an_account(self.community, Role.GRID_LEAD, grid=self.grid).id)
        self.me = asking(self.household.account_id)
        self.card = issue_card(self.coordinator, self.household.id, vault=VAULT)

    def scan(self, pin: str = "") -> Device:
        return join(card_holder(self.card.secret, address="198.51.100.7", vault=VAULT), pin=pin, vault=VAULT)

    def wrong(self, pin: str) -> str:
        return f"{(int(pin) + 1) % 1_000_000:06d}"

    def is_in(self, device: Device) -> bool:
        return asker_in_session(self.household.account_id, device.id) is not None


@pytest.fixture
def home(database) -> Home:
    return Home()


def test_the_first_phone_joins_by_the_card_alone_for_thirty_days(home):
    device = home.scan()
    assert timedelta(days=29, hours=23) < device.expires_at - datetime.now(UTC) <= timedelta(days=30)
    assert home.is_in(device)
    assert asker_in_session(home.household.account_id, None) is None
    assert asker_in_session(home.household.account_id, device.id + 1) is None


def test_the_next_phone_needs_the_number_that_one_shows_and_it_works_once(home):
    first = home.scan()
    with pytest.raises(PinNeededError):
        home.scan()
    pin = new_pin(home.me, vault=VAULT).pin
    second = home.scan(pin)
    assert home.is_in(first)
    assert home.is_in(second)
    with pytest.raises(PinEndedError):
        home.scan(pin)


def test_a_number_is_tried_five_times_and_then_it_has_ended(home):
    home.scan()
    pin = new_pin(home.me, vault=VAULT).pin
    left = []
    for _ in range(PIN_TRIES):
        with pytest.raises(WrongPinError) as caught:
            home.scan(home.wrong(pin))
        left.append(caught.value.data["tries_left"])
    assert left == [4, 3, 2, 1, 0]
    with pytest.raises(PinEndedError):
        home.scan(pin)
    assert home.scan(new_pin(home.me, vault=VAULT).pin)


def test_a_number_ends_after_ten_minutes_and_with_the_next_one(home):
    home.scan()
    old = new_pin(home.me, vault=VAULT)
    assert timedelta(minutes=9) < old.expires_at - datetime.now(UTC) <= timedelta(minutes=10)
    new = new_pin(home.me, vault=VAULT)
    if old.pin != new.pin:
        with pytest.raises(WrongPinError):
            home.scan(old.pin)
    execute("UPDATE joining_pin SET expires_at = now() - interval '1 second'")
    db.session.commit()
    with pytest.raises(PinEndedError):
        home.scan(new.pin)


def test_asking_whether_a_number_is_needed_costs_no_try(home):
    home.scan()
    pin = new_pin(home.me, vault=VAULT).pin
    for _ in range(PIN_TRIES + 1):
        with pytest.raises(PinNeededError):
            home.scan()
    assert home.scan(pin)


def test_a_number_is_kept_as_a_keyed_hash_of_this_household(home):
    home.scan()
    pin = new_pin(home.me, vault=VAULT).pin
    assert pin.encode().hex() not in scalar("SELECT p::text FROM joining_pin AS p")
    neighbour = a_household(home.building, door="401")
    card = issue_card(home.coordinator, neighbour.id, vault=VAULT)
    holder = card_holder(card.secret, address="198.51.100.7", vault=VAULT)
    join(holder, pin="", vault=VAULT)
    with pytest.raises(PinEndedError):
        join(holder, pin=pin, vault=VAULT)


def test_a_phone_that_was_ended_or_ran_out_is_nobodys_and_the_next_is_first_again(home):
    first = home.scan()
    assert end_devices(home.me, home.household.id, first.id) == 1
    assert not home.is_in(first)
    second = home.scan()
    execute(
        "UPDATE household_device SET joined_at = now() - interval '31 days', expires_at = now() - interval '1 second'"
    )
    db.session.commit()
    assert not home.is_in(second)
    assert home.is_in(home.scan())


def test_ending_a_phone_ends_the_number_that_it_may_have_asked_for(home):
    first = home.scan()
    home.scan(new_pin(home.me, vault=VAULT).pin)
    pin = new_pin(home.me, vault=VAULT).pin
    end_devices(home.me, home.household.id, first.id)
    with pytest.raises(PinEndedError):
        home.scan(pin)


def test_a_phone_ends_for_good_and_once(home):
    device = home.scan()
    leave(home.me, device.id)
    ended = scalar("SELECT revoked_at FROM household_device")
    assert end_devices(home.lead, home.household.id) == 0
    assert scalar("SELECT revoked_at FROM household_device") == ended


def test_a_new_card_leaves_the_phones_and_the_old_card_lets_none_in(home):
    device, holder = home.scan(), card_holder(home.card.secret, address="198.51.100.7", vault=VAULT)
    issue_card(home.lead, home.household.id, vault=VAULT)
    assert home.is_in(device)
    with pytest.raises(SignInError):
        join(holder, pin=new_pin(home.me, vault=VAULT).pin, vault=VAULT)


def test_the_lead_sees_and_ends_phones_in_the_own_grid_only(home):
    devices = [home.scan(), home.scan(new_pin(home.me, vault=VAULT).pin)]
    assert [device.id for device in devices_for(home.lead, home.household.id)] == [device.id for device in devices]
    assert card_issued_at(home.lead, home.household.id) is not None
    other = asking(an_account(home.community, Role.GRID_LEAD, grid=a_grid(home.community, 4)).id)
    stranger = asking(an_account(a_community(), Role.COORDINATOR).id)
    for nosy in (other, stranger):
        for ask in (devices_for, end_devices, household_for, card_issued_at):
            with pytest.raises(NotFoundError):
                ask(nosy, home.household.id)
    for role in (Role.DEPOT, Role.VOLUNTEER):
        with pytest.raises(NotAllowedError):
            end_devices(asking(an_account(home.community, role).id), home.household.id)
    assert all(home.is_in(device) for device in devices)
    assert end_devices(home.lead, home.household.id) == 2
    assert not any(home.is_in(device) for device in devices)


def test_a_household_ends_no_phone_of_a_neighbour(home):
    device = home.scan()
    neighbour = asking(a_household(home.building, door="401").account_id)
    with pytest.raises(NotAllowedError):
        end_devices(neighbour, home.household.id, device.id)
    assert end_devices(neighbour, neighbour.household(), device.id) == 0
    assert home.is_in(device)
    with pytest.raises(NotAllowedError):
        new_pin(home.lead, vault=VAULT)


def test_phones_have_nothing_to_do_with_tokens_and_the_command_line_ends_them_all(home):
    home.scan()
    token = a_token(home.household.account_id)
    assert end_every_device(home.household.id) == 1
    assert asker_by_token(token).household_id == home.household.id
