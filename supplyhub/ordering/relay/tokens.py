"""The words of an entry, in one pass from left to right: items, quantities, changes, names, and what is none of these."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from supplyhub.ordering.relay.lexicon import Lexicon, Named, Person
from supplyhub.ordering.relay.numerals import CHINESE, NUMBER, Number, number_of, whole_number
from supplyhub.ordering.relay.words import BESIDE, COUNTED, WORDS, Meaning

if TYPE_CHECKING:
    from collections.abc import Iterator


NOTHING = Named()


class Kind(StrEnum):
    """What a token is."""

    ITEM = "item"
    QUANTITY = "quantity"
    EACH = "each"
    CHANGE = "change"
    NAME = "name"
    FILLER = "filler"
    COURTESY = "courtesy"
    NEARBY = "nearby"
    DOUBT = "doubt"
    # Words that mean nothing here.
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, its unit when it has one, and on which side it has its times sign: x2 or 2x."""

    value: Number
    unit: str = ""
    times: str = ""
    said: str = ""
    # A dash between it and its item: 土豆-1.
    minus: bool = False


@dataclass(slots=True)
class Token:
    """Some characters of an entry. `gap` is what parts it from the one before: 0 nothing, 1 a space, 2 a comma or more.

    `listed` tells that the gap is 、 or /: the two stand in one list.
    """

    kind: Kind
    text: str
    gap: int
    listed: bool = False
    named: Named = NOTHING
    quantity: Quantity | None = None
    change: Meaning | None = None
    # Of EACH: of everything there is.
    every: bool = False


GLUED, SPACED, PARTED = 0, 1, 2
LIGHT = frozenset(" \t-=:_")
UNITS = "|".join(
    ["公斤", "千克", "市斤", "kg", "斤", "克", "g(?![a-z0-9])", "两(?!份|袋|盒|板|斤|个|只)", f"[{COUNTED}]"]
)
NOT_GOODS = re.compile(
    r"[¥￥$]\s*[0-9]{1,5}(?:\.[0-9]{1,2})?"
    r"|[0-9]{1,5}(?:\.[0-9]{1,2})?\s*(?:元|块钱|块(?![0-9]))(?:[/每一]?[份斤板盒袋包瓶个])?"
    r"|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?|[0-9]{1,2}月[0-9]{1,2}[日号]?|[0-9]{1,2}点[半多前后左右钟]{0,2}"
    r"|[0-9]{1,3}(?:分钟|小时|天|岁|楼)"
    rf"|(?:一共|总共|共计|合计|总计|共)\s*{NUMBER}\s*[份样个种件元块]?"
    rf"|(?:一家)?(?:[0-9]{{1,2}}|{CHINESE})\s*(?:个大人|个小孩|个老人|个孩子|个人|口人|人(?!份)|口|位)"
)
TOTAL = re.compile(rf"(?:一共|总共|共计|合计|总计|共)\s*({NUMBER})\s*([份件个]?)")
NUMBERED = re.compile(r"([0-9]{1,3})\s*(?:号菜|号品|号(?!楼|院|房)|#)")
NUMBERS_OF_EACH = re.compile(r"(?<![0-9.\-])([0-9]{1,2}(?:[、,/ ][0-9]{1,2}){1,30})号?\s?(?=各|每样)")
# 1.白菜2 2.土豆1: a list within the entry.
LISTED = re.compile(r"[0-9]{1,2}[.、):]\s*(?=[^0-9\s])")
BY_NUMBER = re.compile(r"([0-9]{1,3})\s*[x*]\s*(?=[0-9])")
CIRCLED_ITEM = re.compile(r"([\ue000-\ue3e7])\s*(?=[x*:]?\s*[0-9一二三四五六七八九十两])")
LETTER = re.compile(r"([a-wyz])(?![a-wyz]|x(?![0-9]))")
MEASURED = re.compile(rf"(?:([x*])\s*)?({NUMBER})\s?({UNITS})?(半)?(?:\s*([x*])(?![0-9]))?")
EACH = re.compile(
    rf"({'|'.join(sorted(WORDS[Meaning.EVERY] + WORDS[Meaning.EACH], key=len, reverse=True))})"
    rf"[都的]?(?:要|来|订|买|拿|加|给)?\s*(?=[x*]?\s*{NUMBER})"
)
ONE_WORD = {(Kind.OTHER, Kind.OTHER), (Kind.NAME, Kind.OTHER), (Kind.OTHER, Kind.NAME)}
PLAIN_KINDS = dict.fromkeys(BESIDE, Kind.COURTESY)
PLAIN_KINDS |= {Meaning.FILLER: Kind.FILLER, Meaning.NEARBY: Kind.NEARBY, Meaning.DOUBT: Kind.DOUBT}
OPENING, CLOSING = "([", ")]"
LONGEST_ASIDE = 200


