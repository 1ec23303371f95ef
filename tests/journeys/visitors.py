"""Whoever visits the pages of the tour: one device an actor and look, signed in once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.journeys.house import PHONE
from tests.journeys.stops import STRANGER

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.house import House
    from tests.journeys.stops import Stop


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
            page = self._arrive(
                stop.actor,
                viewport=viewport,
                color_scheme=scheme,
                device_scale_factor=1.5 if viewport == PHONE else 1,
            )
            page.context.add_cookies([{"name": "lang", "value": lang, "url": self.house.site}])
            self.pages[key] = page
        return self.pages[key]

    def _arrive(self, actor: str, **options: Any) -> Page:
        """Return a device in the actor's hands: the first signs in, those after it get its session's cookie."""
        if actor == STRANGER:
            return self.house.device(**options)
        if actor in self.sessions:
            page = self.house.device(**options)
            page.context.add_cookies(self.sessions[actor])
            return page
        page = self._enter(actor, **options)
        self.sessions[actor] = [cookie for cookie in page.context.cookies() if cookie["name"] == "supplyhub"]
        return page

    def _enter(self, actor: str, **options: Any) -> Page:
        role, _, which = actor.partition(":")
        if role == "resident":
            return self.house.resident(int(which), **options)
        if role == "volunteer":
            return self.house.volunteer(int(which), **options)
        return self.house.staff(f"{role}{which}", **options)
