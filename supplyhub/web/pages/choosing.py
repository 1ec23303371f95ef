"""The pages on which an order is made: menu, review, order, cancel. Used by residents and by those who order for them."""

from __future__ import annotations

from collections import Counter as Tally
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import current_app, flash, g, redirect, render_template, request, url_for

from supplyhub.catalog.late import takes
from supplyhub.catalog.queries import current_menu_for, edits_of, items_of, menu_for
from supplyhub.delivery.anchoring import kept_back_of, left_of
from supplyhub.delivery.arrivals import arrival_of
from supplyhub.delivery.timeline import came_and_wanted, is_fetched, moments_of
from supplyhub.depot.reasons import lines_with_reasons
from supplyhub.errors import HubError, InvalidError, NotFoundError
from supplyhub.ordering import commands
from supplyhub.ordering.doors import door_for
from supplyhub.ordering.draw.queries import my_draw
from supplyhub.ordering.errors import (
    MenuClosedError,
    MenuNotOpenError,
    PriceChangedError,
    SoldOutError,
    StaleOrderError,
)
from supplyhub.ordering.proxies import entered_for
from supplyhub.ordering.queries import order_of, orders_of_household
from supplyhub.ordering.shelf import withdrawn_lines
from supplyhub.ordering.states import Channel, OrderState
from supplyhub.outside.ports import LEAST_FEN
from supplyhub.people.states import Role
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import enumerated, named
from supplyhub.web.pages import again, basket, consent, paying, search
from supplyhub.web.pages.basket import wish_of
from supplyhub.web.pages.table import lay
from supplyhub.web.publishing import pays_online

if TYPE_CHECKING:
    from sqlalchemy.engine import Row
    from werkzeug.wrappers import Response

    from supplyhub.ordering.putting import Put
    from supplyhub.people.asker import Asker
    from supplyhub.web.pages.table import Table


@dataclass(frozen=True, slots=True)
class Counter:
    """Where somebody orders: who asks, for which door, how the order reached us, and the addresses of the pages.

    `room` names the blueprint and `values` its address parts: a resident's pages have none, a helper's the household.
    `consented` tells whether the household agreed; nothing is placed or cancelled for somebody who wasn't asked.
    """

    asker: Asker
    door: Row[Any]
    room: str
    channel: Channel
    values: dict[str, int]
    consented: bool = True

    def to(self, page: str, **more: object) -> str:
        """Return the address of `menu`, `review`, `order` or `cancel`."""
        return url_for(f"{self.room}.{page}", **self.values, **more)  # type: ignore[arg-type]

    @property
    def leave(self) -> str:
        """Return where one goes back to: the own menu, a lead's day, an anchor's neighbours."""
        if not self.for_somebody:
            return self.to("menu")
        return url_for("anchors.neighbours" if self.asker.role == Role.RESIDENT else "grid.today")

    @property
    def for_somebody(self) -> bool:
        """Tell whether the door is another's."""
        return self.asker.household_id != int(self.door.id)


def at(
    asker: Asker,
    household_id: int,
    *,
    room: str,
    channel: Channel,
    values: dict[str, int] | None = None,
    consented: bool = True,
) -> Counter:
    """Return the counter for a door. Raises NotFoundError for a door that isn't the asker's to order for."""
    return Counter(asker, door_for(asker, household_id), room, channel, values or {}, consented)