def tokens_of(text: str, lexicon: Lexicon) -> list[Token]:
    """Return the tokens of a plain text. Nothing is left out: what isn't known is OTHER."""
    return list(_merged(_scan(NUMBERS_OF_EACH.sub(_with_marks, text), lexicon)))


def _with_marks(found: re.Match[str]) -> str:
    """1、2、3各一份 are items by their numbers."""
    return re.sub("[0-9]+", lambda number: f"{number.group()}号", found[1])


def _scan(text: str, lexicon: Lexicon) -> Iterator[Token]:
    place, gap, listed, awaits, ended = 0, PARTED, False, False, 0
    while place < len(text):
        character = text[place]
        if character in OPENING:
            aside, place = _aside(text, place)
            yield from _of_aside(aside, lexicon)
            gap, listed = SPACED, False
            continue
        if (width := _separation(character)) is not None:
            gap, listed, place = max(gap, width), character in "、/", place + 1
            continue
        token = _token(text, place, lexicon, awaits=awaits)
        token.gap, token.listed = gap, listed
        if awaits and token.quantity and text[ended:place].strip() == "-":
            token.quantity = replace(token.quantity, minus=True)
        yield token
        awaits = token.kind == Kind.ITEM or (awaits and token.kind == Kind.FILLER)
        place, gap, listed = place + len(token.text), GLUED, False
        ended = place


def _separation(character: str) -> int | None:
    """Return how far a character parts what stands beside it; None for one that is read."""
    if character in LIGHT:
        return SPACED
    if character in "x*¥￥$#?" or character.isalnum():
        return None
    return None if "\ue000" <= character <= "\ue3e7" else PARTED


def _aside(text: str, start: int) -> tuple[str, int]:
    """Return what stands in brackets, and where to go on; without a closing one only the bracket is passed over."""
    ends = [end for closing in CLOSING if (end := text.find(closing, start, start + LONGEST_ASIDE)) > 0]
    return (text[start + 1 : min(ends)], min(ends) + 1) if ends else ("", start + 1)


def _of_aside(aside: str, lexicon: Lexicon) -> Iterator[Token]:
    """Yield what is said in brackets: an order like any other, else a remark as a whole."""
    inner = list(_merged(_scan(aside.translate(dict.fromkeys(map(ord, OPENING), " ")), lexicon)))
    orders = any(token.kind in {Kind.QUANTITY, Kind.EACH, Kind.CHANGE} for token in inner)
    if orders:
        inner[0].gap = SPACED
        yield from inner
    elif aside.strip():
        doubtful = any(token.kind == Kind.DOUBT for token in inner)
        yield Token(Kind.DOUBT if doubtful else Kind.COURTESY, aside.strip(), SPACED)


def _token(text: str, place: int, lexicon: Lexicon, *, awaits: bool) -> Token:
    """Return the token at a place; `awaits` when an item before it has no quantity yet."""
    return (
        _of_number(text, place, lexicon, awaits=awaits)
        or _of_each(text, place)
        or _of_word(text, place, lexicon)
        or _of_measure(text, place, awaits=awaits)
        or _of_letter(text, place, lexicon)
        or Token(Kind.OTHER, text[place], GLUED)
    )


