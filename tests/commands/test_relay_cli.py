"""Reading a relay in the terminal, and what a relay is read against."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from supplyhub import cli
from supplyhub.catalog.aliases import aliases_for, default_aliases
from supplyhub.catalog.importing import import_offers
from supplyhub.catalog.models import ProductAlias
from supplyhub.cli import imports
from supplyhub.cli import relay as relay_command
from supplyhub.db import db, scalar
from supplyhub.errors import NotAllowedError, NotFoundError
from supplyhub.ordering.relay.known import known_menu
from tests.factories import Shop, a_building, a_grid, a_household, saved

DEMO = Path(__file__).parents[2] / "supplyhub" / "demo_data"
RELAYS = Path(__file__).parents[1] / "rules" / "relays"
HEADER = "楼栋,单元,门牌号,人数,联系人,联系方式,特殊群体,网格"
POSTED = "V001:3,V002:9,V007:9,V012:9,F001:9,M001:2,D001:1,D002:9,G001:9"


@pytest.fixture
def run(app, database, monkeypatch):
    for module in (imports, relay_command):
        monkeypatch.setattr(module, "create_app", lambda: app)

    def command(*words: object, text: str | None = None) -> Result:
        return CliRunner().invoke(cli.main, [str(word) for word in words], input=text)

    return command


@pytest.fixture
def grid_3(run, tmp_path) -> None:
    """Load the doors of grid 3 from the demo's register, and the demo's offers."""
    households = (DEMO / "households.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    numbers = {f"{number}号楼" for number in (47, 48, 50, 52, 58)}
    doors = [f"{line},{3 if line.split(',')[0] in numbers else 5}" for line in households if line[0] in "4561"]
    path = tmp_path / "households.csv"
    path.write_text("\n".join([HEADER, *doors, ""]), encoding="utf-8")
    assert run("import", "register", "--households", path).exit_code == 0
    assert run("import", "offers", DEMO / "offers.csv").exit_code == 0


def read(run, *words: object, text: str | None = None) -> dict[str, Any]:
    result = run("relay", "read", *words, "--json", text=text)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_the_messy_relay_reads_as_expected_against_the_register_and_writes_nothing(run, grid_3):
    found = read(run, RELAYS / "messy.txt", "--grid", 3, "--skus", POSTED)
    expected = json.loads((RELAYS / "messy.json").read_text(encoding="utf-8"))
    assert found["orders"] == expected["orders"]
    assert found["withdrawn"] == expected["withdrawn"]
    assert [waiting["entry"] for waiting in found["review"]] == [5, 7, 8, 9, 11]
    assert [waiting["entry"] for waiting in found["review"] if waiting.get("orders_anyway")] == [5]
    why = {waiting["entry"]: waiting["why"] for waiting in found["review"]}
    assert why[7] == "肉 fits only 五花肉; 大白菜 5 is over the household cap of 3"
    assert why[11].startswith("60-3-999 is in grid 5")
    assert scalar("SELECT count(*) FROM orders") == scalar("SELECT count(*) FROM relay_entry") == 0


def test_without_json_it_is_a_table_for_people(run, grid_3):
    result = run(
        "relay", "read", "-", "--grid", 3, "--skus", "V001:3,V007", text="1. 47-1-101 白菜1\n2. 1-1-101 番茄2\n"
    )
    assert result.exit_code == 0, result.output
    assert "47号楼/1单元/101" in result.stdout
    assert "大白菜×1" in result.stdout
    assert "1-1-101 is in grid 5" in result.stdout
    assert "1 orders, 0 withdrawn, 1 entries wait for somebody" in result.stdout


def test_numbers_of_the_menu_are_the_order_of_the_posted_items(run, grid_3):
    found = read(run, "-", "--grid", 3, "--skus", "D001:1,V007:5", text="1. 47-1-101 1号x1 2号x2\n")
    assert found == {"orders": {"47号楼/1单元/101": {"D001": 1, "V007": 2}}, "withdrawn": [], "review": []}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "give either --menu, or --grid and --skus"),
        (("--grid", 3), "give either --menu, or --grid and --skus"),
        (("--menu", 1, "--grid", 3, "--skus", "V001"), "give either"),
        (("--grid", 3, "--skus", "V001:0"), "it must be like V001:3,V007:5"),
        (("--grid", 3, "--skus", "V001,V001"), "each once"),
        (("--grid", 3, "--skus", "V001,X9"), "no such product: X9"),
        (("--grid", 99, "--skus", "V001"), "there is no grid 99"),
        (("--menu", 999_999), "there is no menu 999999"),
    ],
)
def test_what_cannot_be_read_against_is_refused_in_a_line(run, grid_3, words: tuple[object, ...], why: str):
    result = run("relay", "read", "-", *words, text="1. 47-1-101 白菜1\n")
    assert result.exit_code == 1
    assert why in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(("data", "why"), [(b"a" * 5_000_000, "more than 500,000 bytes"), (b"a\0b", "no text file")])
def test_what_is_no_chain_is_refused(run, grid_3, tmp_path, data: bytes, why: str):
    path = tmp_path / "relay.txt"
    path.write_bytes(data)
    result = run("relay", "read", path, "--grid", 3, "--skus", "V001")
    assert result.exit_code == 1
    assert why in result.stderr


def test_a_file_that_is_not_there_is_a_usage_error(run):
    assert run("relay", "read", "nowhere.txt", "--menu", 1).exit_code == 2


def test_a_menu_is_known_with_its_numbers_names_doors_and_contacts(app, database):
    shop = Shop()
    other = a_household(a_building(a_grid(shop.community)))
    first = shop.item(cap=3)
    saved(ProductAlias(product_id=scalar("SELECT product_id FROM offer WHERE id = :o", o=first.offer_id), alias="别名"))
    shop.home.contact_name_sealed = app.extensions["vault"].seal("苏怡", "household", "contact_name", shop.home.id)
    db.session.commit()
    known = known_menu(shop.lead(), shop.menu.id, app.extensions["vault"])
    assert [(item.id, item.position, item.cap, item.aliases) for item in known.items] == [
        (first.id, first.position, 3, ("别名",))
    ]
    assert [(door.household_id, door.name) for door in known.doors] == [(shop.home.id, "苏怡")]
    assert known.grid_number == shop.grid.number
    # That grid came after the cycle was opened: its building orders nowhere in it.
    assert other.id not in {door.household_id for door in known.doors}


def test_a_withdrawn_item_is_known_and_cannot_be_had(app, database):
    shop = Shop()
    item = shop.item()
    db.session.execute(db.text("UPDATE menu_item SET withdrawn_at = now() WHERE id = :id"), {"id": item.id})
    db.session.commit()
    (known,) = known_menu(shop.coordinator(), shop.menu.id, app.extensions["vault"]).items
    assert known.withdrawn


def test_the_menu_of_another_grid_is_unknown_and_residents_read_none(app, database):
    shop, other = Shop(), Shop()
    vault = app.extensions["vault"]
    with pytest.raises(NotFoundError):
        known_menu(other.lead(), shop.menu.id, vault)
    with pytest.raises(NotAllowedError):
        known_menu(shop.resident(), shop.menu.id, vault)


def test_the_usual_names_come_with_the_offers_and_edited_ones_stay(database):
    shop = Shop()
    data = (DEMO / "offers.csv").read_bytes()
    import_offers(shop.community.id, data)
    by_sku = {product.sku: product for product in aliases_for(shop.lead())}
    assert "西红柿" in by_sku["V007"].aliases
    database.query(ProductAlias).filter_by(product_id=by_sku["V007"].product_id).delete()
    saved(ProductAlias(product_id=by_sku["V007"].product_id, alias="洋柿"))
    import_offers(shop.community.id, data)
    assert {product.sku: product.aliases for product in aliases_for(shop.lead())}["V007"] == ["洋柿"]


def test_every_product_of_the_demo_has_other_names():
    names = {line.split(",")[1] for line in (DEMO / "offers.csv").read_text(encoding="utf-8-sig").splitlines()[1:]}
    assert len(names) == 48
    assert names <= default_aliases().keys()
