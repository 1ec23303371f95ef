"""Words of a household's file: subjects, columns, and the codes that stand in its cells."""

from __future__ import annotations

from supplyhub.web.care_words import CATEGORIES, CONSENTS, NEEDS, OUTCOMES, READS
from supplyhub.web.channel_words import MATTERS
from supplyhub.web.help_words import CHANNELS as HELP_CHANNELS
from supplyhub.web.help_words import HOLDERS, KINDS, STATES, STEPS
from supplyhub.web.language import gettext as _
from supplyhub.web.money_words import (
    COVERS,
    CREDIT_REASONS,
    CREDIT_STATES,
    ENTRIES,
    REFUND_REASONS,
    REFUND_STATES,
    REFUND_WAYS,
)
from supplyhub.web.report_words import REASONS
from supplyhub.web.words import CALLS, CHANNELS, N_, PAYMENTS, PROBLEMS, ROLES, SIGNS

SUBJECTS = {
    "household": N_("底册"),
    "cards": N_("户卡"),
    "devices": N_("登录过的手机"),
    "orders": N_("订单"),
    "lines": N_("买了什么"),
    "entered": N_("谁录的单"),
    "relays": N_("接龙里的单"),
    "declined": N_("说过不要"),
    "withdrawn": N_("撤下的货"),
    "lapses": N_("没付掉的单"),
    "shares": N_("配到多少"),
    "draws": N_("抽签"),
    "payments": N_("付款和退款"),
    "money": N_("钱"),
    "deliveries": N_("送货"),
    "parcels": N_("包裹"),
    "kept_back": N_("门口退回的货"),
    "custody": N_("放在中心户了"),
    "notes": N_("网格长那里的记录"),
    "arrivals": N_("说过没收到"),
    "door_photos": N_("门口拍的照片"),
    "calls": N_("打过的电话"),
    "care": N_("特殊群体台账"),
    "packs": N_("爱心包"),
    "consents": N_("同意过的事"),
    "checks": N_("关心电话"),
    "volunteers": N_("一对一志愿者"),
    "readings": N_("谁看过"),
    "requests": N_("诉求"),
    "steps": N_("办的经过"),
    "passes": N_("药到了谁手里"),
    "help_photos": N_("诉求里的照片"),
    "claimed": N_("认领过的心愿"),
    "channels": N_("消息发到哪里"),
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
    "entered_at": N_("时间"),
    "applied_at": N_("时间"),
    "recorded_at": N_("时间"),
    "reported_at": N_("时间"),
    "taken_at": N_("时间"),
    "claimed_at": N_("时间"),
    "added_at": N_("时间"),
    "withdrawn_at": N_("时间"),
    "lapsed_at": N_("时间"),
    "left_at": N_("放下的时间"),
    "passed_at": N_("交到的时间"),
    "bags": N_("袋数"),
    "weight_grams": N_("重量（克）"),
    "sent_at": N_("发出的时间"),
    "given_up_at": N_("不认领的时间"),
    "ordered": N_("订的数量"),
    "allocated": N_("配到的数量"),
    "asked": N_("想要的数量"),
    "got": N_("得到的数量"),
    "reason": N_("原因"),
    "what": N_("哪一种"),
    "way": N_("怎么付的"),
    "holder": N_("谁拿着"),
    "place": N_("在哪里"),
    "facts": N_("内容"),
    "label": N_("名称"),
    "address": N_("地址"),
    "language": N_("语言"),
    "matters": N_("发哪些事"),
}
# A line's wish for when there isn't enough, and what a share of it was.
LESS = {"less": N_("少给也要"), "refund": N_("不够就退"), "substitute": N_("可以换"), "call": N_("打电话问")}
SHARES = {**REASONS, "full": N_("全到了"), "fill_short": N_("凑箱的没凑够")}
PAID = {
    "charge": N_("网上付"),
    "taking": N_("上门收"),
    "refund": N_("退款"),
    "credit": N_("手工减价"),
    "cover": N_("减免、捐赠"),
}
WAYS = {**PAYMENTS, **REFUND_WAYS, **COVERS}
KINDS_OF_CHANNEL = {"page": N_("网页"), "mail": N_("邮箱"), "robot": N_("群机器人")}
MATTER_WORDS = {matter: words for matter, (words, _icon) in MATTERS.items()}
# The words for a column's codes: of a subject alone, or of whichever has it.
CODES = {
    "lines.consent": LESS,
    "shares.reason": SHARES,
    "payments.what": PAID,
    "payments.way": WAYS,
    "payments.reason": {**REFUND_REASONS, **CREDIT_REASONS},
    "payments.state": {**CREDIT_STATES, **REFUND_STATES, "paid": SIGNS["paid"].word},
    "money.kind": ENTRIES,
    "calls.outcome": CALLS,
    "checks.outcome": OUTCOMES,
    "care.categories": CATEGORIES,
    "consents.purpose": CONSENTS,
    "readings.purpose": READS,
    "household.needs": NEEDS,
    "requests.kind": KINDS,
    "requests.state": {state: sign.word for state, sign in STATES.items()},
    "requests.channel": HELP_CHANNELS,
    "steps.step": STEPS,
    "passes.holder": HOLDERS,
    "channels.kind": KINDS_OF_CHANNEL,
    "channels.matters": MATTER_WORDS,
    "messages.matter": MATTER_WORDS,
    "problem": PROBLEMS,
    "channel": CHANNELS,
    "role": ROLES,
}
SIGNED = {"state", "outcome"}


def word_in_file(group: str, key: str) -> str:
    """Return the reader's word for a subject, a column (`subject_field`), or the codes in a column (`orders.state`).

    Several codes stand there with commas between them; what is no code is told as it is.
    """
    if group == "subject":
        return _(SUBJECTS.get(key, key))
    if group == "subject_field":
        return _(FIELDS.get(key, key))
    column = group.rpartition(".")[2]
    signs = {code: sign.word for code, sign in SIGNS.items()} if column in SIGNED else {}
    codes = CODES.get(group) or CODES.get(column) or signs
    return ", ".join(_(codes[each]) if each in codes else each for each in key.split(", "))
