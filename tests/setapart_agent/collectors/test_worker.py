"""A worker may die in any way: the agent lives on, says what it did not see, and nothing of the worker stays behind."""

import contextlib
import ctypes
import faulthandler
import gc
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from setapart_agent.collectors import worker
from setapart_agent.collectors.base import Collected, CollectorInfo
from setapart_agent.collectors.worker import Ask, in_worker, note_device
from setapart_agent.errors import AgentError, ParseError, SourceError
from setapart_agent.facts import AccountFact, DeviceFacts, Facts
from setapart_evidence.model import App, Coverage, Link, Profile

PHONE = DeviceFacts(platform="android", model="Pixel", serial="R58")
INFO = CollectorInfo(
    name="test.things", version=3, sections=("apps",), maturity="captures", reads=("things",), modules=("a", "b")
)


_open_before: set[int] = set()
"""The descriptors of the test run itself."""


def _open_descriptors() -> set[int]:
    """Pipes, and files that are named; other tests' servers may still open and close sockets in threads of theirs."""
    links: dict[int, str] = {}
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            links[int(entry.name)] = str(entry.readlink())
    return {number for number, link in links.items() if link.startswith(("pipe:", "/"))}


def _children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


@pytest.fixture(autouse=True)
def _nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After every test: no child, no open descriptor, no temporary file."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    children = _children()
    _open_before.clear()
    _open_before.update(_open_descriptors())
    yield
    gc.collect()
    assert _children() <= children
    patience = time.monotonic() + 5
    while _open_descriptors() - _open_before and time.monotonic() < patience:
        time.sleep(0.05)
    assert _open_descriptors() <= _open_before
    assert list(scratch.iterdir()) == []


def device(number: int = 0, *apps: App) -> Collected:
    return Collected(facts=Facts(device=DeviceFacts(platform="ios", model=f"n{number}"), apps=apps), collectors=(INFO,))


def after_noting(action: Callable[[], object]) -> Callable[[Ask], Iterable[Collected]]:
    def work(_ask: Ask) -> Iterator[Collected]:
        note_device(PHONE)
        action()
        yield device()

    return work


def without_noting(action: Callable[[], object]) -> Callable[[Ask], Iterable[Collected]]:
    def work(_ask: Ask) -> Iterator[Collected]:
        action()
        yield device()

    return work


def recurse() -> int:
    return 1 + recurse()


def eat() -> None:
    pieces: list[bytearray] = []
    while True:
        pieces.append(bytearray(8 * 1024 * 1024))


def burn() -> None:
    while True:
        pass


def forge(frame: bytes) -> None:
    """Writes into every pipe of the worker: what code that took it over could do."""
    for descriptor in _open_descriptors() - _open_before:
        with contextlib.suppress(OSError):
            os.write(descriptor, frame)


def crash() -> None:
    faulthandler.disable()
    ctypes.string_at(0)


def leave() -> None:
    os._exit(0)


def shut_and_hang() -> None:
    """Closes every pipe and goes on."""
    os.closerange(3, 64)
    time.sleep(60)


DEATHS = {
    "killed": (lambda: os.kill(os.getpid(), signal.SIGKILL), "SIGKILL"),
    "crash": (crash, "SIGSEGV"),
    "memory": (eat, "more memory"),
    "left": (leave, "broke"),
    "exit": (lambda: sys.exit("no"), "SystemExit"),
    "recursion": (recurse, "RecursionError at test_worker:"),
    "error": (lambda: {}["/home/ada"], "KeyError at test_worker:"),
    "interrupt": (lambda: os.kill(os.getpid(), signal.SIGINT), "KeyboardInterrupt"),
    "broken disk": (lambda: open("/does/not/exist/ada", "rb"), "FileNotFoundError ENOENT at test_worker:"),  # noqa: SIM115, PTH123
    "garbage": (lambda: forge(b"\xff" * 5000), "the worker"),
    "shut pipe": (shut_and_hang, "SIGKILL"),
}


