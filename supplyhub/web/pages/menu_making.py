"""Making a grid's menu: from the offers, a draft or the last cycle's menu to a form, and back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask import current_app

from supplyhub.catalog.commands import ON_DELIVERY, ItemWanted, Ways, close_menu, save_menu
from supplyhub.catalog.kinds import kind_place
from supplyhub.catalog.late import takes
from supplyhub.catalog.queries import cycles_for, items_of, menu_for, menus_for, offers_for
from supplyhub.catalog.relay import relay_text
from supplyhub.catalog.states import CycleState, MenuMode, MenuState
from supplyhub.db import scalar
from supplyhub.depot.purchase_queries import surplus_for
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import local, stamp, yuan
from supplyhub.web.pages.forms import Form
from supplyhub.web.publishing import pays_online

if TYPE_CHECKING:
    from sqlalchemy.engine import Row
    from werkzeug.datastructures import MultiDict

    from supplyhub.people.asker import Asker

__all__ = ["close_menu", "menu_for"]

CAP = 5
CARE_PERCENT = 20
EVENING = time(20)
# Ways to pay as the form names them.
WAYS = {
    "door": ON_DELIVERY,
    "either": Ways(online=True, on_delivery=True),
    "first": Ways(online=True, on_delivery=False),
}
PUBLISHED_CLOSES_AFTER = timedelta(hours=3)


@dataclass(slots=True)
class DraftItem:
    """An offer with what the lead typed for it, and what earlier cycles left of it on the shelf (units, good_until)."""

    offer: Row[Any]
    price: str
    offered: str = ""
    cap: str = str(CAP)
    left: Row[Any] | None = None

    @property
    def sku(self) -> str:
        """Return the SKU; it names the fields."""
        return str(self.offer.sku)


@dataclass(slots=True)
class Draft:
    """The menu form: as it was typed, and what is wrong with it by field."""

    items: list[DraftItem]
    opens: str
    cutoff: str
    mode: str = MenuMode.FIRST_COME
    care: str = str(CARE_PERCENT)
    ways: str = "door"
    wrong: dict[str, str] = field(default_factory=dict)
    wanted: list[ItemWanted] = field(default_factory=list)
    opens_at: datetime | None = None
    cutoff_at: datetime | None = None
    care_percent: int = 0
    copied: bool = False
    # What the copied menu had and nobody offers now.
    gone: list[Row[Any]] = field(default_factory=list)

    @property
    def left(self) -> list[DraftItem]:
        """Return what the shelf still has some of."""
        return [item for item in self.items if item.left is not None]

    @property
    def kinds(self) -> list[str]:
        """Return the categories in the offers' order."""
        return list(dict.fromkeys(item.offer.category for item in self.items))


def newest_menu(asker: Asker) -> Row[Any] | None:
    """Return the lead's menu of the newest cycle that has one, a draft included."""
    return next(iter(menus_for(asker, limit=1)), None)


def open_cycle_of(asker: Asker) -> Row[Any] | None:
    """Return the newest cycle while it takes menus, or None."""
    newest = next(iter(cycles_for(asker, limit=1)), None)
    return newest if newest is not None and newest.state == CycleState.ORDERING else None


def draft(asker: Asker, cycle: Row[Any], *, copy: bool = False) -> Draft:
    """Return the form for a cycle: its draft; else, with `copy`, the last cycle's menu; else empty with suggested prices."""
    menus = menus_for(asker, limit=5)
    own = next((menu for menu in menus if menu.cycle_id == cycle.id), None)
    last = next((menu for menu in menus if menu.cycle_id != cycle.id and menu.state != MenuState.DRAFT), None)
    source = last if copy or own is None else own
    given = _given(source) if source is not None and (copy or own) else {}
    offers = sorted(offers_for(asker), key=lambda offer: kind_place(offer.category))
    items = [
        DraftItem(offer, yuan(given[offer.sku].price_fen), str(given[offer.sku].offered), str(given[offer.sku].cap))
        if offer.sku in given
        else DraftItem(offer, yuan(offer.price_fen))
        for offer in offers
    ]
    left = {surplus.sku: surplus for surplus in surplus_for(asker, good_on=cycle.delivery_on)}
    for item in items:
        item.left = left.get(item.sku)
    opens, cutoff = (own.opens_at, own.cutoff_at) if own is not None else usual_times(cycle, datetime.now(UTC))
    found = Draft(items, stamp(opens), stamp(cutoff), copied=copy and bool(given))
    if given and source is not None:
        found.mode = source.mode
        found.care = str(source.care_percent) if source.mode == MenuMode.DRAW else found.care
        # The gateway may be gone since.
        given_ways = Ways(online=source.pays_online, on_delivery=source.pays_on_delivery)
        found.ways = next(name for name, ways in WAYS.items() if ways == given_ways) if pays_online() else found.ways
        found.gone = [item for sku, item in given.items() if sku not in {offer.sku for offer in offers}]
    return found


