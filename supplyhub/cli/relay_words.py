"""What was noticed about an entry of a relay, in English for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.ordering.relay.notes import Code

if TYPE_CHECKING:
    from supplyhub.ordering.relay.facts import Known
    from supplyhub.ordering.relay.notes import Note

SENTENCES = {
    Code.REMARK: "“{words}”",
    Code.CONVERTED: "{said} = {grams} g = {quantity} {unit}: converted exactly",
    Code.ONE_ASSUMED: "{item} without a number: taken as one",
    Code.WHOLE_MENU: "{quantity} of everything on the menu",
    Code.SAME_WORDS: "the same words as entry {entry}: added to it",
    Code.REPEATED: "entry {entry} stands here twice: counted once",
    Code.NOTHING_TO_WITHDRAW: "withdrawn without an earlier entry",
    Code.UNEXPLAINED: "{words} means nothing here: ordered without it",
    Code.NO_DOOR: "no door",
    Code.NO_SUCH_DOOR: "no door {said} in the register",
    Code.DOOR_UNCLEAR: "several doors: {doors}",
    Code.OTHER_GRID: "{said} is in grid {grid}",
    Code.PHONE_OF_ANOTHER: "the telephone is that of {door}",
    Code.PHONE_DIFFERS: "the register has another telephone for this door",
    Code.NAME_OF_ANOTHER: "{name} lives at {door}",
    Code.NO_ITEMS: "no item",
    Code.UNKNOWN_ITEM: "{words} is nothing on this menu",
    Code.NOT_ON_MENU: "{words} ({product}) isn't on this menu",
    Code.WITHDRAWN_ITEM: "{item} was withdrawn from the menu",
    Code.ITEM_UNCLEAR: "{words} can be {items}",
    Code.ITEM_GUESSED: "{words} fits only {item}",
    Code.OVER_CAP: "{item} {quantity} is over the household cap of {cap}",
    Code.FOREIGN_UNIT: "{said} can't be counted in {unit}",
    Code.QUANTITY_UNCLEAR: "how many is unclear at {words}",
    Code.CHANGE_UNCLEAR: "what is changed is unclear at {words}",
    Code.NUMBER_AGAIN: "another entry {entry} of this door has other words",
    Code.EARLIER_MISSING: "entry {entry}, applied before, isn't here: one more, or instead of it?",
    Code.HEADING_OF_OTHER_GRID: "the heading says {said}",
    Code.DOORS_ELSEWHERE: "{entries} entries are from other grids, most from grid {grid}",
}


def said(note: Note, known: Known) -> str:
    """Return a note as a sentence with the menu's names."""
    sentence = SENTENCES[note.code].format(**_named(note.data, known))
    if note.code == Code.OVER_CAP and note.data["had"]:
        return f"{sentence}: the door has {note.data['had']} already"
    return sentence


def _named(data: dict[str, Any], known: Known) -> dict[str, Any]:
    items = {item.id: item for item in known.items}
    named = dict(data)
    if "item" in data:
        named |= {"item": items[data["item"]].name, "unit": items[data["item"]].unit}
    if "items" in data:
        named["items"] = " or ".join(items[item].name for item in data["items"])
    if "doors" in data:
        named["doors"] = ", ".join(data["doors"])
    return named
