"""What the words of change do to the items around them: 通菜改成3份, 去掉鸡蛋, 土豆换成番茄, 取消."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from supplyhub.ordering.relay.asks import Ask, Change, Part
from supplyhub.ordering.relay.tokens import GLUED, PARTED
from supplyhub.ordering.relay.words import Meaning

if TYPE_CHECKING:
    from collections.abc import Sequence

DROPS = frozenset({Meaning.DROP_AFTER, Meaning.DROP_BEFORE, Meaning.DROP_EITHER})


class How(StrEnum):
    """What becomes of an item that is named: more of it, so many of it, none, fewer."""

    ADD = "add"
    SET = "set"
    DROP = "drop"
    LESS = "less"
    # 改成土豆2: the item, or the whole order? 白菜改成3 土豆2: and the second?
    SET_FIRST = "set_first"
    SET_AFTER = "set_after"
    # 土豆换成番茄.
    FROM = "from"
    INTO = "into"


@dataclass(slots=True)
class Plan:
    """What an entry does: to each item it names, and whether the whole order goes first. `unclear`: words left over."""

    asks: list[tuple[Ask, How]] = field(default_factory=list)
    drops_all: bool = False
    unclear: list[str] = field(default_factory=list)


def plan_of(parts: Sequence[Part]) -> Plan:
    """Return what an entry's parts do."""
    spoken, wholes = _without_wholes(parts)
    plan = Plan()
    hows: dict[int, How] = {at: How.ADD for at, part in enumerate(spoken) if isinstance(part, Ask)}
    for at, part in enumerate(spoken):
        if not isinstance(part, Change):
            continue
        if part.meaning == Meaning.SET:
            _set(spoken, at, hows, plan, whole=at in wholes)
        elif part.meaning in DROPS:
            _drop(spoken, at, hows, plan, whole=at in wholes)
        elif part.meaning == Meaning.LESS:
            _lessen(spoken, at, hows, plan)
        else:
            _add(spoken, at, plan)
    plan.asks = [(part, hows[at]) for at, part in enumerate(spoken) if isinstance(part, Ask)]
    return plan


def _without_wholes(parts: Sequence[Part]) -> tuple[list[Part], set[int]]:
    """Return the parts without 全部 and 都, and the places of the changes that such a word makes whole."""
    spoken: list[Part] = []
    wholes: set[int] = set()
    pending = False
    for part in parts:
        if isinstance(part, Change) and part.meaning == Meaning.WHOLE:
            pending = True
            continue
        if isinstance(part, Change) and (pending or part.text[0] in "都全"):
            wholes.add(len(spoken))
        pending = False
        spoken.append(part)
    return spoken, wholes


def _at(parts: Sequence[Part], at: int) -> Ask | None:
    part = parts[at] if 0 <= at < len(parts) else None
    return part if isinstance(part, Ask) else None


def _after(parts: Sequence[Part], at: int) -> list[int]:
    """Return the places of the items that follow, up to the next word of change."""
    end = at + 1
    while _at(parts, end):
        end += 1
    return list(range(at + 1, end))


def _set(parts: Sequence[Part], at: int, hows: dict[int, How], plan: Plan, *, whole: bool) -> None:
    change, left, right = parts[at], _at(parts, at - 1), _at(parts, at + 1)
    following = _after(parts, at)
    if whole and following:
        plan.drops_all = True
    elif left and isinstance(change, Change) and change.quantity:
        left.quantity, left.unclear = change.quantity, False
        hows[at - 1] = How.SET
        hows |= dict.fromkeys(following, How.SET_AFTER)
    elif left and right:
        hows |= {at - 1: How.FROM, at + 1: How.INTO}
    elif following:
        hows |= dict.fromkeys(following, How.SET_FIRST)
    else:
        plan.unclear.append(_words(parts, at))


def _drop(parts: Sequence[Part], at: int, hows: dict[int, How], plan: Plan, *, whole: bool) -> None:
    change = parts[at]
    if not isinstance(change, Change):
        return
    left, right = _before_drop(parts, at, whole=whole), _after_drop(parts, at)
    if change.quantity and left:
        ask = parts[left[0]]
        if isinstance(ask, Ask):
            ask.quantity = change.quantity
        hows[left[0]] = How.LESS
        return
    side = _side(change, left, right, parts)
    if side is None:
        plan.unclear.append(_words(parts, at))
    elif side:
        hows |= {place: _how_dropped(parts, place) for place in side}
    else:
        plan.drops_all = True


def _how_dropped(parts: Sequence[Part], at: int) -> How:
    ask = _at(parts, at)
    return How.LESS if ask and ask.quantity else How.DROP


def _side(change: Change, left: list[int], right: list[int], parts: Sequence[Part]) -> list[int] | None:
    """Return the places of what is dropped: none of them for the whole order, None when that isn't clear."""
    if change.meaning == Meaning.DROP_BEFORE:
        return right or left or None
    nearest, following = _at(parts, left[0]) if left else None, _at(parts, right[0]) if right else None
    parted = change.gap == PARTED and nearest is not None and nearest.quantity is not None
    if change.meaning == Meaning.DROP_AFTER:
        if left:
            return None if parted else left
        return right if following and following.gap == GLUED else []
    if nearest and following and following.gap < PARTED:
        return None if change.gap == following.gap else (left if change.gap < following.gap else right)
    if nearest:
        return None if parted else left
    return right if following and following.gap < PARTED else []


def _before_drop(parts: Sequence[Part], at: int, *, whole: bool) -> list[int]:
    """Return the places before a drop that it can mean, the nearest first: 鸡蛋、牛奶不要了; 鸡蛋 牛奶都不要了."""
    nearest = _at(parts, at - 1)
    if nearest is None or (whole and nearest.quantity):
        return []
    places, place = [at - 1], at - 2
    while (ask := _at(parts, place)) and ask.quantity is None and (whole or _is_listed(parts, place + 1)):
        places.append(place)
        place -= 1
    return places


def _after_drop(parts: Sequence[Part], at: int) -> list[int]:
    """Return the places after a drop that it can mean: 去掉鸡蛋、牛奶."""
    following = _after(parts, at)
    end = 1
    while end < len(following) and _is_listed(parts, following[end]):
        end += 1
    return following[:end]


def _is_listed(parts: Sequence[Part], at: int) -> bool:
    ask = _at(parts, at)
    return ask is not None and (ask.listed or ask.gap == GLUED)


def _lessen(parts: Sequence[Part], at: int, hows: dict[int, How], plan: Plan) -> None:
    change, left, right = parts[at], _at(parts, at - 1), _at(parts, at + 1)
    if left and isinstance(change, Change) and change.quantity:
        left.quantity = change.quantity
        hows[at - 1] = How.LESS
    elif right and right.quantity:
        hows[at + 1] = How.LESS
    else:
        plan.unclear.append(_words(parts, at))


def _add(parts: Sequence[Part], at: int, plan: Plan) -> None:
    """白菜再加1份: the number is the item's own."""
    change, left = parts[at], _at(parts, at - 1)
    if not (left and isinstance(change, Change) and change.quantity):
        return
    if left.quantity is None:
        left.quantity = change.quantity
    elif left.quantity.unit == change.quantity.unit:
        left.quantity = replace(left.quantity, value=left.quantity.value + change.quantity.value)
    else:
        plan.unclear.append(_words(parts, at))


def _words(parts: Sequence[Part], at: int) -> str:
    return " ".join(part.text for part in parts[max(at - 1, 0) : at + 2] if part.text)
