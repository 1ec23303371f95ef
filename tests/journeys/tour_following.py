"""The stops of the tour about what needs following up: the lead's inbox, somebody else for a ticket, tickets on paper."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from supplyhub.db import execute, rows, transaction
from supplyhub.delivery.commands import enter_paper, report_not_arrived, sync
from supplyhub.delivery.entries import Entry, SentEntry
from supplyhub.delivery.following import follow_up
from supplyhub.delivery.paper import type_in
from supplyhub.delivery.queries import tickets_for
from supplyhub.delivery.states import EntryOutcome, TicketState
from supplyhub.people import commands as people
from supplyhub.people.shifts import ensure_shift
from tests.journeys.stops import ACTS, Stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.journeys.scene import Scene

LINES: list[str] = []


def type_paper(page: Page) -> None:
    """Type in what a sheet says, some of it badly."""
    page.fill("#lines", "\n".join(LINES))
    page.click("button[name=look]")


def open_report(page: Page) -> None:
    """Open what reports that a parcel has not arrived."""
    page.get_by_text("没收到？").or_(page.get_by_text("Not arrived?")).click()


ACTS["type-paper"] = type_paper
ACTS["open-report"] = open_report


def followed_up(scene: Scene, ticket: str) -> Iterator[Stop]:
    """A quarter of an hour without word of a ticket that is out, and a parcel that its household doesn't find."""
    home, near = scene.home_on(ticket, 1), scene.home_on(ticket, 5)
    yield Stop("resident-order-near", f"resident:{near}", "/order")
    yield Stop("resident-not-arrived", f"resident:{home}", "/order", "open-report")
    lost, first, second, *others = (
        stop.code
        for stop in rows(
            "SELECT p.code FROM stop AS s JOIN parcel AS p ON p.id = s.parcel_id JOIN ticket AS t ON t.id = s.ticket_id"
            " WHERE t.code = :code ORDER BY s.position",
            code=ticket,
        )
    )
    report_not_arrived(scene.resident(home), lost, note="门口、楼道都找过了")
    free = tickets_for(scene.volunteers[3], cycle_id=scene.cycle, states=[TicketState.ISSUED])
    quiet = scene.claim(3) if free else ticket
    mate = scene.asker(people.take_on_volunteer(scene.community, "杨帆", grid=3).account_id)
    with transaction():
        ensure_shift(mate.badge())
        execute("UPDATE ticket SET handed_over_at = handed_over_at - interval '1 hour'")
        execute("UPDATE parcel SET packed_at = packed_at - interval '1 hour'")
    follow_up()
    for said in ("d", "n"):
        enter_paper(scene.coordinator, ticket, type_in(f"{others[-3]} {said}"))
    badge = rows("SELECT code FROM badge WHERE id = :id", id=mate.badge())[0].code
    yield Stop("gridlead-inbox", "gridlead:3", "/inbox")
    yield Stop("coordinator-inbox", "coordinator", "/inbox")
    yield Stop("gridlead-reassign", "gridlead:3", f"/inbox/reassign/{quiet}?to={badge}")
    LINES[:] = [f"{first} d", f"{second}n", f"{others[-1]} d 12.50", f"{others[-2]} x", f"{others[-3]} w", "K7M2PQ d"]
    yield Stop("gridlead-paper", "gridlead:3", f"/paper?ticket={ticket}", "type-paper")
    yield Stop("depot-paper", "depot", "/paper")
    yield Stop("resident-looking-into", f"resident:{home}", "/order")
    # Not one of those that were typed in.
    if len(others) > 6:
        yield from left_with_an_anchor(scene, ticket)


def left_with_an_anchor(scene: Scene, ticket: str) -> Iterator[Stop]:
    """A parcel lies at the anchor household of the building."""
    home, anchor = scene.home_on(ticket, 6), scene.neighbour_of(ticket, 6)
    scene.appoint(anchor)
    yield Stop("anchor-keeps-nothing", f"resident:{anchor}", "/neighbours/parcels")
    (stop,) = rows(
        "SELECT s.id, n.id AS anchor FROM stop AS s JOIN ticket AS t ON t.id = s.ticket_id JOIN orders AS o ON o.id = s.order_id"
        " JOIN anchor_household AS n ON n.building_id = o.building_id AND n.ended_at IS NULL"
        " WHERE t.code = :code AND o.household_id = :home",
        code=ticket,
        home=home,
    )
    now = datetime.now(UTC)
    entry = Entry(uuid4(), stop.id, EntryOutcome.DELIVERED, None, now, left_with=stop.anchor)
    sync(scene.volunteers[3], sent_at=now, device=uuid4(), entries=[SentEntry(ticket, entry)])
    yield Stop("anchor-keeps", f"resident:{anchor}", "/neighbours/parcels")
    yield Stop("resident-order-left", f"resident:{home}", "/order")
