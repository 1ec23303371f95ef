"""The real implementation, over real HTTP with the official client, against the stand-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from supplyhub.outside.stripe_gateway import StripeGateway
    from tests.gateway import TestStandIn


@pytest.fixture
def stripe(standin: TestStandIn) -> StripeGateway:
    """Return the implementation that talks to the test's stand-in."""
    return standin.gateway()
