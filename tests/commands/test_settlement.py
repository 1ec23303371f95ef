"""A grid's settlement sheet: it adds up, on screen, in Excel, on paper; a lead sees the own grid's; covers are a sum."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from python_calamine import CalamineWorkbook

from supplyhub.audit.closing import Open, open_in
from supplyhub.audit.laws.money import MONEY
from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.delivery.commands import count_cash, hand_back, record_doors
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.states import StopOutcome
from supplyhub.depot.commands.crediting import ask_credit
from supplyhub.errors import NotFoundError
from supplyhub.payments.commands.cash_refunds import hand_out_cash
from supplyhub.payments.commands.covers import cover_order
from supplyhub.payments.counting import Counted
from supplyhub.payments.states import CoverSource, CreditReason
from supplyhub.payments.sums import sums_for, total, waiting_in
from supplyhub.people.states import Role
from supplyhub.reports.settlement import settlement_for, settlement_pdf, settlement_xlsx
from tests.factories import an_account, asking
from tests.factories_depot import Town, Walk, a_walk
from tests.factories_money import a_paid_charge, on_account, orders_of, settled, taken
from tests.printed import texts_of

pytestmark = pytest.mark.usefixtures("database")

EACH = 480 * 20


@pytest.fixture
def walk(database) -> Walk:
    """Return a ticket of five doors: paid online, in cash, by the code, by somebody else, and in part; another grid beside it."""
    town = Town(grids=2, homes=5)
    town.everybody_orders(V001=20)
    town.to_tickets()
    walk = a_walk(town=town)
    online, *_, covered, _part = orders_of(walk.ticket)
    a_paid_charge(online, EACH)
    cover_order(town.coordinator, covered, CoverSource.DONATION)
    stops = [stop.id for stop in walk.stops]
    record_doors(
        walk.volunteer.asker,
        ticket_code=walk.ticket,
        entries=[Entry(uuid4(), stop, StopOutcome.DELIVERED, None, datetime.now(UTC)) for stop in stops],
        takings=[
            taken(stops[1], EACH),
            taken(stops[2], EACH, way="shown_code"),
            taken(stops[4], 1000, less=True),
        ],
    )
    return walk


def names(walk: Walk) -> dict[str, list[str]]:
    return {each.what: each.first for each in open_in(walk.town.cycle_id)}


def test_every_grid_adds_up(walk):
    town = walk.town
    hand_back(town.depot, ticket_code=walk.ticket, parcel_codes=[], cash=Counted(EACH, EACH + 1000, "少十元"))
    order = orders_of(walk.ticket)[1]
    ask_credit(town.coordinator, order, amount_fen=900, reason=CreditReason.DAMAGED)
    settled()
    first, second = sums_for(town.coordinator, town.cycle_id)
    assert (second.worth_fen, second.owed_fen, second.owing) == (5 * EACH, 5 * EACH, 5)
    assert (first.worth_fen, first.credited_fen, first.back_fen) == (5 * EACH - 900, 900, 900)
    assert (first.online_fen, first.cash_fen, first.shown_code_fen, first.covered_fen) == (
        EACH,
        EACH + 1000,
        EACH,
        EACH,
    )
    assert (first.owed_fen, first.held_fen, first.orders) == (EACH - 1000, 0, 5)
    for each in (first, second):
        paid = each.online_fen + each.cash_fen + each.shown_code_fen + each.covered_fen
        assert each.worth_fen == paid - each.back_fen + each.owed_fen - each.held_fen
    together = total([first, second])
    assert together["worth_fen"] == 10 * EACH - 900
    assert on_account("goods") == -together["worth_fen"]
    waiting = waiting_in(town.coordinator, town.cycle_id)
    assert (waiting.by_hand_fen, waiting.by_hand_count, waiting.covers) == (900, 1, 1)
    assert [check.name for check in MONEY.checks if rows(check.offending, **check.values)] == []


def test_the_sheet_says_what_was_counted_and_what_was_not(walk):
    town = walk.town
    sheet = settlement_for(town.coordinator, town.cycle_id, 1)
    assert (sheet.cash_fen, sheet.counted_fen, sheet.left_fen) == (EACH + 1000, 0, EACH + 1000)
    hand_back(town.depot, ticket_code=walk.ticket, parcel_codes=[], cash=Counted(EACH, EACH + 1000, "=少十元"))
    sheet = settlement_for(town.coordinator, town.cycle_id, 1)
    assert (sheet.left_fen, sheet.difference_fen) == (0, -1000)
    assert sheet.lines[0] == ("订单货款", 5 * EACH)
    ask_credit(town.coordinator, orders_of(walk.ticket)[1], amount_fen=900, reason=CreditReason.OTHER)
    sheet = settlement_for(town.coordinator, town.cycle_id, 1)
    assert sheet.lines[:2] == [("订单货款", 5 * EACH), ("坏货、缺货减价", -900)]
    assert sum(fen for _, fen in sheet.lines[:-1]) == sheet.lines[-1][1] == EACH - 1000
    table = CalamineWorkbook.from_filelike(io.BytesIO(settlement_xlsx(sheet))).get_sheet_by_index(0)
    cells = [list(line) for line in table.to_python(skip_empty_area=False)]
    assert [
        walk.ticket,
        walk.volunteer.asker.display_name,
        walk.volunteer.badge_code,
        106.0,
        96.0,
        96.0,
        0.0,
        -10.0,
    ] in [line[:8] for line in cells]
    assert any(line[8] == "=少十元" for line in cells)
    (page,) = texts_of(settlement_pdf(sheet))
    for words in ("第一网格结算单", walk.ticket, "−10.00", "减免、捐赠", "第 1 页，共 1 页"):
        assert words in page
    assert "减免" in page
    assert not any(name in page for name in ("困难", "donation", "10-1-"))


def test_a_long_sheet_says_which_page_of_how_many_it_is(walk):
    town = walk.town
    sheet = settlement_for(town.coordinator, town.cycle_id, 1)
    pages = texts_of(settlement_pdf(replace(sheet, tickets=sheet.tickets * 60)))
    assert len(pages) > 1
    assert [f"第 {number} 页，共 {len(pages)} 页" in text for number, text in enumerate(pages, start=1)] == [
        True
    ] * len(pages)


def test_a_lead_sees_the_own_grid_only(walk):
    town = walk.town
    lead = asking(an_account(town.community, Role.GRID_LEAD, grid=town.first.grid).id)
    assert [each.grid_number for each in sums_for(lead, town.cycle_id)] == [1]
    assert settlement_for(lead, town.cycle_id, 1).sums.orders == 5
    with pytest.raises(NotFoundError):
        settlement_for(lead, town.cycle_id, 2)


def test_a_cycle_does_not_close_over_cash_that_nobody_counted_or_handed_out(walk):
    town = walk.town
    hand_back(town.depot, ticket_code=walk.ticket, parcel_codes=[])
    numbers = {each.order_id: each.number for each in rows("SELECT order_id, number FROM order_number")}
    assert names(walk)["cash_uncounted"] == [walk.ticket]
    count_cash(town.depot, ticket_code=walk.ticket, cash=Counted(EACH + 1000, EACH + 1000))
    assert "cash_uncounted" not in names(walk)
    online, cash, _, _, part = orders_of(walk.ticket)
    mate = asking(an_account(town.community, Role.COORDINATOR).id)
    ask_credit(town.coordinator, cash, amount_fen=500, reason=CreditReason.SPOILED)
    ask_credit(mate, online, amount_fen=600, reason=CreditReason.MISSING)
    ask_credit(mate, part, amount_fen=6000, reason=CreditReason.WRONG)
    found = names(walk)
    assert sorted(found["surplus"]) == sorted([numbers[online], numbers[cash]])
    assert found["credits"] == [numbers[part]]
    settled()
    found = names(walk)
    assert (found["refunds_due"], found["refunds_by_hand"]) == ([numbers[online]], [numbers[cash]])
    hand_out_cash(mate, scalar("SELECT id FROM refund WHERE way = 'cash'"))
    assert "refunds_by_hand" not in names(walk)


def test_a_cycle_does_not_close_over_goods_that_are_held(walk):
    with transaction():
        execute("UPDATE orders SET hold_until = now() WHERE id = :o", o=orders_of(walk.ticket)[0])
    assert Open("holds", 1, ["第一网格"], ["Grid 1"]) in open_in(walk.town.cycle_id)
