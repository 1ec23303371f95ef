"""Delivery's place in the API: claims, handovers, entries, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.factories import bearer
from tests.factories_depot import Town, Volunteer, a_volunteer

NOW = datetime.now(UTC)


class Round:
    """A town with a ticket a grid, a depot worker's and a volunteer's hand on the API."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.town = Town(grids=2, homes=2)
        self.town.everybody_orders(V001=1)
        self.town.to_tickets()
        self.volunteer = a_volunteer(self.town.first)
        self.stranger = a_volunteer(self.town.sides[1])
        self.token, self.depot = bearer(self.volunteer.asker.account_id), bearer(self.town.depot.account_id)
        (self.ticket,) = self.town.tickets(self.town.first)

    def get(self, path: str, token: dict[str, str] | None = None) -> Any:
        return self.client.get(f"/api/v1{path}", headers=token or self.token)

    def post(self, what: str, body: Any = None, token: dict[str, str] | None = None) -> Any:
        return self.client.post(f"/api/v1/tickets/{self.ticket}/{what}", json=body, headers=token or self.token)

    def handed_over(self) -> list[dict[str, Any]]:
        """Claim and take over; return the stops."""
        assert self.post("claim").status_code == 204
        assert self.post("hand-over", {"badge": self.volunteer.badge_code}, self.depot).status_code == 204
        return self.get(f"/tickets/{self.ticket}").json["stops"]


@pytest.fixture
def tour(client) -> Round:
    return Round(client)


def entry(stop: int, **change: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "stop": stop, "outcome": "delivered", "happened_at": NOW.isoformat()} | change


def test_a_ticket_goes_from_free_to_handed_back(tour):
    (listed,) = tour.get("/tickets").json
    assert (listed["code"], listed["state"], listed["stop_count"], listed["grid"]) == (tour.ticket, "issued", 2, 1)
    first, second = tour.handed_over()
    assert (first["door"], first["floor"], first["bags"], first["heavy"]) == ("10-1-101", 1, 1, False)
    entries = [entry(first["id"]), entry(second["id"], outcome="failed", problem="refused")]
    sent = tour.post("entries", {"entries": entries}).json["entries"]
    assert sent == [{"id": found["id"], "answer": "applied"} for found in entries]
    again = tour.post("entries", {"entries": entries[::-1]}).json["entries"]
    assert [found["answer"] for found in again] == ["duplicate", "duplicate"]
    assert tour.post("hand-back", {"parcels": [second["parcel"]]}, tour.depot).status_code == 204
    (back,) = tour.get("/tickets?state=handed_back&mine=true").json
    assert (back["delivered"], back["failed"], back["mine"]) == (1, 1, True)


def test_a_ticket_of_another_grid_is_409_with_where_to_go(tour):
    answer = tour.post("claim", token=bearer(tour.stranger.asker.account_id))
    assert (answer.status_code, answer.json["code"]) == (409, "wrong_grid")
    assert (answer.json["ticket_grid"], answer.json["badge_grid"], answer.json["delivery_point"]) == (1, 2, "西门")
    tour.post("claim")
    answer = tour.post("hand-over", {"badge": tour.stranger.badge_code}, tour.depot)
    assert (answer.status_code, answer.json["code"]) == (409, "wrong_grid")


def test_a_claimed_ticket_is_409_and_a_released_one_is_free(tour):
    mate: Volunteer = a_volunteer(tour.town.first)
    other = bearer(mate.asker.account_id)
    tour.post("claim")
    assert tour.post("claim", token=other).status_code == 409
    assert tour.post("release", token=other).status_code == 404
    assert tour.post("release").status_code == 204
    assert tour.post("claim", token=other).status_code == 204


def test_the_depot_and_coordinators_free_a_claimed_ticket_and_others_do_not(tour):
    for token in (tour.depot, bearer(tour.town.coordinator.account_id)):
        assert tour.post("claim").status_code == 204
        assert tour.post("release", token=token).status_code == 204
        assert tour.post("release", token=token).status_code == 409
    assert tour.post("release", token=bearer(tour.town.first.homes[0].account_id)).status_code == 403


