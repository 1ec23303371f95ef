"""How far a grid is, decided: data in, data out."""

from __future__ import annotations


def grid_word(
    *, parcels: int, packed: int, tickets: int, out: int, done: int, crates: int = 0, gone: int = 0, reached: int = 0
) -> str:
    """Return in one word how far a grid is: waiting, packing, packed, leaving, at_point, on_way or done.

    `gone` crates left the depot, `reached` ones are at the delivery point; `out` tickets are with a volunteer or done.
    """
    words = {
        "done": tickets > 0 and done == tickets,
        "on_way": out > 0,
        "at_point": crates > 0 and reached == crates,
        "leaving": gone > 0,
        "packed": parcels > 0 and packed == parcels,
        "packing": packed > 0,
    }
    return next((word for word, is_so in words.items() if is_so), "waiting")
