"""Sources as typed: an unusable one is the caller's error, before anything is read."""

from pathlib import Path
from typing import NoReturn

import pytest

from pretended_windows import pretend
from setapart_agent.collectors.windows import collector, live
from setapart_agent.errors import SourceError
from setapart_agent.sources import SourceSpec, collect, local_device, parse_source


@pytest.mark.parametrize(
    ("typed", "kind", "argument"),
    [
        ("local", "local", None),
        ("adb", "adb", None),
        ("adb:SERIAL", "adb", "SERIAL"),
        ("adb:127.0.0.1:5555", "adb", "127.0.0.1:5555"),
        ("bugreport:/a:b.zip", "bugreport", "/a:b.zip"),
        ("androidqf:dir", "androidqf", "dir"),
        ("root:/mnt", "root", "/mnt"),
    ],
)
def test_a_source_is_read_as_typed(typed: str, kind: str, argument: str | None) -> None:
    assert parse_source(typed) == SourceSpec(kind=kind, argument=argument)  # type: ignore[arg-type]


@pytest.mark.parametrize("typed", ["", "usb", "local:x", "root", "root:", "bugreport:", "ADB", "local "])
def test_a_source_that_means_nothing_is_refused_with_what_would_do(typed: str) -> None:
    with pytest.raises(SourceError) as refused:
        parse_source(typed)
    assert refused.value.expected


def test_a_file_carried_by_hand_is_worth_less_than_a_station_that_read_the_phone() -> None:
    assert parse_source("adb").grade == "station"
    assert parse_source("bugreport:x").grade == "imported"
    assert parse_source("local").grade == "agent-key"


@pytest.mark.parametrize("typed", ["root:/does/not/exist", "bugreport:/does/not/exist", "androidqf:/does/not/exist"])
def test_a_source_that_is_not_there_is_an_error_of_ours(typed: str) -> None:
    with pytest.raises(SourceError):
        collect(parse_source(typed))


def test_on_windows_an_enrolment_looks_at_the_machine_and_at_nobodys_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    software = {"Microsoft": {"Cryptography": {"MachineGuid": "01234567-89ab-cdef-0123-456789abcdef"}}}
    pretend(monkeypatch, tmp_path, user="DESK-17$", machine={"SOFTWARE": software, "SYSTEM": {}})
    monkeypatch.setattr(live, "firmware_tables", lambda: None)

    def collected(*_: object, **__: object) -> NoReturn:
        raise AssertionError("everything was collected")

    monkeypatch.setattr(collector, "run_collectors", collected)
    device = local_device()
    assert device.platform == "windows"
    assert device.boot_time is not None
