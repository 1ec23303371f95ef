"""What wrong typed codes cost: a budget an hour for each address, and one for all of them together.

A typed code has 50 bits. With 2,219 cards out, a guess opens one of them once in 5 * 10^11 times. EVERYWHERE allows
17.5 million wrong guesses a year, from however many addresses: a chance of 1 in 29,000 that any card is found in a whole
year of nothing else - and then only where nobody signed in yet, as a second device needs a PIN. Only wrong codes
count, so a whole housing estate behind one address can sign in; what FROM_ONE_ADDRESS leaves is for mistyping.

The counts stand in the database, not in the queue server: with that one down the page's own limits let everything
through, and without the database there is nobody to sign in anyway. A try is paid for before the code is looked up and
given back when it was right, so tries made at the same moment can't pass together. Whoever spends the whole budget
on purpose stops the typing until the hour is over, and may do so again; scanned cards have 130 bits and need no budget.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from supplyhub.db import execute, scalar

if TYPE_CHECKING:
    from supplyhub.crypto import Vault

EVERYWHERE = 2_000
FROM_ONE_ADDRESS = 40
ALL = "everywhere"


def pay(address: str, *, vault: Vault) -> bool:
    """Take a try off both budgets, in the caller's transaction; False when one of them is used up: then roll back.

    The row of all addresses is locked first: guesses go one after the other.
    """
    return _take(_scope(ALL, vault), EVERYWHERE) and _take(_scope(network_of(address), vault), FROM_ONE_ADDRESS)


def give_back(address: str, *, vault: Vault) -> None:
    """Return the try of a code that was right."""
    execute(
        "UPDATE code_guesses SET wrong = greatest(wrong - 1, 0) WHERE scope_hash = ANY(:scopes)",
        scopes=[_scope(ALL, vault), _scope(network_of(address), vault)],
    )


def sweep() -> None:
    """Forget the rows of past hours, in the caller's transaction."""
    execute("DELETE FROM code_guesses WHERE hour < date_trunc('hour', clock_timestamp())")


def network_of(address: str) -> str:
    """Return whose budget an address uses: its own; of IPv6 the whole /64, which is what one customer gets."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.IPv6Network((int(found), 64), strict=False))


def _take(scope: bytes, most: int) -> bool:
    return bool(
        scalar(
            """
            INSERT INTO code_guesses AS g (scope_hash, hour, wrong)
            VALUES (:scope, date_trunc('hour', clock_timestamp()), 1)
            ON CONFLICT (scope_hash) DO UPDATE
            SET wrong = CASE WHEN g.hour = excluded.hour THEN g.wrong + 1 ELSE 1 END, hour = excluded.hour
            WHERE g.hour <> excluded.hour OR g.wrong < :most
            RETURNING true
            """,
            scope=scope,
            most=most,
        )
    )


def _scope(whose: str, vault: Vault) -> bytes:
    return vault.lookup_hash(whose, "code_guesses")
