"""Whoever visits the pages of the tour: one device an actor and look, signed in once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.journeys.house import PHONE
from tests.journeys.tour import STRANGER

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.house import House
    from tests.journeys.tour import Stop


class Visitors:
    """One device an actor and look, signed in once."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.pages: dict[tuple[Any, ...], Page] = {}
        self.sessions: dict[str, list[Any]] = {}

    def page(self, stop: Stop, viewport: dict[str, int], scheme: str, lang: str) -> Page:
        """Return the device of an actor in a look."""
        key = (stop.actor, viewport["width"], scheme, lang)
        if key not in self.pages:
            page = self.house.device(
                viewport=viewport, color_scheme=scheme, device_scale_factor=1.5 if viewport == PHONE else 1
            )
            page.context.add_cookies(
                [*self.session(stop.actor), {"name": "lang", "value": lang, "url": self.house.site}]
            )
            self.pages[key] = page
        return self.pages[key]

    def session(self, actor: str) -> list[Any]:
        """Return an actor's session cookie."""
        if actor == STRANGER:
            return []
        if actor not in self.sessions:
            self.sessions[actor] = [
                cookie for cookie in self._enter(actor).context.cookies() if cookie["name"] == "supplyhub"
            ]
        return self.sessions[actor]

    def _enter(self, actor: str) -> Page:
        role, _, which = actor.partition(":")
        if role == "resident":
            return self.house.resident(int(which))
        if role == "volunteer":
            return self.house.volunteer(int(which))
        return self.house.staff(f"{role}{which}")
