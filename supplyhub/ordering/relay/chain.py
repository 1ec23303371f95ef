"""A pasted chain cut into its entries; what belongs to none is heading. No line that says anything is left out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from supplyhub.errors import InvalidError
from supplyhub.ordering.relay.door_words import PHONE, phones, said_doors, starts_with_door
from supplyhub.ordering.relay.judging import may_be_name
from supplyhub.ordering.relay.lexicon import Person
from supplyhub.ordering.relay.marks import BARE, NO_MARK, mark_of
from supplyhub.ordering.relay.tokens import GLUED, Kind, Token, tokens_of
from supplyhub.ordering.relay.words import WORDS, Meaning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplyhub.ordering.relay.hygiene import Line
    from supplyhub.ordering.relay.lexicon import Lexicon

COUNTS = frozenset({Kind.QUANTITY, Kind.EACH})
# What is longer is no entry, and isn't looked into: it waits as a whole.
LONGEST_ENTRY = 2_000
MOST_ENTRIES = 5_000
PRICE = re.compile(r"[0-9]\s*(?:元|块钱)|[¥￥]\s*[0-9]|[0-9]\.[0-9]{1,2}(?![0-9]|\s*(?:斤|公斤|千克|kg|市斤))")
# Names with prices and nothing else: 白菜4.8 土豆4.2.
PRICED = re.compile(r"[^0-9\s.\-]\s*[0-9]{1,3}\.[0-9]{1,2}(?![0-9]|\s*(?:斤|公斤|kg|市斤))")
# What a line of the menu may have beside the item's name.
OFFERED = re.compile(r"\([^()]{0,40}\)|[0-9]{1,4}\.[0-9]{1,2}(?![0-9]|\s*(?:斤|公斤|千克|kg|市斤))")
# A date or a time of day: no quantity.
STAMP = re.compile(
    r"[0-9]{2,4}[-/年][0-9]{1,2}[-/月][0-9]{1,2}日?|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?"
    r"|[0-9]{1,2}\.[0-9]{1,2}\s*(?=[日号送到截晚早上下周星开前])"
)
LINK = re.compile(r"https?://[!-~]+")
# Who wrote, and when, as chats copy it: 张三 20:15.
CHAT_LINE = re.compile(
    r"(?:\S{1,20}\s+)?(?:[0-9]{2,4}[-/年][0-9]{1,2}[-/月][0-9]{1,2}日?\s+)?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:\s+\S{1,20})?"
)
ITEM_NUMBER = re.compile(r"[0-9]{1,3}\s*[号#.、]\s*")


@dataclass(slots=True)
class RawEntry:
    """An entry as it stands in the chain: its number when it has one, its lines as typed, and plain without the mark."""

    number: int | None
    typed: list[str] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    # Of a numbered list within the entry: its last number.
    inner: int = 0
    has_door: bool = False
    has_goods: bool = False
    # How many of its lines were looked at for these two.
    looked_at: int = 0


@dataclass(slots=True)
class Chain:
    """A chain cut into entries and heading."""

    entries: list[RawEntry] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)


def split_chain(lines: Sequence[Line], lexicon: Lexicon) -> Chain:
    """Return the entries and headings of a text. Raises InvalidError beyond 5,000 entries."""
    splitter = _Splitter(lexicon)
    for line in lines:
        splitter.take(line)
    return _without_notices(splitter.chain, lexicon)


class _Splitter:
    """Takes one line after the other."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.chain = Chain()
        self._lexicon = lexicon
        self._current: RawEntry | None = None
        self._after_blank = False
        # Lines of heading, which may be posted again between entries.
        self._posted: set[str] = set()

    def take(self, line: Line) -> None:
        """Put a line where it belongs."""
        if not line.plain:
            self._after_blank = True
            if line.typed:
                self.chain.headings.append(line.typed)
            return
        if len(line.plain) > LONGEST_ENTRY:
            self._begin(None, line.plain, line)
            self._current = None
            return
        marked = mark_of(line.plain) or self._bare_mark(line.plain)
        if marked and self._is_inner(*marked):
            self._go_on(marked[1], line)
        elif self._is_heading(line.plain, marked):
            self._head(line)
        elif marked:
            self._begin(*marked, line)
        else:
            self._unmarked(line)
        self._after_blank = False

    def _head(self, line: Line) -> None:
        self.chain.headings.append(line.typed)
        self._posted.add(line.plain)
        self._current = None

    def _bare_mark(self, plain: str) -> tuple[int, str] | None:
        """Return the next number and the rest of a line where only a space and somebody's name follow: 2 曾军 土豆1."""
        found = BARE.match(plain)
        last = self.chain.entries[-1].number if self.chain.entries else 0
        if found is None or last is None or int(found[1]) != last + 1:
            return None
        rest = plain[found.end() :]
        first = tokens_of(rest, self._lexicon)[0]
        named = first.kind == Kind.NAME or (first.kind == Kind.OTHER and may_be_name(first.text))
        return (int(found[1]), rest) if named else None

    def _unmarked(self, line: Line) -> None:
        tokens = tokens_of(line.plain, self._lexicon)
        goods = any(token.kind in {Kind.ITEM, Kind.EACH} for token in tokens)
        if self._current is None:
            if self._begins(line.plain, tokens, goods=goods):
                self._begin(None, line.plain, line)
            else:
                self._head(line)
        elif self._begins_anew(line.plain, tokens, goods=goods, current=self._current):
            self._begin(None, line.plain, line)
        elif self._after_blank and not _asks(tokens) and self._looked(self._current).has_goods:
            self._head(line)
        else:
            self._go_on(line.plain, line)

    def _begins(self, plain: str, tokens: Sequence[Token], *, goods: bool) -> bool:
        """Tell whether an unnumbered line begins an entry where none is open; goods that are asked for always do."""
        if starts_with_door(plain) or (goods and (_has_door([plain]) or self._starts_with_contact(plain))):
            return True
        named = any(token.kind == Kind.ITEM and len(token.text) > 1 for token in tokens)
        if self.chain.entries:
            return named or (goods and _asks(tokens, counted=True))
        return named and _asks(tokens, counted=True)

    def _begin(self, number: int | None, rest: str, line: Line) -> None:
        if len(self.chain.entries) >= MOST_ENTRIES:
            raise InvalidError(
                f"the text has more than {MOST_ENTRIES:,} entries; that is no chain of one grid", most=MOST_ENTRIES
            )
        self._current = RawEntry(number)
        self.chain.entries.append(self._current)
        self._go_on(rest, line)

    def _go_on(self, rest: str, line: Line) -> None:
        entry = self._current
        if entry is None:
            return
        entry.typed.append(line.typed)
        entry.plain.append(rest)

    def _is_heading(self, plain: str, marked: tuple[int, str] | None) -> bool:
        """Tell whether a line is an example, a price, a notice, and can't be more of an entry or one of its own."""
        rest = marked[1] if marked else plain
        if not self._looks_like_heading(rest, marked=marked is not None):
            return False
        if plain in self._posted or not self.chain.entries:
            return True
        if marked:
            last = self.chain.entries[-1].number
            return rest.startswith(WORDS[Meaning.EXAMPLE]) or last is None or marked[0] != last + 1
        if rest.startswith(WORDS[Meaning.EXAMPLE]) and _has_door([rest]):
            return True
        said = STAMP.sub(" ", LINK.sub(" ", rest))
        return not _asks(tokens_of(said, self._lexicon))

    def _looks_like_heading(self, plain: str, *, marked: bool) -> bool:
        if plain.startswith(WORDS[Meaning.EXAMPLE]):
            return True
        if not marked and self._is_stamp(plain):
            return True
        if not marked and any(word in plain for word in WORDS[Meaning.HEADING]) and not self._orders(plain):
            return True
        return PRICE.search(plain) is not None and self._is_menu_line(plain)

    def _orders(self, plain: str) -> bool:
        """Tell whether a line has a door at its beginning, or anywhere with goods."""
        return starts_with_door(plain) or (_has_door([plain]) and _has_goods([plain], self._lexicon))

    def _is_stamp(self, plain: str) -> bool:
        """Tell whether a line says when something is or was, and nothing else: 张三 20:15, 4.12送菜."""
        if starts_with_door(plain):
            return False
        if CHAT_LINE.fullmatch(plain):
            return True
        return bool(NO_MARK.match(plain)) and not _asks(tokens_of(STAMP.sub(" ", plain), self._lexicon))

    def _is_menu_line(self, plain: str) -> bool:
        """Tell whether a line with a price offers something, rather than asks for it."""
        if starts_with_door(plain) or any(phones(plain)) or any(said.door for said in said_doors(plain)):
            return False
        if len(PRICED.findall(plain)) > 1:
            return True
        number = ITEM_NUMBER.match(plain)
        start = number.end() if number else 0
        if not self._lexicon.is_item(plain, start):
            return False
        offered = OFFERED.sub("", plain[start:])
        return not any(token.kind in {Kind.QUANTITY, Kind.EACH} for token in tokens_of(offered, self._lexicon))

    def _is_inner(self, number: int, rest: str) -> bool:
        """Tell whether a numbered line goes on a list within an entry that begins with its door alone."""
        entry = self._current
        if entry is None or number != entry.inner + 1 or not self._looked(entry).has_door:
            return False
        if not entry.inner and entry.has_goods:
            return False
        inner = _has_goods([rest], self._lexicon) and not _has_door([rest])
        if inner:
            entry.inner = number
        return inner

    def _looked(self, entry: RawEntry) -> RawEntry:
        """Return an entry with what its lines have; each is looked at once, and only when it matters."""
        new = [line for line in entry.plain[entry.looked_at :] if len(line) <= LONGEST_ENTRY]
        entry.has_door = entry.has_door or _has_door(new)
        entry.has_goods = entry.has_goods or _has_goods(new, self._lexicon)
        entry.looked_at = len(entry.plain)
        return entry

    def _starts_with_contact(self, plain: str) -> bool:
        found = self._lexicon.longest(plain, 0)
        if found is None or not isinstance(found[1], Person):
            return False
        after = plain[len(found[0]) :]
        return not after or tokens_of(plain, self._lexicon)[0].kind == Kind.NAME

    def _begins_anew(self, plain: str, tokens: Sequence[Token], *, goods: bool, current: RawEntry) -> bool:
        """Tell whether an unnumbered line is another's entry, rather than more of the one before it."""
        if starts_with_door(plain):
            return self._looked(current).has_door or (goods and current.has_goods)
        if not goods or not self._looked(current).has_goods:
            return False
        if PHONE.match(plain) or self._after_blank:
            return True
        first = tokens[0]
        if first.kind == Kind.NAME:
            return not any(first.text in said for said in current.plain)
        apart = len(tokens) < 2 or tokens[1].gap > GLUED
        return first.kind == Kind.OTHER and apart and may_be_name(first.text)


