"""Applying a pasted chain: only the difference becomes orders, whatever is pasted again."""

from __future__ import annotations

from time import process_time

import pytest

from supplyhub.catalog.models import MenuItem
from supplyhub.catalog.queries import items_of
from supplyhub.catalog.relay import relay_text
from supplyhub.catalog.states import MenuState
from supplyhub.db import db, execute, rows, scalar, transaction
from supplyhub.errors import InvalidError, NotAllowedError, NotFoundError
from supplyhub.ordering import commands
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.relay.applying import apply_relay, preview_relay
from supplyhub.ordering.relay.planning import Fate
from supplyhub.ordering.relay.sheets import LONGEST_RELAY, SKIP, Fix
from supplyhub.ordering.states import Consent, EntryKind
from tests.commands.chain import NAMES, VAULT, Chain, books, fates
from tests.drill import in_the_drill
from tests.factories import DELIVERY_DAY, Shop, a_building, a_grid, a_household
from tests.statements import statements

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def chain() -> Chain:
    return Chain()


def test_a_first_paste_orders_for_every_door_and_says_that_it_came_by_relay(chain):
    sheet = chain.paste((chain.a, "大白菜2 土豆1"), (chain.b, "鸡蛋1"))
    assert fates(sheet) == {chain.a.id: Fate.PLACED, chain.b.id: Fate.PLACED}
    assert chain.order(chain.a) == {"大白菜": 2, "土豆": 1}
    assert chain.order(chain.b) == {"鸡蛋": 1}
    assert rows("SELECT DISTINCT channel, account_id FROM proxy_order") == [("relay", chain.lead.account_id)]


def test_a_preview_writes_nothing_and_says_the_same(chain):
    text = chain.text((chain.a, "大白菜2"), (chain.b, "鸡蛋1"))
    before = books()
    sheet = preview_relay(chain.lead, chain.shop.menu.id, text, vault=VAULT)
    assert books() == before
    assert fates(sheet) == fates(chain.apply(text))


def test_the_same_paste_again_changes_nothing_at_all(chain):
    first = [(chain.a, "大白菜2"), (chain.b, "鸡蛋1"), (chain.a, "再加土豆1")]
    chain.paste(*first)
    before = books()
    sheet = chain.paste(*first)
    assert set(fates(sheet).values()) == {Fate.SAME}
    assert books() == before


def test_spaces_and_wide_signs_make_no_new_entry(chain):
    chain.apply(f"1. {chain.door(chain.a)} 大白菜2")
    before = books()
    chain.apply(f"1. {chain.door(chain.a)}   大白菜２\u200f\r\n")
    assert books() == before


def test_a_longer_paste_applies_only_what_is_new(chain):
    chain.paste((chain.a, "大白菜2"), (chain.b, "鸡蛋1"))
    sheet = chain.paste((chain.a, "大白菜2"), (chain.b, "鸡蛋1"), (chain.a, "再加土豆1"), (chain.c, "土豆3"))
    assert fates(sheet) == {chain.a.id: Fate.CHANGED, chain.b.id: Fate.SAME, chain.c.id: Fate.PLACED}
    assert chain.order(chain.a) == {"大白菜": 2, "土豆": 1}
    assert scalar("SELECT version FROM orders WHERE household_id = :home", home=chain.b.id) == 1


def test_a_shorter_paste_cancels_nothing(chain):
    chain.paste((chain.a, "大白菜2"), (chain.b, "鸡蛋1"))
    before = books()
    sheet = chain.paste((chain.a, "大白菜2"))
    assert books() == before
    assert list(sheet.doors) == [chain.a.id]


def test_the_end_of_a_chain_alone_is_added_to_what_is_known(chain):
    chain.paste((chain.a, "大白菜2"), (chain.b, "鸡蛋1"))
    sheet = chain.paste((chain.a, "再加土豆1"), first=3)
    assert chain.order(chain.a) == {"大白菜": 2, "土豆": 1}
    assert sheet.doors[chain.a.id].unseen == [1]


