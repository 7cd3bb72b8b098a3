"""The log of the running service: one line of JSON on standard error for each event.

No line holds a message's content, a token or a key. A kind of event that floods is thinned out and counted.
"""

import json
import logging
import time
import traceback
from collections import defaultdict
from typing import TextIO

from setapart_evidence.errors import SetapartError
from setapart_evidence.text import printable

_A_SECOND = 10
_LONGEST = 500
_FRAMES = 8
_LOGGER = logging.getLogger("setapart.serve")


def begin(stream: TextIO) -> None:
    """Sends this program's events, and the web server's warnings, to a stream."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Line())
    handler.addFilter(_Thinner())
    for name, level in (("setapart.serve", logging.INFO), ("uvicorn", logging.WARNING), ("asyncio", logging.ERROR)):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(level)
        logger.propagate = False


def say(event: str, **fields: str | float | None) -> None:
    """Something happened that is as it should be."""
    _LOGGER.info(event, extra={"fields": fields})


def warn(event: str, **fields: str | float | None) -> None:
    """Something happened that who runs the service should know of."""
    _LOGGER.warning(event, extra={"fields": fields})


def failed(event: str, exc: BaseException, **fields: str | float | None) -> None:
    """Something failed: the kind of error and where it came from; its words only if they are ours."""
    _LOGGER.error(event, extra={"fields": fields | _told(exc)})


def _told(exc: BaseException) -> dict[str, str | float | None]:
    frames = traceback.extract_tb(exc.__traceback__)[-_FRAMES:]
    return {
        "error": type(exc).__name__,
        "message": str(exc) if isinstance(exc, SetapartError) else None,
        "where": " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames)),
    }


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = dict(getattr(record, "fields", {}))
        if record.exc_info and record.exc_info[1] is not None:
            fields |= _told(record.exc_info[1])
        line = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "event": printable(record.getMessage(), _LONGEST),
        }
        for name, value in fields.items():
            if value is not None:
                line[name] = printable(value, _LONGEST) if isinstance(value, str) else value
        return json.dumps(line)


class _Thinner(logging.Filter):
    """At most so many lines a second of one kind; the next that passes says how many did not."""

    def __init__(self) -> None:
        super().__init__()
        self._second = 0
        self._seen: defaultdict[str, int] = defaultdict(int)

    def filter(self, record: logging.LogRecord) -> bool:
        kind = f"{record.name} {record.msg}" if record.name.startswith("setapart") else record.name
        second = int(record.created)
        if second != self._second:
            self._second = second
            over = {name: count - _A_SECOND for name, count in self._seen.items() if count > _A_SECOND}
            self._seen.clear()
            if kind in over:
                record.fields = {**getattr(record, "fields", {}), "more": over[kind]}
        self._seen[kind] += 1
        return self._seen[kind] <= _A_SECOND
