"""In whose hands the stops are that a phone speaks of: the asker's tickets among them locked, all of it read once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from supplyhub.db import execute, rows, scalar
from supplyhub.delivery.recording import stops_by_id
from supplyhub.delivery.states import EntryReason, RefusedMove
from supplyhub.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


class Held(NamedTuple):
    """A ticket that somebody has or had, as payments know one."""

    id: int
    badge_id: int
    grid_id: int


@dataclass
class Hands:
    """Tickets by their codes and stops by their ids, of the asker's community; the asker's are locked.

    were_mine: by ticket, the ones of the asker's of which it took over stops
    strangers: tickets of other grids that the asker's badge was turned away from
    """

    asker: Asker
    tickets: Mapping[str, Row[Any]]
    stops: Mapping[int, Row[Any]]
    badge_grid: int | None
    were_mine: Mapping[int, Collection[int]]
    strangers: set[int] = field(default_factory=set)

    def hinders(self, code: str, stop_id: int) -> EntryReason | None:
        """Return why a report about a stop isn't for the asker to make: TAKEN_OVER was, by this ticket; None: it is."""
        stop, ticket = self.stops.get(stop_id), self.tickets.get(code)
        if stop is not None and self._is_mine(stop):
            return None if stop.handed_over_at else EntryReason.NOT_HANDED_OVER
        if stop is not None and ticket is not None and ticket.id in self.were_mine.get(stop.ticket_id, ()):
            return EntryReason.TAKEN_OVER if ticket.handed_over_at else EntryReason.NOT_HANDED_OVER
        for named, number in ((ticket, "id"), (stop, "ticket_id")):
            if named is not None and self.badge_grid not in {None, named.grid_id}:
                self.strangers.add(getattr(named, number))
                return EntryReason.WRONG_GRID
        return EntryReason.UNKNOWN

    def held(self, code: str, stop_id: int) -> Held:
        """Return by which ticket the asker has a stop, or had it before it was taken over."""
        stop = self.stops[stop_id]
        if self._is_mine(stop):
            return Held(stop.ticket_id, stop.badge_id, stop.grid_id)
        ticket = self.tickets[code]
        return Held(ticket.id, ticket.badge_id, ticket.grid_id)

    def record_refusals(self) -> None:
        """Write from which tickets of other grids the asker's badge was turned away."""
        if self.strangers:
            execute(
                "INSERT INTO grid_refusal (ticket_id, badge_id, refused_move)"
                " SELECT unnest(CAST(:tickets AS bigint[])), :badge, :move",
                tickets=sorted(self.strangers),
                badge=self.asker.badge_id,
                move=RefusedMove.DELIVER,
            )

    def _is_mine(self, ticket: Row[Any]) -> bool:
        return bool(ticket.holder_id == self.asker.account_id)


def hands_of(asker: Asker, codes: Collection[str], stop_ids: Collection[int]) -> Hands:
    """Return whose the named tickets and stops are; lock the asker's in id order. In the caller's transaction.

    Raises BusyError when a stop came to the asker between the look and the lock.
    """
    named: dict[str, object] = {"codes": sorted(codes), "community": asker.community_id}
    locked = {found.id for found in rows(LOCK, stops=sorted(stop_ids), account=asker.account_id, **named)}
    # Read after the lock, in statements of their own: the one that waited saw how it was before the wait.
    tickets = {ticket.code: ticket for ticket in rows(TICKETS, **named)}
    stops = stops_by_id(asker, stop_ids)
    if any(stop.holder_id == asker.account_id and stop.ticket_id not in locked for stop in stops.values()):
        raise BusyError("a ticket comes to this volunteer at this moment", retry_after_seconds=1)
    grid = scalar("SELECT grid_id FROM badge WHERE id = :badge", badge=asker.badge_id)
    mine = [ticket.id for ticket in tickets.values() if ticket.holder_id == asker.account_id]
    return Hands(asker, tickets, stops, grid, _heirs(mine))


def _heirs(ticket_ids: Sequence[int]) -> dict[int, set[int]]:
    """Return the tickets that took over stops of these, each with those of these that it did of."""
    heirs: dict[int, set[int]] = defaultdict(set)
    for heir in rows(HEIRS, tickets=list(ticket_ids)):
        heirs[heir.id].add(heir.origin)
    return heirs


LOCK = """
    SELECT t.id FROM badge AS b JOIN ticket AS t ON t.badge_id = b.id JOIN grid AS g ON g.id = t.grid_id
    WHERE b.account_id = :account AND g.community_id = :community
      AND (t.code = ANY (:codes) OR t.id IN (SELECT ticket_id FROM stop WHERE id = ANY (:stops)))
    ORDER BY t.id FOR UPDATE OF t
"""

TICKETS = """
    SELECT t.id, t.code, t.grid_id, t.badge_id, t.handed_over_at, b.account_id AS holder_id
    FROM ticket AS t JOIN grid AS g ON g.id = t.grid_id LEFT JOIN badge AS b ON b.id = t.badge_id
    WHERE t.code = ANY (:codes) AND g.community_id = :community
"""

HEIRS = """
    WITH RECURSIVE heir AS (
        SELECT id, id AS origin FROM ticket WHERE id = ANY (:tickets)
        UNION
        SELECT t.id, h.origin FROM ticket AS t JOIN heir AS h ON t.predecessor_id = h.id
    )
    SELECT id, origin FROM heir WHERE id <> origin
"""
