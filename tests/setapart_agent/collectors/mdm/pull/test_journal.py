"""What a pull remembers: nothing is lost, little is told, and another run's state is not taken up."""

import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from setapart_agent.collectors.mdm.pull import journal
from setapart_agent.collectors.mdm.pull.journal import Journal, Memory, state_path
from setapart_agent.errors import SourceError

NOW = 1_795_000_000.0
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, tzinfo=UTC)


def opened(path: Path, *, settings: str = "sha256:1", now: float = NOW, told: list[str] | None = None) -> Journal:
    return Journal.open(path, settings, now=now, hours=12, say=(told if told is not None else []).append)


def test_a_run_that_stopped_is_taken_up_with_page_and_devices(tmp_path: Path) -> None:
    path = tmp_path / "mdm.state"
    first = opened(path)
    first.give("a", "S1", MONDAY)
    first.turn("page-2")
    first.give("b", None, None)
    first.close()
    told: list[str] = []
    second = opened(path, told=told)
    assert (second.cursor, len(second)) == ("page-2", 2)
    assert "a" in second
    assert "b" in second
    assert "c" not in second
    assert told == ["the pull of 2026-11-18 11:06:40 UTC goes on after 2 devices; remove mdm.state to begin anew"]
    second.close()


def test_a_run_at_its_end_leaves_nothing(tmp_path: Path) -> None:
    journal = opened(tmp_path / "mdm.state")
    journal.give("a", None, None)
    journal.finish()
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_was_torn_is_left_out_and_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "mdm.state"
    journal = opened(path)
    journal.give("a", None, None)
    journal.give("b", None, None)
    journal.close()
    path.write_bytes(path.read_bytes()[:-9])
    again = opened(path)
    assert "a" in again
    assert "b" not in again
    again.give("c", None, None)
    again.close()
    last = opened(path)
    assert len(last) == 2
    assert "c" in last
    last.close()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"settings": "sha256:2"}, "it is of other settings"),
        ({"now": NOW + 12 * 3600 + 1}, "it is older than 12 hours"),
        ({"now": NOW - 1}, "it is older than 12 hours"),
    ],
    ids=["other-settings", "too-old", "from-the-future"],
)
def test_a_state_that_does_not_fit_is_discarded_and_said(changes: dict[str, float], why: str, tmp_path: Path) -> None:
    path = tmp_path / "mdm.state"
    journal = opened(path)
    journal.give("a", None, None)
    journal.turn("2")
    journal.close()
    told: list[str] = []
    fresh = opened(path, told=told, **changes)  # type: ignore[arg-type]
    assert (len(fresh), fresh.cursor) == (0, None)
    assert told == [f"mdm.state is discarded: {why}; the pull begins anew"]
    fresh.give("b", None, None)
    fresh.close()
    again = opened(path, **changes)  # type: ignore[arg-type]
    assert len(again) == 1
    again.close()


@pytest.mark.parametrize(
    "content",
    [b"x", b"\n", b"{}\n", b'{"version": 1}\n', b"\xff\n", b"[" * 100_000 + b"\n",
     b'{"version":2,"settings":"sha256:1","started_at":1795000000.0,"salt":"00"}\n',
     b'{"version":1,"settings":"sha256:1","started_at":1795000000.0,"salt":"zz"}\n',
     b'{"version":1,"settings":"sha256:1","started_at":1795000000.0,"salt":"00"}\n{"given":"zz"}\n'],
)  # fmt: skip
def test_what_is_no_state_is_discarded(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "mdm.state"
    path.write_bytes(content)
    told: list[str] = []
    journal = opened(path, told=told)
    assert len(journal) == 0
    assert told == ["mdm.state is discarded: it is no state of a pull; the pull begins anew"]
    journal.close()


def test_the_state_is_its_owner_s_and_names_no_device(tmp_path: Path) -> None:
    path = tmp_path / "mdm.state"
    before = os.umask(0)
    try:
        journal = opened(path)
    finally:
        os.umask(before)
    journal.give("enterprises/LC01/devices/1", "SERIAL1", MONDAY)
    journal.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"SERIAL1" not in path.read_bytes()
    assert b"LC01" not in path.read_bytes()


def test_the_same_device_has_another_name_in_every_file(tmp_path: Path) -> None:
    names = set()
    for name in ("1.state", "2.state"):
        journal = opened(tmp_path / name)
        journal.give("a", None, None)
        journal.close()
        names.add(json.loads((tmp_path / name).read_text().splitlines()[1])["given"])
    assert len(names) == 2


def test_a_device_is_on_disk_before_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mdm.state"
    journal = opened(path)
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(path.read_bytes().count(b"\n")))
    journal.give("a", None, None)
    journal.turn("2")
    assert synced == [2, 3]
    journal.close()


def test_a_full_disk_is_our_error_and_the_device_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    journal = opened(tmp_path / "mdm.state")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SourceError, match=r"mdm\.state can't be written: No space left"):
        journal.give("a", None, None)
    assert "a" not in journal
    journal.close()


def test_two_pulls_at_once_are_refused(tmp_path: Path) -> None:
    journal = opened(tmp_path / "mdm.state")
    with pytest.raises(SourceError, match="another pull holds"):
        opened(tmp_path / "mdm.state")
    journal.close()


def test_a_file_that_was_removed_while_it_was_waited_for_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mdm.state"
    lock, removed = journal._lock, []

    def last_moment(handle: int, place: Path) -> None:
        lock(handle, place)
        if not removed:  # as if the pull before came to its end between our opening and our lock
            removed.append(place.unlink())

    monkeypatch.setattr(journal, "_lock", last_moment)
    made = opened(path)
    made.give("a", None, None)
    made.close()
    assert path.read_bytes().count(b"given") == 1


def test_a_link_in_place_of_the_state_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "mdm.state").symlink_to(tmp_path / "victim")
    with pytest.raises(SourceError, match="can't be written"):
        opened(tmp_path / "mdm.state")
    assert (tmp_path / "victim").read_text() == "precious"


def test_an_older_record_of_a_serial_is_known_as_such_also_after_a_stop(tmp_path: Path) -> None:
    path = tmp_path / "mdm.state"
    journal = opened(path)
    journal.give("new", "S1", TUESDAY)
    journal.close()
    again = opened(path)
    assert again.is_outdated("S1", MONDAY)
    assert not again.is_outdated("S1", TUESDAY)
    assert not again.is_outdated("S2", MONDAY)
    assert not again.is_outdated(None, MONDAY)
    assert not again.is_outdated("S1", None)
    again.give("old", "S1", MONDAY)
    assert again.is_outdated("S1", MONDAY)
    again.close()


def test_memory_alone_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    memory = Memory()
    memory.turn("2")
    memory.give("a", None, None)
    memory.restart()
    assert (memory.cursor, len(memory), "a" in memory) == (None, 1, True)
    memory.finish()
    memory.close()
    assert list(tmp_path.iterdir()) == []


def test_the_state_stands_beside_the_settings() -> None:
    assert state_path(Path("/x/mdm-graph.toml")) == Path("/x/mdm-graph.state")
    assert state_path(Path("/x/ours")) == Path("/x/ours.state")
