"""What a device scanned without signal, as it comes in: each is decided for itself, and none stops the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from supplyhub.codes import read_code
from supplyhub.db import execute, transaction
from supplyhub.delivery.commands.handing_over import Scan, hand_over
from supplyhub.delivery.errors import TurnedAwayError
from supplyhub.delivery.scanning import read_badge
from supplyhub.delivery.states import ScanAnswer
from supplyhub.errors import BusyError, HubError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from supplyhub.crypto import SigningKey
    from supplyhub.delivery.scanning import Handed, TurnedAway
    from supplyhub.people.asker import Asker

# A refusal that took longer to come was made without signal.
PROMPT = timedelta(minutes=1)
# A device whose clock is off by less is believed.
CLOCK_TOLERANCE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a handover: applied, duplicate, refused (`error` says why), or not_yet: send it again."""

    id: UUID
    answer: ScanAnswer
    error: HubError | None = None


def hand_over_all(asker: Asker, handed: Sequence[Handed], *, sent_at: datetime, key: SigningKey) -> list[Answer]:
    """Hand over what a device handed over without signal, and answer each; `sent_at`: now, by the device's clock.

    A transaction each. What can't be booked yet, because a parcel isn't packed by our books or others hold the rows, is
    not_yet: the device keeps it.
    """
    return [_hand_over_one(asker, each, _ahead(sent_at), key) for each in handed]


def _ahead(sent_at: datetime) -> timedelta:
    """Return by how much the device's clock is slow."""
    off = datetime.now(UTC) - sent_at
    return off if abs(off) > CLOCK_TOLERANCE else timedelta()


def _hand_over_one(asker: Asker, each: Handed, ahead: timedelta, key: SigningKey) -> Answer:
    scan = Scan(each.id, each.happened_at + ahead, offline=True)
    try:
        new = hand_over(asker, ticket_code=each.ticket, badge_code=each.badge, crates=each.crates, key=key, scan=scan)
    except (TurnedAwayError, NotFoundError) as refused:
        return Answer(each.id, ScanAnswer.REFUSED, refused)
    except BusyError as busy:
        return Answer(each.id, ScanAnswer.NOT_YET, busy)
    except HubError as hindered:
        later = "unpacked" in hindered.data
        return Answer(each.id, ScanAnswer.NOT_YET if later else ScanAnswer.REFUSED, hindered)
    return Answer(each.id, ScanAnswer.APPLIED if new else ScanAnswer.DUPLICATE)


def keep_refusals(asker: Asker, refusals: Sequence[TurnedAway], *, sent_at: datetime) -> None:
    """Write down whom a device turned away, with signal or without; the same again has no further effect."""
    ahead = _ahead(sent_at)
    with transaction():
        execute(
            """
            INSERT INTO refused_scan (id, community_id, scanned_by, reason, ticket_id, badge_id, offline, happened_at)
            SELECT r.id, :community, :by, r.reason, t.id, b.id, r.late, least(r.happened_at, clock_timestamp())
            FROM unnest(CAST(:ids AS uuid[]), CAST(:reasons AS text[]), CAST(:tickets AS text[]), CAST(:badges AS text[]),
                        CAST(:times AS timestamptz[]), CAST(:late AS boolean[]))
                 AS r(id, reason, ticket, badge, happened_at, late)
            LEFT JOIN (SELECT t.id, t.code FROM ticket AS t JOIN cycle AS c ON c.id = t.cycle_id
                       WHERE c.community_id = :community) AS t ON t.code = r.ticket
            LEFT JOIN (SELECT b.id, b.code FROM badge AS b JOIN grid AS g ON g.id = b.grid_id
                       WHERE g.community_id = :community) AS b ON b.code = r.badge
            ON CONFLICT (id) DO NOTHING
            """,
            community=asker.community_id,
            by=asker.account_id,
            ids=[each.id for each in refusals],
            reasons=[each.reason for each in refusals],
            tickets=[read_code(each.ticket) for each in refusals],
            badges=[read_badge(each.badge) for each in refusals],
            times=[each.happened_at + ahead for each in refusals],
            late=[sent_at - each.happened_at > PROMPT for each in refusals],
        )
