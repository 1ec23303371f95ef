"""One ticket scanned at two devices in the same moment, on real connections: it is handed over once."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Barrier
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from supplyhub.db import scalar
from supplyhub.delivery.commands import claim_ticket, hand_over, handing_over, reassign_ticket
from supplyhub.delivery.commands.handing_over import Scan
from supplyhub.delivery.errors import ScanRefusedError
from supplyhub.delivery.queries import ticket_now
from supplyhub.errors import ConflictError
from tests.factories_depot import Town, Volunteer, a_volunteer
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from tests.races.crowd import Crowd

DEVICES = 8


@pytest.fixture
def town(committed) -> Town:
    """Return a town with one packed ticket."""
    town = Town(homes=3)
    town.everybody_orders(V001=1)
    town.to_tickets()
    return town


@pytest.fixture
def volunteer(town: Town) -> Volunteer:
    """Return who claimed it."""
    volunteer = a_volunteer(town.first)
    claim_ticket(volunteer.asker, town.tickets(town.first)[0])
    return volunteer


def device(town: Town, volunteer: Volunteer, scan: Scan | None = None) -> Any:
    """Return a device that hands the ticket over, as a scan of its own."""
    (ticket,) = town.tickets(town.first)
    scan = scan or Scan(uuid4(), datetime.now(UTC), offline=True)
    return lambda: hand_over(town.depot, ticket_code=ticket, badge_code=volunteer.badge_code, crates=1, scan=scan)


def test_of_eight_devices_at_one_ticket_one_hands_it_over_and_the_others_are_told(town, volunteer, crowd: Crowd):
    results = crowd.at_once([device(town, volunteer) for _ in range(DEVICES)])
    assert results.count(True) == 1
    refused = [result for result in results if isinstance(result, ScanRefusedError)]
    assert [error.reason for error in refused] == ["used"] * (DEVICES - 1)
    assert (scalar("SELECT count(*) FROM handover"), scalar("SELECT count(*) FROM refused_scan")) == (1, DEVICES - 1)
    assert scalar("SELECT count(*) FROM movement WHERE to_place = 'handed_over'") == 3


def test_the_same_scan_sent_from_eight_pages_at_once_counts_once(town, volunteer, crowd: Crowd):
    scan = Scan(uuid4(), datetime.now(UTC), offline=True)
    results = crowd.at_once([device(town, volunteer, scan)] * DEVICES)
    assert sorted(results) == [False] * (DEVICES - 1) + [True]
    assert (scalar("SELECT count(*) FROM handover"), scalar("SELECT count(*) FROM refused_scan")) == (1, 0)


def test_without_the_lock_on_the_ticket_only_the_key_of_handovers_stops_the_second(
    town, volunteer, crowd: Crowd, monkeypatch
):
    """The negative control: this race can be lost; then the database still keeps law 5."""
    have_read = Barrier(2, timeout=PATIENCE_SECONDS)

    def unlocked(_asker: Any, code: str) -> Any:
        found = ticket_now(scalar("SELECT id FROM ticket WHERE code = :code", code=code))
        have_read.wait()
        return found

    monkeypatch.setattr(handing_over, "ticket_for_update", unlocked)
    results = crowd.at_once([device(town, volunteer) for _ in range(2)])
    assert results.count(True) == 1
    assert [isinstance(result, IntegrityError) for result in results if result is not True] == [True]
    assert scalar("SELECT count(*) FROM handover") == 1


def test_of_a_handover_and_a_reassignment_at_once_the_parcels_are_in_one_hand(town, volunteer, crowd: Crowd):
    (ticket,) = town.tickets(town.first)
    handed, successor = crowd.at_once([device(town, volunteer), lambda: reassign_ticket(town.coordinator, ticket)])
    assert handed is True or isinstance(handed, ConflictError)
    assert isinstance(successor, str)
    # Handed over first, the parcels are out, and the successor gets them from that person; else they are still here.
    packed = scalar("SELECT count(*) FROM parcel WHERE state = 'packed'")
    assert packed == (0 if handed is True else 3)
    assert scalar("SELECT count(*) FROM handover") == (1 if handed is True else 0)
