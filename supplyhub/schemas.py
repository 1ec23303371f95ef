"""Bases and fields of all schemas: unknown fields are refused, text is clean, numbers are bounded."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

LARGEST_ID = 2**63 - 1
LARGEST_FEN = 10_000_000_00
# Tab and line feed are text; other control characters, lone surrogates and NUL are not.
PLAIN_CONTROLS = {"\t", "\n"}
UNCLEAN = {"Cc", "Cs", "Co", "Cn"}


class InSchema(Schema):
    """What a request may carry; an unknown field is an error, not noise."""

    class Meta:
        unknown = RAISE


class QuerySchema(Schema):
    """What a query string may carry beside the page; strangers' tracking parameters are let through."""

    class Meta:
        unknown = EXCLUDE


class OutSchema(Schema):
    """What a response carries; every field is named."""


def clean(value: str) -> str:
    """Return the text in NFC. Raises ValidationError for characters that are no text."""
    for character in value:
        if character not in PLAIN_CONTROLS and unicodedata.category(character) in UNCLEAN:
            raise ValidationError(f"contains U+{ord(character):04X}, which is no text")
    return unicodedata.normalize("NFC", value)


class CleanText(fields.String):
    """Text of at most `longest` characters without control characters."""

    def __init__(self, longest: int, *, shortest: int = 0, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(min=shortest, max=longest), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return clean(super()._deserialize(value, attr, data, **kwargs) or "").strip()


class Whole(fields.Integer):
    """A whole number between two bounds; 2.0, "2" and true are refused."""

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(min=least, max=most), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, (str, bool)):
            raise self.make_error("invalid")
        return int(super()._deserialize(value, attr, data, **kwargs))


def moment(**kwargs: Any) -> fields.AwareDateTime:
    """Return a field for a time with its zone, of this century: every program along the way can write it down."""
    return fields.AwareDateTime(
        validate=validate.Range(min=datetime(2020, 1, 1, tzinfo=UTC), max=datetime(2100, 1, 1, tzinfo=UTC)), **kwargs
    )


def day(**kwargs: Any) -> fields.Date:
    """Return a field for a day of this century."""
    return fields.Date(validate=validate.Range(min=date(2020, 1, 1), max=date(2100, 1, 1)), **kwargs)


def ident(**kwargs: Any) -> Whole:
    """Return a field for the id of a row."""
    return Whole(1, LARGEST_ID, **kwargs)


def query_id(**kwargs: Any) -> fields.Integer:
    """Return a field for an id or a number in a query string, where everything is text."""
    return fields.Integer(validate=validate.Range(min=1, max=LARGEST_ID), **kwargs)


def count(most: int, *, least: int = 0, **kwargs: Any) -> Whole:
    """Return a field for a number of units."""
    return Whole(least, most, **kwargs)


def fen(**kwargs: Any) -> Whole:
    """Return a field for an amount in fen, at most ten million yuan."""
    return Whole(0, LARGEST_FEN, **kwargs)
