"""Crates on their way to a delivery point: scanned or counted, the missing ones named, the chain without a gap."""

from __future__ import annotations

import pytest

from supplyhub.db import execute, rows, scalar
from supplyhub.delivery.chain import chain_of, crates_for, loads_for
from supplyhub.delivery.commands import claim_ticket, hand_back, hand_over, issue_tickets, pass_crates
from supplyhub.delivery.states import CrateStep
from supplyhub.depot.commands import pack
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from tests.factories_depot import Town, a_volunteer, a_walk, work

pytestmark = pytest.mark.usefixtures("database")

LEFT, REACHED = CrateStep.LEFT_DEPOT, CrateStep.REACHED_POINT
HOMES = 14


@pytest.fixture
def town(database) -> Town:
    """Return a town of 2 grids with 14 homes each: three crates a batch, all packed."""
    town = Town(grids=2, homes=HOMES)
    town.everybody_orders(V001=1)
    town.to_tickets()
    return town


def crates(town: Town, side: int = 0) -> list[str]:
    """Return the crates of a grid's batch."""
    return [crate.code for crate in crates_for(town.depot, town.batch_of(town.sides[side]))]


def test_crates_that_are_counted_when_they_leave_and_arrive_pass_all_at_once(town):
    batch, codes = town.batch_of(town.first), crates(town)
    assert len(codes) == 3
    left = pass_crates(town.depot, batch, LEFT, counted=3)
    assert (left.passed, left.missing) == (codes, [])
    assert pass_crates(town.depot, batch, REACHED, counted=3).passed == codes
    found = rows("SELECT step, d.name FROM crate_passage AS p JOIN delivery_point AS d ON d.id = p.delivery_point_id")
    assert sorted(found) == [("left_depot", "东门")] * 3 + [("reached_point", "东门")] * 3


def test_a_wrong_count_passes_none_and_names_what_there_should_be(town):
    batch, codes = town.batch_of(town.first), crates(town)
    with pytest.raises(ConflictError) as caught:
        pass_crates(town.depot, batch, LEFT, counted=2)
    assert caught.value.data == {"counted": 2, "expected": codes, "unpacked": []}
    assert scalar("SELECT count(*) FROM crate_passage") == 0


def test_scanned_one_by_one_the_missing_ones_are_named(town):
    batch, (first, second, third) = town.batch_of(town.first), crates(town)
    assert pass_crates(town.depot, batch, LEFT, codes=[second.lower()]).missing == [first, third]
    pass_crates(town.depot, batch, LEFT, counted=2)
    arrived = pass_crates(town.depot, batch, REACHED, codes=[first, second])
    assert (arrived.passed, arrived.missing) == ([first, second], [third])


def test_a_crate_that_is_scanned_again_changes_nothing_and_says_who_counted_it(town):
    batch, (first, *_) = town.batch_of(town.first), crates(town)
    pass_crates(town.depot, batch, LEFT, codes=[first])
    again = pass_crates(town.depot, batch, LEFT, codes=[first, first])
    assert again.passed == []
    assert [(before["code"], before["by"]) for before in again.before] == [(first, town.depot.display_name)]
    assert scalar("SELECT count(*) FROM crate_passage") == 1


def test_codes_of_no_crate_and_of_another_grid_refuse_the_whole_call(town):
    batch, (first, *_), (other, *_) = town.batch_of(town.first), crates(town), crates(town, 1)
    with pytest.raises(InvalidError) as caught:
        pass_crates(town.depot, batch, LEFT, codes=[first, "ZZZZZZ", other])
    assert caught.value.data["unknown"] == ["ZZZZZZ"]
    assert [(found["code"], found["grid"]) for found in caught.value.data["foreign"]] == [(other, 2)]
    assert scalar("SELECT count(*) FROM crate_passage") == 0
    with pytest.raises(InvalidError):
        pass_crates(town.depot, batch, LEFT, codes=[])


def test_a_crate_leaves_only_when_all_its_parcels_are_packed(database):
    town = Town(homes=HOMES)
    town.everybody_orders(V001=1)
    town.share()
    work(issue_tickets, town.cycle_id)
    batch, (first, second, third) = town.batch_of(town.first), crates(town)
    pack(town.depot, batch, town.codes(town.first)[:7])
    with pytest.raises(ConflictError) as caught:
        pass_crates(town.depot, batch, LEFT, codes=[first, second])
    assert caught.value.data["unpacked"] == [second]
    # Of those that can leave there is one: counting all three is a wrong count.
    with pytest.raises(ConflictError) as caught:
        pass_crates(town.depot, batch, LEFT, counted=3)
    assert (caught.value.data["expected"], caught.value.data["unpacked"]) == ([first], [second, third])
    assert pass_crates(town.depot, batch, LEFT, counted=1).missing == [second, third]


