"""What goes wrong on demand: how often, or the next time."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, fields
from threading import Lock
from typing import Any

from supplyhub.standin.refusals import wrong


@dataclass(frozen=True, slots=True)
class Faults:
    """How often each thing goes wrong, from 0 to 1; with the same seed the same calls and events are struck."""

    # A call: 500 before anything happened; 500 that the key keeps; the answer is lost after it took effect.
    error: float = 0.0
    error_kept: float = 0.0
    timeout_after: float = 0.0
    # An event: told twice, told late, told after what came later.
    duplicate: float = 0.0
    late: float = 0.0
    reorder: float = 0.0
    # A refund that takes its time.
    refund_pending: float = 0.0
    # A refund of half of what was asked for; of twice as much, as far as there is.
    refund_less: float = 0.0
    refund_more: float = 0.0
    late_seconds: float = 20.0
    reorder_seconds: float = 2.0
    # How long a lost answer keeps the caller waiting; 0 breaks the connection at once.
    hold_seconds: float = 0.0
    # Nobody is there: every connection breaks, no event is told.
    away: bool = False
    seed: int = 1

    @classmethod
    def read(cls, given: dict[str, Any]) -> Faults:
        """Return faults from their names and numbers. Raises Refusal for what isn't one."""
        known = {field.name: field.type for field in fields(cls)}
        for name, value in given.items():
            number = isinstance(value, int | float)
            if name not in known or not number or value < 0 or (name in RATES and value > 1):
                raise wrong(f"Invalid fault: {name}", name)
        return cls(**given)

    def as_dict(self) -> dict[str, Any]:
        """Return names and numbers."""
        return asdict(self)


RATES = (
    "error",
    "error_kept",
    "timeout_after",
    "duplicate",
    "late",
    "reorder",
    "refund_pending",
    "refund_less",
    "refund_more",
)


class Mishaps:
    """Decides each time whether something goes wrong."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._asked: dict[str, int] = {}
        self._next: list[tuple[str, str]] = []
        self._lock = Lock()

    def next(self, kind: str, *, times: int = 1, on: str = "") -> None:
        """Let the next calls or events that have `on` in their path or kind go wrong. Raises Refusal."""
        if kind not in RATES:
            raise wrong(f"Invalid fault: {kind}", "kind")
        with self._lock:
            self._next += [(kind, on)] * times

    def begin(self, faults: Faults) -> None:
        """Begin anew: count from the first, and forget what was to go wrong next."""
        with self._lock:
            self.faults = faults
            self._asked.clear()
            self._next.clear()

    def strikes(self, kind: str, about: str) -> bool:
        """Tell whether this goes wrong; `about` is the path of a call or the kind of an event."""
        with self._lock:
            for entry in self._next:
                if entry[0] == kind and entry[1] in about:
                    self._next.remove(entry)
                    return True
            self._asked[kind] = count = self._asked.get(kind, 0) + 1
        rate: float = getattr(self.faults, kind)
        return rate > 0 and _draw(f"{self.faults.seed}/{kind}/{count}") < rate


def _draw(what: str) -> float:
    """Return a number from 0 to 1 that is the same for the same text."""
    return int.from_bytes(hashlib.blake2b(what.encode(), digest_size=8).digest(), "big") / 2**64
