"""Which help requests a play has: of every kind, by every channel, in every grid; the same in each play of a baskets file."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PHARMACY = "协和药房"
MEDICINE = {"name": "硝苯地平片", "amount": "两盒", "pharmacy": PHARMACY, "kept_cool": True}
TRIP = {"from_kind": "home", "to_kind": "hospital"}


@dataclass(frozen=True, slots=True)
class Course:
    """How one sort of request goes: what is asked for by which channel; what then happens is `helping.WAYS[name]`.

    `share`: how many there are of a hundred.
    """

    name: str
    share: int
    kind: str
    channel: str
    text: str
    facts: dict[str, Any] = field(default_factory=dict)


TWICE = "medicine_twice"
BY_CHAT = "errand_handed_on"
AT_THE_DOOR = "doorstep"
# What is asked for twice stands right behind what it is the same as.
COURSES = (
    Course("medicine_chain", 10, "medicine", "web", "药只剩两天的了", MEDICINE),
    Course(TWICE, 4, "medicine", "phone", "电话里又说了一遍药的事", MEDICINE),
    Course("errand_by_lead", 10, "errand", "web", "燃气卡要充值", {"errand": "gas_card"}),
    Course("errand_by_volunteer", 8, "errand", "phone", "孩子上课要打印", {"errand": "print"}),
    Course("errand_at_the_door", 6, "errand", AT_THE_DOOR, "门口说钥匙掉了", {"errand": "lost_and_found"}),
    Course(BY_CHAT, 6, "errand", "chat", "群里有人捡到一把伞", {"errand": "lost_and_found"}),
    Course("trip_that_waits", 6, "transport", "web", "要去做透析", TRIP),
    Course("trip_past_due", 6, "transport", "phone", "发烧，要去医院", TRIP),
    Course("medicine_held", 4, "medicine", "phone", "降压药没了", MEDICINE),
    Course("wish_by_neighbour", 6, "wish", "web", "想有人说说话", {"topic": "company"}),
    Course("wish_given_back", 4, "wish", "web", "水龙头漏水", {"topic": "repair"}),
    Course("wish_on_the_wall", 4, "wish", "web", "想学用手机拍照", {"topic": "learning", "show_door": True}),
    Course("complaint_credited", 6, "complaint", "web", "有一份不新鲜", {"trouble": "not_fresh"}),
    Course("complaint_explained", 4, "complaint", "phone", "来得太晚", {"trouble": "late"}),
    Course("other_that_waits", 4, "other", "phone", "楼道的灯坏了"),
    Course("other_withdrawn", 4, "other", "web", "快递放错门口了"),
    Course("other_given_up", 4, "other", "phone", "想换一间房"),
    Course("other_reopened", 4, "other", "web", "隔壁夜里太吵"),
)
COURSE = {course.name: course for course in COURSES}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of the play: its number, its course, the grid and household; `like`: the number of the same thing asked."""

    number: int
    course: str
    grid: int
    home: int
    order: int | None = None
    like: int | None = None


def courses_of(many: int) -> list[str]:
    """Return the courses of so many requests, mixed: of a hundred as many as their shares say, of a few one of each."""
    rounds = range(max(course.share for course in COURSES))
    mixed = [course.name for turn in rounds for course in COURSES if turn < course.share]
    return list(itertools.islice(itertools.cycle(mixed), many))


def plan(many: int, homes: Mapping[int, Sequence[int]], orders: Mapping[int, Sequence[tuple[int, int]]]) -> list[Asked]:
    """Return the requests, the grids in turn. `homes`: households by grid; `orders`: (household, order) that came, by grid.

    Without an order to complain about in its grid, a complaint is left out.
    """
    turns, complaints = _turns(homes), {grid: iter(found) for grid, found in orders.items()}
    asked: list[Asked] = []
    for number, course in enumerate(courses_of(many)):
        if course == TWICE and asked:
            asked.append(Asked(number, course, asked[-1].grid, asked[-1].home, like=asked[-1].number))
            continue
        grid, home = next(turns)
        if COURSE[course].kind != "complaint":
            asked.append(Asked(number, course, grid, home))
        elif found := next(complaints.get(grid, iter(())), None):
            asked.append(Asked(number, course, grid, found[0], order=found[1]))
    return asked


def _turns(homes: Mapping[int, Sequence[int]]) -> Iterator[tuple[int, int]]:
    """Yield grids in turn, each time with the next of its households."""
    streets = {grid: itertools.cycle(found) for grid, found in sorted(homes.items())}
    for grid in itertools.cycle(streets):
        yield grid, next(streets[grid])
