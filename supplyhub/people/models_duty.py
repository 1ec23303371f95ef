"""Who is on duty: the duty card of a grid (责任牌), the roster of depot, points and grids."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import Base, CreatedAt, Id, one_of
from supplyhub.people.states import DutyTitle


class DutyEntry(Base):
    """A line of a grid's duty card: somebody whom its residents may call. The phone is sealed and shown to them."""

    __tablename__ = "duty_entry"
    __table_args__ = (
        one_of("title", DutyTitle),
        CheckConstraint("char_length(name) BETWEEN 1 AND 40", name="name_short"),
        CheckConstraint("position > 0", name="position_positive"),
        Index("ix_duty_entry_grid", "grid_id", postgresql_where=text("ended_at IS NULL")),
    )
    id: Mapped[Id]
    grid_id: Mapped[int] = mapped_column(ForeignKey("grid.id"))
    title: Mapped[str]
    name: Mapped[str]
    phone_sealed: Mapped[bytes | None]
    position: Mapped[int]
    written_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    written_at: Mapped[CreatedAt]
    ended_at: Mapped[datetime | None]


class RosterShift(Base):
    """Somebody is on duty at the depot, a delivery point or in a grid, for twelve hours at most; nobody twice at a time."""

    __tablename__ = "roster_shift"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at AND ends_at <= starts_at + interval '12 hours'", name="twelve_hours"),
        CheckConstraint("num_nonnulls(depot_id, delivery_point_id, grid_id) = 1", name="one_place"),
        ExcludeConstraint(
            ("account_id", "="),
            (text("tstzrange(starts_at, ends_at)"), "&&"),
            name="ex_roster_shift_overlap",
            using="gist",
            where=text("cancelled_at IS NULL"),
        ),
        Index("ix_roster_shift_time", "community_id", "starts_at"),
    )
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    depot_id: Mapped[int | None] = mapped_column(ForeignKey("depot.id"))
    delivery_point_id: Mapped[int | None] = mapped_column(ForeignKey("delivery_point.id"))
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("grid.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    planned_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    planned_at: Mapped[CreatedAt]
    cancelled_at: Mapped[datetime | None]
