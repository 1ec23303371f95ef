"""Who may take a ticket's crates: scanned or typed, with signal or without; who is turned away is told why, and recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from supplyhub.audit.queries import audit, summary
from supplyhub.crypto import SigningKey
from supplyhub.db import db, execute, rows, scalar
from supplyhub.delivery.commands import claim_ticket, hand_back, hand_over, pass_crates, release_ticket
from supplyhub.delivery.commands.handing_over import Scan
from supplyhub.delivery.errors import ForgedError, ScanRefusedError, WrongGridError, WrongPointError
from supplyhub.delivery.signing import Claims, audience_of, sign
from supplyhub.delivery.states import CrateStep
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.people.shifts import end_shifts
from tests.factories_depot import Town, Volunteer, a_volunteer, expire, places, work

pytestmark = pytest.mark.usefixtures("database")

KEY = SigningKey(bytes(range(32)))
HOUR = timedelta(hours=1)


@pytest.fixture
def town(database) -> Town:
    """Return a town of 2 grids with a packed ticket each."""
    town = Town(grids=2, homes=2)
    town.everybody_orders(V001=1)
    town.to_tickets()
    return town


@pytest.fixture
def volunteer(town: Town) -> Volunteer:
    """Return who claimed the ticket of grid 1."""
    volunteer = a_volunteer(town.first)
    claim_ticket(volunteer.asker, ticket_of(town))
    return volunteer


def ticket_of(town: Town) -> str:
    (code,) = town.tickets(town.first)
    return code


def token_of(town: Town, *, key: SigningKey = KEY, community: int | None = None, **changed) -> str:
    """Return a token of the ticket as it is claimed now, with something changed."""
    ticket = rows(
        "SELECT t.code, g.number, b.code AS badge, t.claims, t.claimed_at, (SELECT max(ends_at) FROM shift) AS ends"
        " FROM ticket AS t JOIN grid AS g ON g.id = t.grid_id LEFT JOIN badge AS b ON b.id = t.badge_id WHERE t.code = :code",
        code=ticket_of(town),
    )[0]
    db.session.rollback()
    claims = Claims(
        ticket.code, ticket.number, ticket.badge or "1-001", ticket.claims, 1, int(ticket.claimed_at.timestamp()),
        int(ticket.ends.timestamp()),
    )  # fmt: skip
    return sign(key, audience_of(community or town.community.id), replace(claims, **changed))


def hand(town: Town, ticket: str, badge: str, **more) -> bool:
    return hand_over(town.depot, ticket_code=ticket, badge_code=badge, key=KEY, **more)


def refused() -> list[str]:
    return [scan.reason for scan in rows("SELECT reason FROM refused_scan ORDER BY happened_at")]


def test_a_scanned_token_and_a_scanned_badge_hand_the_crates_over(town, volunteer):
    assert hand(town, token_of(town), f"https://hub.example/badge#{volunteer.badge_code}.SECRET", crates=1)
    assert scalar("SELECT state FROM ticket WHERE code = :code", code=ticket_of(town)) == "handed_over"
    assert refused() == []


@pytest.mark.parametrize(
    "changed",
    [{"grid": 2}, {"badge": "1-999"}, {"claim": 0}, {"claim": 2}, {"expires_at": 1}, {"ticket": "ZZZZZZ"}],
    ids=lambda changed: next(iter(changed)),
)
def test_a_token_of_which_one_claim_is_another_hands_nothing_over(town, volunteer, changed):
    with pytest.raises((ScanRefusedError, NotFoundError)):
        hand(town, token_of(town, **changed), volunteer.badge_code)
    assert (scalar("SELECT count(*) FROM handover"), len(refused())) == (0, 1)


def test_tokens_that_others_signed_or_that_are_for_others_are_forged(town, volunteer):
    stranger = SigningKey(bytes(32))
    for token in (token_of(town, key=stranger), token_of(town, community=town.community.id + 1), "a.b"):
        with pytest.raises(ForgedError):
            hand(town, token, volunteer.badge_code)
    with pytest.raises(ForgedError):
        hand_over(town.depot, ticket_code=token_of(town), badge_code=volunteer.badge_code)
    assert refused() == ["forged"] * 4


def test_what_was_signed_for_an_earlier_claim_is_stale(town, volunteer):
    earlier = token_of(town)
    release_ticket(volunteer.asker, ticket_of(town))
    with pytest.raises(ScanRefusedError) as caught:
        hand(town, earlier, volunteer.badge_code)
    assert caught.value.reason == "revoked"
    claim_ticket(volunteer.asker, ticket_of(town))
    with pytest.raises(ScanRefusedError) as caught:
        hand(town, earlier, volunteer.badge_code)
    assert caught.value.reason == "revoked"
    assert hand(town, token_of(town), volunteer.badge_code)


def test_a_second_use_is_refused_with_who_and_when(town, volunteer):
    token = token_of(town)
    hand(town, token, volunteer.badge_code)
    with pytest.raises(ScanRefusedError) as caught:
        hand(town, token, volunteer.badge_code)
    assert (caught.value.reason, caught.value.data["holder"]) == ("used", volunteer.badge_code)
    assert datetime.fromisoformat(str(caught.value.data["at"])) <= datetime.now(UTC)
    assert refused() == ["used"]


def test_each_refusal_says_why_and_is_recorded_with_whom_it_was_about(town, volunteer):
    other, stranger = a_volunteer(town.first), a_volunteer(town.sides[1])
    ticket = ticket_of(town)
    with pytest.raises(ScanRefusedError) as caught:
        hand(town, ticket, other.badge_code)
    assert (caught.value.reason, caught.value.data["holder"]) == ("not_the_claimant", volunteer.badge_code)
    with pytest.raises(WrongGridError) as wrong:
        hand(town, ticket, stranger.badge_code)
    assert wrong.value.data["delivery_point"] == "西门"
    for ticket_code, badge_code in ((ticket, "1-999"), (ticket, "hello"), ("ZZZZZZ", volunteer.badge_code)):
        with pytest.raises(NotFoundError):
            hand(town, ticket_code, badge_code)
    assert refused() == ["not_the_claimant", "wrong_grid", "unknown", "unknown", "unknown"]
    kept = rows("SELECT t.code, b.code AS badge, s.scanned_by FROM refused_scan AS s LEFT JOIN ticket AS t ON t.id = s.ticket_id"
                " LEFT JOIN badge AS b ON b.id = s.badge_id ORDER BY s.happened_at")  # fmt: skip
    assert tuple(kept[0]) == (ticket, other.badge_code, town.depot.account_id)
    assert kept[1].badge == stranger.badge_code


def test_after_the_shift_nothing_is_handed_over_any_more(town, volunteer):
    token = token_of(town)
    work(end_shifts, volunteer.asker.badge_id)
    execute(
        "UPDATE shift SET starts_at = starts_at - interval '1 hour', ends_at = clock_timestamp() - interval '6 minutes'"
    )
    db.session.commit()
    for ticket in (token, ticket_of(town)):
        with pytest.raises(ScanRefusedError) as caught:
            hand(town, ticket, volunteer.badge_code)
        assert caught.value.reason == "expired"


@pytest.mark.parametrize("how", ["suspended", "revoked", "expired"])
def test_a_badge_that_ended_takes_nothing_over(town, volunteer, how):
    if how == "expired":
        expire(volunteer.badge)
    else:
        execute(
            f"UPDATE badge SET state = '{how}', {how}_at = clock_timestamp() WHERE id = :id",
            id=volunteer.asker.badge_id,
        )
        db.session.commit()
    with pytest.raises(ScanRefusedError) as caught:
        hand(town, ticket_of(town), volunteer.badge_code)
    assert (caught.value.reason, caught.value.data["what"]) == ("dead_badge", how)


def test_staff_of_a_point_handle_what_is_theirs_only(town, volunteer):
    points = {
        p.name: p.id for p in rows("SELECT id, name FROM delivery_point WHERE community_id = :c", c=town.community.id)
    }
    here, there = (replace(town.depot, delivery_point_id=points[name]) for name in ("东门", "西门"))
    ticket, batch = ticket_of(town), town.batch_of(town.first)
    for attempt in (
        lambda: hand_over(there, ticket_code=ticket, badge_code=volunteer.badge_code),
        lambda: pass_crates(there, batch, CrateStep.LEFT_DEPOT, counted=1),
        lambda: hand_back(there, ticket_code=ticket, parcel_codes=[]),
    ):
        with pytest.raises(WrongPointError) as caught:
            attempt()
        assert caught.value.data["delivery_point"] == "东门"
    assert refused() == ["wrong_point"]
    assert hand_over(here, ticket_code=ticket, badge_code=volunteer.badge_code)


def test_a_handover_without_signal_counts_once_however_often_it_is_sent(town, volunteer):
    scan = Scan(uuid4(), datetime.now(UTC), offline=True)
    answers = [hand(town, token_of(town), volunteer.badge_code, crates=1, scan=scan) for _ in range(10)]
    assert answers == [True] + [False] * 9
    assert places()["handed_over"] == 2
    assert (scalar("SELECT count(*) FROM handover"), refused()) == (1, [])
    assert scalar("SELECT received_at IS NOT NULL FROM handover")
    with pytest.raises(ScanRefusedError):
        hand(town, token_of(town), volunteer.badge_code, scan=Scan(uuid4(), datetime.now(UTC), offline=True))


def test_the_number_of_a_handover_stands_for_one_ticket(town, volunteer):
    scan = Scan(uuid4(), datetime.now(UTC), offline=True)
    hand(town, ticket_of(town), volunteer.badge_code, scan=scan)
    (other,) = town.tickets(town.sides[1])
    with pytest.raises(ConflictError):
        hand(town, other, volunteer.badge_code, scan=scan)


def test_a_handover_that_comes_after_the_badge_was_revoked_counts_as_of_when_it_happened(town, volunteer):
    execute("UPDATE ticket SET claimed_at = claimed_at - interval '2 hours'")
    execute(
        "UPDATE shift SET starts_at = starts_at - interval '2 hours', ends_at = clock_timestamp() - interval '50 minutes'"
    )
    execute(
        "UPDATE badge SET valid_from = valid_from - interval '1 day', state = 'revoked', revoked_at = clock_timestamp()"
    )
    db.session.commit()
    happened = datetime.now(UTC) - HOUR
    assert hand(town, ticket_of(town), volunteer.badge_code, scan=Scan(uuid4(), happened, offline=True))
    assert scalar("SELECT handed_at FROM handover") == happened
    assert scalar("SELECT handed_over_at FROM ticket WHERE code = :code", code=ticket_of(town)) == happened
    assert summary(audit())["broken"] == 0


def test_a_device_whose_clock_is_mad_hands_over_between_the_claim_and_now(town, volunteer):
    hand(
        town, ticket_of(town), volunteer.badge_code, scan=Scan(uuid4(), datetime(2021, 1, 1, tzinfo=UTC), offline=True)
    )
    assert scalar("SELECT h.handed_at = t.claimed_at FROM handover AS h JOIN ticket AS t ON t.id = h.ticket_id")
    second = a_volunteer(town.sides[1])
    (code,) = town.tickets(town.sides[1])
    claim_ticket(second.asker, code)
    hand(town, code, second.badge_code, scan=Scan(uuid4(), datetime(2099, 1, 1, tzinfo=UTC), offline=True))
    assert scalar("SELECT max(handed_at) <= clock_timestamp() FROM handover")


def test_crates_that_were_counted_without_signal_are_at_the_point_by_that(town, volunteer):
    pass_crates(town.depot, town.batch_of(town.first), CrateStep.LEFT_DEPOT, counted=1)
    with pytest.raises(ConflictError) as caught:
        hand(town, ticket_of(town), volunteer.badge_code, crates=1)
    assert caught.value.data["on_the_way"]
    scan = Scan(uuid4(), datetime.now(UTC), offline=True)
    with pytest.raises(ConflictError):
        hand(town, ticket_of(town), volunteer.badge_code, crates=2, scan=scan)
    assert hand(town, ticket_of(town), volunteer.badge_code, crates=1, scan=scan)
    assert [p.step for p in rows("SELECT step FROM crate_passage ORDER BY counted_at")] == [
        "left_depot",
        "reached_point",
    ]


def test_a_refusal_that_a_device_sends_again_is_recorded_once(town, volunteer):
    other = a_volunteer(town.first)
    scan = Scan(uuid4(), datetime.now(UTC), offline=True)
    for _ in range(3):
        with pytest.raises(ScanRefusedError):
            hand(town, ticket_of(town), other.badge_code, scan=scan)
    (kept,) = rows("SELECT id, offline FROM refused_scan")
    assert (kept.id, kept.offline) == (scan.id, True)
