"""What each kind of help request asks for, and by when it is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplyhub.errors import ConflictError, InvalidError
from supplyhub.help.rules import DUE_HOURS, FACTS, FactType, check_channel, due_after, next_hands, read_facts
from supplyhub.help.states import HELP_MOVES, OPEN, HelpChannel, HelpKind, HelpState
from supplyhub.moves import move
from supplyhub.people.states import Role

NOON = datetime(2026, 4, 12, 4, tzinfo=UTC)
ZONE = "Asia/Shanghai"
HOUR = timedelta(hours=1)


def test_every_kind_has_its_fields_and_its_time():
    assert set(FACTS) == set(DUE_HOURS) == set(HelpKind)


def test_free_text_goes_to_what_is_sealed_and_the_rest_to_what_is_coded():
    facts = read_facts(
        HelpKind.MEDICINE, {"name": " 胰岛素 ", "amount": "", "kept_cool": True, "needed_by": "2026-04-13"}
    )
    assert facts.said == {"name": "胰岛素"}
    assert facts.coded == {"kept_cool": True, "needed_by": "2026-04-13"}


def test_no_coded_field_of_any_kind_can_carry_free_text():
    texts = {fact.name for fields in FACTS.values() for fact in fields if fact.type == FactType.TEXT}
    assert texts == {"name", "amount", "pharmacy", "where"}


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        (HelpKind.MEDICINE, {}, "name"),
        (HelpKind.MEDICINE, {"name": 7}, "name"),
        (HelpKind.MEDICINE, {"name": "药" * 61}, "name"),
        (HelpKind.MEDICINE, {"name": "药", "kept_cool": "true"}, "kept_cool"),
        (HelpKind.MEDICINE, {"name": "药", "needed_by": "12.4."}, "needed_by"),
        (HelpKind.MEDICINE, {"name": "药", "needed_by": "1900-01-01"}, "needed_by"),
        (HelpKind.MEDICINE, {"name": "药", "illness": "x"}, "illness"),
        (HelpKind.TRANSPORT, {"from_kind": "home"}, "to_kind"),
        (HelpKind.TRANSPORT, {"from_kind": "home", "to_kind": "moon"}, "to_kind"),
        (HelpKind.TRANSPORT, {"from_kind": "home", "to_kind": "hospital", "when": "2026-04-12T08:00"}, "when"),
        (HelpKind.TRANSPORT, {"from_kind": ["home"], "to_kind": "hospital"}, "from_kind"),
        (HelpKind.COMPLAINT, {"trouble": "missing", "items": ["1"]}, "items"),
        (HelpKind.COMPLAINT, {"trouble": "missing", "items": [True]}, "items"),
        (HelpKind.COMPLAINT, {"trouble": "missing", "items": [*range(1, 62)]}, "items"),
    ],
)
def test_what_does_not_fit_names_its_field(kind: HelpKind, given: dict[str, Any], field: str):
    with pytest.raises(InvalidError) as refused:
        read_facts(kind, given)
    assert refused.value.data["field"] == field


@given(
    st.sampled_from(HelpKind),
    st.dictionaries(st.text(max_size=8), st.none() | st.booleans() | st.integers() | st.text()),
)
def test_whatever_is_given_is_read_or_refused(kind, given_):
    try:
        facts = read_facts(kind, given_)
    except InvalidError:
        return
    known = {fact.name for fact in FACTS[kind]}
    assert facts.coded.keys() | facts.said.keys() <= known


def test_it_is_due_by_its_kind():
    assert due_after(HelpKind.TRANSPORT, {}, NOON, zone=ZONE) - NOON == 2 * HOUR
    assert due_after(HelpKind.WISH, {}, NOON, zone=ZONE) - NOON == 168 * HOUR


def test_what_is_needed_sooner_is_due_sooner_but_never_within_the_first_hour():
    # Noon in the zone: the day ends in twelve hours.
    assert due_after(HelpKind.MEDICINE, {"needed_by": "2026-04-12"}, NOON, zone=ZONE) - NOON == 12 * HOUR
    assert due_after(HelpKind.MEDICINE, {"needed_by": "2026-04-20"}, NOON, zone=ZONE) - NOON == 24 * HOUR
    assert due_after(HelpKind.MEDICINE, {"needed_by": "2026-04-01"}, NOON, zone=ZONE) - NOON == HOUR
    leaves = (NOON + 1.5 * HOUR).isoformat()
    assert due_after(HelpKind.TRANSPORT, {"when": leaves}, NOON, zone=ZONE) - NOON == 1.5 * HOUR


def test_a_household_asks_by_itself_and_others_write_down_what_they_hear():
    check_channel(Role.RESIDENT, HelpChannel.WEB)
    check_channel(Role.GRID_LEAD, HelpChannel.CHAT)
    for role, channel in ((Role.RESIDENT, HelpChannel.PHONE), (Role.GRID_LEAD, HelpChannel.WEB)):
        with pytest.raises(InvalidError):
            check_channel(role, channel)


def test_nobody_takes_medicine_after_the_household_has_it():
    next_hands([("pharmacy", None), ("border", None)], "volunteer", 7)
    with pytest.raises(InvalidError):
        next_hands([("household", None)], "volunteer", 7)


@given(st.lists(st.sampled_from(sorted({action for _, action in HELP_MOVES}))))
def test_what_has_ended_comes_back_only_by_being_opened_again(actions: list[str]):
    state = HelpState.NEW
    for action in actions:
        try:
            after = move(HELP_MOVES, state, action)
        except ConflictError:
            continue
        assert state in OPEN or action == "reopen"
        state = after
