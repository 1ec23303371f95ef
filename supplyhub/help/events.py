"""What happened to help requests that others act upon: messages to whom it concerns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class HelpOpened:
    """A request is new in a grid: it came in, or another grid handed it on."""

    topic: ClassVar[str] = "help_opened"
    request_id: int
    grid_id: int


@dataclass(frozen=True, slots=True)
class HelpAssigned:
    """Somebody else gave a request to this account."""

    topic: ClassVar[str] = "help_assigned"
    request_id: int
    account_id: int


@dataclass(frozen=True, slots=True)
class HelpOverdue:
    """A request is past due."""

    topic: ClassVar[str] = "help_overdue"
    request_id: int


@dataclass(frozen=True, slots=True)
class HelpEnded:
    """A request was solved, given up, or withdrawn."""

    topic: ClassVar[str] = "help_ended"
    request_id: int
