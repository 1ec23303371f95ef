"""The words for codes: what a state, an outcome or a reason is called on every page, and its colour and shape.

One list for all actors: an order that a resident sees as packed is packed at the depot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.web.language import gettext as _
from supplyhub.web.language import look

if TYPE_CHECKING:
    from flask import Flask


def N_(words: str) -> str:  # noqa: N802
    """Mark words for translation; they are translated when shown."""
    return words


@dataclass(frozen=True, slots=True)
class Sign:
    """A word, its tone (`data-status`) and its icon."""

    word: str
    tone: str
    icon: str


SIGNS = {
    # An order on its way
    "waiting": Sign(N_("没开始"), "waiting", "clock"),
    "placed": Sign(N_("已下单"), "ordered", "bag"),
    "cancelled": Sign(N_("已撤单"), "waiting", "undo"),
    "paid": Sign(N_("已付款"), "paid", "coin"),
    "bought": Sign(N_("已采购"), "paid", "coin"),
    "planned": Sign(N_("等装袋"), "waiting", "clock"),
    "packing": Sign(N_("装袋中"), "packed", "box"),
    "packed": Sign(N_("已装袋"), "packed", "box"),
    "sealed": Sign(N_("已装袋"), "packed", "box"),
    "leaving": Sign(N_("出库中"), "onway", "truck"),
    "at_point": Sign(N_("到配送点"), "onway", "pin"),
    "handed_over": Sign(N_("配送中"), "onway", "truck"),
    "delivered": Sign(N_("已送达"), "delivered", "check"),
    "returned": Sign(N_("已退回"), "problem", "undo"),
    "failed": Sign(N_("有问题"), "problem", "alert"),
    "part_delivered": Sign(N_("送到一部分"), "attention", "check"),
    "nothing_came": Sign(N_("没到货"), "problem", "alert"),
    # A menu, a cycle
    "draft": Sign(N_("草稿"), "waiting", "clock"),
    "published": Sign(N_("接单中"), "delivered", "check"),
    "closed": Sign(N_("已截单"), "ordered", "clock"),
    "ordering": Sign(N_("接单中"), "ordered", "bag"),
    "procuring": Sign(N_("采购收货"), "paid", "truck"),
    "short": Sign(N_("等定缺货"), "attention", "alert"),
    "staging": Sign(N_("装袋配送"), "packed", "box"),
    # A purchase order
    "purchase_draft": Sign(N_("没发出"), "attention", "clock"),
    "purchase_sent": Sign(N_("等到货"), "onway", "truck"),
    "purchase_confirmed": Sign(N_("平台确认了"), "onway", "check"),
    "purchase_part_received": Sign(N_("到了一部分"), "onway", "truck"),
    "purchase_received": Sign(N_("收齐了"), "delivered", "check"),
    "purchase_closed": Sign(N_("已结清"), "delivered", "check"),
    # A door in an import
    "door_added": Sign(N_("新增"), "delivered", "check"),
    "door_changed": Sign(N_("改动"), "ordered", "undo"),
    "door_reactivated": Sign(N_("恢复"), "ordered", "undo"),
    "door_deactivated": Sign(N_("停用"), "attention", "alert"),
    # A stocktake
    "stocktake_counting": Sign(N_("正在数"), "ordered", "hand"),
    "stocktake_counted": Sign(N_("等记账"), "attention", "clock"),
    "stocktake_booked": Sign(N_("记账了"), "delivered", "check"),
    "stocktake_dropped": Sign(N_("作废了"), "waiting", "undo"),
    # A ticket
    "issued": Sign(N_("没人领"), "waiting", "clock"),
    "claimed": Sign(N_("已领，等交接"), "ordered", "hand"),
    "under_way": Sign(N_("正在送"), "onway", "truck"),
    "done": Sign(N_("送完了"), "delivered", "check"),
    "handed_back": Sign(N_("送完了，有退回"), "attention", "undo"),
    "void": Sign(N_("已换单"), "waiting", "undo"),
    # A badge
    "live": Sign(N_("有效"), "delivered", "check"),
    "suspended": Sign(N_("暂停"), "attention", "clock"),
    "revoked": Sign(N_("已作废"), "problem", "alert"),
    "expired": Sign(N_("已过期"), "attention", "clock"),
}

PROBLEMS = {
    "nobody_home": N_("没人应门"),
    "wrong_door": N_("门牌不对"),
    "refused": N_("住户不要"),
    "damaged": N_("东西坏了"),
    "other": N_("别的原因"),
}

MOVE_REASONS = {
    "damaged": N_("坏了"),
    "spoiled": N_("变质"),
    "expired": N_("过期"),
    "lost": N_("不见了"),
    "found": N_("多出来的"),
    "miscounted": N_("数错了"),
    "inspected": N_("查过，没问题"),
    "mispacked": N_("装错了"),
    "misweighed": N_("称错了"),
    "other": N_("别的原因"),
}

PLACES = {
    "supplier": N_("供货方"),
    "count": N_("盘点差异"),
    "inbound": N_("待上架"),
    "shelf": N_("架上"),
    "packed": N_("装好了"),
    "handed_over": N_("在路上"),
    "delivered": N_("送到了"),
    "returned": N_("退回"),
    "quarantine": N_("隔离"),
    "waste": N_("报损"),
}

CHANNELS = {
    "web": N_("网页"),
    "phone": N_("电话"),
    "doorstep": N_("上门"),
    "relay": N_("接龙"),
    "care_pack": N_("爱心包"),
}

CALLS = {
    "no_answer": N_("没接"),
    "call_again": N_("再打"),
    "will_order": N_("会自己下"),
    "ordered": N_("下单了"),
    "declined": N_("不需要"),
}

RECEIPTS = {"purchase": N_("采购的货"), "unexpected": N_("没订的货"), "donation": N_("爱心物资")}

FAULTS = {"damaged": N_("坏了"), "wrong_item": N_("送错了"), "refused": N_("没收，退给司机")}

ROLES = {
    "resident": N_("居民"),
    "grid_lead": N_("网格长"),
    "depot": N_("中转站"),
    "volunteer": N_("志愿者"),
    "coordinator": N_("专班"),
}

CATEGORIES = {
    "蔬菜": N_("蔬菜"),
    "水果": N_("水果"),
    "肉类": N_("肉类"),
    "水产": N_("水产"),
    "蛋奶": N_("蛋奶"),
    "粮油": N_("粮油"),
    "套餐": N_("套餐"),
}
# What was given, or came by chance, and was of no kind (catalog/products.py).
OTHER_GOODS = "其他"

PAYMENTS = {
    "paid_online": N_("网上付的"),
    "alipay": N_("网上付的，支付宝"),
    "wechat_pay": N_("网上付的，微信"),
    "card": N_("网上付的，银行卡"),
    "cash": N_("当面付的现金"),
    "shown_code": N_("当面扫码付的"),
    "covered": N_("社区替您付的"),
}

PAY_WAYS = {"alipay": N_("支付宝"), "wechat_pay": N_("微信"), "card": N_("银行卡")}

# Why an order is worth more, or less, than when it was placed.
CHANGES = {
    "filled": N_("凑满一箱多给的"),
    "shared": N_("到货少了、换了的"),
    "packed": N_("装袋时少了、称重差的"),
    "returned": N_("退回来的"),
    "credited": N_("减掉的"),
}

CREDITS = {
    "damaged": N_("坏了，减掉的"),
    "spoiled": N_("变质了，减掉的"),
    "missing": N_("没收到，减掉的"),
    "wrong": N_("送错了，减掉的"),
    "other": N_("减掉的"),
}

REFUNDS = {
    "surplus": N_("多付的退给您"),
    "cancelled": N_("撤单退给您"),
    "too_late": N_("付晚了，菜已让给别家，全退给您"),
}

IMPORT_STEPS = {
    "reading": N_("正在读文件"),
    "comparing": N_("正在和底册比对"),
    "keeping": N_("正在留底，好撤回"),
    "writing_places": N_("正在写楼栋和网格"),
    "writing_households": N_("正在写住户"),
    "ending": N_("正在收尾"),
}
REGISTER_FACTS = {
    "unit": N_("单元写法"),
    "people": N_("人数"),
    "contact": N_("联系人"),
    "phone": N_("联系方式"),
    "special_group": N_("特殊群体"),
}
UNPLACED = {
    "no_footprint": N_("地图上没有这栋楼"),
    "outside_every_grid": N_("在所有网格外面"),
    "in_two_grids": N_("压在两个网格上"),
    "outside_every_micro_grid": N_("在网格里，但不在任何小网格里"),
    "in_two_micro_grids": N_("压在两个小网格上"),
    "no_grid_named": N_("名单没写网格"),
    "two_grids_named": N_("名单里写了两个网格"),
}

ZONES = {
    "lockdown": N_("封控"),
    "controlled": N_("管控"),
    "precaution": N_("防范"),
    "normal": N_("正常"),
}
ZONE_TONES = {"lockdown": "problem", "controlled": "attention", "precaution": "ordered", "normal": "delivered"}
ZONE_WAYS = {
    "lockdown": N_("送到门口，不见面"),
    "controlled": N_("送到楼门口，分时段领"),
    "precaution": N_("到配送点领"),
    "normal": N_("到配送点领"),
}

# What a level means for going out, beside how goods come.
ZONE_MEANS = {
    "lockdown": N_("足不出户，有事打电话"),
    "controlled": N_("人不出小区，不聚集"),
    "precaution": N_("能出门，少聚集"),
    "normal": N_("照常出门"),
}

DUTY_TITLES = {
    "lead": N_("网格长"),
    "liaison": N_("联络员"),
    "doctor": N_("医生"),
    "police": N_("民警"),
    "property": N_("物业"),
    "power": N_("电力"),
}

WEEKDAYS = {
    "1": N_("周一"),
    "2": N_("周二"),
    "3": N_("周三"),
    "4": N_("周四"),
    "5": N_("周五"),
    "6": N_("周六"),
    "7": N_("周日"),
}

VERDICTS = {
    "holds": N_("守住了"),
    "broken": N_("有问题"),
}

# Emoji are pictures of produce, nothing else; what has none of its own gets its category's.
PICTURES = {"蔬菜": "🥬", "水果": "🍎", "肉类": "🥩", "水产": "🐟", "蛋奶": "🥛", "粮油": "🍚", "套餐": "🧺"}


def init_app(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.globals.update(sign=sign, word=word, picture=picture, zone_tone=ZONE_TONES.get)


def sign(code: str) -> Sign:
    """Return the sign of a state."""
    return SIGNS[code]


def word(group: str, code: str) -> str:
    """Return the word for a code in the reader's language; the code itself when it has none.

    What people count by (份, 板, 袋) is said in Chinese only: English says "3 of", or nothing.
    """
    if group == "unit":
        return code if look().lang == "zh" else ""
    return _(LISTS[group].get(code, code))


def picture(product: object) -> str:
    """Return the emoji of a product."""
    own = getattr(product, "picture", "")
    return own or PICTURES.get(getattr(product, "category", ""), "🧺")


LISTS = {
    "problem": PROBLEMS,
    "reason": MOVE_REASONS,
    "place": PLACES,
    "channel": CHANNELS,
    "call": CALLS,
    "receipt": RECEIPTS,
    "fault": FAULTS,
    "role": ROLES,
    "category": CATEGORIES | {OTHER_GOODS: N_("其他")},
    "payment": PAYMENTS,
    "pay_way": PAY_WAYS,
    "change": CHANGES,
    "credit": CREDITS,
    "refund": REFUNDS,
    "unplaced": UNPLACED,
    "import_step": IMPORT_STEPS,
    "register_fact": REGISTER_FACTS,
    "verdict": VERDICTS,
    "zone": ZONES,
    "zone_way": ZONE_WAYS,
    "zone_means": ZONE_MEANS,
    "duty_title": DUTY_TITLES,
    "weekday": WEEKDAYS,
}
