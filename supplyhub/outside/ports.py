"""Other people's services as the areas know them: what is asked of them and what they answer, in our own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime


# Less than this can't be paid online: Stripe takes at least half a US dollar, or 4 Hong Kong dollars, whichever the account
# has, at the rate of the day: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts.
LEAST_FEN = 400


@dataclass(frozen=True, slots=True)
class CheckoutWanted:
    """A page where a charge can be paid. Nothing in it says who pays.

    `key` makes asking again harmless, with the very same of everything else: so `expires_at` is given, 40 minutes after
    the charge was made. `lang` is `zh` or `en`; the person comes back to one of the two addresses.
    """

    charge_id: int
    amount_fen: int
    title: str
    key: str
    back_url: str
    cancel_url: str
    lang: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Checkout:
    """A payment page as the gateway has it. `paid_fen` is what was received, `payment_id` what a refund goes to.

    `paid_way`: card, alipay or wechat_pay, None where it isn't known or is another.
    `key`: what it was asked for with; numbers are the same in every installation, keys are not. Empty when it has none.
    """

    id: str
    url: str
    state: Literal["open", "paid", "ended"]
    amount_fen: int
    paid_fen: int
    payment_id: str | None
    charge_id: int | None
    key: str = ""
    paid_way: Literal["card", "alipay", "wechat_pay"] | None = None


@dataclass(frozen=True, slots=True)
class RefundWanted:
    """So much of a payment back to where it came from; `key` makes asking again harmless."""

    refund_id: int
    payment_id: str
    amount_fen: int
    key: str


@dataclass(frozen=True, slots=True)
class RefundSeen:
    """A refund as the gateway has it; `failure` is its code for why one failed, `key` what it was asked for with."""

    id: str
    state: Literal["sent", "done", "failed"]
    amount_fen: int
    refund_id: int | None
    failure: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class EventSeen:
    """Something happened to `object_id`, a checkout or a refund: a reason to look at it, not a fact about it."""

    id: str
    kind: str
    object_id: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class BookRow:
    """Money that moved, in the gateway's own books; `reference` is our charge's or refund's id, empty if none."""

    id: str
    kind: Literal["payment", "refund"]
    amount_fen: int
    reference: str
    made_at: datetime


class PaymentGateway(Protocol):
    """Where people pay online.

    Every call may raise GatewayAwayError (nobody knows whether it took effect: ask again) and GatewayRefusedError.
    None may be made inside a transaction.
    """

    def open_checkout(self, wanted: CheckoutWanted) -> Checkout:
        """Open a payment page; with a key that was used before, return that one as it was made."""

    def checkout(self, session_id: str) -> Checkout:
        """Return a payment page as it is now."""

    def expire_checkout(self, session_id: str) -> Checkout:
        """See to it that nobody can pay any more; one that was paid comes back as paid, one that ended as ended."""

    def refund(self, wanted: RefundWanted) -> RefundSeen:
        """Give money back; with a key that was used before, return that refund as it was made."""

    def refund_seen(self, gateway_id: str) -> RefundSeen:
        """Return a refund as it is now."""

    def read_event(self, body: bytes, signature: str) -> EventSeen | None:
        """Return what a signed message says; None when it is of no concern here.

        Raises ForgedEventError unless the gateway signed exactly this within the last 300 seconds.
        """

    def events_since(self, since: datetime) -> Iterator[EventSeen]:
        """Yield the events that are of concern from `since` on, the newest first."""

    def books(self, from_at: datetime, to_at: datetime) -> Iterator[BookRow]:
        """Yield what took effect at `from_at` or later and before `to_at`."""


class Messenger(Protocol):
    """Who carries messages to chat groups and mail boxes.

    Every call may raise MessengerAwayError (send it again later) and MessengerRefusedError. None may be made inside a
    transaction. An answer that got lost looks like an absence: the same message may arrive twice. What is raised, and what
    is written down, never has an address or a message in its words.
    """

    def to_robot(self, address: str, title: str, text: str) -> None:
        """Let the robot of a chat group say something; `address` as `notifications.addresses` gives it."""

    def to_mail_box(self, address: str, title: str, text: str) -> None:
        """Send a mail."""


class RouteSolver(Protocol):
    """Who looks for a short walk, and takes some seconds for it: never inside a transaction."""

    def short_path(self, distances: Sequence[Sequence[float]]) -> list[int]:
        """Return a path from 0 over all points, each once, its end free. `distances`: from each point to each, in metres.

        It may be longer than another that is known. Raises SolverFailedError.
        """