NO_ENTRIES = [
    {"surprise": 1},
    {"id": "no uuid"},
    {"stop": -1},
    {"outcome": "lost"},
    {"outcome": "failed"},
    {"problem": "refused"},
    {"outcome": "failed", "problem": "bored"},
    {"happened_at": "2026-04-12T10:00:00"},
    {"happened_at": (NOW + timedelta(days=3)).isoformat()},
    {"happened_at": "0001-01-01T00:00:00+00:00"},
    {"happened_at": "9999-12-31T23:59:59-12:00"},
]


def test_an_entry_that_makes_no_sense_is_refused_and_the_others_with_it(tour):
    first, second = tour.handed_over()
    for change in NO_ENTRIES:
        body = {"entries": [entry(second["id"]), entry(first["id"]) | change]}
        assert tour.post("entries", body).status_code == 422, change
    assert {stop["outcome"] for stop in tour.get(f"/tickets/{tour.ticket}").json["stops"]} == {None}


def test_entries_for_doors_of_others_are_not_found(tour):
    first, _ = tour.handed_over()
    mate = bearer(a_volunteer(tour.town.first).asker.account_id)
    assert tour.post("entries", {"entries": [entry(first["id"])]}, mate).status_code == 404
    assert tour.post("entries", {"entries": [entry(2**62)]}).status_code == 404


def test_a_hand_back_names_what_is_missing_and_doors_without_an_outcome(tour):
    first, second = tour.handed_over()
    tour.post("entries", {"entries": [entry(first["id"])]})
    answer = tour.post("hand-back", {"parcels": []}, tour.depot)
    assert (answer.status_code, answer.json["without_outcome"]) == (409, [second["parcel"]])
    answer = tour.post("hand-back", {"parcels": ["ZZZZZZ"], "unvisited": True}, tour.depot)
    assert (answer.status_code, answer.json["missing"], answer.json["foreign"]) == (422, [second["parcel"]], ["ZZZZZZ"])


def test_the_depot_sees_codes_but_no_doors_and_a_volunteer_none_of_a_free_ticket(tour):
    seen = tour.get(f"/tickets/{tour.ticket}", tour.depot).json
    assert seen["stops"] == []
    assert {parcel["code"] for parcel in seen["parcels"]} == set(tour.town.codes(tour.town.first))
    mine = tour.get(f"/tickets/{tour.ticket}").json
    assert (mine["stops"], mine["parcels"]) == ([], [])


def test_each_move_is_for_its_role_alone(tour):
    assert tour.post("claim", token=tour.depot).status_code == 403
    assert tour.post("hand-over", {"badge": tour.volunteer.badge_code}).status_code == 403
    assert tour.post("hand-back", {"parcels": []}).status_code == 403
    assert tour.get("/tickets", bearer(tour.town.first.homes[0].account_id)).status_code == 403


def test_codes_that_no_ticket_has_are_refused(tour):
    for code in ("ZZZZZZ", "a" * 300, "%00", "🥬"):
        assert tour.get(f"/tickets/{code}").status_code in {404, 422}, code


def test_a_ticket_is_reassigned_and_taken_over_from_person_to_person(tour):
    tour.handed_over()
    coordinator, second = bearer(tour.town.coordinator.account_id), a_volunteer(tour.town.first)
    wrong = tour.post("reassign", {"badge": tour.stranger.badge_code}, coordinator)
    assert (wrong.status_code, wrong.json["code"]) == (409, "wrong_grid")
    assert tour.post("reassign", {}).status_code == 403
    successor = tour.post("reassign", {"badge": second.badge_code}, coordinator).json["code"]
    token = bearer(second.asker.account_id)
    address = f"/api/v1/tickets/{successor}"
    assert tour.client.post(f"{address}/take-over", headers=tour.token).status_code == 404
    assert tour.client.post(f"{address}/take-over", headers=token).status_code == 204
    assert tour.client.get(address, headers=token).json["ticket"]["state"] == "handed_over"
    batch = tour.town.batch_of(tour.town.first)
    late = tour.client.post(f"/api/v1/batches/{batch}/late-tickets", json={}, headers=coordinator)
    assert late.json == {"codes": []}
