"""What is printed in the background: who asked for how many sheets of what, and the files until they are removed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import Base, CreatedAt, Id, one_of
from supplyhub.reports.states import Printed


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
