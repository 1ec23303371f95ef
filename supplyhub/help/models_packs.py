"""Care packs (爱心包): donated goods for households of the care register, as lines of their orders."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import APPEND_ONLY, Base, CreatedAt, Id


class CarePack(Base):
    """What a household of the care register gets in a cycle, of goods that were given for it. `key`: sent twice, it is one."""

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
    name: Mapped[str]
    # The draw among equals, so that anybody can do it again.
    seed: Mapped[str]
    given_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    given_at: Mapped[CreatedAt]


class CarePackLine(Base):
    """So many units of a product in each pack."""

    __tablename__ = "care_pack_line"
    __table_args__ = (CheckConstraint("units > 0", name="units_positive"), {"info": APPEND_ONLY})
    pack_id: Mapped[int] = mapped_column(ForeignKey("care_pack.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    units: Mapped[int]


class CarePackShare(Base):
    """An order that carries a pack."""

    __tablename__ = "care_pack_share"
    __table_args__ = (
        ForeignKeyConstraint(["order_id", "grid_id"], ["orders.id", "orders.grid_id"]),
        {"info": APPEND_ONLY},
    )
    pack_id: Mapped[int] = mapped_column(ForeignKey("care_pack.id"), primary_key=True)
    order_id: Mapped[int] = mapped_column(primary_key=True)
    grid_id: Mapped[int]
