"""A mail box is told nothing before whoever gave its address shows that they read it, by a code that is sent there.

The code is made when its mail is sent and kept as a keyed hash: it stands nowhere else. The newest mail has the one that
counts. It is good for an hour, for once, for five tries, and for the account alone that asked for it.
"""

from __future__ import annotations

import hmac
import uuid
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from supplyhub import outbox
from supplyhub.codes import new_typed_code, read_code
from supplyhub.db import execute, row, scalar, transaction
from supplyhub.errors import ConflictError, HubError, NotFoundError
from supplyhub.notifications.events import MessageDue

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

# 30 bits, of which five tries find one in two hundred million.
CODE_LENGTH = 6
CODE_MINUTES = 60
MOST_TRIES = 5
# Of an account, whatever the mail boxes: nobody's is filled by it.
MOST_CODES_A_DAY = 5
PAUSE_SECONDS = 60


class Standing(StrEnum):
    """How far a mail box is confirmed: a code waits to be typed, none does any more, or it is."""

    WAITING = "waiting"
    EXPIRED = "expired"
    CONFIRMED = "confirmed"


class TooManyCodesError(ConflictError):
    """Somebody asks for codes faster, or more often, than they are sent."""

    code = "too_many_codes"


class WrongCodeError(HubError):
    """This isn't the code that was sent. `left`: how many more tries it has."""

    code = "wrong_code"

    def __init__(self, left: int) -> None:
        super().__init__("this isn't the code that was sent", left=left)
        self.left = left


class CodeExpiredError(ConflictError):
    """The code is too old, or was tried too often: another one has to be sent."""

    code = "code_expired"


def send_code(asker: Asker, channel_id: int) -> None:
    """Let a code be sent to a mail box of the asker's, in the caller's transaction. Raises TooManyCodesError."""
    sent = row(
        """
        SELECT count(*) AS codes, coalesce(max(m.made_at) FILTER (WHERE c.id = :channel), '-infinity')
                                  > clock_timestamp() - make_interval(secs => :pause) AS just_now
        FROM channel AS c JOIN message AS m ON m.channel_id = c.id AND m.matter = 'confirm_mail'
        WHERE c.account_id = :account AND c.kind = 'mail' AND m.made_at > clock_timestamp() - interval '1 day'
        """,
        channel=channel_id,
        account=asker.account_id,
        pause=PAUSE_SECONDS,
    )
    if sent is not None and (sent.just_now or sent.codes >= MOST_CODES_A_DAY):
        raise TooManyCodesError("enough codes were sent", soon=bool(sent.codes < MOST_CODES_A_DAY))
    message_id = scalar(
        "INSERT INTO message (channel_id, matter, about) VALUES (:channel, 'confirm_mail', :about) RETURNING id",
        channel=channel_id,
        about=f"code:{uuid.uuid4()}",
    )
    outbox.record(MessageDue(message_id))


def send_another(asker: Asker, channel_id: int) -> None:
    """Let another code be sent; the one before counts until then. For one that is confirmed nothing is sent.

    Raises NotFoundError, TooManyCodesError.
    """
    with transaction():
        take_turns(asker)
        if _own_mail_box(asker, channel_id).confirmed_at is None:
            send_code(asker, channel_id)


def confirm_mail(asker: Asker, channel_id: int, typed: str, *, vault: Vault) -> None:
    """Confirm a mail box by the code that was sent there; once more does nothing.

    Raises NotFoundError, WrongCodeError, CodeExpiredError.
    """
    with transaction():
        channel = _own_mail_box(asker, channel_id)
        if channel.confirmed_at is not None:
            return
        if not channel.counts or channel.code_tries >= MOST_TRIES:
            raise CodeExpiredError("this code doesn't count any more", channel=channel_id)
        right = hmac.compare_digest(channel.code_hash, _hash(channel_id, read_code(typed[:40]), vault))
        if right:
            execute(
                "UPDATE channel SET confirmed_at = clock_timestamp(), code_hash = NULL, code_until = NULL WHERE id = :id",
                id=channel_id,
            )
        else:
            execute("UPDATE channel SET code_tries = code_tries + 1 WHERE id = :id", id=channel_id)
    # Said only now: what a wrong one costs has to stay written.
    if not right:
        raise WrongCodeError(MOST_TRIES - channel.code_tries - 1)


def new_code(channel_id: int, *, vault: Vault) -> str:
    """Return a new code for a mail box, in the transaction in which its mail is taken to be sent; earlier ones end."""
    code = new_typed_code()[:CODE_LENGTH]
    execute(
        """
        UPDATE channel SET code_hash = :hash, code_until = clock_timestamp() + make_interval(mins => :minutes), code_tries = 0
        WHERE id = :id
        """,
        id=channel_id,
        hash=_hash(channel_id, code, vault),
        minutes=CODE_MINUTES,
    )
    return code


def standing_of(channel: Row[Any], now: datetime) -> Standing:
    """Return how far a mail box is confirmed. One whose code is still to be sent waits, too."""
    if channel.confirmed_at is not None:
        return Standing.CONFIRMED
    ends = channel.code_until is not None and (channel.code_until <= now or channel.code_tries >= MOST_TRIES)
    return Standing.EXPIRED if ends else Standing.WAITING


def take_turns(asker: Asker) -> None:
    """Let an account's phones wait for each other until the end of the transaction."""
    execute("SELECT FROM account WHERE id = :id FOR NO KEY UPDATE", id=asker.account_id)


def _own_mail_box(asker: Asker, channel_id: int) -> Row[Any]:
    found = row(
        """
        SELECT confirmed_at, code_hash, code_tries, coalesce(code_until > clock_timestamp(), false) AS counts
        FROM channel WHERE id = :id AND account_id = :account AND kind = 'mail' AND ended_at IS NULL FOR NO KEY UPDATE
        """,
        id=channel_id,
        account=asker.account_id,
    )
    if found is None:
        raise NotFoundError("no such mail box", channel=channel_id)
    return found


def _hash(channel_id: int, code: str, vault: Vault) -> bytes:
    return vault.lookup_hash(f"{channel_id}\0{code}", "channel.code")
