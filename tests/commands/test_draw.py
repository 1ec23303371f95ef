"""A draw: its seed is promised before anybody asks; orders follow what was drawn, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.audit.commands import close_cycle
from supplyhub.audit.queries import audit
from supplyhub.catalog.commands import close_menu
from supplyhub.catalog.models import Menu
from supplyhub.catalog.states import MenuMode, MenuState
from supplyhub.db import db, execute, row, rows, scalar
from supplyhub.depot.commands import (
    ReceivedLine,
    cut_off_batch,
    finish_receiving,
    receive,
    send_purchase_order,
    share_out,
)
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.ordering.draw import slips as slip_codes
from supplyhub.ordering.draw.checking import check
from supplyhub.ordering.draw.commands import draw_menu, prepare_draw
from supplyhub.ordering.draw.queries import draw_for, my_draw, published_draw, slips_found
from supplyhub.ordering.draw.rules import seed_hash
from supplyhub.people.states import Role
from supplyhub.residents.models import AnchorHousehold
from tests.factories import Shop, a_badge, an_account, asking, in_care, saved
from tests.factories_depot import work
from tests.factories_draw import DrawShop

if TYPE_CHECKING:
    from supplyhub.ordering.models import Order

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def shop() -> DrawShop:
    return DrawShop()


def lines(order: Order) -> dict[int, int]:
    """Return an order's units by item."""
    return {
        line.item_id: line.quantity
        for line in rows("SELECT item_id, quantity FROM order_line WHERE order_id = :o", o=order.id)
    }


def fact(order: Order) -> Any:
    return row("SELECT state, total_fen, version FROM orders WHERE id = :o", o=order.id)


def test_the_seed_is_promised_before_the_menu_is_published_and_shown_after_the_draw(shop):
    item = shop.item(offered=1)
    shop.ask(**{f"i{item.id}": 1})
    promised = draw_for(shop.resident(), shop.menu.id)
    assert (promised["seed"], promised["stage"], len(promised["seed_hash"])) == (None, "asking", 64)
    shop.cut_off()
    assert draw_for(shop.resident(), shop.menu.id)["stage"] == "waiting"
    shop.draw()
    shown = draw_for(shop.resident(), shop.menu.id)
    assert shown["stage"] == "drawn"
    assert seed_hash(shown["seed"]).hex() == shown["seed_hash"] == promised["seed_hash"]


def test_a_promise_is_kept_when_it_is_asked_for_again_and_none_is_made_after_publishing(shop):
    menu = saved(db.session.get_one(Menu, shop.menu.id))
    before = scalar("SELECT seed_hash FROM draw")
    with pytest.raises(ConflictError):
        prepare_draw(shop.coordinator(), menu.id, vault=shop.vault)
    menu.state = MenuState.DRAFT
    saved(menu)
    prepare_draw(shop.coordinator(), menu.id, vault=shop.vault)
    assert scalar("SELECT seed_hash FROM draw") == before


def test_a_first_come_menu_gets_no_promise_and_no_draw():
    shop = Shop()
    shop.menu.state = MenuState.DRAFT
    saved(shop.menu)
    prepare_draw(shop.coordinator(), shop.menu.id, vault=None)  # type: ignore[arg-type]
    assert scalar("SELECT count(*) FROM draw") == 0
    with pytest.raises(NotFoundError):
        draw_for(shop.coordinator(), shop.menu.id)


def test_only_who_leads_the_menu_prepares_its_draw(shop):
    other = Shop(community=shop.community)
    with pytest.raises(NotFoundError):
        prepare_draw(other.lead(), shop.menu.id, vault=shop.vault)


def test_orders_follow_what_was_drawn(shop):
    scarce, plenty = shop.item(offered=3, price_fen=500), shop.item(offered=50, price_fen=100)
    orders = [shop.ask(shop.another_home(), **{f"i{scarce.id}": 2, f"i{plenty.id}": 1}) for _ in range(4)]
    shop.cut_off()
    assert shop.draw()
    got = [lines(order).get(scarce.id, 0) for order in orders]
    assert sorted(got) == [0, 1, 1, 1]
    assert all(lines(order)[plenty.id] == 1 for order in orders)
    assert [fact(order) for order in orders] == [("placed", 100 + 500 * units, 2) for units in got]
    assert {found.id: found.reserved for found in rows("SELECT id, reserved FROM menu_item")} == {
        scarce.id: 3,
        plenty.id: 4,
    }
    shares = rows("SELECT asked, got, got_as_care FROM draw_share WHERE item_id = :i ORDER BY order_id", i=scarce.id)
    assert [tuple(share) for share in shares] == [(2, units, 0) for units in got]


def test_an_order_that_got_all_it_asked_for_keeps_its_version(shop):
    order = shop.ask(**{f"i{shop.item(offered=5).id}": 2})
    shop.cut_off()
    shop.draw()
    assert fact(order) == ("placed", 960, 1)


