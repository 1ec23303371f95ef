"""Devices that scan: the list they take along, and what they send when there is a signal again."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from supplyhub.db import db, execute, rows, scalar
from supplyhub.delivery.commands import claim_ticket
from supplyhub.delivery.scanning import Fits, Known, KnownBadge, KnownTicket, judge
from supplyhub.delivery.signing import _from_base64
from tests.factories import bearer
from tests.factories_depot import Town, Volunteer, a_volunteer
from tests.web.test_pages import sign_in, token_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient

HOURS = timedelta(hours=1)


class Point:
    """The device of a delivery point whose staff is kept to it, and a ticket that a volunteer claimed."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.town = Town(grids=2, homes=2)
        self.town.everybody_orders(V001=1)
        self.town.to_tickets()
        self.volunteer: Volunteer = a_volunteer(self.town.first)
        (self.ticket,) = self.town.tickets(self.town.first)
        claim_ticket(self.volunteer.asker, self.ticket)
        execute(
            "UPDATE account SET delivery_point_id = (SELECT delivery_point_id FROM grid WHERE id = :grid) WHERE id = :id",
            grid=self.town.first.grid.id,
            id=self.town.depot.account_id,
        )
        self.token = bearer(self.town.depot.account_id)

    def list(self) -> Any:
        return self.client.get("/api/v1/scans/list", headers=self.token).json

    def send(self, *handovers: dict[str, Any], clock: timedelta = timedelta(), **more: Any) -> Any:
        """Send from a device whose clock is so much fast."""
        body = {"sent_at": (datetime.now(UTC) + clock).isoformat(), "handovers": list(handovers)} | more
        return self.client.post("/api/v1/scans", json=body, headers=self.token)

    def handed(self, *, clock: timedelta = timedelta(), **changed: Any) -> dict[str, Any]:
        made = {"id": str(uuid4()), "ticket": self.ticket, "badge": self.volunteer.badge_code, "crates": 1}
        return made | {"happened_at": (datetime.now(UTC) + clock).isoformat()} | changed


@pytest.fixture
def point(database: Any, client: FlaskClient) -> Point:
    return Point(client)


def known(told: Any) -> Known:
    """Return a list as it came, as the rules take it."""
    tickets = [
        KnownTicket(
            *(
                ticket[name]
                for name in ("code", "grid", "point", "state", "claim", "badge", "used_at", "successor", "at_point")
            )
        )
        for ticket in told["tickets"]
    ]
    badges = [KnownBadge(**badge) for badge in told["badges"]]
    return Known(
        told["made_at"],
        told["audience"],
        told["point"],
        told["everywhere"],
        {grid["grid"]: grid["point"] for grid in told["points"]},
        {ticket.code: ticket for ticket in tickets},
        {badge.code: badge for badge in badges},
        {key["id"]: _from_base64(key["public"]) for key in told["keys"]},
        {ticket["code"]: ticket["grid"] for ticket in told["elsewhere"]},
    )


def test_the_list_of_a_point_holds_its_tickets_and_badges_and_judges_the_token_of_a_phone(point):
    told = point.list()
    (ticket,) = told["tickets"]
    assert (ticket["code"], ticket["state"], ticket["crates"], ticket["unpacked"]) == (point.ticket, "claimed", 1, 0)
    assert [found["grid"] for found in told["elsewhere"]] == [2]
    assert [badge["code"] for badge in told["badges"]] == [point.volunteer.badge_code]
    assert told["points"] == [{"grid": 1, "point": "东门"}, {"grid": 2, "point": "西门"}]
    phone = sign_in(point.client, point.volunteer.asker.account_id).get("/tickets/day").json
    (mine,) = phone["tickets"]
    found = judge(known(told), mine["token"], point.volunteer.badge_code, now=told["made_at"])
    assert found == Fits(point.ticket, point.volunteer.badge_code)


def test_the_list_says_nothing_of_households(point):
    text = point.client.get("/api/v1/scans/list", headers=point.token).text
    assert not re.search("10-1-101|display_name|phone|door", text)


def test_a_handover_made_without_signal_is_applied_once_by_whatever_clock(point):
    handed = point.handed(clock=3 * HOURS)
    first = point.send(handed, clock=3 * HOURS).json["handovers"]
    assert first == [{"id": handed["id"], "answer": "applied", "reason": None, "detail": None}]
    for _ in range(9):
        assert point.send(handed, clock=3 * HOURS).json["handovers"][0]["answer"] == "duplicate"
    assert scalar("SELECT count(*) FROM handover") == 1
    off = scalar("SELECT clock_timestamp() - handed_at FROM handover")
    assert timedelta() <= off < timedelta(minutes=1)


def test_what_cannot_be_booked_says_why_and_stops_nothing_else(point):
    stranger = a_volunteer(point.town.sides[1])
    wrong = point.handed(badge=stranger.badge_code)
    nonsense = point.handed(ticket="ZZZZZZ")
    forged = point.handed(ticket="a.b")
    miscounted = point.handed(crates=7)
    answers = point.send(wrong, nonsense, forged, miscounted, point.handed()).json["handovers"]
    assert [(found["answer"], found["reason"]) for found in answers] == [
        ("refused", "wrong_grid"),
        ("refused", "not_found"),
        ("refused", "forged"),
        ("refused", "conflict"),
        ("applied", None),
    ]
    (kept,) = rows("SELECT offline FROM refused_scan WHERE reason = 'wrong_grid'")
    assert kept.offline


