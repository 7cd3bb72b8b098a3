"""The verifiers: real processes, which are killed and starved; whatever becomes of them, every report is answered."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evidence_factory import DEVICE_ID, DEVICE_SIGNER, NOW, STATION_SIGNER, Keys, app, make_evidence, make_inventory
from intakes import SECONDS, chain_of, digest_of, register, running, set_state, stored, take
from setapart_auditor.installation import Installation, load_policies
from setapart_auditor.intake import verifier
from setapart_auditor.intake.service import Intake
from setapart_auditor.intake.verifier import Claimed, VerifierEndedError, Verifiers, usual_count
from setapart_auditor.intake.verifying import verify
from setapart_auditor.register.database import bind_key, bump
from setapart_evidence.errors import SignatureError, SizeError

KEYS = Keys(DEVICE_SIGNER)
LARGE = make_inventory(apps=[app(f"org.vendor{n % 97}.product{n}", name=f"Product {n}") for n in range(4000)])


def claimed(raw: bytes) -> Claimed:
    return Claimed(raw=raw, device=DEVICE_ID, station=None, keys=KEYS.keys_for(DEVICE_ID, None))


@pytest.fixture
def verifiers() -> Iterator[Verifiers]:
    made = Verifiers(2)
    made.start()
    yield made
    made.close()


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)


def kind_of(handle: Path) -> str:
    return str(handle.readlink()).partition(":")[0]


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_batches_are_answered_each_with_its_own(verifiers: Verifiers) -> None:
    """Two are on their way at a time: the second may not lie where the first is still read."""
    batches = [[make_evidence(sequence=at * 10 + n, inventory=LARGE) for n in range(1, 8)] for at in range(6)]
    before = verifiers.begin([claimed(raw) for raw in batches[0]])
    for at, batch in enumerate(batches[1:], 1):
        begun = verifiers.begin([claimed(raw) for raw in batch])
        assert [one.result() for one in before] == [verify(raw, KEYS) for raw in batches[at - 1]]
        before = begun
    assert [one.result() for one in before] == [verify(raw, KEYS) for raw in batches[-1]]


def test_a_batch_that_nobody_read_does_no_harm_to_those_after_it(verifiers: Verifiers) -> None:
    """What is found is written where the report lay: that must not be where another lies by then."""
    large = [make_evidence(sequence=n, inventory=LARGE) for n in range(1, 5)]
    assert all(one.result() for one in verifiers.begin([claimed(raw) for raw in large]))  # they run, and wait
    for _ in range(2):
        verifiers.begin([claimed(raw) for raw in large])
    small = chain_of(30)
    begun = verifiers.begin([claimed(raw) for raw in small])
    assert [one.result() for one in begun] == [verify(raw, KEYS) for raw in small]


def test_a_batch_of_the_largest_reports_fits(verifiers: Verifiers) -> None:
    largest = b" " * verifier.MOST
    reports = [claimed(b" " * (verifier.BYTES_AT_ONCE // 2 - 1)) for _ in range(2)]
    for _ in range(3):
        for pending in verifiers.begin([*reports, claimed(largest)]):
            with pytest.raises(SizeError):
                pending.result()


def test_who_waits_reads_answers_in_any_order(verifiers: Verifiers) -> None:
    raws = chain_of(9)
    begun = verifiers.begin([claimed(raw) for raw in raws])
    assert [one.result() for one in reversed(begun)] == [verify(raw, KEYS) for raw in reversed(raws)]


def test_only_the_report_at_which_a_process_ends_is_answered_with_an_error() -> None:
    verifiers = Verifiers(1)
    verifiers.start()
    try:
        raws = chain_of(6)
        (first,) = verifiers.begin([claimed(raws[0])])
        assert first.result() is not None
        os.kill(verifiers.pids[0], signal.SIGSTOP)  # it has begun nothing of these yet
        begun = verifiers.begin([claimed(raw) for raw in raws])
        os.kill(verifiers.pids[0], signal.SIGKILL)
        with pytest.raises(VerifierEndedError):
            begun[0].result()
        assert [one.result() for one in begun[1:]] == [verify(raw, KEYS) for raw in raws[1:]]
    finally:
        verifiers.close()


def test_a_process_that_does_not_answer_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "_ANSWER_SECONDS", 0.2)
    verifiers = Verifiers(1)
    verifiers.start()
    try:
        stuck = verifiers.pids[0]
        os.kill(stuck, signal.SIGSTOP)
        (pending,) = verifiers.begin([claimed(make_evidence())])
        with pytest.raises(VerifierEndedError):
            pending.result()
        assert is_gone(stuck)
        monkeypatch.setattr(verifier, "_ANSWER_SECONDS", SECONDS)
        (pending,) = verifiers.begin([claimed(make_evidence())])
        assert pending.result() == verify(make_evidence(), KEYS)
    finally:
        verifiers.close()


def test_processes_that_only_end_are_not_started_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nobody is refused for it: the intake verifies by itself meanwhile."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    verifiers = Verifiers(1)
    verifiers.start()
    try:
        begun = verifiers.begin([claimed(raw) for raw in chain_of(6)])
        for pending in begun[:3]:
            with pytest.raises(VerifierEndedError):
                pending.result()
        assert [one.result() for one in begun[3:]] == [None, None, None]
        assert verifiers.pids == ()
        assert [one.result() for one in verifiers.begin([claimed(make_evidence())])] == [None]
    finally:
        verifiers.close()


def test_an_intake_that_is_not_started_starts_none(installation: Installation) -> None:
    """`serve` that can't listen ends without it: nothing may be left behind."""
    intake = Intake(installation, load_policies(installation), verifiers=2)
    assert intake.verifiers.pids == ()


