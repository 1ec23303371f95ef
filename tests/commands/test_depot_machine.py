"""Whatever is received, shared out, packed, carried, counted and thrown away, in any order: laws 2 to 4 hold after every
step, and every unit is where a model in Python says. Thousands of steps in the drill.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from supplyhub.db import db, scalar
from supplyhub.delivery.commands import hand_back, record_entries, unpack
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.states import Problem, StopOutcome
from supplyhub.depot.commands import (
    Counted,
    Why,
    book_stocktake,
    count_lots,
    drop_stocktake,
    finish_count,
    put_back,
    release,
    set_aside,
    start_stocktake,
    write_off,
)
from supplyhub.depot.errors import SecondPersonError
from supplyhub.depot.states import COUNTED_PLACES, MoveReason, Place
from supplyhub.errors import ConflictError
from supplyhub.places.commands import set_zone_level
from supplyhub.places.states import ZoneLevel
from tests.commands.depot_model import BREAKABLE, SKUS, Count, DepotModel, Want, wants
from tests.drill import DRILL
from tests.factories_depot import stops_of

if TYPE_CHECKING:
    from flask import Flask


class Depot(DepotModel):
    """What may happen at the depot, in any order."""

    @initialize(
        ordered=st.lists(wants, min_size=4, max_size=4),
        came=st.tuples(st.integers(1, 14), st.integers(1, 14)),
        stage=st.sampled_from([0, 1, 2, 2, 3, 3, 3]),
    )
    def the_day_begins(self, ordered: list[Want], came: tuple[int, int], stage: int) -> None:
        """Cut the orders off, and go on: to a first truck, to parcels, to tickets on their way."""
        self._cut_off(ordered)
        if stage >= 1:
            for sku, quantity in zip(SKUS, came, strict=True):
                self._truck(sku, quantity, 4)
        if stage >= 2:
            self._end_receiving()
            self._share()
        if stage >= 3:
            for code in sorted(self.needs):
                self._pack(code, None)
            for ticket in self._tickets("issued"):
                self._go_out(ticket)

    @rule(sku=st.sampled_from(SKUS), quantity=st.integers(1, 9), days=st.integers(3, 6))
    def a_truck_comes(self, sku: str, quantity: int, days: int) -> None:
        if len(self.notes) <= 5:
            self._truck(sku, quantity, days)

    @precondition(lambda self: self.notes)
    @rule(data=st.data())
    def a_delivery_note_is_entered_again(self, data: st.DataObject) -> None:
        note, lines = data.draw(st.sampled_from(self.notes))
        self._receive(note, lines)

    @precondition(lambda self: self.notes)
    @rule()
    def receiving_ends(self) -> None:
        self._end_receiving()

    @precondition(lambda self: self.finished and not self.shared)
    @rule()
    def the_goods_are_shared_out(self) -> None:
        self._share()

    @precondition(lambda self: self.shared and self.needs.keys() - self.parcels.keys())
    @rule(data=st.data(), broken=st.sampled_from([None, None, None, MoveReason.DAMAGED, MoveReason.LOST]))
    def a_parcel_is_packed(self, data: st.DataObject, broken: MoveReason | None) -> None:
        self._pack(data.draw(st.sampled_from(sorted(self.needs.keys() - self.parcels.keys()))), broken)

    @precondition(lambda self: self.shared and self._unpackable())
    @rule(data=st.data())
    def a_parcel_is_unpacked(self, data: st.DataObject) -> None:
        code = data.draw(st.sampled_from(self._unpackable()))
        unpack(self.second, code, reason=MoveReason.MISPACKED)
        self._carried(code, Place.PACKED, Place.SHELF)
        del self.parcels[code]

    @precondition(lambda self: self.shared and self._tickets("issued"))
    @rule(data=st.data())
    def a_ticket_goes_out(self, data: st.DataObject) -> None:
        self._go_out(data.draw(st.sampled_from(self._tickets("issued"))))

    @precondition(lambda self: self.shared and self._tickets("handed_over"))
    @rule(data=st.data(), outcome=st.sampled_from([StopOutcome.DELIVERED, StopOutcome.DELIVERED, StopOutcome.FAILED]))
    def somebody_opens_or_not(self, data: st.DataObject, outcome: StopOutcome) -> None:
        ticket = data.draw(st.sampled_from(self._tickets("handed_over")))
        waiting = [stop for stop in stops_of(ticket) if stop.outcome is None]
        if not waiting:
            return
        stop = data.draw(st.sampled_from(waiting))
        problem = Problem.NOBODY_HOME if outcome == StopOutcome.FAILED else None
        entry = Entry(uuid.uuid4(), stop.id, outcome, problem, datetime.now(UTC))
        volunteer = self.volunteers[scalar("SELECT grid_id FROM ticket WHERE code = :code", code=ticket)]
        for _ in range(2):
            record_entries(volunteer.asker, ticket_code=ticket, entries=[entry])
        if outcome == StopOutcome.DELIVERED:
            self._carried(stop.code, Place.HANDED_OVER, Place.DELIVERED)

    @precondition(lambda self: self.shared and self._tickets("handed_over"))
    @rule(data=st.data())
    def a_ticket_comes_back(self, data: st.DataObject) -> None:
        ticket = data.draw(st.sampled_from(self._tickets("handed_over")))
        back = [stop.code for stop in stops_of(ticket) if stop.outcome != StopOutcome.DELIVERED]
        hand_back(self.town.depot, ticket_code=ticket, parcel_codes=back, unvisited=True)
        for code in back:
            self._carried(code, Place.HANDED_OVER, Place.QUARANTINE if self.lockdown else Place.RETURNED)

    @rule(level=st.sampled_from([ZoneLevel.LOCKDOWN, ZoneLevel.CONTROLLED]))
    def the_zone_level_changes(self, level: ZoneLevel) -> None:
        set_zone_level(self.town.community.id, level)
        self.lockdown = level == ZoneLevel.LOCKDOWN

    @rule(data=st.data(), reason=st.sampled_from([MoveReason.SPOILED, MoveReason.DAMAGED]))
    def goods_are_thrown_away(self, data: st.DataObject, reason: MoveReason) -> None:
        spot = self._drawn(data, *BREAKABLE)
        if spot is None:
            return
        (lot, place), units = spot
        if units > self.units[lot, place]:
            with pytest.raises(ConflictError):
                write_off(self.town.depot, lot, place=Place(place), quantity=units, reason=reason)
            return
        write_off(self.town.depot, lot, place=Place(place), quantity=units, reason=reason)
        self._moved(lot, place, Place.WASTE, units)

    @rule(data=st.data(), back=st.booleans())
    def what_came_back_is_looked_at(self, data: st.DataObject, back: bool) -> None:
        spot = self._drawn(data, Place.RETURNED)
        if spot is None:
            return
        (lot, _), units = spot
        act, there = (put_back, Place.SHELF) if back else (set_aside, Place.QUARANTINE)
        if units > self.units[lot, Place.RETURNED]:
            with pytest.raises(ConflictError):
                act(self.town.depot, lot, quantity=units)
            return
        act(self.town.depot, lot, quantity=units)
        self._moved(lot, Place.RETURNED, there, units)

    @rule(data=st.data(), alone=st.booleans())
    def quarantine_is_released(self, data: st.DataObject, alone: bool) -> None:
        spot = self._drawn(data, Place.QUARANTINE)
        if spot is None:
            return
        (lot, _), units = spot
        units = min(units, self.units[lot, Place.QUARANTINE])
        if alone:
            with pytest.raises(SecondPersonError):
                release(self.town.depot, lot, quantity=units)
            return
        release(self.second, lot, quantity=units)
        self._moved(lot, Place.QUARANTINE, Place.SHELF, units)

    @rule(data=st.data(), place=st.sampled_from(COUNTED_PLACES))
    def a_place_is_counted(self, data: st.DataObject, place: Place) -> None:
        if any(count.place == place for count in self.counts):
            return
        stocktake = start_stocktake(self.town.depot, place)
        differences = {}
        for (lot, where), units in sorted(self.units.items()):
            if where == place and units:
                differences[lot] = data.draw(st.sampled_from([0, 0, -1, 1, -units]))
        counted = [Counted(lot, self.units[lot, place] + more) for lot, more in differences.items()]
        count_lots(self.town.depot, stocktake, counted)
        finish_count(self.town.depot, stocktake)
        self.counts.append(Count(stocktake, place, {lot: more for lot, more in differences.items() if more}))

    @precondition(lambda self: self.counts)
    @rule(data=st.data())
    def a_count_is_booked(self, data: st.DataObject) -> None:
        count = data.draw(st.sampled_from(self.counts))
        self.counts.remove(count)
        reasons = {lot: Why(MoveReason.MISCOUNTED) for lot in count.differences}
        with pytest.raises(SecondPersonError):
            book_stocktake(self.town.depot, count.id, reasons)
        if any(self.units[lot, count.place] + more < 0 for lot, more in count.differences.items()):
            with pytest.raises(ConflictError):
                book_stocktake(self.town.coordinator, count.id, reasons)
            drop_stocktake(self.town.depot, count.id)
            return
        for _ in range(2):
            book_stocktake(self.town.coordinator, count.id, reasons)
        for lot, more in count.differences.items():
            self.units[lot, count.place] += more


def test_no_order_of_steps_breaks_laws_two_to_four(app: Flask, admin_url: str) -> None:
    with app.app_context(), db.engine.connect() as connection, psycopg.connect(admin_url, autocommit=True) as owner:

        def begin() -> Depot:
            # Ids decide ties: the same steps shall lead to the same day again. No row outlives a run.
            owner.execute("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'")
            return Depot(connection)

        run_state_machine_as_test(
            begin,
            settings=settings(
                max_examples=200 if DRILL else 6,
                stateful_step_count=50 if DRILL else 30,
                deadline=None,
                derandomize=not DRILL,
                suppress_health_check=list(HealthCheck),
            ),
        )