def test_an_entry_edited_in_place_replaces_what_it_said(chain):
    chain.paste((chain.a, "大白菜2"), (chain.b, "鸡蛋1"))
    chain.paste((chain.a, "大白菜1 土豆3"), (chain.b, "鸡蛋1"))
    assert chain.order(chain.a) == {"大白菜": 1, "土豆": 3}
    assert scalar("SELECT count(*) FROM relay_entry WHERE household_id = :home", home=chain.a.id) == 1


def test_entries_renumbered_after_a_deletion_are_not_added_twice(chain):
    chain.paste((chain.a, "大白菜2"), (chain.b, "鸡蛋1"), (chain.c, "土豆2"))
    chain.paste((chain.b, "鸡蛋1"), (chain.c, "土豆3"))
    assert (chain.order(chain.a), chain.order(chain.b), chain.order(chain.c)) == (
        {"大白菜": 2},
        {"鸡蛋": 1},
        {"土豆": 3},
    )
    before = books()
    chain.paste((chain.b, "鸡蛋1"), (chain.c, "土豆3"))
    assert books() == before


def test_two_entries_with_the_same_words_count_twice_and_no_third_time(chain):
    twice = [(chain.a, "土豆1"), (chain.b, "鸡蛋1"), (chain.a, "土豆1")]
    chain.paste(*twice)
    assert chain.order(chain.a) == {"土豆": 2}
    chain.paste(*twice)
    assert chain.order(chain.a) == {"土豆": 2}


def test_a_replacement_and_a_withdrawal_are_applied(chain):
    first = [(chain.a, "大白菜2 土豆1"), (chain.b, "鸡蛋1")]
    chain.paste(*first)
    sheet = chain.paste(*first, (chain.a, "大白菜改成3"), (chain.b, "取消"))
    assert fates(sheet) == {chain.a.id: Fate.CHANGED, chain.b.id: Fate.CANCELLED}
    assert (chain.order(chain.a), chain.order(chain.b)) == ({"大白菜": 3, "土豆": 1}, None)
    before = books()
    chain.paste(*first, (chain.a, "大白菜改成3"), (chain.b, "取消"))
    assert books() == before
    chain.paste(*first, (chain.a, "大白菜改成3"), (chain.b, "取消"), (chain.b, "土豆1"))
    assert chain.order(chain.b) == {"土豆": 1}


def test_a_withdrawal_by_a_door_without_order_does_nothing(chain):
    before = books()
    assert fates(chain.paste((chain.a, "取消"))) == {chain.a.id: Fate.NOTHING}
    assert books() == before


def test_what_was_changed_on_the_web_since_stays_until_somebody_says_otherwise(chain):
    first = [(chain.a, "大白菜2")]
    chain.paste(*first)
    chain.on_the_web(chain.a, 1, 鸡蛋=3)
    before = books()
    assert fates(chain.paste(*first)) == {chain.a.id: Fate.WEB}
    longer = [*first, (chain.a, "再加土豆1")]
    assert fates(chain.paste(*longer)) == {chain.a.id: Fate.WEB}
    assert books() == before
    assert fates(chain.paste(*longer, taken={chain.a.id})) == {chain.a.id: Fate.CHANGED}
    assert chain.order(chain.a) == {"大白菜": 2, "土豆": 1}
    assert fates(chain.paste(*longer)) == {chain.a.id: Fate.SAME}


def test_a_door_that_ordered_on_the_web_before_keeps_its_order(chain):
    chain.on_the_web(chain.a, None, 鸡蛋=3)
    sheet = chain.paste((chain.a, "大白菜2"), (chain.b, "大白菜2"))
    assert fates(sheet) == {chain.a.id: Fate.WEB, chain.b.id: Fate.PLACED}
    assert chain.order(chain.a) == {"鸡蛋": 3}


