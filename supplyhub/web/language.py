"""The reader's language and type size: Chinese first, English complete; both kept in a cookie.

Message ids are the Chinese words themselves. English comes from the `.po` files, one an area, compiled in memory at
the start, so that no binary catalogue has to be committed or built.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import g, request
from flask_babel import Babel, Domain, get_domain, get_locale

from supplyhub.config import PACKAGE

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from werkzeug.wrappers import Response

CHINESE = "zh_Hans_CN"
ENGLISH = "en"
LANGUAGES = {"zh": CHINESE, "en": ENGLISH}
ENGLISH_WORDS = PACKAGE / "translations" / "en" / "LC_MESSAGES"
A_YEAR_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Look:
    """How this reader wants pages: `lang` is zh or en, `large` the large type for elders (长辈版)."""

    lang: str = "zh"
    large: bool = False

    @property
    def tag(self) -> str:
        """Return the language for `<html lang>`."""
        return "zh-CN" if self.lang == "zh" else "en"


class InMemory(Domain):
    """A message domain whose English is compiled from the `.po` files, and whose Chinese is the message itself."""

    def __init__(self, words: Path) -> None:
        super().__init__()
        self.english = compiled(words)
        self._chinese = NullTranslations()

    def get_translations(self) -> NullTranslations:
        """Return the words of the running request's language."""
        locale = get_locale()
        return self.english if locale is not None and locale.language == "en" else self._chinese


def catalogue_of(folder: Path) -> Catalog:
    """Return all messages of a folder's `.po` files."""
    catalogue = Catalog(locale="en")
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="en"):
                if message.id:
                    catalogue[message.id] = message
    return catalogue


def compiled(folder: Path) -> Translations:
    """Return what a folder's `.po` files say, for looking up."""
    binary = BytesIO()
    write_mo(binary, catalogue_of(folder))
    binary.seek(0)
    return Translations(binary)


def init_app(app: Flask) -> None:
    """Set up the language of every request."""
    babel = Babel()
    babel.init_app(
        app,
        default_locale=CHINESE,
        default_timezone=app.extensions["settings"].timezone,
        locale_selector=lambda: LANGUAGES[look().lang],
    )
    # Looked up by flask-babel on the instance, where `domain_instance` is cached.
    domain = babel.domain_instance = InMemory(ENGLISH_WORDS)
    # A page has hundreds of words, and in Chinese each is its own id.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # the i18n extension's
        lambda words: words if look().lang == "zh" else domain.english.gettext(words),
        lambda one, many, num: one if look().lang == "zh" else domain.english.ngettext(one, many, num),
        newstyle=True,
    )


def gettext(words: str, **values: object) -> str:
    """Return words in the reader's language."""
    return str(get_domain().gettext(words, **values))


def ngettext(words: str, num: int, **values: object) -> str:
    """Return words about a number; Chinese needs one form, English two."""
    return str(get_domain().ngettext(words, words, num, **values))


def look() -> Look:
    """Return how the reader of this request wants pages."""
    if "look" not in g:
        lang = request.cookies.get("lang", "zh")
        g.look = Look(lang=lang if lang in LANGUAGES else "zh", large=request.cookies.get("type") == "large")
    found: Look = g.look
    return found


def remember(response: Response, wanted: Look, *, secure: bool) -> None:
    """Keep a reader's choice on this device for a year."""
    options: dict[str, Any] = {
        "max_age": A_YEAR_SECONDS,
        "secure": secure,
        "httponly": True,
        "samesite": "Lax",
    }
    response.set_cookie("lang", wanted.lang, **options)
    response.set_cookie("type", "large" if wanted.large else "normal", **options)