def menu_page(counter: Counter) -> str | Response:
    """Show today's menu with the basket."""
    menu = current_menu_for(counter.asker)
    if menu is None:
        return render_template("resident/no_menu.html", counter=counter, menu=None)
    kind, find = request.args.get("kind", ""), request.args.get("q", "").strip()[: search.LONGEST]
    table = lay(menu, counter.door.id, kind=kind, find=find)
    if table.choices and not counter.for_somebody:
        # Known with the rest: half the rush are these pages, and none needs a query for its foot.
        g.is_anchor = table.is_anchor
    if not menu.taking_orders:
        if menu.now >= menu.opens_at and basket.kept(menu.id, counter.door.id) and table.changed:
            return _not_now(counter, menu, table)
        if table.placed:
            return redirect(counter.to("order", menu_id=menu.id))
        return render_template("resident/no_menu.html", counter=counter, menu=menu)
    return render_template(
        "resident/menu.html",
        counter=counter,
        menu=menu,
        table=table,
        kinds=Tally(choice.item.category for choice in table.choices),
        kind=kind,
        find=find,
        edits=edits_of(menu.id) if table.edited else [],
    )


def change_basket(counter: Counter) -> str | Response:
    """Take over what the form says and go on: a stepper back to the menu, the button to the review."""
    menu, table = _table(counter)
    chosen = table.basket
    if "drop" in request.form:
        basket.drop()
        return redirect(counter.to("order", menu_id=chosen.menu))
    if not menu.taking_orders:
        return _not_now(counter, menu, table)
    if table.missed and not table.gone:
        flash(_too_late(table), "attention")
    if table.gone:
        flash(
            _("%(what)s下架了，已从篮子里拿掉。", what=enumerated(named(choice.item) for choice in table.gone)),
            "attention",
        )
    chosen.read(request.form)
    if "again" in request.form:
        return _same_again(counter, menu, table)
    item = request.form.get("more") or request.form.get("less") or ""
    if item.isdecimal() and len(item) < 19:
        chosen.change(int(item), 1 if "more" in request.form else -1)
    chosen.keep()
    if item or "stay" in request.form:
        sought = {"kind": request.form.get("kind") or None, "q": request.form.get("find") or None}
        return redirect(counter.to("menu", **sought, _anchor=f"i{item}" if item else None), 303)
    return redirect(counter.to(_next_page(lay(menu, counter.door.id))), 303)


def review_page(counter: Counter) -> str | Response:
    """Show what will be ordered and what it costs."""
    menu, table = _table(counter)
    if not menu.taking_orders:
        return _not_now(counter, menu, table)
    if not table.chosen:
        return redirect(counter.to("menu"))
    # The terms that are shown are the terms that are ordered, also after a cap was lowered meanwhile.
    table.basket.keep()
    return _review("resident/review.html", counter, menu, table, None)


def place(counter: Counter) -> str | Response | tuple[str, int]:
    """Order the basket. Whatever is refused is named whole, and the rest of the basket stays."""
    if not counter.consented:
        return redirect(counter.to("agree"), 303)
    menu, table = _table(counter)
    chosen = table.basket
    chosen.read(request.form)
    chosen.limit_to(table.by_item)
    if table.missed:
        # As it is ordered again, whatever the form said: look at it before it is sent.
        flash(_too_late(table), "problem")
        lay(menu, counter.door.id).basket.keep()
        return redirect(counter.to("menu"), 303)
    chosen.keep()
    total = request.form.get("total_fen", "")
    if not total.isdecimal() or len(total) > 12:
        raise InvalidError("the form carries no total")
    if not chosen.wanted():
        flash(_("篮子是空的，没有下单。"), "problem")
        return redirect(counter.to("menu"), 303)
    try:
        put = _order(counter, table, int(total))
    except (SoldOutError, PriceChangedError, StaleOrderError) as refusal:
        return _refused(counter, menu, chosen, refusal)
    except (MenuClosedError, MenuNotOpenError):
        return _not_now(counter, menu, table)
    basket.drop()
    consent.use(chosen.household)
    flash(_("下好了，还差付款") if put.data.get("hold_until") else _("下好了"), "done")
    return redirect(counter.to("order", menu_id=chosen.menu), 303)


