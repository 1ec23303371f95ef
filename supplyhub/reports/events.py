"""What happened to reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class DayReported:
    """The clock made the report of a day: people are told."""

    topic: ClassVar[str] = "day_reported"
    report_id: int
