"""What officers ask for over HTTP; the members of each are the parameters of its query, but for the device's name."""

import base64
import binascii
import datetime as dt
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from setapart_auditor.errors import AuditorError
from setapart_auditor.officers.trail import LONGEST_REASON
from setapart_auditor.policy.model import DeviceClass

_MOST_ROWS = 500
_MOST_REPORTS = 1000
_LONGEST_CURSOR = 2048
_Why = Annotated[str, Meta(max_length=LONGEST_REASON, description="The reason, for the log.")]
_Unit = Annotated[str, Meta(max_length=1000, description="Only this unit's devices.")]
_Status = Literal["compliant", "excepted", "pending", "inconclusive", "stale", "violation", "invalid"]


class DevicesAsk(Struct, frozen=True, kw_only=True, tag="devices", forbid_unknown_fields=True):
    """A page of the active devices."""

    unit: _Unit | None = None
    class_: DeviceClass | None = field(default=None, name="class")
    status: _Status | None = None
    limit: Annotated[int, Meta(ge=1, le=_MOST_ROWS, description="Devices on the page, at most.")] = 100
    cursor: Annotated[str, Meta(max_length=_LONGEST_CURSOR, description="`next` of the page before.")] = ""
    why: _Why = ""


class DeviceAsk(Struct, frozen=True, kw_only=True, tag="device", forbid_unknown_fields=True):
    """One device as of now, by its name or id."""

    device: str
    why: _Why = ""


class HistoryAsk(Struct, frozen=True, kw_only=True, tag="history", forbid_unknown_fields=True):
    """The history of a device, by its name or id."""

    device: str
    limit: Annotated[int, Meta(ge=1, le=_MOST_REPORTS, description="Reports, the newest.")] = _MOST_REPORTS
    why: _Why = ""


class SweepAsk(Struct, frozen=True, kw_only=True, tag="sweep", forbid_unknown_fields=True):
    """The last finished sweep."""

    why: _Why = ""


Ask = DevicesAsk | DeviceAsk | HistoryAsk | SweepAsk


class Call(Struct, frozen=True, kw_only=True):
    """A request: its number, the bearer's token, the moment, and what is asked for."""

    no: int
    token: str
    at: dt.datetime
    ask: Ask


def parameters_of(kind: type[Any]) -> tuple[str, ...]:
    """The names of an ask's parameters in a query."""
    return tuple(name for name in kind.__struct_encode_fields__ if name != "device")


def cursor_of(folded: str) -> str:
    """Where a page ended, for who asks for the next.

    It is a place in the order of names, and says nothing but the name of a device that was shown.
    """
    return base64.urlsafe_b64encode(folded.encode()).decode().rstrip("=")


def place_of(cursor: str) -> str:
    """The name that a page goes on behind; nothing for the first page.

    Raises:
        AuditorError: it is no cursor.
    """
    try:
        found = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        found = "\n"
    if not found.isprintable():
        raise AuditorError("no cursor", expected="`next` of the page before", cure="begin with the first page")
    return found
