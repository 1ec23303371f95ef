"""Routes, tickets and stops. Every row carries its grid, and composite keys keep it to that grid (不能窜格)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import APPEND_ONLY, NEVER_DELETED, Base, CreatedAt, Id, one_of
from supplyhub.delivery.states import (
    CrateStep,
    DeliveryMode,
    EntryAnswer,
    EntryOutcome,
    Problem,
    RefusedMove,
    RoutePlanner,
    StopOutcome,
    TicketState,
    VoidReason,
)

A_FAILURE_HAS_A_PROBLEM = "(outcome IS NOT DISTINCT FROM 'failed') = (problem IS NOT NULL)"


class Route(Base):
    """The designated route (指定路线) of a grid; the newest version is walked. `made_by`: who put it in order by hand."""

    __tablename__ = "route"
    __table_args__ = (
        one_of("planner", RoutePlanner),
        UniqueConstraint("grid_id", "version"),
        UniqueConstraint("id", "grid_id"),
        CheckConstraint("(planner = 'manual') = (made_by IS NOT NULL)", name="made_by_somebody_or_computed"),
    )
    id: Mapped[Id]
    grid_id: Mapped[int] = mapped_column(ForeignKey("grid.id"))
    version: Mapped[int]
    length_metres: Mapped[int]
    planner: Mapped[str] = mapped_column(server_default=RoutePlanner.COMPUTED)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[CreatedAt]


class RouteBuilding(Base):
    """A building's place in a route, counted from 1.

    The building is bound to no grid here: one that moves stays in the old routes of the grid that it left. That it isn't
    in the newest one is for the audit to see.
    """

    __tablename__ = "route_building"
    __table_args__ = (
        UniqueConstraint("route_id", "position"),
        ForeignKeyConstraint(["route_id", "grid_id"], ["route.id", "route.grid_id"]),
    )
    route_id: Mapped[int] = mapped_column(primary_key=True)
    building_id: Mapped[int] = mapped_column(ForeignKey("building.id"), primary_key=True)
    grid_id: Mapped[int]
    position: Mapped[int]


class Ticket(Base):
    """A delivery ticket (配送单): stops of one grid, in walking order, for one badge of that grid.

    One that is void gave the stops that had no outcome yet to its successors. One `at_point` has stops that are fetched
    at the delivery point, and no badge. `claims` counts who claimed it: what was signed for an earlier claim is stale.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        one_of("state", TicketState),
        UniqueConstraint("id", "grid_id"),
        UniqueConstraint("id", "badge_id", "grid_id"),
        UniqueConstraint("code"),
        UniqueConstraint("batch_id", "sequence"),
        ForeignKeyConstraint(["batch_id", "cycle_id", "grid_id"], ["batch.id", "batch.cycle_id", "batch.grid_id"]),
        ForeignKeyConstraint(["route_id", "grid_id"], ["route.id", "route.grid_id"]),
        ForeignKeyConstraint(["badge_id", "grid_id"], ["badge.id", "badge.grid_id"]),
        one_of("void_reason", VoidReason),
        ForeignKeyConstraint(["predecessor_id", "grid_id"], ["ticket.id", "ticket.grid_id"]),
        CheckConstraint(
            "CASE WHEN at_point THEN badge_id IS NULL AND state NOT IN ('claimed', 'handed_over')"
            " ELSE state = 'void' OR (state = 'issued') = (badge_id IS NULL) END",
            name="a_badge_once_claimed",
        ),
        CheckConstraint(
            "(state = 'void') = (void_reason IS NOT NULL) AND (state = 'void') = (voided_at IS NOT NULL)",
            name="void_for_a_reason",
        ),
        Index("ix_ticket_predecessor", "predecessor_id", postgresql_where=text("predecessor_id IS NOT NULL")),
        Index("ix_ticket_cycle_grid", "cycle_id", "grid_id"),
        Index(
            "ix_ticket_waiting",
            "cycle_id",
            "state",
            postgresql_where=text("state IN ('issued', 'handed_over', 'under_way')"),
        ),
        Index("ix_ticket_badge", "badge_id", postgresql_where=text("badge_id IS NOT NULL")),
    )
    id: Mapped[Id]
    code: Mapped[str] = mapped_column(Computed("short_code(id + 500000000)", persisted=True))
    cycle_id: Mapped[int]
    grid_id: Mapped[int]
    batch_id: Mapped[int]
    route_id: Mapped[int]
    sequence: Mapped[int]
    state: Mapped[str] = mapped_column(server_default=TicketState.ISSUED)
    badge_id: Mapped[int | None]
    claims: Mapped[int] = mapped_column(server_default="0")
    at_point: Mapped[bool] = mapped_column(server_default=text("false"))
    predecessor_id: Mapped[int | None]
    claimed_at: Mapped[datetime | None]
    handed_over_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    void_reason: Mapped[str | None]


