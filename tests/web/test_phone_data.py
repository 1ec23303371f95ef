"""What a volunteer's phone takes along and sends, by the page and by the API."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from supplyhub.db import db, rows, scalar
from supplyhub.delivery.signing import audience_of, read
from supplyhub.residents.models import HouseholdNeed
from supplyhub.residents.register import PHONE
from tests.factories import bearer, saved
from tests.factories_depot import Town, Walk, a_volunteer, a_walk
from tests.rules.test_photos import a_jpeg

if TYPE_CHECKING:
    from supplyhub.crypto import Vault

NUMBER = "19900000545"


def now(**earlier: float) -> str:
    return (datetime.now(UTC) - timedelta(**earlier)).isoformat()


class Phone:
    """A volunteer's phone with a ticket of three doors in hand."""

    def __init__(self, client: Any, walk: Walk) -> None:
        self.client, self.walk = client, walk
        self.token = bearer(walk.volunteer.asker.account_id)

    def day(self) -> Any:
        return self.client.get("/api/v1/day", headers=self.token).json

    def entry(self, place: int, outcome: str = "delivered", **change: Any) -> dict[str, Any]:
        stop = self.walk.stops[place].id
        return {
            "id": str(uuid4()),
            "ticket": self.walk.ticket,
            "stop": stop,
            "outcome": outcome,
            "happened_at": now(),
        } | change

    def send(self, *entries: Any, token: Any = None, **change: Any) -> list[tuple[str, str | None]]:
        body = {"sent_at": now(), "device": str(uuid4()), "entries": entries} | change
        answer = self.client.post("/api/v1/sync", json=body, headers=token or self.token)
        assert answer.status_code == 200, answer.json
        return [(each["answer"], each["reason"]) for each in answer.json["entries"]]


@pytest.fixture
def phone(client) -> Phone:
    return Phone(client, a_walk(homes=3))


def needs(phone: Phone, *codes: str) -> None:
    """Let the first door have needs, and a telephone."""
    home = phone.walk.town.first.homes[0]
    for code in codes:
        saved(HouseholdNeed(household_id=home.id, need=code, noted_by=phone.walk.town.coordinator.account_id))
    vault: Vault = phone.client.application.extensions["vault"]
    for each in phone.walk.town.first.homes:
        each.phone_sealed = vault.seal(NUMBER, *PHONE, each.id)
    db.session.commit()


def test_the_day_has_the_doors_of_the_own_tickets_and_nothing_else(phone):
    day = phone.day()
    assert (day["badge"]["code"], day["badge"]["grid"]) == (phone.walk.volunteer.badge_code, 1)
    (ticket,) = day["tickets"]
    assert (ticket["code"], ticket["state"], ticket["token"]) == (phone.walk.ticket, "handed_over", None)
    first = ticket["stops"][0]
    assert (first["door"], first["floor"], first["bags"], first["mode"]) == ("10-1-101", 1, 1, "door")
    (line,) = first["lines"]
    assert (line["units"], line["worth_fen"], line["substitute"]) == (1, 480, False)
    assert first["phone"] is None
    assert first["anchor"] is None
    mate = bearer(a_volunteer(phone.walk.town.first).asker.account_id)
    assert phone.client.get("/api/v1/day", headers=mate).json["tickets"] == []


def test_a_telephone_goes_along_only_where_somebody_calls_first_and_until_the_door_is_done(phone):
    needs(phone, "no_stairs")
    assert [stop["phone"] for stop in phone.day()["tickets"][0]["stops"]] == [None, None, None]
    needs(phone, "call_first")
    first, second, _ = phone.day()["tickets"][0]["stops"]
    assert (first["phone"], first["call_first"], first["needs"]) == (NUMBER, True, ["no_stairs"])
    assert (second["phone"], second["call_first"], second["needs"]) == (None, False, [])
    phone.send(phone.entry(0))
    assert phone.day()["tickets"][0]["stops"][0]["phone"] is None


def test_what_was_done_without_signal_is_answered_each_for_itself(phone):
    first, failed = phone.entry(0), phone.entry(1, "failed", problem="nobody_home")
    foreign = phone.entry(0, stop=2**40)
    assert phone.send(first, foreign, failed) == [("applied", None), ("refused", "unknown"), ("applied", None)]
    assert phone.send(failed, first, first) == [("duplicate", None)] * 3
    (ticket,) = phone.day()["tickets"]
    assert [stop["outcome"] for stop in ticket["stops"]] == ["delivered", "failed", None]
    assert ticket["state"] == "under_way"


