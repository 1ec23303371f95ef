"""Words that aren't in the lexicon: a name, a remark, or goods under a name nobody knows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from supplyhub.ordering.relay.lexicon import Named
from supplyhub.ordering.relay.tokens import GLUED, PARTED, Kind, Token, tokens_of
from supplyhub.ordering.relay.words import WORDS, Meaning

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from supplyhub.ordering.relay.lexicon import Lexicon

TITLES = WORDS[Meaning.TITLE]
SURNAMES = frozenset(WORDS[Meaning.SURNAME])
FOOD_ENDINGS = frozenset(WORDS[Meaning.FOOD_ENDING])
DONT = frozenset({"不要", "不需要"})
DELIVERY = frozenset(WORDS[Meaning.DELIVERY])
POLITE = frozenset(WORDS[Meaning.COURTESY])
THANKS = ("谢", "多谢", "感谢", "辛苦", "麻烦")
PIECES = re.compile(r"[\s,.。;、()!]+")
LONGEST_NAME = 4
LONGEST_GOODS = 6
GOODS = frozenset({Kind.ITEM, Kind.QUANTITY, Kind.EACH, Kind.CHANGE})


@dataclass(slots=True)
class Judged:
    """What an entry asks for: items, quantities and changes only; and the words beside it, in one piece where they stood so.

    `doubts` make it something else than an order: 没要土豆2份, 土豆吗. `odd` are words after the first goods that mean
    nothing here; `beside` all that is neither politeness nor a name. `nearby`: 隔壁, before the goods.
    """

    tokens: list[Token] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    nearby: str = ""


def judge(tokens: Sequence[Token], lexicon: Lexicon) -> Judged:
    """Return an entry's tokens without what is beside the order. A word that may be goods becomes an item by guess."""
    joined = _joined(tokens)
    judged = Judged()
    remarks: list[tuple[int, str]] = []
    gap = GLUED
    for at, token in enumerate(joined):
        gap = max(gap, token.gap)
        goods = _as_goods(joined, at, lexicon) if _is_doubtful(token) else token
        if goods is not None and goods.kind in GOODS:
            goods.gap = gap if judged.tokens else PARTED
            judged.tokens.append(goods)
            gap = GLUED
        elif token.kind not in {Kind.FILLER, Kind.NAME}:
            remarks.append((at, token.text))
            _remark(judged, joined, at)
    judged.remarks = list(_pieces(joined, remarks))
    return judged


def _remark(judged: Judged, tokens: Sequence[Token], at: int) -> None:
    """Note what words beside the order make of it."""
    token = tokens[at]
    if token.kind == Kind.DOUBT:
        judged.doubts.append(token.text)
    elif token.kind == Kind.NEARBY and not judged.tokens and not _is_delivered(tokens, at):
        judged.nearby = token.text
    if token.text in POLITE or (token.kind == Kind.OTHER and may_be_name(token.text)):
        return
    judged.beside.append(token.text)
    if token.kind == Kind.OTHER and judged.tokens and not _is_told_off(tokens, at):
        judged.odd.append(token.text)


