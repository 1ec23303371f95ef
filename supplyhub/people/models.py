"""Who acts: accounts, ways to sign in, volunteer badges."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import APPEND_ONLY, NEVER_DELETED, Base, CreatedAt, Id, one_of
from supplyhub.people.states import ApplicationState, BadgeState, Role


class Account(Base):
    """Somebody who can act in one role. A grid lead has one grid; a resident's account is its household's."""

    __tablename__ = "account"
    __table_args__ = (
        one_of("role", Role),
        CheckConstraint("(role = 'grid_lead') = (grid_id IS NOT NULL)", name="grid_lead_has_grid"),
        CheckConstraint("role <> 'resident' OR login IS NULL", name="residents_use_cards"),
        CheckConstraint("delivery_point_id IS NULL OR role = 'depot'", name="only_depot_staff_keep_a_point"),
        CheckConstraint("password_wrong >= 0", name="password_wrong_not_negative"),
        Index("uq_account_login", "community_id", "login", unique=True),
    )
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    role: Mapped[str]
    display_name: Mapped[str]
    login: Mapped[str | None]
    password_hash: Mapped[str | None]
    # Wrong ones since the last right one, and until when no other is looked at.
    password_wrong: Mapped[int] = mapped_column(server_default="0")
    password_paused_until: Mapped[datetime | None]
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("grid.id"))
    # Depot staff of a delivery point: what they do is kept to that point.
    delivery_point_id: Mapped[int | None] = mapped_column(ForeignKey("delivery_point.id"))
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
    """A volunteer's badge (单人单证): one person, one number, one grid. It says nothing about the person's home.

    The QR on it carries a secret of which the hash is kept; with it and the PIN its holder signs in.
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
        UniqueConstraint("id", "grid_id", "account_id"),
        UniqueConstraint("secret_hash"),
        UniqueConstraint("replaces_id"),
        CheckConstraint("(state = 'suspended') = (suspended_at IS NOT NULL)", name="suspended_at_some_time"),
        Index("ix_badge_photo", "photo_id", postgresql_where=text("photo_id IS NOT NULL")),
        Index("uq_badge_one_live_a_person", "account_id", unique=True, postgresql_where=text("state <> 'revoked'")),
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
    suspended_at: Mapped[datetime | None]
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("badge.id"))
    secret_hash: Mapped[bytes | None]
    pin_hash: Mapped[str | None]
    # Wrong PINs in a row; a few of them lock the sign-in with this badge until `pin_locked_until`.
    pin_wrong: Mapped[int] = mapped_column(server_default="0")
    pin_locked_until: Mapped[datetime | None]
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("photo.id"))


class VolunteerApplication(Base):
    """Somebody who wants to be a volunteer of a grid. Name and phone are sealed; accepting opens an account."""

    __tablename__ = "volunteer_application"
    __table_args__ = (
        one_of("state", ApplicationState),
        CheckConstraint("(state = 'applied') = (decided_at IS NULL)", name="decided_at_some_time"),
        CheckConstraint("(state = 'accepted') = (account_id IS NOT NULL)", name="accepted_with_an_account"),
        UniqueConstraint("account_id"),
        Index(
            "uq_volunteer_application_open",
            "community_id",
            "phone_mark",
            unique=True,
            postgresql_where=text("state = 'applied'"),
        ),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("grid.id"))
    state: Mapped[str] = mapped_column(server_default=ApplicationState.APPLIED)
    name_sealed: Mapped[bytes]
    phone_sealed: Mapped[bytes]
    phone_mark: Mapped[bytes]
    applied_at: Mapped[CreatedAt]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class Training(Base):
    """What a volunteer was trained in, when, and who says so."""

    __tablename__ = "training"
    __table_args__ = (
        UniqueConstraint("account_id", "topic", "trained_on"),
        CheckConstraint("char_length(topic) BETWEEN 1 AND 60", name="topic_short"),
        {"info": APPEND_ONLY},
    )
    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    topic: Mapped[str]
    trained_on: Mapped[date]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    recorded_at: Mapped[CreatedAt]


class Shift(Base):
    """A volunteer at work (班次) with a badge, for twelve hours at most; a person's shifts don't overlap."""

    __tablename__ = "shift"
    __table_args__ = (
        ForeignKeyConstraint(["badge_id", "grid_id", "account_id"], ["badge.id", "badge.grid_id", "badge.account_id"]),
        CheckConstraint("ends_at > starts_at AND ends_at <= starts_at + interval '12 hours'", name="twelve_hours"),
        ExcludeConstraint(
            ("account_id", "="), (text("tstzrange(starts_at, ends_at)"), "&&"), name="ex_shift_overlap", using="gist"
        ),
        Index("ix_shift_badge", "badge_id", "ends_at"),
        {"info": NEVER_DELETED},
    )
    id: Mapped[Id]
    badge_id: Mapped[int]
    grid_id: Mapped[int]
    account_id: Mapped[int]
    starts_at: Mapped[CreatedAt]
    ends_at: Mapped[datetime]
