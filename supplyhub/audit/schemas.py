"""What the API says of an audit."""

from __future__ import annotations

from marshmallow import fields

from supplyhub.schemas import OutSchema


class FindingOut(OutSchema):
    """A law and what was found of it."""

    number = fields.Integer(attribute="law.number", required=True)
    name = fields.String(attribute="law.name", required=True)
    name_zh = fields.String(attribute="law.name_zh", required=True)
    verdict = fields.String(required=True, metadata={"description": "holds or broken"})
    looked_at = fields.Integer(required=True, metadata={"description": "rows that were judged"})
    offending = fields.Integer(required=True, metadata={"description": "rows that break it"})
    first_rows = fields.List(fields.Dict(), required=True, metadata={"description": "at most 20 of them"})
    not_proved = fields.String(required=True, metadata={"description": "what rows can't show"})


class AuditOut(OutSchema):
    """All laws, and how many were checked and found broken."""

    checked = fields.Integer(required=True)
    broken = fields.Integer(required=True)
    laws = fields.List(fields.Nested(FindingOut), required=True)
