"""Care packs: given from what was donated for care, carried by orders, packed and delivered with the rest, free."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from supplyhub.audit.commands import close_cycle
from supplyhub.audit.law import Verdict
from supplyhub.audit.queries import audit
from supplyhub.catalog.commands import close_menu
from supplyhub.catalog.platforms import platforms_for
from supplyhub.catalog.queries import items_of
from supplyhub.db import db, rows, scalar
from supplyhub.delivery.commands import claim_ticket, hand_back, hand_over, issue_tickets, record_entries
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.states import Problem, StopOutcome
from supplyhub.depot.commands import (
    Goods,
    Missing,
    Sender,
    accept,
    cut_off_batch,
    deal_with_parcel,
    finish_receiving,
    pack,
    share_out,
    write_off,
)
from supplyhub.depot.commands.accepting import Unheard
from supplyhub.depot.reasons import lines_with_reasons
from supplyhub.depot.states import Fate, LotPurpose, MoveReason, Place, ReceiptKind
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.help.commands.packing_up import Wish, decline_pack, give_packs, preview_packs
from supplyhub.help.pack_errors import NameTakenError, OtherPreviewError, TooLateError
from supplyhub.help.pack_stock import goods_for_care
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import cancel_order, decline, place_order
from supplyhub.ordering.queries import order_of, standing_counts
from supplyhub.ordering.shelf import lines_before, shelf_for
from supplyhub.ordering.states import Channel, Consent
from supplyhub.people.states import Role
from supplyhub.reports.labels import A4, Kind, labels_pdf
from supplyhub.residents.states import CareCategory
from tests.factories import an_account, an_anchor, asking
from tests.factories_depot import Town, a_volunteer, deal_with_returns, places, stops_of, work
from tests.factories_draw import DrawShop
from tests.factories_packs import (
    DONOR,
    VAULT,
    care_units,
    cared_for,
    donate,
    give,
    laid_in,
    order_of_home,
    promised,
    wish_of,
)
from tests.printed import texts_of

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def town(database) -> Town:
    """Return a town of two grids with three homes each; of each grid the first and the second are in the care register."""
    town = Town(grids=2, homes=3, skus=("V001", "V002"))
    for side in town.sides:
        cared_for(side.homes[0])
        cared_for(side.homes[1])
    return town


def broken() -> dict[int, object]:
    """Return the first rows of each law that is broken."""
    return {finding.law.number: finding.first_rows for finding in audit() if finding.verdict == Verdict.BROKEN}


def change(statement: str, **values: object) -> None:
    """Change rows behind the application's back."""
    db.session.execute(db.text(statement), values)
    db.session.commit()


def left_of(town: Town) -> dict[str, int]:
    return {goods.sku: goods.left for goods in goods_for_care(town.cycle_id)}


def deliver(town: Town) -> None:
    """Deliver every parcel of the cycle."""
    work(issue_tickets, town.cycle_id)
    for side in town.sides:
        volunteer = a_volunteer(side)
        for ticket in town.tickets(side):
            claim_ticket(volunteer.asker, ticket)
            hand_over(town.depot, ticket_code=ticket, badge_code=volunteer.badge_code)
            entries = [
                Entry(uuid4(), stop.id, StopOutcome.DELIVERED, None, datetime.now(UTC)) for stop in stops_of(ticket)
            ]
            record_entries(volunteer.asker, ticket_code=ticket, entries=entries)
            hand_back(town.depot, ticket_code=ticket, parcel_codes=[])


# A pack on its way


