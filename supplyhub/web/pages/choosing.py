"""The pages on which an order is made: menu, review, order, cancel. Used by residents and by those who order for them."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for

from supplyhub.catalog.queries import current_menu_for, menu_for
from supplyhub.delivery.timeline import came_and_wanted, moments_of
from supplyhub.depot.reasons import lines_with_reasons
from supplyhub.errors import HubError, InvalidError, NotFoundError
from supplyhub.ordering import commands
from supplyhub.ordering.doors import door_for
from supplyhub.ordering.errors import (
    MenuClosedError,
    MenuNotOpenError,
    PriceChangedError,
    SoldOutError,
    StaleOrderError,
)
from supplyhub.ordering.queries import order_of, orders_of_household
from supplyhub.ordering.states import Channel, OrderState
from supplyhub.web.language import gettext as _
from supplyhub.web.pages import basket

if TYPE_CHECKING:
    from sqlalchemy.engine import Row
    from werkzeug.wrappers import Response

    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class Counter:
    """Where somebody orders: who asks, for which door, how the order reached us, and the addresses of the pages.

    `room` names the blueprint and `values` its address parts: a resident's pages have none, a helper's the household.
    """

    asker: Asker
    door: Row[Any]
    room: str
    channel: Channel
    values: dict[str, int]

    def to(self, page: str, **more: object) -> str:
        """Return the address of `menu`, `review`, `order` or `cancel`."""
        return url_for(f"{self.room}.{page}", **self.values, **more)  # type: ignore[arg-type]

    @property
    def for_somebody(self) -> bool:
        """Tell whether the door is another's."""
        return self.asker.household_id != int(self.door.id)


def at(
    asker: Asker, household_id: int, *, room: str, channel: Channel, values: dict[str, int] | None = None
) -> Counter:
    """Return the counter for a door. Raises NotFoundError for a door that isn't the asker's to order for."""
    return Counter(asker, door_for(asker, household_id), room, channel, values or {})


def menu_page(counter: Counter) -> str | Response:
    """Show today's menu with the basket."""
    menu = current_menu_for(counter.asker)
    if menu is None:
        return render_template("resident/no_menu.html", counter=counter, menu=None)
    table = basket.lay(counter.asker, menu.id, counter.door.id)
    if not menu.taking_orders:
        if table.placed:
            return redirect(counter.to("order", menu_id=menu.id))
        return render_template("resident/no_menu.html", counter=counter, menu=menu)
    kinds = list(dict.fromkeys(choice.item.category for choice in table.choices))
    kind = request.args.get("kind", "")
    return render_template("resident/menu.html", counter=counter, menu=menu, table=table, kinds=kinds, kind=kind)


def change_basket(counter: Counter) -> Response:
    """Take over what the form says and go on: a stepper back to the menu, the button to the review."""
    table = _table(counter)
    chosen = table.basket
    if "drop" in request.form:
        basket.drop()
        return redirect(counter.to("order", menu_id=chosen.menu))
    chosen.read(request.form)
    item = request.form.get("more") or request.form.get("less") or ""
    if item.isdecimal() and len(item) < 19:
        chosen.change(int(item), 1 if "more" in request.form else -1)
    chosen.keep()
    if item:
        return redirect(counter.to("menu", kind=request.form.get("kind") or None, _anchor=f"i{item}"), 303)
    return redirect(counter.to(_next_page(basket.lay(counter.asker, chosen.menu, chosen.household))), 303)


def review_page(counter: Counter, refusal: HubError | None = None) -> str | Response:
    """Show what will be ordered and what it costs; `refusal` is why it was not taken just now."""
    menu = current_menu_for(counter.asker)
    table = _table(counter)
    if menu is None or not menu.taking_orders or not table.chosen:
        return redirect(counter.to("menu"))
    if refusal is None:
        # The terms that are shown are the terms that are ordered, also after a cap was lowered meanwhile.
        table.basket.keep()
    return render_template("resident/review.html", counter=counter, menu=menu, table=table, refusal=refusal)


