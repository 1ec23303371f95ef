"""All that a volunteer's phone kept without signal, at once: each entry and each taking is answered, none stops the others."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, transaction
from supplyhub.delivery import recording
from supplyhub.delivery.commands.doors import report
from supplyhub.delivery.entries import (
    RefusedTaking,
    SentEntry,
    SentTaking,
    Settled,
    Synced,
    set_right,
    settle_taken_over,
)
from supplyhub.delivery.hands import hands_of
from supplyhub.delivery.states import EntryReason
from supplyhub.payments.taking import take

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from supplyhub.delivery.entries import Entry
    from supplyhub.delivery.hands import Hands, Held
    from supplyhub.payments.rules import SettledTaking
    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class Clock:
    """The phone's clock and ours, at the same moment."""

    sent_at: datetime
    now: datetime

    def right(self, sent: SentEntry | SentTaking, hands: Hands) -> Any:
        """Return what was sent, with its time by our clock."""
        stop = hands.stops.get(sent.what.stop)
        earliest = stop.handed_over_at if stop is not None else None
        return replace(
            sent.what,
            happened_at=set_right(sent.what.happened_at, sent_at=self.sent_at, now=self.now, earliest=earliest),
        )


def sync(
    asker: Asker,
    *,
    sent_at: datetime,
    device: UUID,
    entries: Sequence[SentEntry] = (),
    takings: Sequence[SentTaking] = (),
) -> Synced:
    """Record what a phone sends; answer each entry and each taking, whatever becomes of the others.

    `sent_at`: the phone's clock as it sends; more than two minutes off, it sets the times right. What is about a stop that
    somebody else has by now is kept as a conflict, and its money is booked for the ticket it was taken for. Raises
    BusyError when the same arrives on another way at this moment.
    """
    with transaction():
        sent: list[SentEntry | SentTaking] = [*entries, *takings]
        hands = hands_of(asker, {each.ticket for each in sent}, {each.what.stop for each in sent})
        clock = Clock(sent_at, datetime.now(UTC))
        settled = _record(hands, clock, entries, device)
        money = _book(hands, clock, takings)
        hands.record_refusals()
        return Synced(settled, money)


def _record(hands: Hands, clock: Clock, sent: Sequence[SentEntry], device: UUID) -> list[Settled]:
    hindered = [hands.hinders(each.ticket, each.what.stop) for each in sent]
    entries = [clock.right(each, hands) for each in sent]
    own = [place for place, reason in enumerate(hindered) if reason is None]
    others = [place for place, reason in enumerate(hindered) if reason == EntryReason.TAKEN_OVER]
    settled = {
        place: Settled(entries[place], None, keep=False, reason=reason)
        for place, reason in enumerate(hindered)
        if reason
    }
    # What was taken over is only kept, so its stops need no lock.
    held = {sent[place].what.stop: hands.held(sent[place].ticket, sent[place].what.stop) for place in others}
    kept = _keep_taken_over(hands, [entries[place] for place in others], held, device)
    settled |= dict(zip(others, kept, strict=True))
    reported = report(hands.asker, [entries[place] for place in own], hands.stops, device=device)
    settled |= dict(zip(own, reported, strict=True))
    return [settled[place] for place in range(len(sent))]


def _keep_taken_over(hands: Hands, entries: Sequence[Entry], held: dict[int, Held], device: UUID) -> list[Settled]:
    """Keep what is said of stops that somebody else has by now, for the lead: nothing of it takes effect."""
    if not entries:
        return []
    numbers = [number for entry in entries for number in (entry.id, entry.undoes) if number]
    settled = settle_taken_over(entries, recording.known_entries((), numbers))
    recording.keep(settled, hands.stops, {stop: ticket.badge_id for stop, ticket in held.items()}, device)
    recording.tell_of_conflicts(settled, hands.stops)
    return settled


def _book(hands: Hands, clock: Clock, sent: Sequence[SentTaking]) -> list[SettledTaking | RefusedTaking]:
    answers: dict[int, SettledTaking | RefusedTaking] = {}
    places: dict[Held, list[int]] = defaultdict(list)
    for place, each in enumerate(sent):
        reason = hands.hinders(each.ticket, each.what.stop)
        if reason in {None, EntryReason.TAKEN_OVER}:
            places[hands.held(each.ticket, each.what.stop)].append(place)
        elif reason:
            answers[place] = RefusedTaking(each.what, reason)
    orders = {stop.id: stop.order_id for stop in hands.stops.values()}
    # All at once, in id order: each ticket's alone would lock them in another order than others do.
    concerned = sorted({orders[sent[place].what.stop] for found in places.values() for place in found})
    execute("SELECT id FROM orders WHERE id = ANY (:orders) ORDER BY id FOR NO KEY UPDATE", orders=concerned)
    for ticket, found in sorted(places.items()):
        takings = [clock.right(sent[place], hands) for place in found]
        own = {taking.stop: orders[taking.stop] for taking in takings}
        answers |= dict(zip(found, take(hands.asker, ticket, takings, own), strict=True))  # type: ignore[arg-type]
    return [answers[place] for place in range(len(sent))]
