"""A lead decides about a door that waits to be taken over, while others bring back, take over and decide."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Barrier
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from supplyhub.audit.law import Verdict
from supplyhub.audit.laws import LAWS
from supplyhub.audit.queries import judge
from supplyhub.db import rows, scalar
from supplyhub.delivery.commands import (
    giving_back,
    hand_back,
    reassign_ticket,
    setting_right,
    sync,
    take_over,
    take_this_instead,
)
from supplyhub.delivery.entries import Entry, SentEntry
from supplyhub.delivery.states import EntryOutcome, Problem
from supplyhub.errors import ConflictError, InvalidError
from tests.factories_depot import Volunteer, Walk, a_volunteer, a_walk, places
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from tests.races.crowd import Crowd


@pytest.fixture
def walk(committed) -> Walk:
    """Return a ticket of three doors in a volunteer's hands."""
    return a_walk()


def waits(walk: Walk, outcome: EntryOutcome) -> tuple[Volunteer, str, int]:
    """Give the ticket to somebody else, who hasn't taken it over; return who, its code, the conflict about its first door."""
    mate = a_volunteer(walk.town.first)
    heir = reassign_ticket(walk.town.coordinator, walk.ticket, badge_code=mate.badge_code)
    problem = Problem.NOBODY_HOME if outcome == EntryOutcome.FAILED else None
    said = Entry(uuid4(), walk.stops[0].id, outcome, problem, datetime.now(UTC))
    sync(
        walk.volunteer.asker,
        sent_at=datetime.now(UTC),
        device=uuid4(),
        entries=[SentEntry(walk.ticket, said)],
    )
    return mate, heir, int(scalar("SELECT id FROM inbox_item WHERE kind = 'entry_conflict'"))


def broken() -> list[str]:
    return [law.name for law in LAWS if law.number in {2, 3, 7, 8} and judge(law).verdict == Verdict.BROKEN]


def nothing_left_out(walk: Walk) -> bool:
    """Tell whether no parcel is out by a ticket whose hand-back is over."""
    return not rows(
        "SELECT FROM stop AS s JOIN ticket AS t ON t.id = s.ticket_id JOIN parcel AS p ON p.id = s.parcel_id"
        " WHERE t.code = :t AND t.finished_at IS NOT NULL AND p.state = 'handed_over'",
        t=walk.ticket,
    )


def decide(walk: Walk, item: int) -> bool:
    return take_this_instead(walk.town.coordinator, item)


def bring_nothing(walk: Walk) -> None:
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=[])


def test_what_failed_goes_back_to_who_was_there_or_the_hand_back_is_over_never_both(walk, crowd: Crowd):
    item = waits(walk, EntryOutcome.FAILED)[2]
    decided, brought = crowd.at_once([lambda: decide(walk, item), lambda: bring_nothing(walk)])
    assert (decided is True, brought is None) in {(True, False), (False, True)}
    assert isinstance(brought if decided is True else decided, (ConflictError, InvalidError))
    assert nothing_left_out(walk)
    assert broken() == []


def test_without_the_lock_on_the_ticket_before_a_parcel_stays_out_for_good(walk, crowd: Crowd, monkeypatch):
    """The negative control: this race can be lost."""
    item = waits(walk, EntryOutcome.FAILED)[2]
    has_read, is_over = (Barrier(2, timeout=PATIENCE_SECONDS) for _ in range(2))
    read, lock = giving_back.scalar, setting_right._lock

    def read_and_wait(statement: str, **values: Any) -> Any:
        found = read(statement, **values)
        if "finished_at" in statement:
            has_read.wait()
            is_over.wait()
        return found

    def bring_meanwhile() -> None:
        has_read.wait()
        bring_nothing(walk)
        is_over.wait()

    monkeypatch.setattr(giving_back, "scalar", read_and_wait)
    monkeypatch.setattr(setting_right, "_lock", lambda stop, _origin: lock(stop, None))
    assert crowd.at_once([lambda: decide(walk, item), bring_meanwhile]) == [True, None]
    assert not nothing_left_out(walk)


@pytest.mark.parametrize("outcome", [EntryOutcome.DELIVERED, EntryOutcome.FAILED])
def test_whoever_takes_over_at_that_moment_has_every_door_that_is_left_and_each_counts_once(
    walk, crowd: Crowd, outcome
):
    mate, heir, item = waits(walk, outcome)
    decided, taken = crowd.at_once([lambda: decide(walk, item), lambda: take_over(mate.asker, heir)])
    assert (decided, taken) == (True, None)
    assert scalar("SELECT outcome FROM stop WHERE id = :s", s=walk.stops[0].id) == outcome
    assert scalar("SELECT count(*) FROM stop WHERE outcome IS NULL") == 2
    assert places().get("delivered", 0) == (outcome == EntryOutcome.DELIVERED)
    assert broken() == []


def test_leads_who_decide_the_same_at_once_decide_it_once(walk, crowd: Crowd):
    item = waits(walk, EntryOutcome.DELIVERED)[2]
    assert sorted(crowd.at_once([lambda: decide(walk, item)] * 5)) == [False] * 4 + [True]
    assert places()["delivered"] == 1
    assert broken() == []
