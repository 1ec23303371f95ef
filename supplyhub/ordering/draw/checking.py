"""Checking a published draw without trusting who published it: pure, from the file alone.

A publication is what the page and the API give: {"menu", "care_percent", "seed_hash", "seed", "items": [{"item", "name",
"offered", "set_aside", "given_to_care", "slips": [{"slip", "round", "won"}, ...]}, ...]}, slips in the order of the list.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.errors import InvalidError
from supplyhub.ordering.draw.rules import drawn_number, seed_hash, set_aside_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# A line of the CSV is a slip; what belongs to the draw and to the item stands on each.
OF_THE_DRAW = ("menu", "care_percent", "seed_hash", "seed")
OF_THE_ITEM = ("item", "name", "offered", "set_aside", "given_to_care")
OF_THE_SLIP = ("slip", "round", "won")
COLUMNS = (*OF_THE_DRAW, *OF_THE_ITEM, *OF_THE_SLIP)
KINDS: dict[str, type] = {
    "menu": int,
    "care_percent": int,
    "seed_hash": str,
    "seed": str,
    "item": int,
    "name": str,
    "offered": int,
    "set_aside": int,
    "given_to_care": int,
    "slip": str,
    "round": int,
    "won": bool,
}
YES_OR_NO = {"yes": True, "no": False}
# What spreadsheets take for a formula, and what is written before it so that they don't.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
QUOTE = "'"


@dataclass(frozen=True, slots=True)
class Fault:
    """What doesn't fit in a publication: of an item, or of the whole draw."""

    item: int | None
    what: str


def check(publication: Mapping[str, Any], promised_hash: str | None = None) -> list[Fault]:
    """Return everything that doesn't fit: the seed to its hash, the totals, the order, the winners.

    `promised_hash` is the hash as it was read before the draw. Raises InvalidError for what is no publication.
    """
    _refuse_other_things(publication)
    seed, shown = publication["seed"], publication["seed_hash"].lower()
    faults = []
    if seed_hash(seed).hex() != shown:
        faults.append(Fault(None, "the seed doesn't have the published hash"))
    if promised_hash is not None and promised_hash.strip().lower() != shown:
        faults.append(Fault(None, "the published hash isn't the one that was promised before the draw"))
    if not 0 <= publication["care_percent"] <= 100:
        faults.append(Fault(None, f"{publication['care_percent']}% set aside is no share"))
    twice = [item for item, times in Counter(entry["item"] for entry in publication["items"]).items() if times > 1]
    faults += [Fault(item, "stands twice in the list") for item in twice]
    for entry in publication["items"]:
        faults += [Fault(entry["item"], what) for what in _of_item(entry, publication["care_percent"], seed)]
    return faults


def _of_item(entry: Mapping[str, Any], care_percent: int, seed: str) -> Iterator[str]:
    slips = entry["slips"]
    set_aside = set_aside_of(entry["offered"], care_percent)
    if entry["set_aside"] != set_aside:
        yield f"{care_percent}% of {entry['offered']} set aside are {set_aside}, not {entry['set_aside']}"
    if not 0 <= entry["given_to_care"] <= set_aside:
        yield f"{entry['given_to_care']} given to care are more than the {set_aside} set aside"
    twice = sorted(code for code, times in Counter(slip["slip"] for slip in slips).items() if times > 1)
    yield from (f"slip {code} stands twice" for code in twice)
    yield from _rounds(slips)
    yield from _places(slips, seed, entry["item"])
    winners = min(len(slips), entry["offered"] - entry["given_to_care"])
    if entry["given_to_care"] > len(slips) - winners:
        yield f"{entry['given_to_care']} given to care, but only {len(slips) - winners} slips didn't win"
    yield from _retold(entry, winners)
    for place, slip in enumerate(slips, 1):
        if slip["won"] != (place <= winners):
            yield f"slip {slip['slip']} at place {place} {'did not win' if slip['won'] else 'won'}: the first {winners} win"


def _retold(entry: Mapping[str, Any], winners: int) -> Iterator[str]:
    """What a publication may say once more must be what the list says."""
    slips = entry["slips"]
    for name, counted in (("asked", len(slips)), ("given_by_draw", winners)):
        if entry.get(name, counted) != counted:
            yield f"{name} is {entry[name]}, and the list has {counted}"
    for place, slip in enumerate(slips, 1):
        if slip.get("place", place) != place:
            yield f"slip {slip['slip']} says place {slip['place']} and stands at place {place}"


