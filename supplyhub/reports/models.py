"""What is made in the background, prints and exports, and the reports of the days."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import Base, CreatedAt, Id, one_of
from supplyhub.reports.states import Exported, Printed


class PrintJob(Base):
    """Labels or lists of a cycle that are too many to wait for. `skip`: labels of the first sheet that are used up."""

    __tablename__ = "print_job"
    __table_args__ = (
        one_of("printed", Printed),
        CheckConstraint("skip >= 0", name="skip_not_negative"),
        Index("ix_print_job_cycle", "cycle_id"),
    )
    id: Mapped[Id]
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"))
    printed: Mapped[str]
    layout: Mapped[str]
    skip: Mapped[int] = mapped_column(server_default="0")
    asked_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[CreatedAt]
    begun_at: Mapped[datetime | None]
    # It could not be drawn; the worker tries again.
    failed_at: Mapped[datetime | None]


class PrintFile(Base):
    """One file of a job: some grids' batches, how many labels or parcels they are, and how many of them are drawn."""

    __tablename__ = "print_file"
    __table_args__ = (CheckConstraint("pieces > 0 AND drawn >= 0", name="counts"),)
    job_id: Mapped[int] = mapped_column(ForeignKey("print_job.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    batches: Mapped[list[Any]]
    pieces: Mapped[int]
    drawn: Mapped[int] = mapped_column(server_default="0")
    pdf: Mapped[bytes | None]


class DailyReport(Base):
    """The report of a day (日报) as it was made; made again, the newest one counts. `figures`: by grid number, and in all."""

    __tablename__ = "daily_report"
    __table_args__ = (
        UniqueConstraint("community_id", "day", "made_at"),
        Index("ix_daily_report_latest", "community_id", "day", "id"),
    )
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    day: Mapped[date]
    # Nobody, when the clock did.
    made_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    made_at: Mapped[CreatedAt]
    figures: Mapped[dict[str, Any]]


class ExportJob(Base):
    """A table that is too long to wait for, written in the background; the sealed file is removed after some hours."""

    __tablename__ = "export_job"
    __table_args__ = (
        one_of("what", Exported),
        CheckConstraint("rows_written >= 0", name="counts"),
        Index("ix_export_job_asked", "asked_by"),
    )
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    what: Mapped[str]
    chosen: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    asked_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[CreatedAt]
    rows_written: Mapped[int] = mapped_column(server_default="0")
    file_sealed: Mapped[bytes | None]
    failed_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
