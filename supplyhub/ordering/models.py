"""Orders of households, their lines, and what a household declined."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import APPEND_ONLY, Base, CreatedAt, Id, one_of
from supplyhub.ordering.states import Channel, OrderState, Outcome


class Order(Base):
    """A household's order in a menu. There is one row a household and menu; cancelling keeps it, without lines.

    The composite keys bind it: the household lives in the building, the building is in the grid in this cycle, and
    the menu is that grid's and cycle's. `version` grows with every change and is what `If-Match` carries.
    """

    # Not "order": that is a reserved word of SQL.
    __tablename__ = "orders"
    __table_args__ = (
        one_of("state", OrderState),
        one_of("channel", Channel),
        UniqueConstraint("menu_id", "household_id"),
        UniqueConstraint("id", "menu_id"),
        UniqueConstraint("id", "grid_id"),
        ForeignKeyConstraint(["menu_id", "cycle_id", "grid_id"], ["menu.id", "menu.cycle_id", "menu.grid_id"]),
        ForeignKeyConstraint(["household_id", "building_id"], ["household.id", "household.building_id"]),
        ForeignKeyConstraint(
            ["cycle_id", "building_id", "grid_id"],
            ["cycle_building.cycle_id", "cycle_building.building_id", "cycle_building.grid_id"],
        ),
        CheckConstraint("total_fen >= 0", name="total_not_negative"),
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint("char_length(note) <= 200", name="note_short"),
        Index("ix_orders_cycle_grid", "cycle_id", "grid_id"),
        Index("ix_orders_household", "household_id"),
    )
    id: Mapped[Id]
    menu_id: Mapped[int]
    cycle_id: Mapped[int]
    grid_id: Mapped[int]
    household_id: Mapped[int]
    building_id: Mapped[int]
    version: Mapped[int] = mapped_column(server_default="1")
    state: Mapped[str] = mapped_column(server_default=OrderState.PLACED)
    total_fen: Mapped[int]
    note: Mapped[str] = mapped_column(server_default="")
    channel: Mapped[str]
    placed_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    placed_at: Mapped[CreatedAt]
    changed_at: Mapped[CreatedAt]


class OrderLine(Base):
    """So many units of an item, at the price of the moment they were ordered."""

    __tablename__ = "order_line"
    __table_args__ = (
        ForeignKeyConstraint(["order_id", "menu_id"], ["orders.id", "orders.menu_id"]),
        ForeignKeyConstraint(["item_id", "menu_id"], ["menu_item.id", "menu_item.menu_id"]),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("unit_price_fen >= 0", name="price_not_negative"),
        Index("ix_order_line_item", "item_id"),
    )
    order_id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(primary_key=True)
    menu_id: Mapped[int]
    quantity: Mapped[int]
    unit_price_fen: Mapped[int]


class OrderNumber(Base):
    """The spoken number of an order (3-0412-087), given once at the cut-off: grid, delivery day, place in the route."""

    __tablename__ = "order_number"
    __table_args__ = (
        ForeignKeyConstraint(["order_id", "grid_id"], ["orders.id", "orders.grid_id"]),
        UniqueConstraint("cycle_id", "grid_id", "sequence"),
        CheckConstraint("sequence > 0", name="sequence_positive"),
        {"info": APPEND_ONLY},
    )
    order_id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int]
    grid_id: Mapped[int]
    sequence: Mapped[int]
    number: Mapped[str]


class OrderOutcome(Base):
    """What became of an order, written once at the close."""

    __tablename__ = "order_outcome"
    __table_args__ = (one_of("outcome", Outcome), {"info": APPEND_ONLY})
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"), index=True)
    outcome: Mapped[str]
    decided_at: Mapped[CreatedAt]


class Declined(Base):
    """A household said that it needs nothing in this cycle."""

    __tablename__ = "declined"
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"), primary_key=True)
    recorded_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    recorded_at: Mapped[CreatedAt]
