"""What phones reported of doors, read and written by sets: statements for the caller's transaction, which holds the tickets."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, rows
from supplyhub.delivery import inbox
from supplyhub.delivery.entries import Door, Entry, Kept, Known
from supplyhub.delivery.states import (
    TICKET_MOVES,
    WITH_VOLUNTEER,
    EntryAnswer,
    EntryOutcome,
    EntryReason,
    InboxKind,
)
from supplyhub.depot.carrying import carry
from supplyhub.depot.valuing import book_worth
from supplyhub.errors import BusyError
from supplyhub.moves import move
from supplyhub.payments.states import EntryKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.engine import Row

    from supplyhub.delivery.entries import Change, Settled
    from supplyhub.people.asker import Asker

# What says which entry it is; a ticket's own entries carry the badge that had it.
STOPS = """
    SELECT s.id, s.ticket_id, s.grid_id, s.order_id, s.parcel_id, s.outcome, s.problem, s.entry_id, o.building_id,
           o.household_id, t.cycle_id, t.state, t.at_point, t.badge_id, b.account_id AS holder_id,
           t.handed_over_at, coalesce(c.passed_at IS NOT NULL, false) AS passed_on, e.entered_by IS NOT NULL AS typed
    FROM stop AS s
    JOIN ticket AS t ON t.id = s.ticket_id
    JOIN orders AS o ON o.id = s.order_id
    JOIN grid AS g ON g.id = s.grid_id
    LEFT JOIN badge AS b ON b.id = t.badge_id
    LEFT JOIN anchor_custody AS c ON c.entry_id = s.entry_id
    LEFT JOIN delivery_entry AS e ON e.id = s.entry_id
    WHERE g.community_id = :community
"""


def stops_by_id(asker: Asker, stop_ids: Collection[int]) -> dict[int, Row[Any]]:
    """Return stops of the asker's community, by id, with what their tickets say now."""
    found = rows(f"{STOPS} AND s.id = ANY (:stops)", community=asker.community_id, stops=sorted(stop_ids))
    return {stop.id: stop for stop in found}


def door_of(stop: Row[Any]) -> Door:
    """Return how a stop stands."""
    out = stop.state in WITH_VOLUNTEER
    return Door(stop.badge_id, stop.outcome, stop.problem, stop.entry_id, out, stop.passed_on)


def known_entries(stop_ids: Collection[int], entry_ids: Collection[UUID]) -> list[Known]:
    """Return the entries about some stops, and those by some numbers, whatever they are about.

    What a lead set aside counts as undone.
    """
    found = rows(
        """
        SELECT e.id, e.stop_id, e.badge_id, e.outcome, e.problem, e.happened_at, e.undoes, e.left_with, e.phone_at, e.answer,
               CASE WHEN a.entry_id IS NULL THEN u.answer ELSE 'applied' END AS undo
        FROM delivery_entry AS e
        LEFT JOIN delivery_entry AS u ON u.undoes = e.id
        LEFT JOIN entry_set_aside AS a ON a.entry_id = e.id
        WHERE e.stop_id = ANY (:stops) OR e.id = ANY (:ids)
        """,
        stops=sorted(stop_ids),
        ids=list(entry_ids),
    )
    kept = _kept_back([each.id for each in found])
    return [
        Known(
            Entry(
                each.id,
                each.stop_id,
                EntryOutcome(each.outcome),
                each.problem,
                each.happened_at,
                each.undoes,
                each.left_with,
                frozenset(kept[each.id]),
                each.phone_at,
            ),
            each.badge_id,
            each.answer,
            each.undo,
        )
        for each in found
    ]


def _kept_back(entry_ids: Sequence[UUID]) -> dict[UUID, list[Kept]]:
    kept: dict[UUID, list[Kept]] = defaultdict(list)
    for line in rows(
        "SELECT entry_id, item_id, substitute, units, problem FROM kept_back WHERE entry_id = ANY (:ids)",
        ids=list(entry_ids),
    ):
        kept[line.entry_id].append(Kept(line.item_id, line.substitute, line.units, line.problem))
    return kept


def implausible(entries: Sequence[Entry], stops: Mapping[int, Row[Any]]) -> dict[UUID, EntryReason]:
    """Return which entries tell of an anchor household or of goods that their doors don't have."""
    anchors = {
        anchor.id: anchor
        for anchor in rows(
            "SELECT id, building_id, household_id FROM anchor_household WHERE id = ANY (:anchors)",
            anchors=sorted({entry.left_with for entry in entries if entry.left_with}),
        )
    }
    packed = _packed({entry.stop for entry in entries if entry.kept_back})
    wrong: dict[UUID, EntryReason] = {}
    for entry in entries:
        stop = stops[entry.stop]
        anchor = anchors.get(entry.left_with) if entry.left_with else None
        if entry.left_with and (
            anchor is None or anchor.building_id != stop.building_id or anchor.household_id == stop.household_id
        ):
            wrong[entry.id] = EntryReason.NO_SUCH_ANCHOR
        elif entry.kept_back and not _is_part(entry.kept_back, packed[entry.stop]):
            wrong[entry.id] = EntryReason.NOT_IN_PARCEL
    return wrong


