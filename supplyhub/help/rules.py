"""What each kind of help request asks for, and by when something must have been done about it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from supplyhub.errors import InvalidError
from supplyhub.help.states import Errand, HelpChannel, HelpKind, TripEnd, Trouble, WishTopic
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LONGEST_TEXT = 1000
LONGEST_NOTE = 500
LONGEST_PLACE = 60
LONGEST_NAME = 40
MOST_PHOTOS = 6
MOST_ITEMS = 60
# What a request says is destroyed so many days after its end.
KEPT_DAYS = 30
# How long a household may say that what counts as solved isn't.
REOPEN_DAYS = 3
# Kinds that only their owner, people who are named and a coordinator open.
RESTRICTED = frozenset({HelpKind.MEDICINE})
DUE_HOURS = {
    HelpKind.TRANSPORT: 2,
    HelpKind.MEDICINE: 24,
    HelpKind.COMPLAINT: 24,
    HelpKind.ERRAND: 48,
    HelpKind.OTHER: 48,
    HelpKind.WISH: 7 * 24,
}
# However soon it is needed: nothing is past due when it comes in.
LEAST_HOURS = 1


class FactType(StrEnum):
    """How a field of a kind is filled in."""

    TEXT = "text"
    YES = "yes"
    DAY = "day"
    MOMENT = "moment"
    CHOICE = "choice"
    ITEMS = "items"


@dataclass(frozen=True, slots=True)
class Fact:
    """A field of a kind. Free text is sealed with what the request says: it may name an illness or a person."""

    name: str
    type: FactType
    needed: bool = False
    longest: int = 60
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """A kind's fields as they were given: `coded` ones say nothing about a person, `said` ones are sealed."""

    coded: dict[str, Any] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)


def _choice(name: str, of: type[StrEnum]) -> Fact:
    return Fact(name, FactType.CHOICE, needed=True, choices=tuple(one.value for one in of))


FACTS: Mapping[HelpKind, tuple[Fact, ...]] = {
    HelpKind.MEDICINE: (
        Fact("name", FactType.TEXT, needed=True, longest=60),
        Fact("amount", FactType.TEXT, longest=40),
        Fact("pharmacy", FactType.TEXT, longest=60),
        Fact("kept_cool", FactType.YES),
        Fact("needed_by", FactType.DAY),
    ),
    HelpKind.TRANSPORT: (
        _choice("from_kind", TripEnd),
        _choice("to_kind", TripEnd),
        Fact("where", FactType.TEXT, longest=80),
        Fact("when", FactType.MOMENT),
        Fact("wheelchair", FactType.YES),
    ),
    HelpKind.ERRAND: (_choice("errand", Errand), Fact("needed_by", FactType.DAY)),
    HelpKind.COMPLAINT: (_choice("trouble", Trouble), Fact("items", FactType.ITEMS)),
    # Whoever claims a wish sees its door only where its household said so.
    HelpKind.WISH: (_choice("topic", WishTopic), Fact("show_door", FactType.YES)),
    HelpKind.OTHER: (),
}


def read_facts(kind: HelpKind, given: Mapping[str, Any]) -> Facts:
    """Return the fields of a kind, what is empty left out.

    Days and moments may be text in ISO 8601. Raises InvalidError with the `field` that is unknown, missing or doesn't fit.
    """
    known = {fact.name: fact for fact in FACTS[kind]}
    if unknown := sorted(given.keys() - known.keys()):
        raise InvalidError("this kind of request has no such field", field=unknown[0], kind=kind)
    facts = Facts()
    for name, fact in known.items():
        value = _read(fact, given.get(name))
        if value is None and fact.needed:
            raise InvalidError("this field is needed", field=name, kind=kind)
        if value is not None:
            (facts.said if fact.type == FactType.TEXT else facts.coded)[name] = value
    return facts


def _read(fact: Fact, value: Any) -> Any:
    if value is None or value in ("", []):
        return None
    return {
        FactType.TEXT: _text,
        FactType.YES: _yes,
        FactType.DAY: _day,
        FactType.MOMENT: _moment,
        FactType.CHOICE: _one,
        FactType.ITEMS: _items,
    }[fact.type](fact, value)


