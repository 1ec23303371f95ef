"""The journal, and what it is about: charges and refunds online, money at the door, covers, credits."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import APPEND_ONLY, NEVER_DELETED, Base, CreatedAt, Id, one_of
from supplyhub.payments.states import (
    Account,
    CameBy,
    ChargeState,
    CoverSource,
    CreditReason,
    CreditState,
    EntryKind,
    PaidWay,
    RefundReason,
    RefundState,
    RefundWay,
    TakingWay,
)

# What one person may give back by hand; above it a second one agrees.
ONE_PERSON_UP_TO_FEN = 5000


class JournalEntry(Base):
    """One event in the books: postings that sum to zero, checked by a trigger at the commit.

    `written_in` is the transaction it belongs to: no posting can be added in another one.
    """

    __tablename__ = "journal_entry"
    __table_args__ = (
        one_of("kind", EntryKind),
        UniqueConstraint("kind", "charge_id"),
        UniqueConstraint("kind", "refund_id"),
        UniqueConstraint("taking_id"),
        UniqueConstraint("credit_id"),
        UniqueConstraint("cash_count_id"),
        CheckConstraint("(kind = 'paid_online') = (charge_id IS NOT NULL)", name="a_payment_names_its_charge"),
        CheckConstraint("(kind LIKE 'refund%') = (refund_id IS NOT NULL)", name="a_refund_is_named"),
        CheckConstraint("(kind = 'taken') = (taking_id IS NOT NULL)", name="a_taking_is_named"),
        CheckConstraint("(kind = 'counted') = (cash_count_id IS NOT NULL)", name="a_count_is_named"),
        CheckConstraint("kind <> 'credited' OR credit_id IS NOT NULL", name="a_credit_is_named"),
        Index("ix_journal_entry_cycle", "cycle_id", "kind"),
        {"info": APPEND_ONLY},
    )
    id: Mapped[Id]
    kind: Mapped[str]
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"))
    charge_id: Mapped[int | None] = mapped_column(ForeignKey("charge.id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refund.id"))
    taking_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("taking.id"))
    credit_id: Mapped[int | None] = mapped_column(ForeignKey("credit.id"))
    cash_count_id: Mapped[int | None] = mapped_column(ForeignKey("cash_count.id"))
    booked_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    booked_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    written_in: Mapped[int] = mapped_column(server_default=text("(pg_current_xact_id()::text)::bigint"))


class Posting(Base):
    """One line of an entry: so many fen on an account, for an order, a badge or a person where the account is theirs.

    `holder_id`: whose cash it is that was taken at a delivery point's desk, where there is no badge.
    """

    __tablename__ = "posting"
    __table_args__ = (
        one_of("account", Account),
        CheckConstraint("amount_fen <> 0", name="moves_something"),
        CheckConstraint("account <> 'household' OR order_id IS NOT NULL", name="a_household_owes_for_an_order"),
        CheckConstraint(
            "num_nonnulls(badge_id, holder_id) = CASE WHEN account = 'cash' THEN 1 ELSE 0 END",
            name="cash_lies_with_somebody",
        ),
        Index("ix_posting_entry", "entry_id"),
        Index("ix_posting_order", "order_id", postgresql_where=text("account = 'household'")),
        Index("ix_posting_badge", "badge_id", postgresql_where=text("account = 'cash'")),
        {"info": APPEND_ONLY},
    )
    id: Mapped[Id]
    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id"))
    account: Mapped[str]
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    badge_id: Mapped[int | None] = mapped_column(ForeignKey("badge.id"))
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    amount_fen: Mapped[int]


class Charge(Base):
    """An amount to be paid online for an order, through one hosted checkout of the gateway.

    The key goes with every call about it, and is stored before the first: the gateway does the same thing once.
    `basket`: the lines that are paid for, as `put_orders` returns them. `refunded_fen` is kept by a trigger on `refund`,
    so that no more can go back than came. `lapsed_at`: its goods went to others before it was paid.
    """

    __tablename__ = "charge"
    __table_args__ = (
        one_of("state", ChargeState),
        one_of("paid_way", PaidWay),
        UniqueConstraint("idempotency_key"),
        UniqueConstraint("session_id"),
        UniqueConstraint("payment_id"),
        UniqueConstraint("id", "order_id"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("(state = 'paid') = (paid_fen > 0) AND paid_fen >= 0", name="paid_when_paid"),
        CheckConstraint("(state = 'paid') = (paid_at IS NOT NULL)", name="paid_has_a_time"),
        CheckConstraint("refunded_fen BETWEEN 0 AND paid_fen", name="no_more_back_than_came"),
        CheckConstraint("state = 'preparing' OR session_id IS NOT NULL OR state = 'ended'", name="open_has_a_session"),
        CheckConstraint("(lapsed_at IS NULL) = (lapsed_version IS NULL)", name="lapsed_as_a_version"),
        Index("ix_charge_order", "order_id"),
        Index(
            "uq_charge_one_live_an_order",
            "order_id",
            unique=True,
            postgresql_where=text("state IN ('preparing', 'open')"),
        ),
        {"info": NEVER_DELETED},
    )
    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    order_version: Mapped[int]
    basket: Mapped[dict[str, Any]]
    amount_fen: Mapped[int]
    state: Mapped[str] = mapped_column(server_default=ChargeState.PREPARING)
    idempotency_key: Mapped[uuid.UUID] = mapped_column(server_default=func.gen_random_uuid())
    # Title, addresses, language and end of its checkout: whenever that is asked for, it is asked for with the very same.
    wanted: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    session_id: Mapped[str | None]
    # Where the household pays; empty until the checkout is open.
    pay_url: Mapped[str] = mapped_column(server_default="")
    payment_id: Mapped[str | None]
    paid_fen: Mapped[int] = mapped_column(server_default="0")
    # None where the gateway doesn't say, or names another way.
    paid_way: Mapped[str | None]
    refunded_fen: Mapped[int] = mapped_column(server_default="0")
    asked_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    made_at: Mapped[CreatedAt]
    paid_at: Mapped[datetime | None]
    lapsed_at: Mapped[datetime | None]
    # The order's version after that: nobody changed it since while it still has this one.
    lapsed_version: Mapped[int | None]


class Refund(Base):
    """Money that goes back to a household: online to the charge it came from, else by hand in cash."""

    __tablename__ = "refund"
    __table_args__ = (
        one_of("way", RefundWay),
        one_of("state", RefundState),
        one_of("reason", RefundReason),
        ForeignKeyConstraint(["charge_id", "order_id"], ["charge.id", "charge.order_id"]),
        UniqueConstraint("idempotency_key"),
        UniqueConstraint("gateway_id"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("(way = 'online') = (charge_id IS NOT NULL)", name="online_goes_to_its_charge"),
        CheckConstraint(
            "asked_fen IS NULL OR asked_fen <> amount_fen AND way = 'online'", name="another_amount_than_asked"
        ),
        CheckConstraint("(state = 'done') <= (done_at IS NOT NULL)", name="done_has_a_time"),
        CheckConstraint(
            "way <> 'cash' OR state <> 'done' OR done_by IS NOT NULL"
            f" AND (amount_fen <= {ONE_PERSON_UP_TO_FEN} OR coalesce(second_by <> done_by, false))",
            name="much_cash_needs_a_second_person",
        ),
        Index("ix_refund_order", "order_id"),
        Index("ix_refund_charge", "charge_id"),
        Index("ix_refund_done", "done_at", postgresql_where=text("state = 'done'")),
        Index("ix_refund_open", "state", postgresql_where=text("state IN ('due', 'sent', 'failed')")),
        {"info": NEVER_DELETED},
    )
    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    way: Mapped[str]
    charge_id: Mapped[int | None]
    amount_fen: Mapped[int]
    # What the gateway was asked for, where it gave back another amount.
    asked_fen: Mapped[int | None]
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=RefundState.DUE)
    idempotency_key: Mapped[uuid.UUID] = mapped_column(server_default=func.gen_random_uuid())
    gateway_id: Mapped[str | None]
    # What the gateway said when it refused.
    failure: Mapped[str] = mapped_column(server_default="")
    made_at: Mapped[CreatedAt]
    done_at: Mapped[datetime | None]
    done_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    second_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class GatewayEvent(Base):
    """An event of the gateway, by its own id: it may come often, and by two ways, and counts once."""

    __tablename__ = "gateway_event"
    __table_args__ = (
        one_of("came_by", CameBy),
        Index("ix_gateway_event_made", "made_at"),
        {"info": APPEND_ONLY},
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    # The session or refund that it is about.
    object_id: Mapped[str]
    made_at: Mapped[datetime]
    came_by: Mapped[str]
    received_at: Mapped[CreatedAt]


class GatewayPoll(Base):
    """The date of the newest event when the gateway's own list of them was last read to its end: one row, none before that."""

    __tablename__ = "gateway_poll"
    __table_args__ = (CheckConstraint("only_row", name="only_row"),)
    only_row: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    polled_until: Mapped[datetime]


