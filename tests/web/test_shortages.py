"""Shortages on screen and in the API: quantities for the depot, doors for the coordinator, calls for the lead."""

from __future__ import annotations

import re
from typing import Any

import pytest

from supplyhub.db import db, row, scalar, transaction
from supplyhub.depot.commands import decide_shares, finish_receiving, share_out
from supplyhub.people.states import Role
from tests.factories import an_account, bearer, in_care
from tests.factories_depot import Town, work
from tests.web.test_pages import sign_in, token_of, visible_english

pytestmark = pytest.mark.usefixtures("database")

V1 = "/api/v1"


class Room:
    """A town where twelve V001 were ordered in two grids, and five came; one household is in the care register."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.town = Town(grids=2, homes=3, skus=("V001", "V002"))
        in_care(self.town.first.homes[2])
        self.town.everybody_orders(V001=2, V002=1)
        self.town.cut_off()
        self.town.send()
        self.town.receive(V001=5, V002=10)
        finish_receiving(self.town.depot, self.town.cycle_id)
        self.product = self.town.offers["V001"].product_id
        self.lead = an_account(self.town.community, Role.GRID_LEAD, grid=self.town.first.grid).id
        self.depot, self.coordinator = self.town.depot.account_id, self.town.coordinator.account_id

    def call(self, who: int, method: str, path: str, body: Any = None) -> Any:
        return self.client.open(V1 + path, method=method, json=body, headers=bearer(who))

    def in_cycle(self, who: int, method: str, rest: str, body: Any = None) -> Any:
        return self.call(who, method, f"/cycles/{self.town.cycle_id}{rest}", body)

    def page(self, who: int, rest: str = "", *, status: int = 200) -> str:
        sign_in(self.client, who)
        answer = self.client.get(f"/depot/shortages{rest}")
        assert answer.status_code == status
        return str(answer.text)

    def wants_a_call(self, side: int = 0) -> tuple[int, int]:
        """Let the first home of a grid ask for a call; return the order and the item."""
        here = self.town.sides[side]
        order = int(scalar("SELECT id FROM orders WHERE household_id = :h", h=here.homes[0].id))
        with transaction():
            db.session.connection().exec_driver_sql(
                "UPDATE order_line SET consent = 'call' WHERE order_id = %s AND item_id = %s",
                (order, here.items["V001"].id),
            )
        return order, here.items["V001"].id


def send(client: Any, address: str, values: dict[str, Any]) -> Any:
    """Send a form with its token, which any page with a form has."""
    token = token_of(client.get(address).text)
    return client.post(address, data={"csrf_token": token, **values})


@pytest.fixture
def room(client) -> Room:
    return Room(client)


def test_the_four_policies_stand_side_by_side_and_the_chosen_one_is_done(room):
    (short,) = room.in_cycle(room.depot, "GET", "/shortages-ahead").json
    assert (short["sku"], short["ordered"], short["supply"], short["short"], short["homes"]) == ("V001", 12, 5, 7, 6)
    told = {end["policy"]: end for end in room.in_cycle(room.depot, "GET", f"/shortages/{room.product}/outcomes").json}
    assert set(told) == {"care_first_equal_share", "pro_rata", "first_come", "draw"}
    care, first = told["care_first_equal_share"], told["first_come"]
    assert (care["full_homes"], care["part_homes"], care["empty_homes"]) == (1, 3, 2)
    assert (first["full_homes"], first["part_homes"], first["empty_homes"]) == (2, 1, 3)
    assert first["gini"] > care["gini"] > 0
    answer = room.in_cycle(room.depot, "PUT", f"/shortages/{room.product}/policy", {"policy": "first_come"})
    assert answer.status_code == 204
    assert room.in_cycle(room.depot, "POST", "/share").status_code == 204
    assert room.in_cycle(room.depot, "POST", "/share").status_code == 204
    late = room.in_cycle(room.depot, "PUT", f"/shortages/{room.product}/policy", {"policy": "draw"})
    assert (late.status_code, late.json["code"]) == (409, "conflict")
    work(share_out, room.town.cycle_id)
    (short,) = room.in_cycle(room.depot, "GET", "/shortages").json
    assert (short["full_lines"], short["part_lines"], short["empty_lines"]) == (2, 1, 3)


def test_a_policy_that_nobody_knows_and_a_product_that_is_not_short_are_refused(room):
    answer = room.in_cycle(room.depot, "PUT", f"/shortages/{room.product}/policy", {"policy": "by_weight"})
    assert answer.status_code == 422
    enough = room.town.offers["V002"].product_id
    assert room.in_cycle(room.depot, "GET", f"/shortages/{enough}/outcomes").status_code == 404
    assert room.in_cycle(room.lead, "GET", "/shortages-ahead").status_code == 403


def test_the_depot_sees_quantities_and_never_who_comes_first(room):
    pages = room.page(room.depot) + room.page(room.depot, f"/{room.product}")
    assert "10-1-101" not in pages
    assert "差别最大的几户" not in pages
    mine = room.page(room.coordinator, f"/{room.product}")
    assert "10-1-301" in mine
    assert "照顾</span>" in mine
    assert "20-1-101" in room.page(room.coordinator, f"/{room.product}?all=1")


def test_the_page_takes_a_policy_and_the_list_has_it_shared_out(room):
    sign_in(room.client, room.depot)
    answer = send(room.client, f"/depot/shortages/{room.product}", {"policy": "pro_rata"})
    assert answer.status_code == 303
    assert "按比例" in room.page(room.depot)
    assert send(room.client, "/depot/shortages", {}).status_code == 303
    assert scalar("SELECT decided_by FROM share_decision") == room.depot
    assert "定了，正在分" in room.page(room.depot)
    work(share_out, room.town.cycle_id)
    page = room.page(room.depot)
    assert "分好了" in page
    assert "按比例" in page
    room.page(room.depot, f"/{room.product}", status=404)


def test_nothing_is_taken_without_a_policy(room):
    sign_in(room.client, room.depot)
    assert send(room.client, f"/depot/shortages/{room.product}", {"policy": "mine"}).status_code == 303
    assert scalar("SELECT count(*) FROM shortage_choice") == 0


def test_a_lead_asks_the_own_grid_and_what_is_said_counts(room):
    order, item = room.wants_a_call()
    other, its_item = room.wants_a_call(side=1)
    assert {line["order"] for line in room.in_cycle(room.coordinator, "GET", "/short-calls").json} <= {order, other}
    mine = room.in_cycle(room.lead, "GET", "/short-calls").json
    assert {line["grid"] for line in mine} <= {1}
    assert room.call(room.lead, "PUT", f"/orders/{order}/lines/{item}/answer", {"answer": "refund"}).status_code == 204
    (line,) = room.in_cycle(room.lead, "GET", "/short-calls").json
    assert (line["door"], line["answer"], line["units"]) == ("10-1-101", "refund", 0)
    strange = room.call(room.lead, "PUT", f"/orders/{other}/lines/{its_item}/answer", {"answer": "less"})
    assert strange.status_code == 404
    assert room.call(room.depot, "PUT", f"/orders/{order}/lines/{item}/answer", {"answer": "less"}).status_code == 403
    decide_shares(room.town.depot, room.town.cycle_id)
    late = room.call(room.lead, "PUT", f"/orders/{order}/lines/{item}/answer", {"answer": "less"})
    assert late.status_code == 409
    work(share_out, room.town.cycle_id)
    got = row("SELECT allocated, reason FROM allocation WHERE order_id = :o AND item_id = :i", o=order, i=item)
    assert got is not None
    assert (got.allocated, got.reason) == (0, "stepped_back")


def test_the_page_of_calls_notes_answers(room):
    order, item = room.wants_a_call()
    sign_in(room.client, room.lead)
    assert "缺货先问" in room.client.get("/short-calls").text
    answer = send(room.client, "/short-calls", {"order": order, "item": item, "answer": "less"})
    assert answer.status_code == 303
    assert scalar("SELECT answer FROM consent_answer") == "less"
    sign_in(room.client, room.depot)
    assert room.client.get("/short-calls").status_code == 403


@pytest.mark.parametrize("rest", ["", "/product", "/calls"])
def test_the_pages_are_complete_in_english(room, rest):
    room.wants_a_call()
    sign_in(room.client, room.coordinator)
    address = {"": "/depot/shortages", "/product": f"/depot/shortages/{room.product}", "/calls": "/short-calls"}[rest]
    room.client.set_cookie("lang", "en")
    assert not re.findall("[\u4e00-\u9fff]{2,}", visible_english(room.client.get(address).text))
