"""The phones that act for a household: the first joins by the card alone, every other needs a number that one shows."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.errors import HubError, NotAllowedError, NotFoundError
from supplyhub.people.commands import SignInError
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker
    from supplyhub.residents.cards import CardHolder

DEVICE_DAYS = 30
PIN_LENGTH = 6
PIN_MINUTES = 10
# Five of a million numbers, for somebody who has the card already.
PIN_TRIES = 5

LIVE = "revoked_at IS NULL AND expires_at > clock_timestamp()"
# Values: household, community, own_grid (NULL for all).
REACHED = """
    SELECT h.id, h.unit, h.unit_number, h.door, b.name AS building_name, b.number AS building_number, g.number AS grid_number
    FROM household AS h JOIN building AS b ON b.id = h.building_id LEFT JOIN grid AS g ON g.id = b.grid_id
    WHERE h.id = :household AND h.community_id = :community AND h.active
      AND (CAST(:own_grid AS bigint) IS NULL OR b.grid_id = :own_grid)
"""


class PinNeededError(HubError):
    """The household has a device already; the next one needs the number that it shows."""

    code = "pin_needed"


class WrongPinError(HubError):
    """The number is wrong; `tries_left` says how often it may still be tried."""

    code = "wrong_pin"


class PinEndedError(HubError):
    """There is no number to type: none was asked for, it is too old, or it was tried too often."""

    code = "pin_ended"


@dataclass(frozen=True, slots=True)
class Device:
    """A device that joined its household."""

    id: int
    household_id: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class JoiningNumber:
    """The number by which one more device joins; shown once, kept as a keyed hash."""

    pin: str
    expires_at: datetime


def join(holder: CardHolder, *, pin: str, vault: Vault) -> Device:
    """Let a device act for the household of a card for 30 days. `pin` is what was typed; empty at first.

    Raises SignInError (a newer card was issued meanwhile), PinNeededError, WrongPinError, PinEndedError.
    """
    refusal: HubError | None = None
    with transaction():
        lock_household(holder.household_id)
        if not _card_is_live(holder):
            raise SignInError("this card isn't valid; a newer one may have been printed")
        if _live_devices(holder.household_id):
            refusal = _use_pin(holder.household_id, pin, vault)
        # A refusal is written too: it used up a try.
        joined = None if refusal else _add_device(holder.household_id)
    if joined is None:
        raise refusal or PinNeededError
    return joined


def new_pin(asker: Asker, *, vault: Vault) -> JoiningNumber:
    """Return a number by which one more device of the asker's household joins within ten minutes; ends the one before."""
    household = asker.household()
    pin = f"{secrets.randbelow(10**PIN_LENGTH):0{PIN_LENGTH}d}"
    with transaction():
        lock_household(household)
        until = scalar(
            """
            INSERT INTO joining_pin (household_id, pin_hash, expires_at, tries_left)
            VALUES (:household, :hash, clock_timestamp() + make_interval(mins => :minutes), :tries)
            ON CONFLICT (household_id) DO UPDATE
            SET pin_hash = excluded.pin_hash, expires_at = excluded.expires_at, tries_left = excluded.tries_left
            RETURNING expires_at
            """,
            household=household,
            hash=_pin_hash(household, pin, vault),
            minutes=PIN_MINUTES,
            tries=PIN_TRIES,
        )
        return JoiningNumber(pin, until)


def household_for(asker: Asker, household_id: int) -> Row[Any]:
    """Return a household that the asker answers for: the own one, a lead's grid, a coordinator's community.

    Fields: id, unit, unit_number, door, building_name, building_number, grid_number. Raises NotFoundError, NotAllowedError.
    """
    found = row(REACHED, **_reach(asker, household_id))
    if found is None:
        raise NotFoundError("there is no such household", household=household_id)
    return found


def devices_for(asker: Asker, household_id: int) -> list[Row[Any]]:
    """Return the live devices of a household that the asker answers for, oldest first: id, joined_at, expires_at."""
    household_for(asker, household_id)
    return rows(
        f"SELECT id, joined_at, expires_at FROM household_device WHERE household_id = :household AND {LIVE} ORDER BY id",
        household=household_id,
    )


