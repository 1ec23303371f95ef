"""Reads printed sheets as a scanner and a person do: the codes on a page, its text."""

from __future__ import annotations

from typing import Any

import pypdfium2
import zxingcpp

# 200 dots an inch, as a label printer has.
SCALE = 200 / 72


def codes_of(pdf: bytes) -> list[list[str]]:
    """Return what a scanner reads from each page, sorted."""
    return [sorted(_codes(page)) for page in pypdfium2.PdfDocument(pdf)]


def texts_of(pdf: bytes) -> list[str]:
    """Return the text of each page."""
    return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf)]


def _codes(page: Any) -> list[str]:
    bitmap = page.render(scale=SCALE, grayscale=True)
    view = memoryview(bytes(bitmap.buffer))
    picture = b"".join(bytes(view[y * bitmap.stride :][: bitmap.width]) for y in range(bitmap.height))
    shaped = memoryview(picture).cast("B", (bitmap.height, bitmap.width))
    return [found.text for found in zxingcpp.read_barcodes(shaped)]