def test_a_web_order_of_the_same_things_is_taken_over_as_it_is(chain):
    chain.on_the_web(chain.a, None, 鸡蛋=3)
    assert fates(chain.paste((chain.a, "鸡蛋3"))) == {chain.a.id: Fate.SAME}
    chain.paste((chain.a, "鸡蛋3"), (chain.a, "再加土豆1"))
    assert chain.order(chain.a) == {"鸡蛋": 3, "土豆": 1}


def test_what_a_household_said_for_too_little_survives_the_chain(chain):
    item = chain.items["鸡蛋"].id
    commands.place_order(
        chain.shop.resident(chain.a),
        menu_id=chain.shop.menu.id,
        household_id=chain.a.id,
        expected=None,
        lines=[Line(item, 1, Consent.CALL, most=3)],
        total_fen=480,
        note="放门口",
    )
    chain.paste((chain.a, "鸡蛋1"), (chain.a, "再加土豆1"))
    assert scalar("SELECT consent FROM order_line WHERE item_id = :item AND most = 3", item=item) == Consent.CALL
    assert scalar("SELECT note FROM orders") == "放门口"


def test_too_little_left_is_answered_by_door_and_tried_again_next_time(chain):
    chain.paste((chain.a, "土豆1"))
    db.session.get_one(MenuItem, chain.items["大白菜"].id).offered = 3
    db.session.commit()
    more = [(chain.a, "土豆1"), (chain.b, "大白菜2"), (chain.c, "大白菜2 土豆1")]
    seen = preview_relay(chain.lead, chain.shop.menu.id, chain.text(*more), vault=VAULT)
    sheet = chain.paste(*more)
    assert fates(sheet) == fates(seen) == {chain.a.id: Fate.SAME, chain.b.id: Fate.PLACED, chain.c.id: Fate.SHORT}
    assert [lack["left"] for lack in sheet.doors[chain.c.id].lacks.sold_out] == [1]
    assert chain.order(chain.c) is None
    db.session.get_one(MenuItem, chain.items["大白菜"].id).offered = 9
    db.session.commit()
    assert fates(chain.paste(*more))[chain.c.id] == Fate.PLACED


def test_entries_above_the_cap_in_all_are_not_applied(chain):
    sheet = chain.paste((chain.a, "大白菜3"), (chain.b, "土豆1"), (chain.a, "再加大白菜3"))
    assert chain.order(chain.b) == {"土豆": 1}
    assert (chain.order(chain.a) or {}).get("大白菜", 0) <= 5
    assert sheet.waiting or sheet.doors[chain.a.id].fate == Fate.SHORT


def test_what_is_not_certain_waits_and_orders_nothing(chain):
    text = f"1. {chain.door(chain.a)} 大白菜1\n2. 楼上陈姐 家里没菜了 随便来点"
    sheet = chain.apply(text)
    assert [row.entry.number for row in sheet.waiting] == [2]
    assert scalar("SELECT count(*) FROM orders") == 1


def test_an_entry_that_somebody_fixed_is_applied_and_known_again(chain):
    text = f"1. {chain.door(chain.a)} 大白菜1\n2. 楼上陈姐 家里没菜了 随便来点"
    fixed = {2: Fix(chain.b.id, EntryKind.ADD, {chain.items["土豆"].id: 2})}
    chain.apply(text, fixes=fixed)
    assert chain.order(chain.b) == {"土豆": 2}
    before = books()
    assert not chain.apply(text).waiting
    assert not chain.apply(text, fixes=fixed).waiting
    assert books() == before
    chain.apply(text, fixes={2: Fix(chain.c.id, EntryKind.ADD, {chain.items["土豆"].id: 1})})
    assert (chain.order(chain.b), chain.order(chain.c)) == (None, {"土豆": 1})


