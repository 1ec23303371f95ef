"""A ticket on paper and its entries afterwards, and a ticket that goes to somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.audit.queries import audit
from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.delivery.commands import claim_ticket, enter_paper, hand_back, reassign_ticket
from supplyhub.delivery.following import follow_up
from supplyhub.delivery.paper import type_in
from supplyhub.delivery.queries import ticket_for
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.reports.route_list import route_list_pdf
from tests.commands.test_following import later
from tests.factories import an_account, asking
from tests.factories_depot import Town, Walk, a_volunteer, a_walk, places
from tests.printed import texts_of
from tests.web.test_pages import sign_in, token_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient


@pytest.fixture
def walk(database: Any) -> Walk:
    """Return a ticket of four doors in a volunteer's hands."""
    return a_walk(homes=4)


def lead_of(walk: Walk) -> Any:
    return asking(an_account(walk.town.community, Role.GRID_LEAD, grid=walk.town.first.grid).id)


def post(client: FlaskClient, walk: Walk, lines: str, **more: str) -> Any:
    form = {"csrf_token": token_of(client.get("/paper").text), "ticket": walk.ticket, "lines": lines} | more
    return client.post("/paper", data=form, follow_redirects=True)


def outcomes(walk: Walk) -> list[str | None]:
    return [
        stop.outcome
        for stop in rows(
            "SELECT s.outcome FROM stop AS s JOIN ticket AS t ON t.id = s.ticket_id WHERE t.code = :t ORDER BY position",
            t=walk.ticket,
        )
    ]


def test_the_sheet_has_every_door_in_walking_order_with_its_code(walk):
    text = texts_of(route_list_pdf(walk.town.depot, ticket_for(walk.town.depot, walk.ticket).ticket))
    page = "".join(text)
    places_found = [page.index(stop.code) for stop in walk.stops]
    assert places_found == sorted(places_found)
    assert walk.ticket in page
    assert "第 1 页，共 1 页" in page
    assert "第一网格" in page


def test_a_long_ticket_has_pages_that_say_which(database):
    town = Town(homes=60)
    town.everybody_orders(V001=1)
    town.to_tickets()
    ticket = ticket_for(town.coordinator, town.tickets(town.first)[0]).ticket
    pages = texts_of(route_list_pdf(town.coordinator, ticket))
    assert f"共 {len(pages)} 页" in pages[-1]


def test_lines_are_shown_before_they_are_recorded_and_recorded_once(client, walk):
    first, second, third, fourth = walk.stops
    sign_in(client, walk.town.depot.account_id)
    lines = f"{first.code} d\n{second.code.lower()}n {third.code} x"
    page = post(client, walk, lines, look="1").text
    assert "会这样记" in page
    assert "看不懂" in page
    assert outcomes(walk) == [None] * 4
    page = post(client, walk, lines, enter="1").text
    assert "记了 2 户" in page
    assert f"{third.code} x</textarea>" in page
    assert fourth.code in page
    assert outcomes(walk) == ["delivered", "failed", None, None]
    entries = rows("SELECT entered_by, badge_id, outcome FROM delivery_entry ORDER BY outcome")
    assert {entry.entered_by for entry in entries} == {walk.town.depot.account_id}
    assert {entry.badge_id for entry in entries} == {walk.volunteer.asker.badge_id}
    post(client, walk, f"{first.code} d", enter="1")
    assert scalar("SELECT count(*) FROM delivery_entry") == 2
    assert places()["delivered"] == 1


def test_what_contradicts_goes_to_the_lead_and_changes_nothing(client, walk):
    first = walk.stops[0]
    sign_in(client, walk.town.coordinator.account_id)
    post(client, walk, f"{first.code} d", enter="1")
    page = post(client, walk, f"{first.code} n", enter="1").text
    assert "交给网格长看" in page
    assert outcomes(walk)[0] == "delivered"
    assert [item.kind for item in rows("SELECT kind FROM inbox_item")] == ["entry_conflict"]


def test_a_whole_ticket_on_paper_keeps_the_laws(walk):
    lines = [f"{stop.code} d" for stop in walk.stops[:-1]] + [f"{walk.stops[-1].code} r"]
    enter_paper(lead_of(walk), walk.ticket, type_in("\n".join(lines)))
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=[walk.stops[-1].code])
    assert [finding.law.name for finding in audit() if finding.offending] == []
    assert places()["delivered"] == 3


def test_cash_on_paper_is_booked_once(walk):
    stop = ticket_for(walk.town.coordinator, walk.ticket).stops[0]
    assert stop.collect_fen == 480
    for _ in range(2):
        enter_paper(walk.town.depot, walk.ticket, type_in(f"{walk.stops[0].code} d 4.80"))
    assert [(each.way, each.amount_fen) for each in rows("SELECT way, amount_fen FROM taking")] == [("cash", 480)]


