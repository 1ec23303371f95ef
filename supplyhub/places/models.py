"""Where people live and goods pass: community, depot, delivery points, grids, micro-grids, buildings."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import Base, CreatedAt, Id, one_of
from supplyhub.places.states import ZoneLevel


class Community(Base):
    """One deployment's customer (社区/村); owns everything below it."""

    __tablename__ = "community"
    __table_args__ = (CheckConstraint("heavy_grams BETWEEN 1000 AND 100000", name="heavy_within_reason"),)
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    timezone: Mapped[str]
    created_at: Mapped[CreatedAt]
    # When the day's report is made, by its own clock.
    report_at: Mapped[time] = mapped_column(server_default="17:00")
    # What weighs more is heavy: it is carried up by itself, and a tricycle takes few of them.
    heavy_grams: Mapped[int] = mapped_column(server_default="10000")


class Depot(Base):
    """The staging depot (物资暂存中转站): all goods of a community pass it. Its place is known once somebody said it."""

    __tablename__ = "depot"
    __table_args__ = (CheckConstraint("(longitude IS NULL) = (latitude IS NULL)", name="at_both_or_nowhere"),)
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), unique=True)
    name: Mapped[str]
    longitude: Mapped[float | None]
    latitude: Mapped[float | None]


class DeliveryPoint(Base):
    """Where the volunteers of some grids take over their crates (配送点)."""

    __tablename__ = "delivery_point"
    __table_args__ = (UniqueConstraint("community_id", "name"),)
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    name: Mapped[str]
    longitude: Mapped[float | None]
    latitude: Mapped[float | None]


class PointHours(Base):
    """When a delivery point is open, by the day of the week (1 is Monday)."""

    __tablename__ = "point_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("closes > opens", name="open_for_some_time"),
    )
    delivery_point_id: Mapped[int] = mapped_column(ForeignKey("delivery_point.id"), primary_key=True)
    weekday: Mapped[int] = mapped_column(primary_key=True)
    opens: Mapped[time] = mapped_column(primary_key=True)
    closes: Mapped[time]


class Grid(Base):
    """A numbered area (网格); a menu, a badge and a ticket belong to exactly one. `outline` is a GeoJSON geometry."""

    __tablename__ = "grid"
    __table_args__ = (
        UniqueConstraint("community_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
    )
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    number: Mapped[int]
    name: Mapped[str]
    delivery_point_id: Mapped[int | None] = mapped_column(ForeignKey("delivery_point.id"))
    outline: Mapped[dict[str, Any] | None]


class GridZoneLevel(Base):
    """A grid's zone level from a moment on; the latest one whose time has come holds."""

    __tablename__ = "grid_zone_level"
    __table_args__ = (
        one_of("level", ZoneLevel),
        CheckConstraint("char_length(note) <= 200", name="note_short"),
        Index("ix_grid_zone_level_latest", "grid_id", "valid_from"),
    )
    id: Mapped[Id]
    grid_id: Mapped[int] = mapped_column(ForeignKey("grid.id"))
    level: Mapped[str]
    valid_from: Mapped[datetime]
    # Why, and what changes, as its people read it.
    note: Mapped[str] = mapped_column(server_default="")


class MicroGrid(Base):
    """A part of a grid (小网格, 格中格)."""

    __tablename__ = "micro_grid"
    __table_args__ = (UniqueConstraint("grid_id", "number"), UniqueConstraint("id", "grid_id"))
    id: Mapped[Id]
    grid_id: Mapped[int] = mapped_column(ForeignKey("grid.id"))
    number: Mapped[int]
    name: Mapped[str]
    outline: Mapped[dict[str, Any] | None]


class Building(Base):
    """A building (楼栋) of the register. Without a grid it is unplaced, says why, and its doors can't order."""

    __tablename__ = "building"
    __table_args__ = (
        UniqueConstraint("community_id", "name"),
        ForeignKeyConstraint(["micro_grid_id", "grid_id"], ["micro_grid.id", "micro_grid.grid_id"]),
        CheckConstraint("(grid_id IS NULL) = (unplaced_reason IS NOT NULL)", name="placed_or_reason"),
    )
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    name: Mapped[str]
    # The number in the name (47号楼 -> 47): doors are said and sorted by it; 0 when the name has none.
    number: Mapped[int]
    floors: Mapped[int | None]
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("grid.id"), index=True)
    micro_grid_id: Mapped[int | None]
    unplaced_reason: Mapped[str | None]
    # Place in the grid's designated route: with the number, the head of the one sort order.
    route_position: Mapped[int] = mapped_column(server_default="0")
    outline: Mapped[dict[str, Any] | None]
    longitude: Mapped[float | None]
    latitude: Mapped[float | None]


class Street(Base):
    """A street line for walking distances; `line` is a GeoJSON geometry."""

    __tablename__ = "street"
    __table_args__ = (UniqueConstraint("community_id", "name"),)
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    name: Mapped[str]
    line: Mapped[dict[str, Any]]
