"""A volunteer's phone: opened once with signal, then carried where there is none; and what it keeps."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from supplyhub.db import db, rows
from tests.journeys.house import SLOWEST_MILLISECONDS

if TYPE_CHECKING:
    from playwright.sync_api import Page

MAIN = ".btn-main.btn-big"
READY = "没信号也能送了"

# Answers at the moment when the page says so, not a look later.
SAYS = """words => new Promise((done) => {
  const strip = document.getElementById("strip");
  const look = () => !strip.hidden && strip.innerText.includes(words) && done();
  new MutationObserver(look).observe(strip, { attributes: true, childList: true, subtree: true });
  look();
})"""

# Everything that the browser keeps for this site, as text: sealed bytes as they are, keys as what can be done with them.
KEPT = """async () => {
  const told = [];
  const tell = (value) => JSON.stringify(value, (_, each) => {
    if (each instanceof CryptoKey) return { key: each.algorithm.name, extractable: each.extractable };
    if (each instanceof ArrayBuffer || ArrayBuffer.isView(each)) return new TextDecoder("latin1").decode(each);
    return each;
  });
  const asked = (request) => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
  const database = await asked(indexedDB.open("supplyhub-phone"));
  for (const name of database.objectStoreNames) {
    const rows = database.transaction(name).objectStore(name);
    told.push([name, await asked(rows.getAllKeys()), tell(await asked(rows.getAll()))]);
  }
  database.close();
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      told.push([name, request.url, await (await cache.match(request)).text()]);
    }
  }
  told.push([tell({ ...localStorage }), tell({ ...sessionStorage })]);
  return told;
}"""


def open_phone(page: Page) -> Page:
    """Open the phone's page with signal, and wait until it says that it opens without."""
    page.goto("/phone/", wait_until="domcontentloaded")
    wait_until_ready(page)
    return page


def wait_until_ready(page: Page) -> None:
    """Return at the first moment when the page says that it opens without signal."""
    page.evaluate(SAYS, READY)


def lose_signal(page: Page) -> None:
    """Go where there is no signal."""
    page.context.set_offline(True)


def find_signal(page: Page) -> None:
    """Come back, and wait until everything is sent."""
    page.context.set_offline(False)
    expect(page.locator("#strip")).to_contain_text("都上传了")


def door_of(page: Page) -> str:
    """Return the door where the volunteer is now."""
    return page.locator("h2.door").inner_text()


def deliver(page: Page) -> str:
    """Press the one big button; return the door."""
    door = door_of(page)
    page.locator(MAIN).click()
    expect(page.locator(".toast")).to_contain_text(re.compile(rf"{door.rsplit('-', 1)[1]} 已送达"))
    return door


def settled_stops(code: str) -> list[tuple[int, str | None]]:
    """Return the stops of a ticket in walking order, with their outcomes by now."""
    db.session.rollback()
    found = rows(
        "SELECT s.id, s.outcome FROM stop AS s JOIN ticket AS t ON t.id = s.ticket_id WHERE t.code = :code ORDER BY s.position",
        code=code,
    )
    return [(stop.id, stop.outcome) for stop in found]


def kept(page: Page) -> list[list[Any]]:
    """Return what the browser keeps: rows of each store, pages, and small things."""
    found: list[list[Any]] = page.evaluate(KEPT)
    return found


def keys_of(page: Page, store: str) -> list[str]:
    """Return the keys in a store of the phone's database."""
    return next(list(row[1]) for row in kept(page) if row[0] == store)


def wait_until(page: Page, condition: str) -> None:
    """Wait for what an expression says; Playwright's own way needs `eval`, which our pages forbid."""
    deadline = time.monotonic() + SLOWEST_MILLISECONDS / 1000
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, condition
        page.wait_for_timeout(20)


def wake_worker(page: Page) -> None:
    """Let the browser tell the worker that the signal is back, as it does when the page is closed."""
    session = page.context.new_cdp_session(page)
    numbers: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: numbers.extend(each["registrationId"] for each in event["registrations"]),
    )
    session.send("ServiceWorker.enable")
    deadline = time.monotonic() + SLOWEST_MILLISECONDS / 1000
    while not numbers:
        assert time.monotonic() < deadline, "the browser tells of no worker"
        page.wait_for_timeout(20)
    origin = page.evaluate("location.origin")
    session.send(
        "ServiceWorker.dispatchSyncEvent",
        {"origin": origin, "registrationId": numbers[-1], "tag": "send", "lastChance": False},
    )
    session.detach()
