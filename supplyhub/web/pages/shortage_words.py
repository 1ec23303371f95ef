"""Policies in words: what each is called, how it goes, and what to think of it."""

from __future__ import annotations

from dataclasses import dataclass

from supplyhub.depot.states import Policy
from supplyhub.web.words import N_


@dataclass(frozen=True, slots=True)
class Way:
    """A policy as people know it: its name and a short one for a table, whether it is the agreed one, how it goes."""

    name: str
    short: str
    mark: str
    how: str


WAYS = {
    Policy.CARE_FIRST: Way(
        N_("每户先有一份"),
        N_("每户先有"),
        N_("社区约定"),
        N_("要照顾的户先给足；其余每户先 1 份，再轮第二份。轮到哪户由期号定，重算结果不变。"),
    ),
    Policy.PRO_RATA: Way(
        N_("按比例"),
        N_("按比例"),
        N_("可选"),
        N_("订得多的分得多，每户得到的份数和订的成比例。只订 1 份的可能没有。"),
    ),
    Policy.DRAW: Way(
        N_("抽签"),
        N_("抽签"),
        N_("可选"),
        N_("抽到的户一次给足，直到分完。签由期号定，重算结果不变。"),
    ),
    Policy.FIRST_COME: Way(
        N_("先下单先得"),
        N_("先下单"),
        N_("不建议"),
        N_("按下单时间给足。手慢的、请人代下单的吃亏。"),
    ),
}
