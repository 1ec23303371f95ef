"""Who acts: accounts, ways to sign in, volunteer badges."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import NEVER_DELETED, Base, CreatedAt, Id, one_of
from supplyhub.people.states import BadgeState, Role


class Account(Base):
    """Somebody who can act in one role. A grid lead has one grid; a resident's account is its household's."""

    __tablename__ = "account"
    __table_args__ = (
        one_of("role", Role),
        CheckConstraint("(role = 'grid_lead') = (grid_id IS NOT NULL)", name="grid_lead_has_grid"),
        CheckConstraint("role <> 'resident' OR login IS NULL", name="residents_use_cards"),
        Index("uq_account_login", "community_id", "login", unique=True),
    )
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    role: Mapped[str]
    display_name: Mapped[str]
    login: Mapped[str | None]
    password_hash: Mapped[str | None]
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("grid.id"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    # Signed into every session: raising it signs the account out everywhere.
    session_version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[CreatedAt]


class SignInLink(Base):
    """A one-time link for staff: the first sign-in, or a lost password. Only the secret's hash is kept."""

    __tablename__ = "sign_in_link"
    id: Mapped[Id]
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiToken(Base):
    """A bearer token; looked up by its SHA-256."""

    __tablename__ = "api_token"
    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Badge(Base):
    """A volunteer's badge (单人单证): one person, one number, one grid.

    `code` is what people say: 3-017. Each community has its own 3-017, so whoever looks one up names the community too.
    """

    __tablename__ = "badge"
    __table_args__ = (
        one_of("state", BadgeState),
        UniqueConstraint("grid_id", "number"),
        UniqueConstraint("id", "grid_id"),
        Index("ix_badge_code", "code"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("valid_until > valid_from", name="valid_for_some_time"),
        CheckConstraint("(state = 'revoked') = (revoked_at IS NOT NULL)", name="revoked_at_some_time"),
        Index("uq_badge_one_live_a_person", "account_id", unique=True, postgresql_where=text("state = 'live'")),
        {"info": NEVER_DELETED},
    )
    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("grid.id"))
    number: Mapped[int]
    code: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=BadgeState.LIVE)
    valid_from: Mapped[CreatedAt]
    valid_until: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
