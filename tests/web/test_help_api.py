"""Help requests through the API: opened, listed, read and acted upon; nobody learns of another's by any route."""

from __future__ import annotations

from itertools import product
from typing import Any
from uuid import uuid4

import pytest

from supplyhub.db import rows, scalar
from supplyhub.help.commands import assign_request, take_request
from supplyhub.help.states import HelpKind
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import place_order
from supplyhub.web.audience import audience_of
from tests.commands.test_complaints import Case
from tests.factories import Shop, bearer
from tests.factories_help import MEDICINE, HelpWorld

ACTS: dict[str, dict[str, Any] | None] = {
    "read": None,
    "take": None,
    "give": {"account": 1},
    "note": {"note": "看看"},
    "wait": {"note": "等药房"},
    "go-on": {},
    "hand-on": {"grid": 1},
    "solve": {},
    "give-up": {"note": "没有"},
    "withdraw": {},
    "reopen": {},
    "seen": None,
    "merge": {"into": "ABCDEF"},
    "name": {"account": 1},
    "unname": {"account": 1},
    "pass": {"key": str(uuid4()), "said": "ABCDEF", "holder": "border", "place": "卡口"},
    "post": {"public_text": "想有人说说话"},
    "credit": {"amount_fen": 100},
    "explain": {"note": "换货了"},
}
HOSTILE = ["<script>alert(1)</script>", "=HYPERLINK(1)", "' OR 1=1 --", "{{7*7}}", "\u202e\u2066", "😀" * 200]


class Api:
    """Somebody's hand on the API."""

    def __init__(self, client: Any, account: int) -> None:
        self.client, self.token = client, bearer(account)

    def post(self, url: str, body: dict[str, Any] | None = None) -> Any:
        return self.client.post(f"/api/v1/help{url}", json=body, headers=self.token)

    def get(self, url: str = "", **query: Any) -> Any:
        return self.client.get(f"/api/v1/help{url}", query_string=query, headers=self.token)

    def wall(self) -> Any:
        return self.client.get("/api/v1/wishes", headers=self.token).json

    def wish(self, code: str, act: str, body: dict[str, Any] | None = None) -> Any:
        return self.client.post(f"/api/v1/wishes/{code}/{act}", json=body, headers=self.token)


@pytest.fixture
def world(database) -> HelpWorld:
    return HelpWorld()


def wanted(**values: Any) -> dict[str, Any]:
    return {"key": str(uuid4()), "kind": "medicine", "text": "药没了", "facts": MEDICINE, **values}


def test_a_household_asks_a_lead_takes_and_solves_it(client, world):
    home, lead = Api(client, world.here.resident.account_id), Api(client, world.here.lead.account_id)
    body = wanted()
    first, again = home.post("", body), home.post("", body)
    assert (first.status_code, again.status_code, first.json) == (201, 201, again.json)
    code = first.json["code"]
    listed = lead.get().json
    assert [(one["code"], one["door"], one["facts"], one["may_open"]) for one in listed] == [(code, None, {}, False)]
    assert lead.post(f"/{code}/read").status_code == 409
    assert lead.post(f"/{code}/take").status_code == 204
    assert lead.post(f"/{code}/read").json["said"]["name"] == "硝苯地平片"
    assert lead.post(f"/{code}/solve", {"note": "送到了"}).status_code == 204
    told = home.post(f"/{code}/read").json
    assert [step["step"] for step in told["steps"]] == ["opened", "assigned", "read", "solved"]
    assert told["steps"][-1]["note"] == "送到了"


def test_of_two_who_take_it_the_second_is_told_who_has_it(client, world):
    code = world.request()
    assert Api(client, world.here.lead.account_id).post(f"/{code}/take").status_code == 204
    refused = Api(client, world.coordinator_id).post(f"/{code}/take")
    assert (refused.status_code, refused.json["code"]) == (409, "taken")
    assert refused.json["owner"] == world.here.lead.display_name


@pytest.mark.parametrize("who", ["lead", "volunteer", "resident", "depot"])
def test_whoever_has_nothing_to_do_with_it_gets_no_answer_by_any_route(client, world, who):
    code = world.request(HelpKind.MEDICINE)
    account = world.depot_id if who == "depot" else getattr(world.there, who).account_id
    api = Api(client, account)
    before = rows("SELECT * FROM help_step ORDER BY id")
    for act, address in product(ACTS, (code, "ABCDEF", "x" * 300, "%00")):
        answer = api.post(f"/{address}/{act}", ACTS[act])
        assert answer.status_code in {403, 404, 422 if address == "%00" else 404}, answer.json
        assert "硝苯" not in answer.text
        assert str(world.here.homes[0].id) not in answer.json["detail"]
    assert api.get(f"/{code}").status_code == 404
    assert api.get().json == []
    assert rows("SELECT * FROM help_step ORDER BY id") == before


@pytest.mark.parametrize("act", sorted(set(ACTS) - {"take", "seen"}))
def test_a_lead_who_only_sees_that_it_is_there_does_nothing_with_it(client, world, act):
    code, other = world.request(HelpKind.MEDICINE), world.request(HelpKind.MEDICINE)
    take_request(world.coordinator, code)
    body = (ACTS[act] or {}) | ({"into": other} if act == "merge" else {})
    answer = Api(client, world.here.lead.account_id).post(f"/{code}/{act}", body if ACTS[act] is not None else None)
    assert answer.status_code == 409
    assert scalar("SELECT count(*) FROM help_step WHERE step NOT IN ('opened', 'assigned')") == 0