def test_from_the_donation_to_the_close_a_pack_goes_with_the_order_and_comes_alone_where_there_is_none(town):
    donate(town, V002=10)
    ordered, silent, _ = town.first.homes
    town.order(town.first, ordered, V001=3)
    give(town, V002=2)
    assert left_of(town) == {"V002": 2}
    town.share(V001=10)
    assert laid_in(ordered) == laid_in(silent) == {"V002": 2}
    assert broken() == {}
    own, alone = order_of_home(ordered), order_of_home(silent)
    assert (own.channel, own.total_fen, own.version) == (Channel.WEB, 3 * 480, 1)
    assert (alone.channel, alone.total_fen, alone.version) == (Channel.CARE_PACK, 0, 1)
    assert [
        line.sku
        for line in rows(
            "SELECT p.sku FROM purchase_order_line AS l JOIN offer AS f ON f.id = l.offer_id"
            " JOIN product AS p ON p.id = f.product_id"
        )
    ] == ["V001"]
    town.pack()
    assert care_units("packed") == 8
    deliver(town)
    assert care_units("delivered") == 8
    close_cycle(town.coordinator, town.cycle_id)
    assert broken() == {}
    outcomes = {found.outcome for found in rows("SELECT outcome FROM order_outcome")}
    assert outcomes == {"delivered"}
    assert places() == {"delivered": 11, "shelf": 9}


def test_labels_of_parcels_with_and_without_a_pack_say_the_same_and_all_have_their_number(town):
    donate(town, V002=10)
    town.everybody_orders(V001=1)
    alone = town.first.homes[1]
    cancel_order(town.coordinator, menu_id=town.first.menu.id, household_id=alone.id, expected=1)
    give(town, "过节的油", V002=1)
    town.share(V001=10)
    (sheet,) = texts_of(labels_pdf(town.depot, [town.batch_of(town.first)], kind=Kind.PARCELS, layout=A4))
    numbers = rows("SELECT number FROM order_number WHERE grid_id = :grid ORDER BY sequence", grid=town.first.grid.id)
    assert [found.number[-3:] for found in numbers] == ["001", "002", "003"]
    assert all(found.number in sheet for found in numbers)
    without = re.sub(r"[0-9A-Z]{6}|[0-9][0-9.\-]*", "#", sheet)
    assert not set("过节油爱心照顾送免") & set(sheet)
    assert without.count("第一网格") >= 1
    parcels = rows("SELECT bags, fragile FROM parcel WHERE grid_id = :grid", grid=town.first.grid.id)
    assert {(parcel.bags, parcel.fragile) for parcel in parcels} == {(1, False)}


def test_what_is_bought_of_the_same_product_is_bought_and_shared_for_itself(town):
    donate(town, V001=4)
    for home in town.first.homes:
        town.order(town.first, home, V001=2)
    give(town, V001=1)
    town.share(V001=3)
    shares = rows(
        "SELECT i.for_care, sum(a.allocated)::bigint AS got, sum(a.ordered)::bigint AS wanted FROM allocation AS a"
        " JOIN menu_item AS i ON i.id = a.item_id GROUP BY 1 ORDER BY 1"
    )
    assert [(line.for_care, line.got, line.wanted) for line in shares] == [(False, 3, 6), (True, 4, 4)]
    town.pack()
    assert broken() == {}
    wrong = (
        "SELECT count(*) FROM parcel_line AS l JOIN lot AS t ON t.id = l.lot_id JOIN menu_item AS i ON i.id = l.item_id"
        " WHERE (t.purpose = 'care') <> i.for_care"
    )
    assert scalar(wrong) == 0
    assert care_units("packed") == 4


def test_two_packs_with_the_same_goods_are_one_line_of_an_order(town):
    donate(town, V001=4, V002=20)
    give(town, "油", V002=1)
    give(town, "米和油", V001=1, V002=2)
    town.cut_off()
    assert laid_in(town.first.homes[0]) == {"V001": 1, "V002": 3}
    assert broken() == {}


# Who gets one


def test_fewer_packs_go_first_to_who_comes_first_then_by_grids(town):
    urgent = town.sides[1].homes[2]
    cared_for(urgent, priority=1)
    donate(town, V002=3)
    homes = promised(give(town, V002=1))
    assert urgent.id in homes
    grids = [found.grid_id for found in rows("SELECT grid_id FROM care_pack_share ORDER BY grid_id")]
    assert sorted(grids) == sorted([town.first.grid.id, town.sides[1].grid.id, town.sides[1].grid.id])


