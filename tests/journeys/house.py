"""The pages as people open them: each actor with a phone or a PC of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.journeys.scene import PASSWORD, Scene

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

# However much else the machine does.
SLOWEST_MILLISECONDS = 60_000
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
        """Return the phone of a household that has just scanned its card; a further one types the number of the first."""
        page = self.device(**options)
        first = not self.scene.phones(household)
        page.goto(f"/card#{self.scene.card(household)}")
        page.get_by_role("button", name="是我家").click()
        if not first:
            page.get_by_label("6 位数字").fill(self.scene.pin(household))
            page.get_by_role("button", name="加入").click()
        page.wait_for_url(lambda url: "/card" not in url)
        return page

    def staff(self, login: str, **options: Any) -> Page:
        """Return the device of somebody of the staff, signed in with a password."""
        page = self.device(**options)
        page.goto("/sign-in")
        page.get_by_label("登录名").fill(login)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录", exact=True).click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    def volunteer(self, grid: int, **options: Any) -> Page:
        """Return the phone of a grid's volunteer, signed in by a one-time link."""
        page = self.device(**options)
        page.goto(f"/link#{self.scene.link(self.scene.volunteers[grid].account_id)}")
        page.get_by_role("button", name="登录", exact=True).click()
        page.wait_for_url("**/tickets")
        return page

    def leave(self) -> None:
        """Close every device; fail when a page complained."""
        for context in self.opened:
            context.close()
        assert self.complaints == []

    def _listen(self, message: Any) -> None:
        # A refused form is an answer of 4xx, which Chromium also writes to the console.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)
