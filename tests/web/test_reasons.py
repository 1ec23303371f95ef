"""What a household reads about each line: what came, why not more, what stands in, what it costs."""

from __future__ import annotations

import pytest

from supplyhub.db import db, execute, scalar, transaction
from supplyhub.depot.commands import Missing, Weighed, choose_policy, decide_shares, finish_receiving, pack, share_out
from supplyhub.depot.reasons import lines_with_reasons
from supplyhub.depot.states import MoveReason, Policy
from tests.factories import asking
from tests.factories_depot import Town, work
from tests.web.test_pages import sign_in

pytestmark = pytest.mark.usefixtures("database")


def terms(order_id: int, item_id: int, consent: str, instead: int | None = None) -> None:
    with transaction():
        execute(
            "UPDATE order_line SET consent = :consent, substitute_item_id = :instead WHERE order_id = :o AND item_id = :i",
            consent=consent,
            instead=instead,
            o=order_id,
            i=item_id,
        )


def short_town(policy: Policy | None = None, *, consent: str = "less", came: int = 1) -> tuple[Town, int]:
    """Return a town where one of two households ordered three V001 on these terms and too little came; and its order."""
    town = Town(homes=2, skus=("V001", "V002"))
    mine = town.order(town.first, town.first.homes[0], V001=3)
    town.order(town.first, town.first.homes[1], V001=1, V002=1)
    items = town.first.items
    terms(mine, items["V001"].id, consent, items["V002"].id if consent == "substitute" else None)
    town.cut_off()
    town.send()
    town.receive(V001=came, V002=10)
    finish_receiving(town.depot, town.cycle_id)
    if policy:
        choose_policy(town.depot, town.cycle_id, town.offers["V001"].product_id, policy)
    decide_shares(town.depot, town.cycle_id)
    work(share_out, town.cycle_id)
    return town, mine


def my_page(client, town: Town) -> str:
    return str(sign_in(client, town.first.homes[0].account_id).get("/order").text)


@pytest.mark.parametrize(
    ("policy", "consent", "came", "words"),
    [
        (None, "less", 2, "按“每户先有一份”来分，您家得 1 份。"),
        (None, "less", 0, "这一样一点都没到。"),
        (Policy.PRO_RATA, "less", 3, "按各家订的比例来分，您家得 2 份。"),
        (Policy.FIRST_COME, "less", 2, "先下单的先给，轮到您家剩 2 份。"),
        (None, "refund", 2, "剩下的凑不齐您家订的，所以一份没给，也不收钱。"),
    ],
)
def test_every_reason_is_a_sentence(client, policy, consent, came, words):
    town, _ = short_town(policy, consent=consent, came=came)
    page = my_page(client, town)
    assert words in page
    assert "不用付" in page


def test_a_substitute_is_a_line_of_its_own_at_no_higher_price(client):
    town, mine = short_town(consent="substitute", came=2)
    (line,) = lines_with_reasons(asking(town.first.homes[0].account_id), mine)
    assert (line.got, line.stand_in, line.stand_in_price_fen) == (1, 2, 480)
    assert (line.charged_fen, line.stand_in_fen) == (480, 960)
    page = my_page(client, town)
    assert "照您说的换成菜" in page
    assert "换成" in page


def test_what_broke_at_packing_and_what_was_weighed_changes_what_is_paid():
    town, mine = short_town(came=10)
    code = scalar("SELECT code FROM parcel WHERE order_id = :o", o=mine)
    item = town.first.items["V001"].id
    with transaction():
        db.session.connection().exec_driver_sql("UPDATE product SET by_weight = true WHERE sku = 'V001'")
    pack(
        town.depot,
        town.batch_of(town.first),
        [code],
        weights=[Weighed(code, item, 900)],
        missing=[Missing(code, item, 1, MoveReason.DAMAGED)],
    )
    (line,) = lines_with_reasons(asking(town.first.homes[0].account_id), mine)
    assert (line.allocated, line.got, line.grams) == (3, 2, 900)
    assert line.charged_fen == 864
