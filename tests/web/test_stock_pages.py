"""The stock's pages and its place in the API: lots, what becomes of them, stocktakes by two people."""

from __future__ import annotations

import re
from typing import Any

import pytest

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.delivery.commands import hand_back
from supplyhub.depot import schemas_stock
from supplyhub.depot.commands import Counted, count_lots, finish_count, set_aside, start_stocktake
from supplyhub.depot.states import Place
from supplyhub.people.states import Role
from tests.factories import an_account, bearer
from tests.factories_depot import Town, a_walk, places
from tests.web.test_pages import sign_in

V1 = "/api/v1"


@pytest.fixture
def town(client) -> Town:
    """Return a town with ten units of one lot on the shelf."""
    town = Town(homes=2)
    town.everybody_orders(V001=3)
    town.share()
    return town


def back_again() -> Town:
    """Return a town to which three units came back."""
    walk = a_walk()
    codes = [stop.code for stop in walk.stops]
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=codes, unvisited=True)
    return walk.town


def the_lot() -> int:
    return int(scalar("SELECT id FROM lot"))


def send(client: Any, page: str, path: str, **fields: object) -> Any:
    """Send a form with the token of a page."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert token is not None
    return client.post(path, data={"csrf_token": token[1], **fields})


def test_lots_are_listed_and_found_by_place_and_word(client, town):
    sign_in(client, town.depot.account_id)
    here = client.get("/depot/stock").text
    assert f"/depot/stock/{the_lot()}" in here
    assert f"/depot/stock/{the_lot()}" in client.get("/depot/stock?place=shelf&q=V001").text
    for other in ("?place=quarantine", "?q=nothing", "?q=%00"):
        assert client.get("/depot/stock" + other).status_code == 200
    assert f"/depot/stock/{the_lot()}" not in client.get("/depot/stock?place=quarantine").text


def test_units_are_written_off_on_the_lots_page_once(client, town):
    sign_in(client, town.depot.account_id)
    page = f"/depot/stock/{the_lot()}"
    form = {"place": "shelf", "quantity": "４", "reason": "spoiled", "seen_shelf": 10}
    assert send(client, page, page + "/write-off", **form).status_code == 303
    again = send(client, page, page + "/write-off", **form)
    assert again.status_code == 409
    assert "现在那里是 6 件" in again.text
    assert places() == {"shelf": 6, "waste": 4}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"quantity": "-1"}, 422),
        ({"quantity": "zwei"}, 422),
        ({"quantity": ""}, 422),
        ({"reason": ""}, 422),
        ({"reason": "other"}, 422),
        ({"reason": "lost"}, 404),
        ({"place": "packed"}, 404),
        ({"quantity": "11"}, 409),
    ],
)
def test_a_bad_write_off_changes_nothing_and_keeps_what_was_typed(client, town, fields, status):
    sign_in(client, town.depot.account_id)
    page = f"/depot/stock/{the_lot()}"
    form = {"which": "throw", "place": "shelf", "quantity": "4", "reason": "spoiled", "seen_shelf": 10} | fields
    answer = send(client, page, page + "/write-off", **form)
    assert answer.status_code == status
    assert places() == {"shelf": 10}


def test_what_came_back_is_dealt_with_and_quarantine_needs_somebody_else(client):
    town = back_again()
    sign_in(client, town.depot.account_id)
    assert "3" in client.get("/depot/returns").text
    page = f"/depot/stock/{the_lot()}"
    assert send(client, page, page + "/put-back", quantity=1, seen_returned=3).status_code == 303
    assert send(client, page, page + "/set-aside", quantity=2, seen_returned=2).status_code == 303
    assert send(client, page, page + "/release", quantity=2).status_code == 409
    sign_in(client, town.coordinator.account_id)
    assert send(client, page, page + "/release", quantity=2).status_code == 303
    assert places() == {"shelf": 10}


def test_one_counts_without_the_book_and_another_books(client, town):
    sign_in(client, town.depot.account_id)
    home, lot = "/depot/stocktakes", the_lot()
    sheet = send(client, home, home, place="shelf").location
    shown = client.get(sheet).text
    assert "账上" not in re.sub(r"<p .*?</p>", "", shown)
    moves = re.search(rf'name="moves_{lot}" value="(\d+)"', shown)
    assert moves is not None
    ended = send(client, sheet, sheet + "/count", finish=1)
    assert (ended.status_code, ended.text.count("还没数，没有就填 0。")) == (409, 1)
    counted = {f"count_{lot}": "8", f"moves_{lot}": moves[1], "finish": 1}
    assert send(client, sheet, sheet + "/count", **counted).status_code == 303
    assert "等另一位同事" in client.get(sheet).text
    assert send(client, sheet, sheet + "/book", **{f"reason_{lot}": "lost"}).status_code == 409
    sign_in(client, an_account(town.community, Role.DEPOT).id)
    assert send(client, sheet, sheet + "/book").status_code == 422
    assert send(client, sheet, sheet + "/book", **{f"reason_{lot}": "other"}).status_code == 422
    assert send(client, sheet, sheet + "/book", **{f"reason_{lot}": "found"}).status_code == 404
    assert send(client, sheet, sheet + "/book", **{f"reason_{lot}": "lost"}).status_code == 303
    assert places() == {"shelf": 8}
    assert town.depot.display_name in client.get(sheet).text


def test_a_sheet_is_searched_without_script_and_what_was_typed_is_kept(client, town):
    sign_in(client, town.depot.account_id)
    sheet, lot = f"/depot/stocktakes/{start_stocktake(town.depot, Place.SHELF)}", the_lot()
    answer = send(client, sheet, sheet + "/count", **{f"count_{lot}": "7"}, q="v001", find=1)
    assert answer.location.endswith("?q=v001")
    assert scalar("SELECT counted FROM stocktake_line") == 7
    assert f'name="count_{lot}"' in client.get(answer.location).text
    assert f'name="count_{lot}"' not in client.get(sheet + "?q=nothing").text
    assert send(client, sheet, sheet + "/count", q="v001", find="all").location.endswith(sheet)


def test_what_moved_while_it_was_counted_is_marked_and_nothing_typed_is_lost(client, town):
    sign_in(client, town.depot.account_id)
    home, lot = "/depot/stocktakes", the_lot()
    sheet = send(client, home, home, place="shelf").location
    town.pack()
    answer = send(client, sheet, sheet + "/count", **{f"count_{lot}": "10", f"moves_{lot}": "1", "finish": 1})
    assert answer.status_code == 409
    assert "请再数一遍" in answer.text
    assert 'value="10"' in answer.text
    assert scalar("SELECT count(*) FROM stocktake_line") == 0


def test_saving_a_sheet_again_leaves_what_others_counted_before_things_moved(client, town):
    sign_in(client, town.depot.account_id)
    sheet, lot = f"/depot/stocktakes/{start_stocktake(town.depot, Place.SHELF)}", the_lot()
    assert send(client, sheet, sheet + "/count", **{f"count_{lot}": "10"}).status_code == 303
    town.pack()
    sign_in(client, an_account(town.community, Role.DEPOT).id)
    shown = re.findall(r'name="((?:count|moves)_\d+)" value="(\d*)"', client.get(sheet).text)
    assert len(shown) == 2
    assert send(client, sheet, sheet + "/count", **dict(shown), finish=1).status_code == 303
    (line,) = rows("SELECT counted - book AS difference, counted_by FROM stocktake_line")
    assert line == (0, town.depot.account_id)


def test_a_stocktake_can_be_counted_again_or_dropped(client, town):
    sign_in(client, town.depot.account_id)
    sheet = f"/depot/stocktakes/{start_stocktake(town.depot, Place.SHELF)}"
    count_lots(town.depot, int(sheet.rpartition("/")[2]), [Counted(the_lot(), 9)])
    finish_count(town.depot, int(sheet.rpartition("/")[2]))
    assert send(client, sheet, sheet + "/recount").status_code == 303
    assert send(client, sheet, sheet + "/drop").status_code == 303
    assert scalar("SELECT state FROM stocktake") == "dropped"
    assert send(client, "/depot/stocktakes", "/depot/stocktakes", place="packed").status_code == 404


def test_the_api_does_the_same(client, town):
    depot, second = bearer(town.depot.account_id), bearer(town.coordinator.account_id)
    lot = the_lot()

    def ask(method: str, path: str, body: Any = None, who: dict[str, str] = depot) -> Any:
        return client.open(V1 + path, method=method, json=body, headers=who)

    off = {"place": "shelf", "quantity": 2, "reason": "damaged", "seen": 10}
    assert ask("POST", f"/lots/{lot}/write-off", off).status_code == 204
    assert ask("POST", f"/lots/{lot}/write-off", off).json["here"] == 8
    assert ask("GET", f"/lots/{lot}").json["waste"] == 2
    assert [move["to_place"] for move in ask("GET", f"/lots/{lot}/movements").json] == ["waste", "shelf", "inbound"]
    assert [found["shelf"] for found in ask("GET", "/stock?place=shelf&q=v001").json] == [8]
    stocktake = ask("POST", "/stocktakes", {"place": "shelf"}).json["id"]
    assert ask("GET", f"/stocktakes/{stocktake}").json["lines"][0]["book"] is None
    counted = {"counts": [{"lot": lot, "units": 9, "moves": 99}]}
    assert ask("PUT", f"/stocktakes/{stocktake}/counts", counted).json == {"moved": [lot]}
    del counted["counts"][0]["moves"]
    assert ask("PUT", f"/stocktakes/{stocktake}/counts", counted).json == {"moved": []}
    assert ask("POST", f"/stocktakes/{stocktake}/finish").status_code == 204
    assert ask("GET", f"/stocktakes/{stocktake}").json["lines"][0]["difference"] == 1
    why = {"reasons": [{"lot": lot, "reason": "found"}]}
    assert ask("POST", f"/stocktakes/{stocktake}/book", why).json["code"] == "second_person"
    assert ask("POST", f"/stocktakes/{stocktake}/book", why, second).status_code == 204
    assert ask("GET", "/stocktakes", who=second).json[0]["state"] == "booked"
    assert places() == {"shelf": 9, "waste": 2}


def test_what_came_back_through_the_api(client):
    town = back_again()
    lot = the_lot()
    set_aside(town.depot, lot, quantity=1)
    for path, who, status in (
        ("put-back", town.depot, 204),
        ("set-aside", town.depot, 204),
        ("release", town.depot, 409),
    ):
        answer = client.post(f"{V1}/lots/{lot}/{path}", json={"quantity": 1}, headers=bearer(who.account_id))
        assert answer.status_code == status
    answer = client.post(f"{V1}/lots/{lot}/release", json={"quantity": 2}, headers=bearer(town.coordinator.account_id))
    assert answer.status_code == 204
    assert places() == {"shelf": 10}


LOTS = 1_200


def test_a_whole_depot_differs_and_is_booked_through_the_api_in_one_request(client, town):
    with transaction():
        execute(
            "INSERT INTO lot (product_id, serves_cycle_id, receipt_id, received, expires_on, lot_number)"
            " SELECT product_id, serves_cycle_id, receipt_id, 2, expires_on, 'L' || n FROM lot, generate_series(2, :lots) AS n",
            lots=LOTS,
        )
        for here, there in (("supplier", "inbound"), ("inbound", "shelf")):
            execute(
                "INSERT INTO movement (lot_id, from_place, to_place, quantity)"
                " SELECT id, :here, :there, 2 FROM lot WHERE lot_number <> ''",
                here=here,
                there=there,
            )
    lots = [lot.id for lot in rows("SELECT id FROM lot WHERE lot_number <> '' ORDER BY id")]
    (first,) = [lot.id for lot in rows("SELECT id FROM lot WHERE lot_number = ''")]
    stocktake = start_stocktake(town.depot, Place.SHELF)
    depot, coordinator = bearer(town.depot.account_id), bearer(town.coordinator.account_id)
    counts = [{"lot": first, "units": 10}, *({"lot": lot, "units": 1} for lot in lots)]
    address = f"{V1}/stocktakes/{stocktake}"
    # Counts can be sent part by part.
    for part in (counts[:700], counts[700:]):
        assert client.put(f"{address}/counts", json={"counts": part}, headers=depot).json == {"moved": []}
    assert client.post(f"{address}/finish", headers=depot).status_code == 204
    reasons = [{"lot": lot, "reason": "miscounted"} for lot in lots]
    assert client.post(f"{address}/book", json={"reasons": reasons}, headers=coordinator).status_code == 204
    assert scalar("SELECT count(*) FROM movement WHERE to_place = 'count'") == LOTS - 1
    assert scalar("SELECT state FROM stocktake") == "booked"


def test_more_lots_than_a_request_takes_are_refused_with_how_many_it_does(client, town):
    stocktake = start_stocktake(town.depot, Place.SHELF)
    reasons = [{"lot": lot, "reason": "lost"} for lot in range(1, schemas_stock.MOST_LOTS + 2)]
    address = f"{V1}/stocktakes/{stocktake}/book"
    answer = client.post(address, json={"reasons": reasons}, headers=bearer(town.coordinator.account_id))
    assert answer.status_code == 422
    assert f"{schemas_stock.MOST_LOTS} lots in one request" in answer.text


def test_a_parcel_that_came_back_is_dealt_with_on_its_page(client):
    walk = a_walk()
    town, codes = walk.town, [stop.code for stop in walk.stops]
    hand_back(town.depot, ticket_code=walk.ticket, parcel_codes=codes, unvisited=True)
    sign_in(client, town.depot.account_id)
    listed = client.get("/depot/returns").text
    assert all(f'href="/depot/returned/{code}"' in listed for code in codes)
    assert "1 件等着查" in listed
    page = f"/depot/returned/{codes[0]}"
    assert "查过，回架上" in client.get(page).text
    assert send(client, page, page, fate="waste").status_code == 422
    assert send(client, page, page, fate="waste", reason="other").status_code == 422
    assert send(client, page, page, fate="nowhere").status_code == 404
    answer = send(client, page, page, fate="waste", reason="damaged")
    assert (answer.status_code, places()["waste"]) == (303, 1)
    assert "处理完了" in client.get(answer.location).text
    second = f"/depot/returned/{codes[1]}"
    assert send(client, second, page.replace(codes[0], codes[1]), fate="quarantine").status_code == 303
    refused = send(client, second, second, fate="shelf")
    assert refused.status_code == 409
    assert "请另一位同事来" in refused.text
    assert client.get("/depot/returned/ZZZZZZ").status_code == 404


def test_the_api_lists_returned_parcels_and_deals_with_them(client):
    walk = a_walk()
    town, codes = walk.town, [stop.code for stop in walk.stops]
    hand_back(town.depot, ticket_code=walk.ticket, parcel_codes=codes, unvisited=True)
    depot = bearer(town.depot.account_id)
    found = client.get(f"{V1}/cycles/{town.cycle_id}/returned-parcels", headers=depot).json
    assert [(parcel["code"], [line["units"] for line in parcel["lines"]]) for parcel in found] == [
        (code, [1]) for code in codes
    ]
    address = f"{V1}/parcels/{codes[0]}/deal"
    assert client.post(address, json={"fate": "waste"}, headers=depot).status_code == 422
    assert client.post(address, json={"fate": "waste", "reason": "lost"}, headers=depot).status_code == 422
    answer = client.post(address, json={"fate": "shelf"}, headers=depot)
    assert answer.json == {"shelf": 1, "waste": 0, "quarantine": 0}
    assert client.post(address, json={"fate": "shelf"}, headers=depot).status_code == 409
    assert client.post(address, json={"fate": "shelf"}, headers=bearer(town.coordinator.account_id)).status_code == 403