def test_an_entry_that_makes_no_sense_is_refused_with_what_is_wrong(phone):
    for change in (
        {"outcome": "failed"},
        {"problem": "refused"},
        {"outcome": "undone"},
        {"undoes": str(uuid4())},
        {"outcome": "failed", "problem": "refused", "left_with": 1},
        {"kept_back": [{"item": 1, "units": 0, "problem": "damaged"}]},
        {"happened_at": "2026-04-12T10:00:00"},
        {"surprise": 1},
    ):
        body = {"sent_at": now(), "device": str(uuid4()), "entries": [phone.entry(0, **change)]}
        answer = phone.client.post("/api/v1/sync", json=body, headers=phone.token)
        assert answer.status_code == 422, change
    assert scalar("SELECT count(*) FROM delivery_entry") == 0


@pytest.mark.parametrize("off", [timedelta(hours=3), timedelta(hours=-3), timedelta(days=4000)])
def test_a_phone_whose_clock_is_off_still_says_when_it_was(phone, off):
    sent = datetime.now(UTC) + off
    db.session.execute(db.text("UPDATE ticket SET handed_over_at = now() - interval '1 hour'"))
    db.session.commit()
    entry = phone.entry(0, happened_at=(sent - timedelta(minutes=20)).isoformat())
    assert phone.send(entry, sent_at=sent.isoformat()) == [("applied", None)]
    (stop,) = rows("SELECT happened_at FROM stop WHERE outcome IS NOT NULL")
    assert abs(datetime.now(UTC) - timedelta(minutes=20) - stop.happened_at) < timedelta(minutes=1)


def test_nothing_happened_before_the_handover(phone):
    phone.send(phone.entry(0, happened_at=now(days=2)))
    (found,) = rows(
        "SELECT s.happened_at, t.handed_over_at FROM stop AS s JOIN ticket AS t ON t.id = s.ticket_id WHERE outcome IS NOT NULL"
    )
    assert found.happened_at == found.handed_over_at


def sign_in(phone: Phone) -> None:
    with phone.client.session_transaction() as session:
        session["_user_id"] = f"{phone.walk.volunteer.asker.account_id}.1"
        session["until"] = time.time() + 60


def test_the_page_fetches_the_day_and_sends_with_its_token(phone):
    sign_in(phone)
    day = phone.client.get("/tickets/day")
    assert day.headers["Cache-Control"] == "no-store"
    assert len(day.json["tickets"][0]["stops"]) == 3
    body = {"sent_at": now(), "device": str(uuid4()), "entries": [phone.entry(0)]}
    refused = phone.client.post("/tickets/sync", json=body)
    assert (refused.status_code, refused.json["code"]) == (400, "bad_request")
    headers = {"X-CSRFToken": day.json["csrf"]}
    answer = phone.client.post("/tickets/sync", json=body, headers=headers)
    assert [each["answer"] for each in answer.json["entries"]] == ["applied"]
    wrong = phone.client.post("/tickets/sync", json={"entries": 1}, headers=headers)
    assert (wrong.status_code, set(wrong.json["errors"])) == (422, {"sent_at", "device", "entries"})


def test_a_stranger_is_told_so_as_data(phone):
    answer = phone.client.get("/tickets/day")
    assert (answer.status_code, answer.json["code"]) == (401, "unauthorized")


def test_a_photo_comes_with_an_own_entry_that_has_come_and_once(phone):
    sign_in(phone)
    token = phone.client.get("/tickets/day").json["csrf"]
    entry = phone.entry(0, "failed", problem="damaged")

    def send(number: str, content: bytes = b"") -> int:
        data = {"entry": number, "photo": (io.BytesIO(content or a_jpeg()), "door.jpg"), "csrf_token": token}
        return int(phone.client.post("/tickets/photos", data=data).status_code)

    assert send(entry["id"]) == 409
    phone.send(entry)
    assert [send(entry["id"]), send(entry["id"]), send("no uuid"), send(entry["id"], b"no picture")] == [
        204,
        204,
        422,
        422,
    ]
    assert scalar("SELECT count(*) FROM photo") == scalar("SELECT count(*) FROM door_photo") == 1


def test_a_claimed_ticket_goes_along_with_its_token_and_its_doors_until_the_claim_ends(client):
    town = Town(homes=1)
    town.everybody_orders(V001=1)
    town.to_tickets()
    (code,), volunteer = town.tickets(town.first), a_volunteer(town.first)
    token = bearer(volunteer.asker.account_id)
    assert client.post(f"/api/v1/tickets/{code}/claim", headers=token).status_code == 204
    day = client.get("/api/v1/day", headers=token).json
    (ticket,) = day["tickets"]
    key = client.application.extensions["ticket_key"]
    claims = read(ticket["token"], {key.id: key.public}, audience_of(town.community.id))
    assert (claims.ticket, claims.grid, claims.badge, claims.claim) == (code, 1, volunteer.badge_code, ticket["claims"])
    assert claims.expires_at == int(datetime.fromisoformat(day["shift_ends"]).timestamp())
    assert len(ticket["stops"]) == 1
    assert client.post(f"/api/v1/tickets/{code}/release", headers=token).status_code == 204
    assert client.get("/api/v1/day", headers=token).json["tickets"] == []
