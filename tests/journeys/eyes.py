"""What the camera of a browser sees in a test: QR codes held before it one after the other, as a film that begins anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import segno

from tests.browser import ARGUMENTS, browser_path
from tests.journeys.type import with_chinese_type

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

WIDTH, HEIGHT, A_SECOND = 640, 480, 10
# A code as it is held into the frame, on the grey of a room.
CODE_PIXELS, ROOM, MARGIN = 400, 110, 4
SEEING = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


def with_eyes(browser: Browser, film: Path) -> Browser:
    """Start another Chromium, whose camera shows a film; it is read when the camera is opened."""
    shown(film, "nothing yet")
    return browser.browser_type.launch(
        executable_path=browser_path(),
        args=[*ARGUMENTS, *SEEING, f"--use-file-for-fake-video-capture={film}"],
        env=dict(with_chinese_type(film.parent)),
    )


def shown(film: Path, *texts: str, seconds: float = 1.5) -> None:
    """Write a film (YUV4MPEG2) that shows each text as a QR code for so long, with nothing in between."""
    empty = bytes([ROOM]) * (WIDTH * HEIGHT)
    colours = bytes([128]) * (WIDTH * HEIGHT // 2)
    # A film that is being shown goes on as it was.
    fresh = film.with_suffix(".new")
    with fresh.open("wb") as out:
        out.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{A_SECOND}:1 Ip A1:1 C420jpeg\n".encode())
        for text in texts:
            for picture, frames in ((held(text), int(seconds * A_SECOND)), (empty, A_SECOND // 2)):
                out.write((b"FRAME\n" + picture + colours) * frames)
    fresh.replace(film)


def held(text: str) -> bytes:
    """Return a grey picture of a QR code, row by row."""
    rows = [[not dot for dot in row] for row in segno.make(text, micro=False, error="m").matrix_iter(border=MARGIN)]
    scale = CODE_PIXELS // len(rows)
    side = scale * len(rows)
    left, top = (WIDTH - side) // 2, (HEIGHT - side) // 2
    wall, row_of_room = bytes([ROOM]), bytes([ROOM]) * WIDTH
    lines = [
        wall * left + b"".join((b"\xeb" if light else b"\x10") * scale for light in row) + wall * (WIDTH - side - left)
        for row in rows
    ]
    drawn = b"".join(line * scale for line in lines)
    return row_of_room * top + drawn + row_of_room * (HEIGHT - side - top)
