"""The pages as people open them: each actor with a phone or a PC of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tests.journeys.scene import PASSWORD, Scene

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

# However much else the machine does.
SLOWEST_MILLISECONDS = 60_000
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
PHONE = {"width": 390, "height": 844}
PC = {"width": 1280, "height": 800}


@dataclass
class House:
    """The scene, where its pages are, and the browser. Whatever a page complains about is kept in `complaints`."""

    scene: Scene
    site: str
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    opened: list[BrowserContext] = field(default_factory=list)

    def device(self, *, viewport: dict[str, int] = PHONE, **options: Any) -> Page:
        """Return a fresh device's page, nobody signed in."""
        context = self.browser.new_context(base_url=self.site, viewport=viewport, locale="zh-CN", **options)  # type: ignore[arg-type]
        context.set_default_timeout(SLOWEST_MILLISECONDS)
        self.opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._listen)
        return page

    def resident(self, household: int, **options: Any) -> Page:
        """Return the phone of a household that has just scanned its card; a further one gives the number of the first."""
        number = {"pin": self.scene.pin(household)} if self.scene.phones(household) else {}
        return self._enter("/card", {"secret": self.scene.card(household), "yes": "1", **number}, options)

    def staff(self, login: str, **options: Any) -> Page:
        """Return the device of somebody of the staff, signed in with a password."""
        return self._enter("/sign-in", {"login": login, "password": PASSWORD}, options)

    def volunteer(self, grid: int, **options: Any) -> Page:
        """Return the phone of a grid's volunteer, signed in by a one-time link."""
        return self._enter("/link", {"secret": self.scene.link(self.scene.volunteers[grid].account_id)}, options)

    def leave(self) -> None:
        """Close every device; fail when a page complained."""
        for context in self.opened:
            context.close()
        assert self.complaints == []

    def _enter(self, path: str, typed: dict[str, str], options: dict[str, Any]) -> Page:
        """Return a fresh device that sent a form of entry, at its first page. The forms have journeys of their own."""
        page = self.device(**options)
        sends = page.context.request
        token = TOKEN.search(sends.get(path).text())
        assert token
        answer = sends.post(path, form={**typed, "csrf_token": token[1]}, max_redirects=0)
        assert answer.status == HTTPStatus.SEE_OTHER
        page.goto("/")
        return page

    def _listen(self, message: Any) -> None:
        # A refused form is an answer of 4xx, which Chromium also writes to the console.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)