def test_nobody_outside_the_register_gets_one_nor_who_took_the_consent_back(town):
    outside = town.first.homes[2]
    cared_for(town.sides[1].homes[2], agreed=False)
    donate(town, V002=100)
    homes = promised(give(town, unasked=True, V002=1))
    assert len(homes) == 4
    assert outside.id not in homes


def test_who_was_never_asked_gets_one_only_where_a_coordinator_says_so(town):
    never = town.first.homes[2]
    cared_for(never, agreed=None)
    donate(town, V002=100)
    seen = preview_packs(town.coordinator, town.cycle_id, wish_of(town, V002=1), vault=VAULT)
    assert [(part.number, part.homes, part.packs, part.unasked) for part in seen.grids] == [(1, 2, 2, 1), (2, 2, 2, 0)]
    assert never.id not in promised(give(town, V002=1))
    assert never.id in promised(give(town, "再一次", unasked=True, V002=1))


def test_milk_powder_goes_to_the_category_it_is_for_and_each_entry_that_was_looked_for_says_so(town):
    mother = town.first.homes[2]
    case = cared_for(mother, CareCategory.PREGNANT_OR_INFANT)
    donate(town, V002=100)
    assert promised(give(town, category=CareCategory.PREGNANT_OR_INFANT, V002=1)) == [mother.id]
    read = rows("SELECT care_case_id, account_id, purpose FROM care_access")
    assert [tuple(entry) for entry in read] == [(case.id, town.coordinator.account_id, "care_pack")]


def test_a_preview_writes_nothing_and_says_what_the_giving_does(town):
    donate(town, V002=7)
    seen = preview_packs(town.coordinator, town.cycle_id, wish_of(town, V002=2), vault=VAULT)
    assert (seen.possible, seen.packs, seen.left) == (3, 3, {town.offers["V002"].product_id: 1})
    assert scalar("SELECT count(*) FROM care_pack") == scalar("SELECT count(*) FROM care_access") == 0
    pack_id = give(town, packs=3, V002=2)
    by_grid = {part.number: part.packs for part in seen.grids}
    found = rows(
        "SELECT g.number, count(*) AS packs FROM care_pack_share AS s JOIN grid AS g ON g.id = s.grid_id GROUP BY 1"
    )
    assert {part.number: part.packs for part in found} == by_grid
    assert len(promised(pack_id)) == 3


def test_what_changed_since_the_preview_is_said_and_nothing_is_given(town):
    donate(town, V002=4)
    write_off(town.depot, lot_of(LotPurpose.CARE), place=Place.INBOUND, quantity=1, reason=MoveReason.DAMAGED)
    with pytest.raises(OtherPreviewError) as caught:
        give(town, packs=4, V002=1)
    assert caught.value.data["packs"] == 3
    assert scalar("SELECT count(*) FROM care_pack") == 0


def lot_of(purpose: LotPurpose) -> int:
    return int(scalar("SELECT id FROM lot WHERE purpose = :purpose", purpose=purpose))


def test_a_giving_that_is_sent_twice_is_one_and_a_name_stands_once_a_cycle(town):
    donate(town, V002=100)
    key = uuid4()
    wish = wish_of(town, V002=1)
    first, again = (
        give_packs(town.coordinator, town.cycle_id, wish, name="油", key=key, vault=VAULT) for _ in range(2)
    )
    assert first == again
    assert left_of(town) == {"V002": 96}
    with pytest.raises(NameTakenError):
        give(town, "油", V002=1)


def test_a_pack_is_of_what_was_given_for_care_and_comes_to_somebody(town):
    with pytest.raises(InvalidError, match="nobody gave"):
        give(town, V001=1)
    donate(town, V002=1)
    with pytest.raises(InvalidError):
        give(town, V002=0)
    with pytest.raises(InvalidError):
        give(town, " ", V002=1)
    with pytest.raises(ConflictError, match="nobody would get"):
        give(town, V002=2)
    for role in (Role.DEPOT, Role.GRID_LEAD):
        somebody = asking(an_account(town.community, role, grid=town.first.grid).id)
        with pytest.raises(NotAllowedError):
            preview_packs(somebody, town.cycle_id, wish_of(town, V002=1), vault=VAULT)
        with pytest.raises(NotAllowedError):
            give_packs(somebody, town.cycle_id, wish_of(town, V002=1), name="油", key=uuid4(), vault=VAULT)
    stranger = asking(an_account(Town().community, Role.COORDINATOR).id)
    with pytest.raises(NotFoundError):
        give_packs(stranger, town.cycle_id, wish_of(town, V002=1), name="油", key=uuid4(), vault=VAULT)


