"""The words for money as staff read them: entries of the books, refunds, reasons, who pays."""

from __future__ import annotations

from supplyhub.web.language import gettext as _
from supplyhub.web.words import N_

ENTRIES = {
    "ordered": N_("下单的货款"),
    "shared": N_("分货时少了、换了"),
    "packed": N_("装袋时少了、按重量算"),
    "returned": N_("退回来了"),
    "credited": N_("手工减价"),
    "paid_online": N_("网上付"),
    "taken": N_("上门收"),
    "cash": N_("上门收现金"),
    "shown_code": N_("上门扫码"),
    "covered": N_("减免、捐赠付的"),
    "refund_due": N_("要退"),
    "refund_changed": N_("收款服务退的金额和要的不一样"),
    "refund_failed": N_("没退出去"),
}
CREDIT_REASONS = {
    "damaged": N_("坏了"),
    "spoiled": N_("变质"),
    "missing": N_("少了"),
    "wrong": N_("送错了"),
    "other": N_("别的原因"),
}
CREDIT_STATES = {"asked": N_("等第二个人"), "given": N_("减了"), "refused": N_("没同意")}
COVERS = {"hardship": N_("困难减免"), "donation": N_("捐赠")}
REFUND_WAYS = {"online": N_("退回网上"), "cash": N_("退现金")}
REFUND_REASONS = {"surplus": N_("付多了"), "cancelled": N_("撤单了"), "too_late": N_("付晚了，货让给了别人")}
REFUND_STATES = {
    "due": N_("等着办"),
    "sent": N_("收款服务在办"),
    "done": N_("退了"),
    "failed": N_("没退成，改退现金"),
    "taken_back": N_("门口的收款改过了，不退"),
}
DIFFERENCES = {
    "not_theirs": N_("我们有，对方没有"),
    "not_ours": N_("对方有，我们没有"),
    "other_amount": N_("金额不一样"),
    "not_as_asked": N_("和原来要的金额不一样"),
}
WAITING = {
    "preparing": N_("我们的付款页还没开好"),
    "open": N_("我们还在等它的消息"),
    "ended": N_("我们以为没付"),
    "due": N_("我们的退款还没送出"),
    "sent": N_("我们还在等它的消息"),
    "failed": N_("我们记的是没退成"),
}
LISTS = {
    "entry": ENTRIES,
    "credit": CREDIT_REASONS,
    "credit_state": CREDIT_STATES,
    "cover": COVERS,
    "way": REFUND_WAYS,
    "refund": REFUND_REASONS,
    "refund_state": REFUND_STATES,
    "difference": DIFFERENCES,
    "waiting": WAITING,
}


def money_word(group: str, code: str) -> str:
    """Return the word for a code in the reader's language; the code itself when it has none."""
    return _(LISTS[group].get(code, code))
