"""What goes to the doors: batches, their parcels, what was weighed, missed and unpacked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import APPEND_ONLY, NEVER_CHANGED, Base, CreatedAt, Id, one_of
from supplyhub.depot.states import BatchState, MoveReason, ParcelState
from supplyhub.places.states import ZoneLevel


class Batch(Base):
    """A grid's packed orders of a cycle (批次), going out over one delivery point."""

    __tablename__ = "batch"
    __table_args__ = (
        one_of("state", BatchState),
        one_of("zone_level", ZoneLevel),
        UniqueConstraint("cycle_id", "grid_id"),
        UniqueConstraint("id", "cycle_id", "grid_id"),
    )
    id: Mapped[Id]
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("grid.id"))
    delivery_point_id: Mapped[int | None] = mapped_column(ForeignKey("delivery_point.id"))
    state: Mapped[str] = mapped_column(server_default=BatchState.PACKING)
    sealed_at: Mapped[datetime | None]
    # By which zone level it was planned how its parcels reach people; the newest one where that changed.
    zone_level: Mapped[str | None]


class Parcel(Base):
    """One order's bags (包裹). `position` is its place in the one sort order of its grid."""

    __tablename__ = "parcel"
    __table_args__ = (
        one_of("state", ParcelState),
        UniqueConstraint("order_id"),
        UniqueConstraint("code"),
        UniqueConstraint("id", "order_id"),
        UniqueConstraint("id", "order_id", "grid_id"),
        ForeignKeyConstraint(["order_id", "grid_id"], ["orders.id", "orders.grid_id"]),
        ForeignKeyConstraint(["batch_id", "cycle_id", "grid_id"], ["batch.id", "batch.cycle_id", "batch.grid_id"]),
        CheckConstraint("bags > 0 AND weight_grams > 0", name="has_weight"),
        Index("ix_parcel_batch", "batch_id", "position"),
        Index("ix_parcel_cycle", "cycle_id"),
    )
    id: Mapped[Id]
    code: Mapped[str] = mapped_column(Computed("short_code(id)", persisted=True))
    order_id: Mapped[int]
    batch_id: Mapped[int]
    cycle_id: Mapped[int]
    grid_id: Mapped[int]
    state: Mapped[str] = mapped_column(server_default=ParcelState.PLANNED)
    position: Mapped[int]
    bags: Mapped[int]
    weight_grams: Mapped[int]
    # Something in it breaks (eggs, glass): it stands on top, and in no crate with what is heavy.
    fragile: Mapped[bool] = mapped_column(server_default=text("false"))
    packed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    packed_at: Mapped[datetime | None]


class ParcelLine(Base):
    """Units of a lot that were put into a parcel for an order line; `substitute`: of what the line names as substitute."""

    __tablename__ = "parcel_line"
    __table_args__ = (
        ForeignKeyConstraint(["parcel_id", "order_id"], ["parcel.id", "parcel.order_id"]),
        ForeignKeyConstraint(["order_id", "item_id"], ["allocation.order_id", "allocation.item_id"]),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_parcel_line_order", "order_id", "item_id"),
        {"info": NEVER_CHANGED},
    )
    parcel_id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True)
    order_id: Mapped[int]
    quantity: Mapped[int]
    substitute: Mapped[bool] = mapped_column(server_default=text("false"))


class ParcelWeight(Base):
    """What the units of a line weigh in a parcel, for products that are charged by weight."""

    __tablename__ = "parcel_weight"
    __table_args__ = (
        CheckConstraint("grams > 0", name="grams_positive"),
        ForeignKeyConstraint(["order_id", "item_id"], ["allocation.order_id", "allocation.item_id"]),
        ForeignKeyConstraint(["parcel_id", "order_id"], ["parcel.id", "parcel.order_id"]),
        {"info": NEVER_CHANGED},
    )
    parcel_id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(primary_key=True)
    substitute: Mapped[bool] = mapped_column(primary_key=True)
    order_id: Mapped[int]
    grams: Mapped[int]


class PackingShort(Base):
    """Units that were shared out but could not be packed: broken or gone when their turn came. They count as short."""

    __tablename__ = "packing_short"
    __table_args__ = (
        one_of("reason", MoveReason),
        CheckConstraint("units > 0", name="units_positive"),
        ForeignKeyConstraint(["order_id", "item_id"], ["allocation.order_id", "allocation.item_id"]),
        ForeignKeyConstraint(["parcel_id", "order_id"], ["parcel.id", "parcel.order_id"]),
        {"info": NEVER_CHANGED},
    )
    parcel_id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(primary_key=True)
    substitute: Mapped[bool] = mapped_column(primary_key=True)
    order_id: Mapped[int]
    units: Mapped[int]
    reason: Mapped[str]
    noted_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    noted_at: Mapped[CreatedAt]


class Unpacking(Base):
    """A parcel that was packed and taken apart again: who and when, why, what was noted of weights and of what was missing.

    Which units of which lots it held say the movements. The parcel's lines begin anew.
    """

    __tablename__ = "unpacking"
    __table_args__ = (
        one_of("reason", MoveReason),
        CheckConstraint("char_length(note) <= 200", name="note_short"),
        Index("ix_unpacking_parcel", "parcel_id"),
        {"info": APPEND_ONLY},
    )
    id: Mapped[Id]
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id"))
    packed_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    packed_at: Mapped[datetime]
    # weights: item, substitute, grams; missing: item, substitute, units, reason.
    noted: Mapped[dict[str, Any]]
    reason: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    unpacked_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    unpacked_at: Mapped[CreatedAt]
