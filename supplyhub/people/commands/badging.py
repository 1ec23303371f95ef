"""Volunteers and their badges: taken on, trained, issued, suspended, revoked, replaced, moved to another grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.crypto import token_hash
from supplyhub.db import execute, scalar, transaction
from supplyhub.errors import NotFoundError
from supplyhub.people.accounts import add_account, add_link
from supplyhub.people.badges import (
    BADGE_DAYS,
    IssuedBadge,
    add_badge,
    end_badge,
    follow_badge,
    hold_badge,
    lock_volunteer,
    turn_badge,
)
from supplyhub.people.staff import only_coordinator, own_account
from supplyhub.people.states import BadgeState, Role
from supplyhub.people.training import INDUCTION, Trained, add_training, who_vouches
from supplyhub.places.queries import grid_numbered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplyhub.people.asker import Asker
    from supplyhub.people.printing import NewBadgeCard


@dataclass(frozen=True, slots=True)
class NewVolunteer:
    """A volunteer just taken on: account, badge, secret of the first sign-in link."""

    account_id: int
    badge: IssuedBadge
    link_secret: str


def create_volunteer(
    asker: Asker, display_name: str, *, grid: int, training: Trained, login: str | None = None
) -> NewVolunteer:
    """Take on a trained volunteer with a badge of a grid (by number). For a coordinator.

    Raises InvalidError, NotFoundError, ConflictError (login taken).
    """
    only_coordinator(asker)
    with transaction():
        grid_id = grid_numbered(asker.community_id, grid)
        account = add_account(asker.community_id, Role.VOLUNTEER, display_name, login=login)
        add_training(account, training, recorded_by=asker.account_id)
        return NewVolunteer(account, add_badge(account, grid_id), add_link(account))


def take_on_volunteer(
    community_id: int, display_name: str, *, grid: int, login: str | None = None, trained_in: str = INDUCTION
) -> NewVolunteer:
    """Take on a volunteer trained today with a badge of a grid (by number), for the command line and the demo."""
    with transaction():
        grid_id = grid_numbered(community_id, grid)
        account = add_account(community_id, Role.VOLUNTEER, display_name, login=login)
        add_training(account, Trained(trained_in), recorded_by=who_vouches(community_id, account))
        return NewVolunteer(account, add_badge(account, grid_id), add_link(account))


def record_training(asker: Asker, account_id: int, training: Trained) -> None:
    """Record what a volunteer was trained in; the same once more has no effect. For a coordinator.

    Raises InvalidError for a day to come, NotFoundError, ConflictError for somebody who is no volunteer.
    """
    only_coordinator(asker)
    with transaction():
        own_account(asker, account_id)
        lock_volunteer(account_id)
        add_training(account_id, training, recorded_by=asker.account_id)


def issue_badge(asker: Asker, account_id: int, *, grid: int, days: int = BADGE_DAYS) -> IssuedBadge:
    """Give a trained volunteer a badge of a grid (by number). For a coordinator.

    Raises NotFoundError, and ConflictError when the person has a badge that isn't revoked (`badge`), was never trained
    (`untrained`) or is no volunteer.
    """
    only_coordinator(asker)
    with transaction():
        grid_id = grid_numbered(asker.community_id, grid)
        own_account(asker, account_id)
        return add_badge(account_id, grid_id, days=days)


def suspend_badge(asker: Asker, code: str) -> None:
    """Suspend a live badge until it is resumed; its shift ends. For a coordinator. Raises NotFoundError, ConflictError."""
    only_coordinator(asker)
    with transaction():
        turn_badge(hold_badge(asker, code), "suspend")


def resume_badge(asker: Asker, code: str) -> None:
    """Make a suspended badge live again. For a coordinator. Raises NotFoundError, ConflictError."""
    only_coordinator(asker)
    with transaction():
        turn_badge(hold_badge(asker, code), "resume")


def revoke_badge(asker: Asker, code: str) -> None:
    """Revoke a badge for good; its tickets stay with it until they are handed back. For a coordinator.

    Raises NotFoundError, ConflictError when it is revoked already.
    """
    only_coordinator(asker)
    with transaction():
        badge = hold_badge(asker, code)
        end_badge(badge.id, BadgeState(badge.state))


def replace_badge(asker: Asker, code: str) -> IssuedBadge:
    """Revoke a lost card and issue the next number in its place, valid as long as the lost one was. For a coordinator.

    Its QR signs nobody in any more, and whoever was signed in with it is out.
    Raises NotFoundError, ConflictError unless the badge is live and hasn't run out.
    """
    only_coordinator(asker)
    with transaction():
        return follow_badge(asker, code)


def transfer_badge(asker: Asker, code: str, *, grid: int) -> IssuedBadge:
    """Move a volunteer to another grid (by number): the badge is revoked, the new one is of that grid alone.

    For a coordinator. Raises NotFoundError, ConflictError unless the badge is live, hasn't run out and is of another grid.
    """
    only_coordinator(asker)
    with transaction():
        return follow_badge(asker, code, grid_id=grid_numbered(asker.community_id, grid))


def keep_badge_photo(asker: Asker, code: str, photo_id: int) -> None:
    """Put a photo that the asker sent on a badge that isn't revoked. For a coordinator. Raises NotFoundError."""
    only_coordinator(asker)
    with transaction():
        badge = hold_badge(asker, code)
        own = scalar(
            "SELECT id FROM photo WHERE id = :photo AND community_id = :community AND taken_by = :by",
            photo=photo_id,
            community=asker.community_id,
            by=asker.account_id,
        )
        if badge.state == BadgeState.REVOKED or own is None:
            raise NotFoundError("no such badge or photo", badge=code, photo=photo_id)
        execute("UPDATE badge SET photo_id = :photo WHERE id = :badge", photo=photo_id, badge=badge.id)


def make_printed_badges_valid(asker: Asker, cards: Sequence[NewBadgeCard]) -> None:
    """Let the secrets of cards just printed sign in; those printed before end. For a coordinator.

    A badge revoked meanwhile stays without.
    """
    only_coordinator(asker)
    with transaction():
        execute(
            """
            UPDATE badge AS b SET secret_hash = c.hash
            FROM unnest(CAST(:codes AS text[]), CAST(:hashes AS bytea[])) AS c(code, hash), grid AS g
            WHERE b.code = c.code AND g.id = b.grid_id AND g.community_id = :community AND b.state <> 'revoked'
            """,
            codes=[card.code for card in cards],
            hashes=[token_hash(card.secret) for card in cards],
            community=asker.community_id,
        )
