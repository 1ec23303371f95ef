"""Every page, in the states that matter: the community's day is moved on between the stops."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from supplyhub.catalog import commands as catalog
from supplyhub.db import scalar
from supplyhub.delivery.commands import check_off
from tests.journeys.stops import SECRETS, STRANGER, Stop
from tests.journeys.tour_care import about_care
from tests.journeys.tour_depot import at_the_depot, on_the_shelves, to_the_point
from tests.journeys.tour_following import followed_up
from tests.journeys.tour_grid_life import complaints, grid_life
from tests.journeys.tour_help import about_help
from tests.journeys.tour_map import about_the_map
from tests.journeys.tour_messages import about_messages
from tests.journeys.tour_money import about_money
from tests.journeys.tour_packs import packs_on_their_way, packs_promised
from tests.journeys.tour_people import about_people
from tests.journeys.tour_privacy import about_privacy
from tests.journeys.tour_register import about_the_register
from tests.journeys.tour_report import about_the_report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.journeys.scene import Scene


# One parcel is fetched, another still waits.
FETCHED = 2


def tour(scene: Scene) -> Iterator[Stop]:
    """Visit every page; between two stops the scene may move on, so look at each before asking for the next."""
    yield from before_the_menu(scene)
    yield from while_ordering(scene)
    yield from packs_promised(scene)
    yield from after_edits(scene)
    yield from at_the_depot(scene)
    yield from on_the_way(scene)
    yield from packs_on_their_way(scene)
    yield from about_the_map(scene)
    yield from about_the_report(scene)
    yield from grid_life(scene)
    yield from complaints(scene)
    yield from about_privacy(scene)
    yield from next_time(scene)
    yield from about_care(scene)
    yield from about_people(scene)
    yield from about_messages(scene)
    yield from about_help(scene)


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
    yield from about_the_register(scene)
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
    yield Stop("resident-own-data", f"resident:{silent}", "/household/data")
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
    yield Stop("gridlead-unpaid", "gridlead:3", "/grid/unpaid")
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
    yield Stop("coordinator-routes", "coordinator", "/routes")
    yield Stop("coordinator-route", "coordinator", "/routes/3")
    yield Stop("coordinator-map", "coordinator", "/map")
    yield Stop("coordinator-map-table", "coordinator", "/map?view=table")
    yield Stop("coordinator-map-grid", "coordinator", "/map/3?by=silent")
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


def at_the_point(scene: Scene) -> Iterator[Stop]:
    """A grid is back to normal: people fetch what isn't on its way at the delivery point."""
    yield Stop("depot-point-empty", "depot", "/point")
    waiting = scene.relax(scene.grids[-1])
    yield Stop("coordinator-levels", "coordinator", "/levels")
    if len(waiting) < FETCHED:
        return
    check_off(scene.depot, waiting[0])
    ticket = scalar(
        "SELECT t.code FROM ticket AS t JOIN stop AS s ON s.ticket_id = t.id JOIN parcel AS p ON p.id = s.parcel_id"
        " WHERE p.code = :code",
        code=waiting[1],
    )
    yield Stop("depot-point", "depot", "/point")
    yield Stop("depot-point-close", "depot", f"/point/{ticket}/close")
    home = scalar(
        "SELECT o.household_id FROM orders AS o JOIN parcel AS p ON p.order_id = o.id WHERE p.code = :code",
        code=waiting[1],
    )
    yield Stop("resident-order-at-point", f"resident:{home}", "/order")


def next_time(scene: Scene) -> Iterator[Stop]:
    """The next cycle: who ordered before may order the same; in another grid things are drawn for."""
    before, another = scene.ordered_most(3)
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


def on_the_way(scene: Scene) -> Iterator[Stop]:
    """Tickets are out."""
    for grid in scene.grids:
        scene.pack(grid, 1.0 if grid < 5 else 0.4)
    SECRETS["ticket"] = waiting = scene.claim(3, handed=False)
    yield Stop("volunteer-waiting", "volunteer:3", f"/tickets/{waiting}")
    yield Stop("phone-waiting", "volunteer:3", "/phone/", "up-to-date")
    yield Stop("depot-handover-refused", "depot", "/depot/handover", "wrong-grid")
    yield Stop("depot-handover", "depot", "/depot/handover")
    yield Stop("depot-scan", "depot", "/depot/scan", "scan-wrong-grid")
    yield Stop("depot-scans-refused", "depot", "/depot/scan/refused")
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
    yield Stop("phone-doors", "volunteer:3", "/phone/", "up-to-date")
    yield Stop("phone-part", "volunteer:3", "/phone/", "keep-a-part")
    yield Stop("volunteer-tickets-out", "volunteer:3", "/tickets")
    yield Stop("resident-order-on-the-way", f"resident:{scene.home_on(first, 4)}", "/order")
    yield Stop("resident-order-delivered", f"resident:{scene.home_on(first, 1)}", "/order")
    yield Stop("resident-order-problem", f"resident:{scene.home_on(first, 3)}", "/order")
    yield Stop("resident-order-short", f"resident:{scene.short_home()}", "/order")
    yield Stop("gridlead-today-delivering", "gridlead:3", "/grid")
    yield Stop("gridlead-delivery", "gridlead:3", "/grid/delivery")
    yield Stop("gridlead-ticket", "gridlead:3", f"/grid/delivery/{first}")
    yield from followed_up(scene, first)
    yield Stop("depot-board", "depot", "/depot")
    yield Stop("depot-board-wall", "depot", "/depot?wall=1")
    yield from to_the_point(scene, first)
    yield from on_the_shelves(scene, first)
    yield Stop("coordinator-home", "coordinator", "/coordinator")
    yield Stop("coordinator-close", "coordinator", f"/coordinator/cycles/{scene.cycle}/close")
    yield Stop("coordinator-audit", "coordinator", "/coordinator/audit")
    yield from at_the_point(scene)
    scene.deliver(3, first, 100)
    yield Stop("volunteer-done", "volunteer:3", f"/tickets/{first}")
    yield from about_money(scene, first)
