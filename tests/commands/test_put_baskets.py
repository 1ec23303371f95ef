"""Many baskets in one call: each whole or not at all, as if they had come one after the other."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.catalog.states import MenuMode
from supplyhub.db import db, execute, rows, scalar, transaction
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.putting import Basket, Put, put_baskets
from supplyhub.ordering.queries import order_of
from supplyhub.ordering.states import ORDER_MOVES, Channel, Consent, OrderState
from tests.factories import Shop

if TYPE_CHECKING:
    from supplyhub.catalog.models import MenuItem

pytestmark = pytest.mark.usefixtures("database")


def put(*baskets: Basket) -> list[Put]:
    """Put baskets and commit."""
    with transaction():
        return put_baskets(baskets)


def basket(shop: Shop, home: Any, *lines: Line, **values: Any) -> Basket:
    """Return a household's basket at the price of now."""
    given = {"expected": None, "lines": lines} | values
    return Basket(shop.menu.id, home.id, home.account_id, **given)


def counted(shop: Shop) -> list[tuple[int, int]]:
    """Return reserved and live units of each item."""
    return [
        (item.reserved, item.units)
        for item in rows(
            """SELECT i.reserved, coalesce(sum(l.quantity), 0) AS units FROM menu_item AS i
               LEFT JOIN order_line AS l ON l.item_id = i.id WHERE i.menu_id = :menu GROUP BY i.id ORDER BY i.id""",
            menu=shop.menu.id,
        )
    ]


def test_each_is_answered_by_itself_in_the_order_given():
    shop = Shop()
    item, scarce = shop.item(), shop.item(offered=1)
    homes = [shop.another_home() for _ in range(5)]
    outcomes = put(
        basket(shop, homes[0], Line(scarce.id, 1)),
        basket(shop, homes[1], Line(item.id, 1), Line(scarce.id, 1)),
        basket(shop, homes[2], Line(item.id, 99)),
        basket(shop, homes[3], Line(item.id, 2)),
        basket(shop, homes[4]),
    )
    assert [one.outcome for one in outcomes] == ["placed", "short", "short", "placed", "nothing_to_cancel"]
    assert outcomes[1].data["sold_out"] == [{"item": scarce.id, "asked": 1, "left": 0}]
    assert outcomes[2].data["over_cap"] == [{"item": item.id, "asked": 99, "cap": 10}]
    assert counted(shop) == [(2, 2), (1, 1)]


def test_a_basket_that_fits_no_longer_leaves_its_units_to_those_behind():
    shop = Shop()
    first, second = shop.item(offered=2), shop.item(offered=2)
    homes = [shop.another_home() for _ in range(3)]
    outcomes = put(
        basket(shop, homes[0], Line(first.id, 2)),
        basket(shop, homes[1], Line(first.id, 1), Line(second.id, 2)),
        basket(shop, homes[2], Line(second.id, 2)),
    )
    assert [one.outcome for one in outcomes] == ["placed", "short", "placed"]
    assert counted(shop) == [(2, 2), (2, 2)]


def test_units_given_back_in_a_call_are_there_for_those_who_come_next():
    shop = Shop()
    item = shop.item(offered=5)
    homes = [shop.another_home() for _ in range(2)]
    put(basket(shop, homes[0], Line(item.id, 5)))
    assert put(basket(shop, homes[0], Line(item.id, 2), expected=1))[0].outcome == "changed"
    assert put(basket(shop, homes[1], Line(item.id, 3)))[0].outcome == "placed"
    assert put(basket(shop, homes[0], expected=2))[0].outcome == "cancelled"
    assert counted(shop) == [(3, 3)]


def some_lines(chance: random.Random, items: list[int], *, fewest: int) -> list[Line]:
    """Return lines that somebody may ask for."""
    chosen = chance.sample(items, chance.randint(fewest, len(items)))
    return [Line(item, chance.randint(1, 6)) for item in chosen]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_put_together_again_and_again_the_books_are_right(seed):
    shop, chance = Shop(), random.Random(seed)
    items = [shop.item(offered=chance.randint(1, 12), cap=6).id for _ in range(4)]
    homes = [shop.another_home() for _ in range(12)]
    versions: dict[int, int] = {}
    for _ in range(6):
        some = chance.sample(homes, chance.randint(1, 12))
        answers = put(
            *(basket(shop, home, *some_lines(chance, items, fewest=0), expected=versions.get(home.id)) for home in some)
        )
        versions |= {
            home.id: answer.data["version"] for home, answer in zip(some, answers, strict=True) if answer.written
        }
        assert all(reserved == units for reserved, units in counted(shop))
        refused = [short for answer in answers if answer.outcome == "short" for short in answer.data["sold_out"]]
        assert all(short["asked"] > short["left"] for short in refused)


@pytest.mark.parametrize("seed", range(4))
def test_nobody_is_refused_what_is_left_at_the_end(seed):
    shop, chance = Shop(), random.Random(seed)
    items = [shop.item(offered=chance.randint(4, 30), cap=6).id for _ in range(4)]
    baskets = [basket(shop, shop.another_home(), *some_lines(chance, items, fewest=1)) for _ in range(14)]
    answers = put(*baskets)
    left = {item.id: item.offered - item.reserved for item in rows("SELECT id, offered, reserved FROM menu_item")}
    for asked, answer in zip(baskets, answers, strict=True):
        fits = all(left[line.item] >= line.quantity for line in asked.lines)
        assert answer.outcome == "placed" or (answer.outcome == "short" and not fits)
    assert {"placed", "short"} == {answer.outcome for answer in answers}