def test_they_end_with_the_intake(verifiers: Verifiers) -> None:
    pids = verifiers.pids
    assert len(pids) == 2
    verifiers.close()
    assert all(map(is_gone, pids))


def test_they_end_when_the_intake_is_killed() -> None:
    code = (
        "import sys, time; from setapart_auditor.intake.verifier import Verifiers; "
        "some = Verifiers(2); some.start(); print(*some.pids, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert not any(map(is_gone, pids))
        parent.kill()
    for pid in pids:
        wait_for(lambda pid=pid: is_gone(pid))  # type: ignore[misc]


def test_they_hold_neither_the_store_nor_a_key(installation: Installation) -> None:
    register(installation)
    with running(installation, verifiers=1) as intake:
        take(intake, make_evidence())
        (pid,) = intake.verifiers.pids
        held = {kind_of(one) for one in Path(f"/proc/{pid}/fd").iterdir()}
        memory = Path(f"/proc/{pid}/maps").read_text()
    assert held == {"pipe", "/memfd", kind_of(Path("/proc/self/fd/2"))}
    assert str(installation.folder) not in memory


def test_a_report_on_which_a_verifier_ended_is_stored_when_it_comes_again(installation: Installation) -> None:
    register(installation)
    one, two = chain_of(2)
    with running(installation, verifiers=1) as intake:
        take(intake, one)
        os.kill(intake.verifiers.pids[0], signal.SIGKILL)
        with pytest.raises(VerifierEndedError):
            take(intake, two)
        assert stored(installation) == [(1, 0, "accepted")]
        assert take(intake, two).outcome == "accepted"
        assert intake.figures.failed == {"VerifierEndedError": 1}


def test_a_key_that_was_replaced_meanwhile_is_found(installation: Installation) -> None:
    """The verifier was given the old one; what it says is believed only if the register is still the same."""
    register(installation)
    (one,) = chain_of(1)
    new = make_evidence(sequence=2, previous=digest_of(one), signer=STATION_SIGNER, device=DEVICE_ID)
    with running(installation, verifiers=1) as intake:
        take(intake, one)
        with pytest.raises(SignatureError):
            take(intake, new)
        with installation.store.write() as connection:
            bind_key(connection, 1, STATION_SIGNER.public, hardware=False, origin="enrolled", now=NOW)
            bump(connection)
        assert take(intake, new).outcome == "accepted"


def test_a_device_revoked_while_its_report_is_verified_is_quarantined(installation: Installation) -> None:
    register(installation)
    (one,) = chain_of(1)
    with running(installation, verifiers=1) as intake:
        os.kill(intake.verifiers.pids[0], signal.SIGSTOP)
        answer = intake.submit(one, address="a", now=NOW)
        set_state(installation, "revoked")
        os.kill(intake.verifiers.pids[0], signal.SIGCONT)
        assert answer.result(SECONDS).outcome == "quarantined"


def test_reports_of_many_devices_keep_their_order(installation: Installation) -> None:
    register(installation)
    raws = chain_of(300)
    with running(installation, verifiers=2) as intake:
        answers = [intake.submit(raw, address="a", now=NOW) for raw in raws]
        assert {one.result(SECONDS).outcome for one in answers} == {"accepted"}
    assert [sequence for sequence, _, _ in stored(installation)] == list(range(1, 301))


def test_one_core_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, count in ((1, 0), (2, 1), (4, 3), (64, 4)):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, cores=cores: set(range(cores)))
        assert usual_count() == count


def test_where_memory_can_not_be_shared_the_intake_verifies_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_name: str) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert usual_count() == 1
    assert usual_count(3) == 3
    monkeypatch.setattr(os, "memfd_create", refused)
    assert usual_count() == 0
    assert usual_count(3) == 0
