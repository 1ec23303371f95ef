"""Pick lists on paper: right Chinese, every sheet says what it belongs to."""

from __future__ import annotations

import pytest

from supplyhub.db import execute, transaction
from supplyhub.errors import NotFoundError
from supplyhub.places.grid_names import grid_in_chinese
from supplyhub.reports.picklists import By, pick_lists_pdf
from tests.factories_depot import Town
from tests.printed import texts_of


@pytest.fixture
def town(database) -> Town:
    """Return a town of 2 grids with 40 homes each, which share two products; one of them is weighed."""
    town = Town(grids=2, homes=40, skus=("V001", "W001"), case_size=1)
    with transaction():
        execute("UPDATE product SET by_weight = true, name_zh = '五花肉' WHERE sku = 'W001'")
    town.everybody_orders(V001=2, W001=1)
    town.share()
    return town


def test_by_product_it_says_how_many_to_bring_for_each_grid(town):
    pages = texts_of(pick_lists_pdf(town.depot, [town.batch_of(side) for side in town.sides], by=By.PRODUCT))
    assert len(pages) == 2
    for number, text in enumerate(pages, start=1):
        assert f"{grid_in_chinese(number)}批次" in text
        assert f"第 {number} 页，共 2 页" in text
        assert "五花肉" in text
        assert "称重" in text
        assert "80" in text


def test_by_order_each_parcel_has_its_door_its_code_and_its_lines(town):
    pages = texts_of(pick_lists_pdf(town.depot, [town.batch_of(town.first)], by=By.ORDER))
    text = "".join(pages)
    assert len(pages) > 1
    assert all(f"{grid_in_chinese(1)}批次" in page for page in pages)
    assert all(code in text for code in town.codes(town.first))
    assert text.count("五花肉") == 40
    assert "10-1-101" in text


def test_another_community_has_no_such_list(town):
    strangers = Town(homes=1)
    with pytest.raises(NotFoundError):
        pick_lists_pdf(strangers.depot, [town.batch_of(town.first)], by=By.PRODUCT)


@pytest.mark.parametrize(("by", "times"), [(By.PRODUCT, 1), (By.ORDER, 4)])
def test_what_breaks_is_marked_on_its_line_and_its_parcel(database, by, times):
    town = Town(homes=2, skus=("V001", "E001"), case_size=1)
    with transaction():
        execute("UPDATE product SET category = '蛋奶', name_zh = '鸡蛋' WHERE sku = 'E001'")
    town.everybody_orders(V001=1, E001=1)
    town.share()
    text = "".join(texts_of(pick_lists_pdf(town.depot, [town.batch_of(town.first)], by=by)))
    assert text.count("易碎") == times
