"""Two people at one crate, on real connections: one packs it, the other sees who and when."""

from __future__ import annotations

from datetime import datetime
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import IntegrityError

from supplyhub.db import rows, scalar
from supplyhub.depot.commands import Packed, pack, packing
from supplyhub.depot.errors import AlreadyPackedError
from supplyhub.people.states import Role
from tests.factories import an_account, asking
from tests.factories_depot import Town, places
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker
    from tests.races.crowd import Crowd

PACKERS = 8
UNITS = 3


@pytest.fixture
def town(committed) -> Town:
    """Return a town with two parcels to pack, of 3 units each."""
    town = Town(homes=2)
    town.everybody_orders(V001=UNITS)
    town.share()
    return town


def packers(town: Town, number: int) -> list[Asker]:
    return [asking(an_account(town.community, Role.DEPOT).id) for _ in range(number)]


def test_of_many_who_pack_one_parcel_one_wins_and_the_others_see_who_and_when(town, crowd: Crowd):
    batch, code = town.batch_of(town.first), town.codes(town.first)[0]
    results = crowd.at_once([lambda who=who: pack(who, batch, [code]) for who in packers(town, PACKERS)])
    won = [result for result in results if not isinstance(result, Exception)]
    lost = [result for result in results if isinstance(result, Exception)]
    assert len(won) == 1
    assert {type(error) for error in lost} == {AlreadyPackedError}
    winner = scalar("SELECT a.display_name FROM parcel AS p JOIN account AS a ON a.id = p.packed_by")
    assert {error.data["by"] for error in lost} == {winner}
    assert all(isinstance(error.data["at"], datetime) for error in lost)
    assert places()["packed"] == UNITS


def test_those_who_pack_different_parcels_all_win_and_the_batch_is_sealed_once(town, crowd: Crowd):
    batch = town.batch_of(town.first)
    pairs = zip(packers(town, 2), town.codes(town.first), strict=True)
    results = crowd.at_once([lambda who=who, code=code: pack(who, batch, [code]) for who, code in pairs])
    assert sorted(result.sealed for result in results) == [False, True]
    assert scalar("SELECT state FROM batch WHERE id = :b", b=batch) == "sealed"


def test_of_two_who_pack_a_whole_crate_one_wins_all_of_it_and_the_other_sees_who_and_when(town, crowd: Crowd):
    batch, codes = town.batch_of(town.first), town.codes(town.first)
    results = crowd.at_once([lambda who=who: pack(who, batch, codes) for who in packers(town, 2)])
    assert {type(result) for result in results} == {Packed, AlreadyPackedError}
    (winner,) = {found.packed_by for found in rows("SELECT packed_by FROM parcel")}
    (lost,) = [result for result in results if isinstance(result, AlreadyPackedError)]
    assert {parcel["code"] for parcel in lost.data["parcels"]} == set(codes)
    assert lost.data["by"] == scalar("SELECT display_name FROM account WHERE id = :id", id=winner)
    assert places()["packed"] == 2 * UNITS


def unlocked(asker: Asker, batch_id: int) -> Any:
    """Return a batch as `batch_for_update` does, without its lock."""
    return rows("SELECT id, cycle_id, grid_id, state FROM batch WHERE id = :id", id=batch_id)[0]


def test_without_the_lock_on_the_batch_the_loser_runs_into_the_database(town, crowd: Crowd, monkeypatch):
    """A negative control: nobody sees who packed it; a primary key is all that is left between them."""
    batch, code = town.batch_of(town.first), town.codes(town.first)[0]
    both_have_read = Barrier(2, timeout=PATIENCE_SECONDS)
    parcels_of = packing._parcels_of

    def read(*args: Any) -> Any:
        parcels = parcels_of(*args)
        both_have_read.wait()
        return parcels

    monkeypatch.setattr(packing, "batch_for_update", unlocked)
    monkeypatch.setattr(packing, "_parcels_of", read)
    results = crowd.at_once([lambda who=who: pack(who, batch, [code]) for who in packers(town, 2)])
    assert {type(result) for result in results} == {Packed, IntegrityError}


def test_without_the_lock_on_the_batch_the_last_two_parcels_leave_it_open(town, crowd: Crowd, monkeypatch):
    """The other negative control."""
    batch = town.batch_of(town.first)
    both_have_read = Barrier(2, timeout=PATIENCE_SECONDS)

    def counted(batch_id: int) -> int:
        left = unpacked_in(batch_id)
        both_have_read.wait()
        return left

    unpacked_in = packing.unpacked_in
    monkeypatch.setattr(packing, "batch_for_update", unlocked)
    monkeypatch.setattr(packing, "unpacked_in", counted)
    # The lots' locks would make them take turns as well.
    monkeypatch.setattr(packing, "fill", lambda *_: None)
    pairs = zip(packers(town, 2), town.codes(town.first), strict=True)
    crowd.at_once([lambda who=who, code=code: pack(who, batch, [code]) for who, code in pairs])
    assert scalar("SELECT count(*) FROM parcel WHERE state = 'planned'") == 0
    assert scalar("SELECT state FROM batch WHERE id = :b", b=batch) == "packing"
