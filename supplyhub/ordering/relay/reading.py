"""The way in: a pasted chain against what is known."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from supplyhub.ordering.relay.asks import parts_of
from supplyhub.ordering.relay.chain import LONGEST_ENTRY, split_chain
from supplyhub.ordering.relay.doors import DoorBook, FoundDoor, Written, find_door, without_number, written_in
from supplyhub.ordering.relay.entries import Entry, Reading, Suggestion
from supplyhub.ordering.relay.folding import after
from supplyhub.ordering.relay.hygiene import clean_lines, plain_text
from supplyhub.ordering.relay.judging import GOODS, Judged, delivery_in, judge
from supplyhub.ordering.relay.lexicon import Lexicon
from supplyhub.ordering.relay.notes import Code, Note, Verdict
from supplyhub.ordering.relay.numerals import number_of
from supplyhub.ordering.relay.tokens import TOTAL, Kind, Token, tokens_of
from supplyhub.ordering.relay.wishes import Wish, wish_of
from supplyhub.ordering.relay.words import Meaning
from supplyhub.ordering.states import EntryKind
from supplyhub.places.rules import number_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplyhub.ordering.relay.chain import RawEntry
    from supplyhub.ordering.relay.facts import Door, Known

GRID = re.compile(r"(?:第\s*)?([0-9]{1,4}|[一二三四五六七八九十]{1,3})\s*号?网格|网格\s*([0-9]{1,4})")


def read_relay(text: str, known: Known) -> Reading:
    """Return a pasted chain as read. Raises InvalidError when the text is too long to be a chain."""
    reader = _Reader(known)
    chain = split_chain(clean_lines(text), reader.lexicon)
    entries = [reader.read(raw, place) for place, raw in enumerate(chain.entries, start=1)]
    return Reading(entries, tuple(chain.headings), tuple(_warnings(entries, chain.headings, known)))


@dataclass(slots=True)
class _Past:
    """What earlier entries of a door came to: its basket, and their words by number."""

    basket: dict[int, int] = field(default_factory=dict)
    numbers: set[int] = field(default_factory=set)
    said: set[tuple[int, str]] = field(default_factory=set)
    first_said: dict[str, int] = field(default_factory=dict)


class _Reader:
    """Reads one entry after the other; remembers what the doors have asked for so far."""

    def __init__(self, known: Known) -> None:
        self.lexicon = Lexicon(known)
        self._book = DoorBook(known)
        self._caps = {item.id: item.cap for item in known.items}
        self._past: dict[int, _Past] = {}

    def read(self, raw: RawEntry, place: int) -> Entry:
        """Return an entry as read."""
        said = "\n".join(raw.plain)
        text = said if len(said) <= LONGEST_ENTRY else ""
        written = written_in(text)
        tokens = tokens_of(written.rest, self.lexicon)
        found = find_door(written, _names(tokens), self._book)
        tokens = self._less_number(written, found, tokens)
        judged = judge(tokens, self.lexicon)
        if found.door and judged.nearby:
            found = FoundDoor(None, (Note(Code.DOOR_UNCLEAR, {"doors": [f"{found.door.said}{judged.nearby}"]}),))
        past = self._past.setdefault(found.door.household_id, _Past()) if found.door else _Past()
        parts = parts_of(judged.tokens)
        wish = wish_of(parts, self.lexicon.items, past.basket)
        if wish.kind == EntryKind.ADD and not wish.lines and all(note.code == Code.REMARK for note in wish.notes):
            wish.notes.append(Note(Code.NO_ITEMS) if text == said else Note(Code.UNKNOWN_ITEM, {"words": said[:20]}))
        wish.notes += _doubts(wish, judged, tokens)
        wish.notes += [_remark(words, self.lexicon) for words in judged.remarks]
        number = place if raw.number is None else raw.number
        if found.door:
            changes = any(token.kind == Kind.CHANGE for token in judged.tokens)
            _compare(wish, past, number, " ".join(text.split()), changes=changes)
        entry = self._entry(raw, place, number, found, wish, more=_is_more(judged))
        if entry.verdict != Verdict.REVIEW:
            past.basket = after(past.basket, entry.kind, entry.lines)
        return entry

    def _less_number(self, written: Written, found: FoundDoor, tokens: list[Token]) -> list[Token]:
        """Return the tokens without the bare number of a door that was found by name."""
        if found.door is None or any(said.door for said in written.doors):
            return tokens
        rest = without_number(written, found.door)
        return tokens if rest == written.rest else tokens_of(rest, self.lexicon)

    def _entry(self, raw: RawEntry, place: int, number: int, found: FoundDoor, wish: Wish, *, more: bool) -> Entry:
        entry = Entry(
            number=number,
            place=place,
            text="\n".join(raw.typed),
            kind=wish.kind,
            household_id=found.door.household_id if found.door else None,
            door=found.door.said if found.door else None,
            lines=wish.lines,
            notes=(*found.notes, *wish.notes),
            words="\n".join(raw.plain),
            more=more,
        )
        if entry.verdict != Verdict.REVIEW:
            return entry
        return replace(entry, suggestion=self._suggestion(found.door or found.guess, wish))

    def _suggestion(self, door: Door | None, wish: Wish) -> Suggestion | None:
        lines = {item: min(units, self._caps[item]) for item, units in {**wish.guessed, **wish.lines}.items()}
        if door is None and not lines:
            return None
        return Suggestion(door.household_id if door else None, door.said if door else None, wish.kind, lines)


def _doubts(wish: Wish, judged: Judged, tokens: Sequence[Token]) -> list[Note]:
    """Return what the words beside an order speak against it; they do so more where the whole order would go."""
    unclear = [*judged.doubts, *(judged.beside if wish.drops_all else ())]
    notes = [Note(Code.CHANGE_UNCLEAR, {"words": words}) for words in dict.fromkeys(unclear)]
    if not wish.drops_all:
        notes += [Note(Code.UNEXPLAINED, {"words": words}) for words in judged.odd]
    if wish.kind == EntryKind.ADD:
        totals = (TOTAL.fullmatch(token.text) for token in tokens if token.kind == Kind.FILLER)
        notes += [
            Note(Code.QUANTITY_UNCLEAR, {"words": total[0]}) for total in totals if total and _differs(total, wish)
        ]
    return notes


def _is_more(judged: Judged) -> bool:
    return bool(judged.tokens) and judged.tokens[0].change == Meaning.ADD


def _differs(total: re.Match[str], wish: Wish) -> bool:
    """Tell whether a total isn't that of the lines; one without a unit may be money."""
    assumed = any(note.code == Code.ONE_ASSUMED for note in wish.notes)
    return bool(total[2] or assumed) and number_of(total[1]) != sum(wish.lines.values())


