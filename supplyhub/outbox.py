"""Events on their way up: recorded with their cause in one transaction, delivered at least once, done once.

Postgres is the truth and the queue only a wake-up. A drain of a topic claims due rows with a lease and a fencing
token (`attempt`). It then holds the row, does the effect and finishes the row in one transaction. While it holds the
row nobody else claims it, however long the effect takes; when it dies, the lock is gone with its connection and the
lease soon after. A drain whose lease was taken over finds that its token no longer fits, and does nothing.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import Base, CreatedAt, Id, db, execute, rows, scalar
from supplyhub.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Row

# Short: it only has to last from the claim to the hold, and a killed worker delays its events by no more.
LEASE_SECONDS = 15
MAX_BACK_OFF_SECONDS = 300


class Event(Protocol):
    """A fact in the past tense: a frozen dataclass of ids, with the topic that handles it."""

    topic: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


class OutboxEntry(Base):
    """One event that must still have, or has had, its effect."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("attempt >= 0", name="attempt_counts_up"),
        Index("ix_outbox_due", "due_at", postgresql_where=text("finished_at IS NULL")),
    )
    id: Mapped[Id]
    topic: Mapped[str]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[CreatedAt]
    # A lease moves `due_at` forward: an entry that wasn't finished comes back by itself.
    due_at: Mapped[CreatedAt]
    attempt: Mapped[int] = mapped_column(server_default="0")
    finished_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class Claim:
    """An entry leased to one drain; `attempt` is the fencing token."""

    id: int
    topic: str
    payload: dict[str, Any]
    attempt: int


def record(event: Event, *, due_at: datetime | None = None) -> None:
    """Write the event into the caller's transaction, to have its effect at once or later. Ids only: nothing personal travels."""
    later = {} if due_at is None else {"due_at": due_at}
    db.session.add(OutboxEntry(topic=event.topic, payload=asdict(event), **later))
    db.session.flush()


def record_all(events: Iterable[Event]) -> None:
    """Write many events into the caller's transaction, by one statement: each is to have its effect at once."""
    db.session.add_all([OutboxEntry(topic=event.topic, payload=asdict(event)) for event in events])
    db.session.flush()


def due_topics() -> dict[str, int]:
    """Return the topics that have something to do now, each with its newest event's id."""
    due = rows(
        "SELECT topic, max(id) AS newest FROM outbox WHERE finished_at IS NULL AND due_at <= clock_timestamp()"
        " GROUP BY topic ORDER BY topic"
    )
    return {found.topic: found.newest for found in due}


def count_due(topic: str) -> int:
    """Return how many events of a topic have something to do now."""
    due = "SELECT count(*) FROM outbox WHERE topic = :topic AND finished_at IS NULL AND due_at <= clock_timestamp()"
    return int(scalar(due, topic=topic))


def has_siblings(event: Event, *, by: str) -> bool:
    """Tell whether other events of its topic still wait for their effect that have the same `by` in their payload."""
    found = scalar(
        """
        SELECT EXISTS (SELECT FROM outbox, CAST(:mine AS jsonb) AS mine WHERE topic = :topic AND finished_at IS NULL
                       AND payload -> :by = mine -> :by AND payload <> mine)
        """,
        topic=event.topic,
        by=by,
        mine=json.dumps(asdict(event)),
    )
    return bool(found)


def claim(topic: str, *, limit: int = 20, seconds: float | None = None) -> list[Claim]:
    """Lease due entries of a topic to the caller, leaving out those that somebody holds. The caller commits.

    `seconds`: how long the lease lasts, where the effect is had before the row is held.
    """
    found = rows(
        """
        UPDATE outbox SET attempt = attempt + 1, due_at = clock_timestamp() + make_interval(secs => :lease)
        WHERE id IN (SELECT id FROM outbox
                     WHERE topic = :topic AND finished_at IS NULL AND due_at <= clock_timestamp()
                     ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED)
        RETURNING id, topic, payload, attempt
        """,
        topic=topic,
        limit=limit,
        lease=LEASE_SECONDS if seconds is None else seconds,
    )
    return sorted((_claim(entry) for entry in found), key=lambda claim: claim.id)


def hold(claimed: Claim) -> None:
    """Lock the entry until the end of the transaction. Raises ConflictError when the lease was taken over."""
    # It waits for who looks the row over while claiming others. Who has taken the lease over shows in the attempt, so
    # nobody waits for an effect here.
    held = scalar(
        "SELECT id FROM outbox WHERE id = :id AND attempt = :attempt AND finished_at IS NULL FOR UPDATE",
        id=claimed.id,
        attempt=claimed.attempt,
    )
    if held is None:
        raise ConflictError("the lease on this event was taken over", outbox_id=claimed.id)


def finish(claimed: Claim) -> None:
    """Mark the entry done, in the transaction of its effect. Raises ConflictError when the lease was taken over."""
    done = scalar(
        "UPDATE outbox SET finished_at = clock_timestamp(), last_error = NULL"
        " WHERE id = :id AND attempt = :attempt AND finished_at IS NULL RETURNING id",
        id=claimed.id,
        attempt=claimed.attempt,
    )
    if done is None:
        raise ConflictError("the lease on this event was taken over", outbox_id=claimed.id)


def put_back(claimed: Claim, error: str) -> None:
    """Make the entry due again after a growing pause, with what went wrong. The caller commits."""
    pause = min(2**claimed.attempt, MAX_BACK_OFF_SECONDS)
    scalar(
        "UPDATE outbox SET due_at = clock_timestamp() + make_interval(secs => :pause), last_error = :error"
        " WHERE id = :id AND attempt = :attempt AND finished_at IS NULL RETURNING id",
        id=claimed.id,
        attempt=claimed.attempt,
        pause=pause,
        error=error[:500],
    )


def put_off(topic: str, seconds: float) -> None:
    """Let everything of a topic that is due wait: what it needs is away. The caller commits."""
    execute(
        """
        UPDATE outbox SET due_at = clock_timestamp() + make_interval(secs => :seconds)
        WHERE id IN (SELECT id FROM outbox WHERE topic = :topic AND finished_at IS NULL AND due_at <= clock_timestamp()
                     FOR UPDATE SKIP LOCKED)
        """,
        topic=topic,
        seconds=seconds,
    )


def _claim(entry: Row[Any]) -> Claim:
    return Claim(id=entry.id, topic=entry.topic, payload=entry.payload, attempt=entry.attempt)
