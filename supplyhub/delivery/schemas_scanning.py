"""What the devices that scan tickets take along and send."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from supplyhub.delivery.scanning import Handed, TurnedAway
from supplyhub.delivery.schemas import LONGEST_CODE, MOST_CRATES
from supplyhub.delivery.signing import LONGEST_TOKEN
from supplyhub.delivery.states import ScanAnswer, ScanRefusal
from supplyhub.schemas import CleanText, InSchema, OutSchema, Whole, moment

MOST_SCANS = 200
LONGEST_BADGE = 300


class HandedIn(InSchema):
    """A handover made without signal; `id` is the device's own, so that sending it again is harmless."""

    id = fields.UUID(required=True)
    ticket = CleanText(LONGEST_TOKEN, shortest=1, required=True)
    badge = CleanText(LONGEST_BADGE, shortest=1, required=True)
    crates = Whole(0, MOST_CRATES, load_default=None, allow_none=True)
    happened_at = moment(required=True)

    @post_load
    def as_handed(self, given: dict[str, Any], **_: object) -> Handed:
        """Return what the command takes."""
        return Handed(**given)


class TurnedAwayIn(InSchema):
    """A scan that a device refused; ticket and badge by their codes, never a secret."""

    id = fields.UUID(required=True)
    reason = fields.Enum(ScanRefusal, by_value=True, required=True)
    ticket = CleanText(LONGEST_CODE, load_default="")
    badge = CleanText(LONGEST_CODE, load_default="")
    happened_at = moment(required=True)

    @post_load
    def as_turned_away(self, given: dict[str, Any], **_: object) -> TurnedAway:
        """Return what the command takes."""
        return TurnedAway(**given)


class ScansIn(InSchema):
    """What a device kept; `sent_at` is now by its own clock."""

    sent_at = moment(required=True)
    handovers = fields.List(fields.Nested(HandedIn), load_default=list, validate=validate.Length(max=MOST_SCANS))
    refusals = fields.List(fields.Nested(TurnedAwayIn), load_default=list, validate=validate.Length(max=MOST_SCANS))


class ScanAnswerOut(OutSchema):
    """What became of a handover: applied, duplicate, refused (`reason`, `detail`), not_yet (send it again)."""

    id = fields.UUID()
    answer = fields.Enum(ScanAnswer, by_value=True)
    reason = fields.Function(lambda found: found.error and (getattr(found.error, "reason", "") or found.error.code))
    detail = fields.Function(lambda found: found.error and found.error.message)


class ScansOut(OutSchema):
    """An answer for each handover, in the order they were sent."""

    server_now = fields.AwareDateTime()
    handovers = fields.List(fields.Nested(ScanAnswerOut))


class PointOut(OutSchema):
    """Where the tickets of a grid are handed over; null: at the depot."""

    grid = fields.Integer()
    point = fields.String(allow_none=True)


class ListedTicketOut(OutSchema):
    """A ticket on a device's list. Times in unix seconds."""

    code = fields.String()
    grid = fields.Integer()
    point = fields.String(allow_none=True)
    state = fields.String()
    at_point = fields.Boolean()
    claim = fields.Integer()
    badge = fields.String(allow_none=True)
    used_at = fields.Integer(allow_none=True)
    successor = fields.String(allow_none=True)
    stops = fields.Integer()
    bags = fields.Integer()
    crates = fields.Integer()
    unpacked = fields.Integer()


class ListedBadgeOut(OutSchema):
    """A badge on a device's list. Times in unix seconds."""

    code = fields.String()
    grid = fields.Integer()
    state = fields.String()
    valid_until = fields.Integer()
    shift_ends = fields.Integer(allow_none=True)


class ElsewhereOut(OutSchema):
    """A ticket of another delivery point."""

    code = fields.String()
    grid = fields.Integer()


class KeyOut(OutSchema):
    """A public key of the installation (Ed25519), base64url."""

    id = fields.String()
    public = fields.String()


class BundleOut(OutSchema):
    """What a device needs to judge tickets and badges without signal; `made_at` in unix seconds by the server's clock."""

    made_at = fields.Integer()
    audience = fields.String()
    point = fields.String(allow_none=True)
    everywhere = fields.Boolean()
    points = fields.List(fields.Nested(PointOut))
    tickets = fields.List(fields.Nested(ListedTicketOut))
    badges = fields.List(fields.Nested(ListedBadgeOut))
    elsewhere = fields.List(fields.Nested(ElsewhereOut))
    keys = fields.List(fields.Nested(KeyOut))
