"""The words of messages and channels: what a matter is called, which service a robot is of, what is wrong with one."""

from __future__ import annotations

from supplyhub.web.language import gettext as _
from supplyhub.web.words import N_

MATTERS = {
    "menu_opened": (N_("菜单开了"), "sheet"),
    "cut_off_soon": (N_("快截单了"), "clock"),
    "order_changed": (N_("订单有变：撤下、缺货"), "alert"),
    "on_its_way": (N_("菜在路上"), "truck"),
    "delivered": (N_("菜送到了"), "check"),
    "refunded": (N_("退了钱"), "coin"),
    "level_changed": (N_("管控等级变了"), "shield"),
    "inbox_opened": (N_("配送有事要处理"), "alert"),
    "help_opened": (N_("新的诉求"), "hand"),
    "help_assigned": (N_("诉求交给谁办"), "hand"),
    "help_overdue": (N_("诉求超时"), "alert"),
    "help_ended": (N_("诉求有结果"), "check"),
    "check_due": (N_("关心电话该打了"), "phone"),
    "day_report": (N_("日报"), "sheet"),
}
SERVICES = {
    "wecombot": N_("企业微信"),
    "feishu": N_("飞书"),
    "lark": "Lark",
    "dingtalk": N_("钉钉"),
}
ADDRESS_FAULTS = {
    "address": N_("这不是群机器人的地址。请从群里整行复制，不要手打。"),
    "token": N_("地址不全，少了最后的一串字母数字。请整行复制。"),
    "secret": N_("地址里加签的密钥认不出。"),
    "host": N_("这个地址不是企业微信、飞书、钉钉的。自己的服务器要先请装系统的人放行。"),
    "mail": N_("这不是邮箱地址，例如 name@example.org。"),
}


# Our password, or who we say we are.
OUR_LOGIN = frozenset({"smtp_530", "smtp_534", "smtp_535", "smtp_538"})


def trouble_words(trouble: str | None) -> str:
    """Return why a channel's messages don't arrive, in words; empty when they do."""
    if not trouble:
        return ""
    if trouble.startswith("busy_"):
        return _("发得太快，对方让等一会儿。")
    if trouble in {"said_93000", "said_300005", "said_19001", "http_404"}:
        return _("对方说没有这个机器人：地址错了，或者机器人被移出了群。")
    if trouble.startswith(("smtp_", "SMTP", "mail_")):
        return _of_mail_server(trouble)
    if trouble.startswith(("said_", "http_4", "no_address")):
        return _("对方不收（%(code)s）。看看机器人的安全设置：关键词、加签、IP。", code=trouble)
    return _("连不上，会接着试，最多一天。")


def _of_mail_server(trouble: str) -> str:
    if trouble == "mail_is_off":
        return _("这里没有设发邮件的服务器。")
    if trouble in OUR_LOGIN or trouble.startswith("SMTP"):
        return _("发邮件的服务器不让我们发（%(code)s），请装系统的人看看。", code=trouble)
    if trouble.startswith("smtp_4"):
        return _("对方的邮件服务器要我们等一会儿，会接着发。")
    return _("对方的邮件服务器不收（%(code)s）：看看邮箱地址对不对。", code=trouble)
