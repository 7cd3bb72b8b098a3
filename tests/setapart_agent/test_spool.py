"""The spool: ordered, bounded, private, and whole whenever its agent dies."""

import datetime as dt
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setapart_agent.chain import locked_chain
from setapart_agent.errors import SpoolError
from setapart_agent.spool import MOST_REJECTED, Rejection, Spool

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def add(spool: Spool, number: int, *, raw: bytes = b"x", now: dt.datetime = NOW) -> int:
    return spool.release(spool.stage(raw, digest(number), number, now), now)


def sequences(spool: Spool) -> list[int]:
    return [report.sequence for report in spool.reports()]


def test_reports_come_out_in_their_order_even_if_the_clock_is_turned_back(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number, hours in ((1, 0), (2, 5), (3, -100), (4, 1)):
        add(spool, number, now=NOW + dt.timedelta(hours=hours))
    assert sequences(Spool(tmp_path)) == [1, 2, 3, 4]


def test_a_staged_report_is_nobodys_until_it_is_released(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    staged = spool.stage(b"x", digest(1), 1, NOW)
    assert sequences(spool) == []
    spool.release(staged, NOW)
    assert sequences(spool) == [1]


def test_of_what_a_dead_agent_staged_the_chain_decides(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in (1, 2):
        spool.stage(b"x", digest(number), number, NOW)
    assert Spool(tmp_path).recover({digest(2)}) == 1
    assert sequences(spool) == [2]
    assert [path.name for path in (tmp_path / "spool").glob(".*")] == []


def test_the_oldest_make_room_and_it_is_counted(tmp_path: Path) -> None:
    spool = Spool(tmp_path, most=3)
    assert [add(spool, number) for number in range(1, 6)] == [0, 0, 0, 1, 1]
    assert sequences(spool) == [3, 4, 5]
    assert spool.dropped.reports == 2


@settings(max_examples=25, deadline=None)
@given(sizes=st.lists(st.integers(0, 50), min_size=1, max_size=12), most=st.integers(1, 5), room=st.integers(0, 60))
def test_the_bounds_hold_and_the_newest_always_stays(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], most: int, room: int
) -> None:
    spool = Spool(tmp_path_factory.mktemp("spool"), most=most, most_bytes=room)
    for number, size in enumerate(sizes, 1):
        add(spool, number, raw=b"x" * size)
        kept = spool.reports()
        assert kept[-1].sequence == number
        assert len(kept) == 1 or (len(kept) <= most and sum(one.size for one in kept) <= room)
        assert spool.dropped.reports + len(kept) == number


def test_everything_in_it_is_private_under_any_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        add(Spool(tmp_path), 1)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "spool").stat().st_mode) == 0o700
    assert stat.S_IMODE(Spool(tmp_path).reports()[0].path.stat().st_mode) == 0o600