def test_an_order_that_got_nothing_stays_placed_without_lines(shop):
    order = shop.ask(**{f"i{shop.item(offered=0).id}": 2})
    shop.cut_off()
    shop.draw()
    assert lines(order) == {}
    assert fact(order) == ("placed", 0, 2)


def test_a_withdrawn_item_is_not_drawn(shop):
    item = shop.item(offered=5)
    execute("UPDATE menu_item SET withdrawn_at = now() WHERE id = :i", i=item.id)
    db.session.commit()
    shop.cut_off()
    shop.draw()
    assert scalar("SELECT count(*) FROM draw_item") == 0
    assert published_draw(shop.resident(), shop.menu.id)["items"] == []


def test_a_draw_is_drawn_once_and_not_while_asks_can_come(shop):
    shop.everybody_asks(shop.item(offered=2), 4)
    with pytest.raises(ConflictError, match="still takes orders"):
        shop.draw()
    shop.cut_off()
    assert [shop.draw(), shop.draw()] == [True, False]
    assert scalar("SELECT count(*) FROM draw_slip") == 4


def test_what_is_set_aside_goes_to_the_care_register_and_only_its_total_is_published():
    shop = DrawShop(care_percent=50)
    item = shop.item(offered=4, cap=3)
    looked_after = [shop.another_home() for _ in range(2)]
    for home in looked_after:
        in_care(home)
    mine = [shop.ask(home, **{f"i{item.id}": 2}) for home in looked_after]
    shop.everybody_asks(item, 20)
    shop.cut_off()
    shop.draw()
    assert all(lines(order)[item.id] >= 1 for order in mine)
    found = row("SELECT offered, asked, set_aside, given_to_care, given_by_draw FROM draw_item")
    assert (found.offered, found.asked, found.set_aside) == (4, 24, 2)
    assert found.given_to_care + found.given_by_draw == 4
    published = published_draw(shop.resident(), shop.menu.id)["items"][0]
    assert len(published["slips"]) == 24
    assert published["given_to_care"] == found.given_to_care


def test_who_left_the_care_register_before_the_draw_draws_like_everybody():
    shop = DrawShop(care_percent=100)
    item = shop.item(offered=1)
    case = in_care(shop.home)
    case.ended_at = case.created_at
    saved(case)
    shop.ask(**{f"i{item.id}": 1})
    shop.everybody_asks(item, 5)
    shop.cut_off()
    shop.draw()
    assert scalar("SELECT given_to_care FROM draw_item") == 0


def test_what_is_published_can_be_checked_by_anybody_and_the_laws_hold():
    shop = DrawShop(care_percent=30)
    items = [shop.item(offered=offered, cap=5) for offered in (0, 3, 7, 100)]
    for nth in range(9):
        home = shop.another_home()
        if nth % 3 == 0:
            in_care(home)
        shop.ask(home, **{f"i{item.id}": 1 + (nth + place) % 3 for place, item in enumerate(items)})
    promised = draw_for(shop.resident(), shop.menu.id)["seed_hash"]
    shop.cut_off()
    shop.draw()
    published = published_draw(shop.resident(), shop.menu.id)
    assert check(published, promised) == []
    assert [finding.first_rows for finding in audit() if finding.law.number == 1] == [[]]


def test_slips_are_known_as_soon_as_somebody_asks_and_stay_the_same():
    shop = DrawShop()
    item = shop.item(offered=1, cap=5)
    order = shop.ask(**{f"i{item.id}": 2})
    shop.everybody_asks(item, 3)
    before = my_draw(shop.resident(), order.id, vault=shop.vault)
    assert [(slip.round, slip.place, slip.won) for slip in before.lines[0].slips] == [
        (1, None, None),
        (2, None, None),
    ]
    shop.cut_off()
    shop.draw()
    after = my_draw(shop.resident(), order.id, vault=shop.vault)
    codes = [[slip.slip for slip in known.lines[0].slips] for known in (before, after)]
    assert codes[0] == codes[1]
    second = after.lines[0].slips[1]
    assert (second.won, after.lines[0].asked) == (False, 2)
    assert [found.place for found in slips_found(shop.menu.id, f" {second.slip.lower()} ")] == [second.place]


def test_a_household_learns_what_it_got_by_care_and_nobody_else_does():
    shop = DrawShop(care_percent=100)
    item = shop.item(offered=1)
    in_care(shop.home)
    order = shop.ask(**{f"i{item.id}": 1})
    shop.everybody_asks(item, 40)
    shop.cut_off()
    shop.draw()
    share = row("SELECT got, got_as_care FROM draw_share WHERE order_id = :o", o=order.id)
    assert share.got == 1
    assert my_draw(shop.resident(), order.id, vault=shop.vault).lines[0].as_care == share.got_as_care
    assert my_draw(shop.lead(), order.id, vault=shop.vault).lines[0].as_care is None
    anchor = shop.another_home()
    saved(AnchorHousehold(household_id=anchor.id, building_id=anchor.building_id, appointed_by=anchor.account_id))
    assert my_draw(shop.resident(anchor), order.id, vault=shop.vault) is None


