"""Help requests (诉求), what was done about them, medicine on its way, wishes that neighbours claim."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import APPEND_ONLY, Base, CreatedAt, Id, one_of
from supplyhub.help.states import OPEN_SQL, HelpChannel, HelpKind, HelpState, HelpStepKind, Holder

CODE_LETTERS = 6


class HelpRequest(Base):
    """Something that somebody asks for, from any channel to an owner and an outcome.

    What it says is sealed with a key of its own, itself sealed in `wrapped_key`: destroying that destroys text, notes and
    photos. `facts` are the kind's coded fields, which say nothing about a person. A wish's `public_text` is what its grid
    reads once it is posted. `key` is the sender's own number: sent twice, it is one request.
    """

    __tablename__ = "help_request"
    __table_args__ = (
        one_of("kind", HelpKind),
        one_of("state", HelpState),
        one_of("channel", HelpChannel),
        UniqueConstraint("community_id", "code"),
        UniqueConstraint("key"),
        UniqueConstraint("id", "grid_id"),
        CheckConstraint(f"char_length(code) = {CODE_LETTERS}", name="code_length"),
        CheckConstraint("state <> 'taken' OR owner_id IS NOT NULL", name="who_took_it_is_named"),
        CheckConstraint(f"(state IN {OPEN_SQL}) = (ended_at IS NULL)", name="ended_at_some_time"),
        CheckConstraint("(state = 'merged') = (merged_into_id IS NOT NULL)", name="merged_into_one"),
        CheckConstraint("merged_into_id <> id", name="merged_into_another"),
        CheckConstraint("(kind = 'complaint') = (order_id IS NOT NULL)", name="a_complaint_has_its_order"),
        CheckConstraint("credit_id IS NULL OR kind = 'complaint'", name="complaints_are_credited"),
        CheckConstraint("(public_text IS NULL AND posted_at IS NULL) OR kind = 'wish'", name="wishes_are_posted"),
        CheckConstraint("posted_at IS NULL OR public_text IS NOT NULL", name="what_is_posted_says_something"),
        CheckConstraint("char_length(public_text) <= 200", name="public_text_short"),
        CheckConstraint("(text_sealed IS NULL) = (wrapped_key IS NULL)", name="sealed_with_a_key"),
        CheckConstraint("due_at > opened_at", name="due_after_opening"),
        CheckConstraint("overdue_seen_at IS NULL OR overdue_seen_by IS NOT NULL", name="seen_by_somebody"),
        Index(
            "ix_help_request_open", "community_id", "grid_id", "due_at", postgresql_where=text(f"state IN {OPEN_SQL}")
        ),
        Index("ix_help_request_household", "household_id"),
        Index("ix_help_request_ended", "ended_at", postgresql_where=text("wrapped_key IS NOT NULL")),
    )
    id: Mapped[Id]
    key: Mapped[uuid.UUID]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("grid.id"))
    # Whose need it is; somebody from the chat may not be in the register.
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"))
    code: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=HelpState.NEW)
    channel: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    text_sealed: Mapped[bytes | None]
    wrapped_key: Mapped[bytes | None]
    public_text: Mapped[str | None]
    posted_at: Mapped[datetime | None]
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    credit_id: Mapped[int | None] = mapped_column(ForeignKey("credit.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    opened_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    opened_at: Mapped[CreatedAt]
    due_at: Mapped[datetime]
    overdue_seen_at: Mapped[datetime | None]
    overdue_seen_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    ended_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("help_request.id"))


class HelpPerson(Base):
    """Somebody who may open a restricted request (medicine), beside its owner and the coordinator."""

    __tablename__ = "help_person"
    request_id: Mapped[int] = mapped_column(ForeignKey("help_request.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    named_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    named_at: Mapped[CreatedAt]


class HelpStep(Base):
    """What was done about a request, when and by whom; the clock when by nobody. A note is sealed with the request's key."""

    __tablename__ = "help_step"
    __table_args__ = (
        one_of("step", HelpStepKind),
        CheckConstraint("(step = 'handed_on') = (to_grid_id IS NOT NULL)", name="handed_on_to_a_grid"),
        Index("ix_help_step_request", "request_id"),
        {"info": APPEND_ONLY},
    )
    id: Mapped[Id]
    request_id: Mapped[int] = mapped_column(ForeignKey("help_request.id"))
    step: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    # Who it was given to, who was named.
    about_account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    to_grid_id: Mapped[int | None] = mapped_column(ForeignKey("grid.id"))
    note_sealed: Mapped[bytes | None]
    happened_at: Mapped[CreatedAt]


class HelpPhoto(Base):
    """A photo of a request, sealed with its key: a prescription goes when the request is done."""

    __tablename__ = "help_photo"
    __table_args__ = (
        CheckConstraint("media_type IN ('image/jpeg', 'image/png', 'image/webp')", name="media_type"),
        Index("ix_help_photo_request", "request_id"),
    )
    id: Mapped[Id]
    request_id: Mapped[int] = mapped_column(ForeignKey("help_request.id"))
    media_type: Mapped[str]
    content_sealed: Mapped[bytes]
    added_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    added_at: Mapped[CreatedAt]


class MedicinePass(Base):
    """Medicine passes from hand to hand: who has it now, where, and the code that whoever took it said.

    Somebody of another district has no account: the name is sealed with the request's key.
    """

    __tablename__ = "medicine_pass"
    __table_args__ = (
        one_of("holder", Holder),
        UniqueConstraint("request_id", "sequence"),
        UniqueConstraint("key"),
        CheckConstraint("sequence > 0", name="sequence_positive"),
        CheckConstraint("char_length(place) BETWEEN 1 AND 60", name="place_short"),
        CheckConstraint("holder_account_id IS NULL OR holder_name_sealed IS NULL", name="an_account_or_a_name"),
        {"info": APPEND_ONLY},
    )
    id: Mapped[Id]
    key: Mapped[uuid.UUID]
    request_id: Mapped[int] = mapped_column(ForeignKey("help_request.id"))
    sequence: Mapped[int]
    holder: Mapped[str]
    holder_account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    holder_name_sealed: Mapped[bytes | None]
    place: Mapped[str]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    happened_at: Mapped[CreatedAt]


class WishClaim(Base):
    """A neighbour or volunteer of the grid who takes a wish upon themselves; one at a time."""

    __tablename__ = "wish_claim"
    __table_args__ = (
        Index("uq_wish_claim_live", "request_id", unique=True, postgresql_where=text("given_up_at IS NULL")),
        Index("ix_wish_claim_account", "account_id"),
    )
    id: Mapped[Id]
    request_id: Mapped[int] = mapped_column(ForeignKey("help_request.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    claimed_at: Mapped[CreatedAt]
    given_up_at: Mapped[datetime | None]
