"""A lead decides which of two entries about a door stands, and corrects what was typed wrong: the goods follow, laws hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from supplyhub.audit.queries import audit
from supplyhub.db import rows, scalar
from supplyhub.delivery.commands import (
    clear_item,
    count_cash,
    enter_paper,
    hand_back,
    record_doors,
    record_entries,
    sync,
    take_this_instead,
)
from supplyhub.delivery.entries import Entry, Kept, SentEntry
from supplyhub.delivery.inbox_queries import cleared_items_for, open_items_for
from supplyhub.delivery.paper import corrected_cash_of, type_in
from supplyhub.delivery.states import EntryAnswer, EntryOutcome, Problem, StopOutcome
from supplyhub.errors import ConflictError, NotAllowedError, NotFoundError
from supplyhub.payments.collecting import to_collect
from supplyhub.payments.counting import Counted
from supplyhub.payments.rules import Taken
from supplyhub.payments.states import TakingWay
from supplyhub.people.states import Role
from tests.factories import an_account, an_anchor, asking
from tests.factories_depot import Town, Walk, a_volunteer, a_walk, places, stops_of, taken_over

pytestmark = pytest.mark.usefixtures("database")
DELIVERED, FAILED, UNDONE = EntryOutcome.DELIVERED, EntryOutcome.FAILED, EntryOutcome.UNDONE


@pytest.fixture
def walk(database: Any) -> Walk:
    """Return a ticket of three doors with two units each in a volunteer's hands."""
    town = Town(homes=3)
    town.everybody_orders(V001=2)
    town.to_tickets()
    return a_walk(town=town)


def lead_of(walk: Walk) -> Any:
    return asking(an_account(walk.town.community, Role.GRID_LEAD, grid=walk.town.first.grid).id)


def entry(walk: Walk, outcome: EntryOutcome, seconds: int = 0, **more: Any) -> Entry:
    problem = Problem.NOBODY_HOME if outcome == FAILED else None
    at = datetime.now(UTC) - timedelta(minutes=5) + timedelta(seconds=seconds)
    return replace(Entry(uuid4(), walk.stops[0].id, outcome, problem, at), **more)


def said(walk: Walk, *entries: Entry) -> list[EntryAnswer | None]:
    return [each.answer for each in record_entries(walk.volunteer.asker, ticket_code=walk.ticket, entries=entries)]


def contradicted(walk: Walk, first: Entry, second: Entry) -> int:
    """Report two things of the first door; return the lead's item about it."""
    assert said(walk, first, second) == [EntryAnswer.APPLIED, EntryAnswer.CONFLICT]
    return conflict_of(walk).id


def conflict_of(walk: Walk) -> Any:
    (item,) = (each for each in open_items_for(walk.town.coordinator) if each.kind == "entry_conflict")
    return item


def stands(walk: Walk) -> tuple[str | None, str | None, str]:
    stop = stops_of(walk.ticket)[0]
    return stop.outcome, stop.problem, stop.state


def broken() -> list[str]:
    return [found.law.name for found in audit() if found.offending]


def kinds(walk: Walk) -> list[str]:
    return [item.kind for item in open_items_for(walk.town.coordinator)]


def of_parcel(walk: Walk) -> frozenset[Kept]:
    """Return one unit of the first parcel, kept back."""
    (line,) = rows(
        "SELECT l.item_id FROM parcel_line AS l JOIN stop AS s ON s.parcel_id = l.parcel_id WHERE s.id = :s",
        s=walk.stops[0].id,
    )
    return frozenset({Kept(line.item_id, substitute=False, units=1, problem=Problem.DAMAGED)})


def test_what_was_said_first_stands_when_a_lead_clears_the_item(walk):
    item = contradicted(walk, entry(walk, DELIVERED), entry(walk, FAILED, 9))
    assert clear_item(lead_of(walk), item)
    assert stands(walk) == ("delivered", None, "delivered")
    assert [(each.kind, each.taken) for each in cleared_items_for(walk.town.coordinator)] == [("entry_conflict", False)]
    assert broken() == []


