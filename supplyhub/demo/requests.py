"""What people of the demo ask for, all of it made up, and how far each request has come."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from supplyhub.help.states import Errand, HelpChannel, HelpKind, TripEnd, Trouble, WishTopic

if TYPE_CHECKING:
    from collections.abc import Mapping


class Course(StrEnum):
    """What is done about a request."""

    NOTHING = "nothing"
    # Nobody has taken it, and it is past due since.
    FORGOTTEN = "forgotten"
    TAKEN = "taken"
    WAITS = "waits"
    GOES_BY_HANDS = "goes_by_hands"
    SOLVED = "solved"
    POSTED = "posted"
    CLAIMED = "claimed"
    HANDED_ON = "handed_on"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: `home` is which household of the grid asks, in walking order; by the web itself, else through its lead."""

    grid: int
    home: int
    kind: HelpKind
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    channel: HelpChannel = HelpChannel.WEB
    course: Course = Course.NOTHING
    # What is noted about it: for whom it waits, how it ended; a wish as the wall has it.
    note: str = ""


# The first of grid 1 is the household of the demo's own sign-in link.
SHOWN = 0
# This one is said a second time, by the phone.
TWICE = Asked(6, 7, HelpKind.OTHER, "三单元的声控灯不亮，晚上下楼取菜看不清台阶。", course=Course.TAKEN)
AGAIN = Asked(6, 7, HelpKind.OTHER, "楼道灯还是不亮，麻烦快点。", channel=HelpChannel.PHONE)

REQUESTS = (
    Asked(
        1,
        SHOWN,
        HelpKind.ERRAND,
        "燃气卡在门口信箱里，想请人帮忙充 100 元。",
        {"errand": Errand.GAS_CARD},
        course=Course.WAITS,
        note="燃气公司窗口明早八点开，充好送回信箱。",
    ),
    Asked(
        2,
        3,
        HelpKind.MEDICINE,
        "老人的降压药只剩两天的量，药方拍了照，人出不去。",
        {"name": "降压药（示例）", "amount": "两盒", "pharmacy": "示例大药房"},
        HelpChannel.PHONE,
        Course.GOES_BY_HANDS,
    ),
    Asked(5, 4, HelpKind.MEDICINE, "孩子的退烧贴用完了。", {"name": "退烧贴（示例）", "amount": "一盒"}),
    Asked(
        3,
        5,
        HelpKind.TRANSPORT,
        "要去医院做透析，轮椅，家里只有一个人陪。",
        {"from_kind": TripEnd.HOME, "to_kind": TripEnd.HOSPITAL, "where": "示例医院血透室", "wheelchair": True},
        HelpChannel.PHONE,
        Course.FORGOTTEN,
    ),
    Asked(
        6,
        2,
        HelpKind.TRANSPORT,
        "产检，约的是下午。",
        {"from_kind": TripEnd.HOME, "to_kind": TripEnd.CLINIC},
        HelpChannel.PHONE,
        Course.SOLVED,
        "社区的车送到，也接回来了。",
    ),
    Asked(4, 6, HelpKind.ERRAND, "孩子网课的卷子要打印，十二页。", {"errand": Errand.PRINT}, HelpChannel.CHAT),
    Asked(
        7,
        1,
        HelpKind.ERRAND,
        "一串钥匙掉在取菜点，蓝色的绳子。",
        {"errand": Errand.LOST_AND_FOUND},
        HelpChannel.DOORSTEP,
        Course.SOLVED,
        "钥匙在取菜点找到，当面还了。",
    ),
    Asked(
        2,
        8,
        HelpKind.ERRAND,
        "身份证落在 3 网格的姑姑家，能不能帮着带过来。",
        {"errand": Errand.OTHER},
        HelpChannel.PHONE,
        Course.HANDED_ON,
        "东西在你们那边，请去取一下。",
    ),
    Asked(
        3,
        9,
        HelpKind.WISH,
        "奶奶八十岁生日，想有人弹一首曲子给她听，隔着窗户就行。",
        {"topic": WishTopic.COMPANY},
        course=Course.CLAIMED,
        note="一位奶奶过八十岁生日，想听人在楼下弹一首曲子。",
    ),
    Asked(
        1,
        6,
        HelpKind.WISH,
        "猫粮快没了，六口之家带一只猫。",
        {"topic": WishTopic.PET},
        course=Course.POSTED,
        note="一只橘猫的猫粮快吃完了，谁家能匀一点？",
    ),
    Asked(5, 2, HelpKind.WISH, "想学着包粽子，求个视频老师。", {"topic": WishTopic.LEARNING}),
    Asked(4, 1, HelpKind.OTHER, "对面楼顶的广播能不能中午小声点，宝宝睡觉。", course=Course.TAKEN),
)

COMPLAINT = Asked(
    1,
    SHOWN,
    HelpKind.COMPLAINT,
    "到手的时候袋子破了，有一份压坏了。",
    {"trouble": Trouble.DAMAGED},
    course=Course.TAKEN,
)
