"""Exports as files: what they are, what they hold, what is said of what they do not hold."""

import datetime as dt
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mdm_maker import (
    IPHONE,
    LINUX,
    MAC,
    PHONE,
    WINDOWS,
    amapi_device,
    apple_responses,
    encoded,
    fleet_host,
    glpi_inventory,
    glpi_xml,
    graph_device,
    plist,
    status_report,
    zipped,
)
from setapart_agent.collectors import worker
from setapart_agent.collectors.base import Collected
from setapart_agent.collectors.mdm import collector
from setapart_agent.errors import SourceError
from setapart_agent.sources import SourceSpec, collect_all

EXPORTS: dict[str, Callable[[], bytes]] = {
    "mdm.amapi": lambda: encoded(amapi_device(PHONE)),
    "mdm.graph": lambda: encoded(graph_device(WINDOWS)),
    "mdm.osquery": lambda: encoded({"host": fleet_host(MAC)}),
    "mdm.glpi": lambda: glpi_xml(LINUX),
    "mdm.apple-ddm": lambda: encoded(status_report(IPHONE)),
    "mdm.apple-apps": lambda: plist(apple_responses(IPHONE)),
}


def collected(folder: Path, content: bytes, name: str = "export") -> list[Collected]:
    path = folder / name
    path.write_bytes(content)
    return list(collector.collect_file(path))


@pytest.mark.parametrize("kind", EXPORTS)
def test_the_content_tells_the_kind(tmp_path: Path, kind: str) -> None:
    (found,) = collected(tmp_path, EXPORTS[kind]())
    assert kind in [info.name for info in found.collectors]
    assert {row.collector for row in found.facts.coverage} <= {info.name for info in found.collectors}
    assert found.facts.profiles
    for profile in found.facts.profiles:
        told = {row.section for row in found.facts.coverage if row.profile == profile.id}
        assert told == {"apps", "accounts", "links"}, profile


@pytest.mark.parametrize("kind", EXPORTS)
def test_no_export_shows_all_that_a_dedicated_device_needs(tmp_path: Path, kind: str) -> None:
    (found,) = collected(tmp_path, EXPORTS[kind]())
    assert not [row for row in found.facts.coverage if row.section != "apps" and row.status == "observed"]


def test_the_managers_word_for_when_counts_and_else_the_files_age(tmp_path: Path) -> None:
    (told,) = collected(tmp_path, EXPORTS["mdm.amapi"]())
    assert told.taken_at == dt.datetime(2026, 11, 20, 8, 15, 30, 123000, tzinfo=dt.UTC)
    path = tmp_path / "responses.plist"
    path.write_bytes(EXPORTS["mdm.apple-apps"]())
    os.utime(path, (1_700_000_000, 1_700_000_000))
    (silent,) = collector.collect_file(path)
    assert silent.taken_at == dt.datetime(2023, 11, 14, 22, 13, 20, tzinfo=dt.UTC)


def test_every_device_is_noted_before_its_facts_are_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[object] = []
    monkeypatch.setattr(worker, "noted", [noted.append])
    path = tmp_path / "x"
    path.write_bytes(encoded([amapi_device(PHONE), amapi_device(PHONE, number=2)]))
    for count, found in enumerate(collector.collect_file(path), 1):
        assert len(noted) == count
        assert noted[-1] == found.facts.device


