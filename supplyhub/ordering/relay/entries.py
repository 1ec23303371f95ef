"""What was read: entries, each with a door, lines and a verdict; and the reading as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from supplyhub.ordering.relay.folding import fold
from supplyhub.ordering.relay.notes import Note, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from supplyhub.ordering.states import EntryKind


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a waiting entry most likely means, as far as it could be told."""

    household_id: int | None
    door: str | None
    kind: EntryKind
    lines: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the chain, as typed and as read.

    `number` is the chain's own, else the ordinal; `place` the ordinal from 1. `lines` are units by item id: to add;
    or, of a replacement, what the door then has of these items (0 for none of it). Of an entry in review they are
    what was matched, and nothing is ordered by it. `words` is the text made plain, without its number in the chain.
    """

    number: int
    place: int
    text: str
    kind: EntryKind
    household_id: int | None
    door: str | None
    lines: Mapping[int, int]
    notes: Sequence[Note] = ()
    suggestion: Suggestion | None = None
    words: str = ""
    # Says that it comes on top of what there is: 再加.
    more: bool = False

    @property
    def verdict(self) -> Verdict:
        """Return the gravest of the notes' verdicts."""
        verdicts = {note.verdict for note in self.notes}
        return next((grave for grave in (Verdict.REVIEW, Verdict.FLAGGED) if grave in verdicts), Verdict.SURE)


@dataclass(frozen=True, slots=True)
class Step:
    """What one entry does to its door's basket; an applied entry of the past is one as well."""

    household_id: int
    kind: EntryKind
    lines: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """A relay as read. `headings` are the lines that belong to no entry; `warnings` concern the text as a whole."""

    entries: Sequence[Entry]
    headings: Sequence[str] = ()
    warnings: Sequence[Note] = field(default_factory=tuple)

    def steps(self) -> Iterator[Step]:
        """Yield what the entries do that aren't in review, in their order."""
        for entry in self.entries:
            if entry.household_id is not None and entry.verdict != Verdict.REVIEW:
                yield Step(entry.household_id, entry.kind, entry.lines)

    def baskets(self) -> dict[int, dict[int, int]]:
        """Return units by item id by household, of those that want anything in the end."""
        return {home: lines for home, lines in fold(self.steps()).items() if lines}

    @property
    def withdrawn(self) -> list[int]:
        """Return the households whose entries come to nothing in the end, in the order of their first entry."""
        return [home for home, lines in fold(self.steps()).items() if not lines]

    @property
    def review(self) -> list[Entry]:
        """Return the entries that somebody has to look at: those that wait, and the flagged ones."""
        return [entry for entry in self.entries if entry.verdict != Verdict.SURE]