@pytest.mark.parametrize("first", [DELIVERED, FAILED])
def test_a_lead_takes_what_was_said_later_instead_and_the_goods_follow(walk, first):
    second = FAILED if first == DELIVERED else DELIVERED
    item = contradicted(walk, entry(walk, first), entry(walk, second, 9))
    lead = lead_of(walk)
    assert take_this_instead(lead, item)
    assert stands(walk)[0] == second
    assert places()["handed_over"] == (6 if second == FAILED else 4)
    assert kinds(walk) == (["failed_door"] if second == FAILED else [])
    assert [each.taken for each in cleared_items_for(lead) if each.kind == "entry_conflict"] == [True]
    assert not take_this_instead(lead, item)
    assert broken() == []
    back = [stop.code for stop in walk.stops if second == FAILED or stop.id != walk.stops[0].id]
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=back, unvisited=True)
    assert broken() == []


def test_what_was_kept_back_and_who_has_it_follow_too(walk):
    anchor = an_anchor(walk.town.first.homes[2])
    item = contradicted(
        walk, entry(walk, DELIVERED, left_with=anchor.id), entry(walk, DELIVERED, 9, kept_back=of_parcel(walk))
    )
    assert take_this_instead(lead_of(walk), item)
    assert scalar("SELECT count(*) FROM anchor_custody") == 0
    assert kinds(walk) == ["kept_back"]
    assert broken() == []


def test_what_came_too_late_to_undo_holds_when_a_lead_takes_it(walk):
    first = entry(walk, DELIVERED)
    late = entry(walk, UNDONE, 120, undoes=first.id)
    item = contradicted(walk, first, late)
    assert take_this_instead(lead_of(walk), item)
    assert stands(walk) == (None, None, "handed_over")
    assert cleared_items_for(walk.town.coordinator)[0].taken
    again = entry(walk, FAILED, 200)
    assert said(walk, again, first, late) == [EntryAnswer.APPLIED, EntryAnswer.DUPLICATE, EntryAnswer.CONFLICT]
    assert stands(walk)[0] == "failed"
    assert broken() == []


def test_what_was_set_aside_never_comes_back_whatever_is_sent_again_or_undone(walk):
    first, second = entry(walk, DELIVERED), entry(walk, FAILED, 9)
    take_this_instead(lead_of(walk), contradicted(walk, first, second))
    assert said(walk, first, second, first) == [EntryAnswer.DUPLICATE] * 3
    assert said(walk, entry(walk, UNDONE, 20, undoes=first.id)) == [EntryAnswer.DUPLICATE]
    assert stands(walk)[0] == "failed"
    assert said(walk, entry(walk, UNDONE, 30, undoes=second.id)) == [EntryAnswer.APPLIED]
    assert stands(walk)[0] is None
    assert broken() == []


def test_what_the_volunteer_before_said_is_taken_once_the_ticket_was_taken_over(walk):
    mate = a_volunteer(walk.town.first)
    heir = taken_over(walk.town, walk.ticket, mate)
    sent = [SentEntry(walk.ticket, entry(walk, DELIVERED))]
    sync(walk.volunteer.asker, sent_at=datetime.now(UTC), device=uuid4(), entries=sent)
    assert take_this_instead(lead_of(walk), conflict_of(walk).id)
    assert [stop.outcome for stop in stops_of(heir)] == ["delivered", None, None]
    assert broken() == []


def refused(walk: Walk, item: int, asker: Any = None) -> str:
    with pytest.raises(ConflictError) as caught:
        take_this_instead(asker or lead_of(walk), item)
    return str(caught.value.data["why"])


