"""The call list in the API: who is silent with the last call, and how a call ended."""

from __future__ import annotations

from typing import Any

import pytest

from supplyhub.people.states import Role
from tests.factories import Shop, an_account, bearer, in_care


class Calling:
    """A lead's hand on the API."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.shop = Shop()
        in_care(self.shop.another_home())
        self.lead = an_account(self.shop.community, Role.GRID_LEAD, grid=self.shop.grid)
        self.token = bearer(self.lead.id)
        self.cycle = f"/api/v1/cycles/{self.shop.cycle.id}"

    def call(self, outcome: Any, household: int | None = None) -> Any:
        home = household or self.shop.home.id
        url = f"{self.cycle}/households/{home}/calls"
        return self.client.post(url, json={"outcome": outcome}, headers=self.token)

    def standing(self, **query: Any) -> Any:
        return self.client.get(f"{self.cycle}/standing", query_string=query, headers=self.token)


@pytest.fixture
def calling(client) -> Calling:
    return Calling(client)


def test_the_silent_come_with_their_last_call_and_those_to_be_looked_after_first(calling):
    assert calling.call("no_answer").status_code == 204
    first, second = calling.standing().json
    assert (first["first"], first["last_call"]) == (True, None)
    assert second["household"] == calling.shop.home.id
    assert second["last_call"] | {"at": ""} == {
        "outcome": "no_answer", "by": calling.lead.display_name, "tries": 1, "at": "",
    }  # fmt: skip
    assert [home["household"] for home in calling.standing(part="again").json] == [calling.shop.home.id]


def test_a_declined_call_moves_the_household_and_the_counts(calling):
    calling.call("declined")
    assert calling.standing(standing="declined").json[0]["household"] == calling.shop.home.id
    counts = calling.client.get(f"{calling.cycle}/standing/counts", headers=calling.token).json
    assert counts == {
        "ordered": 0, "declined": 1, "silent": 1, "care": 1, "uncalled": 1, "again": 0, "will_order": 0,
    }  # fmt: skip


def test_a_declined_call_to_a_household_with_an_order_is_a_conflict(calling):
    item = calling.shop.item()
    order = f"/api/v1/menus/{calling.shop.menu.id}/households/{calling.shop.home.id}/order"
    body = {
        "lines": [{"item": item.id, "quantity": 1}],
        "total_fen": item.price_fen,
        "channel": "phone",
    }
    assert calling.client.put(order, json=body, headers=calling.token | {"If-None-Match": "*"}).status_code == 201
    refused = calling.call("declined")
    assert (refused.status_code, refused.json["code"]) == (409, "conflict")
    (home,) = calling.standing(standing="ordered").json
    assert home["order"] is not None


@pytest.mark.parametrize("outcome", [None, "", "shouted", 1, ["declined"]])
def test_an_outcome_that_is_none_is_refused(calling, outcome):
    assert calling.call(outcome).status_code == 422


def test_another_grids_lead_calls_nobody_here(calling):
    calling.token = bearer(Shop().lead().account_id)
    assert (calling.call("no_answer").status_code, calling.standing().status_code) == (404, 404)


def test_an_order_for_somebody_is_never_on_record_as_the_households_own(calling):
    item = calling.shop.item()
    url = f"/api/v1/menus/{calling.shop.menu.id}/households/{calling.shop.home.id}/order"
    body = {"lines": [{"item": item.id, "quantity": 1}], "total_fen": item.price_fen}
    first = calling.token | {"If-None-Match": "*"}
    assert calling.client.put(url, json=body | {"channel": "web"}, headers=first).status_code == 422
    assert calling.client.put(url, json=body, headers=first).json["channel"] == "doorstep"
