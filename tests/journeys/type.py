"""Chinese type and emoji for a Chromium on a bare machine: the font wheel beside what the system has."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pylopdf_fonts_zh_cn import sans_path

if TYPE_CHECKING:
    from pathlib import Path

FONTS = """<?xml version="1.0"?>
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>{wheel}</dir>
  <cachedir>{cache}</cachedir>
  <alias><family>sans-serif</family><prefer>
    <family>Noto Sans CJK SC</family><family>Noto Sans SC</family><family>Noto Color Emoji</family>
  </prefer></alias>
</fontconfig>
"""


def with_chinese_type(folder: Path) -> dict[str, str]:
    """Return the environment in which Chromium finds the fonts; the configuration is written into `folder`."""
    file = folder / "fonts.conf"
    file.write_text(FONTS.format(wheel=sans_path().parent, cache=folder / "cache"), encoding="utf-8")
    return {**os.environ, "FONTCONFIG_FILE": str(file)}
