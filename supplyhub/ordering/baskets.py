"""What a household asks for: lines of a basket, each with what to do when too little comes."""

from __future__ import annotations

from dataclasses import dataclass

from supplyhub.ordering.states import Consent


@dataclass(frozen=True, slots=True)
class Line:
    """So many units of a menu item; `substitute` names another item of the menu, with that consent only."""

    item: int
    quantity: int
    consent: Consent = Consent.LESS
    substitute: int | None = None
