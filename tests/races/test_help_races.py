"""Two people take one request: one has it. Merging and solving take turns, and two clocks say once what is past due."""

from __future__ import annotations

from threading import Barrier
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from supplyhub.audit.queries import audit
from supplyhub.db import rows, scalar
from supplyhub.errors import HubError
from supplyhub.help import overdue, queries
from supplyhub.help.commands import merge_requests, pass_medicine, reopen, solve, take_request
from supplyhub.help.commands import opening as opening_command
from supplyhub.help.errors import EndedError
from supplyhub.help.overdue import forget_ended, sweep_overdue
from supplyhub.help.states import HelpChannel, HelpKind, Holder
from tests.factories import an_account, asking
from tests.factories_help import PHOTO, HelpWorld, hours_pass
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    import pytest

    from tests.races.crowd import Crowd

PEOPLE = 6


def leads(world: HelpWorld) -> list[Any]:
    return [asking(an_account(world.community, world.coordinator.role).id) for _ in range(PEOPLE)]


def steps(kind: str) -> int:
    return int(scalar("SELECT count(*) FROM help_step WHERE step = :kind", kind=kind))


def kept() -> list[str]:
    return [finding.law.name for finding in audit() if finding.offending]


def test_of_six_who_take_a_request_one_has_it_and_the_others_are_told(committed, crowd: Crowd):
    world = HelpWorld()
    code, people = world.request(), leads(world)
    results = crowd.at_once([lambda who=who: take_request(who, code) for who in people])
    assert sorted(type(result).__name__ for result in results) == ["NoneType"] + ["TakenError"] * (PEOPLE - 1)
    assert steps("assigned") == 1
    assert kept() == []


def unlocked(monkeypatch: pytest.MonkeyPatch, parties: int) -> None:
    """Let requests be read without a lock, and wait until everybody has read."""
    gate = Barrier(parties, timeout=PATIENCE_SECONDS)

    def read(asker: Any, codes: Any) -> list[Any]:
        found = [queries.request_for(asker, code) for code in codes]
        gate.wait()
        return found

    monkeypatch.setattr(queries, "_locked", read)


def test_without_the_lock_two_people_have_one_request(committed, crowd: Crowd, monkeypatch):
    """The negative control: this race can be lost."""
    world = HelpWorld()
    code, people = world.request(), leads(world)[:2]
    unlocked(monkeypatch, 2)
    results = crowd.at_once([lambda who=who: take_request(who, code) for who in people])
    assert results == [None, None]
    assert steps("assigned") == 2


def two_of_a_household(world: HelpWorld) -> list[str]:
    codes = [world.request(HelpKind.MEDICINE, photos=[PHOTO]) for _ in range(2)]
    for code in codes:
        take_request(world.coordinator, code)
    return codes


