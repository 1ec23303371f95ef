"""What answers about grids' settlements, volunteers' cash and credits carry."""

from __future__ import annotations

from marshmallow import fields

from supplyhub.schemas import OutSchema


class SettlementOut(OutSchema):
    """What a grid's cycle comes to: worth = online + cash + shown code + covered - back + owed - held."""

    grid = fields.Integer(attribute="grid_number")
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


class TicketCashOut(OutSchema):
    """The money of a ticket: taken, counted, and what of the cash nobody has counted yet (`left_fen`).

    Taken at the desk of a delivery point, it has no badge.
    """

    ticket = fields.String(attribute="code")
    grid = fields.Integer(attribute="grid_number")
    badge = fields.String(allow_none=True)
    delivery_point = fields.String(allow_none=True)
    state = fields.String()
    cash_fen = fields.Integer()
    shown_code_fen = fields.Integer()
    expected_fen = fields.Integer()
    counted_fen = fields.Integer()
    left_fen = fields.Integer()
    notes = fields.String()


class CreditOut(OutSchema):
    """A credit that waits for a second person."""

    id = fields.Integer()
    order = fields.Integer(attribute="order_id")
    number = fields.String(allow_none=True)
    grid = fields.Integer(attribute="grid_number")
    door = fields.String()
    amount_fen = fields.Integer()
    reason = fields.String()
    note = fields.String()
    asked_by = fields.String()
    asked_at = fields.AwareDateTime()
