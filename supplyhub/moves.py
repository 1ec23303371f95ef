"""Moves between states: every state changes through the table of moves of its room, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from supplyhub.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum

State = TypeVar("State", bound="StrEnum")


def move(moves: Mapping[tuple[State, str], State], state: str, action: str) -> State:
    """Return the state that `action` leads to from `state`, as the table says.

    Raises ConflictError with `state` and `action` when the table has no such move.
    """
    for (here, how), there in moves.items():
        if here == state and how == action:
            return there
    raise ConflictError(f"{action} is not possible from {state}", state=str(state), action=action)
