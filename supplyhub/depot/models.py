"""Buying, receiving, stock, sharing and packing: what the staging depot writes down."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Computed, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import APPEND_ONLY, READ_ONLY, Base, CreatedAt, Id, one_of
from supplyhub.depot.states import BatchState, ParcelState, Place, PurchaseState, Reason


class PurchaseOrder(Base):
    """What a cycle buys on one platform (采购单)."""

    __tablename__ = "purchase_order"
    __table_args__ = (one_of("state", PurchaseState), UniqueConstraint("cycle_id", "platform_id"))
    id: Mapped[Id]
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"))
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    state: Mapped[str] = mapped_column(server_default=PurchaseState.DRAFT)
    created_at: Mapped[CreatedAt]
    sent_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]


class PurchaseOrderLine(Base):
    """Demand of an offer, what the shelf covers of it, and the whole cases that are bought for the rest."""

    __tablename__ = "purchase_order_line"
    __table_args__ = (
        UniqueConstraint("purchase_order_id", "offer_id"),
        CheckConstraint("demand > 0 AND from_shelf >= 0 AND from_shelf <= demand AND cases >= 0", name="counts"),
        CheckConstraint("cases * case_size >= demand - from_shelf", name="covers_demand"),
        CheckConstraint("cases * case_size < demand - from_shelf + case_size", name="no_case_too_many"),
        CheckConstraint("case_size > 0", name="case_size_positive"),
    )
    id: Mapped[Id]
    purchase_order_id: Mapped[int] = mapped_column(ForeignKey("purchase_order.id"))
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"))
    demand: Mapped[int]
    from_shelf: Mapped[int]
    case_size: Mapped[int]
    cases: Mapped[int]
    quantity: Mapped[int] = mapped_column(Computed("cases * case_size", persisted=True))
    cost_fen: Mapped[int]


class Receipt(Base):
    """One delivery of a platform (入库单). The delivery note's number makes a second entry of it harmless."""

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("purchase_order_id", "delivery_note"),
        {"info": APPEND_ONLY},
    )
    id: Mapped[Id]
    purchase_order_id: Mapped[int] = mapped_column(ForeignKey("purchase_order.id"))
    delivery_note: Mapped[str]
    received_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    received_at: Mapped[CreatedAt]


class Lot(Base):
    """Units of a product that came together (批号) and expire together, and the cycle that they serve."""

    __tablename__ = "lot"
    __table_args__ = (
        CheckConstraint("received > 0", name="received_positive"),
        Index("ix_lot_cycle_product", "serves_cycle_id", "product_id"),
        UniqueConstraint("receipt_id", "purchase_order_line_id"),
    )
    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    # Surplus of a closed cycle goes to the next one that wants the product.
    serves_cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"))
    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipt.id"))
    purchase_order_line_id: Mapped[int] = mapped_column(ForeignKey("purchase_order_line.id"))
    received: Mapped[int]
    expires_on: Mapped[date]


class Movement(Base):
    """Units of a lot going from one place to another (库存流水). A correction is a new movement."""

    __tablename__ = "movement"
    __table_args__ = (
        one_of("from_place", Place),
        one_of("to_place", Place),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("from_place <> to_place", name="goes_somewhere"),
        Index("ix_movement_lot", "lot_id"),
        Index("ix_movement_parcel", "parcel_id"),
        {"info": APPEND_ONLY},
    )
    id: Mapped[Id]
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    from_place: Mapped[str]
    to_place: Mapped[str]
    quantity: Mapped[int]
    parcel_id: Mapped[int | None] = mapped_column(ForeignKey("parcel.id"))
    moved_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    moved_at: Mapped[CreatedAt]


class StockLevel(Base):
    """How many units of a lot are at a place: kept by a trigger on `movement`, so that none goes below zero."""

    __tablename__ = "stock_level"
    __table_args__ = (
        CheckConstraint("quantity >= 0", name="never_below_zero"),
        {"info": READ_ONLY},
    )
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    quantity: Mapped[int]


class AllocationRun(Base):
    """The one sharing-out of a cycle's goods: by which policy, with which seed for ties."""

    __tablename__ = "allocation_run"
    __table_args__ = ({"info": APPEND_ONLY},)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"), primary_key=True)
    policy: Mapped[str]
    seed: Mapped[str]
    decided_at: Mapped[CreatedAt]


class Allocation(Base):
    """What an order line gets of what came, and why (配货)."""

    __tablename__ = "allocation"
    __table_args__ = (
        one_of("reason", Reason),
        ForeignKeyConstraint(["order_id", "item_id"], ["order_line.order_id", "order_line.item_id"]),
        CheckConstraint("allocated >= 0 AND allocated <= ordered", name="never_more_than_ordered"),
        Index("ix_allocation_cycle", "cycle_id"),
        {"info": APPEND_ONLY},
    )
    order_id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("allocation_run.cycle_id"))
    ordered: Mapped[int]
    allocated: Mapped[int]
    reason: Mapped[str]
    # Whether the care register put this line first when it was decided. For the audit alone: nobody is shown it.
    care_first: Mapped[bool]


class Batch(Base):
    """A grid's packed orders of a cycle (批次), going out over one delivery point."""

    __tablename__ = "batch"
    __table_args__ = (
        one_of("state", BatchState),
        UniqueConstraint("cycle_id", "grid_id"),
        UniqueConstraint("id", "cycle_id", "grid_id"),
    )
    id: Mapped[Id]
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("grid.id"))
    delivery_point_id: Mapped[int | None] = mapped_column(ForeignKey("delivery_point.id"))
    state: Mapped[str] = mapped_column(server_default=BatchState.PACKING)
    sealed_at: Mapped[datetime | None]


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
    packed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    packed_at: Mapped[datetime | None]


class ParcelLine(Base):
    """Units of a lot that were put into a parcel for an order line."""

    __tablename__ = "parcel_line"
    __table_args__ = (
        ForeignKeyConstraint(["parcel_id", "order_id"], ["parcel.id", "parcel.order_id"]),
        ForeignKeyConstraint(["order_id", "item_id"], ["allocation.order_id", "allocation.item_id"]),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_parcel_line_order", "order_id", "item_id"),
        {"info": APPEND_ONLY},
    )
    parcel_id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True)
    order_id: Mapped[int]
    quantity: Mapped[int]
