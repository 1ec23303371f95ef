"""The care register in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.db import rows, scalar
from tests.commands.test_care import NOTE, Care
from tests.factories import bearer

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient


class Hand:
    """Somebody's hand on the API."""

    def __init__(self, client: FlaskClient, account_id: int) -> None:
        self.client = client
        self.token = bearer(account_id)

    def __call__(self, method: str, path: str, **payload: Any) -> Any:
        sent = {"json": payload} if method != "GET" else {}
        return self.client.open(f"/api/v1/care{path}", method=method, headers=self.token, **sent)


@pytest.fixture
def care(database: Any, app: Flask) -> Care:
    return Care(app.extensions["vault"])


@pytest.fixture
def lead(client: FlaskClient, care: Care) -> Hand:
    return Hand(client, care.lead.account_id)


def test_an_entry_is_made_read_changed_and_ended(care: Care, lead: Hand) -> None:
    made = lead(
        "POST",
        "/cases",
        household=care.home.id,
        categories=["chronic_illness"],
        note=NOTE,
        check_every_days=7,
        consents=["register", "check_calls"],
    )
    assert made.status_code == 201
    case = made.json["id"]
    assert (made.json["agreed"], made.json["due_on"]) == (True, care.today.isoformat())
    assert NOTE not in made.text
    assert lead("POST", "/cases", household=care.home.id, categories=["disabled"]).json["code"] == "care_there"
    opened = lead("POST", f"/cases/{case}/readings", purpose="review").json
    assert opened == {"categories": ["chronic_illness"], "words": [], "note": NOTE}
    assert rows("SELECT purpose FROM care_access") == [("review",)]
    assert lead("PUT", f"/cases/{case}/contents", categories=["disabled"], note="").status_code == 204
    assert lead("PUT", f"/cases/{case}/arrangement", priority=1, check_every_days=3).status_code == 204
    assert lead("PUT", f"/cases/{case}/consents/medicine", given_on="2026-01-01").status_code == 204
    assert lead("DELETE", f"/cases/{case}/consents/medicine").status_code == 204
    assert lead("PUT", f"/cases/{case}/volunteer", badge=care.badge.code).status_code == 204
    assert lead("DELETE", f"/cases/{case}/volunteer").status_code == 204
    assert lead("PUT", f"/cases/{case}/next-call", due_on=care.today.isoformat()).status_code == 204
    assert lead("POST", f"/cases/{case}/renew").json["priority"] == 1
    assert lead("GET", f"/cases/{case}").json["check_every_days"] == 3
    assert [one["id"] for one in lead("GET", "/cases?part=urgent").json] == [case]
    (call,) = lead("GET", "/calls").json
    assert lead("POST", f"/calls/{call['id']}", outcome="fine").status_code == 204
    assert lead("POST", f"/calls/{call['id']}", outcome="fine").json["code"] == "call_done"
    assert lead("POST", f"/cases/{case}/end").status_code == 204
    assert lead("POST", f"/cases/{case}/renew").json["code"] == "care_ended"


@pytest.mark.parametrize(
    "wrong",
    [
        {"categories": []},
        {"categories": ["lonely"]},
        {"categories": ["disabled"], "note": "x" * 1001},
        {"categories": ["disabled"], "note": "\0"},
        {"categories": ["disabled"], "priority": 0},
        {"categories": ["disabled"], "ends_on": "2099-01-01"},
        {"categories": ["disabled"], "why": "x"},
    ],
    ids=str,
)
def test_what_is_no_entry_is_refused(care: Care, lead: Hand, wrong: dict[str, Any]) -> None:
    assert lead("POST", "/cases", household=care.home.id, **wrong).status_code == 422
    assert scalar("SELECT count(*) FROM care_case") == 0


def test_a_coordinator_names_the_keeper(care: Care, client: FlaskClient) -> None:
    case, hand = care.open(), Hand(client, care.coordinator.account_id)
    assert hand("PUT", f"/cases/{case}/keeper", account=None).status_code == 204
    assert [one["id"] for one in hand("GET", "/cases?part=no_keeper&grid=3").json] == [case]
    assert hand("PUT", f"/cases/{case}/keeper", account=care.volunteer.account_id).status_code == 404


def test_a_standing_volunteer_lists_the_own_people_only(care: Care, lead: Hand, client: FlaskClient) -> None:
    case, hand = care.call(), Hand(client, care.volunteer.account_id)
    assert hand("GET", "/mine").json == []
    lead("PUT", f"/cases/{case}/volunteer", badge=care.badge.code)
    (person,) = hand("GET", "/mine").json
    assert (person["name"], person["phone"], person["is_due"]) == ("", "", True)
    assert hand("POST", f"/calls/{person['check']}", outcome="fine").status_code == 204


def test_a_household_sees_and_ends_its_own_entry(care: Care, client: FlaskClient) -> None:
    hand = Hand(client, care.household.account_id)
    assert hand("GET", "/own").json["since"] is None
    assert hand("PUT", "/own/consents/medicine").status_code == 404
    care.read(care.coordinator, care.open())
    assert hand("PUT", "/own/consents/medicine").status_code == 204
    own = hand("GET", "/own").json
    assert [consent["purpose"] for consent in own["consents"]] == ["medicine"]
    assert [read["name"] for read in own["reads"]] == [care.coordinator.display_name]
    assert hand("DELETE", "/own/consents/register").status_code == 204
    assert hand("GET", "/own").json["since"] is None
