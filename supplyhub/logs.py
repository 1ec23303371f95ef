"""One JSON line an event on standard error. Never the values of variables: they may be somebody's name or phone.

So what an error says is logged of our own errors, whose words are constant, and of faults of code; of others, that may show
what they were given, only their kind and where they came from.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any

import structlog
from psycopg import Error as DriverError
from structlog.tracebacks import ExceptionDictTransformer

from supplyhub.errors import HubError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from structlog.typing import ExcInfo

# They name code: an attribute, a module, a type.
FAULTS_OF_CODE = (AttributeError, ImportError, NameError, TypeError)


def configure(level: int = logging.WARNING) -> None:
    """Set up structlog for this process; safe to repeat. Servers log what they do (INFO), commands only trouble.

    What ends a server is logged like all else; what ends a command is shown to whoever typed it.
    """
    if level <= logging.INFO:
        sys.excepthook = _log_the_end
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(_WithoutValues(show_locals=False, max_frames=12)),
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _log_the_end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    structlog.get_logger(__name__).critical("ended", exc_info=(kind, error, trace))


def said(error: BaseException) -> str:
    """Return what an error says that holds nobody's words; of one that may hold them where it came from.

    The database's errors are told by their state and the name of the rule that was broken.
    """
    kind, cause = type(error).__name__, getattr(error, "orig", error)
    if isinstance(error, (HubError, *FAULTS_OF_CODE)):
        return f"{kind}: {error}"
    if isinstance(cause, DriverError):
        return " ".join(filter(None, [kind, cause.sqlstate, cause.diag.constraint_name]))
    if isinstance(error, OSError) and error.strerror:
        return f"{kind}: {error.strerror}"
    frames = extract_tb(error.__traceback__)
    return f"{kind} in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else kind


class _WithoutValues(ExceptionDictTransformer):
    """Tells of each error of a chain its kind, its frames, and what `said` lets it say."""

    def __call__(self, exc_info: ExcInfo) -> list[dict[str, Any]]:
        stacks = super().__call__(exc_info)
        for stack, error in zip(stacks, _chain(exc_info[1]), strict=False):
            stack |= {"exc_value": said(error), "exc_notes": [], "syntax_error": None, "exceptions": []}
        return stacks


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Give an error and what led to it, as a traceback tells them."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
