"""The way in: a pasted chain against what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.ordering.relay.entries import Reading

if TYPE_CHECKING:
    from supplyhub.ordering.relay.facts import Known


def read_relay(text: str, known: Known) -> Reading:
    """Return a pasted chain as read. Raises InvalidError when the text is too long to be a chain."""
    del known
    return Reading(entries=(), headings=tuple(line for line in text.splitlines() if line.strip()))