def test_every_act_of_the_api_is_tried_here(app):
    named = {
        str(rule).rsplit("/", 1)[1]
        for rule in app.url_map.iter_rules()
        if str(rule).startswith("/api/v1/help/<code>/") and audience_of(app, rule.endpoint)
    }
    assert named == set(ACTS)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_comes_back_as_it_was_written(client, world, text):
    home = Api(client, world.here.resident.account_id)
    body = wanted(text=text, facts={"name": text[:60].strip()})
    code = home.post("", body).json["code"]
    assert home.post(f"/{code}/read").json["text"] == text.strip()


@pytest.mark.parametrize(
    "change",
    [
        {"text": "药" * 4000},
        {"text": "a\x00b"},
        {"facts": {**MEDICINE, "name": "长" * 61}},
        {"facts": {**MEDICINE, "name": "a\x00"}},
        {"facts": {**MEDICINE, "name": {"a": 1}}},
        {"facts": {**MEDICINE, "needed_by": "9999-99-99"}},
        {"facts": {**MEDICINE, "kept_cool": "yes"}},
        {"facts": {str(number): 1 for number in range(13)}},
        {"kind": "complaint", "facts": {"trouble": "missing"}},
        {"kind": "transport", "facts": {"from_kind": "home", "to_kind": "hospital", "when": "2026-04-12T09:30"}},
        {"kind": "nonsense"},
        {"channel": "phone"},
        {"household": 2**63},
        {"more": 1},
        {"key": "1"},
    ],
)
def test_what_does_not_fit_is_refused(client, world, change):
    answer = Api(client, world.here.resident.account_id).post("", wanted(**change))
    assert answer.status_code == 422
    assert scalar("SELECT count(*) FROM help_request") == 0


def test_the_depot_learns_of_complaints_only_and_only_what_they_are_about(client, world):
    shop = Shop(world.community)
    item = shop.item()
    place_order(
        shop.resident(),
        menu_id=shop.menu.id,
        household_id=shop.home.id,
        lines=[Line(item.id, 1)],
        expected=None,
        total_fen=item.price_fen,
    )
    order = scalar("SELECT id FROM orders")
    home = Api(client, shop.resident().account_id)
    body = wanted(kind="complaint", facts={"trouble": "damaged", "items": [item.id]}, order=order, text="烂了")
    assert home.post("", body).status_code == 201
    assert (
        home.post("", body | {"key": str(uuid4()), "facts": {"trouble": "damaged", "items": [10**6]}}).status_code
        == 422
    )
    world.request()
    (seen,) = Api(client, world.depot_id).get().json
    assert (seen["order"], seen["facts"]["items"], seen["household"], seen["door"]) == (order, [item.id], None, None)


def test_lists_are_filtered_and_counted(client, world):
    code = world.request()
    world.request(HelpKind.MEDICINE)
    assign_request(world.here.lead, code, world.here.volunteer.account_id)
    coordinator = Api(client, world.coordinator_id)
    assert [one["code"] for one in coordinator.get(state="taken").json] == [code]
    assert [one["kind"] for one in coordinator.get(kind="medicine", open="true", grid=1).json] == ["medicine"]
    assert coordinator.get(grid=2).json == []
    assert [one["code"] for one in Api(client, world.here.volunteer.account_id).get(mine="1").json] == [code]


def test_a_wish_goes_to_the_wall_is_claimed_given_back_and_done(client, world):
    code = world.request(HelpKind.WISH)
    lead, volunteer = Api(client, world.here.lead.account_id), Api(client, world.here.volunteer.account_id)
    neighbour, own = Api(client, world.here.homes[1].account_id), Api(client, world.here.resident.account_id)
    stranger = Api(client, world.there.volunteer.account_id)
    assert [each.wall() for each in (neighbour, volunteer)] == [[], []]
    assert lead.post(f"/{code}/post", {"public_text": "想有人说说话"}).status_code == 204
    assert neighbour.wall() == volunteer.wall()
    assert neighbour.wall()[0] | {"posted_at": ""} == {
        "code": code, "topic": "company", "public_text": "想有人说说话", "posted_at": "", "own": False, "mine": False,
        "free": True,
    }  # fmt: skip
    assert stranger.wall() == []
    assert stranger.wish(code, "claim").status_code == 404
    assert own.wish(code, "claim").status_code == 409
    assert neighbour.wish(code, "claim").status_code == neighbour.wish(code, "claim").status_code == 204
    assert volunteer.wish(code, "claim").json["code"] == "claimed"
    assert (neighbour.wall()[0]["mine"], volunteer.wall()[0]["free"]) == (True, False)
    assert volunteer.wish(code, "give-back").status_code == 404
    assert neighbour.wish(code, "give-back").status_code == 204
    assert volunteer.wish(code, "claim").status_code == 204
    assert neighbour.wish(code, "fulfil", {}).status_code == 404
    assert volunteer.wish(code, "fulfil", {"note": "聊过了"}).status_code == 204
    assert lead.get(f"/{code}").json["state"] == "solved"


def test_a_complaint_is_credited_once_or_explained(client, database):
    case = Case()
    lead = Api(client, case.lead.account_id)
    first, second = case.complain(), case.complain()
    assert lead.post(f"/{first}/credit", {"amount_fen": 0}).status_code == 422
    credited = lead.post(f"/{first}/credit", {"amount_fen": 480, "note": "退了"})
    assert (credited.status_code, credited.json) == (201, {"state": "given"})
    assert lead.post(f"/{first}/credit", {"amount_fen": 480}).status_code == 409
    assert lead.post(f"/{second}/explain", {"note": "那份换过了"}).status_code == 204
    assert [lead.get(f"/{code}").json["state"] for code in (first, second)] == ["solved", "solved"]
