"""What happened, written down to be listed and told: signed, again and again until somebody listens."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.standin.books import Page, Thing, fresh

if TYPE_CHECKING:
    from supplyhub.standin.faults import Mishaps

API_VERSION = "2026-10-28.endive"
# The first pause after nobody listened; each next one is twice as long. After three days it is given up.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 600.0
GIVE_UP_SECONDS = 3 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Act:
    """A change of the books that is being made: the page, the time, what may go wrong, which events are told."""

    page: Page
    now: float
    mishaps: Mishaps
    told: frozenset[str]

    @property
    def second(self) -> int:
        """Return the time as the original writes it."""
        return int(self.now)


def announce(act: Act, kind: str, thing: Thing) -> None:
    """Write down that something happened; it is told with the change that it belongs to, or not at all."""
    event = act.page.add(
        {
            "id": fresh("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": act.second,
            "data": {"object": thing},
            "livemode": False,
            "pending_webhooks": 1 if kind in act.told else 0,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }
    )
    if kind in act.told:
        for pause in _pauses(act.mishaps, kind):
            act.page.sql(
                "INSERT INTO delivery (event, due, made) VALUES (?, ?, ?)", (event["id"], act.now + pause, act.now)
            )


def _pauses(mishaps: Mishaps, kind: str) -> list[float]:
    """Return after how many seconds an event is told; each entry once."""
    pause = 0.0
    if mishaps.strikes("late", kind):
        pause = mishaps.faults.late_seconds
    elif mishaps.strikes("reorder", kind):
        pause = mishaps.faults.reorder_seconds
    return [pause, pause] if mishaps.strikes("duplicate", kind) else [pause]


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that is due to be told."""

    id: int
    event: str
    body: str
    attempts: int
    made: float


def due(page: Page, now: float, *, most: int = 50) -> list[Delivery]:
    """Return what is to be told now, the longest due first."""
    found = page.sql(
        "SELECT d.id, d.event, t.body, d.attempts, d.made FROM delivery AS d JOIN thing AS t ON t.id = d.event"
        " WHERE d.due <= ? ORDER BY d.due, d.id LIMIT ?",
        (now, most),
    )
    return [Delivery(*row) for row in found]


def told(page: Page, delivery: Delivery) -> None:
    """Note that somebody listened."""
    page.sql("DELETE FROM delivery WHERE id = ?", (delivery.id,))
    event = page.find("event", delivery.event)
    if event:
        page.save(event | {"pending_webhooks": 0})


def not_told(page: Page, delivery: Delivery, now: float) -> None:
    """Note that nobody listened: again after a pause, longer each time, for three days."""
    if now - delivery.made > GIVE_UP_SECONDS:
        page.sql("DELETE FROM delivery WHERE id = ?", (delivery.id,))
        return
    pause = min(FIRST_PAUSE_SECONDS * 2.0**delivery.attempts, LONGEST_PAUSE_SECONDS)
    page.sql("UPDATE delivery SET attempts = attempts + 1, due = ? WHERE id = ?", (now + pause, delivery.id))


def sign(body: str, secret: str, at: int) -> str:
    """Return the `Stripe-Signature` header of a message told at `at` (seconds)."""
    mac = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"


def as_told(event: Thing) -> str:
    """Return an event as it is sent."""
    return json.dumps(event, ensure_ascii=False)