# Before the cut-off, and after it


def test_a_household_that_cancels_its_own_order_gets_its_pack_all_the_same(town):
    donate(town, V002=4)
    home = town.first.homes[0]
    town.order(town.first, home, V001=1)
    give(town, V002=1)
    cancel_order(town.coordinator, menu_id=town.first.menu.id, household_id=home.id, expected=1)
    town.cut_off()
    order = order_of_home(home)
    assert (order.state, order.channel, order.total_fen) == ("placed", Channel.CARE_PACK, 0)
    assert laid_in(home) == {"V002": 1}
    assert broken() == {}


def test_a_pack_is_declined_until_the_cut_off_and_its_units_are_there_for_others(town):
    donate(town, V002=4)
    home = town.first.homes[0]
    pack_id = give(town, V002=1)
    resident = asking(home.account_id)
    for _ in range(2):
        decline_pack(resident, pack_id)
    assert left_of(town) == {"V002": 1}
    with pytest.raises(NotFoundError):
        decline_pack(asking(town.first.homes[2].account_id), pack_id)
    with pytest.raises(NotAllowedError):
        decline_pack(town.depot, pack_id, home.id)
    town.cut_off()
    assert laid_in(home) == {}
    assert scalar("SELECT count(*) FROM orders WHERE household_id = :home", home=home.id) == 0
    with pytest.raises(TooLateError):
        decline_pack(town.coordinator, pack_id, town.first.homes[1].id)
    assert broken() == {}


def test_who_said_that_nothing_is_needed_or_says_nothing_stays_that_and_gets_the_pack(town):
    donate(town, V002=4)
    no, silent = town.first.homes[:2]
    decline(town.coordinator, cycle_id=town.cycle_id, household_id=no.id)
    give(town, V002=1)
    town.cut_off()
    assert laid_in(no) == laid_in(silent) == {"V002": 1}
    assert standing_counts(town.coordinator, cycle_id=town.cycle_id) == {"ordered": 0, "declined": 1, "silent": 5}
    decline(town.coordinator, cycle_id=town.cycle_id, household_id=silent.id)
    assert standing_counts(town.coordinator, cycle_id=town.cycle_id) == {"ordered": 0, "declined": 2, "silent": 4}
    assert broken() == {}


def test_who_moved_out_or_took_the_consent_back_meanwhile_is_dropped_at_the_cut_off(town):
    donate(town, V002=4)
    gone, unwilling, stays = town.first.homes[0], town.first.homes[1], town.sides[1].homes[0]
    pack_id = give(town, V002=1)
    change("UPDATE household SET active = false WHERE id = :home", home=gone.id)
    (case,) = rows("SELECT id FROM care_case WHERE household_id = :home", home=unwilling.id)
    change("UPDATE care_consent SET withdrawn_on = CURRENT_DATE WHERE case_id = :case", case=case.id)
    town.cut_off()
    assert promised(pack_id) == [stays.id, town.sides[1].homes[1].id]
    assert laid_in(gone) == laid_in(unwilling) == {}
    assert laid_in(stays) == {"V002": 1}
    assert broken() == {}


def test_what_comes_after_the_cut_off_is_there_for_the_next_cycle(town):
    town.cut_off()
    donate(town, V002=4)
    with pytest.raises(TooLateError):
        give(town, V002=1)
    town.open_cycle()
    assert left_of(town) == {"V002": 4}
    give(town, V002=1)
    assert scalar("SELECT serves_cycle_id FROM lot") == town.cycle_id
    town.cut_off()
    assert laid_in(town.first.homes[0]) == {"V002": 1}


