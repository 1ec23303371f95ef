"""Buying, receiving, stock, sharing and packing: what the staging depot writes down."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import APPEND_ONLY, NEVER_CHANGED, READ_ONLY, Base, CreatedAt, Id, one_of
from supplyhub.depot.states import (
    WAYS,
    BatchState,
    Fault,
    LotPurpose,
    MoveReason,
    ParcelState,
    Place,
    Policy,
    PurchaseState,
    Reason,
    ReceiptKind,
    StocktakeState,
)

ONLY_KNOWN_WAYS = "from_place || '>' || to_place IN ({})".format(", ".join(sorted(f"'{a}>{b}'" for a, b in WAYS)))


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
    confirmed_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class PurchaseOrderLine(Base):
    """Demand of an offer, what the shelf covers of it, and the whole cases that are bought for the rest.

    `filled`: units of the last case that households take who named a maximum. `confirmed_*`: what the platform said
    will come, and at what cost.
    """

    __tablename__ = "purchase_order_line"
    __table_args__ = (
        UniqueConstraint("purchase_order_id", "offer_id"),
        CheckConstraint("demand > 0 AND from_shelf >= 0 AND from_shelf <= demand AND cases >= 0", name="counts"),
        CheckConstraint("cases * case_size >= demand - from_shelf", name="covers_demand"),
        CheckConstraint(
            "cases * case_size < demand - from_shelf + case_size OR cases = minimum_cases", name="no_case_too_many"
        ),
        CheckConstraint("case_size > 0 AND minimum_cases > 0", name="case_size_positive"),
        CheckConstraint(
            "filled >= 0 AND filled <= cases * case_size - demand + from_shelf", name="fills_no_more_than_bought"
        ),
        CheckConstraint("confirmed_quantity >= 0 AND confirmed_cost_fen >= 0", name="confirmed_not_negative"),
    )
    id: Mapped[Id]
    purchase_order_id: Mapped[int] = mapped_column(ForeignKey("purchase_order.id"))
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"))
    demand: Mapped[int]
    from_shelf: Mapped[int]
    case_size: Mapped[int]
    cases: Mapped[int]
    minimum_cases: Mapped[int] = mapped_column(server_default="1")
    filled: Mapped[int] = mapped_column(server_default="0")
    quantity: Mapped[int] = mapped_column(Computed("cases * case_size", persisted=True))
    cost_fen: Mapped[int]
    confirmed_quantity: Mapped[int | None]
    confirmed_cost_fen: Mapped[int | None]


class CaseFill(Base):
    """Units that a line takes more than it ordered, within its maximum, to fill a case (凑箱); written at the cut-off."""

    __tablename__ = "case_fill"
    __table_args__ = (
        ForeignKeyConstraint(["order_id", "item_id"], ["order_line.order_id", "order_line.item_id"]),
        CheckConstraint("units > 0", name="units_positive"),
        Index("ix_case_fill_cycle", "cycle_id"),
        {"info": APPEND_ONLY},
    )
    order_id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"))
    units: Mapped[int]


class Receipt(Base):
    """One delivery (入库单). The delivery note's number makes a second entry of it harmless.

    `source`: who gave or sent it, where no purchase order says so.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        one_of("kind", ReceiptKind),
        UniqueConstraint("purchase_order_id", "delivery_note"),
        CheckConstraint("(kind = 'purchase') = (purchase_order_id IS NOT NULL)", name="a_purchase_has_its_order"),
        CheckConstraint("kind <> 'donation' OR source IS NOT NULL", name="a_donation_has_a_donor"),
        Index(
            "uq_receipt_without_order",
            "cycle_id",
            "delivery_note",
            unique=True,
            postgresql_where=text("purchase_order_id IS NULL"),
        ),
        {"info": APPEND_ONLY},
    )
    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(server_default=ReceiptKind.PURCHASE)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"))
    purchase_order_id: Mapped[int | None] = mapped_column(ForeignKey("purchase_order.id"))
    source: Mapped[str | None]
    delivery_note: Mapped[str]
    received_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    received_at: Mapped[CreatedAt]


class Lot(Base):
    """Units of a product that came together (批号) and expire together, and the cycle that they serve."""

    __tablename__ = "lot"
    __table_args__ = (
        CheckConstraint("received > 0", name="received_positive"),
        Index("ix_lot_cycle_product", "serves_cycle_id", "product_id"),
        UniqueConstraint(
            "receipt_id",
            "product_id",
            "purchase_order_line_id",
            "lot_number",
            "expires_on",
            name="uq_lot_once_a_receipt",
            postgresql_nulls_not_distinct=True,
        ),
        one_of("purpose", LotPurpose),
        Index("ix_lot_purchase_order_line", "purchase_order_line_id"),
    )
    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    # Surplus of a closed cycle goes to the next one that wants the product.
    serves_cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"))
    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipt.id"))
    purchase_order_line_id: Mapped[int | None] = mapped_column(ForeignKey("purchase_order_line.id"))
    received: Mapped[int]
    expires_on: Mapped[date]
    # As printed on the case; empty when nothing is.
    lot_number: Mapped[str] = mapped_column(server_default="")
    purpose: Mapped[str] = mapped_column(server_default=LotPurpose.EVERYBODY)


