"""The words for the care register: categories, consents, calls, what an entry was read for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.web import words
from supplyhub.web.words import N_

if TYPE_CHECKING:
    from flask import Flask

CATEGORIES = {
    "living_alone": N_("独居"),
    "disabled": N_("残疾、失能"),
    "pregnant_or_infant": N_("孕产妇、婴幼儿"),
    "chronic_illness": N_("慢性病"),
    "after_isolation": N_("刚解除隔离"),
    "hardship": N_("生活困难"),
}
CONSENTS = {
    "register": N_("登在特殊群体台账上"),
    "check_calls": N_("定期打关心电话"),
    "standing_volunteer": N_("有一对一志愿者，看得到姓名电话"),
    "care_packs": N_("收爱心包"),
    "medicine": N_("请人代配药、送药"),
}
OUTCOMES = {
    "fine": N_("都好"),
    "no_answer": N_("没接电话"),
    "needs_something": N_("要东西"),
    "worrying": N_("不放心"),
}
READS = {
    "check_call": N_("打关心电话"),
    "delivery": N_("安排送货"),
    "medicine": N_("配药送药"),
    "care_pack": N_("发爱心包"),
    "review": N_("核对台账"),
    "export": N_("给住户导出"),
}
NEEDS = {
    "call_first": N_("先打电话"),
    "no_stairs": N_("走不了楼梯"),
    "no_contact": N_("放门口，不见面"),
}


def init_app(app: Flask) -> None:  # noqa: ARG001 - as every part has it
    """Give the templates these words."""
    words.LISTS.update(
        care_category=CATEGORIES,
        care_consent=CONSENTS,
        care_call=OUTCOMES,
        care_read=READS,
        door_need=NEEDS,
    )