def _given(source: Row[Any]) -> dict[str, Row[Any]]:
    """Return a menu's items by SKU, without what was withdrawn: that never came."""
    return {item.sku: item for item in items_of(source.id) if not item.withdrawn}


def usual_times(cycle: Row[Any], now: datetime) -> tuple[datetime, datetime]:
    """Return opening and cut-off as they usually are: now, until eight in the evening before the delivery."""
    zone = ZoneInfo(current_app.extensions["settings"].timezone)
    evening = datetime.combine(cycle.delivery_on - timedelta(days=1), EVENING, zone)
    return now, evening if evening > now + timedelta(minutes=30) else now + PUBLISHED_CLOSES_AFTER


def read(asker: Asker, cycle: Row[Any], typed: MultiDict[str, str]) -> Draft:
    """Return the form as it was typed; `wrong` is empty when it can be saved."""
    form = Form(typed.to_dict())
    found = draft(asker, cycle)
    found.opens, found.cutoff = typed.get("opens", ""), typed.get("cutoff", "")
    found.opens_at, found.cutoff_at = form.moment("opens"), form.moment("cutoff")
    _read_mode(form, found, typed)
    found.ways = typed.get("ways", "") if typed.get("ways") in WAYS and pays_online() else "door"
    for item in found.items:
        item.price, item.offered, item.cap = (
            typed.get(f"{name}_{item.sku}", "")[:20] for name in ("price", "offered", "cap")
        )
        if item.offered.strip() not in {"", "0"}:
            _want(form, found, item)
    if found.opens_at and found.cutoff_at and found.cutoff_at <= max(found.opens_at, datetime.now(UTC)):
        form.wrong["cutoff"] = _("截单要在开始之后，也要在现在之后。")
    if not found.wanted and not form.wrong:
        form.wrong["items"] = _("至少给一样菜填上数量。")
    found.wrong = form.wrong
    return found


def _read_mode(form: Form, found: Draft, typed: MultiDict[str, str]) -> None:
    found.mode = MenuMode.DRAW if typed.get("mode") == MenuMode.DRAW else MenuMode.FIRST_COME
    found.care = typed.get("care", found.care)[:20]
    if found.mode == MenuMode.DRAW:
        found.care_percent = form.count("care", most=100) or 0


def _want(form: Form, found: Draft, item: DraftItem) -> None:
    price = form.fen(f"price_{item.sku}")
    offered = form.count(f"offered_{item.sku}", least=1)
    cap = form.count(f"cap_{item.sku}", least=1)
    if price is not None and offered and cap:
        found.wanted.append(ItemWanted(item.sku, offered=offered, cap=cap, price_fen=price))


def save(asker: Asker, cycle: Row[Any], found: Draft) -> int:
    """Save a form without faults as the draft; return the menu's id."""
    if found.opens_at is None or found.cutoff_at is None:
        raise ValueError("read the form first")
    grid_number = scalar("SELECT number FROM grid WHERE id = :grid", grid=asker.grid())
    return save_menu(
        asker,
        cycle_id=cycle.id,
        grid_number=grid_number,
        opens_at=found.opens_at,
        cutoff_at=found.cutoff_at,
        items=found.wanted,
        mode=MenuMode(found.mode),
        care_percent=found.care_percent,
        ways=WAYS[found.ways],
    )


def relay(menu: Row[Any]) -> str:
    """Return the text of a menu for the chat group; after the cut-off, of what can still be ordered."""
    return relay_text(
        grid_name=menu.grid_name,
        delivery_on=menu.delivery_on,
        cutoff_at=local(menu.cutoff_at),
        items=[item for item in items_of(menu.id) if not menu.only_late or takes(menu, item)],
        link=f"{current_app.extensions['settings'].public_url}/menu",
        draw=menu.mode == MenuMode.DRAW,
        online=menu.pays_online,
        on_delivery=menu.pays_on_delivery,
    )
