"""Every page, in the states that matter: the community's day is moved on between the stops."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from unittest.mock import patch

from supplyhub.catalog import commands as catalog
from supplyhub.db import scalar
from supplyhub.depot.commands import drop_stocktake, finish_receiving, start_stocktake
from supplyhub.depot.shortage import short_products
from supplyhub.depot.states import Place
from supplyhub.errors import BusyError
from supplyhub.ordering import commands as ordering
from tests.journeys.relay_chain import CHAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from tests.journeys.scene import Scene


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
SEND = "main form button"
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


def wrong_grid(page: Page) -> None:
    """Try a badge of another grid."""
    page.fill("#ticket", SECRETS["ticket"])
    page.fill("#badge", "5-001")
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
    fold = page.locator("details:has(select[name^=m])")
    fold.locator("summary").click()
    fold.locator("select").first.select_option(index=2)


def look_up(page: Page) -> None:
    """Look a slip up that nobody has."""
    page.fill("#slip", "ABCD2345")
    page.click("main form button")


def new_volunteer(page: Page) -> None:
    """Take somebody on."""
    page.fill("#volunteer-name", "新来的")
    page.click("form[action$=volunteers] button")


ACTS: dict[str, Callable[[Page], None]] = {
    "fill-basket": fill_basket,
    "review": review,
    "agree-and-choose": agree_and_choose,
    "agree-and-review": agree_and_review,
    "wrong-password": wrong_password,
    "card": type_card,
    "wrong-grid": wrong_grid,
    "bad-menu": faulty_menu,
    "new-volunteer": new_volunteer,
    "join": join,
    "number": ask_for_number,
    "paste": paste,
    "mend": mend,
    "apply": apply,
    "same-again": same_again,
    "same-again-instead": same_again_instead,
    "full-house": full_house,
    "look-up": look_up,
    "fill-cases": fill_cases,
}


def tour(scene: Scene) -> Iterator[Stop]:
    """Visit every page; between two stops the scene may move on, so look at each before asking for the next."""
    yield from before_the_menu(scene)
    yield from while_ordering(scene)
    yield from after_edits(scene)
    yield from at_the_depot(scene)
    yield from on_the_way(scene)
    yield from next_time(scene)


def before_the_menu(scene: Scene) -> Iterator[Stop]:
    """Entry pages, and the day before anything is published."""
    home = scene.homes(3)[9]
    SECRETS["card"] = scene.card(home)
    yield Stop("entry-sign-in", STRANGER, "/sign-in")
    yield Stop("entry-sign-in-failed", STRANGER, "/sign-in", "wrong-password")
    yield Stop("entry-card", STRANGER, "/card")
    yield Stop("entry-card-question", STRANGER, "/card", "card")
    yield Stop("entry-signed-out", STRANGER, "/signed-out")
    scene.first_phone(home)
    SECRETS["card"] = scene.card(home)
    yield Stop("entry-card-pin", STRANGER, "/card", "join")
    yield Stop("entry-link", STRANGER, "/link")
    yield Stop("entry-password", "depot", "/password")
    yield Stop("error-not-found", STRANGER, "/nowhere")
    yield Stop("error-not-allowed", f"resident:{home}", "/depot")
    yield Stop("resident-no-menu", f"resident:{home}", "/menu")
    yield Stop("resident-no-order", f"resident:{home}", "/order")
    yield Stop("coordinator-no-cycle", "coordinator", "/coordinator")
    yield Stop("depot-no-cycle", "depot", "/depot")
    catalog.open_cycle(scene.coordinator, delivery_on=date.today() + timedelta(days=1))  # noqa: DTZ011
    yield Stop("gridlead-no-menu", "gridlead:3", "/grid")
    yield Stop("gridlead-publish", "gridlead:3", "/grid/publish")
    yield Stop("gridlead-publish-faulty", "gridlead:3", "/grid/publish", "bad-menu")


def while_ordering(scene: Scene) -> Iterator[Stop]:
    """Menus are open, most have ordered."""
    scene.open_cycle().order(scene.part)
    silent = scene.silent_home(3)
    yield Stop("resident-menu", f"resident:{silent}", "/menu", "fill-basket")
    yield Stop("resident-search", f"resident:{silent}", "/menu?q=bc")
    yield Stop("resident-search-none", f"resident:{silent}", "/menu?q=zzz")
    yield Stop("resident-review", f"resident:{silent}", "/menu", "review")
    yield Stop("resident-queue", f"resident:{silent}", "/menu", "full-house")
    yield Stop("resident-household", f"resident:{silent}", "/household")
    yield Stop("resident-household-number", f"resident:{silent}", "/household", "number")
    yield Stop("gridlead-card", "gridlead:3", f"/cards/{silent}")
    yield Stop("gridlead-cards", "gridlead:3", "/cards/grid")
    mine = scene.follow(3)
    yield Stop("resident-menu-ordered", f"resident:{mine}", "/menu")
    yield Stop("resident-order-placed", f"resident:{mine}", "/order")
    yield Stop("resident-cancel", f"resident:{mine}", "/order/cancel")
    yield Stop("gridlead-today", "gridlead:3", "/grid")
    scene.call(silent)
    yield Stop("gridlead-households", "gridlead:3", "/grid/households")
    yield Stop("gridlead-called", "gridlead:3", "/grid/households?part=again")
    yield Stop("gridlead-ordered", "gridlead:3", "/grid/households?standing=ordered")
    yield Stop("gridlead-declined", "gridlead:3", "/grid/households?standing=declined")
    yield Stop("gridlead-find", "gridlead:3", "/grid/find?door=47-2")
    yield Stop("gridlead-consent", "gridlead:3", f"/for/{silent}/consent")
    yield Stop("gridlead-for", "gridlead:3", f"/for/{silent}/consent", "agree-and-choose")
    yield Stop("gridlead-for-review", "gridlead:3", f"/for/{silent}/consent", "agree-and-review")
    yield Stop("gridlead-slip", "gridlead:3", f"/for/{mine}/slip/{scene.menus[3]}")
    scene.appoint(mine)
    yield Stop("gridlead-anchors", "gridlead:3", "/anchors?door=47-1")
    yield Stop("resident-neighbours", f"resident:{mine}", "/neighbours")
    yield Stop("resident-no-anchor", f"resident:{silent}", "/neighbours")
    yield Stop("gridlead-relay", "gridlead:3", "/grid/relay")
    yield Stop("gridlead-relay-review", "gridlead:3", "/grid/relay", "paste")
    yield Stop("gridlead-relay-mend", "gridlead:3", "/grid/relay", "mend")
    yield Stop("gridlead-aliases", "gridlead:3", "/grid/aliases")
    yield Stop("gridlead-menu", "gridlead:3", "/grid/menu")
    yield Stop("gridlead-close", "gridlead:3", f"/grid/menu/{scene.menus[3]}/close")
    item = scene.most_wanted(3)
    yield Stop("gridlead-edit", "gridlead:3", f"/grid/menu/{scene.menus[3]}/items/{item}")
    yield Stop("gridlead-withdraw", "gridlead:3", f"/grid/menu/{scene.menus[3]}/items/{item}/withdraw")
    yield Stop("coordinator-home-ordering", "coordinator", "/coordinator")
    yield Stop("coordinator-register", "coordinator", "/coordinator/register")
    yield Stop("coordinator-grid", "coordinator", "/coordinator/register/grid/3")
    yield Stop("coordinator-cards", "coordinator", "/coordinator/register/grid/3/cards")
    yield Stop("coordinator-people", "coordinator", "/coordinator/people")
    yield Stop("coordinator-people-link", "coordinator", "/coordinator/people", "new-volunteer")
    yield Stop("coordinator-revoke", "coordinator", "/coordinator/badges/3-001/revoke")
    yield Stop("depot-board-ordering", "depot", "/depot")


def after_edits(scene: Scene) -> Iterator[Stop]:
    """A price rose and an item was withdrawn; the group's chain is ordered."""
    item = scene.edit(3)
    yield Stop("gridlead-menu-edited", "gridlead:3", "/grid/menu")
    yield Stop("resident-menu-edited", f"resident:{scene.silent_home(3)}", "/menu")
    yield Stop("resident-order-withdrawn", f"resident:{scene.lost(item)}", "/order")
    yield Stop("gridlead-relay-done", "gridlead:3", "/grid/relay", "apply")
    late = scene.give_more_time(3)
    yield Stop("gridlead-late", "gridlead:3", f"/grid/menu/{scene.menus[3]}/items/{late}/late")
    yield Stop("gridlead-menu-late", "gridlead:3", "/grid/menu")
    yield Stop("resident-review-fill", f"resident:{scene.silent_home(3)}", "/menu", "fill-cases")
    scene.pass_the_cutoff(3)
    yield Stop("resident-menu-late", f"resident:{scene.lost(item)}", "/menu")
    yield Stop("resident-order-late", f"resident:{scene.follow(3)}", "/order")
    yield Stop("gridlead-menu-only-late", "gridlead:3", "/grid/menu")


