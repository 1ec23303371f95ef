"""Zone levels of a grid."""

from enum import StrEnum


class ZoneLevel(StrEnum):
    """How strictly a grid is closed (封控, 管控, 防范, 正常); it decides how goods reach people."""

    LOCKDOWN = "lockdown"
    CONTROLLED = "controlled"
    PRECAUTION = "precaution"
    NORMAL = "normal"
