"""Entries that somebody leaves out, and those that may be an earlier one moved: what the next paste makes of them."""

from __future__ import annotations

import pytest

from supplyhub.db import scalar
from supplyhub.ordering.relay.matching import Since
from supplyhub.ordering.relay.notes import Code
from supplyhub.ordering.relay.planning import Fate
from supplyhub.ordering.relay.sheets import SKIP
from tests.commands.chain import Chain, books, fates

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def chain() -> Chain:
    return Chain()


def test_what_was_left_out_stays_out_when_the_longer_chain_is_pasted(chain):
    first = [(chain.a, "大白菜2"), (chain.b, "鸡蛋1")]
    chain.paste(*first, fixes={2: SKIP})
    assert chain.order(chain.b) is None
    before = books()
    again = chain.paste(*first)
    assert [row.since for row in again.rows] == [Since.SAME, Since.SAME]
    assert books() == before
    chain.paste(*first, (chain.c, "土豆1"))
    assert (chain.order(chain.b), chain.order(chain.c)) == (None, {"土豆": 1})


def test_what_was_left_out_does_not_keep_its_door_from_ordering(chain):
    first = [(chain.a, "大白菜2"), (chain.b, "鸡蛋1")]
    chain.paste(*first, fixes={2: SKIP})
    chain.paste(*first, (chain.b, "土豆1"))
    assert chain.order(chain.b) == {"土豆": 1}


def test_leaving_out_an_entry_that_was_applied_takes_it_back(chain):
    first = [(chain.a, "大白菜2"), (chain.a, "再加土豆1"), (chain.b, "鸡蛋1")]
    chain.paste(*first)
    sheet = chain.paste(*first, fixes={2: SKIP, 3: SKIP})
    assert fates(sheet) == {chain.a.id: Fate.CHANGED, chain.b.id: Fate.CANCELLED}
    assert (chain.order(chain.a), chain.order(chain.b)) == ({"大白菜": 2}, None)
    before = books()
    chain.paste(*first)
    assert books() == before


def test_the_second_edits_after_the_first_has_left_the_chain(chain):
    chain.paste((chain.a, "大白菜1"), (chain.b, "土豆1"))
    chain.paste((chain.b, "土豆2"))
    assert (chain.order(chain.a), chain.order(chain.b)) == ({"大白菜": 1}, {"土豆": 2})


def test_an_entry_edited_and_moved_is_not_added(chain):
    chain.paste((chain.a, "大白菜1"), (chain.b, "土豆1"))
    chain.paste((chain.b, "土豆1"), (chain.a, "大白菜2"))
    assert chain.order(chain.a) == {"大白菜": 2}


def test_a_plain_entry_waits_while_its_doors_earlier_one_is_missing_until_somebody_says(chain):
    chain.paste((chain.a, "大白菜1"), (chain.b, "土豆1"))
    text = chain.text((chain.a, "大白菜2"), first=3)
    (row,) = chain.apply(text).rows
    assert (row.waits, row.entry.notes[-1].code) == (True, Code.EARLIER_MISSING)
    assert chain.order(chain.a) == {"大白菜": 1}
    chain.apply(text, fixes={1: f"{chain.door(chain.a)} 大白菜改成2"})
    assert chain.order(chain.a) == {"大白菜": 2}
    before = books()
    chain.apply(text)
    assert books() == before


def test_a_name_or_how_somebody_is_never_becomes_an_orders_note(chain):
    chain.paste((chain.a, "张三 王阿姨独居 大白菜1(老人行动不便,放门口)"), (chain.b, "张三 土豆1"))
    assert scalar("SELECT note FROM orders WHERE household_id = :home", home=chain.a.id) == "放门口"
    assert not scalar("SELECT note FROM orders WHERE household_id = :home", home=chain.b.id)