def _remark(words: str, lexicon: Lexicon) -> Note:
    delivery = delivery_in(words, lexicon)
    return Note(Code.REMARK, {"words": words, "delivery": delivery} if delivery else {"words": words})


def _names(tokens: Sequence[Token]) -> list[str]:
    """Return the contacts' names that stand before the first item."""
    names: list[str] = []
    for token in tokens:
        if token.kind in GOODS and token.kind != Kind.CHANGE:
            break
        if token.kind == Kind.NAME:
            names.append(token.text)
    return names


def _compare(wish: Wish, past: _Past, number: int, words: str, *, changes: bool) -> None:
    """Note what an entry has to do with earlier ones of its door; one that stands there already counts once."""
    if (number, words) in past.said:
        wish.kind, wish.lines, wish.guessed, wish.notes = EntryKind.ADD, {}, {}, []
        wish.note(Code.REPEATED, entry=number)
        return
    if wish.kind == EntryKind.WITHDRAW and not past.said:
        wish.note(Code.NOTHING_TO_WITHDRAW)
    same_words = past.first_said.get(words)
    if number in past.numbers and not changes:
        wish.note(Code.NUMBER_AGAIN, entry=number)
    elif same_words is not None and wish.kind == EntryKind.ADD and not changes:
        wish.note(Code.SAME_WORDS, entry=same_words)
    past.said.add((number, words))
    past.numbers.add(number)
    past.first_said.setdefault(words, number)


def _warnings(entries: Sequence[Entry], headings: Sequence[str], known: Known) -> list[Note]:
    """Return what makes the text as a whole doubtful: it is another grid's."""
    warnings: list[Note] = []
    for line in headings:
        for found in GRID.finditer(plain_text(line)):
            grid = number_in(found[1] or found[2])
            if grid and grid != known.grid_number:
                warnings.append(Note(Code.HEADING_OF_OTHER_GRID, {"said": found.group(), "grid": grid}))
    grids = [note.data["grid"] for entry in entries for note in entry.notes if note.code == Code.OTHER_GRID]
    if 2 * len(grids) > len(entries):
        most = Counter(grids).most_common(1)[0][0]
        warnings.append(Note(Code.DOORS_ELSEWHERE, {"entries": len(grids), "grid": most}))
    return warnings
