"""Phones that send at the same moment, on real connections: one effect, and every contradiction is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Event
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from supplyhub.audit.law import Verdict
from supplyhub.audit.laws import LAWS
from supplyhub.audit.queries import judge
from supplyhub.db import execute, rows, scalar
from supplyhub.delivery import hands, recording
from supplyhub.delivery.commands import pass_on, sync
from supplyhub.delivery.entries import Entry, SentEntry, SentTaking
from supplyhub.delivery.states import EntryAnswer, EntryOutcome, EntryReason, Problem
from supplyhub.errors import BusyError
from supplyhub.payments.rules import Taken
from supplyhub.payments.states import TakingAnswer, TakingWay
from tests.factories import an_anchor, asking
from tests.factories_depot import Walk, a_walk, places
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from tests.races.crowd import Crowd

PHONES = 6
NOW = datetime.now(UTC)


@pytest.fixture
def walk(committed) -> Walk:
    """Return a ticket of three doors in a volunteer's hands."""
    return a_walk()


def entry(walk: Walk, place: int, *, failed: Problem | None = None, **more: Any) -> SentEntry:
    outcome = EntryOutcome.FAILED if failed else EntryOutcome.DELIVERED
    stop = walk.stops[place].id
    return SentEntry(walk.ticket, Entry(uuid4(), stop, outcome, failed, NOW, phone_at=NOW, **more))


def send(walk: Walk, *entries: SentEntry, takings: tuple[SentTaking, ...] = ()) -> Any:
    sent_at = datetime.now(UTC)
    return sync(walk.volunteer.asker, sent_at=sent_at, device=uuid4(), entries=entries, takings=takings)


def broken() -> list[str]:
    return [law.name for law in LAWS if law.number in {2, 3, 7, 8} and judge(law).verdict == Verdict.BROKEN]


def test_what_six_phones_send_at_once_counts_once(walk, crowd: Crowd):
    entries = [entry(walk, place) for place in range(3)]
    cash = SentTaking(walk.ticket, Taken(uuid4(), walk.stops[0].id, NOW, TakingWay.CASH, 480))
    results = crowd.at_once([lambda: send(walk, *entries, takings=(cash,))] * PHONES)
    answers = sorted(each.answer for result in results for each in result.entries)
    assert answers == [EntryAnswer.APPLIED] * 3 + [EntryAnswer.DUPLICATE] * 3 * (PHONES - 1)
    money = sorted(each.answer for result in results for each in result.takings)
    assert money == [TakingAnswer.APPLIED] + [TakingAnswer.DUPLICATE] * (PHONES - 1)
    assert (places()["delivered"], scalar("SELECT count(*) FROM delivery_entry")) == (3, 3)
    assert broken() == []


def test_of_phones_that_contradict_each_other_one_stands_and_the_lead_learns_of_the_others(walk, crowd: Crowd):
    told = [entry(walk, 0, failed=Problem.REFUSED if number % 2 else None) for number in range(PHONES)]
    results = crowd.at_once([lambda each=each: send(walk, each) for each in told])
    answers = [result.entries[0].answer for result in results]
    assert answers.count(EntryAnswer.APPLIED) == 1
    assert answers.count(EntryAnswer.CONFLICT) == PHONES // 2
    assert scalar("SELECT count(*) FROM inbox_item WHERE kind = 'entry_conflict'") == PHONES // 2
    assert broken() == []


def test_without_the_lock_on_the_ticket_two_phones_are_both_believed(walk, crowd: Crowd, monkeypatch):
    """The negative control: this race can be lost."""
    both_have_read = Barrier(2, timeout=PATIENCE_SECONDS)
    read = recording.known_entries

    def slowly(*given: Any) -> Any:
        found = read(*given)
        both_have_read.wait()
        return found

    monkeypatch.setattr(hands, "LOCK", hands.LOCK.replace("FOR UPDATE OF t", ""))
    monkeypatch.setattr(recording, "known_entries", slowly)
    told = [entry(walk, 0, failed=problem) for problem in (Problem.REFUSED, Problem.WRONG_DOOR)]
    results = crowd.at_once([lambda each=each: send(walk, each) for each in told])
    assert [result.entries[0].answer for result in results] == [EntryAnswer.APPLIED] * 2
    assert broken() == ["Once"]


class LateUndo:
    """A parcel with an anchor household that is taken back while that one passes it on."""

    def __init__(self, walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.walk = walk
        home = walk.town.first.homes[0]
        left = entry(walk, 1, left_with=an_anchor(home).id)
        send(walk, left)
        self.number: UUID = left.what.id
        self.keeper = asking(home.account_id)
        self.passed, self.has_read = Event(), Event()
        read = recording.known_entries

        def slowly(*given: Any) -> Any:
            found = read(*given)
            self.has_read.set()
            assert self.passed.wait(PATIENCE_SECONDS)
            return found

        monkeypatch.setattr(recording, "known_entries", slowly)

    def undo(self) -> Any:
        later = NOW + timedelta(seconds=9)
        told = Entry(
            uuid4(), self.walk.stops[1].id, EntryOutcome.UNDONE, None, later, undoes=self.number, phone_at=later
        )
        return send(self.walk, SentEntry(self.walk.ticket, told)).entries[0]

    def pass_on(self) -> None:
        assert self.has_read.wait(PATIENCE_SECONDS)
        pass_on(self.keeper, self.walk.stops[1].code)
        self.passed.set()


def test_what_the_anchor_passes_on_meanwhile_is_not_taken_back(walk, crowd: Crowd, monkeypatch):
    late = LateUndo(walk, monkeypatch)
    undone, _ = crowd.at_once([late.undo, late.pass_on])
    assert isinstance(undone, BusyError)
    settled = late.undo()
    assert (settled.answer, settled.reason) == (EntryAnswer.CONFLICT, EntryReason.PASSED_ON)
    assert [custody.passed_by for custody in rows("SELECT passed_by FROM anchor_custody")] == [late.keeper.account_id]
    assert broken() == []


def test_without_looking_again_what_was_passed_on_is_taken_back(walk, crowd: Crowd, monkeypatch):
    """The negative control: this race can be lost."""
    late = LateUndo(walk, monkeypatch)
    monkeypatch.setattr(
        recording,
        "_take_from_anchors",
        lambda ids: execute("DELETE FROM anchor_custody WHERE entry_id = ANY (:ids)", ids=list(ids)),
    )
    undone, _ = crowd.at_once([late.undo, late.pass_on])
    assert undone.answer == EntryAnswer.APPLIED
    assert rows("SELECT * FROM anchor_custody") == []