def test_a_first_basket_that_is_sent_again_does_not_bring_back_what_was_cancelled():
    shop = Shop()
    item = shop.item()
    first = basket(shop, shop.home, Line(item.id, 1))
    put(first)
    put(basket(shop, shop.home, expected=1))
    assert put(first)[0].outcome == "stale"
    assert put(basket(shop, shop.home, Line(item.id, 1), expected=2))[0].outcome == "placed"


def test_a_household_stands_once_in_a_call():
    shop = Shop()
    with pytest.raises(ValueError, match="once"):
        put_baskets([basket(shop, shop.home), basket(shop, shop.home)])


def test_no_basket_is_no_answer():
    assert put() == []


def test_what_to_do_when_too_little_comes_is_kept_with_the_line():
    shop = Shop()
    item, other = shop.item(), shop.item()
    put(basket(shop, shop.home, Line(item.id, 2, Consent.SUBSTITUTE, other.id)))
    assert put(basket(shop, shop.home, Line(item.id, 2, Consent.SUBSTITUTE, other.id)))[0].outcome == "unchanged"
    answer = put(basket(shop, shop.home, Line(item.id, 2, Consent.REFUND), expected=1))[0]
    assert answer.outcome == "changed"
    order = order_of(shop.resident(), shop.menu.id, shop.home.id)
    assert order
    assert [(line["consent"], line["substitute"]) for line in order["lines"]] == [("refund", None)]
    assert counted(shop) == [(2, 2), (0, 0)]


def test_a_substitute_of_another_menu_is_refused():
    shop, elsewhere = Shop(), Shop()
    item, other = shop.item(), elsewhere.item()
    answer = put(basket(shop, shop.home, Line(item.id, 1, Consent.SUBSTITUTE, other.id)))[0]
    assert (answer.outcome, answer.data["items"]) == ("unknown_items", [item.id])


def test_an_item_that_was_withdrawn_is_named():
    shop = Shop()
    item, gone = shop.item(), shop.item()
    with transaction():
        execute("UPDATE menu_item SET withdrawn_at = now() WHERE id = :id", id=gone.id)
    answer = put(basket(shop, shop.home, Line(item.id, 1), Line(gone.id, 1)))[0]
    assert (answer.outcome, answer.data["withdrawn"]) == ("short", [gone.id])
    answer = put(basket(shop, shop.home, Line(item.id, 1, Consent.SUBSTITUTE, gone.id)))[0]
    assert (answer.outcome, answer.data["withdrawn"]) == ("short", [gone.id])


def test_an_ask_in_a_draw_reserves_nothing_and_keeps_to_the_cap():
    shop = Shop()
    item = shop.item(offered=1, cap=3)
    shop.menu.mode = MenuMode.DRAW
    db.session.commit()
    homes = [shop.another_home() for _ in range(3)]
    outcomes = put(*(basket(shop, home, Line(item.id, units)) for home, units in zip(homes, (3, 2, 4), strict=True)))
    assert [one.outcome for one in outcomes] == ["placed", "placed", "short"]
    assert counted(shop) == [(0, 5)]
    assert put(basket(shop, homes[0], expected=1))[0].outcome == "cancelled"
    assert counted(shop) == [(0, 2)]


def test_who_entered_an_order_for_somebody_and_how_is_on_record():
    shop = Shop()
    item, lead = shop.item(), shop.lead()
    for channel, expected in ((Channel.PHONE, None), (Channel.WEB, 1), (Channel.RELAY, 2)):
        units = (expected or 0) + 1
        by = Basket(shop.menu.id, shop.home.id, lead.account_id, expected, [Line(item.id, units)], channel=channel)
        assert put(by)[0].written
    found = rows("SELECT version, account_id, channel FROM proxy_order ORDER BY version")
    assert [tuple(one) for one in found] == [(1, lead.account_id, "phone"), (3, lead.account_id, "relay")]


MOVES = {"place": "placed", "change": "changed", "cancel": "cancelled"}


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("name", MOVES)
def test_the_states_of_an_order_move_as_the_table_says(state, name):
    shop = Shop()
    item: MenuItem = shop.item()
    version = put(basket(shop, shop.home, Line(item.id, 1)))[0].data["version"]
    if state == OrderState.CANCELLED:
        version = put(basket(shop, shop.home, expected=version))[0].data["version"]
    lines = [] if name == "cancel" else [Line(item.id, 2)]
    answer = put(basket(shop, shop.home, *lines, expected=version))[0]
    # Placing a placed order is changing it; the other way round the same.
    if (state, name) in ORDER_MOVES:
        assert (answer.outcome, answer.data["state"]) == (MOVES[name], ORDER_MOVES[state, name])
    else:
        assert answer.outcome != MOVES[name]
    assert scalar("SELECT state FROM orders WHERE household_id = :home", home=shop.home.id) in set(OrderState)
