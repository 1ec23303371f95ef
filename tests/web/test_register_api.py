"""The register and people over the API: who sees what, and bad input."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from supplyhub.db import rows, scalar
from supplyhub.people.commands import take_on_volunteer
from supplyhub.people.states import Role
from tests.factories import a_building, a_community, a_grid, a_household, an_account, bearer

DEMO = Path(__file__).parents[2] / "supplyhub" / "demo_data"
HEADER = "楼栋,单元,门牌号,人数,联系人,联系方式,特殊群体"
ROW = "1号楼,1单元,101,4,黄小明,19900000000,独居老人"


class Town:
    """A community with two grids and a hand for each role."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.community = a_community()
        self.grid, self.other = a_grid(self.community, 3), a_grid(self.community, 4)
        self.homes = [a_household(a_building(grid)) for grid in (self.grid, self.other)]
        self.coordinator = bearer(an_account(self.community, Role.COORDINATOR).id)
        self.lead = bearer(an_account(self.community, Role.GRID_LEAD, grid=self.grid).id)
        self.depot = bearer(an_account(self.community, Role.DEPOT).id)
        self.resident = bearer(self.homes[0].account_id)

    def get(self, path: str, who: dict[str, str]) -> Any:
        return self.client.get(f"/api/v1{path}", headers=who)

    def post(self, path: str, body: Any = None, who: dict[str, str] | None = None) -> Any:
        return self.client.post(f"/api/v1{path}", json=body, headers=who or self.coordinator)

    def load(self, path: str = "/register/imports", **files: bytes) -> Any:
        data = {name: (io.BytesIO(content), f"{name}.csv") for name, content in files.items()}
        return self.client.post(f"/api/v1{path}", data=data, headers=self.coordinator)


@pytest.fixture
def town(client) -> Town:
    return Town(client)


def a_file(*lines: str) -> bytes:
    return "\n".join([HEADER, *lines, ""]).encode()


def test_the_demo_register_is_loaded_over_the_api_and_listed(client):
    community = a_community()
    coordinator = bearer(an_account(community, Role.COORDINATOR).id)
    names = {
        "households": "households.csv",
        "cadastre": "cadastre.geojson",
        "grids": "grids.geojson",
        "streets": "streets.geojson",
    }
    data = {field: (io.BytesIO((DEMO / name).read_bytes()), name) for field, name in names.items()}
    answer = client.post("/api/v1/register/imports", data=data, headers=coordinator)
    assert (answer.status_code, answer.json["counts"]["added"], answer.json["unplaced_doors"]) == (200, 2219, [])
    grids = client.get("/api/v1/grids", headers=coordinator).json
    assert (len(grids), sum(grid["households"] for grid in grids)) == (7, 2219)
    homes = client.get("/api/v1/households?grid=3&page_size=500", headers=coordinator)
    assert {home["grid"] for home in homes.json} == {3}
    assert all(home["contact"].endswith("**") for home in homes.json)
    assert f'"total": {grids[2]["households"]}' in homes.headers["X-Pagination"]


def test_a_dry_run_writes_nothing(town):
    answer = town.load("/register/imports?dry_run=true", households=a_file(ROW))
    assert (answer.status_code, answer.json["id"], answer.json["counts"]["added"]) == (200, None, 1)
    assert scalar("SELECT count(*) FROM register_import") == 0


def test_unplaced_doors_are_listed_with_their_reason(town):
    answer = town.load(households=a_file(ROW))
    assert answer.json["unplaced_doors"] == [
        {"building": "1号楼", "unit": "1单元", "door": "101", "reason": "no_grid_named"}
    ]
    (home,) = town.get("/households?unplaced=true", town.coordinator).json
    assert (home["door"], home["contact"], home["care"], home["unplaced_reason"]) == (
        "1-1-101",
        "黄**",
        True,
        "no_grid_named",
    )
    assert [one["name"] for one in town.get("/buildings?unplaced=true", town.coordinator).json] == ["1号楼"]


@pytest.mark.parametrize(
    ("files", "status", "code"),
    [
        ({"households": a_file("1号楼,1单元,101,x,,,")}, 422, "file_refused"),
        ({"households": b"\x00\x01\x02"}, 422, "file_refused"),
        ({"households": b""}, 422, "file_refused"),
        ({"households": a_file(ROW), "grids": b"[]"}, 422, "file_refused"),
        ({"grids": b"{}"}, 422, "invalid"),
        ({"households": a_file(ROW), "secrets": b"{}"}, 422, "invalid"),
    ],
)
def test_a_bad_upload_is_refused_and_leaves_nothing(town, files, status, code):
    before = scalar("SELECT count(*) FROM household")
    answer = town.load(**files)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert scalar("SELECT count(*) FROM household") == before


def test_an_upload_of_fifty_megabytes_is_too_large(town):
    part = b'--x\r\nContent-Disposition: form-data; name="households"; filename="h.csv"\r\n\r\n'
    body = part + b"1" * (50 * 1024 * 1024) + b"\r\n--x--\r\n"
    answer = town.client.post(
        "/api/v1/register/imports", data=body, content_type="multipart/form-data; boundary=x", headers=town.coordinator
    )
    assert (answer.status_code, answer.json["code"]) == (413, "request_entity_too_large")


def test_a_refused_file_names_its_lines(town):
    answer = town.load(households=a_file(ROW, "1号楼,1单元,102,-3,,,"))
    assert answer.json["problems"] == ["households.csv, line 3: people (人数) is “-3”, which is no whole number"]


def test_a_strange_file_name_is_not_repeated(town):
    data = {"households": (io.BytesIO(b"x"), "a\x01" * 100)}
    answer = town.client.post("/api/v1/register/imports", data=data, headers=town.coordinator)
    assert answer.json["problems"][0].startswith("households")


