"""Where every unit of every lot of a depot is, step by step, beside the depot itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from supplyhub.audit.laws.fulfilment import FULFILMENT
from supplyhub.audit.laws.shortage import SHORTAGE
from supplyhub.audit.laws.stock import STOCK
from supplyhub.db import db, execute, rows, scalar
from supplyhub.delivery.commands import claim_ticket, hand_over, issue_tickets
from supplyhub.depot.commands import Missing, ReceivedLine, finish_receiving, pack, receive, share_out
from supplyhub.depot.contents import CONTENTS
from supplyhub.depot.policies import Ask, Wish, share_cycle
from supplyhub.depot.states import MoveReason, Place
from supplyhub.errors import ConflictError
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import place_order
from supplyhub.ordering.states import Consent
from supplyhub.people.states import Role
from tests.conftest import pinned_session
from tests.factories import an_account, asking, in_care
from tests.factories_depot import Side, Town, a_volunteer, stops_of, work

if TYPE_CHECKING:
    from sqlalchemy import Connection

SKUS = ("V001", "V002")
CONSENTS = (Consent.LESS, Consent.REFUND, Consent.SUBSTITUTE)
LAWS = (STOCK, FULFILMENT, SHORTAGE)
BREAKABLE = (Place.INBOUND, Place.SHELF, Place.RETURNED, Place.QUARANTINE)
DAY = timedelta(days=1)

Spot = tuple[int, str]


@dataclass(frozen=True)
class Want:
    """What a home orders of each SKU, and what it agrees to when the first is short."""

    first: int
    second: int
    consent: Consent


@dataclass
class Count:
    """A stocktake that waits for its second person: what each lot differs by."""

    id: int
    place: Place
    differences: dict[int, int]


wants = st.builds(Want, st.integers(1, 4), st.integers(0, 3), st.sampled_from(CONSENTS))


class DepotModel(RuleBasedStateMachine):
    """A town of two grids with a depot, and beside it where every unit of every lot is (`units`)."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self.outer = connection.begin()
        self.session = db.session
        db.session = pinned_session(connection)
        self.units: Counter[Spot] = Counter()
        self.lots: dict[int, tuple[str, Any]] = {}
        self.parcels: dict[str, Counter[int]] = {}
        self.thrown: set[tuple[str, str]] = set()
        self.notes: list[tuple[str, list[ReceivedLine]]] = []
        self.counts: list[Count] = []
        self.finished = self.shared = self.lockdown = False

    def teardown(self) -> None:
        """Undo everything that this run did."""
        db.session.registry().close()
        db.session.registry.clear()
        db.session = self.session
        self.outer.rollback()

    def _cut_off(self, ordered: list[Want]) -> None:
        self.town = Town(grids=2, homes=2, skus=SKUS, case_size=5)
        # The factories count on; a cycle's number is in the seed of its ties.
        execute("UPDATE cycle SET number = 1")
        db.session.commit()
        self.volunteers = {side.grid.id: a_volunteer(side) for side in self.town.sides}
        self.second = asking(an_account(self.town.community, Role.DEPOT).id)
        in_care(self.town.sides[1].homes[0])
        homes = [(side, home) for side in self.town.sides for home in side.homes]
        self.asks: list[Ask] = []
        for (side, home), want in zip(homes, ordered, strict=True):
            self._order(side, home, want)
        self.town.cut_off()
        self.town.send()
        (self.purchase_order,) = self.town.purchase_orders()

    def _order(self, side: Side, home: Any, want: Want) -> None:
        assert side.menu is not None
        first, second = (side.items[sku] for sku in SKUS)
        substitute = second.id if want.consent == Consent.SUBSTITUTE else None
        lines = [Line(first.id, want.first, want.consent, substitute)]
        # Somebody has to order the second one.
        lines += [Line(second.id, want.second or 1)]
        total = sum(line.quantity * first.price_fen for line in lines)
        placed = place_order(
            self.town.coordinator,
            menu_id=side.menu.id,
            household_id=home.id,
            expected=None,
            lines=lines,
            total_fen=total,
        )
        order = int(placed.data["id"])
        care = home is self.town.sides[1].homes[0]
        products = [offer.product_id for offer in self.town.offers.values()]
        for line, product in zip(lines, products, strict=True):
            wish = Wish(order, line.item, line.quantity, care=care, whole=line.consent == Consent.REFUND)
            self.asks.append(Ask(wish, product, products[1] if line.substitute else None))

    def _truck(self, sku: str, quantity: int, days: int) -> None:
        day = datetime.now(UTC).date() + days * DAY
        lines = [ReceivedLine(self.town.line_of(sku).id, quantity, day)]
        note = f"N-{len(self.notes)}"
        self.notes.append((note, lines))
        receipt = self._receive(note, lines)
        (lot,) = rows("SELECT id FROM lot WHERE receipt_id = :receipt", receipt=receipt)
        self.lots[lot.id] = (sku, day)
        self.units[lot.id, Place.SHELF if self.finished else Place.INBOUND] += quantity

    def _receive(self, note: str, lines: list[ReceivedLine]) -> int:
        return receive(self.town.depot, purchase_order_id=self.purchase_order, delivery_note=note, lines=lines)

    def _end_receiving(self) -> None:
        finish_receiving(self.town.depot, self.town.cycle_id)
        if not self.finished:
            for lot, place in list(self.units):
                if place == Place.INBOUND:
                    self._moved(lot, Place.INBOUND, Place.SHELF, self.units[lot, place])
        self.finished = True

    def _share(self) -> None:
        work(share_out, self.town.cycle_id)
        work(issue_tickets, self.town.cycle_id)
        self.shared = True
        supplies = Counter[int]()
        for (lot, place), units in self.units.items():
            if place == Place.SHELF:
                supplies[self.town.offers[self.lots[lot][0]].product_id] += units
        seed = scalar("SELECT seed FROM allocation_run WHERE cycle_id = :cycle", cycle=self.town.cycle_id)
        shares, stand_ins = share_cycle(self.asks, supplies, seed, {})
        found = rows("SELECT order_id, item_id, allocated FROM allocation")
        assert {(line.order_id, line.item_id): line.allocated for line in found} == shares
        found = rows("SELECT order_id, item_id, units FROM substitution")
        assert {(line.order_id, line.item_id): line.units for line in found} == stand_ins
        self._plan(shares, stand_ins)

    def _plan(self, shares: dict[tuple[int, int], int], stand_ins: dict[tuple[int, int], int]) -> None:
        self.needs: dict[str, Counter[str]] = {}
        skus = {offer.product_id: sku for sku, offer in self.town.offers.items()}
        codes = {parcel.order_id: parcel.code for parcel in rows("SELECT order_id, code FROM parcel")}
        for ask in self.asks:
            got = [(ask.product_id, shares[ask.wish.line]), (ask.substitute_id, stand_ins.get(ask.wish.line, 0))]
            for product, units in got:
                if product is not None and units:
                    self.needs.setdefault(codes[ask.wish.order_id], Counter())[skus[product]] += units
        assert self.needs.keys() == set(codes.values())

    def _pack(self, code: str, broken: MoveReason | None) -> None:
        need = self.needs[code].copy()
        batch = scalar("SELECT batch_id FROM parcel WHERE code = :code", code=code)
        if any(units > sum(self._shelf(sku).values()) for sku, units in need.items()):
            with pytest.raises(ConflictError):
                pack(self.town.depot, batch, [code])
            return
        missing, sku = self._one_missing(code, broken)
        need[sku] -= len(missing)
        pack(self.town.depot, batch, [code], missing=missing)
        self.parcels[code] = self._take(need, Place.PACKED)
        if broken == MoveReason.DAMAGED and (code, sku) not in self.thrown:
            # Packed again, it isn't thrown away twice.
            self.thrown |= {(code, sku)} if self._take(Counter({sku: 1}), Place.WASTE) else set()

    def _unpackable(self) -> list[str]:
        return [parcel.code for parcel in rows("SELECT code FROM parcel WHERE state = 'packed' ORDER BY id")]

    def _one_missing(self, code: str, reason: MoveReason | None) -> tuple[list[Missing], str]:
        """Let a unit of some line of the parcel be broken or gone, if there is a reason."""
        line = rows(
            f"SELECT c.item_id, c.substitute, d.sku FROM ({CONTENTS}) AS c JOIN parcel AS p ON p.order_id = c.order_id"
            " JOIN menu_item AS i ON i.id = c.goods_item_id JOIN offer AS f ON f.id = i.offer_id"
            " JOIN product AS d ON d.id = f.product_id WHERE p.code = :code ORDER BY c.item_id, c.substitute",
            code=code,
        )[0]
        return [Missing(code, line.item_id, 1, reason, line.substitute)] if reason else [], line.sku

    def _shelf(self, sku: str) -> dict[int, int]:
        """Return what is on the shelf of a SKU by lot, what expires first in front."""
        lots = sorted((expires, lot) for lot, (of, expires) in self.lots.items() if of == sku)
        return {lot: self.units[lot, Place.SHELF] for _, lot in lots if self.units[lot, Place.SHELF]}

    def _take(self, need: Counter[str], there: Place) -> Counter[int]:
        taken: Counter[int] = Counter()
        for sku, wanted in need.items():
            left = wanted
            for lot, here in self._shelf(sku).items():
                units = min(left, here)
                if units:
                    self._moved(lot, Place.SHELF, there, units)
                    taken[lot] += units
                left -= units
        return taken

    def _tickets(self, state: str) -> list[str]:
        found = rows("SELECT code FROM ticket WHERE state = :state ORDER BY id", state=state)
        return [ticket.code for ticket in found]

    def _go_out(self, ticket: str) -> None:
        volunteer = self.volunteers[scalar("SELECT grid_id FROM ticket WHERE code = :code", code=ticket)]
        stops = stops_of(ticket)
        if any(stop.state == "planned" for stop in stops):
            return
        claim_ticket(volunteer.asker, ticket)
        hand_over(self.town.depot, ticket_code=ticket, badge_code=volunteer.badge_code)
        for stop in stops:
            self._carried(stop.code, Place.PACKED, Place.HANDED_OVER)

    def _drawn(self, data: st.DataObject, *places: Place) -> tuple[Spot, int] | None:
        """Return a lot at one of the places, and a number of units that may be one too many."""
        spots = sorted(spot for spot, units in self.units.items() if units and spot[1] in places)
        if not spots:
            return None
        spot = data.draw(st.sampled_from(spots))
        return spot, data.draw(st.integers(1, self.units[spot] + 1))

    def _moved(self, lot: int, here: str, there: str, units: int) -> None:
        self.units[lot, here] -= units
        self.units[lot, there] += units

    def _carried(self, code: str, here: Place, there: Place) -> None:
        for lot, units in self.parcels[code].items():
            self._moved(lot, here, there, units)

    @invariant()
    def every_unit_is_where_the_model_has_it(self) -> None:
        found = {(level.lot_id, level.place): level.quantity for level in rows("SELECT * FROM stock_level")}
        assert {spot: units for spot, units in found.items() if units} == {
            (lot, str(place)): units for (lot, place), units in self.units.items() if units
        }

    @invariant()
    def laws_two_to_four_hold(self) -> None:
        for law in LAWS:
            for check in law.checks:
                assert rows(check.offending, **check.values) == [], (law.name, check.name)
