"""People through the API: applications, trainings, badges from first to last, shifts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.db import scalar
from supplyhub.people.states import Role
from tests.factories import a_community, a_grid, an_account, bearer

if TYPE_CHECKING:
    from flask.testing import FlaskClient

TRAINED = {"topic": "上岗培训", "trained_on": "2026-04-01"}


class Office:
    """A community with grids 3 and 4, a coordinator's token, and a volunteer with 3-001."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.community = a_community()
        self.grid = a_grid(self.community, 3)
        a_grid(self.community, 4, delivery_point="西门")
        self.token = bearer(an_account(self.community, Role.COORDINATOR).id)
        self.account = self.post("/volunteers", {"name": "赵志愿", "grid": 3, "training": TRAINED}).json["account"]

    def ask(self, method: str, path: str, body: object = None, who: Any = None) -> Any:
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers=who or self.token)

    def post(self, path: str, body: object = None, who: Any = None) -> Any:
        return self.ask("POST", path, body, who)


@pytest.fixture
def office(client: FlaskClient, database: Any) -> Office:
    return Office(client)


def test_a_badge_goes_its_way_from_live_to_revoked(office):
    assert office.post("/badges/3-001/suspend").status_code == 204
    assert office.post("/badges/3-001/suspend").status_code == 409
    assert office.post("/badges/3-001/replace").status_code == 409
    assert office.post("/badges/3-001/resume").status_code == 204
    assert office.post("/badges/3-001/replace").json["code"] == "3-002"
    assert office.post("/badges/3-002/transfer", {"grid": 3}).status_code == 409
    assert office.post("/badges/3-002/transfer", {"grid": 99}).status_code == 404
    assert office.post("/badges/3-002/transfer", {"grid": 4}).json["code"] == "4-001"
    assert office.post(f"/volunteers/{office.account}/badges", {"grid": 3}).status_code == 409
    assert office.post("/badges/4-001/revoke").status_code == 204
    assert office.post(f"/volunteers/{office.account}/badges", {"grid": 3}).json["code"] == "3-003"


def test_an_application_becomes_a_volunteer_with_a_badge(office):
    body = {"name": "钱志愿", "phone": "138 0000 0001", "grid": 4}
    for _ in range(2):
        assert office.post("/applications", body).status_code == 204
    (waiting,) = office.ask("GET", "/applications").json
    assert {key: waiting[key] for key in body} == body
    account = office.post(f"/applications/{waiting['id']}/accept").json["account"]
    assert office.post(f"/applications/{waiting['id']}/decline").status_code == 409
    assert office.ask("GET", "/applications").json == []
    refused = office.post(f"/volunteers/{account}/badges", {"grid": 4})
    assert (refused.status_code, refused.json["untrained"]) == (409, True)
    assert office.post(f"/volunteers/{account}/trainings", TRAINED).status_code == 204
    assert office.post(f"/volunteers/{account}/badges", {"grid": 4}).status_code == 201


def test_a_volunteer_begins_and_ends_a_shift(office):
    who = bearer(office.account)
    assert office.ask("GET", "/shift", who=who).json == {"ends_at": None}
    begun = office.ask("PUT", "/shift", who=who).json
    assert begun == office.ask("PUT", "/shift", who=who).json == office.ask("GET", "/shift", who=who).json
    assert office.ask("DELETE", "/shift", who=who).status_code == 204
    assert office.ask("GET", "/shift", who=who).json == {"ends_at": None}
    office.post("/badges/3-001/suspend")
    assert {office.ask(method, "/shift", who=who).status_code for method in ("GET", "PUT", "DELETE")} == {403}


def test_depot_staff_of_a_point_are_opened_with_its_name(office):
    made = office.post("/staff", {"role": "depot", "name": "老周", "delivery_point": "西门"})
    point = "SELECT d.name FROM account AS a JOIN delivery_point AS d ON d.id = a.delivery_point_id WHERE a.id = :id"
    assert scalar(point, id=made.json["account"]) == "西门"
    for body, status in (
        ({"role": "depot", "name": "老周", "delivery_point": "北门"}, 404),
        ({"role": "grid_lead", "grid": 3, "name": "老周", "delivery_point": "西门"}, 422),
    ):
        assert office.post("/staff", body).status_code == status


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/volunteers", {"name": "孙", "grid": 3}),
        ("/volunteers", {"name": "孙", "grid": 3, "training": {"topic": ""}}),
        ("/volunteers", {"name": "孙", "grid": 3, "training": {"topic": "培训", "trained_on": "2099-01-01"}}),
        ("/applications", {"name": "孙", "phone": "call me", "grid": 3}),
        ("/applications", {"name": "a\u0000", "phone": "13800000001", "grid": 3}),
        ("/applications", {"name": "孙", "phone": "13800000001"}),
        ("/applications", {"name": "孙", "phone": "13800000001", "grid": 10**30}),
    ],
)
def test_bad_bodies_are_refused_and_keep_nothing(office, path, body):
    assert office.post(path, body).status_code == 422
    assert scalar("SELECT count(*) FROM volunteer_application") == 0
    assert scalar("SELECT count(*) FROM account WHERE role = 'volunteer'") == 1


def test_applications_and_badges_of_another_community_are_not_there(office):
    office.post("/applications", {"name": "钱志愿", "phone": "138 0000 0001", "grid": 4})
    (waiting,) = office.ask("GET", "/applications").json
    stranger = bearer(an_account(a_community(), Role.COORDINATOR).id)
    assert office.ask("GET", "/applications", who=stranger).json == []
    for path in (
        f"/applications/{waiting['id']}/accept",
        f"/applications/{waiting['id']}/decline",
        "/badges/3-001/suspend",
    ):
        assert office.post(path, who=stranger).status_code == 404
