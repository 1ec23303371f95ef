"""What a household asks for: lines of a basket, each with what to do when too little comes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from supplyhub.ordering.states import Consent


@dataclass(frozen=True, slots=True)
class Line:
    """So many units of a menu item; `substitute` names another item of the menu, with that consent only.

    `most`: the units that the household takes at most, so that a case gets full; more than `quantity`, None for no more.
    """

    item: int
    quantity: int
    consent: Consent = Consent.LESS
    substitute: int | None = None
    most: int | None = None

    def of(self, quantity: int) -> Line:
        """Return the same wishes for another number of units."""
        return replace(self, quantity=quantity, most=self.most if self.most and self.most > quantity else None)
