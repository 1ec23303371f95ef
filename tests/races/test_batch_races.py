"""Workers at the parts of one batch, on real connections: each part is done once, and the last one stages the cycle."""

from __future__ import annotations

from functools import partial
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import IntegrityError

from supplyhub import outbox
from supplyhub.catalog import parts
from supplyhub.db import db, scalar
from supplyhub.depot.commands import finish_receiving, share_out, share_part, sharing
from tests.factories_depot import Town, work
from tests.races.crowd import PATIENCE_SECONDS
from workers import jobs
from workers.jobs import drain

if TYPE_CHECKING:
    from tests.races.crowd import Crowd


@pytest.fixture
def town(committed, monkeypatch) -> Town:
    """Return a town of two grids, each a part: what is short is shared out, the parts are still to come."""
    monkeypatch.setattr(parts, "GRIDS_A_PART", 1)
    town = Town(grids=2, homes=3)
    town.everybody_orders(V001=2)
    town.cut_off()
    assert drain("order_numbers") == 2
    town.send()
    town.receive(V001=20)
    finish_receiving(town.depot, town.cycle_id)
    work(share_out, town.cycle_id)
    return town


def first_part(town: Town) -> Any:
    """Return the work of the first part."""
    return partial(work, partial(share_part, short=[]), town.cycle_id, *parts.parts_of(town.cycle_id)[0])


def parcels_and_events() -> tuple[int, int]:
    return scalar("SELECT count(*) FROM parcel"), scalar("SELECT count(*) FROM outbox WHERE topic = 'tickets'")


def test_two_runs_of_a_part_at_once_have_its_effect_once(town, crowd: Crowd):
    assert crowd.at_once([first_part(town)] * 2) == [None, None]
    assert parcels_and_events() == (3, 1)


def test_without_the_lock_on_its_menus_the_loser_of_a_part_runs_into_the_database(town, crowd: Crowd, monkeypatch):
    """A negative control: both find nothing done, and a primary key is all that is left between them."""
    both_have_read = Barrier(2, timeout=PATIENCE_SECONDS)
    allocate = sharing.allocate_the_rest

    def wait_and_allocate(*about: Any, **short: Any) -> None:
        both_have_read.wait()
        allocate(*about, **short)

    monkeypatch.setattr(sharing, "lock_part", lambda *_: None)
    monkeypatch.setattr(sharing, "allocate_the_rest", wait_and_allocate)
    assert {type(result) for result in crowd.at_once([first_part(town)] * 2)} == {type(None), IntegrityError}
    assert parcels_and_events() == (3, 1)


def test_of_two_last_parts_that_end_at_once_one_stages_the_cycle(town, crowd: Crowd):
    assert scalar("SELECT state FROM cycle") == "procuring"
    assert sum(crowd.at_once([partial(drain, "parcels")] * 2)) == 2
    assert scalar("SELECT state FROM cycle") == "staging"
    assert parcels_and_events() == (6, 2)


def test_without_the_lock_on_the_cycle_each_last_part_leaves_it_to_the_other(town, crowd: Crowd, monkeypatch):
    """A negative control: nobody stages the cycle."""
    both_have_read = Barrier(2, timeout=PATIENCE_SECONDS)
    has_siblings = outbox.has_siblings

    def wait_and_tell(event: Any, *, by: str) -> bool:
        found = has_siblings(event, by=by)
        both_have_read.wait()
        return found

    monkeypatch.setattr(sharing.outbox, "has_siblings", wait_and_tell)
    monkeypatch.setattr(sharing, "STATE_FOR_UPDATE", "SELECT state FROM cycle WHERE id = :cycle")
    # One each: a drain that is late would leave both to the other, one after the other.
    claims = [claim for _ in range(2) for claim in jobs._claim("parcels")]
    db.session.remove()
    assert crowd.at_once([partial(jobs._handle, claim) for claim in claims]) == [True, True]
    assert scalar("SELECT state FROM cycle") == "procuring"


def test_a_part_where_nobody_gets_anything_may_come_again_when_all_is_done(town):
    """Nothing of it is there to find, but that the cycle is staged."""
    assert drain("parcels") == 2
    before = parcels_and_events()
    work(partial(share_part, short=[]), town.cycle_id, 0, 0)
    assert parcels_and_events() == before