def test_after_the_hand_back_nothing_is_changed(walk):
    item = contradicted(walk, entry(walk, FAILED), entry(walk, DELIVERED, 9))
    codes = [stop.code for stop in walk.stops]
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=codes, unvisited=True)
    assert refused(walk, item) == "finished"
    assert not conflict_of(walk).may_take
    assert stands(walk) == ("failed", "nobody_home", "returned")


def test_what_was_not_kept_or_was_taken_back_cannot_stand(walk):
    first = entry(walk, DELIVERED)
    assert said(walk, first, replace(first, outcome=FAILED, problem=Problem.OTHER))[-1] == EntryAnswer.CONFLICT
    assert refused(walk, conflict_of(walk).id) == "not_kept"
    clear_item(walk.town.coordinator, conflict_of(walk).id)
    second = entry(walk, FAILED, 9)
    said(walk, second)
    item = conflict_of(walk).id
    said(walk, entry(walk, UNDONE, 20, undoes=second.id))
    assert refused(walk, item) == "taken_back"


def test_another_grids_lead_and_another_community_know_of_no_such_item(walk):
    item = contradicted(walk, entry(walk, DELIVERED), entry(walk, FAILED, 9))
    other = Town(grids=2, homes=1)
    for asker in (
        other.coordinator,
        asking(an_account(walk.town.community, Role.GRID_LEAD, grid=other.sides[1].grid).id),
    ):
        with pytest.raises(NotFoundError):
            take_this_instead(asker, item)
    said(walk, entry(walk, FAILED, stop=walk.stops[1].id))
    (failed,) = (each for each in open_items_for(walk.town.coordinator) if each.kind == "failed_door")
    with pytest.raises(NotFoundError):
        take_this_instead(walk.town.coordinator, failed.id)


def typed(walk: Walk, lines: str, by: Any = None, *, correct: bool = False) -> list[EntryAnswer | None]:
    codes = [stop.code for stop in walk.stops] if correct else []
    done = enter_paper(by or lead_of(walk), walk.ticket, type_in(lines), correcting=codes)
    return [each.answer for each in done.entries]


def test_a_letter_that_was_typed_wrong_is_corrected_with_its_cash_and_once(walk):
    (first, second, _) = (stop.code for stop in walk.stops)
    assert typed(walk, f"{first} d 9.60\n{second} n") == [EntryAnswer.APPLIED] * 2
    assert typed(walk, f"{first} n\n{second} d 9.60") == [EntryAnswer.CONFLICT] * 2
    right = f"{first} n\n{second} d 9.60"
    assert typed(walk, right, correct=True) == [EntryAnswer.APPLIED] * 2
    assert typed(walk, right, correct=True) == [EntryAnswer.DUPLICATE] * 2
    assert [stop.outcome for stop in stops_of(walk.ticket)] == ["failed", "delivered", None]
    assert scalar("SELECT sum(amount_fen) FROM taking") == 960
    assert broken() == []
    assert typed(walk, f"{first} d 9.60", correct=True) == [EntryAnswer.APPLIED]
    assert scalar("SELECT sum(amount_fen) FROM taking") == 1920
    cash = Counted(1920, 1920)
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=[walk.stops[2].code], unvisited=True, cash=cash)
    assert broken() == []


def test_only_what_was_typed_is_corrected_by_a_lead_and_until_the_hand_back(walk):
    code = walk.stops[0].code
    said(walk, entry(walk, DELIVERED))
    with pytest.raises(ConflictError) as caught:
        typed(walk, f"{code} n", correct=True)
    assert caught.value.data["why"] == "by_phone"
    with pytest.raises(NotAllowedError):
        typed(walk, f"{code} n", walk.town.depot, correct=True)
    assert typed(walk, f"{walk.stops[1].code} d") == [EntryAnswer.APPLIED]
    back = [walk.stops[2].code]
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=back, unvisited=True)
    with pytest.raises(ConflictError) as caught:
        typed(walk, f"{walk.stops[1].code} n", correct=True)
    assert caught.value.data["why"] == "finished"
    assert stops_of(walk.ticket)[1].outcome == StopOutcome.DELIVERED


