"""Crates that two people handle at once, on real connections: each passes once, and none is in two places."""

from __future__ import annotations

from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.db import rows, scalar
from supplyhub.delivery.commands import claim_ticket, hand_over, pass_crates, passing
from supplyhub.delivery.states import CrateStep
from supplyhub.errors import ConflictError
from tests.factories_depot import Town, Volunteer, a_volunteer
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from tests.races.crowd import Crowd

PEOPLE = 8
LEFT = CrateStep.LEFT_DEPOT


@pytest.fixture
def town(committed) -> Town:
    """Return a town with one packed ticket of three crates."""
    town = Town(homes=14)
    town.everybody_orders(V001=1)
    town.to_tickets()
    return town


def test_crates_that_eight_people_scan_at_once_pass_once(town, crowd: Crowd):
    batch = town.batch_of(town.first)
    codes = [crate.code for crate in rows("SELECT code FROM crate ORDER BY id")]
    results = crowd.at_once([lambda: pass_crates(town.depot, batch, LEFT, codes=codes)] * PEOPLE)
    assert sorted(len(result.passed) for result in results) == [0] * (PEOPLE - 1) + [3]
    # The others are told who it was.
    assert sum(len(result.before) for result in results) == 3 * (PEOPLE - 1)
    assert scalar("SELECT count(*) FROM crate_passage") == 3


def test_of_a_truck_and_a_volunteer_at_the_same_crates_one_gets_them(town, crowd: Crowd):
    for result in both(town, crowd, claimed(town)):
        assert result is True or isinstance(result, (ConflictError, passing.Passed))
    gone, handed = scalar("SELECT count(*) FROM crate_passage"), scalar("SELECT count(*) FROM handover")
    assert (gone, handed) in {(3, 0), (0, 1)}


def test_without_the_lock_on_the_tickets_the_truck_leaves_with_what_a_volunteer_carries(
    town, crowd: Crowd, monkeypatch
):
    """The negative control: this race can be lost."""
    volunteer = claimed(town)
    batch, (ticket,) = town.batch_of(town.first), town.tickets(town.first)
    has_read, handed_over = Barrier(2, timeout=PATIENCE_SECONDS), Barrier(2, timeout=PATIENCE_SECONDS)

    def unlocked(batch_id: int, step: CrateStep) -> list[Any]:
        found = rows(passing.CRATES, batch=batch_id, step=step, leaving=True)
        has_read.wait()
        handed_over.wait()
        return found

    def take_over() -> None:
        has_read.wait()
        hand_over(town.depot, ticket_code=ticket, badge_code=volunteer.badge_code)
        handed_over.wait()

    monkeypatch.setattr(passing, "crates_for_update", unlocked)
    crowd.at_once([lambda: pass_crates(town.depot, batch, LEFT, counted=3), take_over])
    gone, handed = scalar("SELECT count(*) FROM crate_passage"), scalar("SELECT count(*) FROM handover")
    assert (gone, handed) == (3, 1)


def claimed(town: Town) -> Volunteer:
    """Return a volunteer who claimed the ticket."""
    volunteer = a_volunteer(town.first)
    claim_ticket(volunteer.asker, town.tickets(town.first)[0])
    return volunteer


def both(town: Town, crowd: Crowd, volunteer: Volunteer) -> list[Any]:
    """Let the crates leave with the truck and with the volunteer at once; return what each got."""
    batch, (ticket,) = town.batch_of(town.first), town.tickets(town.first)
    return crowd.at_once(
        [
            lambda: pass_crates(town.depot, batch, LEFT, counted=3),
            lambda: hand_over(town.depot, ticket_code=ticket, badge_code=volunteer.badge_code, crates=3),
        ]
    )
