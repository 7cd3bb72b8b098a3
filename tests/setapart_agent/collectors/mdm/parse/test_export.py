import datetime as dt
from collections.abc import Iterator

import pytest

from setapart_agent.collectors.mdm.parse.export import (
    PRIMARY,
    Export,
    apps_row,
    each,
    form_of,
    moment,
    serial_of,
    side_by_side,
)
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, DeviceFacts, Facts
from setapart_evidence.model import App, Link

WHEN = dt.datetime(2026, 11, 20, 8, 15, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-20T08:15:30Z",
        "2026-11-20T09:15:30+01:00",
        "2026-11-20 08:15:30",
        "2026-11-20T00:15:30.0000000-08:00",
        "2026-11-20T08:15:30.000000000Z",
        " 2026-11-20 09:15:30+0100 ",
        "/Date(1795162530000)/",
    ],
)
def test_one_moment_in_many_spellings(value: str) -> None:
    assert moment(value) == WHEN


@pytest.mark.parametrize(
    "value",
    [None, "", "yesterday", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "2026-13-01"],
)
def test_never_is_no_moment(value: str | None) -> None:
    assert moment(value) is None


@pytest.mark.parametrize(
    "value", ["", " ", "0", "000000000000", "Unknown", "To Be Filled By O.E.M.", "Default string", "N/A", None]
)
def test_what_stands_for_no_serial_makes_no_two_devices_one(value: str | None) -> None:
    assert serial_of(value) is None


def test_a_serial_is_kept_as_it_is() -> None:
    assert serial_of(" R58N12ABCDE ") == "R58N12ABCDE"


@pytest.mark.parametrize(
    ("model", "form"),
    [
        ("iPad2,5", "tablet"),
        ("iPhone14,5", "phone"),
        ("MacBookPro18,3", "laptop"),
        ("Macmini9,1", "desktop"),
        ("20XW", None),
    ],
)
def test_models_of_apple_tell_the_form(model: str, form: str | None) -> None:
    assert form_of(model) == form


def test_the_first_doubt_makes_a_row_partial() -> None:
    assert apps_row("0", "mdm.x", (None, None)).status == "observed"
    row = apps_row("0", "mdm.x", (None, "first", "second"))
    assert (row.status, row.reason) == ("partial", "first")


def test_one_device_that_is_broken_does_not_hide_the_others_and_is_told() -> None:
    def read(value: int) -> Export | None:
        if value == 2:
            raise ParseError("two", expected="another")
        return Export(facts=Facts(device=DeviceFacts(model=str(value)))) if value else None

    given: list[str | None] = []
    with pytest.raises(ParseError, match="1 of 4 devices can't be read: two"):
        given.extend(one.facts.device.model for one in each([1, 2, 0, 3], read))
    assert given == ["1", "3"]
    with pytest.raises(ParseError, match=r"^two"):
        list(each([2], read))


def export(serial: str) -> Export:
    return Export(
        facts=Facts(
            device=DeviceFacts(platform="android", serial=serial),
            profiles=(PRIMARY,),
            apps=(App(identifier="a", profile="0", source="mdm"),),
            accounts=(AccountFact(profile="0", type="t"),),
            links=(Link(kind="mdm", profile="0"),),
            coverage=(apps_row("0", "mdm.x", ()),),
        )
    )


def test_one_device_is_shown_as_it_is() -> None:
    assert side_by_side(iter([export("A")])) == export("A").facts


def test_several_devices_never_pass_for_one() -> None:
    shown = side_by_side(iter([export("A"), export("B")]))
    assert shown.device == DeviceFacts(platform="android")
    assert [profile.id for profile in shown.profiles] == ["#1:0", "#2:0"]
    for part in (shown.apps, shown.accounts, shown.links, shown.coverage):
        assert [one.profile for one in part] == ["#1:0", "#2:0"]


def test_more_devices_than_anybody_looks_at_are_refused_early() -> None:
    taken = 0

    def endless() -> Iterator[Export]:
        nonlocal taken
        while True:
            taken += 1
            yield export(str(taken))

    with pytest.raises(ParseError, match="more than 1000 devices"):
        side_by_side(endless())
    assert taken == 1001


def test_no_device_is_no_answer() -> None:
    with pytest.raises(ParseError, match="no device"):
        side_by_side(iter(()))
