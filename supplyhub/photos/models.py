"""Photos that people take as evidence: of damage, of a door."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import Base, CreatedAt, Id

LARGEST_BYTES = 3 * 1024 * 1024
# What is left of a photo whose time is over: a grey point.
NOTHING_TO_SEE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000"
    "000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)
SHOWN = f"content <> '\\x{NOTHING_TO_SEE.hex()}'"


class Photo(Base):
    """A picture as it was sent, without what the camera wrote about place and person."""

    __tablename__ = "photo"
    __table_args__ = (
        CheckConstraint("media_type IN ('image/jpeg', 'image/png', 'image/webp')", name="media_type"),
        CheckConstraint(f"octet_length(content) BETWEEN 1 AND {LARGEST_BYTES}", name="content_size"),
        # A city's photos are many, those that aren't a grey point yet are few: what goes by itself is looked for among them.
        Index("ix_photo_shown", "id", postgresql_where=text(SHOWN)),
    )
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    media_type: Mapped[str]
    content: Mapped[bytes]
    taken_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    taken_at: Mapped[CreatedAt]
