"""Photos that people take as evidence: of damage, of a door."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.db import Base, CreatedAt, Id

LARGEST_BYTES = 3 * 1024 * 1024


class Photo(Base):
    """A picture as it was sent, without what the camera wrote about place and person."""

    __tablename__ = "photo"
    __table_args__ = (
        CheckConstraint("media_type IN ('image/jpeg', 'image/png', 'image/webp')", name="media_type"),
        CheckConstraint(f"octet_length(content) BETWEEN 1 AND {LARGEST_BYTES}", name="content_size"),
    )
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    media_type: Mapped[str]
    content: Mapped[bytes]
    taken_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    taken_at: Mapped[CreatedAt]
