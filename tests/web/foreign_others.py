"""What others have of the kinds of things that `ForeignWorld.ids` names: to be named where only the owner's own belong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from supplyhub.db import execute, row, scalar, transaction
from supplyhub.delivery.levels import change_level
from supplyhub.help.commands import open_request
from supplyhub.help.states import HelpChannel, HelpKind
from supplyhub.photos.commands import keep_photo
from supplyhub.places.states import ZoneLevel
from tests.factories import a_device, asking
from tests.factories_depot import a_volunteer, stops_of
from tests.factories_help import FACTS, PHOTO

if TYPE_CHECKING:
    from supplyhub.crypto import Vault
    from tests.factories_depot import Side, Town

# A mark for the names of each.
MARKS: Final = {"stranger": "ZXMARK81", "next": "ZXMARK72"}

_PLACES = """
SELECT g.delivery_point_id AS point, b.id AS building FROM grid AS g JOIN building AS b ON b.grid_id = g.id
WHERE g.id = :grid ORDER BY b.id LIMIT 1"""
_GOODS = """
SELECT p.id AS product, p.sku, f.platform_id AS platform, l.id AS purchase_line, l.purchase_order_id AS purchase_order,
       t.id AS lot
FROM purchase_order_line AS l JOIN offer AS f ON f.id = l.offer_id JOIN product AS p ON p.id = f.product_id
JOIN purchase_order AS o ON o.id = l.purchase_order_id JOIN cycle AS c ON c.id = o.cycle_id
JOIN lot AS t ON t.product_id = p.id
WHERE c.community_id = :community ORDER BY t.id LIMIT 1"""


def of_side(town: Town, side: Side, lead: int, *, vault: Vault, mark: str) -> dict[str, Any]:
    """Return what somebody of a grid has: of a cycle that was delivered, and of the one that takes orders."""
    home, mate = side.homes[0], a_volunteer(side)
    order = row("SELECT id, cycle_id, menu_id FROM orders WHERE household_id = :h ORDER BY id LIMIT 1", h=home.id)
    assert order is not None
    batch = scalar("SELECT id FROM batch WHERE cycle_id = :c AND grid_id = :g", c=order.cycle_id, g=side.grid.id)
    ticket = scalar("SELECT code FROM ticket WHERE batch_id = :b ORDER BY sequence LIMIT 1", b=batch)
    stops = stops_of(ticket)
    assert side.menu is not None
    ids = {
        "lead": lead,
        "mate": mate.badge_code,
        "badge": mate.badge_code,
        "mate_account": mate.asker.account_id,
        "volunteer": mate.asker.account_id,
        "grid": side.grid.number,
        "grid_place": f"grid-{side.grid.id}",
        "household": home.id,
        "other_home": side.homes[-1].id,
        "anchor": side.homes[-1].id,
        "ticket": ticket,
        "point_ticket": ticket,
        "stop": stops[0].id,
        "parcel": stops[0].code,
        "point_parcel": stops[0].code,
        "parcels": [stop.code for stop in stops],
        "batch": batch,
        "crate": scalar(
            "SELECT c.code FROM crate AS c JOIN ticket AS t ON t.id = c.ticket_id WHERE t.batch_id = :b LIMIT 1",
            b=batch,
        ),
        "order": order.id,
        "delivered_menu": order.menu_id,
        "delivered_item": scalar("SELECT item_id FROM order_line WHERE order_id = :o LIMIT 1", o=order.id),
        "menu": side.menu.id,
        "item": next(iter(side.items.values())).id,
        "help_key": uuid4(),
        "entry": _entry(stops[0].id, mate.badge.id, side.grid.id),
        "device": a_device(home.id).id,
    }
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    change_level(town.coordinator, ZoneLevel.LOCKDOWN, grid=side.grid.number, since=tomorrow)
    ids["step"] = scalar("SELECT max(id) FROM grid_zone_level WHERE grid_id = :g", g=side.grid.id)
    ids |= {"entry_key": ids["entry"], "taking": _taking(ticket)}
    ids["taking_key"] = ids["taking"]
    places = row(_PLACES, grid=side.grid.id)
    assert places is not None
    for name in ("medicine", "twin"):
        ids[name] = open_request(
            asking(home.account_id),
            key=ids["help_key"] if name == "medicine" else uuid4(),
            kind=HelpKind.MEDICINE,
            channel=HelpChannel.WEB,
            text=mark,
            facts=FACTS[HelpKind.MEDICINE],
            vault=vault,
        )
    _mark(side.grid.id, mark)
    return ids | places._asdict()


def of_community(town: Town, cycle: int) -> dict[str, Any]:
    """Return what is a community's: its cycles, its goods."""
    goods = row(_GOODS, community=town.community.id)
    assert goods is not None
    photo = keep_photo(town.depot, PHOTO)
    return goods._asdict() | {"cycle": cycle, "open_cycle": town.cycle_id, "goods_photo": photo, "next_grid": 81}


def _entry(stop: int, badge: int, grid: int) -> Any:
    """Write what a volunteer's phone sent, and return its id."""
    entry = uuid4()
    with transaction():
        execute(
            "INSERT INTO delivery_entry (id, stop_id, badge_id, grid_id, outcome, happened_at)"
            " VALUES (:id, :stop, :badge, :grid, 'delivered', now())",
            id=entry,
            stop=stop,
            badge=badge,
            grid=grid,
        )
    return entry


def _taking(ticket: str) -> Any:
    """Write money that was taken at the first door of a ticket, and return its number."""
    number = uuid4()
    with transaction():
        execute(
            "INSERT INTO taking (id, order_id, ticket_id, taken_by, grid_id, way, amount_fen, happened_at)"
            " SELECT :id, s.order_id, t.id, b.account_id, t.grid_id, 'cash', 100, now()"
            " FROM ticket AS t JOIN stop AS s ON s.ticket_id = t.id, badge AS b"
            " WHERE t.code = :ticket AND b.grid_id = t.grid_id ORDER BY s.position, b.id LIMIT 1",
            id=number,
            ticket=ticket,
        )
    return number


_PEOPLE = """
UPDATE account SET display_name = display_name || :mark WHERE grid_id = :g OR id IN (
    SELECT account_id FROM badge WHERE grid_id = :g UNION
    SELECT h.account_id FROM household AS h JOIN building AS b ON b.id = h.building_id WHERE b.grid_id = :g)"""


def _mark(grid: int, mark: str) -> None:
    """Let the names of a grid and its people bear a mark."""
    with transaction():
        execute("UPDATE building SET name = name || :mark WHERE grid_id = :g", g=grid, mark=mark)
        execute("UPDATE grid SET name = name || :mark WHERE id = :g", g=grid, mark=mark)
        execute(_PEOPLE, g=grid, mark=mark)


def mark_goods(community: int, mark: str) -> None:
    """Let the goods of a community bear a mark."""
    with transaction():
        for table, column in (
            ("product", "name_zh"),
            ("product", "name_en"),
            ("platform", "name"),
            ("delivery_point", "name"),
        ):
            execute(f"UPDATE {table} SET {column} = {column} || :mark WHERE community_id = :c", c=community, mark=mark)
