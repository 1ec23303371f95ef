"""What requests about paying online carry, and the answers."""

from __future__ import annotations

from marshmallow import fields

from supplyhub.schemas import OutSchema


class CheckoutOut(OutSchema):
    """Where to pay: the gateway's own page, for this charge."""

    charge = fields.Integer(attribute="charge_id")
    pay_url = fields.String()


class ChargeOut(OutSchema):
    """A payment online. `lapsed`: it wasn't paid in time, and its goods went to others."""

    id = fields.Integer()
    state = fields.String()
    amount_fen = fields.Integer()
    paid_fen = fields.Integer()
    paid_way = fields.String(
        allow_none=True, metadata={"description": "card, alipay, wechat_pay; null where it isn't known"}
    )
    refunded_fen = fields.Integer()
    pay_url = fields.String()
    made_at = fields.AwareDateTime()
    paid_at = fields.AwareDateTime(allow_none=True)
    lapsed = fields.Boolean()


class RefundOut(OutSchema):
    """Money that goes back, online to the payment it came from or in cash."""

    id = fields.Integer()
    way = fields.String()
    state = fields.String()
    reason = fields.String()
    amount_fen = fields.Integer()
    made_at = fields.AwareDateTime()
    done_at = fields.AwareDateTime(allow_none=True)


class PaymentOut(OutSchema):
    """How an order's payment stands. `owed_fen` below zero was paid too much; `charge` is the latest payment online."""

    order = fields.Integer(attribute="order_id")
    value_fen = fields.Integer()
    paid_fen = fields.Integer()
    owed_fen = fields.Integer()
    hold_until = fields.AwareDateTime(allow_none=True)
    pays_online = fields.Boolean()
    pays_on_delivery = fields.Boolean()
    charge = fields.Nested(ChargeOut, allow_none=True)
    refunds = fields.List(fields.Nested(RefundOut))
