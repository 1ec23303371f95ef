"""A parcel that is left with the anchor household is on its page, on its household's, and is passed on once."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from supplyhub.db import db, rows, scalar
from supplyhub.delivery.commands import pass_on, sync
from supplyhub.delivery.entries import Entry, Kept, SentEntry
from supplyhub.delivery.states import EntryAnswer, EntryOutcome, EntryReason, Problem
from supplyhub.errors import NotFoundError
from supplyhub.people.states import Role
from tests.factories import a_building, a_device, a_household, an_account, an_anchor, asking
from tests.factories_depot import Town, Walk, a_walk, places

NOW = datetime.now(UTC)


class Yard:
    """A ticket of three doors of a building with an anchor household, the first of them."""

    def __init__(self, client: Any) -> None:
        self.client = client
        town = Town(homes=3)
        town.everybody_orders(V001=2)
        town.to_tickets()
        self.walk: Walk = a_walk(town=town)
        self.homes = town.first.homes
        self.anchor = an_anchor(self.homes[0])

    def leave(self, place: int = 1, **change: Any) -> tuple[Entry, EntryAnswer | None, EntryReason | None]:
        """Leave a door's parcel with the anchor household."""
        told = {"left_with": self.anchor.id, "phone_at": NOW} | change
        entry = Entry(uuid4(), self.walk.stops[place].id, EntryOutcome.DELIVERED, None, NOW, **told)
        return entry, *self.send(entry)

    def send(self, entry: Entry) -> tuple[EntryAnswer | None, EntryReason | None]:
        sent = [SentEntry(self.walk.ticket, entry)]
        (settled,) = sync(self.walk.volunteer.asker, sent_at=datetime.now(UTC), device=uuid4(), entries=sent).entries
        return settled.answer, settled.reason

    def undo(self, entry: Entry) -> tuple[EntryAnswer | None, EntryReason | None]:
        later = NOW + timedelta(seconds=9)
        told = {"undoes": entry.id, "phone_at": later}
        return self.send(Entry(uuid4(), entry.stop, EntryOutcome.UNDONE, None, later, **told))

    def page(self, home: int, path: str, **form: Any) -> Any:
        """Ask as a household; with a form, send it."""
        account = self.homes[home].account_id
        device = a_device(self.homes[home].id).id
        with self.client.session_transaction() as session:
            session["_user_id"], session["until"], session["device"] = f"{account}.1", time.time() + 60, device
        if not form:
            return self.client.get(path).get_data(as_text=True)
        token = (
            self.client.get("/neighbours/parcels")
            .get_data(as_text=True)
            .split('name="csrf_token" value="')[1]
            .split('"')[0]
        )
        return self.client.post(path, data=form | {"csrf_token": token}, follow_redirects=True)


@pytest.fixture
def yard(client) -> Yard:
    return Yard(client)


def test_a_parcel_left_with_the_anchor_is_delivered_and_stands_on_both_pages(yard):
    assert yard.leave()[1:] == (EntryAnswer.APPLIED, None)
    assert places()["delivered"] == 2
    code = yard.walk.stops[1].code
    assert code in yard.page(0, "/neighbours/parcels")
    assert "10-1-201" in yard.page(0, "/neighbours/parcels")
    order = yard.page(1, "/order")
    assert "在中心户 10-1-101 那里" in order
    assert code in order
    assert "在中心户" not in yard.page(2, "/order")
    assert "您家没有收着" in yard.page(2, "/neighbours/parcels")


def test_the_anchor_passes_it_on_once_and_its_household_sees_so(yard):
    yard.leave()
    code = yard.walk.stops[1].code
    first = yard.page(0, f"/neighbours/parcels/{code}", go="1")
    assert first.status_code == 200
    passed = rows("SELECT passed_at, passed_by FROM anchor_custody")
    yard.page(0, f"/neighbours/parcels/{code}", go="1")
    assert rows("SELECT passed_at, passed_by FROM anchor_custody") == passed
    assert passed[0].passed_by == yard.homes[0].account_id
    assert "在中心户" not in yard.page(1, "/order")
    assert "已经交了的" in yard.page(0, "/neighbours/parcels")


def test_only_those_whom_it_concerns_pass_it_on(yard):
    yard.leave()
    code, town = yard.walk.stops[1].code, yard.walk.town
    elsewhere = Town(homes=1)
    strangers = [
        asking(yard.homes[2].account_id),
        yard.walk.volunteer.asker,
        town.depot,
        asking(an_account(elsewhere.community, Role.GRID_LEAD, grid=elsewhere.first.grid).id),
        elsewhere.coordinator,
    ]
    for stranger in strangers:
        with pytest.raises(NotFoundError):
            pass_on(stranger, code)
    pass_on(asking(yard.homes[1].account_id), code)
    with pytest.raises(NotFoundError):
        pass_on(town.coordinator, yard.walk.stops[2].code)


def test_an_anchor_of_another_building_or_the_own_door_is_refused(yard):
    other = an_anchor(a_household(a_building(yard.walk.town.first.grid)))
    for place, anchor in ((1, other.id), (0, yard.anchor.id), (1, 2**40)):
        assert yard.leave(place, left_with=anchor)[1:] == (None, EntryReason.NO_SUCH_ANCHOR)
    assert scalar("SELECT count(*) FROM delivery_entry") == 0


def test_a_parcel_that_is_taken_back_within_a_minute_is_not_with_the_anchor(yard):
    entry, *_ = yard.leave()
    assert yard.undo(entry) == (EntryAnswer.APPLIED, None)
    assert scalar("SELECT count(*) FROM anchor_custody") == 0
    assert places()["handed_over"] == 6
    again, *_ = yard.leave()
    pass_on(asking(yard.homes[0].account_id), yard.walk.stops[1].code)
    assert yard.undo(again) == (EntryAnswer.CONFLICT, EntryReason.PASSED_ON)
    assert [item.kind for item in rows("SELECT kind FROM inbox_item WHERE cleared_at IS NULL")] == ["entry_conflict"]


def test_what_was_kept_back_is_not_paid_and_stands_on_the_households_page(yard):
    (item,) = yard.walk.town.first.items.values()
    part = frozenset({Kept(item.id, False, 1, Problem.DAMAGED)})
    whole, most = (frozenset({Kept(item.id, False, units, Problem.DAMAGED)}) for units in (2, 3))
    for kept in (whole, most, frozenset({Kept(item.id, True, 1, Problem.DAMAGED)})):
        assert yard.leave(1, left_with=None, kept_back=kept)[1:] == (None, EntryReason.NOT_IN_PARCEL)
    entry, answer, _ = yard.leave(1, left_with=None, kept_back=part)
    assert answer == EntryAnswer.APPLIED
    assert places()["delivered"] == 1
    assert "没有留下" in yard.page(1, "/order")
    owed = "SELECT sum(amount_fen) FROM posting WHERE account = 'household' AND order_id = :o"
    order = scalar("SELECT order_id FROM stop WHERE id = :s", s=entry.stop)
    assert scalar(owed, o=order) == 480
    assert [found.kind for found in rows("SELECT kind FROM inbox_item WHERE cleared_at IS NULL")] == ["kept_back"]
    assert yard.undo(entry) == (EntryAnswer.APPLIED, None)
    assert scalar(owed, o=order) == 960
    assert rows("SELECT kind FROM inbox_item WHERE cleared_at IS NULL") == []
    db.session.rollback()
