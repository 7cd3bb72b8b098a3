"""Phones over the real adb program: seen, recognised, read, and never another one than was shown."""

import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from replay_adbd import Answer, ReplayAdbd, Shell
from replay_transcripts import SERIAL, phone
from setapart_agent.collectors.android import adb
from setapart_agent.collectors.android.source import GETPROP
from setapart_agent.station import androids as module
from setapart_agent.station.androids import Androids, section_of
from setapart_agent.station.phones import (
    READY,
    NotReadyError,
    Sighting,
    SwappedError,
    UnpluggedError,
    WayInError,
)
from station_world import Port, phone_with

pytestmark = pytest.mark.needs("adb")


@pytest.fixture(autouse=True)
def station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="sa-") as folder, socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        Path(folder, "tmp").mkdir()
        monkeypatch.setattr(tempfile, "tempdir", f"{folder}/tmp")
        monkeypatch.setenv("HOME", folder)
        monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(unused.getsockname()[1]))
        monkeypatch.setattr(module, "_AGAIN", 0.0)
        yield
        assert list(Path(folder, "tmp").iterdir()) == []


def seen(way: Androids, done: Callable[[tuple[Sighting, ...]], bool]) -> tuple[Sighting, ...]:
    """What is attached, once it is what is waited for."""
    found: tuple[Sighting, ...] = ()
    for _ in range(100):
        with suppress(WayInError):
            found = way.look()
            if done(found):
                return found
        time.sleep(0.1)
    raise AssertionError(found)


def ready(found: tuple[Sighting, ...]) -> bool:
    return any(one.state == READY for one in found)


def test_a_phone_is_seen_recognised_and_read_section_by_section() -> None:
    told: list[str] = []
    with ReplayAdbd(shell=phone()) as device, Androids((device.address,)) as way:
        (sighting,) = seen(way, ready)
        assert (sighting.key, sighting.model) == (device.address, "Replay One")
        found = way.recognise(sighting)
        asked = [command for command in device.ran if not command.startswith(GETPROP)]
        assert asked == [], "recognising asks for the properties alone"
        assert (found.device.serial, found.device.model, found.device.os_version) == (SERIAL, "Replay One", "14")
        facts = way.read(found, told.append).facts
    assert sorted(told) == ["accounts", "apps", "links", "users"]
    assert len(facts.apps) == 12
    assert facts.device == found.device


def test_a_phone_that_comes_later_and_one_that_leaves_are_noticed() -> None:
    with ReplayAdbd(shell=phone()) as device, Androids((device.address,)) as way:
        seen(way, ready)
        device.vanish()
        seen(way, lambda found: not ready(found))


def test_a_phone_that_does_not_let_us_in_is_seen_as_such() -> None:
    with ReplayAdbd(shell=phone(), auth="refuses") as device, Androids((device.address,)) as way:
        (sighting,) = seen(way, bool)
        assert sighting.state in {"unauthorized", "authorizing"}


def test_only_the_phones_that_were_named_are_looked_at() -> None:
    with ReplayAdbd(shell=phone()) as device, Androids((device.address,)) as way:
        seen(way, ready)
        way._serials = ("OTHER",)
        assert way.look() == ()


def changing(after: int, **properties: str) -> Shell:
    """A phone whose properties are others from one question to the next."""
    first, second = phone_with(), phone_with(**properties)
    asked: list[tuple[str, ...]] = []

    def programs(argv: tuple[str, ...]) -> Answer | None:
        if argv == (GETPROP,):
            asked.append(argv)
        return (second if len(asked) > after else first).programs(argv)

    return Shell(programs=programs)


@pytest.mark.parametrize("after", [1, 2], ids=["before it is read", "while it is read"])
@pytest.mark.parametrize("changed", [{"serialno": "OTHER0001"}, {"product_model": "Other"}], ids=["serial", "model"])
def test_a_phone_that_becomes_another_one_is_not_taken_for_the_one_that_was_shown(
    after: int, changed: dict[str, str]
) -> None:
    with ReplayAdbd(shell=changing(after, **changed)) as device, Androids((device.address,)) as way:
        found = way.recognise(seen(way, ready)[0])
        with pytest.raises(SwappedError):
            way.read(found, lambda _: None)


def test_another_phone_in_the_same_place_is_not_taken_for_the_one_that_was_shown() -> None:
    with (
        ReplayAdbd(shell=phone()) as shown,
        ReplayAdbd(shell=phone_with(serialno="OTHER0001")) as second,
        Port() as port,
        Androids((port.address,)) as way,
    ):
        port.plug(shown)
        found = way.recognise(seen(way, ready)[0])
        port.plug(second)
        seen(way, lambda there: not ready(there))
        assert way._client.call("disconnect", port.address).code == 0
        seen(way, ready)
        with pytest.raises(SwappedError):
            way.read(found, lambda _: None)
        assert all("getprop" in command for command in second.ran)


def test_a_phone_that_is_unplugged_while_it_is_read_gives_nothing() -> None:
    with ReplayAdbd(shell=phone(), vanish_after=6) as device, Androids((device.address,)) as way:
        found = way.recognise(seen(way, ready)[0])
        with pytest.raises(UnpluggedError):
            way.read(found, lambda _: None)


def test_a_phone_that_is_gone_can_not_be_recognised() -> None:
    with Androids() as way, pytest.raises(NotReadyError):
        way.recognise(Sighting(kind="adb", key="GONE"))


def test_a_server_that_dies_is_started_anew() -> None:
    with ReplayAdbd(shell=phone()) as device, Androids((device.address,)) as way:
        seen(way, ready)
        assert way._client.call("kill-server").code == 0
        seen(way, ready)


def test_no_adb_program_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETAPART_ADB", "/nowhere/adb")
    with pytest.raises(WayInError, match="no program /nowhere/adb"):
        Androids()


def test_a_server_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "adb"
    broken.write_text("#!/bin/sh\necho 'cannot \x1b[2J bind' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("SETAPART_ADB", str(broken))
    with pytest.raises(WayInError, match="does not start a server") as raised, Androids():
        pass
    assert raised.value.got.isprintable()


def test_every_command_of_the_closed_list_belongs_to_a_section() -> None:
    sections = {command: section_of(command) for command in adb._COMMANDS}
    assert {command for command, section in sections.items() if not section} == {GETPROP}
    assert section_of("pm list packages -f -i -U --user 0") == "apps"
    assert sections["dumpsys user"] == "users"
    assert sections["dumpsys wifi"] == "links"


def test_the_station_costs_a_phone_nothing_while_it_waits() -> None:
    with ReplayAdbd(shell=phone()) as device, Androids((device.address,)) as way:
        seen(way, ready)
        before = len(device.ran)
        for _ in range(5):
            way.look()
        assert len(device.ran) == before