def taken() -> list[int]:
    return [each.amount_fen for each in rows("SELECT amount_fen FROM taking ORDER BY received_at, abs(amount_fen), 1")]


def test_a_wrong_amount_beside_a_right_letter_is_corrected_until_it_is_counted_and_once(walk):
    code = walk.stops[0].code
    assert typed(walk, f"{code} d 4.50") == [EntryAnswer.APPLIED]
    assert typed(walk, f"{code} d 9.60") == [EntryAnswer.DUPLICATE]
    assert taken() == [450], "nobody said that the first was wrong"
    for _ in range(2):
        assert typed(walk, f"{code} d 9.60", correct=True) == [EntryAnswer.DUPLICATE]
        assert (sum(taken()), len(taken())) == (960, 3)
    # Back and forth: what was typed before may be typed again.
    typed(walk, f"{code} d 4.50", correct=True)
    typed(walk, f"{code} d 9.60", correct=True)
    assert (sum(taken()), len(taken())) == (960, 7)
    assert broken() == []
    corrected = [(each.fen, each.stands_fen) for each in corrected_cash_of(ticket_id(walk))]
    assert sorted(corrected) == [(450, 960), (450, 960), (960, 960)]
    back = [stop.code for stop in walk.stops[1:]]
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=back, unvisited=True, cash=Counted(960, 960))
    with pytest.raises(ConflictError) as caught:
        typed(walk, f"{code} d 4.50", correct=True)
    assert caught.value.data["why"] == "counted"
    assert (sum(taken()), broken()) == (960, [])


def ticket_id(walk: Walk) -> int:
    return int(scalar("SELECT id FROM ticket WHERE code = :t", t=walk.ticket))


def test_money_that_never_was_there_is_taken_out_and_is_owed_again(walk):
    code = walk.stops[0].code
    typed(walk, f"{code} d 9.60")
    typed(walk, f"{code} d 0", correct=True)
    assert (sum(taken()), len(taken())) == (0, 2)
    assert to_collect([order_of(walk)]) == {order_of(walk): 960}
    typed(walk, f"{code} d 9.60")
    assert sum(taken()) == 0, "the same sheet once more is no correction"
    for amount in ("9.60", "0", "9.60"):
        typed(walk, f"{code} d {amount}", correct=True)
    assert sum(taken()) == 960
    assert broken() == []


def order_of(walk: Walk) -> int:
    return int(scalar("SELECT order_id FROM stop WHERE id = :s", s=walk.stops[0].id))


def test_more_than_is_owed_corrects_nothing_and_what_stood_before_stays(walk):
    code = walk.stops[0].code
    typed(walk, f"{code} d 4.50")
    with pytest.raises(ConflictError) as caught:
        typed(walk, f"{code} d 99.60", correct=True)
    assert caught.value.data["why"] == "amount"
    assert (taken(), broken()) == ([450], [])


def test_an_amount_is_corrected_after_the_hand_back_while_nobody_has_counted_it(walk):
    code = walk.stops[0].code
    typed(walk, f"{code} d 4.50")
    back = [stop.code for stop in walk.stops[1:]]
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=back, unvisited=True)
    typed(walk, f"{code} d 9.60", correct=True)
    count_cash(walk.town.depot, ticket_code=walk.ticket, cash=Counted(960, 960))
    assert (sum(taken()), broken()) == (960, [])


def test_what_a_phone_took_is_not_corrected_from_paper(walk):
    stop = walk.stops[0]
    number = uuid4()
    said(walk, entry(walk, DELIVERED))
    record_doors(
        walk.volunteer.asker,
        ticket_code=walk.ticket,
        entries=[],
        takings=[Taken(number, stop.id, datetime.now(UTC), TakingWay.CASH, 450, less=True)],
    )
    typed(walk, f"{stop.code} d 9.60", correct=True)
    assert taken() == [450]
