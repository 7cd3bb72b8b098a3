"""enrol-unattended as a service runs it, with an auditor on a real socket."""

import errno
import itertools
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from green.windows import running
from pretended_windows import PretendedWindows, pretend
from programs import Ran, agent
from service import free_port
from setapart_agent import sources
from setapart_agent.facts import DeviceFacts
from setapart_agent.membership import enrolled, read_membership
from setapart_agent.state import locked_state
from setapart_evidence.enrolment import Token
from small_auditor import Scripted, SmallAuditor, refusal


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "agent"


def drop_in(folder: Path, auditor: SmallAuditor, more: str = "") -> Path:
    file = folder / "enrol.toml"
    file.write_text(f'token = "{auditor.token.spelled()}"\n{more}')
    return file


def test_it_enrols_with_what_the_file_says(home: Path, known: SmallAuditor, tmp_path: Path) -> None:
    ran = agent("enrol-unattended", drop_in(tmp_path, known, 'name = "desk-17"\n'), "--dir", home)
    assert ran.code == 0, ran.err
    assert enrolled(home).name == "desk-17"


def test_an_enrolled_agent_stays_as_it_is(home: Path, known: SmallAuditor, tmp_path: Path) -> None:
    file = drop_in(tmp_path, known)
    assert agent("enrol-unattended", file, "--dir", home).code == 0
    before, asked = (home / "auditor.json").read_bytes(), len(known.asked)
    ran = agent("enrol-unattended", file, "--dir", home)
    assert ran.code == 0
    assert "enrolled already" in ran.out
    assert (home / "auditor.json").read_bytes() == before
    assert len(known.asked) == asked


def test_while_an_officer_decides_the_same_request_is_sent_again(
    home: Path, known: SmallAuditor, tmp_path: Path
) -> None:
    known.state = "waiting"
    file = drop_in(tmp_path, known)
    assert agent("enrol-unattended", file, "--dir", home).code == 3
    first = read_membership(home)
    assert agent("enrol-unattended", file, "--dir", home).code == 3
    second = read_membership(home)
    assert first is not None
    assert second is not None
    assert first.request == second.request
    known.state = "accepted"
    assert agent("enrol-unattended", file, "--dir", home).code == 0


def test_a_ca_that_was_forgotten_counts_once_the_file_names_it(home: Path, known: SmallAuditor, tmp_path: Path) -> None:
    known.state = "waiting"
    assert agent("enrol-unattended", drop_in(tmp_path, known), "--dir", home).code == 3
    ca = tmp_path / "ca.pem"
    ca.touch()
    assert agent("enrol-unattended", drop_in(tmp_path, known, f'ca = "{ca}"\n'), "--dir", home).code == 3
    waiting = read_membership(home)
    assert waiting is not None
    assert waiting.ca == str(ca)


def test_an_auditor_that_does_not_answer_is_asked_again_later(home: Path, known: SmallAuditor, tmp_path: Path) -> None:
    url = known.url
    known.url = f"http://127.0.0.1:{free_port()}"
    ran = agent("enrol-unattended", drop_in(tmp_path, known), "--dir", home)
    assert ran.code == 3
    assert "expected the auditor" in ran.err
    known.url = url
    assert read_membership(home) is not None


def test_an_auditor_that_is_busy_is_asked_again_later(home: Path, known: SmallAuditor, tmp_path: Path) -> None:
    known.script.append(refusal(503, "full"))
    file = drop_in(tmp_path, known)
    assert agent("enrol-unattended", file, "--dir", home).code == 3
    assert agent("enrol-unattended", file, "--dir", home).code == 0


def test_a_token_that_is_refused_for_good_is_no_waiting(home: Path, known: SmallAuditor, tmp_path: Path) -> None:
    known.script.append(refusal(403, "token-refused"))
    ran = agent("enrol-unattended", drop_in(tmp_path, known), "--dir", home)
    assert ran.code == 2
    assert read_membership(home) is None


def test_an_answer_of_somebody_else_is_asked_for_again_later(home: Path, known: SmallAuditor, tmp_path: Path) -> None:
    """As a portal of a network gives one, before somebody logs in there."""
    known.script.append(Scripted(body=b"<html>Log in</html>"))
    file = drop_in(tmp_path, known)
    ran = agent("enrol-unattended", file, "--dir", home)
    assert ran.code == 3, ran.err
    assert agent("enrol-unattended", file, "--dir", home).code == 0


def test_a_full_disk_makes_no_token_a_wrong_one(home: Path, known: SmallAuditor, tmp_path: Path) -> None:
    file = drop_in(tmp_path, known)
    for program in ("open", "fsync"):
        with full_disk(program):
            ran = agent("enrol-unattended", file, "--remove", "--dir", home)
        assert ran.code == 3, ran.err
        assert "No space left on device" in ran.err
        assert file.exists()
    assert agent("enrol-unattended", file, "--remove", "--dir", home).code == 0
    assert not file.exists()