def _text(fact: Fact, value: Any) -> str | None:
    if not isinstance(value, str):
        raise InvalidError("this field is text", field=fact.name)
    if len(value.strip()) > fact.longest:
        raise InvalidError("the text is too long", field=fact.name, longest=fact.longest)
    return value.strip() or None


def _yes(fact: Fact, value: Any) -> bool | None:
    if not isinstance(value, bool):
        raise InvalidError("this field is yes or no", field=fact.name)
    return value or None


def _one(fact: Fact, value: Any) -> str:
    if value not in fact.choices:
        raise InvalidError("this field is one of a few words", field=fact.name, choices=list(fact.choices))
    return str(value)


def _day(fact: Fact, value: Any) -> str:
    try:
        read = value if isinstance(value, date) and not isinstance(value, datetime) else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise InvalidError("this field is a day, like 2026-04-12", field=fact.name) from None
    return _of_this_century(fact, read).isoformat()


def _moment(fact: Fact, value: Any) -> str:
    try:
        read = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise InvalidError("this field is a moment, like 2026-04-12T09:30+08:00", field=fact.name) from None
    if read.tzinfo is None:
        raise InvalidError("this moment has no zone", field=fact.name)
    _of_this_century(fact, read.date())
    return read.astimezone(UTC).isoformat()


def _of_this_century(fact: Fact, day: date) -> date:
    if not date(2020, 1, 1) <= day < date(2100, 1, 1):
        raise InvalidError("this day is not of this century", field=fact.name)
    return day


def _items(fact: Fact, value: Any) -> list[int]:
    fits = isinstance(value, list) and len(value) <= MOST_ITEMS
    if not fits or not all(isinstance(one, int) and not isinstance(one, bool) and one > 0 for one in value):
        raise InvalidError("this field is a few lines of the order", field=fact.name, most=MOST_ITEMS)
    return sorted(set(value))


def due_after(kind: HelpKind, facts: Mapping[str, Any], now: datetime, *, zone: str) -> datetime:
    """Return by when something must have been done: the kind's time, sooner where it is needed sooner.

    What is needed by a day is due at that day's end, a trip when it begins; never within the first hour.
    """
    due = now + timedelta(hours=DUE_HOURS[kind])
    if needed_by := facts.get("needed_by"):
        ends = datetime.combine(date.fromisoformat(needed_by) + timedelta(days=1), time(), ZoneInfo(zone))
        due = min(due, ends)
    if when := facts.get("when"):
        due = min(due, datetime.fromisoformat(when))
    return max(due.astimezone(UTC), now + timedelta(hours=LEAST_HOURS))


def check_channel(role: Role, channel: HelpChannel) -> None:
    """Refuse (InvalidError) a channel that isn't the asker's: a household writes itself, others write down what they hear."""
    if (role == Role.RESIDENT) != (channel == HelpChannel.WEB):
        raise InvalidError("a household asks by itself, others write down what they hear", channel=channel)


def check_text(text: str, *, longest: int = LONGEST_TEXT) -> str:
    """Return a text without outer space. Raises InvalidError with `longest` for one that is too long."""
    text = text.strip()
    if len(text) > longest:
        raise InvalidError("the text is too long", field="text", longest=longest, length=len(text))
    return text


def says_something(text: str, facts: Facts) -> bool:
    """Tell whether a request says what is needed: in words, or by its fields."""
    return bool(text or facts.coded or facts.said)


def is_restricted(kind: str) -> bool:
    """Tell whether only the owner, named people and a coordinator open requests of a kind."""
    return kind in set[str](RESTRICTED)


def next_hands(before: Iterable[tuple[str, int | None]], holder: str, account_id: int | None) -> None:
    """Refuse (InvalidError) a hand that has the medicine already; once the household has it, nobody else takes it."""
    passed = list(before)
    if passed and passed[-1] == (holder, account_id) and account_id is not None:
        raise InvalidError("they have it already", field="holder")
    if any(hand == "household" for hand, _ in passed):
        raise InvalidError("the household has it", field="holder")