def test_merging_and_solving_take_turns_and_no_prescription_is_left_behind(committed, crowd: Crowd):
    world = HelpWorld()
    pairs = [two_of_a_household(world) for _ in range(PEOPLE // 2)]
    vault, who = world.vault, world.coordinator
    tasks = [lambda p=pair: merge_requests(who, p[0], into=p[1], vault=vault) for pair in pairs]
    tasks += [lambda p=pair: solve(who, p[1], vault=vault) for pair in pairs]
    results = crowd.at_once(tasks)
    assert all(result is None or isinstance(result, EndedError) for result in results), results
    # Solved first, there is nothing to merge into; merged first, its photos went with the one that was solved.
    left = rows("SELECT r.state FROM help_photo AS p JOIN help_request AS r ON r.id = p.request_id")
    assert {each.state for each in left} <= {"taken"}
    assert kept() == []


def test_without_the_lock_a_prescription_outlives_what_it_was_for(committed, crowd: Crowd, monkeypatch):
    """The negative control: this race can be lost."""
    world = HelpWorld()
    first, second = two_of_a_household(world)
    unlocked(monkeypatch, 2)
    vault, who = world.vault, world.coordinator
    crowd.at_once(
        [lambda: merge_requests(who, first, into=second, vault=vault), lambda: solve(who, second, vault=vault)]
    )
    states = {each.state for each in rows("SELECT state FROM help_request")}
    assert states == {"merged", "solved"}


def test_merged_into_each_other_at_once_one_stays(committed, crowd: Crowd):
    world = HelpWorld()
    first, second = two_of_a_household(world)
    vault, who = world.vault, world.coordinator
    results = crowd.at_once(
        [
            lambda: merge_requests(who, first, into=second, vault=vault),
            lambda: merge_requests(who, second, into=first, vault=vault),
        ]
    )
    assert sorted(result is None for result in results) == [False, True]
    assert sorted(each.state for each in rows("SELECT state FROM help_request")) == ["merged", "taken"]


def test_clocks_that_sweep_at_once_say_it_once(committed, crowd: Crowd):
    world = HelpWorld()
    for _ in range(3):
        world.request(HelpKind.TRANSPORT)
    hours_pass(2)
    results = crowd.at_once([sweep_overdue] * PEOPLE)
    assert sorted(results) == [0] * (PEOPLE - 1) + [3]
    assert (steps("overdue"), scalar("SELECT count(*) FROM outbox WHERE topic = 'help_overdue'")) == (3, 3)


def test_without_the_lock_the_second_clock_says_it_again(committed, crowd: Crowd, monkeypatch):
    """The negative control: this race can be lost."""
    HelpWorld().request(HelpKind.TRANSPORT)
    hours_pass(2)
    gate = Barrier(2, timeout=PATIENCE_SECONDS)
    ids = [each.id for each in rows("SELECT id FROM help_request")]
    written = overdue.write_overdue

    def both_write(late: list[int]) -> list[int]:
        new = written(late)
        gate.wait()
        return new

    monkeypatch.setattr(overdue, "lock_late", lambda: ids)
    monkeypatch.setattr(overdue, "write_overdue", both_write)
    assert crowd.at_once([sweep_overdue] * 2) == [1, 1]
    assert steps("overdue") == 2


def test_the_same_request_sent_six_times_at_once_is_one(committed, crowd: Crowd):
    world, key = HelpWorld(), uuid4()
    resident, vault = world.here.resident, world.vault
    send = lambda: opening_command.open_request(  # noqa: E731
        resident, key=key, kind=HelpKind.OTHER, channel=HelpChannel.WEB, text="水管漏了", photos=[PHOTO], vault=vault
    )
    results = crowd.at_once([send] * PEOPLE)
    assert len(set(results)) == 1, results
    assert (scalar("SELECT count(*) FROM help_request"), steps("photo_added")) == (1, 1)


def test_without_taking_turns_by_the_key_the_second_one_fails(committed, crowd: Crowd, monkeypatch):
    """The negative control: this race can be lost."""
    world, key = HelpWorld(), uuid4()
    resident, vault = world.here.resident, world.vault
    gate = Barrier(2, timeout=PATIENCE_SECONDS)

    def nobody_yet(*_: Any) -> None:
        gate.wait()

    monkeypatch.setattr(opening_command, "opened_with", nobody_yet)
    send = lambda: opening_command.open_request(  # noqa: E731
        resident, key=key, kind=HelpKind.OTHER, channel=HelpChannel.WEB, text="水管漏了", vault=vault
    )
    results = crowd.at_once([send] * 2)
    assert sorted(isinstance(result, str) for result in results) == [False, True]


def test_medicine_passed_by_two_at_once_has_two_places_in_the_chain(committed, crowd: Crowd):
    world = HelpWorld()
    code = world.request(HelpKind.MEDICINE)
    take_request(world.coordinator, code)
    vault, who = world.vault, world.coordinator
    tasks = [
        lambda: pass_medicine(who, code, key=uuid4(), said=code, holder=Holder.BORDER, place="区界卡口", vault=vault)
    ] * PEOPLE
    assert crowd.at_once(tasks) == [None] * PEOPLE
    assert [each.sequence for each in rows("SELECT sequence FROM medicine_pass ORDER BY sequence")] == [
        *range(1, PEOPLE + 1)
    ]


def test_opened_again_and_forgotten_at_once_it_is_one_or_the_other(committed, crowd: Crowd):
    world = HelpWorld()
    codes = [world.request() for _ in range(3)]
    for code in codes:
        take_request(world.coordinator, code)
        solve(world.coordinator, code, vault=world.vault)
    hours_pass(31 * 24)
    vault, who = world.vault, world.coordinator
    results = crowd.at_once([*(lambda c=code: reopen(who, c, vault=vault) for code in codes), forget_ended])
    assert all(result is None or isinstance(result, (int, HubError)) for result in results), results
    found = rows("SELECT state, wrapped_key IS NULL AS gone FROM help_request")
    assert all(each.gone == (each.state == "solved") for each in found)