def test_an_entry_typed_again_is_read_and_one_left_out_does_nothing(chain):
    text = "1. 楼上陈姐 来两斤\n2. 楼下小王 随便"
    sheet = chain.apply(text, fixes={1: f"{chain.door(chain.a)} 土豆2", 2: SKIP})
    assert (chain.order(chain.a), sheet.waiting) == ({"土豆": 2}, [])
    again = chain.apply(text, fixes={2: "谁知道呢 随便"})
    assert [row.entry.place for row in again.waiting] == [2]
    assert again.waiting[0].tried is not None


def test_a_sure_entry_typed_again_without_being_clear_waits(chain):
    sheet = chain.paste((chain.a, "大白菜1"), fixes={1: "说不清"})
    assert len(sheet.waiting) == 1
    assert chain.order(chain.a) is None


@pytest.mark.parametrize("fix", ["door", "item", "place"])
def test_a_fix_that_cannot_be_is_refused_as_a_whole(chain, fix):
    stranger = a_household(a_building(a_grid(chain.shop.community)))
    item = chain.items["土豆"].id
    given = {
        "door": {1: Fix(stranger.id, EntryKind.ADD, {item: 1})},
        "item": {1: Fix(chain.a.id, EntryKind.ADD, {item + 1000: 1})},
        "place": {9: SKIP},
    }[fix]
    with pytest.raises(InvalidError):
        chain.paste((chain.a, "大白菜1"), fixes=given)
    assert scalar("SELECT count(*) FROM orders") == 0


def test_a_closed_menu_takes_nothing_and_says_so(chain):
    chain.shop.menu.state = MenuState.CLOSED
    db.session.commit()
    text = chain.text((chain.a, "大白菜1"))
    assert fates(preview_relay(chain.lead, chain.shop.menu.id, text, vault=VAULT)) == {chain.a.id: Fate.CLOSED}
    assert fates(chain.apply(text)) == {chain.a.id: Fate.CLOSED}
    assert scalar("SELECT count(*) FROM relay_entry") == 0


def test_an_item_withdrawn_since_is_no_change_of_the_households(chain):
    chain.paste((chain.a, "大白菜2 土豆1"))
    item = chain.items["土豆"].id
    db.session.execute(
        db.text(
            "WITH l AS (DELETE FROM order_line WHERE item_id = :item) "
            "UPDATE orders SET version = version + 1, total_fen = 960"
        ),
        {"item": item},
    )
    db.session.execute(
        db.text("UPDATE menu_item SET reserved = 0, withdrawn_at = now() WHERE id = :item"), {"item": item}
    )
    db.session.commit()
    sheet = chain.paste((chain.a, "大白菜2 土豆1"), (chain.a, "再加鸡蛋1"))
    assert fates(sheet) == {chain.a.id: Fate.CHANGED}
    assert chain.order(chain.a) == {"大白菜": 2, "鸡蛋": 1}
    assert sheet.doors[chain.a.id].ended == [item]


def test_another_grids_chain_orders_nothing(chain):
    stranger = a_household(a_building(a_grid(chain.shop.community)))
    sheet = chain.apply(f"1. {stranger.building_id}999-1-{stranger.door} 大白菜1")
    assert len(sheet.waiting) == 1
    assert scalar("SELECT count(*) FROM orders") == 0


def test_a_lead_of_another_grid_and_a_resident_apply_nothing(chain):
    with pytest.raises(NotFoundError):
        apply_relay(Shop(chain.shop.community).lead(), chain.shop.menu.id, "1. 1-1-101 土豆1", vault=VAULT)
    with pytest.raises(NotAllowedError):
        apply_relay(chain.shop.resident(), chain.shop.menu.id, "1. 1-1-101 土豆1", vault=VAULT)


def test_a_coordinator_may_apply(chain):
    text = chain.text((chain.a, "大白菜1"))
    apply_relay(chain.shop.coordinator(), chain.shop.menu.id, text, vault=VAULT)
    assert chain.order(chain.a) == {"大白菜": 1}


