"""Which real service stands behind each port, by the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from supplyhub.outside.carrier import Carrier
from supplyhub.outside.stripe_gateway import StripeGateway

if TYPE_CHECKING:
    from supplyhub.config import Settings
    from supplyhub.outside.ports import Messenger, PaymentGateway

log = structlog.get_logger(__name__)


def gateway_of(settings: Settings) -> PaymentGateway | None:
    """Return where people pay online; None without a key: then nobody does."""
    if not settings.stripe_secret_key:
        log.info("paying_online_is_off", lacks="STRIPE_SECRET_KEY")
        return None
    if not settings.stripe_webhook_secret:
        log.info("gateway_is_only_asked", lacks="STRIPE_WEBHOOK_SECRET")
    return StripeGateway(
        settings.stripe_secret_key,
        settings.stripe_webhook_secret,
        api_base=settings.stripe_api_base,
        pay_origin=settings.stripe_pay_origin,
    )


def messenger_of(settings: Settings) -> Messenger:
    """Return who carries messages."""
    return Carrier({"mail_url": settings.mail_url, "wecom_api_base": settings.wecom_api_base})
