"""Orders of households, their lines, and what a household declined."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import APPEND_ONLY, FORGETTING, NEVER_DELETED, Base, CreatedAt, Id, one_of
from supplyhub.ordering.states import CallOutcome, Channel, Consent, EntryKind, OrderState, Outcome


class Order(Base):
    """A household's order in a menu. There is one row a household and menu; cancelling keeps it, without lines.

    The composite keys bind it: the household lives in the building, the building is in the grid in this cycle, and
    the menu is that grid's and cycle's. `version` grows with every change and is what `If-Match` carries.
    """

    # Not "order": that is a reserved word of SQL.
    __tablename__ = "orders"
    __table_args__ = (
        one_of("state", OrderState),
        one_of("channel", Channel),
        UniqueConstraint("menu_id", "household_id"),
        UniqueConstraint("id", "menu_id"),
        UniqueConstraint("id", "grid_id"),
        ForeignKeyConstraint(["menu_id", "cycle_id", "grid_id"], ["menu.id", "menu.cycle_id", "menu.grid_id"]),
        ForeignKeyConstraint(["household_id", "building_id"], ["household.id", "household.building_id"]),
        ForeignKeyConstraint(
            ["cycle_id", "building_id", "grid_id"],
            ["cycle_building.cycle_id", "cycle_building.building_id", "cycle_building.grid_id"],
        ),
        CheckConstraint("total_fen >= 0", name="total_not_negative"),
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint("char_length(note) <= 200", name="note_short"),
        Index("ix_orders_cycle_grid", "cycle_id", "grid_id"),
        CheckConstraint("state = 'placed' OR hold_until IS NULL", name="only_what_is_placed_holds"),
        Index("ix_orders_household", "household_id"),
        Index("ix_orders_hold", "hold_until", postgresql_where=text("hold_until IS NOT NULL")),
        Index("ix_orders_cancelled", "cycle_id", postgresql_where=text("state = 'cancelled'")),
    )
    id: Mapped[Id]
    menu_id: Mapped[int]
    cycle_id: Mapped[int]
    grid_id: Mapped[int]
    household_id: Mapped[int]
    building_id: Mapped[int]
    version: Mapped[int] = mapped_column(server_default="1")
    state: Mapped[str] = mapped_column(server_default=OrderState.PLACED)
    total_fen: Mapped[int]
    note: Mapped[str] = mapped_column(server_default="")
    channel: Mapped[str]
    placed_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    placed_at: Mapped[CreatedAt]
    changed_at: Mapped[CreatedAt]
    # Until when it keeps goods that must be paid for first; None when there is nothing to wait for.
    hold_until: Mapped[datetime | None]


class OrderLine(Base):
    """So many units of an item, at the price of the moment they were ordered, and what to do when too little comes."""

    __tablename__ = "order_line"
    __table_args__ = (
        ForeignKeyConstraint(["order_id", "menu_id"], ["orders.id", "orders.menu_id"]),
        ForeignKeyConstraint(["item_id", "menu_id"], ["menu_item.id", "menu_item.menu_id"]),
        ForeignKeyConstraint(["substitute_item_id", "menu_id"], ["menu_item.id", "menu_item.menu_id"]),
        one_of("consent", Consent),
        CheckConstraint("(consent = 'substitute') = (substitute_item_id IS NOT NULL)", name="substitute_is_named"),
        CheckConstraint("substitute_item_id <> item_id", name="substitute_is_another"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("unit_price_fen >= 0", name="price_not_negative"),
        CheckConstraint("most > quantity", name="most_is_more"),
        Index("ix_order_line_item", "item_id"),
        Index("ix_order_line_fills", "item_id", postgresql_where=text("most IS NOT NULL")),
    )
    order_id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(primary_key=True)
    menu_id: Mapped[int]
    quantity: Mapped[int]
    unit_price_fen: Mapped[int]
    consent: Mapped[str] = mapped_column(server_default=Consent.LESS)
    substitute_item_id: Mapped[int | None]
    # How many units the household takes at most, to fill a case (凑箱); None: no more than it ordered.
    most: Mapped[int | None]


class ConsentAnswer(Base):
    """What a household said when it was called about a line of which too little came; stands for the line's consent."""

    __tablename__ = "consent_answer"
    __table_args__ = (
        ForeignKeyConstraint(["order_id", "item_id"], ["order_line.order_id", "order_line.item_id"]),
        CheckConstraint("answer IN ('less', 'refund')", name="answer"),
    )
    order_id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(primary_key=True)
    answer: Mapped[str]
    answered_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    answered_at: Mapped[CreatedAt]


