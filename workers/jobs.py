"""The job that the relay wakes: drain a topic of the outbox."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog

from supplyhub import outbox
from supplyhub.db import db, transaction
from supplyhub.logs import said
from supplyhub.outside.errors import GatewayAwayError
from workers.handlers import ASKING_HANDLERS, HANDLERS, LONG_HANDLERS, SIDE_BY_SIDE
from workers.hands import with_all_hands

if TYPE_CHECKING:
    from supplyhub.outbox import Claim

log = structlog.get_logger(__name__)

# These have their effect before the event is held.
BEFORE = LONG_HANDLERS | ASKING_HANDLERS
ONE_BY_ONE = {*LONG_HANDLERS, *SIDE_BY_SIDE}
# Outlasts what a handler may wait for others.
ASKING_LEASE_SECONDS = 60
# Then other topics have their turn; the relay wakes again for what is left.
ASKING_SECONDS = 10.0
# How long nobody is asked again who didn't answer: twice as long each time, up to this. One lost answer is no absence.
LONGEST_AWAY_SECONDS = 20.0


class DrainFailedError(RuntimeError):
    """A topic couldn't be drained; the log says why."""


def wake_up(topic: str) -> int:
    """Drain a topic for the queue, which keeps what a job says when it fails: nothing of what it had in hand.

    Raises DrainFailedError when even what failed couldn't be put back.
    """
    try:
        return drain(topic)
    except Exception:
        log.exception("drain_failed", topic=topic)
    raise DrainFailedError(topic)


def drain(topic: str) -> int:
    """Give every due event of a topic its effect and return how many had it.

    Safe to run at any time, twice and beside itself. An event whose handler fails is put back with a growing pause.
    """
    return with_all_hands(_drain, topic) if topic in SIDE_BY_SIDE else _drain(topic)


def _drain(topic: str) -> int:
    done = 0
    start = time.monotonic()
    try:
        while claims := _claim(topic):
            done += sum(_handle(claim) for claim in claims)
            if topic in LONG_HANDLERS or (topic in ASKING_HANDLERS and time.monotonic() - start > ASKING_SECONDS):
                # Others wait: the relay wakes again for what is left.
                break
    finally:
        db.session.remove()
    return done


def _claim(topic: str) -> list[Claim]:
    with transaction():
        if topic in ASKING_HANDLERS:
            return outbox.claim(topic, limit=1, seconds=ASKING_LEASE_SECONDS)
        # Of what takes its time one by one: a lease shall last until its turn comes, and other hands take theirs.
        return outbox.claim(topic, limit=1) if topic in ONE_BY_ONE else outbox.claim(topic)


def _handle(claim: Claim) -> bool:
    try:
        if claim.topic in BEFORE:
            BEFORE[claim.topic](**claim.payload)
        with transaction():
            outbox.hold(claim)
            if claim.topic in HANDLERS:
                HANDLERS[claim.topic](**claim.payload)
            outbox.finish(claim)
    except GatewayAwayError as away:
        log.warning("gateway_away", outbox_id=claim.id, topic=claim.topic, attempt=claim.attempt)
        _put_back(claim, away)
        return False
    except Exception as error:
        log.exception("event_failed", outbox_id=claim.id, topic=claim.topic, attempt=claim.attempt)
        _put_back(claim, error)
        return False
    log.info("event_done", outbox_id=claim.id, topic=claim.topic, attempt=claim.attempt)
    return True


def _put_back(claim: Claim, error: Exception) -> None:
    """Let an event come again; where somebody else is away, all of its topic waits."""
    with transaction():
        outbox.put_back(claim, said(error))
        if isinstance(error, GatewayAwayError):
            outbox.put_off(claim.topic, min(2.0 ** (claim.attempt - 1), LONGEST_AWAY_SECONDS))
