"""The words for help requests: kinds, states, steps, fields; for whoever asks and whoever handles them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.web import words
from supplyhub.web.words import N_, Sign

if TYPE_CHECKING:
    from flask import Flask

KINDS = {
    "medicine": N_("用药"),
    "transport": N_("送医"),
    "errand": N_("跑腿"),
    "complaint": N_("订单有问题"),
    "wish": N_("微心愿"),
    "other": N_("别的事"),
}
KIND_ICONS = {
    "medicine": "shield",
    "transport": "truck",
    "errand": "bag",
    "complaint": "alert",
    "wish": "hand",
    "other": "phone",
}
# What somebody who asks reads below the kind.
KIND_MEANS = {
    "medicine": N_("买药、取药、续药；只有经手的人能看"),
    "transport": N_("看病、透析、出院要用车"),
    "errand": N_("充燃气卡、打印、找东西"),
    "complaint": N_("少了、坏了、送错了"),
    "wish": N_("邻居、志愿者愿意帮的小事"),
    "other": N_("上面没有的"),
}
STATES = {
    "new": Sign(N_("没人接"), "attention", "clock"),
    "taken": Sign(N_("有人在办"), "onway", "person"),
    "waiting": Sign(N_("在等回音"), "ordered", "clock"),
    "solved": Sign(N_("办好了"), "delivered", "check"),
    "not_solved": Sign(N_("没办成"), "problem", "alert"),
    "withdrawn": Sign(N_("撤回了"), "waiting", "undo"),
    "merged": Sign(N_("并到别的里了"), "waiting", "copy"),
}
CHANNELS = {
    "web": N_("网页"),
    "phone": N_("电话"),
    "doorstep": N_("上门"),
    "chat": N_("群里"),
    "check": N_("关心电话"),
}
STEPS = {
    "opened": N_("登记了"),
    "assigned": N_("接手"),
    "called": N_("打了电话"),
    "noted": N_("记了一笔"),
    "waits": N_("在等"),
    "went_on": N_("接着办"),
    "handed_on": N_("转到别的网格"),
    "photo_added": N_("加了照片"),
    "photo_removed": N_("照片删掉了"),
    "read": N_("打开看过"),
    "named": N_("点名可以看"),
    "unnamed": N_("不再点名"),
    "passed": N_("药交接了"),
    "posted": N_("贴到心愿墙"),
    "claimed": N_("认领了"),
    "given_up": N_("放回了"),
    "overdue": N_("过了时限"),
    "overdue_seen": N_("看到超时了"),
    "credited": N_("减了钱"),
    "merged_in": N_("并了同一件事"),
    "solved": N_("办好了"),
    "not_solved": N_("没办成"),
    "withdrawn": N_("撤回了"),
    "reopened": N_("又打开了"),
}
FACTS = {
    "name": N_("药名"),
    "amount": N_("要多少"),
    "pharmacy": N_("在哪家药房或医院"),
    "kept_cool": N_("要冷藏"),
    "needed_by": N_("最晚哪天要"),
    "from_kind": N_("从哪里"),
    "to_kind": N_("到哪里"),
    "where": N_("具体地点"),
    "when": N_("什么时候走"),
    "wheelchair": N_("要坐轮椅"),
    "errand": N_("什么事"),
    "trouble": N_("哪里不对"),
    "items": N_("哪几样"),
    "topic": N_("哪方面"),
    "show_door": N_("认领的人可以看到我家门牌"),
}
# The answers of fields that are a choice.
ANSWERS = {
    "gas_card": N_("充燃气卡"),
    "print": N_("打印"),
    "lost_and_found": N_("找东西"),
    "home": N_("家里"),
    "hospital": N_("医院"),
    "clinic": N_("社区卫生站"),
    "isolation": N_("隔离点"),
    "station": N_("车站"),
    "missing": N_("少了"),
    "damaged": N_("坏了"),
    "not_fresh": N_("不新鲜"),
    "wrong_item": N_("送错了"),
    "late": N_("送晚了"),
    "price": N_("价钱不对"),
    "food": N_("吃的"),
    "company": N_("陪伴"),
    "learning": N_("学习"),
    "repair": N_("修东西"),
    "pet": N_("宠物"),
    "other": N_("别的"),
}
HOLDERS = {
    "pharmacy": N_("药房"),
    "volunteer": N_("志愿者"),
    "border": N_("区界卡口"),
    "other_district": N_("外区的人"),
    "household": N_("住户"),
}


def init_app(app: Flask) -> None:
    """Give the templates these words: `word('help_kind', ...)`, `sign('help_' ~ state)`, `help_icon(kind)`."""
    words.LISTS.update(
        help_kind=KINDS,
        help_kind_means=KIND_MEANS,
        help_channel=CHANNELS,
        help_step=STEPS,
        help_fact=FACTS,
        help_answer=ANSWERS,
        holder=HOLDERS,
    )
    words.SIGNS.update({f"help_{state}": sign for state, sign in STATES.items()})
    app.jinja_env.globals.update(help_icon=KIND_ICONS.get)
