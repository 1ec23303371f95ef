"""The table at which somebody chooses: each item as this household can have it, its basket, its order as it stands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from supplyhub.catalog.kinds import kind_place
from supplyhub.catalog.late import takes
from supplyhub.catalog.states import MenuMode
from supplyhub.ordering.shelf import shelf_for
from supplyhub.ordering.states import OrderState
from supplyhub.web.pages.basket import Basket, kept, wish_of
from supplyhub.web.pages.search import finds

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

# Substitutes that the review offers for a line; a list of two hundred is no help.
MOST_SUBSTITUTES = 40


@dataclass(frozen=True, slots=True)
class Choice:
    """An item with what this household may have of it.

    units: in the basket; ordered: in the order as it stands; most: how many it can have; price_fen: what a unit costs it;
    wish: what to do when too little comes; fill: how many it takes at most to fill a case, None for no more than its units;
    shut: the item's cut-off has passed, what was ordered of it stays; seen: not hidden by a kind or a search.
    """

    item: Row[Any]
    units: int
    ordered: int
    most: int
    price_fen: int
    wish: str = ""
    fill: int | None = None
    shut: bool = False
    seen: bool = True

    @property
    def sum_fen(self) -> int:
        """Return what the units cost."""
        return self.units * self.price_fen

    @property
    def cost_fen(self) -> int | None:
        """Return what a unit was bought for; None where it isn't known."""
        found: int | None = self.item.cost_fen
        return found

    @property
    def fee_fen(self) -> int | None:
        """Return what the price has on top of the purchase price, below zero for a subsidy; None where it isn't known."""
        return None if self.cost_fen is None else self.price_fen - self.cost_fen

    @property
    def fills(self) -> range:
        """Return the maxima that would help to fill a case: above what is chosen, within the cap, less than one case more."""
        if self.shut or not self.units:
            return range(0)
        return range(self.units + 1, min(self.item.cap, self.units + self.item.case_size - 1) + 1)

    @property
    def names(self) -> list[str]:
        """Return all it is called, and how that sounds."""
        item = self.item
        names = [item.name_zh, item.pinyin, item.name_en, *item.aliases, *item.aliases_said]
        return [name for name in names if name]


@dataclass(frozen=True)
class Table:
    """Everything a menu page shows.

    gone: what was in the basket and has been withdrawn from the menu; it is out of it
    missed: what was chosen otherwise than ordered and can't be changed any more; it is as ordered again
    """

    basket: Basket
    choices: list[Choice]
    order: Row[Any] | None = None
    gone: list[Choice] = field(default_factory=list)
    missed: list[Choice] = field(default_factory=list)
    drawn: bool = False

    @cached_property
    def chosen(self) -> list[Choice]:
        """Return what is in the basket."""
        return [choice for choice in self.choices if choice.units]

    @cached_property
    def by_item(self) -> dict[int, Choice]:
        """Return the choices by item."""
        return {choice.item.id: choice for choice in self.choices}

    @property
    def units(self) -> int:
        """Return how many units are in the basket."""
        return sum(choice.units for choice in self.chosen)

    @property
    def total_fen(self) -> int:
        """Return what the basket costs."""
        return sum(choice.sum_fen for choice in self.chosen)

    @property
    def placed(self) -> bool:
        """Tell whether there is a live order."""
        return self.order is not None

    @property
    def order_id(self) -> int | None:
        """Return the household's order in this menu, also a cancelled one."""
        return self.choices[0].item.order_id if self.choices else None

    @property
    def earlier(self) -> int | None:
        """Return the household's order of an earlier cycle, or None."""
        return self.choices[0].item.earlier if self.choices else None

    @property
    def has_pack(self) -> bool:
        """Tell whether a care pack comes to the household in this cycle."""
        return bool(self.choices and self.choices[0].item.has_pack)

    @property
    def edited(self) -> bool:
        """Tell whether an item was changed since the menu was published."""
        return bool(self.choices and self.choices[0].item.edited)

    @property
    def late(self) -> list[Choice]:
        """Return what can be ordered longer than the rest."""
        return [choice for choice in self.choices if choice.item.late_until is not None and not choice.shut]

    @property
    def fillable(self) -> list[Choice]:
        """Return what of the basket comes in cases, so that taking some more may help; nothing in a draw."""
        return [] if self.drawn else [choice for choice in self.chosen if choice.fills]

    @property
    def fixed(self) -> bool:
        """Tell whether a line of the order can't be changed any more, and so the order not be cancelled."""
        return any(choice.shut and choice.ordered for choice in self.choices)

    @property
    def is_anchor(self) -> bool:
        """Tell whether the household is the anchor of its building."""
        return bool(self.choices and self.choices[0].item.is_anchor)

    @cached_property
    def differs(self) -> bool:
        """Tell whether note, wishes or what fills a case differ from the order; quantities aside."""
        return self.order is not None and (
            self.basket.note != self.order.note
            or any(
                choice.wish != wish_of(choice.item.consent, choice.item.substitute) or choice.fill != choice.item.most
                for choice in self.chosen
                if choice.ordered
            )
        )

    @property
    def changed(self) -> bool:
        """Tell whether the basket differs from the order."""
        return self.differs or any(choice.units != choice.ordered for choice in self.choices)

    def cut_to_fit(self) -> None:
        """Take out of the basket what can't be had; the rest stays."""
        self.basket.lines = {choice.item.id: min(choice.units, choice.most) for choice in self.chosen}

    def substitutes(self, instead_of: Choice) -> list[tuple[str, list[Choice]]]:
        """Return what may take an item's place, by kind: the same kind first."""
        others = [choice for choice in self.choices if choice is not instead_of and choice.item.withdrawn_at is None]
        kind = instead_of.item.category
        others.sort(key=lambda choice: (choice.item.category != kind, choice.most == 0))
        found: dict[str, list[Choice]] = {}
        for choice in others[:MOST_SUBSTITUTES]:
            found.setdefault(choice.item.category, []).append(choice)
        return list(found.items())


