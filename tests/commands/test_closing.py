"""Closing a cycle: what is open is counted and named, kind by kind, and nothing is closed meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from supplyhub.audit.closing import Open, open_in
from supplyhub.audit.commands import close_cycle
from supplyhub.audit.queries import audit
from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.delivery.chain import crates_for
from supplyhub.delivery.commands import (
    claim_ticket,
    hand_back,
    hand_over,
    issue_tickets,
    pass_crates,
    record_entries,
)
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.states import CrateStep, StopOutcome
from supplyhub.depot.commands import Missing, finish_receiving, pack, put_back, share_out, start_stocktake
from supplyhub.depot.states import MoveReason, Place
from supplyhub.errors import ConflictError
from tests.factories_depot import Town, a_volunteer, a_walk, deal_with_returns, stops_of, work

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def town(database) -> Town:
    """Return a town of one grid where everybody ordered."""
    town = Town(homes=2)
    town.everybody_orders(V001=1)
    return town


def still_open(town: Town) -> list[Open]:
    """Return what a close that is tried is refused for."""
    with pytest.raises(ConflictError) as caught:
        close_cycle(town.coordinator, town.cycle_id)
    assert scalar("SELECT closed_at FROM cycle WHERE id = :c", c=town.cycle_id) is None
    assert scalar("SELECT count(*) FROM order_outcome") == 0
    return [Open(**each) for each in caught.value.data["open"]]  # type: ignore[attr-defined]


def test_what_is_open_is_named_along_the_way_until_nothing_is(town):
    town.cut_off()
    town.send()
    assert [each.what for each in open_in(town.cycle_id)] == ["shares", "purchase_orders"]
    town.receive(V001=10)
    work(execute, "UPDATE purchase_order SET state = 'received'")
    assert open_in(town.cycle_id) == [Open("shares", 1, [])]


def test_parcels_crates_tickets_and_returns_stop_the_close_one_after_the_other(town):
    town.share()
    work(issue_tickets, town.cycle_id)
    (ticket,) = town.tickets(town.first)
    free = Open("tickets_free", 1, [ticket])
    assert still_open(town) == [Open("parcels_to_pack", 2, town.codes(town.first)), free]
    town.pack()
    batch = town.batch_of(town.first)
    pass_crates(town.depot, batch, CrateStep.LEFT_DEPOT, counted=1)
    crates = [crate.code for crate in crates_for(town.depot, batch)]
    assert still_open(town) == [Open("crates_on_the_way", 1, crates), free]
    pass_crates(town.depot, batch, CrateStep.REACHED_POINT, counted=1)
    volunteer = a_volunteer(town.first)
    claim_ticket(volunteer.asker, ticket)
    assert still_open(town) == [Open("tickets_claimed", 1, [ticket])]
    hand_over(town.depot, ticket_code=ticket, badge_code=volunteer.badge_code, crates=1)
    assert still_open(town) == [Open("tickets_out", 1, [ticket])]
    back = [stop.code for stop in stops_of(ticket)]
    hand_back(town.depot, ticket_code=ticket, parcel_codes=back, unvisited=True)
    (goods,) = still_open(town)
    assert (goods.what, goods.number, len(goods.first)) == ("returned_goods", 2, 1)
    assert goods.english == [scalar("SELECT name_en FROM product WHERE name_zh = :name", name=goods.first[0])]
    deal_with_returns(town)
    assert open_in(town.cycle_id) == []
    close_cycle(town.coordinator, town.cycle_id)
    assert [found.state for found in rows("SELECT state FROM purchase_order")] == ["closed"]
    assert scalar("SELECT count(*) FROM purchase_order WHERE closed_at IS NULL") == 0


def test_a_count_that_nobody_booked_stops_the_close(town):
    town.to_tickets()
    start_stocktake(town.depot, Place.SHELF)
    assert Open("stocktakes", 1, ["shelf"]) in still_open(town)


def test_parcels_that_no_ticket_carries_are_named(town):
    town.share()
    town.pack()
    assert still_open(town) == [Open("parcels_out", 2, town.codes(town.first))]


def test_another_cycles_things_are_none_of_this_ones(town):
    town.to_tickets()
    other = Town(homes=1)
    other.everybody_orders(V001=1)
    assert [each.what for each in open_in(other.cycle_id)] == ["shares"]


def test_what_came_back_of_short_goods_may_serve_the_next_cycle(database):
    town = Town(homes=3)
    town.everybody_orders(V001=2)
    town.cut_off()
    town.send()
    town.receive(V001=4)
    finish_receiving(town.depot, town.cycle_id)
    work(share_out, town.cycle_id)
    town.pack()
    work(issue_tickets, town.cycle_id)
    walk = a_walk(town=town)
    hand_back(town.depot, ticket_code=walk.ticket, parcel_codes=[stop.code for stop in walk.stops], unvisited=True)
    put_back(town.depot, scalar("SELECT id FROM lot"), quantity=4)
    close_cycle(town.coordinator, town.cycle_id)
    town.open_cycle()
    town.everybody_orders(V001=1)
    town.cut_off()
    assert scalar("SELECT serves_cycle_id FROM lot") == town.cycle_id
    assert [finding.first_rows for finding in audit() if finding.offending] == []


def test_an_order_is_delivered_whole_without_what_would_have_filled_a_case_and_short_of_what_was_missing(database):
    town = Town(homes=4)
    first, whole, part, nothing = town.first.homes
    ordered = [town.order(town.first, home, V001=2) for home in (first, whole, part)]
    ordered.append(town.order(town.first, nothing, V001=1))
    with transaction():
        execute("UPDATE order_line SET most = 5 WHERE order_id = :id", id=ordered[0])
    # Of a case of ten, nine come: all that was ordered, and two of the three that fill it.
    town.share(V001=9)
    assert scalar("SELECT reason FROM allocation WHERE order_id = :id", id=ordered[0]) == "fill_short"
    item, codes = town.first.items["V001"].id, town.codes(town.first)
    missing = [Missing(codes[2], item, 1, MoveReason.DAMAGED), Missing(codes[3], item, 1, MoveReason.LOST)]
    pack(town.depot, town.batch_of(town.first), codes, missing=missing)
    work(issue_tickets, town.cycle_id)
    walk = a_walk(town=town)
    now = datetime.now(UTC)
    entries = [Entry(uuid4(), stop.id, StopOutcome.DELIVERED, None, now) for stop in walk.stops]
    record_entries(walk.volunteer.asker, ticket_code=walk.ticket, entries=entries)
    hand_back(town.depot, ticket_code=walk.ticket, parcel_codes=[])
    close_cycle(town.coordinator, town.cycle_id)
    outcomes = dict(rows("SELECT order_id, outcome FROM order_outcome"))
    expected = ["delivered", "delivered", "part_delivered", "nothing_came"]
    assert [outcomes[order] for order in ordered] == expected
    assert [finding.first_rows for finding in audit() if finding.offending] == []