def _order(counter: Counter, table: Table, total_fen: int) -> Put:
    if table.gone:
        # Only the total would be refused, and that says nothing.
        _follow_withdrawals(table)
        raise SoldOutError(sold_out=[], over_cap=[], withdrawn=[choice.item.id for choice in table.gone])
    chosen = table.basket
    return commands.place_order(
        counter.asker,
        menu_id=chosen.menu,
        household_id=chosen.household,
        expected=chosen.expected,
        lines=chosen.wanted(),
        total_fen=total_fen,
        note=chosen.note,
        channel=counter.channel,
        desk=current_app.extensions["desk"],
    )


def _follow_withdrawals(table: Table) -> None:
    """Take an order that changed only by what is told here for the one that the basket was made from."""
    if table.order is None or table.basket.expected is None or table.order_id is None:
        return
    lost = {line.item_id for line in withdrawn_lines(table.order_id)} & {choice.item.id for choice in table.gone}
    if table.basket.expected + len(lost) == table.order.version:
        table.basket.expected = table.order.version


def order_page(counter: Counter) -> str | Response:
    """Show an order, where it stands and what it comes to: that of `?menu_id=`, else the newest."""
    before = orders_of_household(counter.asker, counter.door.id)
    wanted = request.args.get("menu_id", type=int) or next((order.menu_id for order in before), None)
    if wanted is None:
        return render_template("resident/no_order.html", counter=counter)
    order = order_of(counter.asker, wanted, counter.door.id)
    if order is None:
        raise NotFoundError("no such order", menu=wanted)
    menu = menu_for(counter.asker, wanted)
    wishes = {line["item"]: wish_of(line["consent"], line["substitute"]) for line in order["lines"]}
    items = {item.id: item for item in items_of(wanted)} if any(map(str.isdecimal, wishes.values())) else {}
    money = paying.money_of(counter, order["id"])
    lines = lines_with_reasons(counter.asker, order["id"])
    return render_template(
        "resident/order.html",
        counter=counter,
        order=order,
        wishes=wishes,
        items=items,
        withdrawn=withdrawn_lines(order["id"]),
        menu=menu,
        money=money,
        tag=paying.tag_of(order, money),
        pays_online=pays_online(),
        can_cancel=can_cancel(menu, order),
        fills={line["item"]: line["most"] for line in order["lines"] if line["most"]},
        lines=[line for line in lines if not line.for_care],
        given=[line for line in lines if line.for_care],
        way=moments_of(order["id"]),
        left=left_of(order["id"]),
        kept_back=kept_back_of(order["id"]),
        arrival=arrival_of(order["id"]),
        draw=my_draw(counter.asker, order["id"], vault=current_app.extensions["vault"]),
        short=came_and_wanted(order["id"]),
        entered=entered_for(counter.asker, [order["id"]]).get(order["id"]),
        before=[earlier for earlier in before if earlier.menu_id != wanted],
    )


def cancel_page(counter: Counter) -> str | Response:
    """Ask once more before an order is cancelled."""
    menu = current_menu_for(counter.asker)
    order = order_of(counter.asker, menu.id, counter.door.id) if menu else None
    if menu is None or order is None or order["state"] != OrderState.PLACED or not can_cancel(menu, order):
        return redirect(counter.to("order"))
    money = paying.money_of(counter, order["id"])
    return render_template("resident/cancel.html", counter=counter, menu=menu, order=order, money=money)


def can_cancel(menu: Row[Any], order: dict[str, Any]) -> bool:
    """Tell whether an order can still be cancelled; after the cut-off only one that has late items alone."""
    if not menu.taking_orders or not menu.only_late:
        return bool(menu.taking_orders)
    ordered = {line["item"] for line in order["lines"]}
    return all(takes(menu, item) for item in items_of(menu.id) if item.id in ordered)


