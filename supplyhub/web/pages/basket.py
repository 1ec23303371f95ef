"""The basket between the menu, the review and the order. The same for a household and its helper.

It lies in the session, so that it is kept without script, over a reload, and when an order is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask import session

from supplyhub.ordering.baskets import Line
from supplyhub.ordering.schemas import LONGEST_NOTE, MOST_UNITS
from supplyhub.ordering.states import Consent
from supplyhub.schemas import clean

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

KEY = "basket"
# A wish is what the review's field says for an item of which too little comes: nothing for less of it, refund, call, or
# the number of the item to put in its place.
PLAIN_WISHES = {Consent.REFUND.value, Consent.CALL.value}


@dataclass(slots=True)
class Basket:
    """What somebody is choosing for a household: by item units, wishes, and how many it takes at most to fill a case.

    `expected` is the version of the order it was made from.
    """

    menu: int
    household: int
    expected: int | None = None
    lines: dict[int, int] = field(default_factory=dict)
    note: str = ""
    wishes: dict[int, str] = field(default_factory=dict)
    fills: dict[int, int] = field(default_factory=dict)

    def keep(self) -> None:
        """Keep it for the next request."""
        session[KEY] = {
            "menu": self.menu,
            "household": self.household,
            "expected": self.expected,
            "lines": list(self.lines.items()),
            "note": self.note,
            "wishes": list(self.wishes.items()),
            "fills": list(self.fills.items()),
        }

    def wanted(self) -> list[Line]:
        """Return the lines to order."""
        return [
            Line(item, units, *meaning(self.wishes.get(item, "")), most=self.most(item))
            for item, units in sorted(self.lines.items())
            if units > 0
        ]

    def most(self, item: int) -> int | None:
        """Return how many of an item the household takes at most, None for no more than it orders."""
        most = self.fills.get(item, 0)
        return most if most > self.lines.get(item, 0) else None

    def change(self, item: int, by: int) -> None:
        """Put one more in, or take one out."""
        self.lines[item] = min(max(self.lines.get(item, 0) + by, 0), MOST_UNITS)

    def read(self, form: Mapping[str, str]) -> None:
        """Take over the quantities `q<item>`, the wishes `s<item>`, what fills a case `m<item>` and the note.

        What the form doesn't show stays.
        """
        for name, value in form.items():
            if not name[1:].isdecimal() or len(name) >= 20:
                continue
            if name[0] == "q" and value.isdecimal():
                self.lines[int(name[1:])] = min(int(value[:6]), MOST_UNITS)
            elif name[0] == "s" and len(value) < 20:
                self.wish(int(name[1:]), value)
            elif name[0] == "m" and value.isdecimal():
                self.fills[int(name[1:])] = min(int(value[:6]), MOST_UNITS)
        if "note" in form:
            self.note = clean(form["note"]).strip()[:LONGEST_NOTE]

    def wish(self, item: int, wish: str) -> None:
        """Note what to do when too little of an item comes; what isn't understood means less of it."""
        if wish in PLAIN_WISHES or (wish.isdecimal() and int(wish) != item):
            self.wishes[item] = wish
        else:
            self.wishes.pop(item, None)

    def limit_to(self, items: Container[int]) -> None:
        """Forget what isn't on the menu."""
        self.lines = {item: units for item, units in self.lines.items() if item in items}
        self.wishes = {
            item: wish
            for item, wish in self.wishes.items()
            if item in items and (wish in PLAIN_WISHES or int(wish) in items)
        }
        self.fills = {item: most for item, most in self.fills.items() if item in items and self.most(item)}


def meaning(wish: str) -> tuple[Consent, int | None]:
    """Return a wish as a line has it."""
    if wish.isdecimal():
        return Consent.SUBSTITUTE, int(wish)
    return (Consent(wish) if wish else Consent.LESS), None


def wish_of(consent: str | None, substitute: int | None) -> str:
    """Return a line's consent as a wish."""
    return (
        str(substitute or "") if consent == Consent.SUBSTITUTE else ("" if consent in {None, Consent.LESS} else consent)
    )


def kept(menu_id: int, household_id: int) -> Basket | None:
    """Return the session's basket when it is for this household and menu."""
    found = session.get(KEY)
    if not found or (found["menu"], found["household"]) != (menu_id, household_id):
        return None
    by_item = {name: dict(found.get(name, ())) for name in ("lines", "wishes", "fills")}
    return Basket(**{**found, **by_item})


def drop() -> None:
    """Forget the basket: it was ordered, or given up."""
    session.pop(KEY, None)
