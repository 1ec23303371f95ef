"""Reading what people type into a form: numbers, money, times. Everything that isn't one is an error beside its field."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from flask import current_app
from marshmallow import ValidationError

from supplyhub.schemas import LARGEST_FEN, clean
from supplyhub.web.language import gettext as _

Value = TypeVar("Value")

MONEY = re.compile(r"[0-9]{1,8}([.][0-9]{1,2})?")
COUNT = re.compile(r"[0-9]{1,9}")
FULL_WIDTH = str.maketrans("０１２３４５６７８９．－", "0123456789.-")


class Form:
    """A form as it was typed; reading collects what is wrong with it, field by field."""

    def __init__(self, given: dict[str, str]) -> None:
        self.given = given
        self.wrong: dict[str, str] = {}

    def text(self, name: str, longest: int = 200, *, needed: bool = False) -> str:
        """Return a field's text, without outer space."""
        try:
            value = clean(self.given.get(name, "")).strip()
        except ValidationError:
            return self._fault(name, _("有认不出的字符，请删掉再输。"), "")
        if needed and not value:
            return self._fault(name, _("这里要填。"), "")
        if len(value) > longest:
            return self._fault(name, _("太长了，最多 %(longest)s 个字。", longest=longest), value[:longest])
        return value

    def count(self, name: str, *, least: int = 0, most: int = 1_000_000, needed: bool = True) -> int | None:
        """Return a whole number, None for an empty field that isn't needed."""
        value = self._digits(name)
        if not value and not needed:
            return None
        if not COUNT.fullmatch(value) or not least <= int(value) <= most:
            return self._fault(name, _("请填 %(least)s 到 %(most)s 的整数。", least=least, most=most), None)
        return int(value)

    def fen(self, name: str) -> int | None:
        """Return an amount typed in yuan, in fen."""
        value = self._digits(name).lstrip("¥￥")
        if not MONEY.fullmatch(value) or Decimal(value) * 100 > LARGEST_FEN:
            return self._fault(name, _("请填钱数，例如 4.80。"), None)
        return int(Decimal(value) * 100)

    def moment(self, name: str) -> datetime | None:
        """Return a moment typed in the community's zone."""
        try:
            typed = datetime.fromisoformat(self.given.get(name, "").strip())
        except ValueError:
            return self._fault(name, _("请填日期和时间。"), None)
        return typed.replace(tzinfo=ZoneInfo(current_app.extensions["settings"].timezone))

    def day(self, name: str, *, needed: bool = True) -> date | None:
        """Return a day, None for an empty field that isn't needed."""
        value = self.given.get(name, "").strip()
        if not value and not needed:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            return self._fault(name, _("请填日期。"), None)

    def _digits(self, name: str) -> str:
        return self.given.get(name, "").strip().translate(FULL_WIDTH)

    def _fault(self, name: str, words: str, value: Value) -> Value:
        self.wrong.setdefault(name, words)
        return value