class ReceiptFault(Base):
    """What was wrong with a delivery, with a photo: damaged units, another product, what the driver took back.

    Damaged units of a `lot_id` came in and went to waste by a movement; refused ones never came in.
    """

    __tablename__ = "receipt_fault"
    __table_args__ = (
        one_of("fault", Fault),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("char_length(note) <= 200", name="note_short"),
        Index("ix_receipt_fault_receipt", "receipt_id"),
        {"info": APPEND_ONLY},
    )
    id: Mapped[Id]
    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipt.id"))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"))
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"))
    fault: Mapped[str]
    quantity: Mapped[int]
    note: Mapped[str] = mapped_column(server_default="")
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("photo.id"))
    noted_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    noted_at: Mapped[CreatedAt]


class Movement(Base):
    """Units of a lot going from one place to another (库存流水). A correction is a new movement."""

    __tablename__ = "movement"
    __table_args__ = (
        one_of("from_place", Place),
        one_of("to_place", Place),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("from_place <> to_place", name="goes_somewhere"),
        CheckConstraint(ONLY_KNOWN_WAYS, name="only_known_ways"),
        one_of("reason", MoveReason),
        CheckConstraint(
            "'count' NOT IN (from_place, to_place) OR reason IS NOT NULL AND coalesce(second_by <> moved_by, false)",
            name="a_difference_has_reason_and_second_person",
        ),
        CheckConstraint("to_place <> 'waste' OR reason IS NOT NULL", name="a_write_off_has_a_reason"),
        CheckConstraint(
            "from_place <> 'quarantine' OR to_place <> 'shelf' OR coalesce(second_by <> moved_by, false)",
            name="a_release_has_a_second_person",
        ),
        CheckConstraint(
            "from_place <> 'packed' OR to_place <> 'shelf' OR reason IS NOT NULL AND parcel_id IS NOT NULL",
            name="an_unpacking_has_a_reason",
        ),
        CheckConstraint("char_length(note) <= 200", name="note_short"),
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
    # Whoever waited for a lock moves after those who had it, as the sharing-out sees it.
    moved_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    reason: Mapped[str | None]
    note: Mapped[str] = mapped_column(server_default="")
    second_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    stocktake_id: Mapped[int | None] = mapped_column(ForeignKey("stocktake.id"))


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


class Stocktake(Base):
    """A count of what stands at a place (盘点), against the book; one at a time for a place."""

    __tablename__ = "stocktake"
    __table_args__ = (
        one_of("state", StocktakeState),
        CheckConstraint("place IN ('inbound', 'shelf', 'returned', 'quarantine')", name="place_is_counted"),
        CheckConstraint("(state IN ('booked', 'dropped')) = (ended_at IS NOT NULL)", name="ended_when_over"),
        Index(
            "uq_stocktake_open",
            "community_id",
            "place",
            unique=True,
            postgresql_where=text("state IN ('counting', 'counted')"),
        ),
    )
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    place: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=StocktakeState.COUNTING)
    started_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    started_at: Mapped[CreatedAt]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    ended_at: Mapped[datetime | None]


class StocktakeLine(Base):
    """A lot as it was counted, beside the book of that moment; the difference is booked later by a second person."""

    __tablename__ = "stocktake_line"
    __table_args__ = (
        one_of("reason", MoveReason),
        CheckConstraint("book >= 0 AND counted >= 0", name="counts_not_negative"),
        CheckConstraint("char_length(note) <= 200", name="note_short"),
    )
    stocktake_id: Mapped[int] = mapped_column(ForeignKey("stocktake.id"), primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True)
    book: Mapped[int]
    counted: Mapped[int]
    reason: Mapped[str | None]
    note: Mapped[str] = mapped_column(server_default="")
    counted_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    counted_at: Mapped[CreatedAt]


class ShortageChoice(Base):
    """The policy that was chosen for a short product of a cycle, before it was shared out."""

    __tablename__ = "shortage_choice"
    __table_args__ = (one_of("policy", Policy),)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    policy: Mapped[str]
    chosen_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    chosen_at: Mapped[CreatedAt]


class ShareDecision(Base):
    """Somebody said: share the goods of this cycle out now. Once a cycle; none is needed where nothing is short."""

    __tablename__ = "share_decision"
    __table_args__ = ({"info": APPEND_ONLY},)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"), primary_key=True)
    decided_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[CreatedAt]


class AllocationRun(Base):
    """The one sharing-out of a cycle's goods: the policy where none was chosen, and the seed for ties."""

    __tablename__ = "allocation_run"
    __table_args__ = ({"info": APPEND_ONLY},)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"), primary_key=True)
    policy: Mapped[str]
    seed: Mapped[str]
    decided_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


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


class Substitution(Base):
    """Units of the named substitute that a short line gets (替换): a line of its own, linked to the one that is short.

    Nobody pays more for it than for what was ordered: the price is the lower of the two.
    """

    __tablename__ = "substitution"
    __table_args__ = (
        ForeignKeyConstraint(["order_id", "item_id"], ["allocation.order_id", "allocation.item_id"]),
        CheckConstraint("units > 0", name="units_positive"),
        CheckConstraint("unit_price_fen >= 0", name="price_not_negative"),
        CheckConstraint("substitute_item_id <> item_id", name="substitute_is_another"),
        Index("ix_substitution_cycle", "cycle_id"),
        {"info": APPEND_ONLY},
    )
    order_id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("allocation_run.cycle_id"))
    substitute_item_id: Mapped[int] = mapped_column(ForeignKey("menu_item.id"))
    units: Mapped[int]
    unit_price_fen: Mapped[int]


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
