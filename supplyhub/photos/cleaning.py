"""Photos as they come from a camera, cut down to the picture: no place, no person, no device, nothing behind its end.

Pure: bytes in, bytes out. What a picture is made of is kept byte for byte; it is never drawn or decoded here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.errors import InvalidError
from supplyhub.photos.models import LARGEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

PNG = b"\x89PNG\r\n\x1a\n"
# What draws the picture; text, time, profiles and EXIF don't.
PNG_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"sRGB", b"gAMA", b"cHRM", b"sBIT", b"pHYs", b"IDAT", b"IEND"}
WEBP_KEPT = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"}
# In VP8X: it has a profile, EXIF, XMP.
WEBP_SAYS_MORE = 0x20 | 0x08 | 0x04
START, END, SCAN, APP0, APP1, APP14, COMMENT = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xEE, 0xFE
# Markers that carry no length: restarts and TEM.
BARE = {0x01, *range(0xD0, 0xD8)}
ORIENTATION = 0x0112
SHORT = 3
# How a cleaned JPEG says which way is up, in its first bytes: what `_only_orientation` writes before the value.
ORIENTED = b"Exif\0\0MM\0*" + struct.pack(">IHHHI", 8, 1, ORIENTATION, SHORT, 1)
FRONT = 4096
# Whoever draws a picture lays it out whole in memory, and a small file can say that it is as wide as a field.
MOST_PIXELS = 120_000_000
# What begins a JPEG's picture, with its size; the others between them are tables.
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo that may be kept."""

    media_type: str
    content: bytes


def cleaned(data: bytes) -> Picture:
    """Return a JPEG, PNG or WebP without what the camera wrote into it; which way is up is kept.

    What it is its first bytes say, not its name. Raises InvalidError for anything else, for a torn picture and for one
    of more than `LARGEST_BYTES` or `MOST_PIXELS`.
    """
    if len(data) > LARGEST_BYTES:
        raise InvalidError("the photo is too large", most_bytes=LARGEST_BYTES)
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return Picture("image/jpeg", b"".join(_jpeg(data)))
        if data.startswith(PNG):
            return Picture("image/png", b"".join(_png(data)))
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return Picture("image/webp", _webp(data))
    except (struct.error, IndexError, ValueError) as error:
        raise InvalidError("the photo is torn") from error
    raise InvalidError("this is no JPEG, PNG or WebP")


def turned(content: bytes) -> int:
    """Return which way is up in a cleaned picture, as a camera says it: 1 is upright, 6 a phone held upright."""
    at = content.find(ORIENTED, 0, FRONT)
    if not content.startswith(b"\xff\xd8") or at < 0:
        return 1
    return int(struct.unpack_from(">H", content, at + len(ORIENTED))[0])


def _jpeg(data: bytes) -> Iterator[bytes]:
    yield data[:2]
    at, seen_scan = 2, False
    while True:
        at = _marker(data, at)
        kind = data[at + 1]
        if kind == END:
            break
        if kind in BARE:
            yield data[at : at + 2]
            at += 2
            continue
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if end > len(data) or end < at + 4:
            raise ValueError("a segment runs over the end")
        if kind in FRAMES:
            high, wide = struct.unpack_from(">HH", data, at + 5)
            _refuse_vast(wide, high)
        yield _segment(kind, data[at:end])
        if kind == SCAN:
            seen_scan = True
            start, end = end, _scan_end(data, end)
            yield data[start:end]
        at = end
    if not seen_scan:
        raise ValueError("there is no picture in it")
    yield data[at : at + 2]


def _marker(data: bytes, at: int) -> int:
    """Return where the marker at `at` begins, behind its fill bytes."""
    if data[at] != 0xFF:
        raise ValueError("no marker where one must be")
    while data[at + 1] == 0xFF:
        at += 1
    return at


def _segment(kind: int, segment: bytes) -> bytes:
    """Return what is kept of a segment: an APP1 shrinks to the orientation, other notes go."""
    if kind == APP1 and segment[4:10] == b"Exif\0\0":
        return _only_orientation(segment[10:])
    noted = (APP0 < kind <= 0xEF and kind != APP14) or kind == COMMENT
    return b"" if noted else segment


def _only_orientation(tiff: bytes) -> bytes:
    """Return an EXIF segment that says which way is up, and nothing else; nothing when that can't be read."""
    try:
        order = {b"II": "<", b"MM": ">"}[tiff[:2]]
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, entry)
            if tag == ORIENTATION and kind == SHORT and 1 <= value <= 8:
                ifd = struct.pack(">HHHIHHI", 1, ORIENTATION, SHORT, 1, value, 0, 0)
                body = b"Exif\0\0MM\0*" + struct.pack(">I", 8) + ifd
                return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    except (struct.error, KeyError):
        pass
    return b""


def _scan_end(data: bytes, at: int) -> int:
    """Return where the compressed picture ends: at the first marker that is no restart and no stuffed byte."""
    while True:
        at = data.index(b"\xff", at)
        if data[at + 1] != 0 and data[at + 1] not in BARE:
            return at
        at += 2


def _png(data: bytes) -> Iterator[bytes]:
    yield PNG
    at, kinds = len(PNG), set()
    while b"IEND" not in kinds:
        (length,) = struct.unpack_from(">I", data, at)
        kind, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data):
            raise ValueError("a chunk runs over the end")
        if kind == b"IHDR":
            _refuse_vast(*struct.unpack_from(">II", data, at + 8))
        if kind in PNG_KEPT:
            yield data[at:end]
        kinds.add(kind)
        at = end
    if not {b"IHDR", b"IDAT"} <= kinds:
        raise ValueError("there is no picture in it")


def _webp(data: bytes) -> bytes:
    kept, drawn = [], False
    end = min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    at = 12
    while at + 8 <= end:
        kind = data[at : at + 4]
        (length,) = struct.unpack_from("<I", data, at + 4)
        after = at + 8 + length
        if after > end:
            raise ValueError("a chunk runs over the end")
        if kind in WEBP_KEPT:
            body = data[at + 8 : after]
            _refuse_vast(*_webp_size(kind, body))
            if kind == b"VP8X":
                body = bytes([body[0] & ~WEBP_SAYS_MORE]) + body[1:]
            drawn = drawn or kind != b"VP8X"
            kept.append(kind + struct.pack("<I", length) + body + b"\0" * (length % 2))
        at = after + length % 2
    if not drawn:
        raise ValueError("there is no picture in it")
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _webp_size(kind: bytes, body: bytes) -> tuple[int, int]:
    """Return the width and height that a chunk says; (0, 0) for one that says none."""
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L" and len(body) >= 5:
        (bits,) = struct.unpack_from("<I", body, 1)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and len(body) >= 10:
        wide, high = struct.unpack_from("<HH", body, 6)
        return wide & 0x3FFF, high & 0x3FFF
    return 0, 0


def _refuse_vast(wide: int, high: int) -> None:
    if wide * high > MOST_PIXELS:
        raise InvalidError("the photo is too large", most_bytes=LARGEST_BYTES, most_pixels=MOST_PIXELS)
