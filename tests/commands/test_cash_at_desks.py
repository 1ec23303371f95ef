"""Who fetches a parcel pays at the desk: the money is whose hands it is in, counted by somebody else, and the books agree."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from supplyhub.audit.queries import audit
from supplyhub.db import rows, scalar
from supplyhub.delivery.commands import Paid, check_off, close_point_ticket, count_cash, take_at_desk
from supplyhub.delivery.levels import change_level
from supplyhub.delivery.point_queries import fetched_at_points
from supplyhub.errors import ConflictError, NotAllowedError
from supplyhub.payments.counting import Counted
from supplyhub.payments.states import TakingWay
from supplyhub.payments.sums import cash_of_cycle
from supplyhub.people.states import Role
from supplyhub.places.states import ZoneLevel
from supplyhub.reports.settlement import settlement_for
from tests.factories import an_account, asking
from tests.factories_depot import Town
from tests.factories_money import a_paid_charge, on_account, settled

pytestmark = pytest.mark.usefixtures("database")
OWED = 480
CASH, SHOWN_CODE = TakingWay.CASH, TakingWay.SHOWN_CODE


@pytest.fixture
def town(database: Any) -> Town:
    """Return a town of three homes that fetch at the delivery point; each owes 4.80 yuan."""
    town = Town(homes=3)
    change_level(town.coordinator, ZoneLevel.NORMAL, grid=1)
    town.everybody_orders(V001=1)
    town.to_tickets()
    return town


def desk(town: Town) -> Any:
    """Return somebody of the delivery point's staff."""
    account = an_account(town.community, Role.DEPOT)
    account.delivery_point_id = town.first.grid.delivery_point_id
    return asking(account.id)


def paid(way: TakingWay = CASH, fen: int = OWED, *, less: bool = False) -> Paid:
    return Paid(uuid4(), way, fen, less=less)


def parcel(town: Town, place: int = 0) -> Any:
    return fetched_at_points(town.depot, town.cycle_id)[place]


def held() -> dict[int | None, int]:
    """Return the cash that lies with people at desks, by account."""
    found = rows(
        "SELECT holder_id, sum(amount_fen)::bigint AS fen FROM posting WHERE account = 'cash'"
        " GROUP BY 1 HAVING sum(amount_fen) <> 0"
    )
    return {each.holder_id: each.fen for each in found}


def broken() -> list[str]:
    return [found.law.name for found in audit() if found.offending]


def test_what_is_paid_at_the_desk_lies_with_who_took_it(town):
    first, second, _ = town.codes(town.first)
    one = desk(town)
    assert parcel(town).collect_fen == OWED
    assert check_off(one, first, taken=paid())
    assert check_off(town.depot, second, taken=paid(SHOWN_CODE))
    assert held() == {one.account_id: OWED}
    assert on_account("shown_code") == OWED
    assert (parcel(town).collect_fen, parcel(town).taken_fen) == (0, OWED)
    assert [tuple(row) for row in rows("SELECT badge_id, taken_by FROM taking ORDER BY received_at")] == [
        (None, one.account_id),
        (None, town.depot.account_id),
    ]
    assert broken() == []


def test_a_parcel_is_paid_for_once_however_often_it_is_given_out(town):
    (code, *_) = town.codes(town.first)
    money = paid()
    assert check_off(town.depot, code, taken=money)
    assert not check_off(town.depot, code, taken=money)
    assert not check_off(desk(town), code, taken=paid())
    assert on_account("cash") == OWED


def test_nothing_is_given_out_when_something_else_is_owed(town):
    (code, *_) = town.codes(town.first)
    for wrong in (paid(fen=OWED + 1), paid(fen=OWED - 1)):
        with pytest.raises(ConflictError) as caught:
            check_off(town.depot, code, taken=wrong)
        assert caught.value.data["owed_fen"] == OWED
    a_paid_charge(scalar("SELECT order_id FROM parcel WHERE code = :c", c=code), OWED)
    settled()
    with pytest.raises(ConflictError):
        check_off(town.depot, code, taken=paid())
    assert (parcel(town).outcome, scalar("SELECT count(*) FROM taking")) == (None, 0)
    assert check_off(town.depot, code)


def test_less_stays_owed_and_is_paid_later_and_a_wrong_amount_is_set_right_with_whom_it_lies(town):
    (code, *_) = town.codes(town.first)
    one, other = desk(town), desk(town)
    assert check_off(one, code, taken=paid(fen=300, less=True))
    assert parcel(town).collect_fen == 180
    right, number = paid(fen=OWED), uuid4()
    take_at_desk(other, code, number=number, taken=right)
    take_at_desk(other, code, number=number, taken=right)
    assert held() == {one.account_id: 300, other.account_id: 180}
    take_at_desk(other, code, number=uuid4(), taken=paid(SHOWN_CODE))
    assert (held(), on_account("shown_code")) == ({}, OWED)
    take_at_desk(other, code, number=uuid4(), taken=paid(fen=100, less=True))
    assert held() == {other.account_id: 100}
    take_at_desk(one, code, number=uuid4(), taken=None)
    assert (held(), parcel(town).collect_fen) == ({}, OWED)
    assert broken() == []


def test_money_alone_is_taken_for_what_was_given_out_only(town):
    (code, *_) = town.codes(town.first)
    with pytest.raises(ConflictError):
        take_at_desk(town.depot, code, number=uuid4(), taken=paid())
    check_off(town.depot, code)
    with pytest.raises(ConflictError):
        take_at_desk(town.depot, code, number=uuid4(), taken=paid(fen=OWED + 1))
    stranger = an_account(town.community, Role.DEPOT)
    stranger.delivery_point_id = Town(homes=1).first.grid.delivery_point_id
    with pytest.raises(NotAllowedError):
        take_at_desk(asking(stranger.id), code, number=uuid4(), taken=paid())


def test_the_desks_cash_is_counted_when_it_closes_by_another_person(town):
    first, second, third = town.codes(town.first)
    (ticket,) = town.tickets(town.first)
    one, other = desk(town), desk(town)
    check_off(one, first, taken=paid())
    check_off(other, second, taken=paid())
    with pytest.raises(NotAllowedError):
        close_point_ticket(one, ticket, parcel_codes=[third], cash=Counted(2 * OWED, 2 * OWED))
    assert parcel(town, 2).outcome is None
    close_point_ticket(town.depot, ticket, parcel_codes=[third], cash=Counted(2 * OWED - 10, 2 * OWED, "少一角"))
    assert (held(), on_account("till"), on_account("difference")) == ({}, 2 * OWED - 10, 10)
    assert broken() == []
    (sheet,) = settlement_for(town.coordinator, town.cycle_id, 1).tickets
    assert (sheet.badge, sheet.delivery_point, sheet.cash_fen, sheet.left_fen) == (None, "东门", 2 * OWED, 0)
    assert sheet.volunteer
    with pytest.raises(ConflictError):
        count_cash(town.coordinator, ticket_code=ticket, cash=Counted(1, 1))


def test_what_nobody_could_count_at_the_desk_stays_open_until_it_is(town):
    (ticket,) = town.tickets(town.first)
    for code in town.codes(town.first):
        check_off(town.depot, code, taken=paid())
    assert cash_of_cycle(town.coordinator, town.cycle_id)[0].left_fen == 3 * OWED
    with pytest.raises(NotAllowedError):
        count_cash(town.depot, ticket_code=ticket, cash=Counted(3 * OWED, 3 * OWED))
    count_cash(town.coordinator, ticket_code=ticket, cash=Counted(3 * OWED, 3 * OWED))
    assert on_account("till") == 3 * OWED
    assert broken() == []
