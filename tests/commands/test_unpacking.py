"""A parcel that is taken apart again: its goods are on the shelf once more, and nothing of what was done is lost."""

from __future__ import annotations

import pytest

from supplyhub.audit.laws.fulfilment import FULFILMENT
from supplyhub.audit.laws.stock import STOCK
from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.delivery.commands import claim_ticket, hand_over, pass_crates, unpack
from supplyhub.delivery.states import CrateStep
from supplyhub.depot.commands import Missing, Weighed, pack
from supplyhub.depot.packing_queries import parcels_of
from supplyhub.depot.states import MoveReason
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from tests.factories_depot import Town, a_volunteer, places

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def town(database) -> Town:
    """Return a town of two homes with packed parcels and a ticket: 2 of V001 each, and 3 of W001, which is weighed."""
    town = Town(homes=2, skus=("V001", "W001"))
    with transaction():
        execute("UPDATE product SET by_weight = true WHERE sku = 'W001'")
    town.everybody_orders(V001=2, W001=3)
    town.share(V001=10, W001=10)
    return town


def packed(town: Town, code: str, *, grams: int = 1480, missing: list[Missing] | None = None) -> None:
    weights = [Weighed(code, town.first.items["W001"].id, grams)]
    pack(town.depot, town.batch_of(town.first), [code], weights=weights, missing=missing or [])


def broken(town: Town, code: str, units: int, reason: MoveReason = MoveReason.DAMAGED) -> Missing:
    return Missing(code, town.first.items["V001"].id, units, reason)


def laws_hold() -> bool:
    return all(not rows(check.offending, **check.values) for law in (FULFILMENT, STOCK) for check in law.checks[:7])


def test_its_units_go_back_to_their_lots_and_it_is_packed_again(town):
    code = town.codes(town.first)[0]
    packed(town, code)
    assert unpack(town.coordinator, code, reason=MoveReason.MISWEIGHED, note=" 忘了去皮 ") == 5
    assert places() == {"shelf": 20}
    back = rows("SELECT quantity, reason, note, moved_by FROM movement WHERE from_place = 'packed' ORDER BY quantity")
    by = town.coordinator.account_id
    assert back == [(2, "misweighed", "忘了去皮", by), (3, "misweighed", "忘了去皮", by)]
    parcel = row("SELECT state, packed_by, packed_at FROM parcel WHERE code = :code", code=code)
    assert parcel == ("planned", None, None)
    assert laws_hold()
    packed(town, code, grams=1500)
    assert scalar("SELECT grams FROM parcel_weight") == 1500
    assert places() == {"packed": 5, "shelf": 15}
    assert laws_hold()


def test_who_packed_it_what_it_weighed_and_what_was_missing_is_kept(town):
    code = town.codes(town.first)[0]
    packed(town, code, missing=[broken(town, code, 1)])
    unpack(town.coordinator, code, reason=MoveReason.MISPACKED)
    kept = row("SELECT packed_by, packed_at, noted, reason, unpacked_by FROM unpacking")
    assert kept is not None
    assert (kept.packed_by, kept.unpacked_by) == (town.depot.account_id, town.coordinator.account_id)
    assert kept.packed_at is not None
    assert [weight["grams"] for weight in kept.noted["weights"]] == [1480]
    assert [(short["units"], short["reason"]) for short in kept.noted["missing"]] == [(1, "damaged")]


def test_a_sealed_batch_is_open_again(town):
    for code in town.codes(town.first):
        packed(town, code)
    assert scalar("SELECT state FROM batch") == "sealed"
    unpack(town.depot, town.codes(town.first)[1], reason=MoveReason.MISPACKED)
    assert rows("SELECT state, sealed_at FROM batch") == [("packing", None)]


def test_what_was_broken_is_written_off_once_however_often_the_parcel_is_packed(town):
    code = town.codes(town.first)[0]
    for _ in range(2):
        packed(town, code, missing=[broken(town, code, 1)])
        unpack(town.depot, code, reason=MoveReason.MISWEIGHED)
    assert places() == {"shelf": 19, "waste": 1}
    packed(town, code, missing=[broken(town, code, 2)])
    assert places() == {"packed": 3, "shelf": 15, "waste": 2}
    assert laws_hold()


def test_what_was_noted_as_missing_by_mistake_goes_into_the_parcel_after_all(town):
    code = town.codes(town.first)[0]
    packed(town, code, missing=[broken(town, code, 2, MoveReason.LOST)])
    unpack(town.depot, code, reason=MoveReason.MISPACKED)
    packed(town, code)
    parcel = parcels_of(town.depot, town.batch_of(town.first))[0]
    assert [(line.quantity, line.missing) for line in parcel.lines] == [(2, 0), (3, 0)]


@pytest.mark.parametrize(
    ("reason", "note"), [(MoveReason.DAMAGED, ""), (MoveReason.LOST, ""), (MoveReason.OTHER, "  ")]
)
def test_it_needs_a_reason(town, reason, note):
    code = town.codes(town.first)[0]
    packed(town, code)
    with pytest.raises(InvalidError):
        unpack(town.depot, code, reason=reason, note=note)
    assert places()["packed"] == 5


def test_pressed_twice_it_is_unpacked_once(town):
    code = town.codes(town.first)[0]
    packed(town, code)
    unpack(town.depot, code, reason=MoveReason.MISPACKED)
    with pytest.raises(ConflictError):
        unpack(town.depot, code, reason=MoveReason.MISPACKED)
    assert scalar("SELECT count(*) FROM unpacking") == 1


def test_another_community_has_no_such_parcel(town):
    packed(town, town.codes(town.first)[0])
    strangers = Town(homes=1)
    with pytest.raises(NotFoundError):
        unpack(strangers.depot, town.codes(town.first)[0], reason=MoveReason.MISPACKED)


@pytest.fixture
def ready(database) -> Town:
    """Return a town whose crates stand ready, with a ticket."""
    town = Town(homes=2)
    town.everybody_orders(V001=2)
    town.to_tickets()
    return town


def test_what_a_volunteer_has_stays_packed(ready):
    volunteer, (ticket,) = a_volunteer(ready.first), ready.tickets(ready.first)
    claim_ticket(volunteer.asker, ticket)
    hand_over(ready.depot, ticket_code=ticket, badge_code=volunteer.badge_code)
    with pytest.raises(ConflictError):
        unpack(ready.depot, ready.codes(ready.first)[0], reason=MoveReason.MISPACKED)
    assert places()["handed_over"] == 4


def test_what_left_for_the_delivery_point_stays_packed(ready):
    pass_crates(ready.depot, ready.batch_of(ready.first), CrateStep.LEFT_DEPOT, counted=1)
    with pytest.raises(ConflictError) as caught:
        unpack(ready.depot, ready.codes(ready.first)[0], reason=MoveReason.MISPACKED)
    assert caught.value.data["left"] == scalar("SELECT code FROM crate")


def test_a_crate_with_an_unpacked_parcel_is_handed_to_nobody(ready):
    volunteer, (ticket,) = a_volunteer(ready.first), ready.tickets(ready.first)
    claim_ticket(volunteer.asker, ticket)
    code = ready.codes(ready.first)[0]
    unpack(ready.depot, code, reason=MoveReason.MISPACKED)
    with pytest.raises(ConflictError) as caught:
        hand_over(ready.depot, ticket_code=ticket, badge_code=volunteer.badge_code)
    assert caught.value.data["unpacked"] == [code]
