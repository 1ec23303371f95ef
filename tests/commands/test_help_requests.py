"""A help request comes in by any way, once; whoever handles it takes it, writes down what was done, and ends it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.help.commands import (
    assign_request,
    give_up,
    go_on,
    hand_on,
    let_wait,
    note_step,
    open_request,
    read_request,
    reopen,
    solve,
    take_request,
    withdraw,
)
from supplyhub.help.errors import EndedError, NotYoursError, TakenError
from supplyhub.help.queries import request_for, steps_of
from supplyhub.help.states import HelpChannel, HelpKind
from tests.factories import asking
from tests.factories_help import HelpWorld

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def world() -> HelpWorld:
    return HelpWorld()


def done(world: HelpWorld, code: str) -> list[str]:
    return [step.step for step in steps_of(request_for(world.coordinator, code))]


def test_what_a_household_asks_for_is_sealed_and_due_by_its_kind(world):
    code = world.request(HelpKind.MEDICINE, text="母亲的降压药明天就没了")
    request = request_for(world.here.resident, code)
    assert (request.state, request.kind, request.facts) == ("new", "medicine", {"kept_cool": True})
    assert request.due_at - request.opened_at == timedelta(hours=24)
    found = row("SELECT * FROM help_request")
    assert found is not None
    assert not any(word in str(found).encode() + found.text_sealed for word in (b"\xe7\xa1\x9d", "硝苯".encode()))
    opened = read_request(world.here.resident, code, vault=world.vault)
    assert (opened.content.text, opened.content.said["name"]) == ("母亲的降压药明天就没了", "硝苯地平片")
    assert done(world, code) == ["opened"]
    assert [event.topic for event in rows("SELECT topic FROM outbox")] == ["help_opened"]


def test_sent_twice_it_is_one_request_and_a_key_of_somebody_else_is_refused(world):
    key = uuid4()
    assert world.request(key=key) == world.request(key=key, text="又点了一下")
    assert scalar("SELECT count(*) FROM help_request") == 1
    with pytest.raises(ConflictError):
        world.request(asker=world.here.lead, key=key)


def test_a_lead_writes_down_what_neighbours_and_strangers_say_in_the_own_grid_only(world):
    world.request(asker=world.here.lead, household_id=world.here.homes[1].id, channel=HelpChannel.DOORSTEP)
    stranger = world.request(asker=world.here.lead, household_id=None, channel=HelpChannel.CHAT, text="群里有人问药")
    assert request_for(world.here.lead, stranger).grid_number == 1
    with pytest.raises(NotFoundError):
        world.request(asker=world.here.lead, household_id=world.there.homes[0].id)
    with pytest.raises(InvalidError):
        world.request(asker=world.coordinator, household_id=None)
    assert world.request(asker=world.coordinator, household_id=None, grid_number=2)


@pytest.mark.parametrize(
    "values",
    [
        {"household_id": 10**9},
        {"channel": HelpChannel.PHONE},
        {"text": "药" * 1001},
        {"text": "  ", "facts": {}, "kind": HelpKind.OTHER},
        {"facts": {"errand": "gas_card", "what": 1}},
        {"facts": {}},
        {"facts": {"errand": "=1+1"}},
        {"facts": {"errand": "print", "needed_by": "2026-02-30"}},
        {"order_id": 7},
        {"kind": HelpKind.COMPLAINT, "facts": {"trouble": "missing"}},
        {"photos": [b"<svg onload=alert(1)>"]},
        {"photos": [b"\xff\xd8\xff" + b"0" * 3 * 1024 * 1024]},
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(world, values):
    with pytest.raises((InvalidError, NotFoundError)):
        world.request(**values)
    assert scalar("SELECT count(*) FROM help_request") == 0


def test_the_depot_opens_none_and_a_volunteer_for_no_door_they_do_not_know(world):
    with pytest.raises(NotAllowedError):
        world.request(asker=world.depot)
    with pytest.raises(NotFoundError):
        world.request(asker=world.here.volunteer)


def test_one_person_takes_it_the_next_is_told_who_has_it(world):
    code = world.request()
    take_request(world.here.lead, code)
    take_request(world.here.lead, code)
    with pytest.raises(TakenError) as refused:
        take_request(world.coordinator, code)
    assert refused.value.data["owner"] == world.here.lead.display_name
    assert done(world, code) == ["opened", "assigned"]


def test_a_request_is_given_to_who_can_take_it_and_they_are_told(world):
    code = world.request()
    assign_request(world.here.lead, code, world.here.volunteer.account_id)
    assert request_for(world.here.volunteer, code).state == "taken"
    assert scalar("SELECT payload ->> 'account_id' FROM outbox WHERE topic = 'help_assigned'") == str(
        world.here.volunteer.account_id
    )
    with pytest.raises(TakenError):
        assign_request(world.coordinator, code, world.coordinator.account_id)
    for nobody in (world.there.lead, world.there.volunteer, world.depot, world.here.resident):
        with pytest.raises(InvalidError):
            assign_request(world.here.lead, code, nobody.account_id, instead_of=world.here.volunteer.account_id)


def test_it_waits_goes_on_and_is_solved_with_words_for_the_household(world):
    code, lead = world.request(), world.here.lead
    with pytest.raises(ConflictError):
        let_wait(lead, code, note="等物业", vault=world.vault)
    take_request(lead, code)
    note_step(lead, code, note="物业说下午来", called=True, vault=world.vault)
    let_wait(lead, code, note="等物业", vault=world.vault)
    go_on(lead, code, vault=world.vault)
    solve(lead, code, note="燃气卡充好了，放在门口", vault=world.vault)
    solve(lead, code, note="又点了一下", vault=world.vault)
    assert done(world, code) == ["opened", "assigned", "called", "waits", "went_on", "solved"]
    told = read_request(world.here.resident, code, vault=world.vault).notes.values()
    assert list(told) == ["等物业", "燃气卡充好了，放在门口"]
    assert request_for(lead, code).ended_at is not None
    with pytest.raises(EndedError):
        let_wait(lead, code, note="再等", vault=world.vault)


def test_what_can_not_be_solved_says_why(world):
    code = world.request()
    take_request(world.here.lead, code)
    with pytest.raises(InvalidError):
        give_up(world.here.lead, code, note=" ", vault=world.vault)
    give_up(world.here.lead, code, note="这种药停产了", vault=world.vault)
    assert request_for(world.here.resident, code).state == "not_solved"


def test_a_household_takes_its_own_back_and_says_when_it_is_not_solved(world):
    code, home = world.request(), world.here.resident
    with pytest.raises(NotYoursError):
        solve(home, code, vault=world.vault)
    withdraw(home, code, vault=world.vault)
    withdraw(home, code, vault=world.vault)
    assert done(world, code) == ["opened", "withdrawn"]
    other = world.request()
    take_request(world.here.lead, other)
    solve(world.here.lead, other, vault=world.vault)
    reopen(home, other, note="还是没有", vault=world.vault)
    assert request_for(world.here.lead, other).state == "taken"


def test_handed_on_it_is_new_in_the_other_grid_and_gone_from_this_one(world):
    code = world.request()
    take_request(world.here.lead, code)
    with pytest.raises(InvalidError):
        hand_on(world.here.lead, code, 1, vault=world.vault)
    hand_on(world.here.lead, code, 2, note="住户现在在二网格", vault=world.vault)
    request = request_for(world.there.lead, code)
    assert (request.state, request.owner_id, request.grid_number) == ("new", None, 2)
    with pytest.raises(NotFoundError):
        request_for(world.here.lead, code)
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'help_opened'") == 2


def test_a_lead_sees_that_there_is_medicine_and_opens_it_only_after_taking_it(world):
    code = world.request(HelpKind.MEDICINE)
    seen = request_for(world.here.lead, code)
    assert (seen.kind, seen.opens, seen.household_id, seen.door, seen.facts) == ("medicine", False, None, None, {})
    for refused in (
        lambda: read_request(world.here.lead, code, vault=world.vault),
        lambda: note_step(world.here.lead, code, note="看看", vault=world.vault),
        lambda: withdraw(world.here.lead, code, vault=world.vault),
        lambda: hand_on(world.here.lead, code, 2, vault=world.vault),
    ):
        with pytest.raises(NotYoursError):
            refused()
    take_request(world.here.lead, code)
    assert read_request(world.here.lead, code, vault=world.vault).content.said["name"] == "硝苯地平片"
    assert done(world, code) == ["opened", "assigned", "read"]


def test_nobody_else_sees_it_at_all(world):
    code = world.request()
    for stranger in (
        world.there.lead,
        world.here.volunteer,
        world.there.resident,
        world.depot,
        HelpWorld().coordinator,
    ):
        with pytest.raises(NotFoundError):
            request_for(stranger, code)
        with pytest.raises(NotFoundError):
            take_request(stranger, code)


def test_a_volunteer_without_a_live_badge_sees_nothing_any_more(world):
    code = world.request()
    assign_request(world.here.lead, code, world.here.volunteer.account_id)
    with transaction():
        execute("UPDATE badge SET state = 'suspended', suspended_at = now()")
    with pytest.raises(NotFoundError):
        request_for(asking(world.here.volunteer.account_id), code)


def test_a_text_altered_in_the_database_does_not_open(world):
    first, second = world.request(text="一"), world.request(text="二")
    with transaction():
        execute(
            "UPDATE help_request SET text_sealed = (SELECT text_sealed FROM help_request WHERE code = :b) WHERE code = :a",
            a=first,
            b=second,
        )
    assert read_request(world.here.resident, first, vault=world.vault).content.text == ""


def test_opening_needs_no_more_than_words(world):
    assert open_request(
        world.here.resident,
        key=uuid4(),
        kind=HelpKind.OTHER,
        channel=HelpChannel.WEB,
        text="水管漏了",
        vault=world.vault,
    )