def test_an_order_s_slips_are_not_for_strangers(shop):
    order = shop.ask(**{f"i{shop.item().id}": 1})
    other = Shop(community=shop.community)
    depot = asking(an_account(shop.community, Role.DEPOT).id)
    volunteer = asking(a_badge(shop.grid).account_id)
    for stranger in (shop.resident(shop.another_home()), other.lead(), depot, volunteer, DrawShop().coordinator()):
        with pytest.raises(NotFoundError):
            my_draw(stranger, order.id, vault=shop.vault)


def test_an_order_of_a_first_come_menu_has_no_part_in_a_draw(shop):
    order = shop.ask(**{f"i{shop.item().id}": 1})
    execute("UPDATE menu SET mode = :mode", mode=MenuMode.FIRST_COME)
    db.session.commit()
    assert my_draw(shop.resident(), order.id, vault=shop.vault) is None


def test_slips_that_begin_alike_stay_apart_on_the_list_and_on_the_order(shop, monkeypatch):
    order = shop.ask(**{f"i{(item := shop.item(offered=5)).id}": 1})
    shop.everybody_asks(item, 11)
    real = slip_codes.long_code

    def alike(*facts: Any) -> str:
        return "AAAAAAAA" + real(*facts)[8:]

    monkeypatch.setattr("supplyhub.ordering.draw.commands.long_code", alike)
    monkeypatch.setattr("supplyhub.ordering.draw.queries.long_code", alike)
    shop.cut_off()
    shop.draw()
    listed = {found.slip for found in rows("SELECT slip FROM draw_slip")}
    assert (len(listed), {len(slip) for slip in listed}) == (12, {12})
    assert my_draw(shop.resident(), order.id, vault=shop.vault).lines[0].slips[0].slip in listed
    assert len(slips_found(shop.menu.id, "AAAAAAAA")) == 12


def test_a_seed_that_is_not_the_promised_one_is_not_drawn_with(shop):
    execute("UPDATE draw SET seed_hash = :other", other=seed_hash("another"))
    db.session.commit()
    shop.cut_off()
    with pytest.raises(ConflictError, match="promised"):
        shop.draw()
    assert scalar("SELECT drawn_at FROM draw") is None


def test_there_is_nothing_to_draw_for_a_menu_without_a_promise():
    with pytest.raises(NotFoundError):
        work(lambda: draw_menu(Shop().menu.id, vault=None))  # type: ignore[arg-type]


def test_nothing_is_bought_before_the_draw(shop):
    shop.everybody_asks(shop.item(offered=2), 5)
    shop.cut_off()
    with pytest.raises(ConflictError, match="not drawn yet"):
        work(cut_off_batch, shop.cycle.id)
    assert scalar("SELECT state FROM cycle") == "ordering"


def test_closing_a_draw_menu_records_that_its_draw_is_due(shop):
    close_menu(shop.coordinator(), shop.menu.id)
    close_menu(shop.coordinator(), shop.menu.id)
    due = rows("SELECT payload FROM outbox WHERE topic = 'draw'")
    assert [found.payload for found in due] == [{"menu_id": shop.menu.id}]


def bought_and_shared(shop: DrawShop) -> None:
    """Draw, buy, receive what was bought and share it out."""
    shop.cut_off()
    shop.draw()
    work(cut_off_batch, shop.cycle.id)
    depot = asking(an_account(shop.community, Role.DEPOT).id)
    for line in rows("SELECT id, purchase_order_id, cases * case_size AS units FROM purchase_order_line"):
        send_purchase_order(depot, line.purchase_order_id)
        came = [ReceivedLine(line.id, line.units)]
        receive(depot, purchase_order_id=line.purchase_order_id, delivery_note="N-1", lines=came)
    finish_receiving(depot, shop.cycle.id)
    work(share_out, shop.cycle.id)


def test_what_was_drawn_is_bought_and_shared_and_who_drew_nothing_gets_no_parcel(shop):
    orders = shop.everybody_asks(shop.item(offered=3), 5)
    bought_and_shared(shop)
    assert scalar("SELECT sum(demand) FROM purchase_order_line") == 3
    parcels = {found.order_id for found in rows("SELECT order_id FROM parcel")}
    assert parcels == {order.id for order in orders if lines(order)}
    assert len(parcels) == 3
    assert scalar("SELECT count(*) FROM order_number") == 5
    assert [finding.first_rows for finding in audit() if finding.offending] == []


def test_a_cycle_in_which_nobody_drew_anything_closes_and_says_so(shop):
    shop.everybody_asks(shop.item(offered=0), 3)
    bought_and_shared(shop)
    close_cycle(shop.coordinator(), shop.cycle.id)
    assert [found.outcome for found in rows("SELECT outcome FROM order_outcome")] == ["nothing_came"] * 3