def test_a_rejected_report_is_kept_with_its_reason_and_these_are_bounded(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in range(1, MOST_REJECTED + 3):
        add(spool, number)
        spool.reject(spool.reports()[0], Rejection(reason="bad-statement", got=f"number {number}", at=NOW))
    kept = spool.rejected()
    assert [one.sequence for one in kept] == list(range(3, MOST_REJECTED + 3))
    why = spool.rejection(kept[-1])
    assert why is not None
    assert why.got == f"number {MOST_REJECTED + 2}"
    assert len(list((tmp_path / "spool" / "rejected").iterdir())) == 2 * MOST_REJECTED


def test_files_and_links_that_are_not_ours_are_never_sent(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    add(spool, 1)
    name = spool.reports()[0].name.replace("0000001-", "0000002-")
    (tmp_path / "spool" / name).symlink_to("/etc/passwd")
    (tmp_path / "spool" / "notes.txt").write_text("x")
    assert sequences(spool) == [1]


def test_a_full_disk_is_said_and_leaves_nothing_half(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    add(spool, 1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(SpoolError, match="can't be kept"):
            spool.stage(b"x" * 5000, digest(2), 2, NOW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert sequences(spool) == [1]
    assert not list((tmp_path / "spool").glob(".*"))


_ENDLESS = """
import datetime, sys
from pathlib import Path
from setapart_agent.chain import locked_chain
from setapart_agent.spool import Spool
folder = Path(sys.argv[1])
while True:
    with locked_chain(folder / "key.pem") as chain:
        spool = Spool(folder)
        spool.recover({link.previous for link in chain.state.devices.values()})
        sequence, _ = chain.end("d")
        digest = f"sha256:{sequence:064x}"
        now = datetime.datetime.now(datetime.UTC)
        staged = spool.stage(b"x" * 10000, digest, sequence, now)
        chain.advance("d", sequence, digest)
        spool.release(staged, now)
"""


def test_killed_at_any_moment_it_loses_no_report_and_invents_none(tmp_path: Path) -> None:
    for turn in range(12):
        process = subprocess.Popen([sys.executable, "-c", _ENDLESS, str(tmp_path)])
        until = time.monotonic() + 20
        before = len(Spool(tmp_path).reports())
        while len(Spool(tmp_path).reports()) <= before and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(0.003 * turn)
        process.kill()
        process.wait()
    with locked_chain(tmp_path / "key.pem") as chain:
        spool = Spool(tmp_path)
        spool.recover({link.previous for link in chain.state.devices.values()})
        last = chain.end("d")[0] - 1
    assert sequences(spool) == list(range(1, last + 1))
    assert last >= 12
    assert all(report.path.stat().st_size == 10000 for report in spool.reports())


def test_a_report_that_made_room_while_the_auditor_refused_it_leaves_no_reason_behind(tmp_path: Path) -> None:
    spool = Spool(tmp_path, most=1)
    add(spool, 1)
    refused = spool.reports()[0]
    add(Spool(tmp_path, most=1), 2)  # another process
    spool.reject(refused, Rejection(reason="bad-statement", got="x", at=NOW))
    assert (sequences(spool), spool.rejected(), spool.read(refused)) == ([2], (), None)
    assert list((tmp_path / "spool" / "rejected").iterdir()) == []


@pytest.mark.parametrize("call", ["reports", "rejected", "stage", "reject", "remove"])
def test_a_file_in_place_of_its_folder_is_said_with_the_next_step(tmp_path: Path, call: str) -> None:
    spool = Spool(tmp_path)
    add(spool, 1)
    report = spool.reports()[0]
    (tmp_path / "spool").rename(tmp_path / "away")
    (tmp_path / "spool").write_text("x")
    calls = {
        "reports": spool.reports,
        "rejected": spool.rejected,
        "stage": lambda: Spool(tmp_path).stage(b"x", digest(2), 2, NOW),
        "reject": lambda: spool.reject(report, Rejection(reason="r", got="g", at=NOW)),
        "remove": lambda: spool.remove(report),
    }
    with pytest.raises(SpoolError) as told:
        calls[call]()
    assert str(tmp_path / "spool") in told.value.cure


def test_a_folder_under_a_hidden_name_is_left_alone(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    add(spool, 1)
    (tmp_path / "spool" / ".snapshot").mkdir()
    spool.stage(b"x", digest(2), 2, NOW)
    assert Spool(tmp_path).recover({digest(2)}) == 1
    assert sequences(spool) == [1, 2]
    assert (tmp_path / "spool" / ".snapshot").is_dir()


@pytest.mark.parametrize(
    "raw",
    [b'{"reports":18446744073709551615}', b'{"reports":-1}', b'{"x":' + b"[" * 500_000, b"x" * 2_000_000],
    ids=["too-many", "less-than-none", "deep", "huge"],
)
def test_a_count_that_somebody_else_wrote_keeps_no_report_from_being_kept(tmp_path: Path, raw: bytes) -> None:
    spool = Spool(tmp_path, most=1)
    add(spool, 1)
    (tmp_path / "spool" / "dropped.json").write_bytes(raw)
    add(spool, 2)
    assert sequences(spool) == [2]
    assert spool.dropped.reports == 1


def test_a_count_that_nobody_can_read_keeps_no_report_from_being_kept(tmp_path: Path) -> None:
    spool = Spool(tmp_path, most=1)
    add(spool, 1)
    os.mkfifo(tmp_path / "spool" / "dropped.json")
    add(spool, 2)
    assert (sequences(spool), spool.dropped.reports) == ([2], 1)


def test_the_auditors_words_are_shown_without_what_steers_a_terminal(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    add(spool, 1)
    spool.reject(spool.reports()[0], Rejection(reason="no", got="x", at=NOW))
    (found,) = spool.rejected()
    path = found.path.with_suffix(".json")
    path.write_bytes(path.read_bytes().replace(b'"x"', b'"\\u001b[2J"'))
    why = spool.rejection(found)
    assert why is not None
    assert why.got == "\\u001b[2J"