@pytest.mark.parametrize("wrap", ["folder", "zip"])
def test_a_folder_or_zip_holds_exports_of_every_kind(
    tmp_path: Path, wrap: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = apple_responses(IPHONE)
    files = {
        "a/devices.json": EXPORTS["mdm.amapi"](),
        "b.xml": EXPORTS["mdm.glpi"](),
        "c/1.plist": plist(answers[0]),
        "c/2.plist": plist(answers[2]),
        "README.txt": b"Nothing of interest",
    }
    if wrap == "zip":
        found = collected(tmp_path, zipped(files), "exports.zip")
    else:
        for name, content in files.items():
            (tmp_path / "x" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "x" / name).write_bytes(content)
        found = list(collector.collect_file(tmp_path / "x"))
    assert [one.facts.device.platform for one in found] == ["android", "linux", "ios"]
    assert found[2].facts.device.serial == IPHONE.serial
    assert found[2].facts.apps
    assert "left out: 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no export that is known"),
        (b'{"kind": "androidenterprise#device"}', "is no export that is known"),
        (b"package,name\ncom.a,A\n", "is no export that is known"),
        (plist({"PayloadType": "Configuration", "PayloadContent": []}), "is no export that is known"),
        (encoded({"devices": [], "applicationReports": 1}), "no device in this export"),
        (encoded(graph_device(WINDOWS, operatingSystem="ChromeOS")), "no device of a known system"),
        (encoded({"hosts": [], "detail_updated_at": ""}), "no device in this export"),
        (zipped({}), "no device in this export"),
        (zipped({"a.txt": b"x"}), "is no export that is known"),
        (b"PK\x03\x04" + b"\x00" * 100, "can't be read"),
    ],
)
def test_what_is_no_export_is_refused_with_what_would_be_one(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        collected(tmp_path, content)
    assert caught.value.expected


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no file"):
        list(collector.collect_file(tmp_path / "nothing"))


def test_a_device_that_cannot_be_read_is_told_after_the_others(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(encoded({"devices": [amapi_device(PHONE), {"x": 1}, amapi_device(PHONE, number=3)]}))
    given: list[Collected] = []
    with pytest.raises(SourceError, match="1 of 3 devices can't be read"):
        given.extend(collector.collect_file(path))
    assert len(given) == 2


def test_a_list_without_its_last_page_is_told_after_its_devices(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "1.json").write_bytes(encoded({"devices": [amapi_device(PHONE)], "nextPageToken": "2"}))
    (pages / "other.json").write_bytes(encoded({"value": [graph_device(WINDOWS)]}))
    given: list[Collected] = []
    with pytest.raises(SourceError, match="goes on on a page that is not here"):
        given.extend(collector.collect_file(pages))
    assert len(given) == 2
    (pages / "2.json").write_bytes(encoded({"devices": [amapi_device(PHONE, number=2)]}))
    assert len(list(collector.collect_file(pages))) == 3


def test_devices_of_other_systems_are_left_out_aloud(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    devices = [graph_device(WINDOWS), graph_device(WINDOWS, number=2, operatingSystem="ChromeOS")]
    assert len(collected(tmp_path, encoded({"value": devices}))) == 1
    assert "left out: 1" in capsys.readouterr().err


def test_a_zip_with_a_password_or_a_bomb_in_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped({"x.json": b" " * 5_000_000})
    monkeypatch.setattr(collector, "FILE_LIMIT", 1_000_000)
    with pytest.raises(SourceError, match="larger than"):
        collected(tmp_path, bomb, "bomb.zip")
    monkeypatch.setattr(collector, "TOTAL_LIMIT", 1_500_000)
    with pytest.raises(SourceError, match="more than 1500000 bytes"):
        collected(tmp_path, zipped({f"{at}.json": b" " * 900_000 for at in range(3)}), "many.zip")
    locked = bytearray(zipped({"x.json": b"{}"}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + at] |= 1
    with pytest.raises(SourceError, match="can't be read"):
        collected(tmp_path, bytes(locked), "locked.zip")


def test_a_zip_whose_members_are_damaged_is_refused(tmp_path: Path) -> None:
    whole = zipped({"x.json": encoded([amapi_device(PHONE)] * 20)})
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as archive:
        archive.writestr("x", b"")
    damaged = bytearray(whole)
    damaged[60:80] = b"\xff" * 20
    with pytest.raises(SourceError):
        collected(tmp_path, bytes(damaged), "damaged.zip")


def test_links_in_a_folder_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "outside.json").write_bytes(EXPORTS["mdm.amapi"]())
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "link.json").symlink_to(tmp_path / "outside.json")
    with pytest.raises(SourceError, match="no device"):
        list(collector.collect_file(tmp_path / "x"))


def test_a_pipe_is_no_export(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="regular file"):
        list(collector.collect_file(tmp_path / "pipe"))


def test_the_source_is_read_in_a_worker_device_after_device(tmp_path: Path) -> None:
    path = tmp_path / "devices.json"
    path.write_bytes(encoded({"devices": [amapi_device(PHONE, number=at) for at in range(5)]}))
    found = list(collect_all(SourceSpec(kind="mdm", argument=str(path))))
    assert len(found) == 5


def test_a_list_of_many_devices_needs_the_memory_of_the_file_and_one_device(tmp_path: Path) -> None:
    device = encoded(amapi_device(PHONE, memoryEvents=[{"byteCount": "1", "createTime": "x" * 100}] * 60))
    path = tmp_path / "devices.json"
    with path.open("wb") as file:
        file.write(b'{"devices": [' + device)
        for _ in range(1500):
            file.write(b"," + device)
        file.write(b"]}")
    size = path.stat().st_size
    assert size > 14_000_000
    import tracemalloc

    tracemalloc.start()
    try:
        assert sum(1 for _ in collector.collect_file(path)) == 1501
        assert tracemalloc.get_traced_memory()[1] < 2.5 * size
    finally:
        tracemalloc.stop()


def test_a_glpi_export_in_json_and_a_folder_of_one_kind(tmp_path: Path) -> None:
    for at, machine in enumerate((WINDOWS, LINUX)):
        (tmp_path / f"{at}.json").write_bytes(encoded(glpi_inventory(machine)))
    assert [one.facts.device.platform for one in collector.collect_file(tmp_path)] == ["windows", "linux"]
