"""The typed code of a household card, and what wrong ones cost."""

from __future__ import annotations

import pytest

from supplyhub.codes import ALPHABET, TYPED_LENGTH, new_typed_code, read_code
from supplyhub.crypto import Vault
from supplyhub.db import db, execute, scalar
from supplyhub.people.commands import SignInError
from supplyhub.people.states import Role
from supplyhub.residents import guessing
from supplyhub.residents.cards import TooManyGuessesError, card_holder, issue_card
from tests.factories import a_building, a_community, a_grid, a_household, an_account, asking

VAULT = Vault({"k1": bytes(32)})
HERE, THERE = "198.51.100.7", "203.0.113.9"


class Building:
    """Two doors with cards."""

    def __init__(self) -> None:
        community = a_community()
        building = a_building(a_grid(community, 3), number=58)
        self.coordinator = asking(an_account(community, Role.COORDINATOR).id)
        self.homes = [a_household(building, door=door) for door in ("101", "201")]
        self.cards = [issue_card(self.coordinator, home.id, vault=VAULT) for home in self.homes]


@pytest.fixture
def building(database) -> Building:
    return Building()


def holder(given: str, address: str = HERE) -> int:
    return card_holder(given, address=address, vault=VAULT).household_id


def guess(times: int, address: str = HERE) -> list[str]:
    """Return the kinds of refusal that wrong codes get."""
    seen = []
    for _ in range(times):
        with pytest.raises((SignInError, TooManyGuessesError)) as caught:
            holder(new_typed_code(), address)
        seen.append(caught.value.code)
    return seen


def test_a_typed_code_has_fifty_bits_and_no_lookalikes():
    code = new_typed_code()
    assert len(code) == TYPED_LENGTH == 10
    assert not set("01OI") & set(ALPHABET)
    assert set(code) <= set(ALPHABET)


@pytest.mark.parametrize("typed", ["abc def-ghjk", "ＡＢＣ　ＤＥＦ－ＧＨＪＫ", "abc–def—ghjk"])
def test_a_code_is_read_however_it_is_typed(typed):
    assert read_code(typed) == "ABCDEFGHJK"


def test_a_card_signs_in_by_its_short_code_as_by_its_secret(building):
    for home, card in zip(building.homes, building.cards, strict=True):
        code = card.typed_code
        for given in (card.secret, code, f"{code[:3]} {code[3:6]}-{code[6:]}".lower()):
            assert holder(given) == home.id


def test_a_new_card_kills_the_code_of_the_old_one(building):
    issue_card(building.coordinator, building.homes[0].id, vault=VAULT)
    for dead in (building.cards[0].typed_code, building.cards[0].secret):
        with pytest.raises(SignInError):
            holder(dead)
    assert holder(building.cards[1].typed_code) == building.homes[1].id


def test_neither_code_nor_address_is_kept_and_the_hash_is_keyed(building):
    guess(1)
    kept = scalar("SELECT string_agg(c::text, '') FROM household_card AS c")
    assert building.cards[0].typed_code.encode().hex() not in kept
    assert HERE.encode().hex() not in scalar("SELECT string_agg(g::text, '') FROM code_guesses AS g")
    with pytest.raises(SignInError):
        card_holder(building.cards[0].typed_code, address=HERE, vault=Vault({"k1": bytes([1] * 32)}))


def test_wrong_codes_end_the_typing_from_one_address_and_scanning_goes_on(building):
    assert set(guess(guessing.FROM_ONE_ADDRESS)) == {"sign_in_failed"}
    with pytest.raises(TooManyGuessesError):
        holder(building.cards[0].typed_code)
    assert holder(building.cards[0].secret) == building.homes[0].id
    assert holder(building.cards[0].typed_code, THERE) == building.homes[0].id


def test_guessing_from_many_addresses_ends_too(building, monkeypatch):
    monkeypatch.setattr(guessing, "EVERYWHERE", 12)
    assert {guess(1, f"198.51.100.{number}")[0] for number in range(12)} == {"sign_in_failed"}
    assert guess(1, THERE) == ["too_many_guesses"]
    with pytest.raises(TooManyGuessesError):
        holder(building.cards[0].typed_code, "192.0.2.1")


def test_who_is_refused_at_one_address_uses_up_nothing_of_the_others(building, monkeypatch):
    monkeypatch.setattr(guessing, "FROM_ONE_ADDRESS", 2)
    monkeypatch.setattr(guessing, "EVERYWHERE", 4)
    guess(20)
    assert guess(2, THERE) == ["sign_in_failed"] * 2


def test_right_codes_cost_nothing_so_an_estate_behind_one_address_signs_in(building):
    for _ in range(guessing.FROM_ONE_ADDRESS + 1):
        assert holder(building.cards[0].typed_code) == building.homes[0].id
    assert set(guess(guessing.FROM_ONE_ADDRESS)) == {"sign_in_failed"}


def test_the_next_hour_begins_anew_and_forgets_who_guessed(building):
    guess(guessing.FROM_ONE_ADDRESS)
    guess(3, THERE)
    execute("UPDATE code_guesses SET hour = hour - interval '1 hour'")
    db.session.commit()
    assert guess(1) == ["sign_in_failed"]
    assert scalar("SELECT array_agg(wrong) FROM code_guesses") == [1, 1]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("198.51.100.7", "198.51.100.8", False),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:198.51.100.7", "::ffff:198.51.100.8", False),
        ("::ffff:198.51.100.7", "198.51.100.7", True),
        ("", "unix", False),
    ],
)
def test_a_customer_of_the_network_has_one_budget(one, other, same):
    assert (guessing.network_of(one) == guessing.network_of(other)) is same