def _is_delivered(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether it is said where to put it: 送楼下."""
    return at > 0 and tokens[at].gap == GLUED and tokens[at - 1].kind == Kind.COURTESY


def _is_told_off(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether it goes on a wish: 不要烂的."""
    return at > 0 and tokens[at].gap == GLUED and (tokens[at - 1].text in DONT or tokens[at - 1].kind == Kind.COURTESY)


def _joined(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens with every word that touches an item made one with it: 小白菜 isn't 白菜."""
    joined: list[Token] = []
    begun = False
    for token in tokens:
        last = joined[-1] if joined else None
        if (
            last
            and token.gap == GLUED
            and {last.kind, token.kind} == {Kind.ITEM, Kind.OTHER}
            and not (token.kind == Kind.ITEM and not begun and is_called(last.text))
        ):
            joined[-1] = _one(last, token)
        else:
            joined.append(token)
        begun = begun or token.kind in GOODS
    return joined


def _one(first: Token, second: Token) -> Token:
    if (len(first.text) == 1 and first.kind == Kind.ITEM) or (len(second.text) == 1 and second.kind == Kind.ITEM):
        # 面 in 前面, 蛋 in 混蛋: a name of one character means little within a word.
        return Token(Kind.OTHER, first.text + second.text, first.gap, first.listed)
    items = tuple(dict.fromkeys(first.named.items + second.named.items))
    product = first.named.product or second.named.product
    named = Named(items, "" if items else product, guessed=True)
    return Token(Kind.ITEM, first.text + second.text, first.gap, first.listed, named)


def _as_goods(tokens: Sequence[Token], at: int, lexicon: Lexicon) -> Token | None:
    """Return a doubtful word as an item by guess, or None when it is beside the order."""
    token = tokens[at]
    if token.kind == Kind.CHANGE:
        return None if _is_wish(tokens, at, lexicon) else token
    counted = _is_counted(tokens, at)
    begun = any(earlier.kind in GOODS for earlier in tokens[:at])
    if token.kind == Kind.ITEM:
        beside = any(near.kind == Kind.COURTESY for near in tokens[max(at - 1, 0) : at + 2])
        return None if beside and not counted else token
    if not begun and may_be_name(token.text):
        return None
    if counted or _sounds_like_food(token.text):
        return Token(Kind.ITEM, token.text, token.gap, token.listed, lexicon.guess(token.text))
    return None


def _is_doubtful(token: Token) -> bool:
    return token.kind == Kind.OTHER or token.named.guessed or token.text in DONT


def _is_wish(tokens: Sequence[Token], at: int, lexicon: Lexicon) -> bool:
    """Tell whether 不要 says how, rather than what: 不要送太早, 不要烂的."""
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    if following is None or following.gap > GLUED or following.text.startswith(THANKS):
        return False
    if following.kind == Kind.COURTESY:
        return True
    return following.kind == Kind.OTHER and _as_goods(tokens, at + 1, lexicon) is None


def _is_counted(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a quantity stands at a word and belongs to nothing nearer."""
    after = [token for token in tokens[at + 1 : at + 4] if token.kind != Kind.FILLER]
    if after and after[0].kind == Kind.QUANTITY and after[0].gap < PARTED:
        return not (len(after) > 1 and after[1].kind == Kind.ITEM and after[1].gap < after[0].gap)
    if after and after[0].kind == Kind.EACH:
        return True
    before = tokens[max(at - 2, 0) : at]
    if before and before[-1].kind == Kind.QUANTITY and tokens[at].gap == GLUED:
        return not (len(before) > 1 and before[0].kind == Kind.ITEM and before[-1].gap == GLUED)
    return False


def _sounds_like_food(word: str) -> bool:
    return word[-1] in FOOD_ENDINGS and len(word) <= LONGEST_GOODS


def is_called(word: str) -> bool:
    """Tell whether a word is how neighbours call each other: 小刘, 老陈, 王阿姨."""
    return (len(word) == 2 and word[0] in "小老阿" and word[1] in SURNAMES) or (len(word) > 1 and word.endswith(TITLES))


def may_be_name(word: str) -> bool:
    """Tell whether a word can be somebody's name: called so, or a surname and up to two more characters."""
    return is_called(word) or (word[0] in SURNAMES and len(word) <= LONGEST_NAME)


def _pieces(tokens: Sequence[Token], remarks: Iterable[tuple[int, str]]) -> list[str]:
    """Return remarks that stood together as one, with the small words between them."""
    pieces: list[str] = []
    last = -2
    for at, text in remarks:
        between = tokens[last + 1 : at] if last >= 0 else ()
        together = (
            last >= 0
            and all(t.kind == Kind.FILLER for t in between)
            and max(t.gap for t in tokens[last + 1 : at + 1]) == 0
        )
        if together:
            pieces[-1] += "".join(token.text for token in between) + text
        else:
            pieces.append(text)
        last = at
    return pieces


def delivery_in(remark: str, lexicon: Lexicon) -> str:
    """Return what of a remark says how to deliver, in words that are known to say nothing else; "" for nothing."""
    if not any(word in remark for word in DELIVERY):
        return ""
    pieces = [piece for piece in PIECES.split(remark) if piece]
    return "，".join(piece for piece in pieces if _is_delivery(tokens_of(piece, lexicon)))


def _is_delivery(tokens: Sequence[Token]) -> bool:
    known = all(token.kind == Kind.FILLER or token.text in DELIVERY or token.text in POLITE for token in tokens)
    return known and any(token.text in DELIVERY for token in tokens)