def _of_number(text: str, place: int, lexicon: Lexicon, *, awaits: bool) -> Token | None:
    """Return what begins with a digit, a circled number or a sign."""
    if not (text[place] in "x*¥￥$" or text[place].isdigit() or "\ue000" <= text[place] <= "\ue3e7"):
        return None
    if found := NOT_GOODS.match(text, place):
        return Token(Kind.FILLER, found.group(), GLUED)
    if not awaits and (found := LISTED.match(text, place)) and lexicon.is_item(text, found.end()):
        return Token(Kind.FILLER, found.group(), GLUED)
    if found := NUMBERED.match(text, place) or (None if awaits else BY_NUMBER.match(text, place)):
        # The times sign stays: it belongs to the quantity.
        said = found.group().rstrip("x* ")
        return Token(Kind.ITEM, said, GLUED, named=lexicon.numbered(int(found[1])))
    if not awaits and (found := CIRCLED_ITEM.match(text, place)):
        return Token(Kind.ITEM, found[1], GLUED, named=lexicon.numbered(whole_number(found[1])))
    return _measure(text, place)


def _of_each(text: str, place: int) -> Token | None:
    found = EACH.match(text, place)
    if found is None:
        return None
    measured = _measure(text, found.end())
    if measured is None:
        return None
    return Token(
        Kind.EACH,
        text[place : found.end()] + measured.text,
        GLUED,
        quantity=measured.quantity,
        every=found[1] in WORDS[Meaning.EVERY],
    )


def _of_word(text: str, place: int, lexicon: Lexicon) -> Token | None:
    found = lexicon.longest(text, place)
    if found is None:
        # 三口人, 一家四口.
        counted = NOT_GOODS.match(text, place)
        return Token(Kind.FILLER, counted.group(), GLUED) if counted else None
    word, sense = found
    if isinstance(sense, Named):
        return Token(Kind.ITEM, word, GLUED, named=sense)
    if isinstance(sense, Person):
        return Token(Kind.NAME, word, GLUED)
    kind = PLAIN_KINDS.get(sense, Kind.CHANGE)
    return Token(kind, word, GLUED, change=sense if kind == Kind.CHANGE else None)


def _of_measure(text: str, place: int, *, awaits: bool) -> Token | None:
    """Return a Chinese number with its unit; without one only after an item, where nothing follows: 白菜两, 土豆三."""
    measured = _measure(text, place)
    if measured is None or measured.quantity is None:
        return None
    after = place + len(measured.text)
    ends = after >= len(text) or _separation(text[after]) is not None
    if measured.quantity.unit or measured.text[0] in "俩仨" or (awaits and ends):
        return measured
    return None


def _of_letter(text: str, place: int, lexicon: Lexicon) -> Token | None:
    """Return the item that a single letter names by its place on the menu; other letters are words."""
    if place and text[place - 1].isascii() and text[place - 1].isalpha():
        return None
    if found := LETTER.match(text, place):
        return Token(Kind.ITEM, found[1], GLUED, named=lexicon.numbered(ord(found[1]) - ord("a") + 1))
    return None


def _measure(text: str, place: int) -> Token | None:
    found = MEASURED.match(text, place)
    if found is None or (value := number_of(found[2])) is None:
        return None
    half = Fraction(1, 2) if found[4] and found[3] else 0
    times = "before" if found[1] else ("after" if found[5] else "")
    said = found.group() if not (found[4] and not found[3]) else found.group()[: found.start(4) - place]
    quantity = Quantity(value + half, found[3] or "", times, said.strip("x* "))
    return Token(Kind.QUANTITY, said.rstrip(), GLUED, quantity=quantity)


def _merged(tokens: Iterator[Token]) -> Iterator[Token]:
    """Yield the tokens with other words in one piece; a name that is a part of a word is none."""
    held: Token | None = None
    for token in tokens:
        if held is not None and token.gap == GLUED and (held.kind, token.kind) in ONE_WORD:
            held = Token(Kind.OTHER, held.text + token.text, held.gap, held.listed)
        else:
            if held is not None:
                yield held
            held = token
    if held is not None:
        yield held
