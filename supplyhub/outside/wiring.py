"""Which real service stands behind each port, by the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.outside.stripe_gateway import StripeGateway

if TYPE_CHECKING:
    from supplyhub.config import Settings
    from supplyhub.outside.ports import PaymentGateway


def gateway_of(settings: Settings) -> PaymentGateway | None:
    """Return where people pay online; None without a key: then nobody does."""
    if not settings.stripe_secret_key:
        return None
    return StripeGateway(settings.stripe_secret_key, settings.stripe_webhook_secret, api_base=settings.stripe_api_base)