def cancel(counter: Counter) -> Response:
    """Cancel the order as the person saw it."""
    if not counter.consented:
        return redirect(counter.to("agree", then="cancel"), 303)
    menu_id, version = request.form.get("menu", ""), request.form.get("version", "")
    if not (menu_id + version).isdecimal() or len(menu_id + version) > 30:
        raise InvalidError("the form names no order")
    try:
        commands.cancel_order(
            counter.asker,
            menu_id=int(menu_id),
            household_id=counter.door.id,
            expected=int(version),
            channel=counter.channel,
            desk=current_app.extensions["desk"],
        )
        consent.use(counter.door.id)
        flash(_("已撤单。截单前还能再下。"), "done")
    except StaleOrderError:
        flash(_("没有撤：这张单刚刚在别处改过。请看看现在的样子。"), "problem")
    except MenuClosedError:
        flash(_("没有撤：已经截单，菜已经在采购了。"), "problem")
    basket.drop()
    return redirect(counter.to("order", menu_id=int(menu_id)), 303)


def _too_late(table: Table) -> str:
    return _("%(what)s已经截单，还是原来订的数。", what=enumerated(named(choice.item) for choice in table.missed))


def _next_page(table: Table) -> str:
    """Return where the button of the menu leads: on to what was changed, or to the order as it stands."""
    if table.placed and not table.units and not table.fixed:
        return "cancel"
    return "order" if table.placed and not table.changed else "review"


def _table(counter: Counter) -> tuple[Row[Any], Table]:
    menu = current_menu_for(counter.asker)
    if menu is None:
        raise NotFoundError("no menu takes orders here")
    table = lay(menu, counter.door.id)
    made_from = request.form.get("made_from")
    if made_from is not None and basket.kept(menu.id, counter.door.id) is None:
        # The form was made before this basket: what changed since must not pass for what the person saw.
        table.basket.expected = int(made_from) if made_from.isdecimal() and len(made_from) < 19 else None
    return menu, table


def _same_again(counter: Counter, menu: Row[Any], table: Table) -> str | Response:
    """Fill the basket with the last order; one that isn't empty only after asking."""
    if any(table.basket.lines.values()) and request.form["again"] != "yes":
        table.basket.keep()
        return render_template("resident/again.html", counter=counter, menu=menu, table=lay(menu, counter.door.id))
    again.fill(table)
    table.basket.keep()
    # Nothing of it to be had: the review goes back to the menu.
    return redirect(counter.to("review"), 303)


def _not_now(counter: Counter, menu: Row[Any], table: Table) -> Response:
    """Say that the cut-off passed while somebody was still choosing, and what stands; or leave that to the menu's page."""
    if menu.now < menu.opens_at:
        return redirect(counter.to("menu"), 303)
    basket.drop()
    if table.placed:
        flash(_("已经截单了，这次没有改成。原来那张单照送。"), "problem")
        return redirect(counter.to("order", menu_id=menu.id), 303)
    flash(_("已经截单了，这次没有下成。"), "problem")
    return redirect(counter.to("menu"), 303)


def _refused(counter: Counter, menu: Row[Any], chosen: basket.Basket, refusal: HubError) -> tuple[str, int]:
    asked = dict(chosen.lines)
    if isinstance(refusal, StaleOrderError):
        current = refusal.data["current"]
        chosen.expected = current["version"] if current else None  # type: ignore[index]
    chosen.keep()
    table = lay(menu, counter.door.id)
    if isinstance(refusal, SoldOutError):
        table.cut_to_fit()
    table.basket.keep()
    table = lay(menu, counter.door.id)
    refusal.data["asked"] = asked
    if table.order_id is not None and isinstance(refusal, StaleOrderError):
        refusal.data["withdrawn_lines"] = withdrawn_lines(table.order_id)
    page = "resident/review.html" if table.chosen else "resident/nothing_left.html"
    return _review(page, counter, menu, table, refusal), HTTPStatus.CONFLICT


def _review(page: str, counter: Counter, menu: Row[Any], table: Table, refusal: HubError | None) -> str:
    return render_template(
        page,
        counter=counter,
        menu=menu,
        table=table,
        refusal=refusal,
        least_fen=LEAST_FEN,
        fetched=is_fetched(counter.door.id),
    )