class WithdrawnLine(Base):
    """A line that ended because its item was withdrawn from the menu; the household is told from here."""

    __tablename__ = "withdrawn_line"
    __table_args__ = (
        ForeignKeyConstraint(["order_id", "menu_id"], ["orders.id", "orders.menu_id"]),
        ForeignKeyConstraint(["item_id", "menu_id"], ["menu_item.id", "menu_item.menu_id"]),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        {"info": APPEND_ONLY},
    )
    order_id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(primary_key=True)
    menu_id: Mapped[int]
    quantity: Mapped[int]
    unit_price_fen: Mapped[int]
    withdrawn_at: Mapped[CreatedAt]


class ProxyOrder(Base):
    """Who entered a version of an order for a household, and how it was asked for; never written for the own web order."""

    __tablename__ = "proxy_order"
    __table_args__ = (
        one_of("channel", Channel),
        CheckConstraint("version > 0", name="version_positive"),
        {"info": APPEND_ONLY},
    )
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    channel: Mapped[str]
    entered_at: Mapped[CreatedAt]


class OrderNumber(Base):
    """The spoken number of an order (3-0412-087), given once at the cut-off: grid, delivery day, place in the route."""

    __tablename__ = "order_number"
    __table_args__ = (
        ForeignKeyConstraint(["order_id", "grid_id"], ["orders.id", "orders.grid_id"]),
        UniqueConstraint("cycle_id", "grid_id", "sequence"),
        CheckConstraint("sequence > 0", name="sequence_positive"),
        {"info": APPEND_ONLY},
    )
    order_id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int]
    grid_id: Mapped[int]
    sequence: Mapped[int]
    number: Mapped[str]


class OrderOutcome(Base):
    """What became of an order, written once at the close."""

    __tablename__ = "order_outcome"
    __table_args__ = (one_of("outcome", Outcome), {"info": APPEND_ONLY})
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"), index=True)
    outcome: Mapped[str]
    decided_at: Mapped[CreatedAt]


class Declined(Base):
    """A household said that it needs nothing in this cycle."""

    __tablename__ = "declined"
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"), primary_key=True)
    recorded_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    recorded_at: Mapped[CreatedAt]


class CallAttempt(Base):
    """A call to a household that is silent in a cycle, and how it ended."""

    __tablename__ = "call_attempt"
    __table_args__ = (
        one_of("outcome", CallOutcome),
        Index("ix_call_attempt_cycle_household", "cycle_id", "household_id"),
        {"info": APPEND_ONLY},
    )
    id: Mapped[Id]
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"))
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    outcome: Mapped[str]
    called_at: Mapped[CreatedAt]


class RelayEntry(Base):
    """An entry of a chat relay that was applied to a door: what it asks for, without the words, names and phones.

    `fingerprint` is a keyed hash of the words, so that the same entry is known again in a longer paste; an entry that
    was edited in place replaces the one with its number.
    """

    __tablename__ = "relay_entry"
    __table_args__ = (
        one_of("kind", EntryKind),
        Index("ix_relay_entry_menu_household", "menu_id", "household_id"),
    )
    id: Mapped[Id]
    menu_id: Mapped[int] = mapped_column(ForeignKey("menu.id"))
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    number: Mapped[int]
    fingerprint: Mapped[bytes]
    kind: Mapped[str]
    # Units by item id.
    lines: Mapped[dict[str, int]]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    applied_at: Mapped[CreatedAt]