def next_time(scene: Scene) -> Iterator[Stop]:
    """The next cycle: who ordered before may order the same; in another grid things are drawn for."""
    before, another = scene.home_on(SECRETS["ticket"], 1), scene.home_on(SECRETS["ticket"], 2)
    scene.open_next()
    yield Stop("gridlead-publish-copied", "gridlead:3", "/grid/publish?copy=1")
    scene.save_menu(3)
    yield Stop("gridlead-preview", "gridlead:3", "/grid/preview")
    catalog.publish_menu(scene.coordinator, scene.menus[3])
    yield Stop("resident-menu-again", f"resident:{before}", "/menu")
    yield Stop("resident-again-instead", f"resident:{another}", "/menu", "same-again-instead")
    yield Stop("resident-again", f"resident:{before}", "/menu", "same-again")
    menu = scene.open_draw(4)
    asked, fresh = scene.homes(4)[3], scene.homes(4)[40]
    yield Stop("draw-menu", f"resident:{fresh}", "/menu", "fill-basket")
    yield Stop("draw-review", f"resident:{fresh}", "/menu", "review")
    yield Stop("draw-asked", f"resident:{asked}", "/order")
    yield Stop("draw-before", f"resident:{asked}", f"/draws/{menu}")
    yield Stop("draw-menu-lead", "gridlead:4", "/grid/menu")
    scene.draw(menu)
    yield Stop("draw-drawn", f"resident:{asked}", "/order")
    yield Stop("draw-page", f"resident:{asked}", f"/draws/{menu}", "look-up")
    yield Stop("draw-list", f"resident:{asked}", f"/draws/{menu}/items/{scene.most_wanted(4)}")


