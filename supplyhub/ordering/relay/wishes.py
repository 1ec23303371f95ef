"""What an entry makes of its door's basket, in units of posted items; and everything that speaks against it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from supplyhub.ordering.relay.asks import Ask, Each, Stray
from supplyhub.ordering.relay.changes import How, Plan, plan_of
from supplyhub.ordering.relay.counting import units_of
from supplyhub.ordering.relay.folding import after
from supplyhub.ordering.relay.notes import Code, Note
from supplyhub.ordering.relay.tokens import PARTED
from supplyhub.ordering.states import EntryKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supplyhub.ordering.relay.asks import Part
    from supplyhub.ordering.relay.facts import Item
    from supplyhub.ordering.relay.lexicon import Named

PUTS = frozenset({How.ADD, How.SET, How.SET_FIRST, How.SET_AFTER, How.INTO})


@dataclass(slots=True)
class Wish:
    """What an entry does, and what was noticed; `guessed` are lines that somebody has to confirm."""

    kind: EntryKind = EntryKind.ADD
    lines: dict[int, int] = field(default_factory=dict)
    guessed: dict[int, int] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    # The whole order of before goes.
    drops_all: bool = False

    def note(self, code: Code, **data: object) -> None:
        """Add a note."""
        self.notes.append(Note(code, data))


def wish_of(parts: Sequence[Part], items: Sequence[Item], basket: Mapping[int, int]) -> Wish:
    """Return what an entry's parts mean, when the entries before it have come to `basket`."""
    wish = Wish()
    plan = plan_of(parts)
    counted = _counted(plan, wish)
    for words in plan.unclear:
        wish.note(Code.CHANGE_UNCLEAR, words=words)
    for part in parts:
        if isinstance(part, Stray):
            wish.note(Code.QUANTITY_UNCLEAR, words=part.text)
    for part in parts:
        if isinstance(part, Each) and part.text:
            counted += _of_every(part, plan, items, wish)
    _weigh(plan, counted, items, basket, wish)
    _cap(items, basket, wish)
    return wish


def _counted(plan: Plan, wish: Wish) -> list[tuple[Item, int, How]]:
    """Return the items with their units; what can't be told becomes notes."""
    found: list[tuple[Item, int, How]] = []
    for at, (ask, how) in enumerate(plan.asks):
        item = _item(ask, wish)
        if ask.unclear or _shares_unclearly(plan, at) or (ask.quantity and ask.quantity.minus):
            wish.note(Code.QUANTITY_UNCLEAR, words=ask.text)
        if item is None:
            continue
        units = _units(item, ask, how, wish)
        if ask.named.guessed:
            wish.guessed[item.id] = units
        else:
            found.append((item, units, how))
    return found


def _item(ask: Ask, wish: Wish) -> Item | None:
    """Return the item that is meant, also by guess; notes say when it isn't certain."""
    named: Named = ask.named
    if len(named.items) > 1:
        wish.note(Code.ITEM_UNCLEAR, words=ask.text, items=[item.id for item in named.items])
    elif not named.items and named.product:
        wish.note(Code.NOT_ON_MENU, words=ask.text, product=named.product)
    elif not named.items:
        wish.note(Code.UNKNOWN_ITEM, words=ask.text)
    elif named.guessed:
        wish.note(Code.ITEM_GUESSED, words=ask.text, item=named.items[0].id)
    elif named.items[0].withdrawn:
        wish.note(Code.WITHDRAWN_ITEM, item=named.items[0].id)
    return named.items[0] if len(named.items) == 1 else None


def _shares_unclearly(plan: Plan, at: int) -> bool:
    """Tell whether an item without a number stands before one that has one: 白菜、土豆2份 - two of each, or of one?"""
    following = plan.asks[at + 1][0] if at + 1 < len(plan.asks) else None
    if plan.asks[at][0].quantity or plan.asks[at][1] != How.ADD or following is None:
        return False
    if following.gap == PARTED and not following.listed:
        return False
    return following.quantity is not None and following.quantity.value != 1


def _units(item: Item, ask: Ask, how: How, wish: Wish) -> int:
    if ask.quantity is None:
        if how in PUTS and how != How.INTO:
            wish.note(Code.ONE_ASSUMED, item=item.id)
        return 0 if how in {How.INTO, How.FROM} else 1
    said = f"{ask.text}{ask.quantity.said}"
    units, note = units_of(item, ask.quantity, said)
    if note:
        wish.notes.append(note)
    if units == 0 and how == How.ADD:
        wish.note(Code.REMARK, words=said)
    return units


