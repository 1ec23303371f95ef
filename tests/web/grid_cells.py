"""Every pair of things that are bound to a grid, and how somebody could bring two grids together by it, on each way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.web.grid_acts import (
    account,
    change,
    door,
    door_money,
    entries,
    handed,
    handed_back,
    handed_page,
    move_stop,
    new_entry,
    new_handover,
    new_passage,
    new_ticket,
    passed,
    passed_page,
    scanned,
    scanned_page,
    synced,
    synced_money,
    synced_page,
    taken_back,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.web.grid_world import Grid, World

THINGS = ("ticket", "badge", "stop", "route", "batch", "point")
WAYS = ("api", "page", "sync", "sql")


@dataclass(frozen=True)
class Try:
    """An attempt: what is done with the first thing of grid `a` and the second of grid `b`, and what is logged of it.

    move: at which move the badge was turned away; scan: for which reason the scan was
    """

    what: str
    state: str
    act: Callable[[World, Grid, Grid], object]
    move: str = ""
    scan: str = ""


NAMES_NO_ROUTE = "no request names a route, a grid's newest is taken; no device knows of it"
COUNTED_HERE = "crates are counted at a device with signal"
CELLS: dict[tuple[str, str, str], list[Try] | str] = {
    ("ticket", "badge", "api"): [
        Try("claim", "issued", lambda w, a, b: w.api(account(b), f"/tickets/{a.ticket}/claim"), move="claim"),
        Try("release", "claimed", lambda w, a, b: w.api(account(b), f"/tickets/{a.ticket}/release")),
        Try("hand over", "claimed", lambda w, a, b: handed(w, w.depot, a.ticket, b.badge), "hand_over", "wrong_grid"),
        Try("report", "out", lambda w, a, b: entries(w, b, a.ticket, a.stop), move="deliver"),
        Try(
            "take over", "passed", lambda w, a, b: w.api(account(b), f"/tickets/{a.ticket}/take-over"), move="hand_over"
        ),
        Try(
            "reassign",
            "issued",
            lambda w, a, b: w.api(w.coordinator, f"/tickets/{a.ticket}/reassign", badge=b.badge),
            move="claim",
        ),
    ],
    ("ticket", "badge", "page"): [
        Try("claim", "issued", lambda w, a, b: w.page(account(b), f"/tickets/{a.ticket}/claim"), move="claim"),
        Try("release", "claimed", lambda w, a, b: w.page(account(b), f"/tickets/{a.ticket}/release")),
        Try(
            "hand over",
            "claimed",
            lambda w, a, b: handed_page(w, w.depot, a.ticket, b.badge),
            "hand_over",
            "wrong_grid",
        ),
        Try("door", "out", lambda w, a, b: door(w, b, a.ticket, a.stop)),
        Try("money", "out", lambda w, a, b: door_money(w, b, a.ticket, a.stop)),
        Try(
            "take over",
            "passed",
            lambda w, a, b: w.page(account(b), f"/tickets/{a.ticket}/take-over"),
            move="hand_over",
        ),
        Try(
            "reassign",
            "issued",
            lambda w, a, b: w.page(w.coordinator, f"/inbox/reassign/{a.ticket}", to=b.badge),
            move="claim",
        ),
    ],
    ("ticket", "badge", "sync"): [
        Try("doors", "out", lambda w, a, b: synced(w, b, a.ticket, a.stop), move="deliver"),
        Try("doors by page", "out", lambda w, a, b: synced_page(w, b, a.ticket, a.stop), move="deliver"),
        Try("money", "out", lambda w, a, b: synced_money(w, b, a.ticket, a.stop), move="deliver"),
        Try("scan", "claimed", lambda w, a, b: scanned(w, w.depot, a.ticket, b.badge), "hand_over", "wrong_grid"),
        Try(
            "scan by page",
            "claimed",
            lambda w, a, b: scanned_page(w, w.depot, a.ticket, b.badge),
            "hand_over",
            "wrong_grid",
        ),
    ],
    ("ticket", "badge", "sql"): [
        Try(
            "ticket",
            "claimed",
            lambda w, a, b: change(w, "ticket SET badge_id = :value, claims = 9", a.ids["ticket"], b.ids["badge"]),
        ),
        Try("handover", "claimed", lambda w, a, b: new_handover(w, a, b, of=a)),
        Try("handover of the badge's grid", "claimed", lambda w, a, b: new_handover(w, a, b, of=b)),
    ],
    ("ticket", "stop", "api"): [
        Try("report", "out", lambda w, a, b: entries(w, a, a.ticket, b.stop)),
        Try("hand back", "out", lambda w, a, b: handed_back(w, w.depot, a.ticket, b.parcel)),
    ],
    ("ticket", "stop", "page"): [
        Try("door", "out", lambda w, a, b: door(w, a, a.ticket, b.stop)),
        Try("money", "out", lambda w, a, b: door_money(w, a, a.ticket, b.stop)),
        Try("hand back", "out", lambda w, a, b: taken_back(w, w.depot, a.ticket, b.parcel)),
        Try("end of the day", "at_point", lambda w, a, b: w.page(w.depot, f"/point/{a.ticket}/close", parcel=b.parcel)),
    ],
    ("ticket", "stop", "sync"): [
        Try("doors", "out", lambda w, a, b: synced(w, a, a.ticket, b.stop), move="deliver"),
        Try("doors by page", "out", lambda w, a, b: synced_page(w, a, a.ticket, b.stop), move="deliver"),
        Try("money", "out", lambda w, a, b: synced_money(w, a, a.ticket, b.stop), move="deliver"),
    ],
    ("ticket", "stop", "sql"): [
        Try(
            "stop",
            "out",
            lambda w, a, b: change(w, "stop SET ticket_id = :value, position = 99", b.stop, a.ids["ticket"]),
        ),
        Try("stop and its grid", "out", lambda w, a, b: move_stop(w, b, to=a)),
    ],
    ("ticket", "route", "api"): NAMES_NO_ROUTE,
    ("ticket", "route", "page"): NAMES_NO_ROUTE,
    ("ticket", "route", "sync"): NAMES_NO_ROUTE,
    ("ticket", "route", "sql"): [
        Try(
            "ticket",
            "issued",
            lambda w, a, b: change(w, "ticket SET route_id = :value, sequence = 99", a.ids["ticket"], b.ids["route"]),
        ),
    ],
    ("ticket", "batch", "api"): [
        Try("leaves", "issued", lambda w, a, b: passed(w, w.depot, b.batch, a.crate, "left-depot")),
        Try("arrives", "left", lambda w, a, b: passed(w, w.depot, b.batch, a.crate, "reached-point")),
    ],
    ("ticket", "batch", "page"): [
        Try("leaves", "issued", lambda w, a, b: passed_page(w, w.depot, b.batch, a.crate, "left_depot")),
        Try("arrives", "left", lambda w, a, b: passed_page(w, w.depot, b.batch, a.crate, "reached_point")),
    ],
    ("ticket", "batch", "sync"): COUNTED_HERE,
    ("ticket", "batch", "sql"): [
        Try(
            "ticket",
            "issued",
            lambda w, a, b: change(w, "ticket SET batch_id = :value, sequence = 99", a.ids["ticket"], b.batch),
        ),
    ],
    ("ticket", "point", "api"): [
        Try("hand over", "claimed", lambda w, a, b: handed(w, b.staff, a.ticket, a.badge), scan="wrong_point"),
        Try("hand back", "out", lambda w, a, b: handed_back(w, b.staff, a.ticket, a.parcel)),
        Try("release", "claimed", lambda w, a, b: w.api(b.staff, f"/tickets/{a.ticket}/release")),
        Try("reassign", "claimed", lambda w, a, b: w.api(b.staff, f"/tickets/{a.ticket}/reassign", badge=None)),
    ],
    ("ticket", "point", "page"): [
        Try("hand over", "claimed", lambda w, a, b: handed_page(w, b.staff, a.ticket, a.badge), scan="wrong_point"),
        Try("hand back", "out", lambda w, a, b: taken_back(w, b.staff, a.ticket, a.parcel)),
        Try("end of the day", "at_point", lambda w, a, b: w.page(b.staff, f"/point/{a.ticket}/close", parcel=a.parcel)),
    ],
    ("ticket", "point", "sync"): [
        Try("scan", "claimed", lambda w, a, b: scanned(w, b.staff, a.ticket, a.badge), scan="wrong_point"),
        Try("scan by page", "claimed", lambda w, a, b: scanned_page(w, b.staff, a.ticket, a.badge), scan="wrong_point"),
    ],
    ("ticket", "point", "sql"): [
        Try("crate", "left", lambda w, a, b: new_passage(w, a, b, "reached_point")),
    ],
    ("badge", "stop", "api"): [
        Try("report", "out", lambda w, a, b: entries(w, a, b.ticket, b.stop), move="deliver"),
        Try("report by the own ticket", "out", lambda w, a, b: entries(w, a, a.ticket, b.stop)),
    ],
    ("badge", "stop", "page"): [Try("door", "out", lambda w, a, b: door(w, a, b.ticket, b.stop))],
    ("badge", "stop", "sync"): [
        Try("doors", "out", lambda w, a, b: synced(w, a, b.ticket, b.stop), move="deliver"),
        Try("doors by the own ticket", "out", lambda w, a, b: synced(w, a, a.ticket, b.stop), move="deliver"),
        Try(
            "doors by no ticket",
            "out",
            lambda w, a, b: synced(w, a, "ZZZZZZ" if a is not b else a.ticket, b.stop),
            move="deliver",
        ),
    ],
    ("badge", "stop", "sql"): [
        Try("entry", "out", lambda w, a, b: new_entry(w, b, a, of=b)),
        Try("entry of the badge's grid", "out", lambda w, a, b: new_entry(w, b, a, of=a)),
    ],
    ("badge", "route", "api"): NAMES_NO_ROUTE,
    ("badge", "route", "page"): NAMES_NO_ROUTE,
    ("badge", "route", "sync"): NAMES_NO_ROUTE,
    ("badge", "route", "sql"): [Try("ticket", "issued", lambda w, a, b: new_ticket(w, a, route=b.ids["route"]))],
    ("badge", "batch", "api"): "only the depot names a batch, and nobody's badge with it",
    ("badge", "batch", "page"): "only the depot names a batch, and nobody's badge with it",
    ("badge", "batch", "sync"): COUNTED_HERE,
    ("badge", "batch", "sql"): [Try("ticket", "issued", lambda w, a, b: new_ticket(w, a, batch=b.batch))],
    ("badge", "point", "api"): [
        Try("of the own ticket", "claimed", lambda w, a, b: handed(w, b.staff, a.ticket, a.badge), scan="wrong_point"),
        Try(
            "of the point's ticket",
            "claimed",
            lambda w, a, b: handed(w, b.staff, b.ticket, a.badge),
            "hand_over",
            "wrong_grid",
        ),
    ],
    ("badge", "point", "page"): [
        Try(
            "of the point's ticket",
            "claimed",
            lambda w, a, b: handed_page(w, b.staff, b.ticket, a.badge),
            "hand_over",
            "wrong_grid",
        ),
    ],
    ("badge", "point", "sync"): [
        Try(
            "of the point's ticket",
            "claimed",
            lambda w, a, b: scanned(w, b.staff, b.ticket, a.badge),
            "hand_over",
            "wrong_grid",
        ),
    ],
    ("badge", "point", "sql"): "they meet in no row: a handover's ticket has both (ticket and badge, ticket and point)",
    ("stop", "route", "api"): NAMES_NO_ROUTE,
    ("stop", "route", "page"): NAMES_NO_ROUTE,
    ("stop", "route", "sync"): NAMES_NO_ROUTE,
    (
        "stop",
        "route",
        "sql",
    ): "they meet in no row: the stop's ticket has the route (ticket and stop, ticket and route)",
    ("stop", "batch", "api"): [
        Try("leaves", "issued", lambda w, a, b: passed(w, w.depot, b.batch, a.crate, "left-depot")),
    ],
    ("stop", "batch", "page"): [
        Try("leaves", "issued", lambda w, a, b: passed_page(w, w.depot, b.batch, a.crate, "left_depot")),
    ],
    ("stop", "batch", "sync"): COUNTED_HERE,
    ("stop", "batch", "sql"): [
        Try(
            "parcel",
            "issued",
            lambda w, a, b: change(w, "parcel SET batch_id = :value, position = 99", a.ids["parcel"], b.batch),
        ),
    ],
    ("stop", "point", "api"): "parcels are checked off on the point's page",
    ("stop", "point", "page"): [
        Try("check off", "at_point", lambda w, a, b: w.page(b.staff, "/point", code=a.parcel, way="later")),
    ],
    ("stop", "point", "sync"): "parcels are checked off with signal",
    (
        "stop",
        "point",
        "sql",
    ): "they meet in no row: the ticket's batch has the point (ticket and stop, ticket and point)",
    ("route", "batch", "api"): NAMES_NO_ROUTE,
    ("route", "batch", "page"): NAMES_NO_ROUTE,
    ("route", "batch", "sync"): NAMES_NO_ROUTE,
    ("route", "batch", "sql"): [
        Try("ticket", "issued", lambda w, a, b: new_ticket(w, a, batch=b.batch)),
        Try("ticket of the batch's grid", "issued", lambda w, a, b: new_ticket(w, b, route=a.ids["route"])),
    ],
    ("route", "point", "api"): NAMES_NO_ROUTE,
    ("route", "point", "page"): NAMES_NO_ROUTE,
    ("route", "point", "sync"): NAMES_NO_ROUTE,
    ("route", "point", "sql"): "they meet in no row: both are the grid's",
    ("batch", "point", "api"): [
        Try("leaves", "issued", lambda w, a, b: passed(w, b.staff, a.batch, a.crate, "left-depot")),
        Try("arrives", "left", lambda w, a, b: passed(w, b.staff, a.batch, a.crate, "reached-point")),
    ],
    ("batch", "point", "page"): [
        Try("arrives", "left", lambda w, a, b: passed_page(w, b.staff, a.batch, a.crate, "reached_point")),
    ],
    ("batch", "point", "sync"): COUNTED_HERE,
    ("batch", "point", "sql"): [
        Try("crate", "issued", lambda w, a, b: new_passage(w, a, b, "left_depot")),
    ],
}