class Handover(Base):
    """The crates of a ticket passing to its badge: once, and never to a badge of another grid.

    `scan_id`: the number that a device gave it. One that was made without signal came later, at `received_at`.
    """

    __tablename__ = "handover"
    __table_args__ = (
        ForeignKeyConstraint(["ticket_id", "badge_id", "grid_id"], ["ticket.id", "ticket.badge_id", "ticket.grid_id"]),
        ForeignKeyConstraint(["badge_id", "grid_id"], ["badge.id", "badge.grid_id"]),
        UniqueConstraint("scan_id"),
        {"info": APPEND_ONLY},
    )
    ticket_id: Mapped[int] = mapped_column(primary_key=True)
    badge_id: Mapped[int]
    grid_id: Mapped[int]
    handed_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    handed_at: Mapped[CreatedAt]
    # As counted at the handover; unknown for those of before crates were kept.
    crates: Mapped[int | None]
    scan_id: Mapped[uuid.UUID | None]
    received_at: Mapped[datetime | None]


class Crate(Base):
    """A crate (筐) of a ticket: its stops from `first_position` to `last_position`.

    While it stands at the depot or the delivery point it goes with its stops when another ticket takes them over.
    """

    __tablename__ = "crate"
    __table_args__ = (
        UniqueConstraint("code"),
        UniqueConstraint("ticket_id", "number"),
        ForeignKeyConstraint(["ticket_id", "grid_id"], ["ticket.id", "ticket.grid_id"]),
        CheckConstraint(
            "number > 0 AND first_position > 0 AND last_position >= first_position", name="counted_from_one"
        ),
        {"info": NEVER_DELETED},
    )
    id: Mapped[Id]
    code: Mapped[str] = mapped_column(Computed("short_code(id + 800000000)", persisted=True))
    ticket_id: Mapped[int]
    grid_id: Mapped[int]
    number: Mapped[int]
    first_position: Mapped[int]
    last_position: Mapped[int]


