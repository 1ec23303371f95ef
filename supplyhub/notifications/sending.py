"""Messages are sent: asked outside of any transaction, in each channel's turn, again after a growing pause for a day.

What is taken by a service whose answer gets lost is sent twice: nobody can know.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import structlog

from supplyhub import outbox
from supplyhub.db import execute, row, rows, transaction
from supplyhub.notifications.confirming import new_code
from supplyhub.notifications.events import MessageDue
from supplyhub.notifications.links import link_of
from supplyhub.notifications.rules import MOST_ATTEMPTS, ROBOT_PAUSE, TURN_LASTS, is_urgent, pause_after, quiet_ends
from supplyhub.notifications.sealing import ADDRESS
from supplyhub.notifications.states import ChannelKind, Matter, MessageState
from supplyhub.notifications.words import said
from supplyhub.outside.errors import MessengerAwayError, MessengerRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.outside.ports import Messenger

log = structlog.get_logger(__name__)

# Nobody else sends a message for so long that somebody has begun to send; outlasts what a service may take.
TAKEN_SECONDS = 45
MESSAGE = """
    SELECT m.id, m.matter, m.facts, m.state, m.made_at, m.due_at, m.attempt, m.slot_at, c.id AS channel_id, c.kind,
           c.address_sealed, c.confirmed_at, c.language, c.quiet_from, c.quiet_until, c.free_at, c.ended_at, y.timezone, a.role
    FROM message AS m JOIN channel AS c ON c.id = m.channel_id JOIN community AS y ON y.id = c.community_id
    LEFT JOIN account AS a ON a.id = c.account_id
    WHERE m.id = :message FOR NO KEY UPDATE OF m, c
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that is this caller's to send; `attempt` is the fencing token."""

    id: int
    attempt: int
    row: Row[Any]
    facts: Mapping[str, Any]


def send_message(message_id: int, *, messenger: Messenger, vault: Vault, public_url: str) -> None:
    """Send a message, if it is due and its channel's turn has come; else see to it that it comes again."""
    taken = _take(message_id, vault)
    if taken is None:
        return
    message = taken.row
    words = said(Matter(message.matter), taken.facts, lang=message.language, zone=message.timezone)
    link = public_url + link_of(Matter(message.matter), taken.facts, message.role)
    text = f"{words.text}\n{link}" if words.text else link
    address = vault.open(message.address_sealed, *ADDRESS, message.channel_id)
    send = messenger.to_robot if message.kind == ChannelKind.ROBOT else messenger.to_mail_box
    try:
        send(address, words.title, text)
    except MessengerAwayError as away:
        _not_taken(taken, away.reason, again=taken.attempt < MOST_ATTEMPTS)
    except MessengerRefusedError as refused:
        _not_taken(taken, refused.reason, again=False)
    else:
        _finish(taken, MessageState.SENT, "")


def _take(message_id: int, vault: Vault) -> Taken | None:
    """Take a message that can be sent now, for a while; None when it can't, or needn't, be sent."""
    with transaction():
        message = row(MESSAGE, message=message_id)
        if message is None or message.state != MessageState.DUE:
            return None
        now = datetime.now(UTC)
        if message.ended_at is not None or _too_late(message, now) or not _may_be_told(message):
            execute("UPDATE message SET state = 'dropped' WHERE id = :id", id=message_id)
            return None
        waits_until = max(filter(None, (message.due_at, _quiet_until(message, now))))
        if waits_until > now:
            _again(message_id, waits_until, slot=None)
            return None
        if message.kind == ChannelKind.ROBOT and not _has_turn(message, now):
            return None
        execute(
            "UPDATE message SET attempt = attempt + 1, due_at = clock_timestamp() + make_interval(secs => :lease) WHERE id = :id",
            id=message_id,
            lease=TAKEN_SECONDS,
        )
        code = {"code": new_code(message.channel_id, vault=vault)} if message.matter == Matter.CONFIRM_MAIL else {}
        return Taken(message_id, message.attempt + 1, message, {**message.facts, **code})


def _may_be_told(message: Row[Any]) -> bool:
    """Tell whether a channel is told this: a mail box nothing before it is confirmed, and then no code any more."""
    if message.kind != ChannelKind.MAIL:
        return True
    return bool((message.matter == Matter.CONFIRM_MAIL) == (message.confirmed_at is None))


def _too_late(message: Row[Any], now: datetime) -> bool:
    until = message.facts.get("until_at")
    return until is not None and datetime.fromisoformat(until) <= now


def _quiet_until(message: Row[Any], now: datetime) -> datetime | None:
    if is_urgent(Matter(message.matter), message.facts):
        return None
    return quiet_ends(now.astimezone(ZoneInfo(message.timezone)), message.quiet_from, message.quiet_until)


def _has_turn(message: Row[Any], now: datetime) -> bool:
    """Tell whether it is a robot's message's turn; else give it one. The channel's row makes its messages take turns."""
    if message.slot_at is not None and now - message.slot_at < TURN_LASTS:
        return True
    turn = max(now, message.free_at) if message.free_at else now
    execute(
        "UPDATE channel SET free_at = :next WHERE id = :channel", next=turn + ROBOT_PAUSE, channel=message.channel_id
    )
    if turn <= now:
        return True
    _again(message.id, turn, slot=turn)
    return False


def _again(message_id: int, at: datetime, *, slot: datetime | None) -> None:
    execute("UPDATE message SET due_at = :at, slot_at = :slot WHERE id = :id", at=at, slot=slot, id=message_id)
    outbox.record(MessageDue(message_id), due_at=at)


def _not_taken(taken: Taken, reason: str, *, again: bool) -> None:
    log.warning(
        "message_not_taken", message=taken.id, channel=taken.row.channel_id, reason=reason, attempt=taken.attempt
    )
    if again:
        _wait(taken, reason, pause_after(taken.attempt))
    else:
        _finish(taken, MessageState.FAILED, reason)


def _wait(taken: Taken, reason: str, pause: timedelta) -> None:
    with transaction():
        found = rows(
            "UPDATE message SET last_error = :reason WHERE id = :id AND attempt = :attempt AND state = 'due' RETURNING id",
            id=taken.id,
            attempt=taken.attempt,
            reason=reason,
        )
        if found:
            _again(taken.id, datetime.now(UTC) + pause, slot=None)


def _finish(taken: Taken, state: MessageState, reason: str) -> None:
    with transaction():
        execute(
            """
            UPDATE message SET state = :state, last_error = nullif(:reason, ''),
                   sent_at = CASE WHEN :state = 'sent' THEN clock_timestamp() END
            WHERE id = :id AND attempt = :attempt AND state = 'due'
            """,
            id=taken.id,
            attempt=taken.attempt,
            state=state,
            reason=reason,
        )
