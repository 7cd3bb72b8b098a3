"""When androidqf took an acquisition: `acquisition.json`.

`{"uuid", "androidqf_version", "storage_path", "started", "completed", …}`; the times are RFC 3339 with nanoseconds, in
UTC, by the clock of the computer that androidqf ran on. Source: acquisition/acquisition.go of androidqf.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, text
from setapart_evidence.statement import Maturity

KIND = "android.androidqf-acquisition"
MATURITY: Maturity = "untested"

_FIRST_YEAR = 2021  # the year of androidqf's first version
_MOST_DIGITS = 40


class _Acquisition(Struct, frozen=True):
    androidqf_version: Any
    started: Any


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """Whether this is androidqf's record of itself."""
    head = content[:65536]
    return (
        head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"androidqf_version"' in head and b'"started"' in head
    )


def parse(files: FileSet) -> Facts:
    """Nothing but that it is one.

    Raises:
        ParseError: it tells no time.
    """
    read(files.main)
    return Facts()


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
