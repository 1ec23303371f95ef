"""Deciding on a shortage: a cycle with one waits for a word, and goes on by it, once."""

from __future__ import annotations

import pytest

from supplyhub.db import row, scalar
from supplyhub.depot.commands import (
    Goods,
    Sender,
    accept,
    choose_policy,
    close_purchase_order,
    decide_shares,
    finish_receiving,
    share_out,
)
from supplyhub.depot.shortage import shortages_ahead, standing_of
from supplyhub.depot.states import Policy, ReceiptKind
from supplyhub.errors import ConflictError, NotFoundError
from tests.factories_depot import Town, places, work

pytestmark = pytest.mark.usefixtures("database")


def events(topic: str = "share_out") -> int:
    return int(scalar("SELECT count(*) FROM outbox WHERE topic = :topic", topic=topic))


def bought(*skus: str) -> Town:
    town = Town(homes=3, skus=skus or ("V001",))
    town.everybody_orders(**dict.fromkeys(town.offers, 2))
    town.cut_off()
    town.send()
    return town


def counted(**came: int) -> Town:
    """Return a town that ordered six of each and where so many came."""
    town = bought(*came)
    town.receive(**came)
    finish_receiving(town.depot, town.cycle_id)
    return town


def test_what_is_not_short_is_shared_out_without_a_word():
    town = counted(V001=6)
    assert events() == 1
    assert shortages_ahead(town.depot, town.cycle_id) == []


def test_a_shortage_waits_for_the_decision_and_then_goes_on_once():
    town = counted(V001=4, V002=6)
    assert events() == 0
    assert standing_of(town.cycle_id).open
    (short,) = shortages_ahead(town.depot, town.cycle_id)
    assert (short.sku, short.ordered, short.supply, short.short, short.homes) == ("V001", 6, 4, 2, 3)
    assert (short.policy, short.chosen, short.less) == ("care_first_equal_share", False, 3)
    decide_shares(town.coordinator, town.cycle_id)
    decide_shares(town.depot, town.cycle_id)
    assert events() == 1
    assert scalar("SELECT decided_by FROM share_decision") == town.coordinator.account_id
    work(share_out, town.cycle_id)
    assert shortages_ahead(town.depot, town.cycle_id) == []
    assert standing_of(town.cycle_id).shared


def test_a_purchase_order_that_is_settled_before_the_decision_holds_nothing_up():
    town = counted(V001=4)
    (purchase_order,) = town.purchase_orders()
    close_purchase_order(town.depot, purchase_order)
    assert not finish_receiving(town.depot, town.cycle_id)
    assert scalar("SELECT state FROM purchase_order") == "closed"
    sender = Sender(ReceiptKind.DONATION, "王先生")
    accept(town.depot, cycle_id=town.cycle_id, delivery_note="G-1", sender=sender, goods=[Goods("V001", 1)])
    assert places() == {"shelf": 5}
    decide_shares(town.depot, town.cycle_id)
    work(share_out, town.cycle_id)
    assert scalar("SELECT sum(allocated) FROM allocation") == 5


def test_the_last_choice_before_the_decision_stands():
    town = counted(V001=4)
    product = town.offers["V001"].product_id
    choose_policy(town.depot, town.cycle_id, product, Policy.PRO_RATA)
    choose_policy(town.coordinator, town.cycle_id, product, Policy.DRAW)
    decide_shares(town.depot, town.cycle_id)
    with pytest.raises(ConflictError):
        choose_policy(town.depot, town.cycle_id, product, Policy.FIRST_COME)
    work(share_out, town.cycle_id)
    choice = row("SELECT policy, chosen_by FROM shortage_choice")
    assert choice is not None
    assert (choice.policy, choice.chosen_by) == ("draw", town.coordinator.account_id)
    assert scalar("SELECT count(*) FROM allocation WHERE reason = 'not_drawn'") > 0


def test_nothing_is_decided_before_receiving_is_finished():
    town = bought()
    assert shortages_ahead(town.depot, town.cycle_id) == []
    with pytest.raises(ConflictError):
        decide_shares(town.depot, town.cycle_id)
    with pytest.raises(ConflictError):
        choose_policy(town.depot, town.cycle_id, town.offers["V001"].product_id, Policy.DRAW)


def test_nothing_is_chosen_for_what_is_not_short_and_for_another_community():
    town, other = counted(V001=4, V002=6), counted(V001=4)
    with pytest.raises(NotFoundError):
        choose_policy(town.depot, town.cycle_id, town.offers["V002"].product_id, Policy.DRAW)
    with pytest.raises(NotFoundError):
        choose_policy(other.depot, town.cycle_id, town.offers["V001"].product_id, Policy.DRAW)
    with pytest.raises(NotFoundError):
        decide_shares(other.depot, town.cycle_id)
    with pytest.raises(NotFoundError):
        shortages_ahead(other.depot, town.cycle_id)
