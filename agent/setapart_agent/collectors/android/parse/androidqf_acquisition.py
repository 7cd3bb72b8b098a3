"""When androidqf took an acquisition: `acquisition.json`.

`{"uuid", "storage_path", "started", "completed", …}`, later ones with `androidqf_version`; the times are RFC
3339 with nanoseconds, in UTC, by the clock of the computer that androidqf ran on. Source: acquisition/acquisition.go of
androidqf.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from setapart_agent.errors import ParseError
from setapart_agent.facts import text

_FIRST_YEAR = 2021  # the year of androidqf's first version
_MOST_DIGITS = 40


class _Acquisition(Struct, frozen=True):
    started: Any = None


def read(raw: bytes) -> datetime:
    """The moment at which the acquisition began, in UTC.

    Raises:
        ParseError: not such a record, or without a time that can be.
    """
    try:
        said = msgspec.json.decode(text(raw).encode(), type=_Acquisition).started
    except (msgspec.MsgspecError, RecursionError):
        said = None
    if isinstance(said, str) and len(said) <= _MOST_DIGITS:
        try:
            moment = datetime.fromisoformat(said)
        except (ValueError, OverflowError):
            moment = None
        if moment is not None and moment.tzinfo is not None and moment.year >= _FIRST_YEAR:
            try:
                return moment.astimezone(UTC)
            except (ValueError, OverflowError):
                pass
    raise ParseError("no time of an acquisition", expected="acquisition.json of androidqf")
