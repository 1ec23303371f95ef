"""Photos: taken for what they are, and kept without what the camera wrote into them."""

from __future__ import annotations

import struct
import zlib

import pytest

from supplyhub.errors import InvalidError
from supplyhub.photos.cleaning import MOST_PIXELS, PNG, cleaned
from supplyhub.photos.models import LARGEST_BYTES

PLACE = b"31.2304N 121.4737E, phone of Lin Hai"


def segment(kind: int, body: bytes) -> bytes:
    return b"\xff" + bytes([kind]) + struct.pack(">H", len(body) + 2) + body


def exif(orientation: int, order: str = "<") -> bytes:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0) + struct.pack(order + "HHII", 0x8825, 4, 1, 50)
    directory = struct.pack(order + "H", 2) + entries + struct.pack(order + "I", 0)
    return b"Exif\0\0" + mark + struct.pack(order + "I", 8) + directory + PLACE


SCAN = segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"\x12\xff\0\x34\xff\xd0\x56"


def a_jpeg(*notes: bytes, behind: bytes = b"") -> bytes:
    jfif = segment(0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0")
    frame = segment(0xC2, b"\x08\0\x01\0\x01\x01\x01\x11\0")
    # Two scans, as a progressive picture has.
    return b"\xff\xd8" + jfif + b"".join(notes) + frame + SCAN + SCAN + b"\xff\xd9" + behind


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def a_png(*notes: bytes, behind: bytes = b"") -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return PNG + header + b"".join(notes) + pixels + chunk(b"IEND", b"") + behind


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(held)) + held + b"\0" * (len(held) % 2) for kind, held in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_a_jpeg_loses_what_the_camera_wrote_and_what_hangs_behind_its_end():
    notes = (segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PLACE), segment(0xED, PLACE), segment(0xFE, PLACE))
    picture = cleaned(a_jpeg(*notes, segment(0xE2, PLACE), behind=PLACE))
    assert picture.media_type == "image/jpeg"
    assert picture.content == a_jpeg()


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_jpeg_keeps_which_way_is_up_and_nothing_else_of_its_exif(order):
    content = cleaned(a_jpeg(segment(0xE1, exif(6, order)))).content
    assert PLACE not in content
    assert content == a_jpeg(segment(0xE1, b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)))
    assert cleaned(content).content == content


def test_an_exif_that_makes_no_sense_is_left_out():
    for body in (b"Exif\0\0", b"Exif\0\0XX*\0", exif(9), b"Exif\0\0II*\0\xff\xff\xff\xff"):
        assert cleaned(a_jpeg(segment(0xE1, body))).content == a_jpeg()


def test_a_png_loses_its_texts_and_what_hangs_behind_its_end():
    notes = [chunk(kind, PLACE) for kind in (b"eXIf", b"tEXt", b"iTXt", b"zTXt", b"tIME", b"iCCP")]
    picture = cleaned(a_png(*notes, behind=PLACE))
    assert (picture.media_type, picture.content) == ("image/png", a_png())


def test_a_webp_loses_its_notes_and_no_longer_says_that_it_has_any():
    drawn = (b"VP8 ", b"\x10\x20\x30")
    found = cleaned(riff((b"VP8X", b"\x2c" + bytes(9)), (b"ICCP", PLACE), drawn, (b"EXIF", PLACE), (b"XMP ", PLACE)))
    assert found.media_type == "image/webp"
    assert found.content == riff((b"VP8X", bytes(10)), drawn)


def test_what_is_no_picture_is_refused_whatever_it_is_called():
    for data in (b"", b"<svg onload=alert(1)>", b"GIF89a" + bytes(20), b"%PDF-1.7", b"\xff\xd8", b"RIFF\0\0\0\0WAVE"):
        with pytest.raises(InvalidError):
            cleaned(data)


def test_a_torn_picture_is_refused_wherever_it_is_torn():
    for whole in (a_jpeg(segment(0xE1, exif(6))), a_png(), riff((b"VP8 ", b"\x10\x20\x30\x40"))):
        for length in range(len(whole)):
            with pytest.raises(InvalidError):
                cleaned(whole[:length])


def test_a_picture_without_a_picture_in_it_is_refused():
    for data in (b"\xff\xd8\xff\xd9", PNG + chunk(b"IEND", b""), riff((b"VP8X", bytes(10)))):
        with pytest.raises(InvalidError):
            cleaned(data)


def test_a_photo_that_is_too_large_is_refused():
    with pytest.raises(InvalidError) as caught:
        cleaned(a_png(behind=bytes(LARGEST_BYTES)))
    assert caught.value.data["most_bytes"] == LARGEST_BYTES


VAST = [
    a_png().replace(struct.pack(">II", 1, 1), struct.pack(">II", 65_000, 65_000)),
    a_jpeg().replace(b"\x08\0\x01\0\x01\x01", b"\x08" + struct.pack(">HH", 65_000, 65_000) + b"\x01"),
    riff((b"VP8X", bytes(4) + b"\xff\xff\x3f" * 2), (b"VP8 ", bytes(10))),
    riff((b"VP8L", b"\x2f" + struct.pack("<I", 0x0FFFFFFF))),
    riff((b"VP8 ", bytes(6) + struct.pack("<HH", 0x3FFF, 0x3FFF))),
]


@pytest.mark.parametrize("data", VAST, ids=["png", "jpeg", "webp, extended", "webp, lossless", "webp"])
def test_a_small_photo_that_says_it_is_vast_is_refused(data):
    with pytest.raises(InvalidError) as caught:
        cleaned(data)
    assert caught.value.data["most_pixels"] == MOST_PIXELS
