"""Which phone is which: what was shown must be what was read."""

import pytest

from setapart_agent.collectors.base import Collected
from setapart_agent.facts import DeviceFacts, Facts
from setapart_agent.sources import SourceSpec
from setapart_agent.station.phones import NotReadyError, Phone, Sighting, SwappedError, UnpluggedError, checked

SIGHTING = Sighting(kind="adb", key="S1")
DEVICE = DeviceFacts(platform="android", serial="S1", manufacturer="M", model="One", os_version="14")
PHONE = Phone(sighting=SIGHTING, device=DEVICE)


def read(device: DeviceFacts) -> Collected:
    return Collected(facts=Facts(device=device), collectors=())


def other(**changed: str | None) -> DeviceFacts:
    known = {"platform": "android", "serial": "S1", "manufacturer": "M", "model": "One", "os_version": "14"}
    return DeviceFacts(**{**known, **changed})


def test_the_phone_that_was_shown_is_taken() -> None:
    found = read(other(boot_time="2026-11-26T09:00:00Z"))
    assert checked(PHONE, found, lambda _: PHONE) is found
    assert PHONE.spec == SourceSpec(kind="adb", argument="S1")


@pytest.mark.parametrize("field", ["serial", "manufacturer", "model", "os_version"])
def test_another_phone_in_what_was_read_or_at_the_cable_is_found_out(field: str) -> None:
    changed = other(**{field: "X"})
    with pytest.raises(SwappedError):
        checked(PHONE, read(changed), lambda _: PHONE)
    with pytest.raises(SwappedError):
        checked(PHONE, read(DEVICE), lambda _: Phone(sighting=SIGHTING, device=changed))
    with pytest.raises(SwappedError):
        checked(PHONE, read(other(**{field: None})), lambda _: PHONE)


def test_a_phone_that_is_gone_at_the_end_was_not_read() -> None:
    def gone(_: Sighting) -> Phone:
        raise NotReadyError("gone")

    with pytest.raises(UnpluggedError):
        checked(PHONE, read(DEVICE), gone)