class PaidBasket(Base):
    """What of a prepaid order is paid for: what it falls back to when an enlargement isn't paid in time."""

    __tablename__ = "paid_basket"
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    basket: Mapped[dict[str, Any]]
    total_fen: Mapped[int]
    paid_at: Mapped[CreatedAt]


class Lapse(Base):
    """A basket whose goods went to others because it wasn't paid in time; `version` is its order's after that."""

    __tablename__ = "lapse"
    __table_args__ = ({"info": APPEND_ONLY},)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    basket: Mapped[dict[str, Any]]
    total_fen: Mapped[int]
    lapsed_at: Mapped[CreatedAt]


class Taking(Base):
    """Money taken at a door, numbered by the volunteer's phone; a wrong one is taken back by another.

    Composite keys keep it to one grid: its order, its ticket, its badge. `taken_by`: who took it at a delivery point's
    desk, where there is no badge.
    """

    __tablename__ = "taking"
    __table_args__ = (
        one_of("way", TakingWay),
        ForeignKeyConstraint(["order_id", "grid_id"], ["orders.id", "orders.grid_id"]),
        ForeignKeyConstraint(["ticket_id", "grid_id"], ["ticket.id", "ticket.grid_id"]),
        ForeignKeyConstraint(["badge_id", "grid_id"], ["badge.id", "badge.grid_id"]),
        CheckConstraint("amount_fen <> 0 AND (amount_fen < 0) = (corrects IS NOT NULL)", name="less_only_to_correct"),
        CheckConstraint("surplus_fen BETWEEN 0 AND greatest(0, amount_fen)", name="surplus_is_a_part"),
        CheckConstraint("(badge_id IS NULL) = (taken_by IS NOT NULL)", name="by_a_badge_or_at_a_desk"),
        ForeignKeyConstraint(["corrects", "grid_id"], ["taking.id", "taking.grid_id"]),
        UniqueConstraint("id", "grid_id"),
        UniqueConstraint("corrects"),
        Index("ix_taking_order", "order_id"),
        Index("ix_taking_ticket", "ticket_id"),
        {"info": APPEND_ONLY},
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    order_id: Mapped[int]
    ticket_id: Mapped[int]
    badge_id: Mapped[int | None]
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    grid_id: Mapped[int]
    way: Mapped[str]
    amount_fen: Mapped[int]
    corrects: Mapped[uuid.UUID | None]
    # What of it was more than was owed when it was booked: it goes back to the household.
    surplus_fen: Mapped[int] = mapped_column(server_default="0")
    happened_at: Mapped[datetime]
    received_at: Mapped[CreatedAt]


class CashCount(Base):
    """A volunteer's cash of a ticket, counted at the hand-back against what was taken at the doors; or a desk's.

    What reaches us after the count is counted again, by another row; a correction that does so makes it less.
    """

    __tablename__ = "cash_count"
    __table_args__ = (
        ForeignKeyConstraint(["ticket_id", "badge_id", "grid_id"], ["ticket.id", "ticket.badge_id", "ticket.grid_id"]),
        # The key before this holds nothing where there is no badge.
        ForeignKeyConstraint(["ticket_id", "grid_id"], ["ticket.id", "ticket.grid_id"]),
        CheckConstraint("counted_fen >= 0", name="not_negative"),
        CheckConstraint("counted_fen = expected_fen OR note <> ''", name="a_difference_is_explained"),
        CheckConstraint("char_length(note) <= 200", name="note_short"),
        Index("ix_cash_count_ticket", "ticket_id"),
        {"info": APPEND_ONLY},
    )
    id: Mapped[Id]
    ticket_id: Mapped[int]
    badge_id: Mapped[int | None]
    grid_id: Mapped[int]
    expected_fen: Mapped[int]
    counted_fen: Mapped[int]
    note: Mapped[str] = mapped_column(server_default="")
    counted_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    counted_at: Mapped[CreatedAt]


class Cover(Base):
    """Somebody else pays for an order (减免): the coordinator's decision. Neighbours and volunteers never see it."""

    __tablename__ = "cover"
    __table_args__ = (
        one_of("source", CoverSource),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_by_somebody"),
        Index("uq_cover_one_an_order", "order_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        {"info": NEVER_DELETED},
    )
    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    source: Mapped[str]
    decided_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[CreatedAt]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    ended_at: Mapped[datetime | None]


class Credit(Base):
    """An order made cheaper by hand, for goods that came damaged or not at all; the surplus then goes back."""

    __tablename__ = "credit"
    __table_args__ = (
        one_of("reason", CreditReason),
        one_of("state", CreditState),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("char_length(note) <= 200", name="note_short"),
        CheckConstraint("(state = 'asked') = (decided_by IS NULL)", name="decided_by_somebody"),
        CheckConstraint(
            f"state <> 'given' OR amount_fen <= {ONE_PERSON_UP_TO_FEN} OR decided_by <> asked_by",
            name="much_needs_a_second_person",
        ),
        Index("ix_credit_order", "order_id"),
        {"info": NEVER_DELETED},
    )
    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    amount_fen: Mapped[int]
    reason: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default=CreditState.ASKED)
    asked_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[CreatedAt]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime | None]


class Reconciliation(Base):
    """A comparison of our books with the gateway's (对账), over a span of time."""

    __tablename__ = "reconciliation"
    __table_args__ = (CheckConstraint("to_at > from_at", name="a_span"),)
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    from_at: Mapped[datetime]
    to_at: Mapped[datetime]
    asked_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[CreatedAt]
    done_at: Mapped[datetime | None]
    # Why the gateway's books couldn't be read, at the last try.
    trouble: Mapped[str] = mapped_column(server_default="")


class GatewayBookRow(Base):
    """A payment or a refund as the gateway's own books had it when they were compared."""

    __tablename__ = "gateway_book_row"
    __table_args__ = (
        CheckConstraint("kind IN ('payment', 'refund')", name="kind"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
    )
    reconciliation_id: Mapped[int] = mapped_column(ForeignKey("reconciliation.id"), primary_key=True)
    gateway_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    # The id of our charge or refund, as it was given to the gateway; empty when it isn't ours.
    reference: Mapped[str] = mapped_column(server_default="")
    amount_fen: Mapped[int]
    made_at: Mapped[datetime]
