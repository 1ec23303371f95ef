"""What requests about people and responses to them carry."""

from __future__ import annotations

from marshmallow import fields, validate

from supplyhub.people.accounts import LONGEST_LOGIN, LONGEST_NAME
from supplyhub.people.states import Role
from supplyhub.places.rules import LARGEST_NUMBER
from supplyhub.schemas import CleanText, InSchema, OutSchema, QuerySchema, count, query_id

STAFF_ROLES = [Role.COORDINATOR, Role.DEPOT, Role.GRID_LEAD]


class NewStaffIn(InSchema):
    """Somebody of the staff; a grid lead's grid is a number."""

    role = fields.Enum(Role, by_value=True, required=True, validate=validate.OneOf(STAFF_ROLES))
    name = CleanText(LONGEST_NAME, shortest=1, required=True)
    grid = count(LARGEST_NUMBER, least=1)
    login = CleanText(LONGEST_LOGIN, shortest=1)


class NewStaffOut(OutSchema):
    """The account and the address of its one-time sign-in link, which is shown once."""

    account = fields.Integer()
    link = fields.String()


class NewVolunteerIn(InSchema):
    """A volunteer and the number of the grid that the badge is for."""

    name = CleanText(LONGEST_NAME, shortest=1, required=True)
    grid = count(LARGEST_NUMBER, least=1, required=True)
    login = CleanText(LONGEST_LOGIN, shortest=1)


class IssuedBadgeOut(OutSchema):
    """A badge just issued."""

    code = fields.String()
    grid = fields.Integer()
    valid_until = fields.AwareDateTime()


class NewVolunteerOut(OutSchema):
    """The volunteer's account, badge, and one-time sign-in link."""

    account = fields.Integer()
    badge = fields.Nested(IssuedBadgeOut)
    link = fields.String()


class BadgesQuery(QuerySchema):
    """Which badges: of a grid, by its number."""

    grid = query_id()


class BadgeOut(OutSchema):
    """A badge and who wears it."""

    code = fields.String()
    number = fields.Integer()
    grid = fields.Integer()
    account = fields.Integer()
    name = fields.String()
    state = fields.String()
    valid_from = fields.AwareDateTime()
    valid_until = fields.AwareDateTime()