def test_what_is_not_packed_by_our_books_is_to_be_sent_again(point):
    execute("UPDATE parcel SET state = 'planned'")
    db.session.commit()
    (found,) = point.send(point.handed()).json["handovers"]
    assert found["answer"] == "not_yet"


def test_whom_a_device_turned_away_is_written_down_once(point):
    refusal = {
        "id": str(uuid4()),
        "reason": "used",
        "ticket": point.ticket,
        "badge": point.volunteer.badge_code,
        "happened_at": datetime.now(UTC).isoformat(),
    }
    before = (datetime.now(UTC) - HOURS).isoformat()
    unknown = refusal | {"id": str(uuid4()), "reason": "forged", "ticket": "", "badge": "", "happened_at": before}
    for _ in range(2):
        assert point.send(refusals=[refusal, unknown]).status_code == 200
    found = rows("SELECT reason, offline, ticket_id, badge_id FROM refused_scan ORDER BY reason DESC")
    assert [(scan.reason, scan.offline, scan.ticket_id is None, scan.badge_id is None) for scan in found] == [
        ("used", False, False, False),
        ("forged", True, True, True),
    ]


def test_nonsense_is_refused_whole(point):
    for body in ({}, {"sent_at": "now"}, {"sent_at": datetime.now(UTC).isoformat(), "handovers": [{}]}):
        assert point.client.post("/api/v1/scans", json=body, headers=point.token).status_code == 422
    volunteer = bearer(point.volunteer.asker.account_id)
    assert point.client.get("/api/v1/scans/list", headers=volunteer).status_code == 403


def test_the_page_sends_with_its_token_only_and_the_refused_are_listed(point):
    depot = sign_in(point.client, point.town.depot.account_id)
    assert "扫码交接" in depot.get("/depot/scan").text
    told = depot.get("/depot/scan/list").json
    stranger = a_volunteer(point.town.sides[1])
    body = {"sent_at": datetime.now(UTC).isoformat(), "handovers": [point.handed(badge=stranger.badge_code)]}
    assert depot.post("/depot/scan/sync", json=body).status_code == 400
    answer = depot.post("/depot/scan/sync", json=body, headers={"X-CSRFToken": told["csrf"]})
    assert answer.json["handovers"][0]["reason"] == "wrong_grid"
    page = depot.get("/depot/scan/refused").text
    assert "不是这个网格的证" in page
    assert point.ticket in page
    worker = depot.get("/depot/scan/worker.js")
    assert (worker.mimetype, worker.headers["Service-Worker-Allowed"]) == ("text/javascript", "/depot/scan")


def test_a_token_scanned_into_the_plain_page_hands_over_too(point):
    phone = sign_in(point.client, point.volunteer.asker.account_id)
    token = phone.get("/tickets/day").json["tickets"][0]["token"]
    depot = sign_in(point.client, point.town.depot.account_id)
    form = {"ticket": token, "badge": f"http://hub.example/badge#{point.volunteer.badge_code}.SECRET", "crates": "1"}
    form["csrf_token"] = token_of(depot.get("/depot/handover").text)
    page = depot.post("/depot/handover", data=form, follow_redirects=True)
    assert f"交给 {point.volunteer.badge_code}" in page.text
    form["csrf_token"] = token_of(page.text)
    again = depot.post("/depot/handover", data=form)
    assert (again.status_code, "这张单已经交接过了" in again.text) == (409, True)


def test_staff_of_another_point_are_told_where_to_go(point):
    execute(
        "UPDATE account SET delivery_point_id = (SELECT max(id) FROM delivery_point) WHERE id = :id",
        id=point.town.depot.account_id,
    )
    db.session.commit()
    depot = sign_in(point.client, point.town.depot.account_id)
    form = {"ticket": point.ticket, "badge": point.volunteer.badge_code, "crates": "1"}
    form["csrf_token"] = token_of(depot.get("/depot/handover").text)
    page = depot.post("/depot/handover", data=form)
    assert (page.status_code, "请到东门去办" in page.text) == (409, True)


def test_a_ticket_that_stays_at_the_point_says_so_and_where_its_parcels_are_fetched(point):
    execute("UPDATE ticket SET at_point = true, state = 'issued', badge_id = NULL, claimed_at = NULL")
    db.session.commit()
    told = point.list()
    found = judge(known(told), point.ticket, point.volunteer.badge_code, now=told["made_at"])
    assert (found.reason, found.what, found.point) == ("not_the_claimant", "at_point", "东门")
    (answer,) = point.send(point.handed()).json["handovers"]
    assert (answer["answer"], answer["reason"]) == ("refused", "not_the_claimant")
    depot = sign_in(point.client, point.town.depot.account_id)
    form = {"ticket": point.ticket, "badge": point.volunteer.badge_code, "crates": "1"}
    form["csrf_token"] = token_of(depot.get("/depot/handover").text)
    page = depot.post("/depot/handover", data=form, follow_redirects=True).text
    assert "这张单没有人送，住户自己来领" in page
    assert "在东门，用“配送点领货”一页给住户" in page