def test_a_lead_corrects_an_amount_and_the_page_says_what_it_was(client, walk):
    code = walk.stops[0].code
    sign_in(client, walk.town.depot.account_id)
    post(client, walk, f"{code} d 4.50", enter="1")
    page = post(client, walk, f"{code} d 4.80", enter="1").text
    assert "钱数和先前补录的不一样，没有改" in page
    assert "不会改，请网格长改" in post(client, walk, f"{code} d 4.80", look="1").text
    sign_in(client, lead_of(walk).account_id)
    assert "先前打错了，改成这样" in post(client, walk, f"{code} d 4.80", look="1").text
    page = post(client, walk, f"{code} d 4.80", enter="1", correct=code).text
    assert "改过的钱数" in page
    assert "<del>¥4.50</del>" in page
    assert scalar("SELECT sum(amount_fen) FROM taking") == 480


def test_others_tickets_grids_and_points_are_refused(client, walk):
    typed = type_in(f"{walk.stops[0].code} d")
    stranger = Town(homes=1)
    for other in (stranger.coordinator, stranger.depot):
        with pytest.raises(NotFoundError):
            enter_paper(other, walk.ticket, typed)
    successor = reassign_ticket(walk.town.depot, walk.ticket)
    with pytest.raises(ConflictError):
        enter_paper(walk.town.depot, successor, typed)
    sign_in(client, stranger.depot.account_id)
    assert "没有这张配送单" in post(client, walk, f"{walk.stops[0].code} d", enter="1").text
    assert client.get(f"/paper/{walk.ticket}.pdf").status_code == 404
    assert scalar("SELECT count(*) FROM delivery_entry") == 0


@pytest.mark.parametrize("lines", ["", "??", "\x00", "d" * 9000, "K7M2PQ d " * 301])
def test_bad_lines_are_answered_in_place(client, walk, lines):
    sign_in(client, walk.town.depot.account_id)
    assert post(client, walk, lines, enter="1").status_code in {200, 422}
    assert outcomes(walk) == [None] * 4


def test_a_silent_volunteers_ticket_is_reassigned_in_two_taps(client, walk):
    mate = a_volunteer(walk.town.first)
    with transaction():
        execute(
            "INSERT INTO shift (badge_id, grid_id, account_id, starts_at, ends_at) SELECT id, grid_id, account_id,"
            " clock_timestamp(), clock_timestamp() + interval '1 hour' FROM badge WHERE code = :code",
            code=mate.badge_code,
        )
    later(15)
    follow_up()
    sign_in(client, lead_of(walk).account_id)
    address = f"/inbox/reassign/{walk.ticket}?to={mate.badge_code}"
    assert f'href="{address}"' in client.get("/inbox").text
    page = client.get(address).text
    assert f'value="{mate.badge_code}" checked' in page
    form = {"csrf_token": token_of(page), "to": mate.badge_code}
    done = client.post(f"/inbox/reassign/{walk.ticket}", data=form, follow_redirects=True).text
    assert "换好了" in done
    heir = scalar("SELECT badge_id FROM ticket WHERE state = 'claimed'")
    assert heir == mate.asker.badge_id
    assert "没有换" in client.post(f"/inbox/reassign/{walk.ticket}", data=form).text
    follow_up()
    assert scalar("SELECT count(*) FROM inbox_item WHERE cleared_at IS NULL") == 0


def test_a_ticket_goes_to_nobody_of_another_grid(client, walk):
    town = Town(grids=2, homes=2)
    town.everybody_orders(V001=1)
    town.to_tickets()
    (ticket,), stranger = town.tickets(town.first), a_volunteer(town.sides[1])
    claim_ticket(a_volunteer(town.first).asker, ticket)
    sign_in(client, town.coordinator.account_id)
    form = {"csrf_token": token_of(client.get(f"/inbox/reassign/{ticket}").text), "to": stranger.badge_code}
    answer = client.post(f"/inbox/reassign/{ticket}", data=form)
    assert answer.status_code == 409
    assert "不能窜格" in answer.text
    assert client.post(f"/inbox/reassign/{ticket}", data=form | {"to": ""}).status_code == 422
    free = client.post(f"/inbox/reassign/{ticket}", data=form | {"to": "free"}, follow_redirects=True)
    assert "换好了" in free.text


def test_a_lead_corrects_a_wrong_letter_by_a_tick_and_the_depot_is_not_offered_it(client, walk):
    code = walk.stops[0].code
    sign_in(client, walk.town.depot.account_id)
    post(client, walk, f"{code} d", enter="1")
    assert "先前打错了" not in post(client, walk, f"{code} n", look="1").text
    sign_in(client, lead_of(walk).account_id)
    page = post(client, walk, f"{code} n", look="1").text
    assert "先前补录的是“送到了”" in page
    assert f'form="sheet" name="correct" value="{code}"' in page
    assert "记了 1 户" in post(client, walk, f"{code} n", enter="1", correct=code).text
    assert outcomes(walk)[0] == "failed"
    assert scalar("SELECT count(*) FROM inbox_item WHERE kind = 'entry_conflict'") == 0
    assert "先前就这样记的" in post(client, walk, f"{code} n", look="1").text
