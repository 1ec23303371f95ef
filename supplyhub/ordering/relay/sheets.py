"""A pasted chain beside what was applied before: entry by entry, and what it makes of each door. Writes nothing."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from supplyhub.catalog.queries import menu_for
from supplyhub.errors import InvalidError
from supplyhub.ordering.relay import books
from supplyhub.ordering.relay.entries import Step, Suggestion
from supplyhub.ordering.relay.matching import Matched, Said, Since, match
from supplyhub.ordering.relay.notes import Code, Note, Verdict
from supplyhub.ordering.relay.planning import DoorPlan, Fate, plan_doors
from supplyhub.ordering.relay.reading import read_relay
from supplyhub.ordering.states import EntryKind
from supplyhub.schemas import PLAIN_CONTROLS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.ordering.relay.entries import Entry, Reading
    from supplyhub.ordering.relay.facts import Known
    from supplyhub.people.asker import Asker

LONGEST_RELAY = 100_000
LONGEST_FIX = 300
MOST_ENTRIES = 3_000


@dataclass(frozen=True, slots=True)
class Fix:
    """What somebody says that an entry does; without household it is left out."""

    household: int | None = None
    kind: EntryKind = EntryKind.ADD
    lines: Mapping[int, int] = field(default_factory=dict)


SKIP = Fix()


@dataclass(frozen=True, slots=True)
class SheetRow:
    """An entry as typed beside what is done with it; `since` is None for one that was left out or stands twice.

    `tried` is how somebody typed it again, when that can't be read without doubt either.
    """

    entry: Entry
    since: Since | None
    step: Step | None
    fixed: bool
    tried: Entry | None = None

    @property
    def waits(self) -> bool:
        """Tell whether somebody has to say what it means."""
        return self.since == Since.WAITS


@dataclass(frozen=True, slots=True)
class Sheet:
    """A paste, entry by entry and door by door. `last_at` is when the relay was last applied, None for never."""

    menu: Row[Any]
    known: Known
    reading: Reading
    rows: Sequence[SheetRow]
    doors: Mapping[int, DoorPlan]
    last_at: datetime | None

    def fated(self, *fates: Fate) -> list[DoorPlan]:
        """Return the doors of some fates, in the paste's order."""
        return [door for door in self.doors.values() if door.fate in fates]

    @property
    def waiting(self) -> list[SheetRow]:
        """Return the entries that somebody has to look at before they do anything."""
        return [row for row in self.rows if row.waits]


def fingerprint(vault: Vault, menu_id: int, words: str) -> bytes:
    """Return a keyed hash of an entry's words, the same however it is spaced and whatever width its signs have."""
    normal = "".join(
        sign for sign in unicodedata.normalize("NFKC", words) if unicodedata.category(sign)[0] not in {"C", "Z"}
    )
    return vault.lookup_hash(normal.casefold(), f"relay entry {menu_id}")


def plain(text: str) -> str:
    """Return a text without what is neither a sign nor a line's end: NUL, halves of signs."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in lines if sign in PLAIN_CONTROLS or unicodedata.category(sign) not in {"Cc", "Cs"})


def read(text: str, known: Known) -> Reading:
    """Return a pasted text as read. Raises InvalidError for one that is too long to be a relay."""
    # What is far too long isn't even cleaned.
    words = plain(text) if len(text) <= 2 * LONGEST_RELAY else text
    if len(words) > LONGEST_RELAY:
        raise InvalidError("this is too long to be one relay", longest=LONGEST_RELAY, length=len(words))
    reading = read_relay(words, known)
    if len(reading.entries) > MOST_ENTRIES:
        raise InvalidError("these are too many entries for one relay", most=MOST_ENTRIES, entries=len(reading.entries))
    return reading


def retyped(fixes: Mapping[int, Fix | str], known: Known) -> dict[int, Fix | Entry]:
    """Return the fixes with what was typed again read; an entry is one that still isn't clear."""
    settled: dict[int, Fix | Entry] = {}
    for place, fix in fixes.items():
        if isinstance(fix, Fix):
            settled[place] = fix
            continue
        # Numbered, so that it is read as an entry and nothing else.
        words = plain(fix).replace("\n", " ")[:LONGEST_FIX]
        entries = read_relay(f"1. {words}", known).entries
        if not entries:
            raise InvalidError("a fix is a door and what it wants", entry=place)
        again = entries[0]
        clear = len(entries) == 1 and again.household_id is not None and again.verdict != Verdict.REVIEW
        settled[place] = Fix(again.household_id, again.kind, again.lines) if clear else again
    return settled


