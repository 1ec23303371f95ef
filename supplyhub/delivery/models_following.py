"""What is kept beside tickets and stops: refused scans, anchors' custody, what was kept back, slots, the leads' inbox."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import APPEND_ONLY, NEVER_DELETED, Base, CreatedAt, Id, one_of
from supplyhub.delivery.states import InboxKind, Problem, ScanRefusal


class RefusedScan(Base):
    """A scan that was turned away, with or without signal; `id` is the device's own number for it."""

    __tablename__ = "refused_scan"
    __table_args__ = (
        one_of("reason", ScanRefusal),
        Index("ix_refused_scan_community", "community_id", "happened_at"),
        {"info": APPEND_ONLY},
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    scanned_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    reason: Mapped[str]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    badge_id: Mapped[int | None] = mapped_column(ForeignKey("badge.id"))
    offline: Mapped[bool]
    happened_at: Mapped[datetime]
    received_at: Mapped[CreatedAt]


class AnchorCustody(Base):
    """A parcel that was left with the anchor household (中心户) of its building, until its household has it."""

    __tablename__ = "anchor_custody"
    __table_args__ = (
        ForeignKeyConstraint(["entry_id", "grid_id"], ["delivery_entry.id", "delivery_entry.grid_id"]),
        ForeignKeyConstraint(["stop_id", "grid_id"], ["stop.id", "stop.grid_id"]),
        CheckConstraint("(passed_at IS NULL) = (passed_by IS NULL)", name="passed_by_somebody"),
        Index("ix_anchor_custody_open", "anchor_id", postgresql_where=text("passed_at IS NULL")),
    )
    entry_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    stop_id: Mapped[int]
    grid_id: Mapped[int]
    anchor_id: Mapped[int] = mapped_column(ForeignKey("anchor_household.id"))
    left_at: Mapped[datetime]
    passed_at: Mapped[datetime | None]
    passed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class KeptBack(Base):
    """Units of a line that were not left with the rest of a parcel at the door (partial delivery), and why."""

    __tablename__ = "kept_back"
    __table_args__ = (
        one_of("problem", Problem),
        ForeignKeyConstraint(["entry_id", "grid_id"], ["delivery_entry.id", "delivery_entry.grid_id"]),
        ForeignKeyConstraint(["stop_id", "grid_id"], ["stop.id", "stop.grid_id"]),
        ForeignKeyConstraint(["order_id", "item_id"], ["allocation.order_id", "allocation.item_id"]),
        CheckConstraint("units > 0", name="units_positive"),
        Index("ix_kept_back_stop", "stop_id"),
        {"info": APPEND_ONLY},
    )
    entry_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(primary_key=True)
    substitute: Mapped[bool] = mapped_column(primary_key=True)
    order_id: Mapped[int]
    stop_id: Mapped[int]
    grid_id: Mapped[int]
    units: Mapped[int]
    problem: Mapped[str]


class DoorPhoto(Base):
    """A photo that belongs to what was reported of a door."""

    __tablename__ = "door_photo"
    __table_args__ = (Index("ix_door_photo_photo", "photo_id"), {"info": APPEND_ONLY})
    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("delivery_entry.id"), primary_key=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id"))


class EntrySetAside(Base):
    """What was reported of a door and a lead decided not to let stand: for another entry or for none, once and for good."""

    __tablename__ = "entry_set_aside"
    __table_args__ = (
        ForeignKeyConstraint(["entry_id", "grid_id"], ["delivery_entry.id", "delivery_entry.grid_id"]),
        {"info": APPEND_ONLY},
    )
    entry_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    grid_id: Mapped[int]
    set_aside_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    set_aside_at: Mapped[CreatedAt]


class Slot(Base):
    """When a building's people fetch their parcels at its entrance (分批次、分时段、分楼栋)."""

    __tablename__ = "slot"
    __table_args__ = (
        UniqueConstraint("cycle_id", "building_id"),
        ForeignKeyConstraint(
            ["cycle_id", "building_id", "grid_id"],
            ["cycle_building.cycle_id", "cycle_building.building_id", "cycle_building.grid_id"],
        ),
        CheckConstraint("ends_at > starts_at AND parcels > 0", name="for_some_time"),
    )
    id: Mapped[Id]
    cycle_id: Mapped[int]
    grid_id: Mapped[int]
    building_id: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    parcels: Mapped[int]


class InboxItem(Base):
    """Something that a grid's lead has to clear: a door, a ticket nobody took, two phones that say different things.

    What has settled itself was cleared by nobody.
    """

    __tablename__ = "inbox_item"
    __table_args__ = (
        one_of("kind", InboxKind),
        ForeignKeyConstraint(["ticket_id", "grid_id"], ["ticket.id", "ticket.grid_id"]),
        ForeignKeyConstraint(["entry_id", "grid_id"], ["delivery_entry.id", "delivery_entry.grid_id"]),
        ForeignKeyConstraint(["stop_id", "grid_id"], ["stop.id", "stop.grid_id"]),
        CheckConstraint("cleared_by IS NULL OR cleared_at IS NOT NULL", name="cleared_at_some_time"),
        CheckConstraint("char_length(note) <= 200", name="note_short"),
        Index(
            "uq_inbox_item_open",
            "kind",
            "grid_id",
            "ticket_id",
            "stop_id",
            "entry_id",
            unique=True,
            postgresql_where=text("cleared_at IS NULL"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_inbox_item_cycle", "cycle_id", "grid_id"),
        Index("ix_inbox_item_ticket", "ticket_id", "kind", postgresql_where=text("ticket_id IS NOT NULL")),
    )
    id: Mapped[Id]
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("grid.id"))
    kind: Mapped[str]
    ticket_id: Mapped[int | None]
    stop_id: Mapped[int | None]
    entry_id: Mapped[uuid.UUID | None]
    opened_at: Mapped[CreatedAt]
    cleared_at: Mapped[datetime | None]
    cleared_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    note: Mapped[str] = mapped_column(server_default="")


class ArrivalReport(Base):
    """Somebody says that a parcel which counts as delivered did not arrive: its household, its anchor, the grid's lead."""

    __tablename__ = "arrival_report"
    __table_args__ = (
        ForeignKeyConstraint(["stop_id", "grid_id"], ["stop.id", "stop.grid_id"]),
        CheckConstraint("char_length(note) <= 200", name="note_short"),
        {"info": NEVER_DELETED},
    )
    stop_id: Mapped[int] = mapped_column(primary_key=True)
    grid_id: Mapped[int]
    reported_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    reported_at: Mapped[CreatedAt]
    note: Mapped[str] = mapped_column(server_default="")
