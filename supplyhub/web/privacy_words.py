"""Words of a household's file: subjects, columns, and the codes that stand in its cells."""

from __future__ import annotations

from supplyhub.web.language import gettext as _
from supplyhub.web.words import LISTS, N_, SIGNS

SUBJECTS = {
    "household": N_("底册"),
    "cards": N_("户卡"),
    "devices": N_("登录过的手机"),
    "orders": N_("订单"),
    "lines": N_("买了什么"),
    "money": N_("钱"),
    "deliveries": N_("送货"),
    "calls": N_("打过的电话"),
    "care": N_("特殊群体台账"),
    "packs": N_("爱心包"),
    "consents": N_("同意过的事"),
    "checks": N_("关心电话"),
    "readings": N_("谁看过"),
    "requests": N_("诉求"),
    "steps": N_("办的经过"),
    "anchored": N_("当过中心户"),
    "messages": N_("发过的消息"),
    "erasures": N_("删过资料"),
}
FIELDS = {
    "door": N_("门"),
    "people": N_("人数"),
    "contact": N_("联系人"),
    "phone": N_("联系方式"),
    "needs": N_("上门要知道的"),
    "active": N_("在册"),
    "issued_at": N_("发的时间"),
    "revoked_at": N_("作废的时间"),
    "joined_at": N_("登录的时间"),
    "expires_at": N_("到期"),
    "number": N_("订单号"),
    "delivery_on": N_("送菜的日子"),
    "state": N_("状态"),
    "channel": N_("从哪来的"),
    "placed_at": N_("下单时间"),
    "changed_at": N_("改过的时间"),
    "total_fen": N_("合计（元）"),
    "note": N_("备注"),
    "placed_by": N_("谁下的单"),
    "outcome": N_("结果"),
    "product": N_("品名"),
    "quantity": N_("数量"),
    "unit_price_fen": N_("单价（元）"),
    "consent": N_("不够时"),
    "kind": N_("类别"),
    "amount_fen": N_("金额（元）"),
    "booked_at": N_("记账时间"),
    "problem": N_("问题"),
    "happened_at": N_("时间"),
    "called_at": N_("时间"),
    "by": N_("谁"),
    "role": N_("身份"),
    "purpose": N_("为了什么"),
    "given_on": N_("同意的日子"),
    "withdrawn_on": N_("收回的日子"),
    "given_at": N_("时间"),
    "declined_at": N_("不要的时间"),
    "due_on": N_("该打的日子"),
    "done_at": N_("打的时间"),
    "read_at": N_("看的时间"),
    "since": N_("从什么时候"),
    "ends_on": N_("到什么时候"),
    "ended_at": N_("结束的时间"),
    "destroyed_at": N_("销毁的时间"),
    "keeper": N_("谁管"),
    "categories": N_("类别"),
    "code": N_("编号"),
    "opened_at": N_("提的时间"),
    "text": N_("说的话"),
    "said": N_("填的内容"),
    "step": N_("做了什么"),
    "appointed_at": N_("从什么时候"),
    "matter": N_("说什么"),
    "about": N_("关于"),
    "made_at": N_("时间"),
    "erased_at": N_("时间"),
}
# Which list of words a column's codes are in.
CODES = {"problem": "problem", "channel": "channel", "role": "role"}


def word_in_file(group: str, key: str) -> str:
    """Return the reader's word for a subject, a column (`subject_field`), or a code in a column; else the text itself."""
    if group == "subject":
        return _(SUBJECTS.get(key, key))
    if group == "subject_field":
        return _(FIELDS.get(key, key))
    if group == "state" and key in SIGNS:
        return _(SIGNS[key].word)
    codes = LISTS.get(CODES.get(group, ""), {})
    return _(codes[key]) if key in codes else key