def at_the_depot(scene: Scene) -> Iterator[Stop]:
    """Goods are bought, counted and shared."""
    scene.cut_off()
    yield Stop("depot-purchase-draft", "depot", "/depot/purchase")
    order = scalar("SELECT min(id) FROM purchase_order WHERE cycle_id = :cycle", cycle=scene.cycle)
    yield Stop("depot-purchase-order", "depot", f"/depot/purchase/{order}")
    yield Stop("depot-purchase-platforms", "coordinator", "/depot/purchase/platforms")
    scene.send()
    yield Stop("depot-purchase-answer", "coordinator", f"/depot/purchase/{order}")
    yield Stop("depot-receive", "depot", f"/depot/receive/{order}")
    yield Stop("depot-purchase-sent", "depot", "/depot/purchase")
    scene.receive()
    yield Stop("depot-receiving", "depot", "/depot/receive")
    receipt = scalar("SELECT min(id) FROM receipt WHERE cycle_id = :cycle", cycle=scene.cycle)
    yield Stop("depot-receipt", "depot", f"/depot/receive/receipts/{receipt}")
    yield Stop("depot-donation", "depot", "/depot/receive/extra/donation")
    yield Stop("depot-finish", "depot", "/depot/receive/finish")
    finish_receiving(scene.depot, scene.cycle)
    yield Stop("depot-shortages-ahead", "depot", "/depot/shortages")
    for short in short_products(scene.cycle)[:1]:
        yield Stop("depot-shortage", "coordinator", f"/depot/shortages/{short.id}")
    yield Stop("gridlead-short-calls", "gridlead:3", "/short-calls")
    scene.share().pack(3, 0.4)
    batch = scalar(
        "SELECT b.id FROM batch AS b JOIN grid AS g ON g.id = b.grid_id WHERE g.number = 3 AND b.cycle_id = :cycle",
        cycle=scene.cycle,
    )
    yield Stop("depot-shortages", "depot", "/depot/shortages")
    yield Stop("depot-pack-grids", "depot", "/depot/pack")
    yield Stop("depot-pack", "depot", f"/depot/pack/{batch}")
    crate = scalar(
        "SELECT max(k.code) FROM crate AS k JOIN ticket AS t ON t.id = k.ticket_id WHERE t.batch_id = :batch",
        batch=batch,
    )
    weighed = scalar(
        "SELECT p.code FROM parcel AS p JOIN allocation AS a ON a.order_id = p.order_id AND a.allocated > 0"
        " JOIN menu_item AS i ON i.id = a.item_id JOIN offer AS o ON o.id = i.offer_id"
        " JOIN product AS d ON d.id = o.product_id AND d.by_weight"
        " WHERE p.batch_id = :batch AND p.state = 'planned' ORDER BY p.position LIMIT 1",
        batch=batch,
    )
    yield Stop("depot-pack-crate", "depot", f"/depot/pack/{batch}?crate={crate}")
    yield Stop("depot-pack-scales", "depot", f"/depot/pack/{batch}?parcel={weighed}")
    yield Stop("depot-pick-list", "depot", f"/depot/pack/{batch}/list")
    yield Stop("depot-pick-orders", "depot", f"/depot/pack/{batch}/list?by=order")
    yield Stop("depot-print", "depot", f"/depot/print?batch={batch}")
    yield Stop("volunteer-tickets", "volunteer:3", "/tickets")


