"""The words of pages: what is marked for translation in templates and modules, and what English there is.

`python -m tests.web.messages` prints what has no English yet, as entries to be filled in.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from babel.messages.extract import extract_from_dir
from jinja2.ext import babel_extract

from supplyhub.config import TEMPLATES
from supplyhub.web.language import ENGLISH_WORDS, catalogue_of

if TYPE_CHECKING:
    from babel.messages import Catalog

WEB = ENGLISH_WORDS.parents[2] / "web"
MESSAGE_ID = re.compile(r'^msgid ((?:".*"\n)+)', re.MULTILINE)
KEYWORDS = {"_": None, "gettext": None, "N_": None, "n_": (1, 1), "counted": (1, 1), "both": (1, 1)}
Message = str | tuple[str, ...]


@cache
def used() -> set[Message]:
    """Return every message of the templates and the pages' modules; those about a number as a pair."""
    found: set[Message] = set()
    jinja = {"extensions": "jinja2.ext.i18n", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
    for folder, method, options in ((TEMPLATES, babel_extract, jinja), (WEB, "python", {})):
        pattern = "**.html" if folder == TEMPLATES else "**.py"
        for _file, _line, message, _comments, _context in extract_from_dir(
            str(folder), [(pattern, method)], options_map={pattern: options}, keywords=KEYWORDS
        ):
            found.add(message)
    return found


def english() -> Catalog:
    """Return the English catalogue."""
    return catalogue_of(ENGLISH_WORDS)


def missing() -> list[Message]:
    """Return the messages without English, in order."""
    catalogue = english()
    return sorted((message for message in used() if not translated(catalogue, message)), key=str)


def twice() -> list[str]:
    """Return the messages that stand more than once in the files of English; only the last of them is read."""
    written = (file.read_text(encoding="utf-8") for file in ENGLISH_WORDS.glob("*.po"))
    standing = Counter(found for text in written for found in MESSAGE_ID.findall(text) if found.strip() != '""')
    return sorted(found for found, times in standing.items() if times > 1)


def translated(catalogue: Catalog, message: Message) -> bool:
    """Tell whether a message has its English; one about a number, both forms."""
    entry = catalogue.get(message if isinstance(message, str) else message[0])
    if entry is None or entry.fuzzy:
        return False
    forms = [entry.string] if isinstance(message, str) else list(entry.string)
    return all(forms) and (isinstance(message, str) or len(forms) == 2)


if __name__ == "__main__":
    for message in missing():
        if isinstance(message, str):
            print(f'msgid "{message}"\nmsgstr ""\n')  # noqa: T201
        else:
            print(f'msgid "{message[0]}"\nmsgid_plural "{message[0]}"\nmsgstr[0] ""\nmsgstr[1] ""\n')  # noqa: T201