def test_a_disk_that_is_full_while_an_officer_decides_does_not_end_the_waiting(
    home: Path, known: SmallAuditor, tmp_path: Path
) -> None:
    known.state = "waiting"
    file = drop_in(tmp_path, known)
    assert agent("enrol-unattended", file, "--dir", home).code == 3
    with full_disk("open"):
        ran = agent("enrol-unattended", file, "--dir", home)
    assert ran.code == 3, ran.err
    assert "No space left on device" in ran.err


def test_an_agent_that_is_busy_makes_no_token_a_wrong_one(
    home: Path, known: SmallAuditor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a Mac the file was put aside as refused."""
    home.mkdir()
    file = drop_in(tmp_path, known)
    monkeypatch.setattr(time, "monotonic", itertools.count(step=30).__next__)
    with locked_state(home):
        ran = agent("enrol-unattended", file, "--dir", home)
    assert ran.code == 3, ran.err
    assert "another agent is busy" in ran.err
    monkeypatch.undo()
    assert agent("enrol-unattended", file, "--dir", home).code == 0


def test_an_agent_that_somebody_enrols_meanwhile_leaves_no_token_behind(
    home: Path, known: SmallAuditor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = drop_in(tmp_path, known)
    machine = sources.local_device

    def enrolled_by_hand() -> DeviceFacts:
        monkeypatch.setattr(sources, "local_device", machine)
        assert agent("enrol", known.token.spelled(), "--name", "by-hand", "--dir", home).code == 0
        return machine()

    monkeypatch.setattr(sources, "local_device", enrolled_by_hand)
    ran = agent("enrol-unattended", file, "--remove", "--dir", home)
    assert ran.code == 0, ran.err
    assert "enrolled already, as by-hand" in ran.out
    assert not file.exists()


def test_a_half_written_file_makes_no_key(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "enrol.toml"
    file.write_text('token = "spt1.')
    ran = agent("enrol-unattended", file, "--dir", home)
    assert ran.code == 2
    assert "rename" in ran.err
    assert not home.exists()


def test_without_a_file_nothing_is_guessed(home: Path) -> None:
    ran = agent("enrol-unattended", "--dir", home)
    assert ran.code == 2
    assert "nothing to enrol with; expected FILE, or --policy" in ran.err


def test_a_file_that_was_used_is_removed_and_no_other(home: Path, known: SmallAuditor, tmp_path: Path) -> None:
    known.state = "waiting"
    file = drop_in(tmp_path, known)
    assert agent("enrol-unattended", file, "--remove", "--dir", home).code == 3
    assert file.exists(), "the token is needed until an officer has decided"
    known.state = "accepted"
    assert agent("enrol-unattended", file, "--remove", "--dir", home).code == 0
    assert not file.exists()
    drop_in(tmp_path, known)
    assert agent("enrol-unattended", file, "--remove", "--dir", home).code == 0
    assert not file.exists(), "a token that nobody needs lies about"


def test_a_token_that_was_refused_stays_in_its_file(home: Path, known: SmallAuditor, tmp_path: Path) -> None:
    known.script.append(refusal(403, "token-refused"))
    file = drop_in(tmp_path, known)
    assert agent("enrol-unattended", file, "--remove", "--dir", home).code == 2
    assert file.exists()


@contextmanager
def full_disk(program: str) -> Iterator[None]:
    """No file can be written: made (`open`), or put on disk (`fsync`)."""
    real = getattr(os, program)

    def refused(path: Any, flags: int = os.O_WRONLY, *more: Any, **named: Any) -> Any:
        if program == "open" and not flags & (os.O_WRONLY | os.O_RDWR):
            return real(path, flags, *more, **named)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, program, refused)
        yield


class OnWindows:
    """The agent of a Windows machine, whose policy is written as Group Policy writes it."""

    def __init__(self, windows: PretendedWindows) -> None:
        self.windows = windows
        self.file = windows.state / "enrol.toml"

    def policy(self, **values: str) -> None:
        """Group Policy is applied."""
        self.windows.machine["SOFTWARE"] = {"Policies": {"setapart": {"agent": values}}}

    def run(self, *words: object) -> Ran:
        """One command on the system's state folder."""
        return agent(*words, "--dir", self.windows.state)

    def enrol(self) -> Ran:
        """What the task does."""
        return self.run("enrol-unattended", "--policy", "--remove", self.file)


@pytest.fixture
def on_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OnWindows]:
    """A machine that the installation has prepared, with SYSTEM at work."""
    with running(tmp_path / "disk"):
        windows = pretend(monkeypatch, tmp_path, user="DESK-17$")
        windows.state.mkdir()
        yield OnWindows(windows)


