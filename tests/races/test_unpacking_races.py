"""A parcel that one unpacks while another hands it over, on real connections: it is with one of them."""

from __future__ import annotations

from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.audit.laws.fulfilment import FULFILMENT
from supplyhub.db import rows, scalar
from supplyhub.delivery.commands import claim_ticket, hand_over, pass_crates, unpack, unpacking
from supplyhub.delivery.states import CrateStep
from supplyhub.depot.states import MoveReason
from supplyhub.errors import ConflictError
from tests.factories_depot import Town, a_volunteer, places
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.races.crowd import Crowd

UNITS = 2


@pytest.fixture
def town(committed) -> Town:
    """Return a town with one packed ticket of one crate, of 2 units a parcel."""
    town = Town(homes=2)
    town.everybody_orders(V001=UNITS)
    town.to_tickets()
    return town


def apart(town: Town) -> Callable[[], int]:
    who, code = town.depot, town.codes(town.first)[0]
    return lambda: unpack(who, code, reason=MoveReason.MISPACKED)


def leaving(town: Town) -> Callable[[], Any]:
    who, batch = town.depot, town.batch_of(town.first)
    return lambda: pass_crates(who, batch, CrateStep.LEFT_DEPOT, counted=1)


def handed(town: Town) -> Callable[[], None]:
    volunteer, (ticket,) = a_volunteer(town.first), town.tickets(town.first)
    claim_ticket(volunteer.asker, ticket)
    who, badge = town.depot, volunteer.badge_code
    return lambda: hand_over(who, ticket_code=ticket, badge_code=badge)


def broken_laws() -> list[str]:
    return [check.name for check in FULFILMENT.checks if rows(check.offending, **check.values)]


def test_of_one_who_unpacks_and_one_who_hands_over_one_has_the_parcel(town, crowd: Crowd):
    results = crowd.at_once([apart(town), handed(town)])
    assert [type(result) for result in results].count(ConflictError) == 1
    assert places() in ({"packed": UNITS, "shelf": 8}, {"handed_over": 2 * UNITS, "shelf": 6})
    assert broken_laws() == []


def test_of_eight_who_unpack_one_parcel_one_does(town, crowd: Crowd):
    results = crowd.at_once([apart(town)] * 8)
    assert sorted(isinstance(result, ConflictError) for result in results) == [False] + [True] * 7
    assert places() == {"packed": UNITS, "shelf": 8}
    assert scalar("SELECT count(*) FROM unpacking") == 1


def test_of_one_who_unpacks_and_a_truck_one_has_the_crate(town, crowd: Crowd):
    results = crowd.at_once([apart(town), leaving(town)])
    assert [type(result) for result in results].count(ConflictError) == 1
    gone, unpacked = scalar("SELECT count(*) FROM crate_passage"), scalar("SELECT count(*) FROM unpacking")
    assert (gone, unpacked) in {(1, 0), (0, 1)}


def test_without_the_lock_on_the_ticket_a_crate_leaves_with_an_empty_place(town, crowd: Crowd, monkeypatch):
    """A negative control: this race can be lost."""
    has_looked, has_left = Barrier(2, timeout=PATIENCE_SECONDS), Barrier(2, timeout=PATIENCE_SECONDS)
    go = leaving(town)
    refuse_left = unpacking._refuse_left

    def looked(parcel_id: int) -> None:
        refuse_left(parcel_id)
        has_looked.wait()
        has_left.wait()

    def leave() -> None:
        has_looked.wait()
        try:
            go()
        finally:
            has_left.wait()

    monkeypatch.setattr(unpacking, "lock_ticket_of", lambda _parcel_id: None)
    monkeypatch.setattr(unpacking, "_refuse_left", looked)
    crowd.at_once([apart(town), leave])
    assert scalar("SELECT count(*) FROM crate_passage") == 1
    assert scalar("SELECT count(*) FROM parcel WHERE state = 'planned'") == 1


def test_without_any_lock_a_parcel_that_is_taken_apart_goes_out(town, crowd: Crowd, monkeypatch):
    """The other negative control: the trigger on the stock is all that is left, and it holds."""
    has_read, is_out = Barrier(2, timeout=PATIENCE_SECONDS), Barrier(2, timeout=PATIENCE_SECONDS)
    go = handed(town)

    def out() -> None:
        has_read.wait()
        try:
            go()
        finally:
            is_out.wait()

    def stale(parcel_id: int) -> Any:
        found = rows("SELECT id, state FROM parcel WHERE id = :parcel", parcel=parcel_id)[0]
        has_read.wait()
        is_out.wait()
        return found

    monkeypatch.setattr(unpacking, "lock_ticket_of", lambda _parcel_id: None)
    monkeypatch.setattr(unpacking, "parcel_for_update", stale)
    results = crowd.at_once([apart(town), out])
    # Nobody is told what happened: the database has the last word.
    assert isinstance(results[0], Exception)
    assert not isinstance(results[0], ConflictError)