def test_a_text_that_is_no_relay_in_size_is_refused(chain):
    with pytest.raises(InvalidError) as caught:
        chain.apply("一" * (LONGEST_RELAY + 1))
    assert caught.value.data["longest"] == LONGEST_RELAY


def test_names_and_phones_are_kept_nowhere(chain):
    chain.apply(f"1. {chain.door(chain.a)} 大白菜1")
    chain.apply(f"1. {chain.door(chain.a)} 小刘 19900000638 大白菜1\n2. 欧阳小丽 土豆2")
    kept = str(rows("SELECT CAST(r AS text) FROM relay_entry AS r")) + str(
        rows("SELECT CAST(r AS text) FROM relay_basket AS r")
    )
    assert "刘" not in kept
    assert "0638" not in kept


@pytest.mark.parametrize("draw", [False, True])
def test_the_posted_text_on_top_of_a_chain_is_heading_and_its_numbers_are_read(chain, draw):
    posted = relay_text(
        grid_name=chain.shop.grid.name,
        delivery_on=DELIVERY_DAY,
        cutoff_at=chain.shop.menu.cutoff_at,
        items=items_of(chain.shop.menu.id),
        link="https://hub.example/menu",
        draw=draw,
    )
    number = chain.items["土豆"].position
    sheet = chain.apply(f"{posted}\n\n1. {chain.door(chain.a)} 大白菜1\n2. {chain.door(chain.b)} {number}号2份")
    assert (len(sheet.rows), sheet.waiting, sheet.reading.warnings) == (2, [], ())
    assert (chain.order(chain.a), chain.order(chain.b)) == ({"大白菜": 1}, {"土豆": 2})


def entries(chain: Chain, floors: int, *, turns: int = 5) -> str:
    """Return a chain of doors that write one after the other, each as often as there are turns."""
    homes = [
        a_household(chain.shop.building, unit=unit, door=f"{floor}02")
        for unit in range(2, 7)
        for floor in range(1, floors + 1)
    ]
    for item in chain.items.values():
        item.offered = 10_000
    db.session.commit()
    names = [*NAMES, *NAMES]
    return chain.text(*((home, f"{names[turn]}1") for turn in range(turns) for home in homes))


@pytest.mark.parametrize("floors", [1, 20])
def test_five_hundred_entries_take_as_many_statements_as_a_few(chain, floors):
    text = entries(chain, floors)
    with statements() as made:
        sheet = chain.apply(text)
    assert (len(sheet.rows), len(sheet.fated(Fate.PLACED))) == (25 * floors, 5 * floors)
    assert len(made) == 15


@in_the_drill
def test_five_hundred_entries_are_applied_within_two_seconds(chain):
    text = entries(chain, 20)
    began = process_time()
    chain.apply(text)
    assert process_time() - began < 2


def test_after_the_cutoff_the_chain_orders_late_items_only(chain):
    with transaction():
        execute(
            "UPDATE menu SET cutoff_at = clock_timestamp(), late_until = clock_timestamp() + interval '1 hour' WHERE id = :menu",
            menu=chain.shop.menu.id,
        )
        execute(
            "UPDATE menu_item SET late_until = (SELECT late_until FROM menu WHERE id = menu_id) WHERE id = :item",
            item=chain.items["鸡蛋"].id,
        )
    text = chain.text((chain.a, "大白菜2 鸡蛋1"), (chain.b, "鸡蛋1"))
    for do in (preview_relay, apply_relay):
        sheet = do(chain.lead, chain.shop.menu.id, text, vault=VAULT)
        assert fates(sheet) == {chain.a.id: Fate.CLOSED, chain.b.id: Fate.PLACED}
    assert (chain.order(chain.a), chain.order(chain.b)) == (None, {"鸡蛋": 1})
