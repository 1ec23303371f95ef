"""Scans judged without database; the script passes the same vectors in `journeys/test_scanning.py`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplyhub.delivery.errors import ForgedError
from supplyhub.delivery.scanning import Fits, Refusal, judge, read_badge
from supplyhub.delivery.signing import FIELDS, LONGEST_TOKEN, read
from tests.rules.scan_vectors import (
    ALTERED,
    AUDIENCE,
    CLAIMED,
    FITS,
    FORGED,
    KEY,
    KNOWN,
    NOW,
    REFUSED,
    STRANGER,
    TOKEN,
    Vector,
    facts_of,
)


@pytest.mark.parametrize("vector", FITS, ids=lambda vector: vector.name)
def test_ticket_and_badge_fit(vector: Vector):
    found = judge(vector.known, vector.ticket, vector.badge, now=vector.now)
    assert isinstance(found, Fits), found
    assert len(found.ticket) == 6
    assert found.badge[:2] == "3-"


@pytest.mark.parametrize("vector", [*FORGED, *REFUSED], ids=lambda vector: vector.name)
def test_what_does_not_fit_is_refused_with_its_reason(vector: Vector):
    found = judge(vector.known, vector.ticket, vector.badge, now=vector.now)
    assert isinstance(found, Refusal), found
    assert found.reason == vector.reason
    wanted = vector.facts or {}
    assert facts_of(found, wanted) == wanted


def test_every_claim_is_altered_in_some_vector():
    assert set(ALTERED) == set(FIELDS)


def test_a_token_says_what_was_signed_and_fits_on_a_code():
    assert read(TOKEN, {KEY.id: KEY.public}, AUDIENCE) == CLAIMED
    assert len(TOKEN) < LONGEST_TOKEN / 2


@given(st.integers(0, len(TOKEN) - 1), st.characters(codec="ascii"))
def test_no_letter_of_a_token_can_be_another(place: int, letter: str):
    changed = TOKEN[:place] + letter + TOKEN[place + 1 :]
    if changed == TOKEN:
        return
    with pytest.raises(ForgedError):
        read(changed, {KEY.id: KEY.public}, AUDIENCE)


def test_a_key_that_is_not_ours_under_our_name_opens_nothing():
    with pytest.raises(ForgedError):
        read(TOKEN, {KEY.id: STRANGER.public}, AUDIENCE)


@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_is_scanned_is_answered(ticket: str, badge: str):
    assert isinstance(judge(KNOWN, ticket, badge, now=NOW), Refusal | Fits)


def test_a_badge_is_read_from_its_address_and_its_secret_is_left_out():
    assert read_badge("https://hub.example/badge#3-017.ABCDEFGH") == "3-017"
    assert read_badge("3-17") == "3-017"
    assert read_badge("3-1017") == "3-1017"
    for nonsense in ("", "3", "3-", "-017", "3-017-2", "a-b", "https://hub.example/badge"):
        assert read_badge(nonsense) is None
