"""Households of the register (底册), their cards, and the care register."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import APPEND_ONLY, Base, CreatedAt, Id, one_of
from supplyhub.residents.states import DoorNeed


class Household(Base):
    """A door (户). Name and phone are sealed; `phone_hash` finds a phone without opening any.

    `account_id` is the account by which the household acts. Sorted everywhere by building, unit, floor, door.
    """

    __tablename__ = "household"
    __table_args__ = (
        UniqueConstraint("building_id", "unit", "door"),
        UniqueConstraint("id", "building_id"),
        CheckConstraint("people_count >= 0", name="people_count_not_negative"),
        Index("ix_household_phone_hash", "phone_hash"),
    )
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    building_id: Mapped[int] = mapped_column(ForeignKey("building.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), unique=True)
    unit: Mapped[str]
    unit_number: Mapped[int]
    floor: Mapped[int]
    door: Mapped[str]
    people_count: Mapped[int]
    contact_name_sealed: Mapped[bytes | None]
    phone_sealed: Mapped[bytes | None]
    phone_hash: Mapped[bytes | None]
    # A household missing from a newer register file is deactivated, not deleted.
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class HouseholdCard(Base):
    """The printed card a household signs in with: a QR code, and a shorter code to type. Only their hashes are kept.

    A new card kills the old. The typed code is short, so its hash is keyed; cards of before it was there have none.
    """

    __tablename__ = "household_card"
    __table_args__ = (
        Index("uq_household_card_live", "household_id", unique=True, postgresql_where=text("revoked_at IS NULL")),
    )
    id: Mapped[Id]
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    typed_code_hash: Mapped[bytes | None] = mapped_column(unique=True)
    issued_at: Mapped[CreatedAt]
    revoked_at: Mapped[datetime | None]


class HouseholdDevice(Base):
    """A phone or computer that acts for a household, for 30 days; the grid's lead can end it."""

    __tablename__ = "household_device"
    __table_args__ = (
        CheckConstraint("expires_at > joined_at", name="valid_for_some_time"),
        Index("ix_household_device_household", "household_id"),
    )
    id: Mapped[Id]
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    joined_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class JoiningPin(Base):
    """The number that a household's first device shows and its next one types. Short-lived, with few tries."""

    __tablename__ = "joining_pin"
    __table_args__ = (CheckConstraint("tries_left >= 0", name="tries_not_negative"),)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"), primary_key=True)
    pin_hash: Mapped[bytes]
    expires_at: Mapped[datetime]
    tries_left: Mapped[int]


class CodeGuesses(Base):
    """How many typed codes were wrong within an hour: from one address, and from everywhere.

    Whose row it is stands there as a keyed hash; rows of past hours are swept away.
    """

    __tablename__ = "code_guesses"
    __table_args__ = (CheckConstraint("wrong >= 0", name="wrong_not_negative"),)
    scope_hash: Mapped[bytes] = mapped_column(primary_key=True)
    hour: Mapped[datetime]
    wrong: Mapped[int]


