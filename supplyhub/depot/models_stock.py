"""What came, where it is, how it moved, and what was counted."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import APPEND_ONLY, READ_ONLY, Base, CreatedAt, Id, one_of
from supplyhub.depot.states import WAYS, Fault, LotPurpose, MoveReason, Place, ReceiptKind, StocktakeState

ONLY_KNOWN_WAYS = "from_place || '>' || to_place IN ({})".format(", ".join(sorted(f"'{a}>{b}'" for a, b in WAYS)))


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