def test_goods_that_packs_of_a_cycle_under_way_wait_for_are_not_taken_from_them(town):
    donate(town, V002=6)
    give(town, V002=1)
    town.cut_off()
    town.open_cycle()
    assert left_of(town) == {}
    donate(town, V002=1)
    assert left_of(town) == {"V002": 1}


def test_a_grid_whose_menu_is_closed_is_left_out_and_with_all_of_them_it_is_too_late(town):
    donate(town, V002=10)
    close_menu(town.coordinator, town.first.menu.id)
    seen = preview_packs(town.coordinator, town.cycle_id, wish_of(town, V002=1), vault=VAULT)
    assert [(part.packs, part.closed) for part in seen.grids] == [(0, 2), (2, 0)]
    assert len(promised(give(town, V002=1))) == 2
    change("UPDATE menu SET cutoff_at = now() - interval '1 second'")
    with pytest.raises(TooLateError):
        give(town, "晚了", V002=1)


def test_the_pack_is_in_none_of_the_lists_that_orders_are_made_from(town):
    donate(town, V002=10)
    home, neighbour = town.first.homes[:2]
    anchor = an_anchor(town.first.homes[2])
    town.order(town.first, home, V001=1)
    give(town, V002=1)
    town.cut_off()
    menu = town.first.menu.id
    assert {item.sku for item in items_of(menu)} == {"V001", "V002"}
    assert [item.ordered for item in shelf_for(menu, home.id)] == [1, None]
    order = order_of(town.coordinator, menu, home.id)
    assert [line["quantity"] for line in order["lines"]] == [1]
    assert [line.quantity for line in lines_before(order["id"])] == [1]
    assert order_of(asking(neighbour.account_id), menu, neighbour.id)["lines"] == []
    looking = asking(scalar("SELECT account_id FROM household WHERE id = :id", id=anchor.household_id))
    assert order_of(looking, menu, neighbour.id) is None
    own = lines_with_reasons(asking(home.account_id), order["id"])
    assert [(line.for_care, line.unit_price_fen, line.quantity) for line in own] == [(False, 480, 1), (True, 0, 1)]


# Too little, broken, back again


def to_the_shelf(town: Town) -> None:
    town.cut_off()
    town.send()
    finish_receiving(town.depot, town.cycle_id)


def test_when_some_of_it_spoils_the_first_of_the_register_are_served_first_and_everybody_is_told_why(town):
    urgent = town.sides[1].homes[2]
    cared_for(urgent, priority=1)
    donate(town, V002=10)
    give(town, V002=2)
    write_off(town.depot, lot_of(LotPurpose.CARE), place=Place.INBOUND, quantity=7, reason=MoveReason.SPOILED)
    to_the_shelf(town)
    work(share_out, town.cycle_id)
    got = rows(
        "SELECT o.household_id, a.allocated, a.reason FROM allocation AS a JOIN orders AS o ON o.id = a.order_id ORDER BY 2, 1"
    )
    assert [(share.allocated, share.reason) for share in got] == [(0, "none_left")] * 3 + [
        (1, "fair_share"),
        (2, "full"),
    ]
    assert got[-1].household_id == urgent.id
    assert broken() == {}


def test_when_nothing_is_left_of_it_nothing_is_packed_and_the_cycle_closes(town):
    donate(town, V002=4)
    give(town, V002=1)
    write_off(town.depot, lot_of(LotPurpose.CARE), place=Place.INBOUND, quantity=4, reason=MoveReason.SPOILED)
    to_the_shelf(town)
    work(share_out, town.cycle_id)
    assert scalar("SELECT count(*) FROM parcel") == 0
    assert {share.reason for share in rows("SELECT reason FROM allocation")} == {"nothing_came"}
    close_cycle(town.coordinator, town.cycle_id)
    assert {found.outcome for found in rows("SELECT outcome FROM order_outcome")} == {"nothing_came"}