def test_a_crate_that_never_left_cannot_arrive(town):
    batch, (first, *_) = town.batch_of(town.first), crates(town)
    with pytest.raises(ConflictError) as caught:
        pass_crates(town.depot, batch, REACHED, codes=[first])
    assert caught.value.data == {"not_left": [first]}


def test_a_grid_without_a_delivery_point_fetches_at_the_depot(town):
    batch = town.batch_of(town.first)
    work(execute, "UPDATE batch SET delivery_point_id = NULL")
    with pytest.raises(ConflictError) as caught:
        pass_crates(town.depot, batch, LEFT, counted=3)
    assert caught.value.data == {"without_point": 1}


def test_another_communitys_batch_is_not_found(town):
    with pytest.raises(NotFoundError):
        pass_crates(Town().depot, town.batch_of(town.first), LEFT, counted=3)


def test_a_ticket_is_handed_over_where_all_its_crates_are(town):
    batch, codes = town.batch_of(town.first), crates(town)
    (ticket,) = town.tickets(town.first)
    volunteer = a_volunteer(town.first)
    claim_ticket(volunteer.asker, ticket)
    pass_crates(town.depot, batch, LEFT, codes=codes[:1])
    for missing, gone in (("on_the_way", codes[:1]), ("at_depot", codes[1:])):
        with pytest.raises(ConflictError) as caught:
            hand_over(town.depot, ticket_code=ticket, badge_code=volunteer.badge_code)
        assert caught.value.data == {missing: gone}
        pass_crates(town.depot, batch, REACHED, codes=codes[:1])
    pass_crates(town.depot, batch, LEFT, counted=2)
    pass_crates(town.depot, batch, REACHED, counted=2)
    with pytest.raises(ConflictError) as caught:
        hand_over(town.depot, ticket_code=ticket, badge_code=volunteer.badge_code, crates=2)
    assert caught.value.data == {"counted": 2, "expected": codes}
    hand_over(town.depot, ticket_code=ticket, badge_code=volunteer.badge_code, crates=3)
    assert scalar("SELECT crates FROM handover") == 3


def test_crates_that_a_volunteer_took_at_the_depot_leave_for_no_delivery_point(town):
    walk = a_walk(town=town)
    with pytest.raises(ConflictError) as caught:
        pass_crates(town.depot, town.batch_of(town.first), LEFT, codes=crates(town)[:1])
    assert caught.value.data == {"handed_over": crates(town)[:1]}
    with pytest.raises(ConflictError):
        pass_crates(town.depot, town.batch_of(town.first), LEFT, counted=3)
    assert walk.stops[0].state == "handed_over"


def test_the_chain_tells_every_hand_and_no_door(town):
    batch = town.batch_of(town.first)
    (ticket,) = town.tickets(town.first)
    pass_crates(town.depot, batch, LEFT, counted=3)
    pass_crates(town.depot, batch, REACHED, counted=3)
    walk = a_walk(town=town)
    back = [stop.code for stop in walk.stops]
    hand_back(town.depot, ticket_code=ticket, parcel_codes=back, unvisited=True)
    view, chain = chain_of(town.depot, ticket)
    assert view.stops == []
    badge, name = walk.volunteer.badge_code, town.depot.display_name
    told = {step.step: (step.who, step.number, step.counted, step.place) for step in chain}
    assert told == {
        "packed": ([name], HOMES, "parcels", None),
        "left_depot": ([name], 3, "crates", "东门"),
        "reached_point": ([name], 3, "crates", "东门"),
        "claimed": ([badge], None, None, None),
        "handed_over": ([name, badge], None, "crates", None),
        "failed": ([badge], HOMES, "doors", None),
        "handed_back": ([name], HOMES, "parcels", None),
    }
    with pytest.raises(NotFoundError):
        chain_of(Town().depot, ticket)


def test_the_loads_of_a_cycle_count_how_far_the_crates_are(town):
    pass_crates(town.depot, town.batch_of(town.first), LEFT, counted=3)
    pass_crates(town.depot, town.batch_of(town.first), REACHED, codes=crates(town)[:2])
    first, second = loads_for(town.depot, town.cycle_id)
    assert (first.grid_number, first.crates, first.left, first.reached, first.handed_over, first.unpacked) == (
        (1, 3, 3, 2, 0, 0)
    )
    assert (second.grid_number, second.left) == (2, 0)
