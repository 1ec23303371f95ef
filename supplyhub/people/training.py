"""What volunteers were trained in, as statements: for the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.db import execute, scalar
from supplyhub.errors import ConflictError, InvalidError

if TYPE_CHECKING:
    from datetime import date

INDUCTION = "上岗培训"
LONGEST_TOPIC = 60


@dataclass(frozen=True, slots=True)
class Trained:
    """What somebody was trained in, and on which day; without one, today in the community."""

    topic: str
    day: date | None = None


def add_training(account_id: int, training: Trained, *, recorded_by: int) -> None:
    """Write a training; the same topic on the same day once more has no effect. Raises InvalidError for a day to come."""
    topic = training.topic.strip()
    if not 1 <= len(topic) <= LONGEST_TOPIC or not topic.isprintable():
        raise InvalidError(f"a training has a topic of 1 to {LONGEST_TOPIC} printable characters")
    today = scalar(
        "SELECT (now() AT TIME ZONE c.timezone)::date FROM account AS a JOIN community AS c ON c.id = a.community_id"
        " WHERE a.id = :account",
        account=account_id,
    )
    if training.day is not None and training.day > today:
        raise InvalidError("this training is still to come", trained_on=training.day.isoformat())
    execute(
        "INSERT INTO training (account_id, topic, trained_on, recorded_by) VALUES (:account, :topic, :day, :by)"
        " ON CONFLICT (account_id, topic, trained_on) DO NOTHING",
        account=account_id,
        topic=topic,
        day=training.day or today,
        by=recorded_by,
    )


def require_training(account_id: int) -> None:
    """Raise ConflictError for somebody of whom no training is recorded."""
    if scalar("SELECT 1 FROM training WHERE account_id = :account LIMIT 1", account=account_id) is None:
        raise ConflictError("nobody gets a badge before a training is recorded", account=account_id, untrained=True)


def who_vouches(community_id: int, account_id: int) -> int:
    """Return who says that somebody was trained, where the command line does: the oldest coordinator, if there is one."""
    found = scalar(
        "SELECT min(id) FROM account WHERE community_id = :community AND role = 'coordinator' AND active",
        community=community_id,
    )
    return int(found or account_id)
