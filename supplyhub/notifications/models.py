"""Channels, who is told of what, and the messages."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import Base, CreatedAt, Id, one_of
from supplyhub.notifications.states import ChannelKind, Matter, MessageState


class Channel(Base):
    """Where messages go: the robot of a grid's or the community's chat group, a person's mail box, a person's pages.

    The address (an Apprise URL) carries a secret and is sealed, and goes when the channel ends; a person's pages need none.
    """

    __tablename__ = "channel"
    __table_args__ = (
        one_of("kind", ChannelKind),
        CheckConstraint("language IN ('zh', 'en')", name="language"),
        CheckConstraint(
            "CASE WHEN kind = 'page' THEN address_sealed IS NULL"
            " ELSE (address_sealed IS NULL) = (ended_at IS NOT NULL) END",
            name="an_address_while_it_is_used",
        ),
        CheckConstraint("(kind = 'robot') = (account_id IS NULL)", name="a_robot_is_a_groups"),
        CheckConstraint("grid_id IS NULL OR kind = 'robot'", name="a_grid_has_a_group"),
        CheckConstraint("(quiet_from IS NULL) = (quiet_until IS NULL)", name="quiet_from_until"),
        CheckConstraint("quiet_from <> quiet_until", name="quiet_for_some_time"),
        CheckConstraint("char_length(label) BETWEEN 1 AND 60", name="label_short"),
        CheckConstraint("kind = 'mail' OR num_nonnulls(confirmed_at, code_hash) = 0", name="a_mail_box_is_confirmed"),
        CheckConstraint("(code_hash IS NULL) = (code_until IS NULL)", name="a_code_ends"),
        CheckConstraint("code_tries >= 0", name="tries_count_up"),
        Index("uq_channel_page", "account_id", unique=True, postgresql_where=text("kind = 'page'")),
        Index("ix_channel_grid", "community_id", "grid_id"),
        Index("ix_channel_account", "account_id", postgresql_where=text("kind = 'mail'")),
    )
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    kind: Mapped[str]
    label: Mapped[str]
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("grid.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    address_sealed: Mapped[bytes | None]
    language: Mapped[str] = mapped_column(server_default="zh")
    # By the community's clock; over midnight where the end is before the beginning.
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
    made_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    made_at: Mapped[CreatedAt]
    ended_at: Mapped[datetime | None]
    # From when it takes another message: a robot takes so many a minute.
    free_at: Mapped[datetime | None]
    # Of a mail box: since when its owner is known to read it; before, it is told nothing but the code that shows it.
    confirmed_at: Mapped[datetime | None]
    code_hash: Mapped[bytes | None]
    code_until: Mapped[datetime | None]
    code_tries: Mapped[int] = mapped_column(server_default="0")
    # Of a person's pages: what happened up to then, its reader has seen.
    seen_at: Mapped[datetime | None]


class Subscription(Base):
    """A channel is told of a matter."""

    __tablename__ = "subscription"
    __table_args__ = (one_of("matter", Matter),)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    matter: Mapped[str] = mapped_column(primary_key=True)


class Message(Base):
    """A message: one a channel and matter, however often it is asked for. `facts` are ids and figures, nothing personal.

    `about` names what it is about (`menu:12`, `report:2026-11-21`).
    """

    __tablename__ = "message"
    __table_args__ = (
        one_of("matter", Matter),
        one_of("state", MessageState),
        UniqueConstraint("channel_id", "matter", "about"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_at_some_time"),
        CheckConstraint("attempt >= 0", name="attempt_counts_up"),
        Index("ix_message_due", "due_at", postgresql_where=text("state = 'due'")),
    )
    id: Mapped[Id]
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    matter: Mapped[str]
    about: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    state: Mapped[str] = mapped_column(server_default=MessageState.DUE)
    made_at: Mapped[CreatedAt]
    due_at: Mapped[CreatedAt]
    attempt: Mapped[int] = mapped_column(server_default="0")
    # Its turn among the messages of its channel, once it has one.
    slot_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    # On a page: when its reader saw it.
    read_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
