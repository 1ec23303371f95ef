"""Somebody else pays: what the cover pays follows what is owed, and those who needn't know see a paid order."""

from __future__ import annotations

import pytest

from supplyhub.db import execute, scalar, transaction
from supplyhub.delivery.commands import hand_back, record_doors
from supplyhub.delivery.queries import ticket_for
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import place_order
from supplyhub.payments.commands.covers import cover_order, end_cover
from supplyhub.payments.states import CoverSource, TakingAnswer
from supplyhub.people.states import Role
from tests.factories import Shop, an_account, asking, bearer
from tests.factories_depot import Town, a_walk
from tests.factories_money import money, on_account, orders_of, settled, taken

pytestmark = pytest.mark.usefixtures("database")

OWED = 480
HARDSHIP, DONATION = CoverSource.HARDSHIP, CoverSource.DONATION


def test_a_cover_pays_what_is_owed_and_gives_it_back_when_it_ends():
    walk = a_walk()
    who, (order, *_) = walk.town.coordinator, orders_of(walk.ticket)
    cover_order(who, order, HARDSHIP)
    cover_order(who, order, HARDSHIP)
    assert (money(order), on_account("cover")) == ((OWED, OWED, 0), OWED)
    assert scalar("SELECT count(*) FROM cover") == 1
    with pytest.raises(ConflictError):
        cover_order(who, order, DONATION)
    end_cover(who, order)
    end_cover(who, order)
    assert (money(order), on_account("cover")) == ((OWED, 0, OWED), 0)
    cover_order(who, order, DONATION)
    assert on_account("cover") == OWED


def test_a_cover_pays_only_what_the_household_did_not():
    walk = a_walk()
    order = orders_of(walk.ticket)[0]
    record_doors(walk.volunteer.asker, ticket_code=walk.ticket, takings=[taken(walk.stops[0].id, 100, less=True)])
    cover_order(walk.town.coordinator, order, HARDSHIP)
    assert (on_account("cover"), money(order)) == (OWED - 100, (OWED, OWED, 0))


def test_what_comes_back_takes_the_cover_back_and_nothing_is_refunded():
    walk = a_walk()
    order = orders_of(walk.ticket)[0]
    cover_order(walk.town.coordinator, order, HARDSHIP)
    codes = [stop.code for stop in walk.stops]
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=codes, unvisited=True)
    settled()
    assert (on_account("cover"), money(order)) == (0, (0, 0, 0))
    assert scalar("SELECT count(*) FROM refund") == 0


def test_a_cancelled_order_and_one_of_a_closed_cycle_are_not_covered():
    town = Town(homes=2)
    town.everybody_orders(V001=1)
    order = scalar("SELECT min(id) FROM orders")
    with transaction():
        execute("UPDATE orders SET state = 'cancelled', total_fen = 0 WHERE id = :o", o=order)
    with pytest.raises(ConflictError):
        cover_order(town.coordinator, order, HARDSHIP)
    other = scalar("SELECT max(id) FROM orders")
    town.close_by_hand()
    with pytest.raises(ConflictError):
        cover_order(town.coordinator, other, HARDSHIP)


def test_a_prepaid_order_holds_its_goods_for_good_while_it_is_covered_and_no_longer():
    shop = Shop()
    item, who = shop.item(), shop.coordinator()
    with transaction():
        execute("UPDATE menu SET pays_online = true, pays_on_delivery = false")
    total = 2 * item.price_fen
    placed = place_order(
        who, menu_id=shop.menu.id, household_id=shop.home.id, expected=None, lines=[Line(item.id, 2)], total_fen=total
    )
    order = placed.data["id"]
    assert scalar("SELECT hold_until IS NOT NULL FROM orders")
    cover_order(who, order, HARDSHIP)
    assert scalar("SELECT hold_until IS NULL FROM orders")
    assert (money(order), scalar("SELECT count(*) FROM paid_basket")) == ((total, total, 0), 1)
    end_cover(who, order)
    assert scalar("SELECT hold_until BETWEEN clock_timestamp() AND clock_timestamp() + interval '15 min' FROM orders")
    assert (money(order), scalar("SELECT count(*) FROM paid_basket")) == ((total, 0, total), 0)


def test_another_community_covers_nothing():
    walk = a_walk()
    with pytest.raises(NotFoundError):
        cover_order(Shop().coordinator(), orders_of(walk.ticket)[0], HARDSHIP)


def test_a_volunteer_finds_nothing_to_collect_as_for_a_paid_order():
    walk = a_walk()
    covered = orders_of(walk.ticket)[0]
    cover_order(walk.town.coordinator, covered, HARDSHIP)
    record_doors(walk.volunteer.asker, ticket_code=walk.ticket, takings=[taken(walk.stops[1].id, OWED)])
    first, second, _ = ticket_for(walk.volunteer.asker, walk.ticket).stops
    assert (first.collect_fen, second.collect_fen) == (0, 0)
    (found,) = record_doors(
        walk.volunteer.asker, ticket_code=walk.ticket, takings=[taken(walk.stops[0].id, OWED)]
    ).takings
    # Its phone may have been out of reach: what it says was taken is in the bag, and goes back.
    assert (found.answer, found.owed_fen, found.surplus_fen) == (TakingAnswer.APPLIED, 0, OWED)


def test_nobody_but_the_coordinator_reads_of_a_cover_in_the_api(client):
    """Every answer of the API that the others get is the same as without the cover."""
    walk = a_walk()
    town, covered = walk.town, orders_of(walk.ticket)[0]
    with transaction():
        execute("UPDATE cycle SET state = 'staging'")
    lead = an_account(town.community, Role.GRID_LEAD, grid=town.first.grid).id
    neighbour = scalar(
        "SELECT h.account_id FROM orders AS o JOIN household AS h ON h.id = o.household_id WHERE o.id <> :o LIMIT 1",
        o=covered,
    )
    askers = [walk.volunteer.asker.account_id, lead, town.depot.account_id, neighbour]
    cover_order(town.coordinator, covered, HARDSHIP)
    headers = {account: bearer(account) for account in askers}
    addresses = [
        f"/api/v1/tickets/{walk.ticket}",
        "/api/v1/tickets",
        f"/api/v1/cycles/{town.cycle_id}",
        f"/api/v1/cycles/{town.cycle_id}/orders",
        f"/api/v1/orders/{covered}/payment",
        f"/api/v1/batches/{town.batch_of(town.first)}/parcels",
    ]
    for account in askers:
        for address in addresses:
            text = client.get(address, headers=headers[account]).text
            assert "cover" not in text.lower(), (asking(account).role, address)
            assert "hardship" not in text
