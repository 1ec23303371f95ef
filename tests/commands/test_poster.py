"""The poster of a menu: what it says, and when it isn't printed."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from supplyhub.catalog.editing import withdraw_item
from supplyhub.catalog.queries import items_of, menu_for
from supplyhub.catalog.states import MenuMode, MenuState
from supplyhub.db import db
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.reports.cards import PublicUrlError
from supplyhub.reports.poster import SMALLEST_POINTS, _setting, contents, poster_pdf
from tests.factories import Shop

URL = "https://hub.example"


@pytest.fixture
def shop(database) -> Shop:
    return Shop()


def said(shop: Shop) -> dict:
    return contents(menu_for(shop.lead(), shop.menu.id), items_of(shop.menu.id), public_url=URL)


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_a_menu_of_fifty_items_is_one_sheet_and_one_of_a_hundred_two(shop):
    for _ in range(50):
        shop.item()
    one = poster_pdf(shop.lead(), shop.menu.id, public_url=URL)
    assert one.startswith(b"%PDF-")
    for _ in range(50):
        shop.item()
    assert (pages(one), pages(poster_pdf(shop.lead(), shop.menu.id, public_url=URL))) == (1, 2)


def test_it_leads_to_the_menu_and_says_day_cut_off_and_prices_in_the_communitys_zone(shop):
    shop.menu.cutoff_at = datetime(2026, 4, 11, 16, 30, tzinfo=UTC)
    shop.menu.opens_at = datetime(2026, 4, 11, tzinfo=UTC)
    db.session.commit()
    item = shop.item(price_fen=1280, cap=3)
    poster = said(shop)
    assert (poster["site"], poster["delivery"], poster["cutoff"]) == (
        "hub.example/menu",
        "4月12日 周日",
        "4月12日 周日 00:30",
    )
    assert (poster["grid_number"], poster["cycle_number"]) == (shop.grid.number, shop.cycle.number)
    shown = {key: poster["items"][0][key] for key in ("number", "price", "unit", "cap")}
    assert shown == {"number": item.position, "price": "12.80", "unit": "份", "cap": 3}
    assert poster["qr"].startswith("<svg")


def test_what_was_withdrawn_is_left_out_and_a_draw_says_so(shop):
    first, second = shop.item(), shop.item()
    withdraw_item(shop.lead(), shop.menu.id, first.id)
    shop.menu.mode = MenuMode.DRAW
    db.session.commit()
    poster = said(shop)
    assert [item["number"] for item in poster["items"]] == [second.position]
    assert poster["draw"]
    assert poster_pdf(shop.lead(), shop.menu.id, public_url=URL)


def test_a_later_cut_off_and_a_case_to_fill_are_said(shop):
    shop.menu.cutoff_at = datetime(2026, 4, 11, 12, tzinfo=UTC)
    shop.menu.opens_at = datetime(2026, 4, 11, tzinfo=UTC)
    late, next_day, _plain = (shop.item() for _ in range(3))
    late.late_until, next_day.late_until = (datetime(2026, 4, 11, hour, tzinfo=UTC) for hour in (13, 17))
    db.session.commit()
    poster = said(shop)
    assert poster["late"] == f"{late.position} 号 21:00，{next_day.position} 号 4月12日 01:00"
    assert poster["fills"]
    assert pages(poster_pdf(shop.lead(), shop.menu.id, public_url=URL)) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost", ""])
def test_a_poster_that_leads_to_the_reader_is_not_printed_and_what_to_set_is_said(shop, url):
    with pytest.raises(PublicUrlError, match="PUBLIC_URL"):
        poster_pdf(shop.lead(), shop.menu.id, public_url=url)


def test_a_draft_has_no_poster_and_another_grids_menu_none_for_this_lead(shop):
    with pytest.raises(NotFoundError):
        poster_pdf(Shop().lead(), shop.menu.id, public_url=URL)
    shop.menu.state = MenuState.DRAFT
    db.session.commit()
    with pytest.raises(ConflictError):
        poster_pdf(shop.lead(), shop.menu.id, public_url=URL)


def test_the_more_items_the_smaller_the_type_but_never_too_small_to_read():
    sizes = [_setting(number)["points"] for number in (0, 1, 20, 40, 60, 200)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == SMALLEST_POINTS
    assert (_setting(41)["half"], _setting(200)["half"]) == (21, None)
