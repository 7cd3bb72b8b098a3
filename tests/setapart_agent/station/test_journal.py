"""The log of a station: its lines, its bound, and what it never stops."""

import datetime as dt
import json
import stat
from pathlib import Path

import msgspec

from setapart_agent.station import journal as module
from setapart_agent.station.journal import FILE, Entry, Journal

NOW = dt.datetime(2026, 11, 26, 9, 0, 0, 123456, tzinfo=dt.UTC)


def journal(folder: Path, failures: list[str]) -> Journal:
    return Journal(folder, lambda: NOW, failures.append)


def test_a_step_is_a_line_that_only_the_owner_may_read(tmp_path: Path) -> None:
    failures: list[str] = []
    log = journal(tmp_path, failures)
    log.note("started")
    log.note("read", platform="ios", seen=2, unseen=1, seconds=3)
    assert [json.loads(line) for line in (tmp_path / FILE).read_text().splitlines()] == [
        {"at": "2026-11-26T09:00:00Z", "event": "started"},
        {"at": "2026-11-26T09:00:00Z", "event": "read", "platform": "ios", "seen": 2, "unseen": 1, "seconds": 3},
    ]
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert failures == []


def test_no_field_could_hold_a_text_of_a_phone() -> None:
    texts = {one.name for one in msgspec.structs.fields(Entry) if one.type == str | None}
    assert texts == {"why"}


def test_the_log_does_not_grow_without_end(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"x" * module.MOST_BYTES)
    log = journal(tmp_path, [])
    log.note("started")
    assert (tmp_path / f"{FILE}.1").stat().st_size == module.MOST_BYTES
    assert len((tmp_path / FILE).read_text().splitlines()) == 1


def test_a_log_that_can_not_be_written_is_told_once_and_stops_nothing(tmp_path: Path) -> None:
    failures: list[str] = []
    log = journal(tmp_path / "gone", failures)
    log.note("started")
    log.note("ended")
    assert failures == ["No such file or directory"]


def test_a_link_in_the_place_of_the_log_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    (tmp_path / FILE).symlink_to(other)
    failures: list[str] = []
    journal(tmp_path, failures).note("started")
    assert failures
    assert not other.exists()
