"""Who asks: what every scoped query and command needs to know about the person behind a request."""

from __future__ import annotations

from dataclasses import dataclass

from supplyhub.errors import NotAllowedError
from supplyhub.people.states import Role


@dataclass(frozen=True, slots=True)
class Asker:
    """A signed-in account. `grid_id` is a lead's grid, or that of a volunteer's live badge.

    `delivery_point_id` is the point that depot staff of a delivery point are kept to; None for everybody else.
    """

    account_id: int
    community_id: int
    role: Role
    display_name: str
    session_version: int = 1
    grid_id: int | None = None
    household_id: int | None = None
    badge_id: int | None = None
    delivery_point_id: int | None = None

    def grid(self) -> int:
        """Return the asker's grid. Raises NotAllowedError for somebody without one (a volunteer without live badge)."""
        if self.grid_id is None:
            raise NotAllowedError("this account has no grid; a volunteer needs a live badge", role=self.role)
        return self.grid_id

    def badge(self) -> int:
        """Return the volunteer's live badge. Raises NotAllowedError for somebody without one."""
        if self.badge_id is None:
            raise NotAllowedError("this account has no live badge", role=self.role)
        return self.badge_id

    def household(self) -> int:
        """Return the resident's household. Raises NotAllowedError for staff."""
        if self.household_id is None:
            raise NotAllowedError("this account is not a household's", role=self.role)
        return self.household_id

    def sees_grid(self, grid_id: int) -> bool:
        """Tell whether the asker works in this grid: a coordinator and the depot in all, others in their own."""
        return self.role in {Role.COORDINATOR, Role.DEPOT} or self.grid_id == grid_id