def on_the_way(scene: Scene) -> Iterator[Stop]:
    """Tickets are out."""
    for grid in scene.grids:
        scene.pack(grid, 1.0 if grid < 5 else 0.4)
    SECRETS["ticket"] = waiting = scene.claim(3, handed=False)
    yield Stop("volunteer-waiting", "volunteer:3", f"/tickets/{waiting}")
    yield Stop("depot-handover-refused", "depot", "/depot/handover", "wrong-grid")
    yield Stop("depot-handover", "depot", "/depot/handover")
    first = scene.claim(3)
    scene.deliver(3, first, 3, failed=1)
    for grid in set(scene.grids) & {4}:
        scene.deliver(grid, scene.claim(grid), 4)
    yield Stop("volunteer-doors", "volunteer:3", f"/tickets/{first}")
    stop = scalar(
        "SELECT s.id FROM stop AS s JOIN ticket AS t ON t.id = s.ticket_id WHERE t.code = :code AND s.outcome IS NULL"
        " ORDER BY s.position LIMIT 1",
        code=first,
    )
    yield Stop("volunteer-problem", "volunteer:3", f"/tickets/{first}/problem/{stop}")
    yield Stop("volunteer-tickets-out", "volunteer:3", "/tickets")
    yield Stop("resident-order-on-the-way", f"resident:{scene.home_on(first, 4)}", "/order")
    yield Stop("resident-order-delivered", f"resident:{scene.home_on(first, 1)}", "/order")
    yield Stop("resident-order-problem", f"resident:{scene.home_on(first, 3)}", "/order")
    yield Stop("resident-order-short", f"resident:{scene.short_home()}", "/order")
    yield Stop("gridlead-today-delivering", "gridlead:3", "/grid")
    yield Stop("gridlead-delivery", "gridlead:3", "/grid/delivery")
    yield Stop("gridlead-ticket", "gridlead:3", f"/grid/delivery/{first}")
    yield Stop("depot-board", "depot", "/depot")
    yield Stop("depot-board-wall", "depot", "/depot?wall=1")
    yield Stop("depot-returns", "depot", "/depot/returns")
    lot = scalar("SELECT min(lot_id) FROM stock_level WHERE place = 'shelf' AND quantity > 0")
    yield Stop("depot-stock", "depot", "/depot/stock")
    yield Stop("depot-lot", "depot", f"/depot/stock/{lot}")
    stocktake = start_stocktake(scene.depot, Place.SHELF)
    yield Stop("depot-stocktake", "depot", f"/depot/stocktakes/{stocktake}")
    drop_stocktake(scene.depot, stocktake)
    yield Stop("depot-stocktakes", "depot", "/depot/stocktakes")
    yield Stop("depot-take-back", "depot", f"/depot/returns/{first}")
    yield Stop("coordinator-home", "coordinator", "/coordinator")
    yield Stop("coordinator-close", "coordinator", f"/coordinator/cycles/{scene.cycle}/close")
    yield Stop("coordinator-audit", "coordinator", "/coordinator/audit")
    scene.deliver(3, first, 100)
    yield Stop("volunteer-done", "volunteer:3", f"/tickets/{first}")