class RelayBasket(Base):
    """What the relay last made of a door's order, and as which version: a newer version is the household's own."""

    __tablename__ = "relay_basket"
    menu_id: Mapped[int] = mapped_column(ForeignKey("menu.id"), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"), primary_key=True)
    lines: Mapped[dict[str, int]]
    order_version: Mapped[int]
    applied_at: Mapped[CreatedAt]


class Draw(Base):
    """A menu's draw. The hash of its seed is published with the menu, the seed after the draw.

    `slip_key_sealed` makes the slips (签), the pseudonyms of this draw; it is never published.
    """

    __tablename__ = "draw"
    __table_args__ = (
        CheckConstraint("(drawn_at IS NULL) = (seed IS NULL)", name="seed_is_shown_with_the_draw"),
        {"info": NEVER_DELETED},
    )
    menu_id: Mapped[int] = mapped_column(ForeignKey("menu.id"), primary_key=True)
    seed_hash: Mapped[bytes]
    seed_sealed: Mapped[bytes]
    slip_key_sealed: Mapped[bytes]
    seed: Mapped[str | None]
    drawn_at: Mapped[datetime | None]


class DrawItem(Base):
    """What a draw did with an item: asked for, given from the part set aside for care, given by the draw."""

    __tablename__ = "draw_item"
    __table_args__ = (
        ForeignKeyConstraint(["item_id", "menu_id"], ["menu_item.id", "menu_item.menu_id"]),
        CheckConstraint("given_to_care >= 0 AND given_by_draw >= 0", name="given_not_negative"),
        CheckConstraint(
            "given_to_care <= set_aside AND given_to_care + given_by_draw <= offered", name="no_more_than_offered"
        ),
        {"info": APPEND_ONLY},
    )
    item_id: Mapped[int] = mapped_column(primary_key=True)
    menu_id: Mapped[int] = mapped_column(ForeignKey("draw.menu_id"), index=True)
    offered: Mapped[int]
    asked: Mapped[int]
    set_aside: Mapped[int]
    given_to_care: Mapped[int]
    given_by_draw: Mapped[int]


class DrawShare(Base):
    """What an order asked for in a draw and what it got; its lines carry on with what it got."""

    __tablename__ = "draw_share"
    __table_args__ = (
        ForeignKeyConstraint(["order_id", "menu_id"], ["orders.id", "orders.menu_id"]),
        ForeignKeyConstraint(["item_id", "menu_id"], ["menu_item.id", "menu_item.menu_id"]),
        CheckConstraint(
            "asked > 0 AND got BETWEEN 0 AND asked AND got_as_care BETWEEN 0 AND got", name="got_what_was_asked"
        ),
        CheckConstraint("unit_price_fen >= 0", name="price_not_negative"),
        {"info": FORGETTING["draw_share"]},
    )
    order_id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(primary_key=True)
    menu_id: Mapped[int]
    asked: Mapped[int]
    got: Mapped[int]
    got_as_care: Mapped[int]
    unit_price_fen: Mapped[int]


class DrawSlip(Base):
    """A slip (签) of the published list: one unit that somebody asked for, under a pseudonym of this draw."""

    __tablename__ = "draw_slip"
    __table_args__ = (
        ForeignKeyConstraint(["item_id", "menu_id"], ["menu_item.id", "menu_item.menu_id"]),
        UniqueConstraint("item_id", "place"),
        CheckConstraint("round > 0 AND place > 0", name="counted_from_one"),
        {"info": APPEND_ONLY},
    )
    item_id: Mapped[int] = mapped_column(primary_key=True)
    slip: Mapped[str] = mapped_column(primary_key=True)
    menu_id: Mapped[int] = mapped_column(ForeignKey("draw.menu_id"), index=True)
    # A household's n-th unit goes into round n: everybody has one before anybody has two.
    round: Mapped[int]
    place: Mapped[int]
    won: Mapped[bool]