class CratePassage(Base):
    """A crate leaving the depot or reaching a delivery point, counted by somebody: a step of the custody chain."""

    __tablename__ = "crate_passage"
    __table_args__ = (one_of("step", CrateStep), {"info": APPEND_ONLY})
    crate_id: Mapped[int] = mapped_column(ForeignKey("crate.id"), primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    delivery_point_id: Mapped[int] = mapped_column(ForeignKey("delivery_point.id"))
    counted_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    counted_at: Mapped[CreatedAt]


class Stop(Base):
    """A door on a ticket and what happened there. `mode`: how its parcel reaches the household.

    `entry_id`: the entry by which its outcome stands; those of before that was kept have none.
    """

    __tablename__ = "stop"
    __table_args__ = (
        one_of("outcome", StopOutcome),
        one_of("problem", Problem),
        one_of("mode", DeliveryMode),
        UniqueConstraint("parcel_id"),
        UniqueConstraint("ticket_id", "position"),
        UniqueConstraint("id", "grid_id"),
        ForeignKeyConstraint(["ticket_id", "grid_id"], ["ticket.id", "ticket.grid_id"]),
        # The order is the parcel's, and the parcel's key to it keeps the grid.
        ForeignKeyConstraint(["parcel_id", "order_id", "grid_id"], ["parcel.id", "parcel.order_id", "parcel.grid_id"]),
        CheckConstraint(A_FAILURE_HAS_A_PROBLEM, name="a_failure_has_a_problem"),
        CheckConstraint("(outcome IS NULL) = (happened_at IS NULL)", name="an_outcome_has_a_time"),
        CheckConstraint("entry_id IS NULL OR outcome IS NOT NULL", name="an_entry_has_an_outcome"),
        ForeignKeyConstraint(["entry_id", "grid_id"], ["delivery_entry.id", "delivery_entry.grid_id"], use_alter=True),
        Index("uq_stop_entry", "entry_id", unique=True, postgresql_where=text("entry_id IS NOT NULL")),
    )
    id: Mapped[Id]
    ticket_id: Mapped[int]
    grid_id: Mapped[int]
    order_id: Mapped[int]
    parcel_id: Mapped[int]
    position: Mapped[int]
    mode: Mapped[str] = mapped_column(server_default=DeliveryMode.DOOR)
    outcome: Mapped[str | None]
    problem: Mapped[str | None]
    happened_at: Mapped[datetime | None]
    entry_id: Mapped[uuid.UUID | None]


class DeliveryEntry(Base):
    """What was reported of a door: numbered by the volunteer's phone, so that sending it twice has one effect.

    A hand-back writes one for each door where nobody went. One that undoes an earlier one names it, once. `answer`: what
    became of it when it came; those of before answers were kept have none. `entered_by`: who typed it from paper, or
    gave the parcel out at the delivery point, where there is no badge.
    `device`: which phone sent it; `phone_at`: when it happened by that phone's clock, which `happened_at` sets right.
    """

    __tablename__ = "delivery_entry"
    __table_args__ = (
        one_of("outcome", EntryOutcome),
        one_of("answer", EntryAnswer),
        UniqueConstraint("undoes"),
        UniqueConstraint("id", "grid_id"),
        ForeignKeyConstraint(["undoes", "grid_id"], ["delivery_entry.id", "delivery_entry.grid_id"]),
        CheckConstraint("(outcome = 'undone') = (undoes IS NOT NULL)", name="undone_names_what"),
        CheckConstraint("left_with IS NULL OR outcome = 'delivered'", name="what_is_left_is_delivered"),
        one_of("problem", Problem),
        CheckConstraint(A_FAILURE_HAS_A_PROBLEM, name="a_failure_has_a_problem"),
        ForeignKeyConstraint(["stop_id", "grid_id"], ["stop.id", "stop.grid_id"]),
        ForeignKeyConstraint(["badge_id", "grid_id"], ["badge.id", "badge.grid_id"]),
        CheckConstraint("badge_id IS NOT NULL OR entered_by IS NOT NULL", name="by_a_badge_or_at_the_point"),
        Index("ix_delivery_entry_stop", "stop_id"),
        Index("ix_delivery_entry_received", "received_at"),
        {"info": APPEND_ONLY},
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    stop_id: Mapped[int]
    badge_id: Mapped[int | None]
    grid_id: Mapped[int]
    outcome: Mapped[str]
    problem: Mapped[str | None]
    undoes: Mapped[uuid.UUID | None]
    left_with: Mapped[int | None] = mapped_column(ForeignKey("anchor_household.id"))
    answer: Mapped[str | None]
    device: Mapped[uuid.UUID | None]
    phone_at: Mapped[datetime | None]
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    happened_at: Mapped[datetime]
    received_at: Mapped[CreatedAt]


class GridRefusal(Base):
    """A badge that was turned away from a ticket of another grid. The only row that may name two grids."""

    __tablename__ = "grid_refusal"
    __table_args__ = (one_of("refused_move", RefusedMove), {"info": APPEND_ONLY})
    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    badge_id: Mapped[int] = mapped_column(ForeignKey("badge.id"))
    refused_move: Mapped[str]
    refused_at: Mapped[CreatedAt]
