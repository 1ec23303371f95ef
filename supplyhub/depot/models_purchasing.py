"""What is bought for a cycle, and from whom."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Computed, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import APPEND_ONLY, Base, CreatedAt, Id, one_of
from supplyhub.depot.states import PurchaseState


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
