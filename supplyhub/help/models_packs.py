"""Care packs (爱心包): donated goods for households of the care register, as lines of their orders."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import APPEND_ONLY, NEVER_DELETED, Base, Id


class CarePack(Base):
    """What some households of the care register get in a cycle, of goods that were given for it. `key`: sent twice, it is one."""

    __tablename__ = "care_pack"
    __table_args__ = (
        UniqueConstraint("key"),
        UniqueConstraint("cycle_id", "name"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 40", name="name_short"),
        {"info": APPEND_ONLY},
    )
    id: Mapped[Id]
    key: Mapped[uuid.UUID]
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"))
    # For everybody who gets it; never why they do.
    name: Mapped[str]
    # Who gave the goods, as their receipts have it; empty when nobody is named.
    donors: Mapped[str]
    # The draw among equals, so that anybody can do it again.
    seed: Mapped[str]
    given_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    # By the database's clock, after the locks: before the cut-off of every menu that it goes into.
    given_at: Mapped[datetime]


class CarePackLine(Base):
    """So many units of a product in each pack."""

    __tablename__ = "care_pack_line"
    __table_args__ = (CheckConstraint("units > 0", name="units_positive"), {"info": APPEND_ONLY})
    pack_id: Mapped[int] = mapped_column(ForeignKey("care_pack.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    units: Mapped[int]


class CarePackShare(Base):
    """A household that a pack was promised to, and its grid in the cycle; the cut-off makes it lines of its order.

    `declined_at`: it doesn't want it. `dropped_at`: at the cut-off it had moved out, or taken its consent back. Some time
    after the cycle nobody knows any more whose it was, only what `became` of it.
    """

    __tablename__ = "care_pack_share"
    __table_args__ = (
        UniqueConstraint("pack_id", "household_id"),
        CheckConstraint(
            "household_id IS NULL OR (declined_at IS NULL) = (declined_by IS NULL)", name="declined_by_somebody"
        ),
        CheckConstraint("(household_id IS NULL) = (became IS NOT NULL)", name="a_household_or_what_became_of_it"),
        CheckConstraint("num_nonnulls(declined_at, dropped_at) <= 1", name="ended_once"),
        Index("ix_care_pack_share_household", "household_id"),
        {"info": NEVER_DELETED},
    )
    id: Mapped[Id]
    pack_id: Mapped[int] = mapped_column(ForeignKey("care_pack.id"))
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("grid.id"))
    declined_at: Mapped[datetime | None]
    declined_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    dropped_at: Mapped[datetime | None]
    became: Mapped[str | None]
