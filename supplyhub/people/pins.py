"""PINs of badges: six digits, few guesses. As statements, for the caller's transaction.

A try is paid for before the PIN is looked at, and given back when it was right: tries made at the same moment can't pass
together. With the badge's secret, which has 130 bits, somebody else's card has to be in hand before a PIN can be guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, row
from supplyhub.errors import InvalidError

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

PIN_LENGTH = 6
MOST_WRONG = 5
LOCKED_MINUTES = 15
RUNS = "012345678901234 0987654321098765"


def check_pin(pin: str) -> None:
    """Raise InvalidError unless a PIN has six digits that aren't all the same and don't run up or down."""
    if len(pin) != PIN_LENGTH or not pin.isascii() or not pin.isdecimal():
        raise InvalidError(f"a PIN has {PIN_LENGTH} digits", digits=PIN_LENGTH)
    if len(set(pin)) == 1 or pin in RUNS:
        raise InvalidError("this PIN is too easy to guess", easy=True)


def pay_for_try(badge_id: int) -> Row[Any] | None:
    """Count a try against a badge and return pin_hash and left (tries after this one); None while it is locked.

    The last of them locks the badge's sign-in for some minutes.
    """
    return row(
        """
        UPDATE badge AS b SET pin_wrong = t.tries,
               pin_locked_until = CASE WHEN t.tries >= :most THEN clock_timestamp() + make_interval(mins => :minutes) END
        FROM (SELECT id, CASE WHEN pin_locked_until IS NULL THEN pin_wrong + 1 ELSE 1 END AS tries FROM badge
              WHERE id = :badge AND (pin_locked_until IS NULL OR pin_locked_until <= clock_timestamp())
              FOR NO KEY UPDATE) AS t
        WHERE b.id = t.id RETURNING b.pin_hash, :most - b.pin_wrong AS left
        """,
        badge=badge_id,
        most=MOST_WRONG,
        minutes=LOCKED_MINUTES,
    )


def forgive(badge_id: int) -> None:
    """Forget a badge's wrong tries: the PIN was right, or is a new one."""
    execute("UPDATE badge SET pin_wrong = 0, pin_locked_until = NULL WHERE id = :badge", badge=badge_id)