def test_what_breaks_while_it_is_packed_goes_to_the_waste_from_the_lots_for_care(town):
    donate(town, V001=4)
    for home in town.first.homes:
        town.order(town.first, home, V001=2)
    give(town, V001=1)
    town.share(V001=10)
    code = town.codes(town.first)[0]
    item = scalar("SELECT id FROM menu_item WHERE for_care AND menu_id = :menu", menu=town.first.menu.id)
    pack(town.depot, town.batch_of(town.first), [code], missing=[Missing(code, item, 1, MoveReason.DAMAGED)])
    assert (care_units("waste"), care_units("packed")) == (1, 0)
    assert broken() == {}
    town.pack(town.sides[1])
    assert broken() == {}


def test_a_pack_that_comes_back_is_for_care_again_and_goes_into_one_of_the_next_cycle(town):
    donate(town, V002=4)
    give(town, V002=1)
    to_the_shelf(town)
    work(share_out, town.cycle_id)
    town.pack()
    work(issue_tickets, town.cycle_id)
    for side in town.sides:
        volunteer = a_volunteer(side)
        (ticket,) = town.tickets(side)
        claim_ticket(volunteer.asker, ticket)
        hand_over(town.depot, ticket_code=ticket, badge_code=volunteer.badge_code)
        away, home = stops_of(ticket)
        record_entries(
            volunteer.asker,
            ticket_code=ticket,
            entries=[
                Entry(uuid4(), away.id, StopOutcome.FAILED, Problem.NOBODY_HOME, datetime.now(UTC)),
                Entry(uuid4(), home.id, StopOutcome.DELIVERED, None, datetime.now(UTC)),
            ],
        )
        hand_back(town.depot, ticket_code=ticket, parcel_codes=[away.code])
        deal_with_parcel(town.depot, away.code, Fate.SHELF)
    assert care_units("shelf") == 2
    deal_with_returns(town)
    close_cycle(town.coordinator, town.cycle_id)
    assert broken() == {}
    town.open_cycle()
    assert left_of(town) == {"V002": 2}
    give(town, V002=1)
    town.cut_off()
    assert broken() == {}


def test_what_was_given_for_care_stands_in_for_nothing_that_is_short(town):
    donate(town, V002=10)
    home, menu, items = town.first.homes[0], town.first.menu.id, town.first.items
    wanted = [Line(items["V001"].id, 4, Consent.SUBSTITUTE, items["V002"].id), Line(items["V002"].id, 1)]
    total = 5 * items["V001"].price_fen
    place_order(town.coordinator, menu_id=menu, household_id=home.id, expected=None, lines=wanted, total_fen=total)
    give(town, V002=1)
    town.share(V001=1, V002=3)
    stood_in = scalar("SELECT sum(units) FROM substitution")
    assert stood_in == 2
    town.pack()
    assert (care_units("packed"), care_units("shelf")) == (4, 6)
    assert broken() == {}


def test_a_pack_goes_with_what_was_drawn(database):
    shop = DrawShop()
    home, other = shop.home, shop.another_home()
    item = shop.item(offered=1, cap=1)
    for each in (home, other):
        cared_for(each)
    shop.ask(home, **{f"i{item.id}": 1})
    shop.ask(other, **{f"i{item.id}": 1})
    depot = asking(an_account(shop.community, Role.DEPOT).id)
    sender = Sender(ReceiptKind.DONATION, DONOR, LotPurpose.CARE)
    oil = Goods(Unheard("油", "瓶", 2000), 2, expires_on=date(2036, 1, 1))
    accept(depot, cycle_id=shop.cycle.id, delivery_note="Q-1", sender=sender, goods=[oil])
    (goods,) = goods_for_care(shop.cycle.id)
    by, wish = shop.coordinator(), Wish({goods.product_id: 1})
    give_packs(by, shop.cycle.id, wish, name="油", key=uuid4(), vault=VAULT)
    close_menu(by, shop.menu.id)
    shop.draw()
    work(cut_off_batch, shop.cycle.id)
    assert laid_in(home) == laid_in(other) == {goods.sku: 1}
    assert sorted(
        item["quantity"] for one in (home, other) for item in order_of(by, shop.menu.id, one.id)["lines"]
    ) == [1]
    assert broken() == {}


