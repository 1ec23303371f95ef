"""The stops of the tour at a delivery point's desk: parcels that people fetch and pay for, and the end of its day."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from supplyhub.db import scalar
from supplyhub.delivery.commands import Paid, check_off
from supplyhub.delivery.point_queries import fetched_at_points
from supplyhub.payments.states import TakingWay
from tests.journeys.stops import ACTS, Stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.journeys.scene import Scene

# One parcel is fetched, another still waits.
FETCHED = 2
WAITING: list[str] = []


def hand_out(page: Page) -> None:
    """Scan a parcel that is still to be paid for."""
    page.fill("#code", WAITING[0])
    page.click("form:has(#code) .btn-main")
    page.wait_for_load_state()


ACTS["hand-out"] = hand_out


def at_the_point(scene: Scene) -> Iterator[Stop]:
    """A grid is back to normal: people fetch what isn't on its way at the delivery point."""
    yield Stop("depot-point-empty", "depot", "/point")
    waiting = scene.relax(scene.grids[-1])
    yield Stop("coordinator-levels", "coordinator", "/levels")
    if len(waiting) < FETCHED:
        return
    first, second = (each for each in fetched_at_points(scene.depot, scene.cycle) if each.parcel in waiting[:FETCHED])
    owed = first.collect_fen
    check_off(scene.depot, first.parcel, taken=Paid(uuid4(), TakingWay.CASH, owed) if owed else None)
    WAITING[:] = [second.parcel]
    yield Stop("depot-point", "depot", "/point")
    if second.collect_fen:
        yield Stop("depot-point-pay", "depot", "/point", "hand-out")
    yield Stop("depot-point-money", "depot", f"/point/{first.parcel}/money")
    yield Stop("depot-point-close", "depot", f"/point/{second.ticket}/close")
    home = scalar(
        "SELECT o.household_id FROM orders AS o JOIN parcel AS p ON p.order_id = o.id WHERE p.code = :code",
        code=second.parcel,
    )
    yield Stop("resident-order-at-point", f"resident:{home}", "/order")
