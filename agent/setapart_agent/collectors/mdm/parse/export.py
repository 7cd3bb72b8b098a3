"""What an export tells of one device, and when the manager heard of it; and several of them put side by side."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from msgspec import Struct, structs

from setapart_agent.collectors.base import Unseen, uncovered
from setapart_agent.errors import ParseError
from setapart_agent.facts import DeviceFacts, Facts, unite
from setapart_evidence.model import Coverage, FormFactor, Profile, Section

T = TypeVar("T")
PRIMARY = Profile(id="0", kind="primary")
WORK = Profile(id="10", kind="work")
"""Android's work profile. No manager tells its number; 10 is the one that Android gives to the first user that it makes
(UserManagerService.MIN_USER_ID), and so what adb calls it. docs/adr/0018-the-number-of-a-work-profile.md says more."""
SYSTEM = Profile(id="system", kind="system")

_FIRST_YEAR = 2007  # no manager of phones is older; APIs say 0001 or 1970 for "never"
_MOST_SHOWN = 1000
_FRACTION = re.compile(r"(\.\d{6})\d+")
_MILLISECONDS = re.compile(r"/Date\((\d{1,15})\)/")  # Windows PowerShell's ConvertTo-Json
_NO_SERIAL = frozenset(
    {
        "", "-1", "0", "defaultstring", "n/a", "na", "none", "notapplicable", "notavailable", "notspecified", "null",
        "o.e.m.", "oem", "serialnumber", "systemserialnumber", "tobefilledbyo.e.m.", "undefined", "unknown",
        "xxxxxxxxxx",
    }
)  # fmt: skip
"""Without blanks, as Intune writes serials."""
_FORMS: tuple[tuple[str, FormFactor], ...] = (
    ("iphone", "phone"), ("ipod", "other"), ("ipad", "tablet"), ("appletv", "tv"), ("apple tv", "tv"),
    ("macbook", "laptop"), ("imac", "desktop"), ("macmini", "desktop"), ("mac mini", "desktop"),
    ("macpro", "desktop"), ("mac pro", "desktop"), ("mac studio", "desktop"),
)  # fmt: skip


class Export(Struct, frozen=True, kw_only=True):
    """One device; `taken_at` is the manager's word for when the device reported, None where it does not say."""

    facts: Facts
    taken_at: dt.datetime | None = None


def moment(value: str | None) -> dt.datetime | None:
    """A moment of RFC 3339 or of .NET, in UTC; None for none, and for dates that stand for "never"."""
    try:
        if since := _MILLISECONDS.fullmatch(value or ""):
            value = dt.datetime.fromtimestamp(int(since[1]) / 1000, dt.UTC).isoformat()
        found = dt.datetime.fromisoformat(_FRACTION.sub(r"\1", value.strip().replace(" ", "T", 1))) if value else None
        found = found and (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
    return found if found and found.year >= _FIRST_YEAR else None


def serial_of(value: str | None) -> str | None:
    """A serial number; None for what firmware says where there is none, since two devices would then be one."""
    found = (value or "").strip()
    return None if found.lower().replace(" ", "") in _NO_SERIAL or not found.strip("0-. ") else found


def form_of(model: str | None) -> FormFactor | None:
    """What kind of machine a model of Apple's is; other makers' names do not tell."""
    name = (model or "").lower()
    return next((form for start, form in _FORMS if name.startswith(start)), None)


def unseen(profile: str, collector: str, why: Unseen, *sections: Section) -> tuple[Coverage, ...]:
    """A row per section that this export can't show of a profile."""
    return tuple(uncovered(section, profile, collector, why) for section in sections)


def apps_row(profile: str, collector: str, doubts: Iterable[str | None]) -> Coverage:
    """The row for a list of apps: observed, or partial for the first doubt there is."""
    reason = next((doubt for doubt in doubts if doubt), None)
    return Coverage(
        section="apps",
        profile=profile,
        collector=collector,
        status="observed" if reason is None else "partial",
        reason=reason,
    )


def broken(count: int) -> str | None:
    """The doubt about a list some of whose entries can't be understood."""
    return f"{count} entries of the list are broken" if count else None


def each(values: Iterable[T], read: Callable[[T], Export | None]) -> Iterator[Export]:
    """The devices of many values. One that can't be read does not keep the others from being read; it is told last.

    Raises:
        ParseError: some value is no device, after all others were given.
    """
    count, broken_ones, first = 0, 0, None
    for value in values:
        count += 1
        try:
            found = read(value)
        except ParseError as exc:
            broken_ones, first = broken_ones + 1, first or exc
            continue
        if found is not None:
            yield found
    if first is not None and count == 1:
        raise first
    if first is not None:
        raise ParseError(f"{broken_ones} of {count} devices can't be read: {first.got}", expected=first.expected)


def side_by_side(exports: Iterator[Export]) -> Facts:
    """The facts of a file for somebody who looks at it: of several devices, with `#1:` and so on before each profile.

    Device values are then those that all of them share. Reports never use this: they take device after device.

    Raises:
        ParseError: no device, or too many to show.
    """
    found = tuple(islice(exports, _MOST_SHOWN + 1))
    if not found:
        raise ParseError("no device in this export", expected="at least one device")
    if len(found) > _MOST_SHOWN:
        raise ParseError(
            f"more than {_MOST_SHOWN} devices", expected="a file of few devices", cure="use `--source mdm:FILE`"
        )
    if len(found) == 1:
        return found[0].facts
    shared = {
        name: value
        for name in DeviceFacts.__struct_fields__
        if len({value := getattr(one.facts.device, name) for one in found}) == 1
    }
    parts = (_marked(one.facts, f"#{number}:") for number, one in enumerate(found, 1))
    return structs.replace(unite(parts), device=structs.replace(DeviceFacts(), **shared))


def _marked(facts: Facts, mark: str) -> Facts:
    return structs.replace(
        facts,
        device=DeviceFacts(),
        profiles=tuple(structs.replace(one, id=mark + one.id) for one in facts.profiles),
        apps=tuple(structs.replace(one, profile=mark + one.profile) for one in facts.apps),
        accounts=tuple(structs.replace(one, profile=mark + one.profile) for one in facts.accounts),
        links=tuple(structs.replace(one, profile=mark + one.profile) for one in facts.links),
        coverage=tuple(structs.replace(one, profile=mark + one.profile) for one in facts.coverage),
    )