def test_a_pack_goes_with_an_order_that_came_late(town):
    donate(town, V002=4)
    give(town, V002=1)
    change("UPDATE menu SET cutoff_at = now(), late_until = now() + interval '1 hour'")
    change("UPDATE menu_item AS i SET late_until = m.late_until FROM menu AS m WHERE m.id = i.menu_id")
    town.order(town.first, town.first.homes[0], V001=1)
    town.cut_off()
    assert laid_in(town.first.homes[0]) == {"V002": 1}
    assert broken() == {}


def test_goods_by_weight_are_not_weighed_when_they_cost_nothing(town):
    change("UPDATE product SET by_weight = true WHERE sku = 'V002'")
    donate(town, V002=4)
    give(town, V002=1)
    to_the_shelf(town)
    work(share_out, town.cycle_id)
    town.pack()
    assert care_units("packed") == 4


def test_goods_that_go_off_before_the_delivery_day_are_in_no_pack(town):
    donate(town, V002=4)
    change("UPDATE cycle SET delivery_on = CURRENT_DATE + 30")
    assert left_of(town) == {}


def test_goods_that_nobody_ever_offered_go_into_packs_too(town):
    sender = Sender(ReceiptKind.DONATION, DONOR, LotPurpose.CARE)
    quilts = Goods(Unheard("被子", "床", 2000), 4, expires_on=date(2036, 1, 1))
    accept(town.depot, cycle_id=town.cycle_id, delivery_note="Q-1", sender=sender, goods=[quilts])
    (goods,) = goods_for_care(town.cycle_id)
    wish = Wish({goods.product_id: 1})
    give_packs(town.coordinator, town.cycle_id, wish, name="被子", key=uuid4(), vault=VAULT)
    town.cut_off()
    assert laid_in(town.first.homes[0]) == {goods.sku: 1}
    assert scalar("SELECT count(*) FROM offer WHERE product_id = :p AND active", p=goods.product_id) == 0
    assert scalar("SELECT donors FROM care_pack") == DONOR
    assert [platform.name for platform in platforms_for(town.coordinator)] == ["甲"]


def test_the_cut_off_lays_a_pack_in_once(town):
    donate(town, V002=4)
    give(town, V002=1)
    for side in town.sides:
        close_menu(town.coordinator, side.menu.id)
    work(cut_off_batch, town.cycle_id)
    work(cut_off_batch, town.cycle_id)
    assert laid_in(town.first.homes[0]) == {"V002": 1}
    assert broken() == {}


# The laws see it


@pytest.mark.parametrize(
    ("damage", "law"),
    [
        ("UPDATE care_pack_share SET declined_at = now(), declined_by = (SELECT min(id) FROM account)", 1),
        ("UPDATE order_line SET unit_price_fen = 1 WHERE item_id IN (SELECT id FROM menu_item WHERE for_care)", 1),
        ("UPDATE lot SET purpose = 'everybody' WHERE purpose = 'care'", 3),
        ("UPDATE care_case SET created_at = now() + interval '1 hour'", 10),
    ],
)
def test_a_law_is_broken_when_a_pack_is_not_what_was_promised(town, damage, law):
    donate(town, V002=4)
    give(town, V002=1)
    to_the_shelf(town)
    work(share_out, town.cycle_id)
    town.pack()
    assert broken() == {}
    change(damage)
    assert law in broken()


def test_a_law_is_broken_when_more_is_promised_than_was_given(town):
    donate(town, V002=4)
    give(town, V002=1)
    change("UPDATE lot SET received = received - 1")
    assert 1 in broken()


def test_what_was_given_before_a_menu_opens_counts_as_placed_when_it_does(town):
    donate(town, V002=4)
    opens = datetime.now(UTC) + timedelta(minutes=20)
    change("UPDATE menu SET opens_at = :opens", opens=opens)
    give(town, V002=1)
    change("UPDATE menu SET cutoff_at = :at", at=opens + timedelta(minutes=5))
    for side in town.sides:
        close_menu(town.coordinator, side.menu.id)
    work(cut_off_batch, town.cycle_id)
    assert order_of_home(town.first.homes[0]).placed_at == opens
