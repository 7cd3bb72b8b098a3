"""The chain: strictly increasing, on disk before release, never restarted silently."""

import json
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from setapart_agent.chain import chain_path, locked_chain
from setapart_agent.errors import ChainError

DIGEST = "sha256:" + "0" * 64


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return tmp_path / "key.pem"


def test_a_new_chain_starts_at_one_without_a_previous(key: Path) -> None:
    with locked_chain(key) as chain:
        assert chain.end("d") == (1, None)


def test_the_chain_goes_on_after_a_restart(key: Path) -> None:
    with locked_chain(key) as chain:
        chain.advance("d", 1, DIGEST)
    with locked_chain(key) as chain:
        assert chain.end("d") == (2, DIGEST)
        assert chain.end("another") == (1, None)


def test_two_agents_at_once_never_get_the_same_sequence(key: Path) -> None:
    seen: list[int] = []

    def report() -> None:
        with locked_chain(key) as chain:
            sequence, _ = chain.end("d")
            seen.append(sequence)
            chain.advance("d", sequence, DIGEST)

    threads = [threading.Thread(target=report) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(1, 21))


def test_the_file_is_private_whatever_the_umask(key: Path) -> None:
    before = os.umask(0)
    try:
        with locked_chain(key) as chain:
            chain.advance("d", 1, DIGEST)
    finally:
        os.umask(before)
    assert stat.S_IMODE(chain_path(key).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps({"version": 2, "salt": "0" * 64, "devices": {}}).encode(),
        json.dumps({"version": 1, "salt": "0" * 64, "devices": {"d": {"sequence": 0, "previous": DIGEST}}}).encode(),
    ],
)
def test_a_broken_chain_file_is_an_error_and_never_a_restart_at_one(key: Path, content: bytes) -> None:
    chain_path(key).write_bytes(content)
    with pytest.raises(ChainError, match="not a chain file"), locked_chain(key):
        pass
    assert chain_path(key).read_bytes() == content


def test_a_lock_file_that_is_a_link_is_refused(key: Path, tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("x")
    (tmp_path / "key.pem.chain.lock").symlink_to(tmp_path / "victim")
    with pytest.raises(ChainError), locked_chain(key):
        pass


def test_a_folder_that_is_missing_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(ChainError, match="can't be"), locked_chain(tmp_path / "none" / "key.pem"):
        pass


def test_the_chain_is_synced_to_disk_before_it_is_released(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(handle), real(handle))[1])
    with locked_chain(key) as chain:
        before = len(synced)
        chain.advance("d", 1, DIGEST)
        assert len(synced) - before == 2


def test_a_station_with_many_devices_writes_one_line_for_each_report(key: Path) -> None:
    with locked_chain(key) as chain:
        for number in range(200):
            chain.advance(f"d{number}", 1, DIGEST)
        size = chain_path(key).stat().st_size
        chain.advance("d7", 2, DIGEST)
        assert chain_path(key).stat().st_size - size < 200
    with locked_chain(key) as chain:
        assert (chain.end("d7")[0], chain.end("d8")[0]) == (3, 2)


def test_many_advances_are_folded_into_one_state(key: Path) -> None:
    for _ in range(2):
        with locked_chain(key) as chain:
            for _ in range(300):
                sequence, _previous = chain.end("d")
                chain.advance("d", sequence, DIGEST)
    with locked_chain(key) as chain:
        assert chain.end("d")[0] == 601
        assert len(chain_path(key).read_bytes().splitlines()) == 1


def test_a_line_that_a_crash_tore_is_dropped_and_never_joined_to_the_next(key: Path) -> None:
    with locked_chain(key) as chain:
        chain.advance("d", 1, DIGEST)
    whole = chain_path(key).read_bytes()
    for cut in range(whole.index(b"\n") + 2, len(whole)):
        chain_path(key).write_bytes(whole[:cut])
        with locked_chain(key) as chain:
            assert chain.end("d")[0] == 1
            chain.advance("d", 1, DIGEST)
        with locked_chain(key) as chain:
            assert chain.end("d")[0] == 2


def test_a_disk_that_fills_up_leaves_the_chain_as_it_was(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with locked_chain(key) as chain:
        chain.advance("d", 1, DIGEST)
        before = chain_path(key).read_bytes()
        monkeypatch.setattr(os, "write", _full(os.write))
        with pytest.raises(ChainError, match="No space left"):
            chain.advance("d", 2, DIGEST)
        monkeypatch.undo()
        assert chain.end("d")[0] == 2
        assert chain_path(key).read_bytes() == before


def _full(write: Callable[[int, bytes], int]) -> Callable[[int, bytes], int]:
    """A disk that takes ten more bytes."""
    left = [10]

    def limited(handle: int, content: bytes) -> int:
        if not left[0]:
            raise OSError(28, "No space left on device")
        taken = write(handle, content[: left[0]])
        left[0] -= taken
        return taken

    return limited
