"""The stops of a tour: a page, who opens it, and what is done there first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unittest.mock import patch

from supplyhub.errors import BusyError
from supplyhub.ordering import commands as ordering
from tests.journeys.relay_chain import CHAIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


@dataclass(frozen=True, slots=True)
class Stop:
    """A page to look at: who opens it, where, and what is done there first (`act` gets the page)."""

    name: str
    actor: str
    path: str
    act: str = ""

    def open(self, page: Page) -> None:
        """Open the page and do what is to be done there."""
        page.goto(self.path)
        if self.act:
            ACTS[self.act](page)
        page.wait_for_timeout(SETTLED_MILLISECONDS)


STRANGER = "stranger"
SETTLED_MILLISECONDS = 60
SEND = "main form button:not([type=button])"
SECRETS: dict[str, str] = {}


def fill_basket(page: Page) -> None:
    """Choose two of the first things on the menu, once and twice."""
    page.wait_for_load_state()
    for place, times in ((0, 2), (1, 1), (2, 2)):
        for _ in range(times):
            more = page.locator(".items > .row").nth(place).locator("button[name=more]:visible:not([disabled])")
            if more.count():
                more.first.click()


def review(page: Page) -> None:
    """Go on to the review."""
    fill_basket(page)
    page.click("[data-go]")


def agree(page: Page) -> None:
    """Confirm that the household agreed."""
    page.check("input[value=phone]")
    page.click("#agree button")


def agree_and_choose(page: Page) -> None:
    """Go on to the menu."""
    agree(page)
    fill_basket(page)


def agree_and_review(page: Page) -> None:
    """Go on to the review."""
    agree(page)
    review(page)


def wrong_password(page: Page) -> None:
    """Try to sign in."""
    page.fill("#login", "gridlead3")
    page.fill("#password", "x")
    page.click(SEND)


def type_card(page: Page) -> None:
    """Type a card's secret."""
    page.fill("#secret", SECRETS["card"])
    page.click(SEND)


def scan_wrong_grid(page: Page) -> None:
    """Scan a ticket and a badge of another grid, on the page that judges by itself."""
    page.wait_for_selector("[data-scan][data-ready]")
    for name, text in (("ticket", SECRETS["ticket"]), ("badge", "5-001")):
        page.fill(f"#{name}", text)
        page.press(f"#{name}", "Enter")
    page.wait_for_selector("[data-part=result]:not([hidden])")


def wrong_grid(page: Page) -> None:
    """Try a badge of another grid."""
    page.fill("#ticket", SECRETS["ticket"])
    page.fill("#badge", "5-001")
    page.fill("#crates", "1")
    page.click(SEND)


def faulty_menu(page: Page) -> None:
    """Type a price that is none."""
    page.fill("#price_V002", "四块")
    page.fill("#offered_V002", "40")
    page.click(".dock button")


def join(page: Page) -> None:
    """Scan a card whose household has a phone already."""
    type_card(page)
    page.click("button[name=yes]")


def ask_for_number(page: Page) -> None:
    """Let a second phone join."""
    page.click("form[action$=pin] button")


def paste(page: Page) -> None:
    """Look through what the group wrote."""
    page.fill("#text", CHAIN)
    page.click("button[value=look]")


def mend(page: Page) -> None:
    """Open the fields of an entry."""
    paste(page)
    page.locator(".mend > summary").first.click()


def apply(page: Page) -> None:
    """Order what was understood."""
    paste(page)
    page.click("button[value=apply]")


def same_again(page: Page) -> None:
    """Order what was ordered last time."""
    page.click("button[name=again]")


def same_again_instead(page: Page) -> None:
    """Ask for last time's with something in the basket."""
    page.click("button[name=more]:visible:not([disabled])")
    page.click("button[name=again]")


def full_house(page: Page) -> None:
    """Order when very many do."""
    review(page)
    busy = BusyError("very many are here", retry_after_seconds=20)
    with patch.object(ordering, "place_order", side_effect=busy):
        page.click(".dock button")
        page.wait_for_selector("[data-wait]")


def fill_cases(page: Page) -> None:
    """Choose, and take some more of the first thing to fill its case."""
    review(page)
    page.wait_for_load_state()
    fold = page.locator("details:has(select[name^=m])")
    fold.locator("summary").click()
    fold.locator("select").first.select_option(index=1)


def look_up(page: Page) -> None:
    """Look a slip up that nobody has."""
    page.fill("#slip", "ABCD2345")
    page.click("main form button:not([type=button])")


def new_volunteer(page: Page) -> None:
    """Take somebody on."""
    page.fill("#volunteer-name", "新来的")
    page.click("form[action$=volunteers] button")


def apply_badly(page: Page) -> None:
    """Apply with a telephone that is none."""
    page.fill("#name", "梁晨")
    page.fill("#phone", "晚上打")
    page.click(SEND)


def arrive(page: Page) -> None:
    """Wait until the badge that was scanned is looked up."""
    page.wait_for_selector("[name=pin], .notice")


def up_to_date(page: Page) -> None:
    """Wait until a volunteer's phone has its tickets, and says that it opens without signal, and since when all is sent."""
    page.locator("#strip", has_text=re.compile("(没信号也能送了|Ready without signal) · .+ · ")).wait_for()


def keep_a_part(page: Page) -> None:
    """Deliver a part of a parcel."""
    up_to_date(page)
    page.click("details.unfolds > summary")
    page.click("a[href^='#part']")
    page.locator("[data-step='1']:not([disabled])").first.click()


def send_empty(page: Page) -> None:
    """Send a form as it is."""
    page.click(SEND)


def open_entry(page: Page) -> None:
    """Open what an entry of the care register says."""
    page.click("form[action$='/open'] button")


def put_nowhere(page: Page) -> None:
    """Put the depot where the register knows nothing."""
    page.fill("#at", "999")
    page.click(SEND)


def erase(page: Page) -> None:
    """Forget a household."""
    page.check("input[name=sure]")
    page.click(".btn-danger")


def unfold(page: Page) -> None:
    """Open everything that is folded."""
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")


ACTS: dict[str, Callable[[Page], None]] = {
    "put-nowhere": put_nowhere,
    "erase": erase,
    "send-empty": send_empty,
    "open-entry": open_entry,
    "fill-basket": fill_basket,
    "review": review,
    "agree-and-choose": agree_and_choose,
    "agree-and-review": agree_and_review,
    "wrong-password": wrong_password,
    "card": type_card,
    "scan-wrong-grid": scan_wrong_grid,
    "wrong-grid": wrong_grid,
    "bad-menu": faulty_menu,
    "new-volunteer": new_volunteer,
    "join": join,
    "unfold": unfold,
    "number": ask_for_number,
    "paste": paste,
    "mend": mend,
    "apply": apply,
    "apply-badly": apply_badly,
    "arrive": arrive,
    "same-again": same_again,
    "same-again-instead": same_again_instead,
    "full-house": full_house,
    "look-up": look_up,
    "fill-cases": fill_cases,
    "up-to-date": up_to_date,
    "keep-a-part": keep_a_part,
}
