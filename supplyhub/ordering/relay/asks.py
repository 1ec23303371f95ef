"""Which quantity belongs to which item: 土豆1鸡蛋1板, 1份土豆, 白菜、土豆各一份. What can be read in two ways stays open."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.ordering.relay.tokens import GLUED, Kind, Quantity, Token

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from supplyhub.ordering.relay.lexicon import Named
    from supplyhub.ordering.relay.words import Meaning


@dataclass(slots=True)
class Ask:
    """An item and how many of it, None for not said. `unclear` when a number beside it may belong to it or not."""

    text: str
    named: Named
    gap: int
    listed: bool = False
    quantity: Quantity | None = None
    unclear: bool = False


@dataclass(slots=True)
class Each:
    """So many of each item before it, or else after it; `every`: of all there is when none is named."""

    text: str
    quantity: Quantity
    every: bool


@dataclass(slots=True)
class Change:
    """A word of change. `quantity`: the number that follows it at once, for an item before it."""

    text: str
    meaning: Meaning
    gap: int
    quantity: Quantity | None = None


@dataclass(slots=True)
class Stray:
    """A number that belongs to nothing."""

    text: str


Part = Ask | Each | Change | Stray
AFTER = re.compile("(?:iq)+")
BEFORE = re.compile("(?:qi)+")


def parts_of(tokens: Sequence[Token]) -> list[Part]:
    """Return what an entry says, with every quantity bound to its item where that is clear."""
    parts: list[Part] = []
    run: list[Token] = []
    for token in tokens:
        if token.kind in {Kind.ITEM, Kind.QUANTITY}:
            run.append(token)
            continue
        _close(run, parts)
        run = []
        if token.kind == Kind.EACH and token.quantity is not None:
            parts.append(Each(token.text, token.quantity, token.every))
        elif token.change is not None:
            parts.append(Change(token.text, token.change, token.gap))
    _close(run, parts)
    _spread(parts)
    return parts


def _close(run: list[Token], parts: list[Part]) -> None:
    """Bind a run of items and quantities, and add it to the parts."""
    if len(parts) > 1 and isinstance(parts[-1], Change) and isinstance(parts[-2], Ask) and _is_new_quantity(run):
        # 通菜改成3份: the number is the change's.
        parts[-1].quantity = run[0].quantity
        run = run[1:]
    parts.extend(_bound(run))


def _is_new_quantity(run: Sequence[Token]) -> bool:
    if not run or run[0].kind != Kind.QUANTITY:
        return False
    # 通菜改成3份白菜 names another item instead.
    return not (len(run) == 2 and run[1].kind == Kind.ITEM and run[1].gap == GLUED)


def _bound(run: Sequence[Token]) -> list[Part]:
    shape = "".join("i" if token.kind == Kind.ITEM else "q" for token in run)
    owners = _owners(run, shape)
    parts: list[Part] = []
    unclear = {at for at, owner in owners.items() if owner is None}
    quantity_of = {owner: run[at].quantity for at, owner in owners.items() if owner is not None}
    for at, token in enumerate(run):
        if token.kind == Kind.ITEM:
            beside = bool(unclear & {at - 1, at + 1})
            parts.append(Ask(token.text, token.named, token.gap, token.listed, quantity_of.get(at), unclear=beside))
        elif at in unclear:
            parts.append(Stray(token.text))
    return parts


def _owners(run: Sequence[Token], shape: str) -> dict[int, int | None]:
    """Return for each quantity the item that it belongs to; None where both or neither may be it."""
    if AFTER.fullmatch(shape):
        return {at: at - 1 for at, kind in enumerate(shape) if kind == "q"}
    if BEFORE.fullmatch(shape):
        return {at: at + 1 for at, kind in enumerate(shape) if kind == "q"}
    owners: dict[int, int | None] = {}
    for at, kind in enumerate(shape):
        if kind == "q":
            owners[at] = _owner(run, shape, at, set(owners.values()))
    return owners


def _owner(run: Sequence[Token], shape: str, at: int, taken: set[int | None]) -> int | None:
    left = at - 1 if at > 0 and shape[at - 1] == "i" and at - 1 not in taken else None
    right = at + 1 if shape[at + 1 : at + 2] == "i" else None
    if left is None or right is None:
        return right if left is None else left
    quantity = run[at].quantity
    times = quantity.times if quantity else ""
    if times or (shape[at + 2 : at + 3] == "q" and run[at].gap == run[right].gap):
        # x2 belongs to what was before it; and the next item has a quantity of its own.
        return right if times == "after" else left
    if run[at].gap == run[right].gap:
        return None
    return left if run[at].gap < run[right].gap else right


def _spread(parts: Sequence[Part]) -> None:
    """Give 各一份 to the items before it that have no quantity, else to those after it."""
    for at, part in enumerate(parts):
        if not isinstance(part, Each):
            continue
        waiting = _waiting(reversed(parts[:at])) or _waiting(iter(parts[at + 1 :]))
        for ask in waiting:
            ask.quantity = part.quantity
        if waiting:
            part.text = ""


def _waiting(parts: Iterable[Part]) -> list[Ask]:
    found: list[Ask] = []
    for part in parts:
        if not isinstance(part, Ask):
            break
        if part.quantity is None:
            found.append(part)
    return found
