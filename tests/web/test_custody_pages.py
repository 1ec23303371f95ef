"""Crates, the custody chain and the close on pages: what is refused says why, and what is open leads to where it is done."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.db import db, execute, scalar
from supplyhub.delivery.chain import crates_for
from supplyhub.delivery.commands import claim_ticket, hand_back, pass_crates
from supplyhub.delivery.states import CrateStep
from tests.factories_depot import Town, a_volunteer, a_walk, deal_with_returns, work
from tests.web.test_pages import sign_in, token_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient

LEFT, REACHED = CrateStep.LEFT_DEPOT, CrateStep.REACHED_POINT


@pytest.fixture
def town(database: Any) -> Town:
    """Return a town of 2 grids with three packed crates each."""
    town = Town(grids=2, homes=14)
    town.everybody_orders(V001=1)
    town.to_tickets()
    return town


@pytest.fixture
def depot(client: FlaskClient, town: Town) -> FlaskClient:
    """Return the depot's browser."""
    return sign_in(client, town.depot.account_id)


def codes(town: Town, side: int = 0) -> list[str]:
    """Return the crates of a grid's batch."""
    return [crate.code for crate in crates_for(town.depot, town.batch_of(town.sides[side]))]


def send(client: FlaskClient, address: str, **form: str) -> Any:
    """Send a page's form, and follow where it leads."""
    token = token_of(client.get(address).text)
    return client.post(address, data={"csrf_token": token, **form}, follow_redirects=True)


def test_crates_are_scanned_out_and_in_and_the_missing_ones_named(depot, town):
    address = f"/depot/crates/{town.batch_of(town.first)}"
    first, second, third = codes(town)
    page = send(depot, address, step=LEFT, codes=first.lower()).text
    assert f"1 筐出库了，还差 {second}、{third}。" in page
    page = send(depot, address, step=LEFT, codes=first).text
    assert f"筐 {first} 已经点过了：{town.depot.display_name}" in page
    page = send(depot, address, step=LEFT, counted="２").text
    assert "2 筐出库了，都齐了。" in page
    page = send(depot, address, step=REACHED, counted="3").text
    assert "3 筐到了，都齐了。" in page
    assert scalar("SELECT count(*) FROM crate_passage") == 6
    assert re.search("到了 3 / 3 筐", depot.get("/depot/crates").text)


def test_a_wrong_count_a_foreign_crate_and_nonsense_are_refused_in_words(depot, town):
    address = f"/depot/crates/{town.batch_of(town.first)}"
    foreign = codes(town, 1)[0]
    for form, words in [
        ({"counted": "2"}, "应该有 3 筐，点了 2 筐"),
        ({"counted": "many"}, "请填 1 到 500 的整数"),
        ({"codes": foreign}, f"这筐是第二网格第 {town.cycle.number} 期的：{foreign}"),
        ({"codes": "ZZZZZZ"}, "没有这筐：ZZZZZZ"),
        ({"codes": " "}, "没有扫到筐"),
    ]:
        answer = send(depot, address, step=LEFT, **form)
        assert answer.status_code in {409, 422}, form
        assert words in answer.text
    answer = send(depot, address, step=REACHED, codes=codes(town)[0])
    assert "没有出库的记录" in answer.text
    assert scalar("SELECT count(*) FROM crate_passage") == 0


def test_a_ticket_is_handed_over_with_its_crates_counted(depot, town):
    (ticket,) = town.tickets(town.first)
    volunteer = a_volunteer(town.first)
    claim_ticket(volunteer.asker, ticket)
    form = {"ticket": ticket, "badge": volunteer.badge_code}
    refused = send(depot, "/depot/handover", **form, crates="2")
    assert (refused.status_code, "这张单有 3 筐，点了 2 筐" in refused.text) == (409, True)
    assert send(depot, "/depot/handover", **form, crates="x").status_code == 422
    pass_crates(town.depot, town.batch_of(town.first), LEFT, codes=codes(town)[:1])
    assert "没在配送点点过" in send(depot, "/depot/handover", **form, crates="3").text
    pass_crates(town.depot, town.batch_of(town.first), REACHED, codes=codes(town)[:1])
    assert "还在中转站" in send(depot, "/depot/handover", **form, crates="3").text
    pass_crates(town.depot, town.batch_of(town.first), LEFT, counted=2)
    pass_crates(town.depot, town.batch_of(town.first), REACHED, counted=2)
    page = send(depot, "/depot/handover", **form, crates="3").text
    assert f"3 筐，交给 {volunteer.badge_code}" in page
    chain = depot.get(f"/depot/tickets/{ticket}").text
    assert [chain.index(word) for word in ("装好了", "出库 · ", "到配送点", "领了单", "交给志愿者")]