def _rounds(slips: list[dict[str, Any]]) -> Iterator[str]:
    """Who has an n-th unit has all before it: slips that were left out of a round show here."""
    of_round = Counter(slip["round"] for slip in slips)
    for nth in sorted(of_round):
        if nth < 1 or (nth > 1 and of_round[nth] > of_round[nth - 1]):
            yield f"round {nth} has {of_round[nth]} slips, the one before it {of_round[nth - 1]}: some are missing"


def _places(slips: list[dict[str, Any]], seed: str, item: int) -> Iterator[str]:
    belongs = sorted(slips, key=lambda slip: (slip["round"], drawn_number(seed, item, slip["slip"])))
    places = {slip["slip"]: place for place, slip in enumerate(belongs, 1)}
    for place, slip in enumerate(slips, 1):
        if places[slip["slip"]] != place and belongs[place - 1]["slip"] != slip["slip"]:
            yield f"slip {slip['slip']} stands at place {place} and belongs at {places[slip['slip']]}"


def _refuse_other_things(publication: Mapping[str, Any]) -> None:
    if isinstance(publication, dict) and publication.get("seed_hash") and not publication.get("seed"):
        raise InvalidError("this draw hasn't been drawn yet: its seed isn't published")
    _has(publication, OF_THE_DRAW)
    for entry in _list(publication, "items"):
        _has(entry, OF_THE_ITEM)
        for slip in _list(entry, "slips"):
            _has(slip, OF_THE_SLIP)


def _has(thing: Any, names: tuple[str, ...]) -> None:
    wrong = [name for name in names if not isinstance(thing, dict) or not _fits(thing.get(name), KINDS[name])]
    if wrong:
        raise InvalidError(f"this is no published draw: {', '.join(wrong)} missing or not as it should be")


def _fits(value: Any, kind: type) -> bool:
    # What can't be printed, a lone surrogate say, has no bytes to hash either.
    return type(value) is kind and (not isinstance(value, str) or value.isprintable())


def _list(thing: Mapping[str, Any], name: str) -> list[Any]:
    found = thing.get(name)
    if not isinstance(found, list):
        raise InvalidError(f"this is no published draw: {name} is no list")
    return found


def read(text: str) -> dict[str, Any]:
    """Return the publication in a file, JSON or CSV. Raises InvalidError for other things."""
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        try:
            found: dict[str, Any] = json.loads(text.lstrip("\ufeff"))
        except (ValueError, RecursionError) as error:
            raise InvalidError(f"this is no JSON: {error}") from error
        return found
    return _from_csv(text.lstrip("\ufeff"))


def to_csv(publication: Mapping[str, Any]) -> str:
    """Return a publication as lines for a spreadsheet; an item that nobody asked for is a line without slip."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    head = [publication[name] for name in OF_THE_DRAW]
    for entry in publication["items"]:
        facts = [*head, *(_harmless(entry[name]) for name in OF_THE_ITEM)]
        for slip in entry["slips"]:
            lines.writerow([*facts, slip["slip"], slip["round"], "yes" if slip["won"] else "no"])
        if not entry["slips"]:
            lines.writerow([*facts, "", "", ""])
    return out.getvalue()


def _from_csv(text: str) -> dict[str, Any]:
    try:
        lines = list(csv.DictReader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise InvalidError(f"this is no CSV: {error}") from error
    if not lines or set(COLUMNS) - set(lines[0]):
        raise InvalidError("this is neither a published draw's JSON nor its CSV", columns=list(COLUMNS))
    publication: dict[str, Any] = {name: _cell(lines[0], name) for name in OF_THE_DRAW}
    items: dict[Any, dict[str, Any]] = {}
    for line in lines:
        if any(_cell(line, name) != publication[name] for name in OF_THE_DRAW):
            raise InvalidError("the lines of this file belong to different draws")
        facts = {name: _cell(line, name) for name in OF_THE_ITEM}
        entry = items.setdefault(facts["item"], {**facts, "slips": []})
        if any(entry[name] != facts[name] for name in OF_THE_ITEM):
            raise InvalidError(f"the lines of item {facts['item']} contradict each other")
        if line["slip"]:
            entry["slips"].append({name: _cell(line, name) for name in OF_THE_SLIP})
    return {**publication, "items": list(items.values())}


def _cell(line: Mapping[str, Any], name: str) -> Any:
    text = (line.get(name) or "").strip()
    if KINDS[name] is int:
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    return YES_OR_NO.get(text) if KINDS[name] is bool else text.removeprefix(QUOTE)


def _harmless(fact: Any) -> Any:
    """Return a cell that is no formula; reading takes the quote away again."""
    return f"{QUOTE}{fact}" if isinstance(fact, str) and fact.startswith((*FORMULA, QUOTE)) else fact
