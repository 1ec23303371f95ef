"""Signing in with a badge: the QR that is on it, and the PIN that its holder chose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.db import execute, row, scalar, transaction
from supplyhub.errors import ConflictError, HubError, NotAllowedError
from supplyhub.people import passwords
from supplyhub.people.commands.signing_in import SignInError, secret_hash
from supplyhub.people.pins import check_pin, forgive, pay_for_try
from supplyhub.people.states import BadgeState

if TYPE_CHECKING:
    from datetime import datetime

    from supplyhub.people.asker import Asker


class WrongPinError(HubError):
    """The PIN isn't the badge's; `tries_left` more before its sign-in is locked for a while."""

    code = "sign_in_failed"


class PinLockedError(HubError):
    """Too many wrong PINs: this badge signs nobody in for a while."""

    code = "pin_locked"


class DeadBadgeError(HubError):
    """This badge isn't valid now; `state` says whether it is suspended, revoked, expired, or not valid yet."""

    code = "dead_badge"


@dataclass(frozen=True, slots=True)
class BadgeEntry:
    """A badge in somebody's hands: what its page asks for next."""

    badge_id: int
    account_id: int
    code: str
    name: str
    has_pin: bool


@dataclass(frozen=True, slots=True)
class BadgeSession:
    """Who signed in with a badge, and when: the session ends with the first shift that ends after it."""

    account_id: int
    badge_id: int
    since: datetime


def badge_in_hand(given: str) -> BadgeEntry:
    """Return whose badge was scanned, by what stands behind the # of its address: 3-017.SECRET. Reads only.

    Raises SignInError for what is on no badge (a newer card may have been printed), DeadBadgeError.
    """
    code, _, secret = given[:200].strip().rpartition(".")
    badge = row(
        """
        SELECT b.id, b.account_id, b.code, b.state, a.display_name, b.pin_hash IS NOT NULL AS has_pin,
               b.valid_until <= clock_timestamp() AS expired, b.valid_from > clock_timestamp() AS early
        FROM badge AS b JOIN account AS a ON a.id = b.account_id
        WHERE b.secret_hash = :hash AND a.active
        """,
        hash=secret_hash(secret),
    )
    if badge is None or code not in {"", badge.code}:
        raise SignInError("this is on no badge; a newer card may have been printed")
    if badge.state != BadgeState.LIVE or badge.expired or badge.early:
        state = badge.state if badge.state != BadgeState.LIVE else "expired" if badge.expired else "early"
        raise DeadBadgeError(badge=badge.code, state=state)
    return BadgeEntry(badge.id, badge.account_id, badge.code, badge.display_name, badge.has_pin)


def sign_in_with_badge(given: str, pin: str) -> BadgeSession:
    """Let a badge's holder in with the PIN. Raises SignInError, DeadBadgeError, WrongPinError, PinLockedError."""
    entry = badge_in_hand(given)
    with transaction():
        tried = pay_for_try(entry.badge_id)
    if tried is None:
        raise PinLockedError(badge=entry.code)
    # Outside of the transaction: hashing takes its time, and nobody waits for the badge's row meanwhile.
    if not passwords.matches(tried.pin_hash, pin):
        raise WrongPinError(badge=entry.code, tries_left=tried.left)
    with transaction():
        forgive(entry.badge_id)
        return BadgeSession(entry.account_id, entry.badge_id, scalar("SELECT clock_timestamp()"))


def choose_pin(given: str, pin: str) -> BadgeSession:
    """Let the holder of a badge that has no PIN yet choose one, and in.

    Raises SignInError, DeadBadgeError, InvalidError for a PIN that is no PIN, ConflictError when it has one meanwhile.
    """
    entry = badge_in_hand(given)
    fresh = _hashed(pin)
    with transaction():
        since = scalar(
            "UPDATE badge SET pin_hash = :fresh WHERE id = :badge AND pin_hash IS NULL AND state = 'live'"
            " RETURNING clock_timestamp()",
            fresh=fresh,
            badge=entry.badge_id,
        )
        if since is None:
            raise ConflictError("this badge has a PIN already", badge=entry.code)
        return BadgeSession(entry.account_id, entry.badge_id, since)


def set_own_pin(asker: Asker, pin: str) -> None:
    """Give the asker's badge a new PIN: who forgot it came in by a one-time link. Raises NotAllowedError, InvalidError."""
    badge, fresh = asker.badge(), _hashed(pin)
    with transaction():
        held = scalar("SELECT id FROM badge WHERE id = :badge AND state = 'live' FOR NO KEY UPDATE", badge=badge)
        if held is None:
            raise NotAllowedError("this badge isn't valid now", role=asker.role)
        execute("UPDATE badge SET pin_hash = :fresh WHERE id = :badge", fresh=fresh, badge=badge)
        forgive(badge)


def _hashed(pin: str) -> str:
    check_pin(pin)
    return passwords.HASHER.hash(pin)
