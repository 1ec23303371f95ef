"""The job that the relay wakes: drain a topic of the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from supplyhub import outbox
from supplyhub.db import db, transaction
from workers.handlers import HANDLERS, LONG_HANDLERS

if TYPE_CHECKING:
    from supplyhub.outbox import Claim

log = structlog.get_logger(__name__)


def drain(topic: str) -> int:
    """Give every due event of a topic its effect and return how many had it.

    Safe to run at any time, twice and beside itself. An event whose handler fails is put back with a growing pause.
    """
    done = 0
    try:
        while claims := _claim(topic):
            done += sum(_handle(claim) for claim in claims)
            if topic in LONG_HANDLERS:
                # Others wait: the relay wakes again for what is left.
                break
    finally:
        db.session.remove()
    return done


def _claim(topic: str) -> list[Claim]:
    with transaction():
        return outbox.claim(topic, limit=1) if topic in LONG_HANDLERS else outbox.claim(topic)


def _handle(claim: Claim) -> bool:
    try:
        if claim.topic in LONG_HANDLERS:
            LONG_HANDLERS[claim.topic](**claim.payload)
        with transaction():
            outbox.hold(claim)
            if claim.topic in HANDLERS:
                HANDLERS[claim.topic](**claim.payload)
            outbox.finish(claim)
    except Exception as error:
        log.exception("event_failed", outbox_id=claim.id, topic=claim.topic, attempt=claim.attempt)
        with transaction():
            outbox.put_back(claim, f"{type(error).__name__}: {error}")
        return False
    log.info("event_done", outbox_id=claim.id, topic=claim.topic, attempt=claim.attempt)
    return True