def lay(menu: Row[Any], household_id: int, *, kind: str = "", find: str = "") -> Table:
    """Return the table for a household: its basket of this session, else its order, else nothing chosen yet.

    The caller has found menu and door through scoped queries.
    """
    shelf = sorted(shelf_for(menu.id, household_id), key=lambda item: kind_place(item.category))
    order = next((item for item in shelf if item.state == OrderState.PLACED), None)
    basket = kept(menu.id, household_id) or fresh(menu.id, household_id, order, shelf)
    withdrawn = {item.id for item in shelf if item.withdrawn_at is not None}
    lost = {item: units for item, units in basket.lines.items() if item in withdrawn and units}
    basket.limit_to({item.id for item in shelf})
    # As the withdrawal does with lines that are ordered already: less of it, if nothing else was said.
    basket.wishes = {item: wish for item, wish in basket.wishes.items() if wish not in set(map(str, withdrawn))}
    basket.lines = {item: units for item, units in basket.lines.items() if item not in withdrawn}
    drawn, shut = menu.mode == MenuMode.DRAW, _shut(menu, shelf)
    missed = {item.id for item in shelf if item.id in shut and _as_ordered(basket, item)}
    choices = [_choice(item, basket, drawn=drawn, shut=item.id in shut) for item in shelf]
    # What can still be had comes first.
    choices.sort(key=lambda choice: choice.shut)
    if kind or find:
        choices = [_sought(choice, kind, find) for choice in choices]
    return Table(
        basket,
        choices,
        order,
        [choice for choice in choices if choice.item.id in lost],
        [choice for choice in choices if choice.item.id in missed],
        drawn,
    )


def fresh(menu_id: int, household_id: int, order: Row[Any] | None, shelf: list[Row[Any]]) -> Basket:
    """Return a basket that starts from the order as it stands, empty where there is none or it was cancelled."""
    if order is None:
        return Basket(menu_id, household_id, shelf[0].version if shelf else None)
    ordered = [item for item in shelf if item.ordered]
    basket = Basket(menu_id, household_id, order.version, {item.id: item.ordered for item in ordered}, order.note)
    for item in ordered:
        basket.wish(item.id, wish_of(item.consent, item.substitute))
        if item.most:
            basket.fills[item.id] = item.most
    return basket


def _shut(menu: Row[Any], shelf: list[Row[Any]]) -> set[int]:
    """Return the items whose cut-off has passed while others can still be ordered."""
    return {item.id for item in shelf if not takes(menu, item)} if menu.only_late else set()


def _as_ordered(basket: Basket, item: Row[Any]) -> bool:
    """Put an item back to what was ordered of it, and tell whether other units of it were chosen."""
    ordered = item.ordered or 0
    other = basket.lines.get(item.id, 0) != ordered
    basket.lines[item.id], basket.fills[item.id] = ordered, item.most or 0
    basket.wish(item.id, wish_of(item.consent, item.substitute))
    return other


def _choice(item: Row[Any], basket: Basket, *, drawn: bool, shut: bool) -> Choice:
    ordered = item.ordered or 0
    # An ask in a draw reserves nothing: until the cut-off everything is there for everybody.
    within_reach = item.cap if drawn else min(item.cap, item.left + ordered)
    if item.id in basket.fills:
        basket.fills[item.id] = min(basket.fills[item.id], item.cap)
    return Choice(
        item=item,
        units=basket.lines.get(item.id, 0),
        ordered=ordered,
        most=ordered if shut else 0 if item.withdrawn_at is not None else max(within_reach, 0),
        # What a line costs was fixed when it was ordered; only a cut reaches it.
        price_fen=item.price_fen if item.ordered_at_fen is None else min(item.price_fen, item.ordered_at_fen),
        wish=basket.wishes.get(item.id, ""),
        fill=basket.most(item.id),
        shut=shut,
    )


def _sought(choice: Choice, kind: str, find: str) -> Choice:
    seen = finds(find, choice.names) if find else choice.item.category == kind
    return replace(choice, seen=seen)