def test_the_coordinator_reads_crates_and_counts_none(client, town):
    sign_in(client, town.coordinator.account_id)
    page = client.get(f"/depot/crates/{town.batch_of(town.first)}").text
    assert codes(town)[0] in page
    assert "扫或输入筐码" not in page
    token = token_of(client.get(f"/coordinator/cycles/{town.cycle_id}/close").text)
    form = {"csrf_token": token, "step": LEFT, "counted": "3"}
    assert client.post(f"/depot/crates/{town.batch_of(town.first)}", data=form).status_code == 403


def test_the_close_lists_what_is_open_with_a_way_to_each(client, town):
    walk = a_walk(town=town)
    hand_back(town.depot, ticket_code=walk.ticket, parcel_codes=[stop.code for stop in walk.stops], unvisited=True)
    pass_crates(town.depot, town.batch_of(town.sides[1]), LEFT, counted=3)
    sign_in(client, town.coordinator.account_id)
    address = f"/coordinator/cycles/{town.cycle_id}/close"
    answer = send(client, address)
    assert answer.status_code == 409
    for words in ("3 筐出了库，没到配送点", "1 张配送单没人领", "退回的 14 件货没处理", "还有 3 件事没完"):
        assert words in answer.text
    links = set(re.findall('class="btn" href="([^"]+)" aria-label="去看', answer.text))
    assert len(links) == 3
    for link in links | {f"/depot/tickets/{town.tickets(town.sides[1])[0]}"}:
        assert link in answer.text
        assert client.get(link.replace("&amp;", "&")).status_code == 200, link


def test_a_parcel_that_is_not_packed_leads_to_where_it_is_packed(client, database):
    town = Town(homes=2)
    town.everybody_orders(V001=1)
    town.share()
    code = town.codes(town.first)[1]
    sign_in(client, town.coordinator.account_id)
    assert f'href="/depot/pack/parcels/{code}"' in client.get(f"/coordinator/cycles/{town.cycle_id}/close").text
    page = client.get(f"/depot/pack/parcels/{code.lower()}", follow_redirects=True).text
    assert f'<span class="code">{code}</span>' in page
    assert "请中转站来装" in page
    assert "装好了</button>" not in page
    assert client.get("/depot/pack/parcels/ZZZZZZ").status_code == 404
    sign_in(client, town.depot.account_id)
    assert "装好了</button>" in client.get(f"/depot/pack/parcels/{code}", follow_redirects=True).text


def test_every_kind_of_open_thing_has_words_and_a_page_that_opens(client, database):
    town = Town(homes=2)
    town.everybody_orders(V001=1)
    town.cut_off()
    sign_in(client, town.coordinator.account_id)
    page = client.get(f"/coordinator/cycles/{town.cycle_id}/close").text
    assert "货还没分" in page
    assert "1 张采购单没收完" in page
    work(
        lambda: execute(
            "INSERT INTO stocktake (community_id, place, started_by) VALUES (:community, 'returned', :by)",
            community=town.community.id,
            by=town.depot.account_id,
        )
    )
    page = client.get(f"/coordinator/cycles/{town.cycle_id}/close").text
    assert "1 次盘点没记完" in page
    assert "退回区" in page
    for link in re.findall('class="btn" href="([^"]+)" aria-label="去看', page):
        assert client.get(link.replace("&amp;", "&")).status_code == 200, link


def test_a_cycle_with_nothing_open_is_closed_from_the_page(client, database):
    town = Town(homes=2)
    town.everybody_orders(V001=1)
    town.to_tickets()
    walk = a_walk(town=town)
    hand_back(town.depot, ticket_code=walk.ticket, parcel_codes=[stop.code for stop in walk.stops], unvisited=True)
    deal_with_returns(town)
    sign_in(client, town.coordinator.account_id)
    address = f"/coordinator/cycles/{town.cycle_id}/close"
    assert "都办完了" in client.get(address).text
    page = send(client, address).text
    assert "这一期关了，每张订单都有了结果。" in page
    assert "查一遍，关掉" not in client.get(address).text


def test_parcels_that_came_late_are_cut_into_tickets_from_the_page_of_their_crates(depot, town):
    batch = town.batch_of(town.first)
    address = f"/depot/crates/{batch}"
    assert "晚到" not in depot.get(address).text
    execute("DELETE FROM stop WHERE parcel_id = (SELECT max(id) FROM parcel WHERE batch_id = :batch)", batch=batch)
    db.session.commit()
    page = depot.get(address).text
    assert "1 个包裹晚到" in page
    form = {"csrf_token": token_of(page)}
    page = depot.post(f"{address}/late", data=form, follow_redirects=True).text
    assert "切好了，新开 1 张配送单。" in page
    assert "晚到" not in page
    page = depot.post(f"{address}/late", data=form, follow_redirects=True).text
    assert "没有晚到的包裹。" in page