@pytest.mark.parametrize("how", DEATHS)
def test_a_death_at_a_device_is_that_device_with_every_section_failed(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    action, words = DEATHS[how]
    monkeypatch.setattr(worker, "MEMORY", 256 * 1024 * 1024)
    (found,) = in_worker(after_noting(action))
    assert found.facts.device == PHONE
    assert [(row.section, row.profile, row.status) for row in found.facts.coverage] == [
        (section, "system", "failed") for section in ("apps", "accounts", "links")
    ]
    assert found.facts.apps + found.facts.accounts + found.facts.links == ()
    (reason,) = {row.reason for row in found.facts.coverage}
    assert reason is not None
    assert words in reason
    assert "ada" not in reason, "a reason names neither a path nor a person"
    assert [info.name for info in found.collectors] == ["agent.worker"]


def test_an_attached_device_that_breaks_a_parser_is_that_device_with_every_section_failed() -> None:
    def work(_ask: Ask) -> Iterator[Collected]:
        assert os.getpid() == here
        note_device(PHONE)
        yield from map(int, ["jane@example.com"])  # type: ignore[misc]

    here = os.getpid()
    (found,) = in_worker(work, forked=False)
    assert found.facts.device == PHONE
    assert {row.status for row in found.facts.coverage} == {"failed"}
    assert all("ValueError" in (row.reason or "") and "jane" not in (row.reason or "") for row in found.facts.coverage)


@pytest.mark.parametrize("how", sorted(DEATHS.keys() - {"broken disk"}))
def test_a_death_before_any_device_is_an_error_of_the_source(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "MEMORY", 256 * 1024 * 1024)
    with pytest.raises(SourceError) as refused:
        list(in_worker(without_noting(DEATHS[how][0])))
    assert refused.value.cure


def test_a_worker_that_computes_for_ever_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "CPU_SECONDS", 1)
    begun = time.monotonic()
    (found,) = in_worker(after_noting(burn))
    assert {row.reason for row in found.facts.coverage} == {"it needs more than 1 seconds of CPU time"}
    assert time.monotonic() - begun < 20


def test_limits_that_are_lower_already_are_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(_ask: Ask) -> Iterator[Collected]:
        resource.setrlimit(resource.RLIMIT_CPU, (7, resource.RLIM_INFINITY))
        yield from in_worker(inner)

    def inner(_ask: Ask) -> Iterator[Collected]:
        yield device(resource.getrlimit(resource.RLIMIT_CPU)[0])

    assert list(in_worker(work)) == [device(7)]


def test_devices_before_a_death_are_kept_and_the_rest_of_many_is_missed_aloud() -> None:
    def work(_ask: Ask) -> Iterator[Collected]:
        yield device(1)
        yield device(2)
        note_device(PHONE)
        leave()

    devices = in_worker(work, many=True)
    assert [next(devices), next(devices)] == [device(1), device(2)]
    dead = next(devices)
    assert dead.facts.device == PHONE
    assert {row.status for row in dead.facts.coverage} == {"failed"}
    with pytest.raises(SourceError, match="not every device"):
        next(devices)
    assert len(list(in_worker(work))) == 3, "a source of one device is whole with its failed device"


def test_everything_that_collectors_find_arrives_as_it_is() -> None:
    sent = Collected(
        facts=Facts(
            device=PHONE,
            profiles=(Profile(id="10", kind="work", name="Ada", running=True),),
            apps=(App(identifier="a", name="ü\u202e\x00", profile="10", source="mdm", permissions=("contacts",)),),
            accounts=(AccountFact(profile="10", type="t", services=("mail", "files"), address="a@b", enabled=False),),
            links=(Link(kind="vpn", target=None, profile="10"),),
            coverage=(Coverage(section="apps", profile="10", collector="c", status="denied", reason="r"),),
        ),
        collectors=(INFO, INFO),
        taken_at=datetime(2026, 11, 25, 1, 2, 3, 456789, tzinfo=UTC),
    )
    assert list(in_worker(lambda _ask: (sent, sent))) == [sent, sent]