def make_sheet(
    asker: Asker,
    menu_id: int,
    known: Known,
    reading: Reading,
    settled: Mapping[int, Fix | Entry],
    taken: Collection[int],
    vault: Vault,
) -> Sheet:
    """Return the sheet of a reading. Raises InvalidError for a fix that can't be, NotFoundError for another grid's menu."""
    fixes = {place: fix for place, fix in settled.items() if isinstance(fix, Fix)}
    tried = {place: fix for place, fix in settled.items() if not isinstance(fix, Fix)}
    _check(fixes, known, reading)
    menu = menu_for(asker, menu_id)
    kept = books.kept_entries(menu_id)
    paste = [_said(entry, settled, vault, menu_id) for entry in reading.entries if _counts(entry, fixes)]
    matched = match(paste, kept)
    homes = {step.household_id for step in matched.steps.values()} | {entry.step.household_id for entry in kept}
    withdrawn = {item.id for item in known.items if item.withdrawn}
    return Sheet(
        menu=menu,
        known=known,
        reading=reading,
        rows=[_row(entry, matched, fixes, tried) for entry in reading.entries],
        doors=plan_doors(paste, kept, matched, books.standing_of(menu_id, homes), withdrawn, taken),
        last_at=books.last_applied(menu_id),
    )


def _check(fixes: Mapping[int, Fix], known: Known, reading: Reading) -> None:
    doors, items = {door.household_id for door in known.doors}, {item.id for item in known.items}
    for place, fix in fixes.items():
        if not 1 <= place <= len(reading.entries):
            raise InvalidError("there is no such entry in this relay", entry=place)
        if fix.household is not None and fix.household not in doors:
            raise InvalidError("this household doesn't order from this menu", entry=place, household=fix.household)
        if unknown := sorted(set(fix.lines) - items):
            raise InvalidError("these items are not on the menu", entry=place, items=unknown)


def _counts(entry: Entry, fixes: Mapping[int, Fix]) -> bool:
    if entry.place in fixes:
        return fixes[entry.place].household is not None or entry.household_id is not None
    return all(note.code != Code.REPEATED for note in entry.notes)


def _said(entry: Entry, settled: Mapping[int, Fix | Entry], vault: Vault, menu_id: int) -> Said:
    fix, step = settled.get(entry.place), None
    if isinstance(fix, Fix):
        # What is left out is kept as one that does nothing, so that it is known again.
        home = fix.household or entry.household_id
        step = Step(home, fix.kind, dict(fix.lines)) if home is not None else None
    elif fix is None and entry.household_id is not None and entry.verdict != Verdict.REVIEW:
        step = Step(entry.household_id, entry.kind, dict(entry.lines))
    words = fingerprint(vault, menu_id, entry.words)
    home = step.household_id if step else entry.household_id
    return Said(entry.place, entry.number, words, step, fixed=fix is not None, home=home, more=entry.more)


def _row(entry: Entry, matched: Matched, fixes: Mapping[int, Fix], tried: Mapping[int, Entry]) -> SheetRow:
    place = entry.place
    if place in fixes and fixes[place].household is None:
        return SheetRow(entry, None, None, fixed=True)
    if place in matched.missing:
        entry = _asked(entry, matched.missing[place])
    return SheetRow(entry, matched.since.get(place), matched.steps.get(place), place in fixes, tried.get(place))


def _asked(entry: Entry, earlier: int) -> Entry:
    """Return an entry with the question whether it comes on top of an earlier one; most likely it is that one, edited."""
    best = Suggestion(entry.household_id, entry.door, EntryKind.REPLACE, entry.lines)
    note = Note(Code.EARLIER_MISSING, {"entry": earlier})
    return replace(entry, notes=(*entry.notes, note), suggestion=best)
