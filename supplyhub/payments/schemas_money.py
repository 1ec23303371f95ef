"""What requests about a cycle's money carry, and the answers: for coordinators."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from supplyhub.payments.schemas_paying import RefundOut
from supplyhub.payments.states import CoverSource, CreditReason, CreditState
from supplyhub.schemas import LARGEST_FEN, CleanText, InSchema, OutSchema, Whole

LONGEST_NOTE = 200


class CycleMoneyOut(OutSchema):
    """What the books of a cycle come to. worth = online + cash + shown code + covered - back + owed - held.

    Held was paid too much and isn't promised back yet; back includes what is promised: `due_fen` is on its way online,
    `by_hand_fen` waits to be handed out in cash.
    """

    orders = fields.Integer()
    worth_fen = fields.Integer()
    credited_fen = fields.Integer()
    online_fen = fields.Integer()
    cash_fen = fields.Integer()
    shown_code_fen = fields.Integer()
    covered_fen = fields.Integer()
    back_fen = fields.Integer()
    owed_fen = fields.Integer()
    held_fen = fields.Integer()
    owing = fields.Integer()
    held = fields.Integer()
    due_fen = fields.Integer()
    due_count = fields.Integer()
    by_hand_fen = fields.Integer()
    by_hand_count = fields.Integer()
    failed_count = fields.Integer()
    credits = fields.Integer()
    covers = fields.Integer()
    holds = fields.Integer()


class CycleRefundOut(RefundOut):
    """A refund and whose it is. `agreed_by`: who agreed, where it needs a second person."""

    order = fields.Integer(attribute="order_id")
    number = fields.String(allow_none=True)
    grid = fields.Integer(attribute="grid_number")
    door = fields.String()
    failure = fields.String()
    agreed_by = fields.String(allow_none=True)
    done_by = fields.String(allow_none=True)


class CoverIn(InSchema):
    """Who pays for a household that can't."""

    source = fields.Enum(CoverSource, by_value=True, required=True)


class CreditIn(InSchema):
    """An order made cheaper, and why."""

    amount_fen = Whole(1, LARGEST_FEN, required=True)
    reason = fields.Enum(CreditReason, by_value=True, required=True)
    note = CleanText(LONGEST_NOTE, load_default="")


class CreditStateOut(OutSchema):
    """given, or asked: it waits for a second person."""

    state = fields.Enum(CreditState, by_value=True)


class SpanIn(InSchema):
    """From when until when our books are laid beside the gateway's."""

    from_at = fields.AwareDateTime(required=True)
    to_at = fields.AwareDateTime(required=True)

    @validates_schema
    def in_order(self, span: dict[str, Any], **_: object) -> None:
        """Refuse a span that ends before it begins."""
        if span["to_at"] <= span["from_at"]:
            raise ValidationError("the span ends before it begins", "to_at")


class ReconciliationIdOut(OutSchema):
    """A comparison that was asked for."""

    id = fields.Integer()


class SideSumsOut(OutSchema):
    """Both sums of payments, or of refunds: fen, how many, how many are the same."""

    kind = fields.String()
    ours_fen = fields.Integer()
    theirs_fen = fields.Integer()
    ours = fields.Integer()
    theirs = fields.Integer()
    same = fields.Integer()


class UnmatchedOut(OutSchema):
    """A row that stands in one of the books, or in both with other amounts: not_theirs, not_ours, other_amount.

    `not_as_asked`: both have it, and it isn't the `asked_fen` of our charge or refund.
    """

    kind = fields.String()
    what = fields.String()
    gateway_id = fields.String(allow_none=True)
    reference = fields.String(allow_none=True)
    order = fields.Integer(attribute="order_id", allow_none=True)
    asked_fen = fields.Integer(allow_none=True)
    ours_fen = fields.Integer(allow_none=True)
    theirs_fen = fields.Integer(allow_none=True)


class ReconciliationOut(OutSchema):
    """Both books over a span; without `done_at` the gateway's are still being read, `trouble` says what hinders."""

    id = fields.Integer(attribute="head.id")
    from_at = fields.AwareDateTime(attribute="head.from_at")
    to_at = fields.AwareDateTime(attribute="head.to_at")
    done_at = fields.AwareDateTime(attribute="head.done_at", allow_none=True)
    trouble = fields.String(attribute="head.trouble")
    sums = fields.List(fields.Nested(SideSumsOut))
    unmatched = fields.List(fields.Nested(UnmatchedOut))