def _of_every(each: Each, plan: Plan, items: Sequence[Item], wish: Wish) -> list[tuple[Item, int, How]]:
    """Return so many of each posted item, when an entry names none; else its words are unclear."""
    if plan.asks or wish.notes:
        wish.note(Code.QUANTITY_UNCLEAR, words=each.text)
        return []
    if not each.every:
        wish.note(Code.WHOLE_MENU, quantity=int(each.quantity.value))
    asks = [(item, *units_of(item, each.quantity, each.text)) for item in items if not item.withdrawn]
    wish.notes += [note for _, _, note in asks if note]
    return [(item, units, How.ADD) for item, units, _ in asks]


def _weigh(
    plan: Plan,
    counted: Sequence[tuple[Item, int, How]],
    items: Sequence[Item],
    basket: Mapping[int, int],
    wish: Wish,
) -> None:
    """Set the wish's kind and lines."""
    wish.drops_all = plan.drops_all
    if not plan.drops_all and all(how == How.ADD for _, _, how in counted):
        for item, units, _ in counted:
            if not units and basket.get(item.id):
                wish.note(Code.CHANGE_UNCLEAR, words=item.name)
            wish.lines[item.id] = wish.lines.get(item.id, 0) + units
        wish.lines = {item: units for item, units in wish.lines.items() if units}
        return
    if plan.drops_all and not counted:
        wish.kind = EntryKind.WITHDRAW
        return
    wish.kind = EntryKind.REPLACE
    target = {} if plan.drops_all else dict(basket)
    if plan.drops_all:
        wish.lines = {item.id: 0 for item in items}
    _check_first(counted, basket, wish)
    for at, (item, units, how) in enumerate(counted):
        _change(counted, at, target, basket, wish)
        del units, how
        wish.lines[item.id] = target.get(item.id, 0)


def _check_first(counted: Sequence[tuple[Item, int, How]], basket: Mapping[int, int], wish: Wish) -> None:
    """改成土豆2 of a door that has other things: the item, or the whole order?"""
    first = {item.id for item, _, how in counted if how == How.SET_FIRST}
    if first and set(basket) - first and not (len(first) == 1 and first <= set(basket)):
        wish.note(Code.CHANGE_UNCLEAR, words="改成")


def _change(
    counted: Sequence[tuple[Item, int, How]], at: int, target: dict[int, int], basket: Mapping[int, int], wish: Wish
) -> None:
    """Do to the target what is said about one item."""
    item, units, how = counted[at]
    had = target.get(item.id, 0)
    if how == How.ADD:
        target[item.id] = had + units
    elif how == How.LESS:
        _lessen(item, units, target, wish)
    elif how == How.DROP:
        target[item.id] = 0
    elif how == How.FROM:
        if units and had not in {0, units}:
            wish.note(Code.CHANGE_UNCLEAR, words=item.name)
        target[item.id] = 0
    elif how == How.INTO:
        _swap(counted, at, target, basket, wish)
    else:
        if how == How.SET_AFTER and had not in {0, units}:
            wish.note(Code.CHANGE_UNCLEAR, words=item.name)
        target[item.id] = units


def _lessen(item: Item, units: int, target: dict[int, int], wish: Wish) -> None:
    had = target.get(item.id, 0)
    if units > had:
        wish.note(Code.CHANGE_UNCLEAR, words=item.name)
    target[item.id] = max(had - units, 0)


def _swap(
    counted: Sequence[tuple[Item, int, How]], at: int, target: dict[int, int], basket: Mapping[int, int], wish: Wish
) -> None:
    """土豆换成番茄: as many as there were of the other."""
    item, units, _ = counted[at]
    before, said, how = counted[at - 1] if at else (item, 0, How.ADD)
    instead = units or said or (basket.get(before.id, 0) if how == How.FROM else 0)
    if not instead or target.get(item.id, 0):
        wish.note(Code.CHANGE_UNCLEAR, words=item.name)
    target[item.id] = instead


def _cap(items: Sequence[Item], basket: Mapping[int, int], wish: Wish) -> None:
    """Note what goes over its cap, with what the door has already."""
    caps = {item.id: item.cap for item in items}
    total = after(basket, wish.kind, wish.lines)
    for item, units in wish.lines.items():
        if units and total.get(item, 0) > caps[item]:
            had = basket.get(item, 0) if wish.kind == EntryKind.ADD else 0
            wish.note(Code.OVER_CAP, item=item, quantity=units, cap=caps[item], had=had)