def test_half_a_surrogate_pair_arrives_as_an_escape() -> None:
    note = DeviceFacts(platform="ios", model="\ud83d")

    def work(_ask: Ask) -> Iterator[Collected]:
        note_device(note)
        yield Collected(
            facts=Facts(apps=(App(identifier="x\udfff", name="\ud800y", profile="0", source="mdm"),)),
            collectors=(),
            taken_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        note_device(note)
        leave()

    first, last = in_worker(work)
    assert [(app.identifier, app.name) for app in first.facts.apps] == [("x\\udfff", "\\ud800y")]
    assert first.taken_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert last.facts.device.model == "\\ud83d"


@pytest.mark.parametrize("family", [SourceError, ParseError, AgentError])
def test_errors_of_ours_travel_unchanged(family: type[AgentError]) -> None:
    sent = family("got 'x'", expected="this", cure="do that", where="file.json: 3")

    def fail() -> None:
        raise sent

    for work in (without_noting(fail), after_noting(fail)):
        with pytest.raises(family) as arrived:
            list(in_worker(work))
        assert type(arrived.value) is family
        assert str(arrived.value) == str(sent)
        assert (arrived.value.got, arrived.value.expected, arrived.value.cure) == ("got 'x'", "this", "do that")


def test_an_error_with_half_a_surrogate_pair_arrives() -> None:
    def fail() -> None:
        raise SourceError("no folder '\udc80'", expected="a folder")

    with pytest.raises(SourceError, match=r"\\udc80"):
        list(in_worker(without_noting(fail)))


def test_a_file_that_cant_be_opened_at_all_is_an_error_that_names_it() -> None:
    with pytest.raises(SourceError, match="/does/not/exist"):
        list(in_worker(without_noting(lambda: Path("/does/not/exist").read_bytes())))


def test_many_devices_stream_with_the_memory_of_one() -> None:
    """2000 devices of 200 KB are 400 MB."""
    one = device(0, *(App(identifier=f"app{n}" * 10, name="n" * 100, profile="0", source="mdm") for n in range(1000)))
    seen = 0
    for found in in_worker(lambda _ask: (one for _ in range(2000)), many=True):
        seen += 1
        assert len(found.facts.apps) == 1000
        if seen == 20:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert seen == 2000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024  # KiB


def test_one_large_device_arrives() -> None:
    apps = tuple(App(identifier=f"a{n}", name="n" * 1000, profile="0", source="mdm") for n in range(40_000))
    (found,) = in_worker(lambda _ask: (device(1, *apps),))
    assert found.facts.apps == apps


def test_a_consumer_that_stops_early_ends_the_worker_at_once() -> None:
    def work(_ask: Ask) -> Iterator[Collected]:
        yield device(1)
        burn()

    devices = in_worker(work)
    assert next(devices) == device(1)
    begun = time.monotonic()
    devices.close()  # type: ignore[attr-defined]
    assert time.monotonic() - begun < 0.5


def test_an_error_of_the_consumer_ends_the_worker() -> None:
    def work(_ask: Ask) -> Iterator[Collected]:
        while True:
            yield device(1)

    with pytest.raises(ZeroDivisionError):
        sum(1 / 0 for _ in in_worker(work))


def test_a_worker_that_says_it_is_done_and_goes_on_is_ended() -> None:
    """What took a worker over can forge its frames; it gains no more than lies about its own device."""

    def work(_ask: Ask) -> Iterator[Collected]:
        yield device(1)
        forge(b"\x06\x01\x00\x00\x00\x80")
        burn()

    begun = time.monotonic()
    assert list(in_worker(work)) == [device(1)]
    assert time.monotonic() - begun < 5


FORGED = {
    "unknown type": b"\x63\x00\x00\x00\x00",
    "too long": b"\x01\xff\xff\xff\xff",
    "cut off": b"\x01\x00\x10\x00\x00abc",
    "nonsense": b"\x01\x04\x00\x00\x00\xc1\xc1\xc1\xc1",
    "other shape": b"\x01\x01\x00\x00\x00\x80",
    "bad utf-8": b"\x00\x0c\x00\x00\x00\x81\xa8platform\xa1\xff",
    "deep": b"\x00\x88\x13\x00\x00\x81\xa1x" + b"\x91" * 4997,
    "wrong platform": b"\x00\x0e\x00\x00\x00\x81\xa8platform\xa3dos",
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_frame_is_no_device(name: str) -> None:
    def lie() -> None:
        forge(FORGED[name])
        leave()

    (found,) = in_worker(after_noting(lie))
    assert found.facts.device == PHONE
    assert {row.status for row in found.facts.coverage} == {"failed"}


def test_a_password_is_asked_for_out_here_and_reaches_the_worker() -> None:
    asked: list[int] = []

    def ask() -> str | None:
        asked.append(os.getpid())
        return "pässword" if len(asked) == 1 else None

    def work(ask: Ask) -> Iterator[Collected]:
        first, second = ask(), ask()
        yield Collected(facts=Facts(device=DeviceFacts(model=f"{first} {second}")), collectors=())

    (found,) = in_worker(work, ask)
    assert found.facts.device.model == "pässword None"
    assert asked == [os.getpid(), os.getpid()]


def test_where_nobody_can_be_asked_there_is_no_password() -> None:
    def work(ask: Ask) -> Iterator[Collected]:
        yield Collected(facts=Facts(device=DeviceFacts(model=str(ask()))), collectors=())

    assert [found.facts.device.model for found in in_worker(work)] == ["None"]


def test_a_question_that_is_interrupted_ends_the_worker() -> None:
    def ask() -> str | None:
        raise KeyboardInterrupt

    def work(ask: Ask) -> Iterator[Collected]:
        ask()
        yield device()

    with pytest.raises(KeyboardInterrupt):
        list(in_worker(work, ask))


def test_workers_inside_workers_and_side_by_side_do_not_mix() -> None:
    def inner(_ask: Ask) -> Iterator[Collected]:
        note_device(PHONE)
        leave()
        yield device()

    def outer(_ask: Ask) -> Iterator[Collected]:
        yield from in_worker(inner)
        yield device(2)

    one, other = in_worker(outer), in_worker(lambda _ask: (device(5), device(6)))
    assert next(other) == device(5)
    assert next(one).facts.device == PHONE
    assert list(other) == [device(6)]
    assert list(one) == [device(2)]


def test_noting_a_device_outside_a_worker_does_nothing() -> None:
    note_device(PHONE)


def test_temporary_files_of_a_worker_go_with_it(tmp_path: Path) -> None:
    """Copies of databases and decrypted parts of backups: the fixture looks whether one is left."""

    def work(_ask: Ask) -> Iterator[Collected]:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "Accounts3.sqlite").write_bytes(b"secret")
            note_device(DeviceFacts(platform="ios", model=folder))
            os.kill(os.getpid(), signal.SIGKILL)
        yield device()

    (found,) = in_worker(work)
    assert str(found.facts.device.model).startswith(str(tmp_path / "scratch" / "setapart-"))


def test_a_worker_reads_no_terminal_and_its_prints_are_no_answer(capfd: pytest.CaptureFixture[str]) -> None:
    def work(_ask: Ask) -> Iterator[Collected]:
        os.write(1, b"chatter of a library\n")
        yield Collected(facts=Facts(device=DeviceFacts(model=repr(os.read(0, 10)))), collectors=())

    (found,) = in_worker(work)
    assert found.facts.device.model == "b''"
    assert capfd.readouterr() == ("", "chatter of a library\n")


def test_no_other_way_to_collect_garbage_is_left_off() -> None:
    """The command line runs with the collector off; files that make cycles must not eat a worker's memory."""
    gc.disable()
    try:
        (found,) = in_worker(
            lambda _ask: (Collected(facts=Facts(device=DeviceFacts(model=str(gc.isenabled()))), collectors=()),)
        )
    finally:
        gc.enable()
    assert found.facts.device.model == "True"


def test_signal_handlers_of_the_agent_are_not_run_by_its_worker() -> None:
    ran: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: ran.append(number))
    try:
        (found,) = in_worker(after_noting(lambda: os.kill(os.getpid(), signal.SIGTERM)))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert "SIGTERM" in str(found.facts.coverage[0].reason)


