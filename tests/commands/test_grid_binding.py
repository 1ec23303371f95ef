"""No row crosses grids (不能窜格), whoever writes it: plain SQL, past every command, every combination of two grids."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from psycopg.errors import ForeignKeyViolation
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from supplyhub.db import Base, db, row, scalar
from supplyhub.delivery.commands import claim_ticket, issue_tickets
from tests.factories import a_household
from tests.factories_depot import Town, a_volunteer, stops_of, work


@dataclass(frozen=True)
class Kind:
    """A table, the columns that name something of a grid (and what they name), the rest of a row, and what makes room."""

    table: str
    bound: dict[str, str]
    rest: dict[str, str]
    first: tuple[str, ...] = ()


def same(*columns: str) -> dict[str, str]:
    """Return columns that are named as what they name."""
    return {column: column for column in columns}


KINDS = [
    Kind(
        "orders",
        same("grid_id", "menu_id", "household_id", "building_id"),
        {"cycle_id": ":cycle", "total_fen": "0", "channel": "'web'", "placed_by": ":account"},
    ),
    Kind(
        "order_line",
        same("order_id", "menu_id") | {"item_id": "spare_item_id"},
        {"quantity": "1", "unit_price_fen": "0"},
    ),
    Kind(
        "order_number",
        {"grid_id": "grid_id", "order_id": "spare_order_id"},
        {"cycle_id": ":cycle", "sequence": "999", "number": "'x'"},
    ),
    Kind(
        "parcel",
        same("grid_id", "order_id", "batch_id"),
        {"cycle_id": ":cycle", "position": "9", "bags": "1", "weight_grams": "1"},
        ("DELETE FROM stop", "DELETE FROM parcel"),
    ),
    Kind("parcel_line", same("parcel_id", "order_id", "item_id"), {"lot_id": ":lot", "quantity": "1"}),
    Kind(
        "ticket",
        same("grid_id", "batch_id", "route_id", "badge_id"),
        {"cycle_id": ":cycle", "sequence": "99", "state": "'claimed'"},
    ),
    Kind(
        "stop",
        same("grid_id", "ticket_id", "order_id", "parcel_id"),
        {"position": "99"},
        ("DELETE FROM stop",),
    ),
    Kind(
        "route_building",
        same("grid_id", "route_id"),
        {"building_id": "(SELECT min(id) FROM building)", "position": "99"},
        ("DELETE FROM route_building",),
    ),
    Kind("handover", same("grid_id", "ticket_id", "badge_id"), {"handed_by": ":account"}),
    Kind(
        "delivery_entry",
        same("grid_id", "stop_id", "badge_id"),
        {"id": ":uuid", "outcome": "'delivered'", "happened_at": "now()"},
    ),
]
# Rows that others lean on: none of them can be moved to another grid.
MOVABLE = {
    "menu": "menu_id",
    "orders": "order_id",
    "batch": "batch_id",
    "parcel": "parcel_id",
    "route": "route_id",
    "badge": "badge_id",
    "ticket": "ticket_id",
    "stop": "stop_id",
}
# A cycle keeps the grid that a building had, an old route the buildings that have left; a lead's account names the grid
# it leads.
# A badge that is transferred is followed by one of another grid.
NOT_BOUND = {
    ("cycle_building", "building"),
    ("route_building", "building"),
    ("badge", "badge"),
    # A request may be handed on to another grid, whatever order it is about and whatever was merged into it.
    ("help_request", "help_request"),
    ("help_request", "orders"),
}


class World:
    """Two grids with one of everything, tickets claimed, nothing packed; and a third grid that is empty."""

    def __init__(self) -> None:
        self.town = Town(grids=3, homes=2, skus=("V001", "V002"))
        for side in self.town.sides[:2]:
            self.town.order(side, side.homes[0], V001=1)
        self.town.share(V001=10)
        work(issue_tickets, self.town.cycle_id)
        self.empty_grid = self.town.sides[2].grid.id
        self.common = {
            "cycle": self.town.cycle_id,
            "account": self.town.depot.account_id,
            "lot": scalar("SELECT min(id) FROM lot"),
        }
        self.sides = {number: self._ids(side) for number, side in enumerate(self.town.sides[:2], start=1)}

    def _ids(self, side: Any) -> dict[str, int]:
        volunteer = a_volunteer(side)
        (code,) = self.town.tickets(side)
        claim_ticket(volunteer.asker, code)
        ticket = row("SELECT id AS ticket_id, batch_id, route_id, badge_id FROM ticket WHERE code = :c", c=code)
        parcel = row("SELECT id AS parcel_id, order_id FROM parcel WHERE code = :c", c=self.town.codes(side)[0])
        assert ticket is not None
        assert parcel is not None
        ids: dict[str, int] = ticket._asdict() | parcel._asdict()
        ids |= {"grid_id": side.grid.id, "menu_id": side.menu.id, "building_id": side.building.id}
        ids |= {
            "item_id": side.items["V001"].id,
            "spare_item_id": side.items["V002"].id,
            "stop_id": stops_of(code)[0].id,
        }
        ids["household_id"] = a_household(side.building, door="9901").id
        ids["spare_order_id"] = scalar(
            "INSERT INTO orders (menu_id, cycle_id, grid_id, household_id, building_id, total_fen, channel, placed_by)"
            " VALUES (:menu_id, :cycle, :grid_id, :home, :building_id, 0, 'web', :account) RETURNING id",
            **{name: ids[name] for name in ("menu_id", "grid_id", "building_id")},
            home=side.homes[1].id,
            cycle=self.common["cycle"],
            account=self.common["account"],
        )
        db.session.commit()
        return ids

    def insert(self, kind: Kind, sides: tuple[int, ...]) -> None:
        """Write a row whose n-th bound column is of the n-th of `sides`, and take it back."""
        values = {
            column: self.sides[side][named] for side, (column, named) in zip(sides, kind.bound.items(), strict=True)
        }
        columns = ", ".join([*kind.bound, *kind.rest])
        bound = ", ".join([*(f":{column}" for column in kind.bound), *kind.rest.values()])
        self.attempt(
            *kind.first, f"INSERT INTO {kind.table} ({columns}) VALUES ({bound})", **values, **self.common, uuid=uuid4()
        )

    def attempt(self, *statements: str, **values: object) -> None:
        """Run statements and take them back."""
        connection = db.session.connection()
        savepoint = connection.begin_nested()
        try:
            for statement in statements:
                connection.execute(text(statement), values)
        finally:
            savepoint.rollback()


@pytest.fixture
def world(database) -> World:
    """Return the two grids."""
    return World()


@pytest.mark.parametrize("kind", KINDS, ids=[kind.table for kind in KINDS])
def test_a_row_that_mixes_two_grids_cannot_be_written(world, kind):
    for sides in product((1, 2), repeat=len(kind.bound)):
        if len(set(sides)) == 1:
            world.insert(kind, sides)
            continue
        with pytest.raises(IntegrityError) as caught:
            world.insert(kind, sides)
        assert isinstance(caught.value.orig, ForeignKeyViolation), sides


def test_nothing_can_be_moved_to_another_grid(world):
    for table, key in MOVABLE.items():
        for grid in (world.empty_grid, world.sides[2]["grid_id"]):
            with pytest.raises(IntegrityError):
                world.attempt(f"UPDATE {table} SET grid_id = :grid WHERE id = :id", grid=grid, id=world.sides[1][key])


def test_every_reference_between_rows_of_a_grid_carries_the_grid():
    tables = Base.metadata.tables
    for table in tables.values():
        for constraint in table.foreign_key_constraints:
            other = constraint.referred_table
            if "grid_id" not in table.columns or "grid_id" not in other.columns or other.name == "account":
                continue
            if (table.name, other.name) not in NOT_BOUND:
                assert "grid_id" in constraint.column_keys, f"{table.name} -> {other.name}"
