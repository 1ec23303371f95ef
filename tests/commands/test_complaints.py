"""A complaint on an order: its household says what is wrong; the lead makes the order cheaper, or explains."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from flask import current_app

from supplyhub.db import row, scalar
from supplyhub.depot.commands.crediting import give_credit
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.help.commands import CreditedError, credit_complaint, explain_complaint, open_request, read_request
from supplyhub.help.errors import EndedError
from supplyhub.help.queries import request_for, steps_of
from supplyhub.help.states import HelpChannel, HelpKind
from supplyhub.payments.refusals import MoreThanWorthError
from supplyhub.payments.states import CreditState
from supplyhub.people.states import Role
from tests.factories import a_grid, an_account, asking
from tests.factories_depot import Town
from tests.factories_money import a_paid_charge, money, refunds, settled

if TYPE_CHECKING:
    from typing import Any

    from supplyhub.people.asker import Asker

pytestmark = pytest.mark.usefixtures("database")

WORTH = 480 * 30


class Case:
    """A town whose goods were shared out, and a household that isn't content with its order of 144 yuan."""

    def __init__(self) -> None:
        self.town = town = Town(homes=2)
        town.everybody_orders(V001=30)
        town.share()
        home = town.first.homes[0]
        self.resident = asking(home.account_id)
        self.lead = asking(an_account(town.community, Role.GRID_LEAD, grid=town.first.grid).id)
        self.order = int(scalar("SELECT id FROM orders WHERE household_id = :home", home=home.id))
        self.item = int(scalar("SELECT item_id FROM order_line WHERE order_id = :order", order=self.order))
        self.vault = current_app.extensions["vault"]

    def complain(self, asker: Asker | None = None, **facts: Any) -> str:
        """Say what is wrong with the order, and return the code."""
        return open_request(
            asker or self.resident,
            key=uuid4(),
            kind=HelpKind.COMPLAINT,
            channel=HelpChannel.WEB,
            text="底下几份烂了",
            facts={"trouble": "not_fresh", "items": [self.item]} | facts,
            order_id=self.order,
            vault=self.vault,
        )

    def credit(self, code: str, fen: int = 4800, who: Asker | None = None) -> CreditState:
        return credit_complaint(who or self.lead, code, amount_fen=fen, note="退您十份的钱", vault=self.vault)


@pytest.fixture
def case(database) -> Case:
    return Case()


def test_the_order_is_made_cheaper_the_surplus_goes_back_and_the_household_reads_so(case):
    a_paid_charge(case.order, WORTH)
    settled()
    code = case.complain()
    assert case.credit(code) == CreditState.GIVEN
    settled()
    assert refunds(case.order) == [("online", 4800, "surplus")]
    assert money(case.order) == (WORTH - 4800, WORTH - 4800, 0)
    request = request_for(case.resident, code)
    assert request.state == "solved"
    assert [step.step for step in steps_of(request)] == ["opened", "assigned", "credited", "solved"]
    assert list(read_request(case.resident, code, vault=case.vault).notes.values()) == ["退您十份的钱"]
    credit = row("SELECT id, reason, note FROM credit")
    assert credit == (request.credit_id, "spoiled", code)


def test_what_needs_a_second_person_waits_for_them_and_is_given_once(case):
    code = case.complain()
    assert case.credit(code, 5001) == CreditState.ASKED
    request = request_for(case.lead, code)
    assert (request.state, money(case.order)[0]) == ("waiting", WORTH)
    with pytest.raises(CreditedError):
        case.credit(code)
    give_credit(case.town.coordinator, request.credit_id)
    assert money(case.order)[0] == WORTH - 5001
    explain_complaint(case.lead, code, note="退好了", vault=case.vault)
    assert request_for(case.resident, code).state == "solved"


def test_no_more_is_taken_off_than_the_order_is_worth_and_then_nothing_has_happened(case):
    code = case.complain()
    for fen, error in ((WORTH + 1, MoreThanWorthError), (0, InvalidError), (-1, InvalidError)):
        with pytest.raises(error):
            case.credit(code, fen)
    assert request_for(case.lead, code).state == "new"
    assert scalar("SELECT count(*) FROM credit") == 0


def test_an_explanation_ends_it_without_money(case):
    code = case.complain()
    with pytest.raises(InvalidError):
        explain_complaint(case.lead, code, note=" ", vault=case.vault)
    explain_complaint(case.lead, code, note="那是品种，不是坏了", vault=case.vault)
    assert list(read_request(case.resident, code, vault=case.vault).notes.values()) == ["那是品种，不是坏了"]
    with pytest.raises(EndedError):
        case.credit(code)
    assert money(case.order)[0] == WORTH


def test_only_the_grids_lead_and_a_coordinator_decide(case):
    code = case.complain()
    elsewhere = a_grid(case.town.community)
    stranger = asking(an_account(case.town.community, Role.GRID_LEAD, grid=elsewhere).id)
    with pytest.raises(NotFoundError):
        case.credit(code, who=stranger)
    for other in (case.resident, case.town.depot):
        with pytest.raises(NotAllowedError):
            case.credit(code, who=other)
        with pytest.raises(NotAllowedError):
            explain_complaint(other, code, note="不", vault=case.vault)
    assert case.credit(code, who=case.town.coordinator) == CreditState.GIVEN


def test_nobody_complains_about_anothers_order_or_lines_that_are_not_its_own(case):
    with pytest.raises(NotFoundError):
        case.complain(asking(case.town.first.homes[1].account_id))
    with pytest.raises(InvalidError):
        case.complain(items=[10**9])
    with pytest.raises(InvalidError):
        case.complain(trouble="rotten")


def test_before_the_goods_came_nothing_is_taken_off(database):
    town = Town(homes=1)
    town.everybody_orders(V001=1)
    home = asking(town.first.homes[0].account_id)
    vault = current_app.extensions["vault"]
    code = open_request(
        home,
        key=uuid4(),
        kind=HelpKind.COMPLAINT,
        channel=HelpChannel.WEB,
        facts={"trouble": "late"},
        order_id=scalar("SELECT id FROM orders"),
        vault=vault,
    )
    with pytest.raises(ConflictError):
        credit_complaint(town.coordinator, code, amount_fen=100, vault=vault)
    assert request_for(town.coordinator, code).state == "new"