def place(counter: Counter) -> str | Response | tuple[str, int]:
    """Order the basket. Whatever is refused is named whole, and the rest of the basket stays."""
    table = _table(counter)
    chosen = table.basket
    chosen.read(request.form)
    total = request.form.get("total_fen", "")
    if not total.isdecimal() or len(total) > 12 or not chosen.wanted():
        raise InvalidError("the form carries no basket")
    try:
        commands.place_order(
            counter.asker,
            menu_id=chosen.menu,
            household_id=chosen.household,
            expected=chosen.expected,
            lines=chosen.wanted(),
            total_fen=int(total),
            note=chosen.note,
            channel=_channel(counter),
        )
    except (SoldOutError, PriceChangedError, StaleOrderError) as refusal:
        return _refused(counter, chosen, refusal)
    except (MenuClosedError, MenuNotOpenError):
        flash(_("已经截单了，这次没有下成。"), "problem")
        return redirect(counter.to("menu"), 303)
    basket.drop()
    flash(_("下好了"), "done")
    return redirect(counter.to("order", menu_id=chosen.menu), 303)


def order_page(counter: Counter) -> str | Response:
    """Show an order, where it stands and what it comes to: that of `?menu_id=`, else the newest."""
    before = orders_of_household(counter.asker, counter.door.id)
    wanted = request.args.get("menu_id", type=int) or next((order.menu_id for order in before), None)
    if wanted is None:
        return render_template("resident/no_order.html", counter=counter)
    order = order_of(counter.asker, wanted, counter.door.id)
    if order is None:
        raise NotFoundError("no such order", menu=wanted)
    return render_template(
        "resident/order.html",
        counter=counter,
        order=order,
        menu=menu_for(counter.asker, wanted),
        lines=lines_with_reasons(counter.asker, order["id"]),
        way=moments_of(order["id"]),
        short=came_and_wanted(order["id"]),
        before=[earlier for earlier in before if earlier.menu_id != wanted],
    )


def cancel_page(counter: Counter) -> str | Response:
    """Ask once more before an order is cancelled."""
    menu = current_menu_for(counter.asker)
    order = order_of(counter.asker, menu.id, counter.door.id) if menu else None
    if menu is None or order is None or order["state"] != OrderState.PLACED or not menu.taking_orders:
        return redirect(counter.to("order"))
    return render_template("resident/cancel.html", counter=counter, menu=menu, order=order)


def cancel(counter: Counter) -> Response:
    """Cancel the order as the person saw it."""
    menu_id, version = request.form.get("menu", ""), request.form.get("version", "")
    if not (menu_id + version).isdecimal() or len(menu_id + version) > 30:
        raise InvalidError("the form names no order")
    try:
        commands.cancel_order(
            counter.asker,
            menu_id=int(menu_id),
            household_id=counter.door.id,
            expected=int(version),
            channel=_channel(counter),
        )
        flash(_("已撤单。截单前还能再下。"), "done")
    except StaleOrderError:
        flash(_("没有撤：这张单刚刚在别处改过。请看看现在的样子。"), "problem")
    except MenuClosedError:
        flash(_("没有撤：已经截单，菜已经在采购了。"), "problem")
    basket.drop()
    return redirect(counter.to("order", menu_id=int(menu_id)), 303)


def _next_page(table: basket.Table) -> str:
    """Return where the button of the menu leads: on to what was changed, or to the order as it stands."""
    if table.placed and not table.units:
        return "cancel"
    return "order" if table.placed and not table.changed else "review"


def _table(counter: Counter) -> basket.Table:
    menu = current_menu_for(counter.asker)
    if menu is None:
        raise NotFoundError("no menu takes orders here")
    return basket.lay(counter.asker, menu.id, counter.door.id)


def _refused(counter: Counter, chosen: basket.Basket, refusal: HubError) -> tuple[str, int]:
    asked = dict(chosen.lines)
    if isinstance(refusal, StaleOrderError):
        current = refusal.data["current"]
        chosen.expected = current["version"] if current else None  # type: ignore[index]
    chosen.keep()
    table = _table(counter)
    if isinstance(refusal, SoldOutError):
        table.cut_to_fit()
    table.basket.keep()
    refusal.data["asked"] = asked
    shown = review_page(counter, refusal)
    if not isinstance(shown, str):
        shown = render_template("resident/nothing_left.html", counter=counter, table=table, refusal=refusal)
    return shown, HTTPStatus.CONFLICT


def _channel(counter: Counter) -> Channel:
    given = request.form.get("channel", "")
    return Channel(given) if counter.for_somebody and given in set(Channel) else counter.channel