def test_nobody_but_a_coordinator_loads_a_register(town):
    for who in (town.lead, town.depot, town.resident, {}):
        answer = town.client.post("/api/v1/register/imports", headers=who)
        assert answer.status_code in {401, 403}


def test_everybody_sees_the_grids_of_the_own_work_or_home(town):
    for who, grids in ((town.coordinator, [3, 4]), (town.depot, [3, 4]), (town.lead, [3]), (town.resident, [3])):
        assert [grid["number"] for grid in town.get("/grids", who).json] == grids
    stranger = bearer(an_account(a_community(), Role.COORDINATOR).id)
    assert town.get("/grids", stranger).json == []


def test_a_volunteer_without_a_live_badge_sees_no_grid(town):
    idle = bearer(an_account(town.community, Role.VOLUNTEER).id)
    assert town.get("/grids", idle).json == []


def test_a_grid_lead_sees_the_doors_of_the_own_grid_only(town):
    assert [home["id"] for home in town.get("/households", town.lead).json] == [town.homes[0].id]
    assert town.get("/households?grid=4", town.lead).json == []
    assert [one["grid"] for one in town.get("/buildings", town.lead).json] == [3]
    assert town.get("/households?unplaced=true", town.lead).json == []
    for who in (town.depot, town.resident):
        assert town.get("/households", who).status_code == 403


def test_a_list_of_households_carries_no_phone_and_no_note(town):
    town.load(households=a_file(ROW))
    text = town.get("/households", town.coordinator).text
    for secret in ("19900000000", "独居老人", "小明"):
        assert secret not in text


@pytest.mark.parametrize(
    "query", ["grid=0", "grid=-1", "grid=x", f"grid={10**30}", "unplaced=maybe", "page=0", "page_size=501"]
)
def test_a_wrong_query_is_refused(town, query):
    assert town.get(f"/households?{query}", town.coordinator).status_code == 422


def test_a_volunteer_is_taken_on_with_a_badge_and_a_link(town):
    answer = town.post("/volunteers", {"name": "赵志愿", "grid": 3, "training": {"topic": "上岗培训"}})
    assert (answer.status_code, answer.json["badge"]["code"], answer.json["badge"]["grid"]) == (201, "3-001", 3)
    assert answer.json["link"].startswith("https://hub.example/link#")
    (badge,) = town.get("/badges", town.lead).json
    assert (badge["code"], badge["name"], badge["state"]) == ("3-001", "赵志愿", "live")


def test_badges_are_seen_by_those_who_work_with_them(town):
    for grid in (3, 4):
        take_on_volunteer(town.community.id, "赵志愿", grid=grid)
    for who, codes in (
        (town.coordinator, ["3-001", "4-001"]),
        (town.depot, ["3-001", "4-001"]),
        (town.lead, ["3-001"]),
    ):
        assert [badge["code"] for badge in town.get("/badges", who).json] == codes
    assert [badge["code"] for badge in town.get("/badges?grid=4", town.coordinator).json] == ["4-001"]
    assert town.get("/badges?grid=4", town.lead).json == []


def test_a_badge_is_revoked_once_and_only_in_the_own_community(town):
    take_on_volunteer(town.community.id, "赵志愿", grid=3)
    stranger = bearer(an_account(a_community(), Role.COORDINATOR).id)
    assert town.post("/badges/3-001/revoke", who=stranger).status_code == 404
    assert town.post("/badges/3-001/revoke").status_code == 204
    assert town.post("/badges/3-001/revoke").status_code == 409
    assert town.post("/badges/3-999/revoke").status_code == 404
    assert town.post("/badges/%00/revoke").status_code == 422


def test_staff_is_opened_with_a_link(town):
    answer = town.post("/staff", {"role": "grid_lead", "name": "李网格", "grid": 4, "login": "Li"})
    assert answer.status_code == 201
    found = rows("SELECT role, login FROM account WHERE id = :id", id=answer.json["account"])
    assert [tuple(one) for one in found] == [("grid_lead", "li")]
    taken = town.post("/staff", {"role": "depot", "name": "王", "login": "li"})
    assert (taken.status_code, taken.json["code"]) == (409, "conflict")


def test_a_name_may_be_rare_or_an_emoji(town):
    for name in ("𠮷野家", "🥬", "Zoë O'Neil"):
        assert town.post("/staff", {"role": "depot", "name": name}).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {"role": "resident", "name": "x"},
        {"role": "volunteer", "name": "x"},
        {"role": "king", "name": "x"},
        {"role": "grid_lead", "name": "x"},
        {"role": "depot", "name": "x", "grid": 3},
        {"role": "depot", "name": ""},
        {"role": "depot", "name": "   "},
        {"role": "depot", "name": "x" * 41},
        {"role": "depot", "name": "a\x00b"},
        {"role": "depot", "name": "a\nb"},
        {"role": "depot", "name": "\ud800"},
        {"role": "depot", "name": "x", "login": "a b"},
        {"role": "depot", "name": "x", "grid": 10**30},
        {"role": "depot", "name": "x", "admin": True},
        {"role": "depot"},
        [],
        "x",
        None,
    ],
)
def test_bad_staff_is_refused(town, body):
    before = scalar("SELECT count(*) FROM account")
    assert town.post("/staff", body).status_code in {400, 415, 422}
    assert scalar("SELECT count(*) FROM account") == before


def test_a_volunteer_for_no_grid_leaves_no_account(town):
    before = scalar("SELECT count(*) FROM account")
    assert (
        town.post("/volunteers", {"name": "赵志愿", "grid": 99, "training": {"topic": "上岗培训"}}).status_code == 404
    )
    assert scalar("SELECT count(*) FROM account") == before
