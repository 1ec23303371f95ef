"""What belongs to an entry of the care register: categories, consent, the standing volunteer, check-in calls."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import Base, CreatedAt, Id, one_of
from supplyhub.residents.states import CheckOutcome, ConsentPurpose


class CareMark(Base):
    """A keyed hash of a category of a care case, by which packs and figures find it without opening anything."""

    __tablename__ = "care_mark"
    __table_args__ = (Index("ix_care_mark_mark", "mark"),)
    case_id: Mapped[int] = mapped_column(ForeignKey("care_case.id"), primary_key=True)
    mark: Mapped[bytes] = mapped_column(primary_key=True)


class CareConsent(Base):
    """A household agreed to a purpose on a day; taken back, the row stays."""

    __tablename__ = "care_consent"
    __table_args__ = (
        one_of("purpose", ConsentPurpose),
        CheckConstraint("withdrawn_on >= given_on", name="withdrawn_after_given"),
        Index("uq_care_consent_live", "case_id", "purpose", unique=True, postgresql_where=text("withdrawn_on IS NULL")),
    )
    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("care_case.id"))
    purpose: Mapped[str]
    given_on: Mapped[date]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    recorded_at: Mapped[CreatedAt]
    withdrawn_on: Mapped[date | None]


class StandingVolunteer(Base):
    """The volunteer who looks after a care case (一对一), by a badge; one at a time."""

    __tablename__ = "standing_volunteer"
    __table_args__ = (
        ForeignKeyConstraint(["badge_id", "grid_id"], ["badge.id", "badge.grid_id"]),
        Index("uq_standing_volunteer_live", "case_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_standing_volunteer_badge", "badge_id", postgresql_where=text("ended_at IS NULL")),
    )
    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("care_case.id"))
    badge_id: Mapped[int]
    grid_id: Mapped[int]
    appointed_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    appointed_at: Mapped[CreatedAt]
    ended_at: Mapped[datetime | None]


class CareCheck(Base):
    """A check-in call (关心电话) that is due, and how it ended."""

    __tablename__ = "care_check"
    __table_args__ = (
        one_of("outcome", CheckOutcome),
        CheckConstraint("(done_at IS NULL) = (outcome IS NULL)", name="done_with_an_outcome"),
        CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name="done_by_somebody"),
        Index("uq_care_check_open", "case_id", unique=True, postgresql_where=text("done_at IS NULL")),
        Index("ix_care_check_due", "due_on", postgresql_where=text("done_at IS NULL")),
        Index("ix_care_check_done", "done_at"),
    )
    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("care_case.id"))
    due_on: Mapped[date]
    done_at: Mapped[datetime | None]
    done_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    outcome: Mapped[str | None]