def card_issued_at(asker: Asker, household_id: int) -> datetime | None:
    """Return when the valid card of a household was issued; None when there is none."""
    household_for(asker, household_id)
    found: datetime | None = scalar(
        "SELECT issued_at FROM household_card WHERE household_id = :household AND revoked_at IS NULL",
        household=household_id,
    )
    return found


def end_devices(asker: Asker, household_id: int, device_id: int | None = None) -> int:
    """Sign one device of a household out, or all; returns how many were live. Ends a number that one of them may show.

    Raises NotFoundError, NotAllowedError.
    """
    with transaction():
        household_for(asker, household_id)
        return _end(household_id, device_id)


def leave(asker: Asker, device_id: int | None) -> None:
    """End the device that a browser was to the asker's household, as it is signed out."""
    with transaction():
        _end(asker.household(), device_id or 0)


def end_every_device(household_id: int) -> int:
    """Sign all devices of a household out, for the command line and the demo."""
    with transaction():
        return _end(household_id, None)


def lock_household(household_id: int) -> None:
    """Let devices of a household join, and end, one after the other. What is read afterwards is as they left it."""
    execute("SELECT id FROM household WHERE id = :household FOR NO KEY UPDATE", household=household_id)


def spend_try(household_id: int) -> Row[Any] | None:
    """Use up a try of a household's number, if it has any and is in time; returns its pin_hash and tries_left."""
    return row(
        "UPDATE joining_pin SET tries_left = tries_left - 1"
        " WHERE household_id = :household AND tries_left > 0 AND expires_at > clock_timestamp()"
        " RETURNING pin_hash, tries_left",
        household=household_id,
    )


def _use_pin(household_id: int, pin: str, vault: Vault) -> HubError | None:
    """Return why a further device may not join; None when it may, and then the number is used up."""
    if not pin:
        return PinNeededError()
    number = spend_try(household_id)
    if number is None:
        return PinEndedError()
    if not secrets.compare_digest(number.pin_hash, _pin_hash(household_id, pin, vault)):
        return WrongPinError(tries_left=number.tries_left)
    _end_pin(household_id)
    return None


def _end(household_id: int, device_id: int | None) -> int:
    lock_household(household_id)
    _end_pin(household_id)
    return len(
        rows(
            f"""UPDATE household_device SET revoked_at = clock_timestamp()
            WHERE household_id = :household AND (CAST(:device AS bigint) IS NULL OR id = :device) AND {LIVE} RETURNING id""",
            household=household_id,
            device=device_id,
        )
    )


def _end_pin(household_id: int) -> None:
    execute("DELETE FROM joining_pin WHERE household_id = :household", household=household_id)


def _add_device(household_id: int) -> Device:
    (added,) = rows(
        "INSERT INTO household_device (household_id, joined_at, expires_at)"
        " VALUES (:household, clock_timestamp(), clock_timestamp() + make_interval(days => :days)) RETURNING id, expires_at",
        household=household_id,
        days=DEVICE_DAYS,
    )
    return Device(added.id, household_id, added.expires_at)


def _live_devices(household_id: int) -> int:
    return int(
        scalar(
            f"SELECT count(*) FROM household_device WHERE household_id = :household AND {LIVE}", household=household_id
        )
    )


def _card_is_live(holder: CardHolder) -> bool:
    return bool(
        scalar(
            "SELECT EXISTS (SELECT FROM household_card AS c JOIN household AS h ON h.id = c.household_id"
            " WHERE c.id = :card AND c.household_id = :household AND c.revoked_at IS NULL AND h.active)",
            card=holder.card_id,
            household=holder.household_id,
        )
    )


def _reach(asker: Asker, household_id: int) -> dict[str, object]:
    """Return the values of REACHED. Raises NotAllowedError for a role that has nothing to do with devices."""
    own = asker.role == Role.RESIDENT and asker.household_id == household_id
    if not own and asker.role not in {Role.COORDINATOR, Role.GRID_LEAD}:
        raise NotAllowedError("devices are the household's, its grid lead's and the coordinator's", role=asker.role)
    return {
        "household": household_id,
        "community": asker.community_id,
        "own_grid": asker.grid() if asker.role == Role.GRID_LEAD else None,
    }


def _pin_hash(household_id: int, pin: str, vault: Vault) -> bytes:
    return vault.lookup_hash(f"{household_id}\0{pin}", "joining_pin")
