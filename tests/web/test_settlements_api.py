"""Settlements, cash and credits over the API; money at the doors as a phone sends it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from supplyhub.depot.commands.crediting import ask_credit
from supplyhub.payments.states import CreditReason
from supplyhub.people.states import Role
from tests.factories import an_account, bearer
from tests.factories_depot import Town, Walk, a_walk
from tests.factories_money import orders_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient

OWED = 480 * 20


@pytest.fixture
def walk(database: Any) -> Walk:
    """Return a ticket of two doors that owe 96 yuan each."""
    town = Town(grids=2, homes=2)
    town.everybody_orders(V001=20)
    town.to_tickets()
    return a_walk(town=town)


def money(stop: int, fen: int, **more: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "stop": stop,
        "way": "cash",
        "amount_fen": fen,
        "happened_at": datetime.now(UTC).isoformat(),
        **more,
    }


def send(client: FlaskClient, walk: Walk, *takings: dict[str, Any]) -> Any:
    headers = bearer(walk.volunteer.asker.account_id)
    return client.post(f"/api/v1/tickets/{walk.ticket}/entries", json={"takings": takings}, headers=headers)


def test_a_phone_sends_money_and_is_answered_one_by_one(client, walk):
    first, second = [stop.id for stop in walk.stops]
    paid, much, little = money(first, OWED), money(second, OWED + 1), money(second, 1)
    answer = send(client, walk, paid, much, little).json
    assert [(each["answer"], each["owed_fen"]) for each in answer["takings"]] == [
        ("applied", OWED),
        ("more_than_owed", OWED),
        ("less_than_owed", OWED),
    ]
    assert answer["entries"] == []
    assert send(client, walk, paid).json["takings"][0]["answer"] == "duplicate"
    view = client.get(f"/api/v1/tickets/{walk.ticket}", headers=bearer(walk.volunteer.asker.account_id)).json
    assert [(stop["collect_fen"], stop["taken_fen"]) for stop in view["stops"]] == [(0, OWED), (OWED, 0)]


def test_half_an_amount_a_correction_with_one_and_nothing_at_all_are_refused(client, walk):
    first = walk.stops[0].id
    half = money(first, OWED)
    del half["way"]
    both = money(first, OWED, corrects=str(uuid4()))
    for takings in ([half], [both], [], [money(first, 0)], [money(first, -5)], [money(first, OWED, tip=1)]):
        assert send(client, walk, *takings).status_code == 422, takings


def test_cash_and_settlements_are_read_and_counted(client, walk):
    town, depot = walk.town, bearer(walk.town.depot.account_id)
    send(client, walk, money(walk.stops[0].id, OWED))
    (listed,) = client.get(f"/api/v1/cycles/{town.cycle_id}/cash", headers=depot).json
    assert (listed["ticket"], listed["left_fen"], listed["counted_fen"]) == (walk.ticket, OWED, 0)
    address = f"/api/v1/tickets/{walk.ticket}/cash-counts"
    stale = {"counted_fen": OWED, "expected_fen": 0}
    refused = client.post(address, json=stale, headers=depot)
    assert (refused.status_code, refused.json["expected_fen"]) == (409, OWED)
    assert client.post(address, json={"counted_fen": 1, "expected_fen": OWED}, headers=depot).status_code == 422
    assert client.post(address, json=stale | {"expected_fen": OWED}, headers=depot).status_code == 204
    lead = bearer(an_account(town.community, Role.GRID_LEAD, grid=town.first.grid).id)
    (own,) = client.get(f"/api/v1/cycles/{town.cycle_id}/settlements", headers=lead).json
    assert (own["grid"], own["cash_fen"], own["owed_fen"]) == (town.first.grid.number, OWED, OWED)
    both = client.get(f"/api/v1/cycles/{town.cycle_id}/settlements", headers=bearer(town.coordinator.account_id)).json
    assert len(both) == 2


def test_credits_that_wait_are_listed_for_coordinators(client, walk):
    town = walk.town
    ask_credit(town.coordinator, orders_of(walk.ticket)[0], amount_fen=6000, reason=CreditReason.WRONG, note="送错")
    address = f"/api/v1/cycles/{town.cycle_id}/credits"
    (listed,) = client.get(address, headers=bearer(town.coordinator.account_id)).json
    assert (listed["amount_fen"], listed["reason"], listed["note"]) == (6000, "wrong", "送错")
    assert client.get(address, headers=bearer(town.depot.account_id)).status_code == 403
