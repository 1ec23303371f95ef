"""Paying on the pages: to the gateway's page and back, and ordering again what wasn't paid in time.

For a household, and for those who order for it: they may pay with their own phone, and don't learn how others paid.
"""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import current_app, flash, make_response, redirect, render_template, request

from supplyhub.catalog.queries import current_menu_for
from supplyhub.errors import BusyError, NotFoundError
from supplyhub.ordering.queries import order_of
from supplyhub.outside.errors import GatewayAwayError, GatewayRefusedError
from supplyhub.outside.ports import LEAST_FEN
from supplyhub.payments.commands.charging import Visit
from supplyhub.payments.errors import (
    HoldEndedError,
    NothingOwedError,
    NotPaidOnlineError,
    PaymentOffError,
    TooLittleOnlineError,
)
from supplyhub.payments.paying import look_at_checkout, pay_online
from supplyhub.payments.queries import charge_of
from supplyhub.payments.statement import statement_of
from supplyhub.payments.states import ChargeState
from supplyhub.web import looks
from supplyhub.web.language import gettext as _
from supplyhub.web.language import look
from supplyhub.web.limits import may_ask_gateway
from supplyhub.web.pages import basket
from supplyhub.web.pages.basket import wish_of
from supplyhub.web.pages.table import lay

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from supplyhub.outside.ports import PaymentGateway
    from supplyhub.payments.statement import Statement
    from supplyhub.web.pages.choosing import Counter
    from supplyhub.web.pages.table import Table


def money_of(counter: Counter, order_id: int) -> Statement | None:
    """Return an order's money as those at this counter may read it."""
    money = statement_of(order_id)
    return money.for_others() if money is not None and counter.for_somebody else money


def tag_of(order: dict[str, Any], money: Statement | None) -> str:
    """Return what changes when an order, or its money, does; a page remembers it, and asks for news by it."""
    return hashlib.sha256(repr((order["version"], order["state"], money)).encode()).hexdigest()[:20]


def news(counter: Counter) -> Response:
    """Answer 304 while an order is as the page was made from, and say nothing more when it isn't: the page is read again."""
    order = _order(counter)
    tag = tag_of(order, money_of(counter, order["id"]))
    known = tag in request.if_none_match
    response = make_response("", HTTPStatus.NOT_MODIFIED if known else HTTPStatus.NO_CONTENT)
    response.set_etag(tag)
    return response


def pay(counter: Counter) -> Response:
    """Open a payment page for what is owed, and lead there. Pressing again leads to the same page."""
    order = _order(counter)
    try:
        pay_online(counter.asker, order["id"], _visit(counter, order["menu_id"]), gateway=_gateway())
    except (GatewayAwayError, GatewayRefusedError, BusyError):
        flash(_("付款服务现在连不上，没有扣钱，单子还在。请过一会儿再点一次。"), "problem")
    except PaymentOffError:
        flash(_("网上付款现在关着，没有扣钱，单子还在。"), "problem")
    except (NothingOwedError, NotPaidOnlineError):
        flash(_("现在没有要付的钱。"), "attention")
    except HoldEndedError:
        flash(_("付款的时间刚刚过了，没有扣钱。"), "problem")
    except TooLittleOnlineError:
        # The order's page says what to do instead.
        flash(_("网上付款一笔至少 %(least)s，没有扣钱。", least=looks.money(LEAST_FEN)), "attention")
    else:
        return redirect(counter.to("paying", menu_id=order["menu_id"]), 303)
    return redirect(counter.to("order", menu_id=order["menu_id"]), 303)


def paying_page(counter: Counter) -> str | Response:
    """Lead to the gateway's page; `?came=` says that somebody comes back from there, `paid` or `unpaid`.

    Who comes back paid waits here until the books say so, which is a matter of seconds.
    """
    order, came = _order(counter), request.args.get("came", "")
    money = statement_of(order["id"])
    if came == "paid" and money is not None and money.waiting and "again" not in request.args:
        money = _looked_at(money)
    back = redirect(counter.to("order", menu_id=order["menu_id"]))
    if money is None or money.charge is None:
        return back
    if money.charge.state == ChargeState.PAID:
        if money.settled:
            flash(_("付好了。谢谢！"), "done")
        return back
    if came == "unpaid" or money.charge.state == ChargeState.ENDED:
        flash(_("没有付成，没有扣您的钱。"), "attention")
        return back
    page = "resident/to_pay.html" if not came and money.charge.state == ChargeState.OPEN else "resident/paying.html"
    return render_template(page, counter=counter, order=order, money=money, came=came)


def order_again(counter: Counter) -> Response:
    """Put what wasn't paid in time into the basket again, as far as it is still there."""
    order, menu = _order(counter), current_menu_for(counter.asker)
    money = statement_of(order["id"])
    if menu is None or menu.id != order["menu_id"] or not menu.taking_orders or money is None or money.lapsed is None:
        flash(_("现在不能再下了：已经截单，或者这张单刚刚改过。"), "problem")
        return redirect(counter.to("order", menu_id=order["menu_id"]), 303)
    basket.drop()
    table = lay(menu, counter.door.id)
    wanted = money.lapsed.basket["lines"]
    _fill(table, wanted)
    table.basket.keep()
    if not any(table.basket.lines.values()):
        flash(_("那些菜都订完了。看看别的。"), "attention")
        return redirect(counter.to("menu"), 303)
    if any(table.basket.lines.get(line["item"], 0) < line["quantity"] for line in wanted):
        flash(_("有几样不够了，数量已改成能有的。"), "attention")
    return redirect(counter.to("review"), 303)


def _fill(table: Table, wanted: list[dict[str, Any]]) -> None:
    for line in wanted:
        choice = table.by_item.get(line["item"])
        if choice is None:
            continue
        table.basket.lines[choice.item.id] = min(line["quantity"], choice.most)
        table.basket.wish(choice.item.id, wish_of(line["consent"], line["substitute"]))
        if line["most"]:
            table.basket.fills[choice.item.id] = line["most"]


def _looked_at(money: Statement) -> Statement | None:
    """Return the statement after asking the gateway how its payment page stands: no message has come yet.

    It isn't asked more than a few times a minute: who reloads the page waits for the message as it does.
    """
    gateway, charge = _gateway(), charge_of(money.charge.id) if money.charge else None
    if gateway is None or charge is None or not may_ask_gateway(charge.id):
        return money
    try:
        look_at_checkout(charge, gateway)
    except (GatewayAwayError, BusyError):
        return money
    return statement_of(money.order_id)


def _order(counter: Counter) -> dict[str, Any]:
    menu_id = request.values.get("menu_id", 0, type=int)
    order = order_of(counter.asker, menu_id, counter.door.id) if menu_id else None
    if order is None:
        raise NotFoundError("no such order", menu=menu_id)
    return order


def _visit(counter: Counter, menu_id: int) -> Visit:
    # Where people reach this by; on the own machine they may come by another of its names.
    settings = current_app.extensions["settings"]
    host = request.host_url.rstrip("/") if settings.public_url_is_loopback else settings.public_url
    return Visit(
        back_url=host + counter.to("paying", menu_id=menu_id, came="paid"),
        cancel_url=host + counter.to("paying", menu_id=menu_id, came="unpaid"),
        lang=look().lang,
    )


def _gateway() -> PaymentGateway | None:
    found: PaymentGateway | None = current_app.extensions.get("gateway")
    return found