def test_it_works_where_nobody_waits_for_children() -> None:
    """A service that was started with SIGCHLD ignored: the system forgets how a child ended."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert list(in_worker(lambda _ask: (device(1),))) == [device(1)]
        (found,) = in_worker(after_noting(leave))
    finally:
        signal.signal(signal.SIGCHLD, before)
    assert {row.status for row in found.facts.coverage} == {"failed"}


def test_a_system_that_can_start_no_more_processes_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", full)
    with pytest.raises(SourceError, match="no worker"):
        list(in_worker(lambda _ask: (device(1),)))


def test_no_writable_place_for_temporary_files_is_no_reason_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "mkdir", refuse)
    assert list(in_worker(lambda _ask: (device(1),))) == [device(1)]


class TestWithoutFork:
    """Windows has none."""

    @pytest.fixture(autouse=True)
    def _no_fork(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr(os, "fork")

    def test_devices_come_and_errors_of_ours_travel(self) -> None:
        assert list(in_worker(lambda _ask: (device(1), device(2)))) == [device(1), device(2)]
        with pytest.raises(ParseError, match="ours"):
            list(in_worker(without_noting(lambda: (_ for _ in ()).throw(ParseError("ours")))))

    @pytest.mark.parametrize("how", ["recursion", "error", "broken disk"])
    def test_an_error_that_nobody_expected_is_a_failed_device(self, how: str) -> None:
        (found,) = in_worker(after_noting(DEATHS[how][0]))
        assert found.facts.device == PHONE
        assert {row.status for row in found.facts.coverage} == {"failed"}
        assert not worker.noted

    def test_a_password_is_asked_for(self) -> None:
        (found,) = in_worker(
            lambda ask: (Collected(facts=Facts(device=DeviceFacts(model=ask())), collectors=()),), lambda: "secret"
        )
        assert found.facts.device.model == "secret"


PROGRAM = """
import os, sys, time
from setapart_agent.collectors.worker import in_worker, note_device
from setapart_agent.collectors.base import Collected
from setapart_agent.facts import DeviceFacts, Facts
def work(ask):
    note_device(DeviceFacts(platform="ios", model=str(os.getpid())))
    yield Collected(facts=Facts(device=DeviceFacts(model=str(os.getpid()))), collectors=())
    {then}