def _has_door(plain: Sequence[str]) -> bool:
    return any(any(said.door for said in said_doors(line)) or any(phones(line)) for line in plain)


def _asks(tokens: Sequence[Token], *, counted: bool = False) -> bool:
    """Tell whether a line has a quantity or, unless it must be `counted`, goods; a letter alone is neither."""
    if any(token.kind in COUNTS for token in tokens):
        return True
    return not counted and any(token.kind == Kind.ITEM and len(token.text) > 1 for token in tokens)


def _has_goods(plain: Sequence[str], lexicon: Lexicon) -> bool:
    kinds = {Kind.ITEM, Kind.EACH, Kind.CHANGE}
    return any(token.kind in kinds for line in plain for token in tokens_of(line, lexicon))


def _without_notices(chain: Chain, lexicon: Lexicon) -> Chain:
    """Return the chain without the numbered notices of its heading: nobody's, about nothing, and the numbers begin anew."""
    said = (
        max(map(len, entry.plain)) > LONGEST_ENTRY or _has_door(entry.plain) or _has_goods(entry.plain, lexicon)
        for entry in chain.entries
    )
    first = next((at for at, says in enumerate(said) if says), None)
    if not first:
        return chain
    restart = chain.entries[first].number
    if restart is None or restart > (chain.entries[0].number or 0):
        return chain
    notices = [line for entry in chain.entries[:first] for line in entry.typed]
    return Chain(chain.entries[first:], [*chain.headings, *notices])
