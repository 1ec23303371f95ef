"""What is still open before a cycle is closed, in words: what it is, what to do, and the page where it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import url_for

from supplyhub.web.language import gettext as _
from supplyhub.web.language import look
from supplyhub.web.looks import counted as n_
from supplyhub.web.words import N_

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from supplyhub.audit.closing import Open


@dataclass(frozen=True, slots=True)
class Todo:
    """A line of the list. `named`: the first of what is open, each with an address or ""; `more`: whether there are others."""

    icon: str
    title: str
    todo: str
    address: str
    named: list[tuple[str, str]]
    more: bool


PLACES = {
    "inbound": N_("收货区"),
    "shelf": N_("货架"),
    "returned": N_("退回区"),
    "quarantine": N_("隔离区"),
}
TITLES: dict[str, Callable[[int], str]] = {
    "shares": lambda _number: _("货还没分"),
    "purchase_orders": lambda number: n_("%(figure)s 张采购单没收完", number),
    "parcels_to_pack": lambda number: n_("%(figure)s 个包裹没装", number),
    "crates_on_the_way": lambda number: n_("%(figure)s 筐出了库，没到配送点", number),
    "tickets_free": lambda number: n_("%(figure)s 张配送单没人领", number),
    "tickets_claimed": lambda number: n_("%(figure)s 张配送单领了没交接", number),
    "tickets_out": lambda number: n_("%(figure)s 张配送单没收回", number),
    "parcels_out": lambda number: n_("%(figure)s 个包裹不在单上", number),
    "returned_goods": lambda number: n_("退回的 %(figure)s 件货没处理", number),
    "stocktakes": lambda number: n_("%(figure)s 次盘点没记完", number),
    "holds": lambda number: n_("%(figure)s 张订单留着货等付款", number),
    "cash_uncounted": lambda number: n_("%(figure)s 张配送单的现金没点", number),
    "inbox": lambda number: n_("待办里还有 %(figure)s 件", number),
    "surplus": lambda number: n_("%(figure)s 张订单付多了，还没安排退", number),
    "refunds_due": lambda number: n_("%(figure)s 笔网上退款没退到", number),
    "refunds_by_hand": lambda number: n_("%(figure)s 笔退款要给现金", number),
    "credits": lambda number: n_("%(figure)s 笔减价等第二个人同意", number),
}
# What to do about it, its icon, and where.
DONE_AT = {
    "shares": (N_("收完货、定好缺货怎么分，再来关。"), "sheet", "shortage.shortages"),
    "purchase_orders": (N_("请中转站收货，收完点结束收货。"), "truck", "purchase.orders"),
    "parcels_to_pack": (N_("请中转站装完，坏了的、没了的也要记下来。"), "box", "staging.board"),
    "crates_on_the_way": (N_("请在配送点点数；路上丢了的要找回来。"), "truck", "custody.loads"),
    "tickets_free": (N_("请志愿者领走送完，或者请中转站替他领。"), "hand", "staging.board"),
    "tickets_claimed": (N_("请领单的人来交接，或者让他退掉，换人领。"), "hand", "staging.board"),
    "tickets_out": (N_("请志愿者送完回来，到中转站收单。"), "undo", "staging.board"),
    "parcels_out": (N_("请专班看审计，找管服务器的人。"), "alert", "coordinator.laws"),
    "returned_goods": (N_("请中转站看过：能用的放回货架，不能用的报损。"), "undo", "stock.lots"),
    "stocktakes": (N_("请第二个人核对记账，或者作废重来。"), "sheet", "stocktake.stocktakes"),
    "holds": (N_("到时没付，货自己让出来，过几分钟再来。"), "clock", "money.home"),
    "cash_uncounted": (N_("请收钱以外的人点清，差多少写为什么。"), "coin", "money.home"),
    "inbox": (N_("请网格长处理掉，一件件写上结果。"), "alert", "inbox.inbox"),
    "surplus": (N_("过几秒会自己安排；一直不动，请看后台在不在。"), "clock", "refund.refunds"),
    "refunds_due": (N_("收款服务在办，连不上会自己再试。"), "clock", "refund.refunds"),
    "refunds_by_hand": (N_("请把现金交给住户，点“给了”。"), "undo", "refund.refunds"),
    "credits": (N_("请第二位专班同意，或者不同意。"), "hand", "money.credits_to_decide"),
}
# What of a page is meant.
IN_PLACE: dict[str, dict[str, Any]] = {"returned_goods": {"place": "returned"}}
# Of these a code leads to its own page.
TICKETS = {"tickets_free", "tickets_claimed", "tickets_out"}


def todos(still_open: Iterable[Open], cycle_id: int) -> list[Todo]:
    """Return a line for each kind of thing that is open, in the order of the work."""
    return [_todo(each, cycle_id) for each in still_open]


def _todo(each: Open, cycle_id: int) -> Todo:
    words, icon, endpoint = DONE_AT[each.what]
    return Todo(
        icon=icon,
        title=TITLES[each.what](each.number),
        todo=_(words),
        address=url_for(endpoint, cycle=cycle_id, **IN_PLACE.get(each.what, {})),
        named=[_name(each.what, name) for name in (each.first if look().lang == "zh" else each.english or each.first)],
        # Goods are counted by units and named by kind.
        more=each.what not in {"returned_goods", "holds", "inbox"} and each.number > len(each.first),
    )


def _name(what: str, name: str) -> tuple[str, str]:
    if what in TICKETS:
        return name, url_for("custody.chain", code=name)
    if what == "cash_uncounted":
        return name, url_for("cash.count", code=name)
    if what == "parcels_to_pack":
        return name, url_for("packing.go_to_parcel", code=name)
    return (_(PLACES[name]) if what == "stocktakes" else name), ""
