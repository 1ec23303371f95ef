"""Accounts of staff and the ways to sign in: links, passwords, tokens. Each command is one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.codes import read_code
from supplyhub.crypto import token_hash
from supplyhub.db import execute, scalar, transaction
from supplyhub.errors import HubError, NotFoundError
from supplyhub.people import passwords
from supplyhub.people.accounts import accounts_of, add_account, add_link, add_tokens, known_login
from supplyhub.people.staff import only_coordinator, own_account
from supplyhub.people.states import Role
from supplyhub.people.tries import forgive_passwords, pay_for_password
from supplyhub.places.queries import grid_numbered, point_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplyhub.people.asker import Asker


class SignInError(HubError):
    """Login and password don't fit, or the link or card isn't valid any more."""

    code = "sign_in_failed"


@dataclass(frozen=True, slots=True)
class NewStaff:
    """An account just opened and the secret of its first sign-in link."""

    account_id: int
    link_secret: str


def create_account(
    community_id: int,
    role: Role,
    display_name: str,
    *,
    login: str | None = None,
    grid_id: int | None = None,
    delivery_point: str | None = None,
) -> int:
    """Open an account of staff, for the command line; `delivery_point` is a name.

    Raises InvalidError, NotFoundError, ConflictError (login taken).
    """
    with transaction():
        point_id = None if delivery_point is None else point_named(community_id, delivery_point)
        return add_account(community_id, role, display_name, login=login, grid_id=grid_id, delivery_point_id=point_id)


def create_staff(
    asker: Asker,
    role: Role,
    display_name: str,
    *,
    grid: int | None = None,
    login: str | None = None,
    delivery_point: str | None = None,
) -> NewStaff:
    """Open an account of staff and its first sign-in link. For a coordinator.

    `grid` is a grid lead's, by number; `delivery_point` keeps depot staff to a point, by name. Raises as `create_account`.
    """
    only_coordinator(asker)
    with transaction():
        grid_id = None if grid is None else grid_numbered(asker.community_id, grid)
        point_id = None if delivery_point is None else point_named(asker.community_id, delivery_point)
        account = add_account(
            asker.community_id, role, display_name, login=login, grid_id=grid_id, delivery_point_id=point_id
        )
        return NewStaff(account, add_link(account))


def new_sign_in_link(account_id: int) -> str:
    """Return the secret of a fresh one-time link, valid for a day; earlier unused ones end. Raises NotFoundError."""
    with transaction():
        # Two at once: the later one's link is the one that stays.
        role = scalar("SELECT role FROM account WHERE id = :id AND active FOR NO KEY UPDATE", id=account_id)
        if role is None or role == Role.RESIDENT:
            raise NotFoundError("there is no such account of staff", account=account_id)
        return add_link(account_id)


def link_for(asker: Asker, account_id: int) -> str:
    """Return the secret of a fresh one-time link for somebody of the staff who lost the password. For a coordinator."""
    only_coordinator(asker)
    own_account(asker, account_id)
    return new_sign_in_link(account_id)


def use_sign_in_link(secret: str) -> int:
    """Use up a one-time link; returns its account. Raises SignInError when it was used, ran out or never was."""
    with transaction():
        found = scalar(
            """
            UPDATE sign_in_link AS l SET used_at = clock_timestamp() FROM account AS a
            WHERE l.secret_hash = :hash AND l.used_at IS NULL AND l.expires_at > clock_timestamp()
              AND a.id = l.account_id AND a.active
            RETURNING l.account_id
            """,
            hash=secret_hash(secret),
        )
        if found is None:
            raise SignInError("this link was used already or has run out; ask for a new one")
        return int(found)


def sign_in(login: str, password: str) -> int:
    """Return the account of this login and password; a hash of old costs is made anew.

    Raises SignInError, also while the account has to pause after wrong ones: whoever asks learns nothing of it.
    """
    try:
        known = known_login(login)
    except HubError:
        known = None
    account_id, kept = known or (0, None)
    with transaction():
        if not pay_for_password(account_id):
            kept = None
    # The same work for an unknown login: the time doesn't tell which of the two is wrong.
    fits = passwords.matches(kept, password)
    if kept is None or not fits:
        raise SignInError("login and password don't fit")
    fresh = passwords.hashed(password) if passwords.outdated(kept) else kept
    with transaction():
        forgive_passwords(account_id)
        if fresh != kept:
            execute(
                "UPDATE account SET password_hash = :fresh WHERE id = :id AND password_hash = :kept",
                id=account_id,
                fresh=fresh,
                kept=kept,
            )
    return account_id


def set_password(account_id: int, password: str) -> int:
    """Set a password and sign the account out everywhere; returns the new session version. Raises InvalidError."""
    fresh = passwords.hashed(password)
    with transaction():
        version = scalar(
            "UPDATE account SET password_hash = :hash, session_version = session_version + 1"
            " WHERE id = :id AND active AND role <> 'resident' RETURNING session_version",
            id=account_id,
            hash=fresh,
        )
        if version is None:
            raise NotFoundError("there is no such account of staff", account=account_id)
        forgive_passwords(account_id)
        return int(version)


def mint_token(account_id: int, *, days: int) -> str:
    """Return a fresh API token of an account, valid for so many days; only its hash is kept. Raises NotFoundError."""
    return mint_account_tokens([account_id], days=days)[account_id]


def mint_account_tokens(account_ids: Sequence[int], *, days: int) -> dict[int, str]:
    """Return a fresh API token for each account, valid for so many days.

    Raises NotFoundError when one of them isn't there or isn't active.
    """
    with transaction():
        active = int(scalar("SELECT count(*) FROM account WHERE id = ANY(:ids) AND active", ids=list(account_ids)) or 0)
        if active != len(set(account_ids)):
            raise NotFoundError("not all of these accounts are there and active", accounts=len(set(account_ids)))
        return add_tokens(account_ids, days=days)


def staff_account(community_id: int, role: Role, *, grid: int | None = None, login: str | None = None) -> int | None:
    """Return the oldest active account of a role, of a grid (by number) if one is given; None when there is none."""
    grid_id = None if grid is None else grid_numbered(community_id, grid)
    return next(iter(accounts_of(community_id, role, grid_id=grid_id, login=login)), None)


def secret_hash(typed: str) -> bytes:
    """Return the hash under which a secret is kept, however it was typed."""
    return token_hash(read_code(typed[:100]))