def _packed(stop_ids: Collection[int]) -> dict[int, dict[tuple[int, bool], int]]:
    """Return what is in the parcels of some stops: units by line."""
    packed: dict[int, dict[tuple[int, bool], int]] = defaultdict(dict)
    for line in rows(
        """
        SELECT s.id, l.item_id, l.substitute, sum(l.quantity)::bigint AS units
        FROM stop AS s JOIN parcel_line AS l ON l.parcel_id = s.parcel_id
        WHERE s.id = ANY (:stops) GROUP BY s.id, l.item_id, l.substitute
        """,
        stops=sorted(stop_ids),
    ):
        packed[line.id][line.item_id, line.substitute] = line.units
    return packed


def _is_part(kept: Collection[Kept], packed: Mapping[tuple[int, bool], int]) -> bool:
    """Tell whether this is some of a parcel's goods, but not all: whoever keeps all of it back has not delivered."""
    lines = {(line.item, line.substitute): line.units for line in kept}
    fits = len(lines) == len(kept) and all(units <= packed.get(line, 0) for line, units in lines.items())
    return fits and sum(lines.values()) < sum(packed.values())


def keep(
    settled: Sequence[Settled],
    stops: Mapping[int, Row[Any]],
    badges: Mapping[int, int],
    device: UUID | None,
    *,
    entered_by: int | None = None,
) -> None:
    """Write every entry that is to be kept, whatever became of it. `badges`: by stop, whose word it is.

    `entered_by`: the account of who typed it from paper.

    Raises BusyError when one of them arrives on another way at this moment.
    """
    new = [each for each in settled if each.keep]
    written = rows(
        """
        INSERT INTO delivery_entry
            (id, stop_id, badge_id, grid_id, outcome, problem, undoes, left_with, answer, device, entered_by, phone_at,
             happened_at)
        SELECT e.id, e.stop_id, e.badge_id, e.grid_id, e.outcome, e.problem, e.undoes, e.left_with, e.answer, :device,
               :entered_by, e.phone_at, e.happened_at
        FROM unnest(CAST(:ids AS uuid[]), CAST(:stops AS bigint[]), CAST(:badges AS bigint[]), CAST(:grids AS bigint[]),
                    CAST(:outcomes AS text[]), CAST(:problems AS text[]), CAST(:undoes AS uuid[]), CAST(:anchors AS bigint[]),
                    CAST(:answers AS text[]), CAST(:phone AS timestamptz[]), CAST(:times AS timestamptz[]))
             AS e(id, stop_id, badge_id, grid_id, outcome, problem, undoes, left_with, answer, phone_at, happened_at)
        ON CONFLICT DO NOTHING RETURNING id
        """,
        device=device,
        entered_by=entered_by,
        ids=[each.entry.id for each in new],
        stops=[each.entry.stop for each in new],
        badges=[badges[each.entry.stop] for each in new],
        grids=[stops[each.entry.stop].grid_id for each in new],
        outcomes=[each.entry.outcome.value for each in new],
        problems=[each.entry.problem.value if each.entry.problem else None for each in new],
        undoes=[each.entry.undoes for each in new],
        anchors=[each.entry.left_with for each in new],
        answers=[each.answer.value if each.answer else None for each in new],
        phone=[each.entry.phone_at for each in new],
        times=[each.entry.happened_at for each in new],
    )
    if len(written) < len(new):
        raise BusyError("the same entry arrives on another way at this moment", retry_after_seconds=1)
    _keep_lines([each.entry for each in new], stops)


def _keep_lines(entries: Iterable[Entry], stops: Mapping[int, Row[Any]]) -> None:
    lines = [(entry, line) for entry in entries for line in sorted(entry.kept_back)]
    if not lines:
        return
    execute(
        """
        INSERT INTO kept_back (entry_id, item_id, substitute, order_id, stop_id, grid_id, units, problem)
        SELECT * FROM unnest(CAST(:entries AS uuid[]), CAST(:items AS bigint[]), CAST(:substitutes AS boolean[]),
                             CAST(:orders AS bigint[]), CAST(:stops AS bigint[]), CAST(:grids AS bigint[]),
                             CAST(:units AS bigint[]), CAST(:problems AS text[]))
        """,
        entries=[entry.id for entry, _ in lines],
        items=[line.item for _, line in lines],
        substitutes=[line.substitute for _, line in lines],
        orders=[stops[entry.stop].order_id for entry, _ in lines],
        stops=[entry.stop for entry, _ in lines],
        grids=[stops[entry.stop].grid_id for entry, _ in lines],
        units=[line.units for _, line in lines],
        problems=[line.problem.value for _, line in lines],
    )


