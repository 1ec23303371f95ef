"""Who gets what there is: what was chosen and decided, and what came of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import APPEND_ONLY, FORGETTING, Base, CreatedAt, one_of
from supplyhub.depot.states import Policy, Reason


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
        # A cycle's rows are written together and stay: so it is small, and costs next to nothing a row.
        Index("ix_allocation_cycle", "cycle_id", postgresql_using="brin"),
        {"info": FORGETTING["allocation"]},
    )
    order_id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("allocation_run.cycle_id"))
    ordered: Mapped[int]
    allocated: Mapped[int]
    reason: Mapped[str]
    # Whether the care register put this line first when it was decided. For the audit alone: nobody is shown it. Forgotten
    # with the cycle's care.
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
