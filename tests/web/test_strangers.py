"""Ids of somebody else: another volunteer's of the same grid, a ticket that is void, one that stays at the delivery point."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from supplyhub.db import scalar
from supplyhub.delivery.commands import reassign_ticket
from tests.web.grid_acts import (
    account,
    door,
    door_money,
    entries,
    handed,
    handed_back,
    handed_page,
    scanned,
    synced,
    synced_money,
    synced_page,
    taken_back,
)
from tests.web.grid_cells import Try
from tests.web.grid_world import a_scan, an_entry, now

if TYPE_CHECKING:
    from tests.web.grid_world import Grid, World

# `a` has the ticket; `b` is another volunteer of the same grid.
ANOTHERS = [
    Try("claim", "claimed", lambda w, a, b: w.api(account(b), f"/tickets/{a.ticket}/claim")),
    Try("claim by page", "claimed", lambda w, a, b: w.page(account(b), f"/tickets/{a.ticket}/claim")),
    Try("release", "claimed", lambda w, a, b: w.api(account(b), f"/tickets/{a.ticket}/release")),
    Try("release by page", "claimed", lambda w, a, b: w.page(account(b), f"/tickets/{a.ticket}/release")),
    Try("hand over", "claimed", lambda w, a, b: handed(w, w.depot, a.ticket, b.badge), scan="not_the_claimant"),
    Try(
        "hand over by page",
        "claimed",
        lambda w, a, b: handed_page(w, w.depot, a.ticket, b.badge),
        scan="not_the_claimant",
    ),
    Try("scan", "claimed", lambda w, a, b: scanned(w, w.depot, a.ticket, b.badge), scan="not_the_claimant"),
    Try("report", "out", lambda w, a, b: entries(w, b, a.ticket, a.stop)),
    Try("door", "out", lambda w, a, b: door(w, b, a.ticket, a.stop)),
    Try("money", "out", lambda w, a, b: door_money(w, b, a.ticket, a.stop)),
    Try("sync", "out", lambda w, a, b: synced(w, b, a.ticket, a.stop)),
    Try("sync without the ticket", "out", lambda w, a, b: synced(w, b, "ZZZZZZ", a.stop)),
    Try("sync by page", "out", lambda w, a, b: synced_page(w, b, a.ticket, a.stop)),
    Try("sync money", "out", lambda w, a, b: synced_money(w, b, a.ticket, a.stop)),
    Try("take over", "passed", lambda w, a, b: w.api(account(b), f"/tickets/{a.ticket}/take-over")),
]

# `a`'s ticket is void: another took its place before anybody had it.
VOID = [
    Try("claim", "issued", lambda w, a, _: w.api(account(a), f"/tickets/{a.ticket}/claim")),
    Try("claim by page", "issued", lambda w, a, _: w.page(account(a), f"/tickets/{a.ticket}/claim")),
    Try("hand over", "claimed", lambda w, a, _: handed(w, w.depot, a.ticket, a.badge), scan="revoked"),
    Try("scan", "claimed", lambda w, a, _: scanned(w, w.depot, a.ticket, a.badge), scan="revoked"),
    Try("release", "claimed", lambda w, a, _: w.api(account(a), f"/tickets/{a.ticket}/release")),
    Try("take over", "claimed", lambda w, a, _: w.api(account(a), f"/tickets/{a.ticket}/take-over")),
    Try("report", "claimed", lambda w, a, _: entries(w, a, a.ticket, a.stop)),
    Try("sync", "claimed", lambda w, a, _: synced(w, a, a.ticket, a.stop)),
    Try("hand back", "claimed", lambda w, a, _: handed_back(w, w.depot, a.ticket, a.parcel)),
    Try("reassign", "claimed", lambda w, a, b: w.api(w.coordinator, f"/tickets/{a.ticket}/reassign", badge=b.badge)),
]

# `a`'s ticket stays at the delivery point: nobody carries it.
AT_POINT = [
    Try("claim", "at_point", lambda w, a, _: w.api(account(a), f"/tickets/{a.ticket}/claim")),
    Try("claim by page", "at_point", lambda w, a, _: w.page(account(a), f"/tickets/{a.ticket}/claim")),
    Try("reassign", "at_point", lambda w, a, _: w.api(w.coordinator, f"/tickets/{a.ticket}/reassign", badge=a.badge)),
    Try("hand over", "at_point", lambda w, a, _: handed(w, w.depot, a.ticket, a.badge), scan="not_the_claimant"),
    Try("scan", "at_point", lambda w, a, _: scanned(w, w.depot, a.ticket, a.badge), scan="not_the_claimant"),
    Try("report", "at_point", lambda w, a, _: entries(w, a, a.ticket, a.stop)),
    Try("sync", "at_point", lambda w, a, _: synced(w, a, a.ticket, a.stop)),
    Try("hand back", "at_point", lambda w, a, _: taken_back(w, w.depot, a.ticket, a.parcel)),
]
# And one that goes out isn't fetched there.
GOES_OUT = [
    Try("check off", "claimed", lambda w, a, _: w.page(w.depot, "/point", code=a.parcel, way="later")),
    Try("check off on the way", "out", lambda w, a, _: w.page(w.depot, "/point", code=a.parcel, way="later")),
    Try("end of the day", "out", lambda w, a, _: w.page(w.depot, f"/point/{a.ticket}/close", parcel=a.parcel)),
]


def each_of(cases: list[Try]) -> Any:
    """Let a test make every attempt of a list, on grids as far as it says."""
    made = [pytest.param(each.state, each, id=each.what) for each in sorted(cases, key=attrgetter("state"))]
    return pytest.mark.parametrize(("world", "attempt"), made, indirect=["world"])


def only(state: str) -> Any:
    """Let a test begin with grids that are so far."""
    return pytest.mark.parametrize("world", [state], indirect=True)


def nothing_comes_of(world: World, attempt: Try, a: Grid, b: Grid) -> None:
    before, (moves, scans) = world.written(), world.logged()
    attempt.act(world, a, b)
    assert world.written() == before
    assert world.logged() == (moves, [*scans, attempt.scan] if attempt.scan else scans)


@each_of(ANOTHERS)
def test_another_volunteers_ticket_is_left_alone(world, attempt):
    one = world.grids[0]
    nothing_comes_of(world, attempt, one, one.of_mate())


@each_of(VOID)
def test_a_void_ticket_is_good_for_nothing(world, attempt):
    one = world.grids[0]
    reassign_ticket(world.town.coordinator, one.ticket)
    nothing_comes_of(world, attempt, one, one.of_mate())


@each_of(AT_POINT)
def test_a_ticket_at_the_point_is_carried_by_nobody(world, attempt):
    nothing_comes_of(world, attempt, world.grids[0], world.grids[0])


@each_of(GOES_OUT)
def test_what_goes_out_with_a_volunteer_is_not_fetched_at_the_point(world, attempt):
    nothing_comes_of(world, attempt, world.grids[0], world.grids[0])


@only("out")
def test_numbers_that_another_phone_used_have_no_effect_on_its_doors(world):
    one, other = world.grids
    entry = an_entry(one.stop, ticket=one.ticket)
    sent = {"sent_at": now(), "device": str(uuid4())}
    assert world.api(account(one), "/sync", **sent, entries=[entry]) == 200
    before = world.written()
    undo = an_entry(other.stop, ticket=other.ticket, outcome="undone", undoes=entry["id"])
    world.api(account(other), "/sync", **sent, entries=[undo])
    assert scalar("SELECT outcome FROM stop WHERE id = :s", s=one.stop) == "delivered"
    world.api(account(other), "/sync", **sent, entries=[{**entry, "stop": other.stop, "ticket": other.ticket}])
    assert [scalar("SELECT outcome FROM stop WHERE id = :s", s=each.stop) for each in (one, other)] == [
        "delivered",
        None,
    ]
    assert before["movement"] == world.written()["movement"]


@only("claimed")
def test_a_scan_that_another_handover_used_hands_nothing_over(world):
    one, other = world.grids
    scan = a_scan(one.ticket, one.badge)
    assert world.api(world.depot, "/scans", sent_at=now(), handovers=[scan]) == 200
    before = world.written()
    world.api(world.depot, "/scans", sent_at=now(), handovers=[{**scan, "ticket": other.ticket, "badge": other.badge}])
    assert world.written() == before
