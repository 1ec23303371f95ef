"""What a volunteer's phone does without signal: it keeps entries, then sends them in another order, and some of them twice."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from supplyhub.errors import HubError
from supplyhub.replay.depot import in_parts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supplyhub.replay.stage import Stage

ENTRY_NUMBERS = uuid.UUID("9d6f0c0e-6a55-4f0a-8a3e-3f6d1f6f7c11")
SENT_TWICE = 0.05
SENT_AT_ONCE = 8
SECONDS_A_DOOR = 40
# The volunteer's own phone, and the one that helps out.
PHONES = 2
DONE = {"applied", "duplicate"}


class NotTakenError(HubError):
    """The server didn't take what a phone sent of the doors that are the volunteer's."""

    code = "not_taken"


def keep(day: Any, code: str, failing: Mapping[int, str]) -> list[dict[str, Any]]:
    """Return what a phone keeps of a ticket's doors that it has not sent: entries, and the cash taken, as they happen.

    `failing`: what goes wrong at the doors of these positions. Numbers come from the door: what is kept again after an
    interruption is known as the same. Of a door that the server knows there is cash alone, if it didn't come with it.
    """
    (stops,) = [ticket["stops"] for ticket in day["tickets"] if ticket["code"] == code]
    now, kept = datetime.now(UTC), []
    for place, stop in enumerate(stops):
        problem = failing.get(stop["position"])
        when = (now - timedelta(seconds=SECONDS_A_DOOR * (len(stops) - place))).isoformat()
        told = {"ticket": code, "stop": stop["id"], "happened_at": when}
        if stop["outcome"] is None:
            outcome = {"outcome": "failed", "problem": problem} if problem else {"outcome": "delivered"}
            kept.append({"id": _number(code, stop, "entry")} | told | outcome)
        if stop["collect_fen"] and problem is None:
            kept.append({"id": _number(code, stop, "taking"), "way": "cash", "amount_fen": stop["collect_fen"]} | told)
    return kept


def shuffled(kept: Sequence[dict[str, Any]], seed: str) -> list[dict[str, Any]]:
    """Return what is sent, in the order in which it arrives: all of it in disorder, one in twenty twice."""
    chance = random.Random(seed)  # noqa: S311 - the same disorder each time
    twice = [each for each in kept if chance.random() < SENT_TWICE]
    sent = [*kept, *twice]
    chance.shuffle(sent)
    return sent


def send(stage: Stage, token: str, sent: Sequence[dict[str, Any]]) -> None:
    """Send from two phones in turn, some at a time. Raises NotTakenError for what isn't taken, or taken otherwise."""
    phones = [str(uuid.uuid4()) for _ in range(PHONES)]
    for turn, part in enumerate(in_parts(sent, SENT_AT_ONCE)):
        body = {
            "sent_at": datetime.now(UTC).isoformat(),
            "device": phones[turn % PHONES],
            "entries": [each for each in part if "outcome" in each],
            "takings": [each for each in part if "way" in each],
        }
        answer = stage.api.must(token, "POST", "/sync", body)
        wrong = [each for each in answer["entries"] + answer["takings"] if each["answer"] not in DONE]
        if wrong:
            raise NotTakenError(f"{len(wrong)} of {len(part)} were not taken: {wrong[0]}", answers=wrong)


def _number(code: str, stop: Any, what: str) -> str:
    return str(uuid.uuid5(ENTRY_NUMBERS, f"{code}/{stop['id']}/{what}"))
