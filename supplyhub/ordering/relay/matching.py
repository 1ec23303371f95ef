"""Which entries of a paste are those of the last one: the same words, the same place edited, or new. Pure.

A shorter paste cancels nothing: what isn't in it stays as it was. What has the same words keeps what it was applied
as, even if the reader would understand it differently now.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from supplyhub.ordering.states import EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from supplyhub.ordering.relay.entries import Step


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry that was applied before; `step` is what it did."""

    number: int
    fingerprint: bytes
    step: Step
    account: int = 0
    applied_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """An entry of the paste. `step` is None while it waits for somebody; `fixed` when somebody said what it does."""

    place: int
    number: int
    fingerprint: bytes
    step: Step | None
    fixed: bool = False
    # Whose it is, where that is known; also while it waits.
    home: int | None = None
    # Says that it comes on top: 再加.
    more: bool = False


class Since(StrEnum):
    """What became of an entry since the last paste."""

    SAME = "same"
    NEW = "new"
    EDITED = "edited"
    WAITS = "waits"


@dataclass(slots=True)
class Matched:
    """Each entry of the paste by place: what became of it, what it does, and which earlier one it is (an index)."""

    since: dict[int, Since] = field(default_factory=dict)
    steps: dict[int, Step] = field(default_factory=dict)
    was: dict[int, int] = field(default_factory=dict)
    # Of an entry that waits because it may be more or instead: the earlier entry's number.
    missing: dict[int, int] = field(default_factory=dict)

    def take(self, said: Said, since: Since, step: Step, was: int | None = None) -> None:
        """Note what became of an entry."""
        self.since[said.place], self.steps[said.place] = since, step
        if was is not None:
            self.was[said.place] = was


def match(paste: Sequence[Said], kept: Sequence[Kept]) -> Matched:
    """Return what each entry of a paste is to the earlier ones, `kept` in the order in which they count.

    First the same words, each earlier entry once. Then the same door at the same number, or at the number that it has
    now that the entries before it were renumbered: that one was edited in place. A plain entry of a door whose own
    earlier entry isn't in the paste is that one edited, where there is just one of each and it can have moved there;
    else it waits. The rest is new.
    """
    matched = Matched()
    _same_words(matched, paste, kept)
    _edited(matched, paste, kept)
    _moved(matched, paste, kept)
    for said in paste:
        if said.place in matched.since:
            continue
        if said.step is None:
            matched.since[said.place] = Since.WAITS
        else:
            matched.take(said, Since.NEW, said.step)
    return matched


def _same_words(matched: Matched, paste: Sequence[Said], kept: Sequence[Kept]) -> None:
    by_words: dict[bytes, deque[int]] = defaultdict(deque)
    for index, entry in enumerate(kept):
        by_words[entry.fingerprint].append(index)
    for said in paste:
        if not by_words[said.fingerprint]:
            continue
        index = by_words[said.fingerprint].popleft()
        step = kept[index].step
        if said.fixed and said.step is not None and said.step != step:
            matched.take(said, Since.EDITED, said.step, index)
        else:
            matched.take(said, Since.SAME, step, index)


def _edited(matched: Matched, paste: Sequence[Said], kept: Sequence[Kept]) -> None:
    free = set(range(len(kept))) - set(matched.was.values())
    at = {(kept[index].step.household_id, kept[index].number): index for index in sorted(free, reverse=True)}
    moved = 0
    for said in paste:
        if said.place in matched.was:
            moved = said.number - kept[matched.was[said.place]].number
        elif said.step is not None:
            home = said.step.household_id
            index = next((at[key] for key in ((home, said.number - moved), (home, said.number)) if key in at), None)
            if index is not None:
                del at[home, kept[index].number]
                matched.take(said, Since.EDITED, said.step, index)


def _moved(matched: Matched, paste: Sequence[Said], kept: Sequence[Kept]) -> None:
    """Never add to a door's entry that the paste doesn't have: it may be the very one, edited and moved."""
    missing: dict[int, list[int]] = defaultdict(list)
    for index in sorted(set(range(len(kept))) - set(matched.was.values())):
        missing[kept[index].step.household_id].append(index)
    new: dict[int, list[Said]] = defaultdict(list)
    for said in paste:
        if said.place not in matched.since and said.home is not None:
            new[said.home].append(said)
    last = max((entry.number for entry in kept), default=0)
    for home in missing.keys() & new.keys():
        adds = [said for said in new[home] if not said.fixed and said.step and said.step.kind == EntryKind.ADD]
        # 再加 below all that was there.
        adds = [said for said in adds if not (said.more and said.number > last)]
        one_each = len(missing[home]) == len(new[home]) == 1
        for said in adds:
            if one_each and said.step and not said.more and said.number <= last:
                matched.take(said, Since.EDITED, said.step, missing[home][0])
            else:
                matched.since[said.place] = Since.WAITS
                matched.missing[said.place] = kept[missing[home][0]].number


@dataclass(frozen=True, slots=True)
class Link:
    """An entry in its door's order of entries. `place` is None for one that the paste doesn't have."""

    entry: Kept
    place: int | None


def sequences(paste: Iterable[Said], kept: Sequence[Kept], matched: Matched) -> dict[int, list[Link]]:
    """Return each door's entries in the order in which they count: those of before, edited ones in their place, and
    new ones before the next that the paste has, else at the end.
    """
    now = {matched.was[said.place]: said for said in paste if said.place in matched.was}
    found: dict[int, list[Link]] = defaultdict(list)
    late = [said for said in paste if matched.since[said.place] == Since.NEW]
    for index, entry in enumerate(kept):
        said = now.get(index)
        if said is None:
            found[entry.step.household_id].append(Link(entry, None))
        elif matched.steps[said.place].household_id == entry.step.household_id:
            found[entry.step.household_id].append(_link(said, matched, entry))
        else:
            # Somebody gave it to another door: the old one's order of entries is without it.
            found.setdefault(entry.step.household_id, [])
            late.append(said)
    for said in sorted(late, key=lambda one: one.place):
        links = found[matched.steps[said.place].household_id]
        after = (i for i, link in enumerate(links) if link.place is not None and link.place > said.place)
        links.insert(next(after, len(links)), _link(said, matched, None))
    return dict(found)


def _link(said: Said, matched: Matched, was: Kept | None) -> Link:
    step = matched.steps[said.place]
    if was is not None and matched.since[said.place] == Since.SAME:
        return Link(Kept(said.number, was.fingerprint, step, was.account, was.applied_at), said.place)
    return Link(Kept(said.number, said.fingerprint, step), said.place)