class AnchorHousehold(Base):
    """A household (中心户) that orders for the doors of its building."""

    __tablename__ = "anchor_household"
    __table_args__ = (
        ForeignKeyConstraint(["household_id", "building_id"], ["household.id", "household.building_id"]),
        Index("uq_anchor_household_live", "building_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    )
    id: Mapped[Id]
    household_id: Mapped[int]
    building_id: Mapped[int]
    appointed_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    appointed_at: Mapped[CreatedAt]
    ended_at: Mapped[datetime | None]


class HouseholdNeed(Base):
    """What whoever comes to a household's door has to know, as a code: call first, no stairs. It says nothing of why."""

    __tablename__ = "household_need"
    __table_args__ = (one_of("need", DoorNeed),)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"), primary_key=True)
    need: Mapped[str] = mapped_column(primary_key=True)
    noted_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    noted_at: Mapped[CreatedAt]


class CareCase(Base):
    """An entry of the care register (特殊群体台账).

    That an entry is there gives a household priority; what it says, its categories and a note, is sealed with a key of
    its own, which is itself sealed here: destroying `wrapped_key` destroys both. Its keeper and the coordinator open it.
    """

    __tablename__ = "care_case"
    __table_args__ = (
        Index("uq_care_case_live", "household_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        CheckConstraint("priority IN (1, 2)", name="priority"),
        CheckConstraint("check_every_days BETWEEN 1 AND 60", name="checked_in_time"),
        CheckConstraint("destroyed_at IS NULL OR ended_at IS NOT NULL", name="destroyed_after_its_end"),
        CheckConstraint("household_id IS NOT NULL OR destroyed_at IS NOT NULL", name="a_household_until_destroyed"),
        CheckConstraint(
            "destroyed_at IS NULL OR num_nonnulls(wrapped_key, category_sealed, note_sealed) = 0",
            name="nothing_left_when_destroyed",
        ),
        Index("ix_care_case_ends", "ends_on", postgresql_where=text("ended_at IS NULL")),
        Index("ix_care_case_keeper", "keeper_id", postgresql_where=text("ended_at IS NULL")),
    )
    id: Mapped[Id]
    # Nobody's some time after it was destroyed: who read it has no household any more, either.
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"))
    category_sealed: Mapped[bytes | None]
    note_sealed: Mapped[bytes | None]
    wrapped_key: Mapped[bytes | None]
    # Tells whether an import changes the category, without opening it.
    category_hash: Mapped[bytes]
    created_at: Mapped[CreatedAt]
    # Who keeps the entry; nobody yet after an import.
    keeper_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    # 1 comes before 2 among those of the register, where lists and shares ask.
    priority: Mapped[int] = mapped_column(server_default="2")
    check_every_days: Mapped[int | None]
    # The last day that it holds.
    ends_on: Mapped[date] = mapped_column(server_default=text("CURRENT_DATE + 365"))
    ended_at: Mapped[datetime | None]
    destroyed_at: Mapped[datetime | None]


class CareAccess(Base):
    """Who read a care note, when and what for; written in the transaction that reads."""

    __tablename__ = "care_access"
    __table_args__ = ({"info": APPEND_ONLY},)
    id: Mapped[Id]
    care_case_id: Mapped[int] = mapped_column(ForeignKey("care_case.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    purpose: Mapped[str]
    read_at: Mapped[CreatedAt]


class RegisterStep(Base):
    """What an import did to a row, so that it can be undone: the row as it was before, sealed columns as they were sealed.

    A row that wasn't there has nothing before. Swept away when the import can't be undone any more.
    """

    __tablename__ = "register_step"
    import_id: Mapped[int] = mapped_column(ForeignKey("register_import.id"), primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    row_id: Mapped[int] = mapped_column(primary_key=True)
    before: Mapped[dict[str, Any] | None]


class RegisterUndo(Base):
    """An import that was taken back."""

    __tablename__ = "register_undo"
    __table_args__ = ({"info": APPEND_ONLY},)
    import_id: Mapped[int] = mapped_column(ForeignKey("register_import.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    undone_at: Mapped[CreatedAt]


class RegisterJob(Base):
    """Files that are compared with the register, or loaded, by the worker; `kept` is sealed and goes when it is done.

    `failed_sealed`: why they were refused, in words that repeat what stands in them.
    """

    __tablename__ = "register_job"
    __table_args__ = (
        CheckConstraint("step >= 0 AND steps > 0", name="counts"),
        Index("ix_register_job_community", "community_id"),
    )
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[CreatedAt]
    confirmed_at: Mapped[datetime | None]
    step: Mapped[int] = mapped_column(server_default="0")
    steps: Mapped[int] = mapped_column(server_default="1")
    doing: Mapped[str] = mapped_column(server_default="")
    kept: Mapped[bytes | None]
    found: Mapped[dict[str, Any] | None]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("register_import.id"))
    failed_sealed: Mapped[bytes | None]
    done_at: Mapped[datetime | None]


class Erasure(Base):
    """What was erased of a household at its request, and by whom; how many rows of each table."""

    __tablename__ = "erasure"
    __table_args__ = ({"info": APPEND_ONLY},)
    id: Mapped[Id]
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    counts: Mapped[dict[str, int]]
    erased_at: Mapped[CreatedAt]


class RegisterImport(Base):
    """One loaded register file: who, when, and the counts of what changed."""

    __tablename__ = "register_import"
    __table_args__ = ({"info": APPEND_ONLY},)
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    summary: Mapped[dict[str, int]]
    imported_at: Mapped[CreatedAt]