def test_windows_without_file_and_policy_waits_for_either(on_windows: OnWindows) -> None:
    ran = on_windows.enrol()
    assert (ran.code, ran.out) == (0, "no drop-in file, and no token in the policy\n")
    assert list(on_windows.windows.state.iterdir()) == []


def test_a_windows_agent_enrols_by_policy_collects_and_delivers_without_what_windows_lacks(
    on_windows: OnWindows, known: SmallAuditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_windows.policy(EnrolmentToken=known.token.spelled(), AuditorUrl=known.url)
    ran = on_windows.enrol()
    assert ran.code == 0, ran.err
    assert ran.out.startswith("enrolled as "), "the launcher looks for these words"
    collected = on_windows.run("report", "--no-deliver")
    assert collected.code == 0, collected.err
    monkeypatch.setenv("USERNAME", "LOCAL SERVICE")
    delivered = on_windows.run("deliver")
    assert (delivered.code, delivered.out) == (0, "delivered 1, kept 0\n"), delivered.err
    granted = on_windows.windows.granted()
    assert [name for name in granted if "LOCAL SERVICE" in " ".join(granted[name])] == []
    assert set(granted) == {"key.pem"}, "all but the key has the rights that the installation gave the folder"


def test_a_token_of_the_policy_serves_once_however_long_it_stands_there(
    on_windows: OnWindows, known: SmallAuditor
) -> None:
    on_windows.policy(EnrolmentToken=known.token.spelled())
    assert on_windows.enrol().code == 0
    assert on_windows.run("reset-identity", "--yes").code == 0
    asked = len(known.asked)
    ran = on_windows.enrol()
    assert ran.code == 2
    assert "the policy's token was used before" in ran.err
    assert len(known.asked) == asked
    assert read_membership(on_windows.windows.state) is None


def test_a_token_that_stood_in_the_policy_of_an_enrolled_agent_does_not_enrol_it_anew(
    on_windows: OnWindows, known: SmallAuditor
) -> None:
    on_windows.file.write_text(f'token = "{known.token.spelled()}"\n')
    assert on_windows.enrol().code == 0
    assert not on_windows.file.exists()
    on_windows.policy(EnrolmentToken=another(known).spelled())
    assert on_windows.enrol().code == 0
    on_windows.run("reset-identity", "--yes")
    assert on_windows.enrol().code == 2


def test_an_image_forgets_which_tokens_were_used(on_windows: OnWindows, known: SmallAuditor) -> None:
    """The policy's token is for every machine that is made of it."""
    on_windows.policy(EnrolmentToken=known.token.spelled())
    assert on_windows.enrol().code == 0
    assert on_windows.run("reset-identity", "--for-imaging", "--yes").code == 0
    assert on_windows.enrol().code == 0


def test_a_token_of_the_policy_that_was_refused_is_not_tried_every_hour(
    on_windows: OnWindows, known: SmallAuditor
) -> None:
    known.script.append(refusal(403, "token-refused"))
    on_windows.policy(EnrolmentToken=known.token.spelled())
    assert on_windows.enrol().code == 2
    asked = len(known.asked)
    assert on_windows.enrol().code == 2
    assert len(known.asked) == asked
    on_windows.policy(EnrolmentToken=another(known).spelled())
    assert on_windows.enrol().code == 0


def test_a_token_of_the_policy_is_asked_with_until_an_officer_has_decided(
    on_windows: OnWindows, known: SmallAuditor
) -> None:
    known.state = "waiting"
    on_windows.policy(EnrolmentToken=known.token.spelled())
    assert [on_windows.enrol().code for _ in range(3)] == [3, 3, 3]
    known.state = "accepted"
    assert on_windows.enrol().code == 0


@pytest.mark.parametrize("by_file", [False, True])
def test_a_token_of_another_auditor_than_the_policy_names_makes_no_key(
    by_file: bool, on_windows: OnWindows, known: SmallAuditor
) -> None:
    values = {"AuditorUrl": "https://auditor.example"}
    if by_file:
        on_windows.file.write_text(f'token = "{known.token.spelled()}"\n')
    else:
        values["EnrolmentToken"] = known.token.spelled()
    on_windows.policy(**values)
    ran = on_windows.enrol()
    assert ran.code == 2
    assert f"a token of {known.url}; expected https://auditor.example, which the policy names" in ran.err
    assert not (on_windows.windows.state / "key.pem").exists()
    assert known.asked == []


def another(auditor: SmallAuditor) -> Token:
    """A token of the same auditor with another secret."""
    return replace(auditor.token, secret=bytes(range(32)))
