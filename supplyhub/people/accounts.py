"""Accounts, sign-in links and tokens as statements: for the caller's transaction."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from supplyhub.codes import new_secret
from supplyhub.crypto import token_hash
from supplyhub.db import execute, row, rows, scalar
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

LINK_HOURS = 24
TOKEN_MARK = "hub_"  # noqa: S105
LONGEST_NAME = 40
LONGEST_LOGIN = 40


def add_account(
    community_id: int,
    role: Role,
    display_name: str,
    *,
    login: str | None = None,
    grid_id: int | None = None,
    delivery_point_id: int | None = None,
) -> int:
    """Write an account of staff; a grid lead has a grid, depot staff may keep to a delivery point, nobody else does.

    Raises InvalidError, ConflictError (login taken).
    """
    if (role == Role.GRID_LEAD) != (grid_id is not None):
        raise InvalidError("a grid lead has one grid, and only a grid lead has", role=role)
    if delivery_point_id is not None and role != Role.DEPOT:
        raise InvalidError("only depot staff keep to a delivery point", role=role)
    if role == Role.RESIDENT:
        raise InvalidError("residents come from the register and sign in with their household's card", role=role)
    found = scalar(
        """
        INSERT INTO account (community_id, role, display_name, login, grid_id, delivery_point_id)
        VALUES (:community, :role, :name, :login, :grid, :point)
        ON CONFLICT (community_id, login) DO NOTHING RETURNING id
        """,
        community=community_id,
        role=role,
        name=shown_name(display_name),
        login=_login(login),
        grid=grid_id,
        point=delivery_point_id,
    )
    if found is None:
        raise ConflictError("this login is taken", login=login)
    return int(found)


def add_link(account_id: int) -> str:
    """Write a one-time sign-in link and return its secret. Earlier unused links of the account end."""
    secret = new_secret()
    execute(
        "UPDATE sign_in_link SET expires_at = clock_timestamp()"
        " WHERE account_id = :account AND used_at IS NULL AND expires_at > clock_timestamp()",
        account=account_id,
    )
    execute(
        "INSERT INTO sign_in_link (secret_hash, account_id, expires_at)"
        " VALUES (:hash, :account, clock_timestamp() + make_interval(hours => :hours))",
        hash=token_hash(secret),
        account=account_id,
        hours=LINK_HOURS,
    )
    return secret


def add_tokens(account_ids: Sequence[int], *, days: int) -> dict[int, str]:
    """Write an API token for each account, valid for so many days; returns them by account."""
    tokens = {account: TOKEN_MARK + secrets.token_urlsafe(32) for account in account_ids}
    execute(
        "INSERT INTO api_token (account_id, token_hash, expires_at)"
        " SELECT account, hash, now() + make_interval(days => :days)"
        " FROM unnest(CAST(:accounts AS bigint[]), CAST(:hashes AS bytea[])) AS t(account, hash)",
        days=days,
        accounts=list(tokens),
        hashes=[token_hash(token) for token in tokens.values()],
    )
    return tokens


def accounts_of(community_id: int, role: Role, *, grid_id: int | None = None, login: str | None = None) -> list[int]:
    """Return active accounts of a role, oldest first: a lead's of that grid, a volunteer's with a live badge of it."""
    found = rows(
        """
        SELECT a.id FROM account AS a
        WHERE a.community_id = :community AND a.role = :role AND a.active
          AND (CAST(:login AS text) IS NULL OR a.login = :login)
          AND (CAST(:grid AS bigint) IS NULL OR a.grid_id = :grid
               OR EXISTS (SELECT FROM badge AS b WHERE b.account_id = a.id AND b.grid_id = :grid AND b.state = 'live'
                          AND now() >= b.valid_from AND now() < b.valid_until))
        ORDER BY a.id
        """,
        community=community_id,
        role=role,
        grid=grid_id,
        login=_login(login),
    )
    return [int(account.id) for account in found]


def known_login(login: str) -> tuple[int, str | None] | None:
    """Return the id and password hash of the active account with this login, or None."""
    found = row("SELECT id, password_hash FROM account WHERE login = :login AND active LIMIT 1", login=_login(login))
    return None if found is None else (int(found.id), found.password_hash)


def shown_name(text: str) -> str:
    """Return a name as it is shown to colleagues. Raises InvalidError for an empty, long or unprintable one."""
    name = text.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidError(f"a name has 1 to {LONGEST_NAME} printable characters")
    return name


def _login(text: str | None) -> str | None:
    """Return a login as it is kept: lower case, no outer space."""
    if text is None:
        return None
    login = text.strip().lower()
    if not 1 <= len(login) <= LONGEST_LOGIN or not login.isprintable() or " " in login:
        raise InvalidError(f"a login has 1 to {LONGEST_LOGIN} printable characters without space")
    return login


def has_password(account_id: int) -> bool:
    """Tell whether somebody has set a password for an account."""
    return bool(scalar("SELECT password_hash IS NOT NULL FROM account WHERE id = :id", id=account_id))
