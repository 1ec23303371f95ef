"""The words that one relay may use: names of items, names of people, and the words every relay uses; found longest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.ordering.relay.hygiene import plain_text
from supplyhub.ordering.relay.words import SPOKEN, WORDS, Meaning

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supplyhub.ordering.relay.facts import Item, Known


@dataclass(frozen=True, slots=True)
class Named:
    """What a name of goods means: posted items; the product it is when it isn't posted; whether that is a guess."""

    items: tuple[Item, ...] = ()
    product: str = ""
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """The name of a contact of the register."""


Sense = Named | Person | Meaning


class Lexicon:
    """Words by their first character, the longest first; items also by their number on the menu."""

    def __init__(self, known: Known) -> None:
        self.items = known.items
        self.by_position = {item.position: item for item in known.items}
        self.names = _names(known)
        senses: dict[str, Sense] = {word: meaning for meaning in SPOKEN for word in WORDS[meaning]}
        senses |= {name: Person() for door in known.doors if len(name := plain_text(door.name)) > 1}
        senses |= self.names
        self._by_first: dict[str, list[tuple[str, Sense]]] = {}
        for word in sorted(senses, key=len, reverse=True):
            self._by_first.setdefault(word[0], []).append((word, senses[word]))

    def longest(self, text: str, start: int) -> tuple[str, Sense] | None:
        """Return the longest word that stands at `start`, with what it means."""
        for word, sense in self._by_first.get(text[start], ()):
            if text.startswith(word, start):
                return word, sense
        return None

    def is_item(self, text: str, start: int) -> bool:
        """Tell whether a name of goods stands at `start`."""
        found = self.longest(text, start) if start < len(text) else None
        return found is not None and isinstance(found[1], Named)

    def numbered(self, position: int) -> Named:
        """Return the item with a number on the menu; nothing for a number that isn't on it."""
        item = self.by_position.get(position)
        return Named((item,)) if item else Named()

    def guess(self, word: str) -> Named:
        """Return the posted items whose name contains a word, or is contained in it."""
        fitting = {
            item.id: item
            for name, sense in self.names.items()
            for item in sense.items
            if word in name or (len(name) > 1 and name in word)
        }
        return Named(tuple(fitting.values()), guessed=True)


def _names(known: Known) -> dict[str, Named]:
    """Return what each name and other name means; a name goes before another name, the posted before the rest."""
    posted = _gathered((item.name, item) for item in known.items)
    aliases = _gathered((alias, item) for item in known.items for alias in item.aliases)
    elsewhere = {plain_text(product.name): product.name for product in known.products}
    found: dict[str, Named] = {}
    for product in known.products:
        found |= {plain_text(alias): Named(product=product.name) for alias in product.aliases}
    found |= {word: Named(product=name) for word, name in elsewhere.items()}
    # Another name of what is posted, that is the very name of a product that isn't.
    found |= {word: Named(items, guessed=word in elsewhere) for word, items in aliases.items()}
    found |= {word: Named(items) for word, items in posted.items()}
    found.pop("", None)
    return found


def _gathered(named: Iterable[tuple[str, Item]]) -> dict[str, tuple[Item, ...]]:
    found: dict[str, tuple[Item, ...]] = {}
    for name, item in named:
        word = plain_text(name)
        if item not in found.get(word, ()):
            found[word] = (*found.get(word, ()), item)
    return found
