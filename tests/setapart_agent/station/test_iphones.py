"""iPhones behind a replayed usbmuxd, through the real pymobiledevice3."""

from pathlib import Path
from typing import Any

import pytest

from replay_usbmuxd import ReplayedPhone, ReplayedUsbmuxd, replayed
from setapart_agent.station.iphones import IPhones
from setapart_agent.station.phones import NotReadyError, Sighting, SwappedError, UnpluggedError

pytestmark = pytest.mark.needs("pymobiledevice3")
APPS = [{"CFBundleIdentifier": "com.zhiliaoapp.musically", "ApplicationType": "User"}]
UDID = "00008101-000A1B2C3D4E001E"


@pytest.fixture
def socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USBMUXD_SOCKET_ADDRESS", str(tmp_path / "usbmuxd"))
    return tmp_path / "usbmuxd"


def values(**changed: Any) -> dict[str, Any]:
    return {**ReplayedPhone().values, **changed}


def test_a_device_is_seen_recognised_and_read(socket: Path) -> None:
    told: list[str] = []
    device = ReplayedPhone(apps=APPS)
    with replayed(socket, device), IPhones() as way:
        (sighting,) = way.look()
        assert (sighting.key, sighting.state) == (UDID, "ready")
        found = way.recognise(sighting)
        assert device.asked == [], "recognising starts no service"
        assert (found.device.serial, found.device.model, found.device.os_version) == (
            "F1234567890",
            "iPhone13,2",
            "17.5.1",
        )
        facts = way.read(found, told.append).facts
    assert told == ["apps", "links"]
    assert [app.identifier for app in facts.apps] == ["com.zhiliaoapp.musically"]


def test_where_no_daemon_runs_nothing_is_attached(socket: Path) -> None:
    assert IPhones().look() == ()


def test_devices_over_the_network_are_not_looked_at_nor_others_than_those_named(socket: Path) -> None:
    with replayed(socket, ReplayedPhone(connection="Network"), ReplayedPhone("U2"), ReplayedPhone("U3")):
        assert [one.key for one in IPhones().look()] == ["U2", "U3"]
        assert [one.key for one in IPhones(("U3",)).look()] == ["U3"]


def test_a_device_that_does_not_trust_us_is_told_to_tap_trust(socket: Path) -> None:
    with replayed(socket, ReplayedPhone(paired=False)), pytest.raises(NotReadyError, match="does not trust") as raised:
        IPhones().recognise(Sighting(kind="ios-usb", key=UDID))
    assert "tap Trust" in raised.value.cure


def test_a_device_that_is_gone_can_not_be_recognised(socket: Path) -> None:
    with replayed(socket), pytest.raises(NotReadyError):
        IPhones().recognise(Sighting(kind="ios-usb", key=UDID))


def test_another_device_with_the_same_udid_is_not_taken_for_the_one_that_was_shown(socket: Path) -> None:
    device = ReplayedPhone(apps=APPS)
    with replayed(socket, device):
        way = IPhones()
        found = way.recognise(way.look()[0])
        device.values = values(SerialNumber="OTHER")
        with pytest.raises(SwappedError):
            way.read(found, lambda _: None)


def test_a_device_that_becomes_another_one_while_it_is_read_gives_nothing(
    socket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    answer = ReplayedUsbmuxd._lockdown

    def changing(daemon: ReplayedUsbmuxd, phone: ReplayedPhone, request: dict[str, Any]) -> dict[str, Any]:
        if request["Request"] == "StartService":
            asked.append(request["Service"])
            phone.values = values(SerialNumber="OTHER")
        return answer(daemon, phone, request)

    monkeypatch.setattr(ReplayedUsbmuxd, "_lockdown", changing)
    with replayed(socket, ReplayedPhone(apps=APPS)):
        way = IPhones()
        found = way.recognise(way.look()[0])
        with pytest.raises(SwappedError):
            way.read(found, lambda _: None)
    assert asked


def test_a_device_that_is_locked_says_so_when_it_is_read(socket: Path) -> None:
    from setapart_agent.errors import SourceError

    with replayed(socket, ReplayedPhone(apps=APPS, locked=True)):
        way = IPhones()
        found = way.recognise(way.look()[0])
        with pytest.raises(SourceError, match="locked") as raised:
            way.read(found, lambda _: None)
    assert not isinstance(raised.value, SwappedError | UnpluggedError)