sys.stdout.write("once ")
for found in in_worker(work):
    print(found.facts.device.model, flush=True)
"""


def _started(then: str, **more: Any) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(then=then)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def _is_gone(process: int, within: float) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def test_what_the_agent_printed_is_printed_once() -> None:
    with _started("print('from within'); sys.stdout.flush()") as agent:
        out, err = agent.communicate(timeout=20)
    assert out.count("once") == 1
    assert err == "from within\n"


def test_ctrl_c_ends_both_and_lets_the_worker_put_the_terminal_back() -> None:
    then = (
        "try:\n        sys.stderr.write('ready\\n')\n        sys.stderr.flush()\n        time.sleep(60)\n"
        "    finally:\n        sys.stderr.write('cursor back')\n        sys.stderr.flush()"
    )
    with _started(then, start_new_session=True) as agent:
        assert agent.stdout is not None
        assert agent.stderr is not None
        child = int(agent.stdout.readline().split()[-1])
        assert agent.stderr.readline() == "ready\n"
        os.killpg(agent.pid, signal.SIGINT)
        _, err = agent.communicate(timeout=20)
    assert "cursor back" in err
    assert err.count("Traceback") == 1, "the agent's own alone"
    assert _is_gone(child, 1)


@pytest.mark.parametrize("then", ["time.sleep(60)", "exec('while True: pass')"])
def test_a_worker_ends_soon_after_an_agent_that_was_killed(then: str) -> None:
    with _started(then) as agent:
        assert agent.stdout is not None
        child = int(agent.stdout.readline().split()[-1])
        agent.kill()
        agent.wait(10)
        assert _is_gone(child, 10)