def take_effect(asker: Asker, changes: Sequence[Change], stops: Mapping[int, Row[Any]]) -> None:
    """Let stops stand by other entries: their outcomes, parcels, units, worth, custody and the leads' inbox follow."""
    if not changes:
        return
    taken_back = [each for each in changes if each.before and each.before.outcome == EntryOutcome.DELIVERED]
    delivered = [each for each in changes if each.after and each.after.outcome == EntryOutcome.DELIVERED]
    carry(asker, [stops[each.stop].parcel_id for each in taken_back], "undo")
    _take_from_anchors([each.before.id for each in taken_back if each.before])
    _write_outcomes(changes)
    _leave_with_anchors([each.after for each in delivered if each.after], stops)
    carry(asker, [stops[each.stop].parcel_id for each in delivered], "deliver")
    _book_kept(asker, changes, stops)
    _tell_the_lead(asker, changes, stops)


def set_out(stops: Sequence[Row[Any]]) -> None:
    """Write that volunteers are under way with the tickets of these stops, from the first door on."""
    for state in WITH_VOLUNTEER:
        execute(
            "UPDATE ticket SET state = :state, started_at = coalesce(started_at, clock_timestamp()) WHERE id = ANY (:ids)",
            state=move(TICKET_MOVES, state, "set_out"),
            ids=sorted({stop.ticket_id for stop in stops if stop.state == state}),
        )


def _write_outcomes(changes: Sequence[Change]) -> None:
    after = [each.after for each in changes]
    execute(
        """
        UPDATE stop SET outcome = e.outcome, problem = e.problem, happened_at = e.happened_at, entry_id = e.entry_id
        FROM unnest(CAST(:stops AS bigint[]), CAST(:entries AS uuid[]), CAST(:outcomes AS text[]), CAST(:problems AS text[]),
                    CAST(:times AS timestamptz[])) AS e(stop_id, entry_id, outcome, problem, happened_at)
        WHERE stop.id = e.stop_id
        """,
        stops=[each.stop for each in changes],
        entries=[entry.id if entry else None for entry in after],
        outcomes=[entry.outcome.value if entry else None for entry in after],
        problems=[entry.problem if entry else None for entry in after],
        times=[entry.happened_at if entry else None for entry in after],
    )


def _take_from_anchors(entry_ids: Sequence[UUID]) -> None:
    gone = rows(
        "DELETE FROM anchor_custody WHERE entry_id = ANY (:entries) RETURNING passed_at", entries=list(entry_ids)
    )
    if any(custody.passed_at for custody in gone):
        raise BusyError("an anchor household passes the parcel on at this moment", retry_after_seconds=1)


def _leave_with_anchors(entries: Iterable[Entry], stops: Mapping[int, Row[Any]]) -> None:
    left = [entry for entry in entries if entry.left_with]
    if not left:
        return
    execute(
        """
        INSERT INTO anchor_custody (entry_id, stop_id, grid_id, anchor_id, left_at)
        SELECT * FROM unnest(CAST(:entries AS uuid[]), CAST(:stops AS bigint[]), CAST(:grids AS bigint[]),
                             CAST(:anchors AS bigint[]), CAST(:times AS timestamptz[]))
        """,
        entries=[entry.id for entry in left],
        stops=[entry.stop for entry in left],
        grids=[stops[entry.stop].grid_id for entry in left],
        anchors=[entry.left_with for entry in left],
        times=[entry.happened_at for entry in left],
    )


def _book_kept(asker: Asker, changes: Sequence[Change], stops: Mapping[int, Row[Any]]) -> None:
    orders: dict[int, list[int]] = defaultdict(list)
    for each in changes:
        if any(entry and entry.kept_back for entry in (each.before, each.after)):
            orders[stops[each.stop].cycle_id].append(stops[each.stop].order_id)
    for cycle_id in sorted(orders):
        book_worth(cycle_id, EntryKind.RETURNED, sorted(orders[cycle_id]), by=asker.account_id)


def _tell_the_lead(asker: Asker, changes: Sequence[Change], stops: Mapping[int, Row[Any]]) -> None:
    """Take from the inbox what isn't so any more, and put in what a lead has to look after now."""
    inbox.withdraw(asker, [entry.id for each in changes for entry in (each.before, each.after) if entry])
    after = [each.after for each in changes if each.after]
    for kind, concerned in (
        (InboxKind.FAILED_DOOR, [entry for entry in after if entry.outcome == EntryOutcome.FAILED]),
        (InboxKind.KEPT_BACK, [entry for entry in after if entry.kept_back]),
    ):
        inbox.open_items(kind, [inbox.about(stops[entry.stop], entry.id) for entry in concerned])


def tell_of_conflicts(settled: Sequence[Settled], stops: Mapping[int, Row[Any]]) -> None:
    """Put into the leads' inbox what contradicts, unless it stands by now."""
    conflicts = [each for each in settled if each.answer == EntryAnswer.CONFLICT]
    inbox.open_items(
        InboxKind.ENTRY_CONFLICT,
        # The number may be that of an entry about another door.
        [inbox.about(stops[each.entry.stop], each.entry.id if each.keep else None) for each in conflicts],
    )
