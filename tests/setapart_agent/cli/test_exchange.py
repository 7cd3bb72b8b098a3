"""What the commands share that speak with the auditor: one courier at a time, the right CA, keys that change first."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import pytest

import small_auditor
from programs import agent
from service import make_certificate
from setapart_agent.cli.exchange import connect, courier_of, finish_rotation
from setapart_agent.enrolment import ask_to_rotate
from setapart_agent.errors import AgentError, NotEnrolledError
from setapart_agent.membership import enrolled, read_membership, write_membership
from setapart_agent.state import BusyError, locked_state
from setapart_evidence.keystore import make_key, open_key
from small_auditor import SmallAuditor, refusal


def keyid(home: Path) -> str:
    return open_key((home / "key.pem").read_bytes()).public.keyid


def begin_rotation(home: Path) -> None:
    ask_to_rotate(home, open_key((home / "key.pem").read_bytes()), lambda: make_key("file"), small_auditor.NOW)


def test_who_is_carried_by_hand_is_told_how(home: Path) -> None:
    with pytest.raises(AgentError) as told:
        connect(msgspec.structs.replace(enrolled(home), url=""))
    assert "--output" in told.value.cure


def test_the_ca_that_is_named_now_counts_more_than_the_one_that_is_known(home: Path, tmp_path: Path) -> None:
    made = make_certificate(tmp_path / "ca")
    known = msgspec.structs.replace(enrolled(home), url="https://localhost:1", ca=str(tmp_path / "gone.pem"))
    with pytest.raises(AgentError, match="gone"):
        connect(known)
    connect(known, made.authority).close()
    (tmp_path / "gone.pem").write_text("no certificate")
    with pytest.raises(AgentError, match="no certificate"):
        connect(known)


def test_a_ca_that_was_wrong_at_first_is_forgotten_for_the_one_that_worked(tmp_path: Path, known: SmallAuditor) -> None:
    """Else every later delivery would fail by the wrong one."""
    home, right = tmp_path / "agent", make_certificate(tmp_path / "ca").authority
    known.script.append(refusal(503, "full"))
    assert agent("enrol", known.token.spelled(), "--ca", tmp_path / "wrong.pem", "--dir", home).code == 2
    assert agent("enrol", "--ca", right, "--dir", home).code == 0
    assert enrolled(home).ca == str(right)


def test_a_ca_whose_name_is_no_utf8_is_an_error_and_wastes_no_token(tmp_path: Path, known: SmallAuditor) -> None:
    home = tmp_path / "agent"
    ran = agent("enrol", known.token.spelled(), "--ca", tmp_path / "c\udcff.pem", "--dir", home)
    assert ran.code == 2
    assert "UTF-8" in ran.err
    assert (known.asked, read_membership(home)) == ([], None)


def test_nobody_who_is_not_enrolled_gets_a_courier(tmp_path: Path) -> None:
    with pytest.raises(NotEnrolledError), courier_of(tmp_path):
        pass


def test_a_second_courier_waits_for_the_first(home: Path) -> None:
    with courier_of(home):
        process = subprocess.Popen(
            [sys.executable, "-m", "setapart_agent", "deliver", "--dir", str(home)], stdout=subprocess.DEVNULL
        )
        time.sleep(1)
        assert process.poll() is None
    assert process.wait(30) == 0


def test_whoever_waits_too_long_is_told_that_another_is_busy(home: Path) -> None:
    with courier_of(home), pytest.raises(BusyError), locked_state(home, patience=0.1):
        pass


def test_the_lock_is_let_go_when_a_courier_fails(home: Path) -> None:
    def fail() -> None:
        with courier_of(home):
            raise AgentError("x")

    with pytest.raises(AgentError, match="x"):
        fail()
    with locked_state(home, patience=0.1):
        pass


def test_a_change_of_keys_that_waits_is_finished_before_anything_is_sent(home: Path, known: SmallAuditor) -> None:
    before = keyid(home)
    begin_rotation(home)
    del known.asked[:]
    with courier_of(home) as courier:
        courier.refresh()
    assert keyid(home) != before
    assert known.asked == ["/v1/rotate", "/v1/request"]


def test_under_the_lock_of_the_chain_no_key_is_changed(home: Path, known: SmallAuditor) -> None:
    begin_rotation(home)
    del known.asked[:]
    with courier_of(home, rotate=False):
        pass
    assert known.asked == []
    assert enrolled(home).rotation is not None


def test_a_change_of_keys_that_fails_is_said_and_stops_nothing(
    home: Path, known: SmallAuditor, capsys: pytest.CaptureFixture[str]
) -> None:
    begin_rotation(home)
    known.script.append(refusal(503, "full"))
    finish_rotation(home)
    assert "the change of keys is not finished" in capsys.readouterr().err
    assert enrolled(home).rotation is not None


def test_a_new_key_whose_files_cant_be_written_is_said_and_finished_later(
    home: Path, known: SmallAuditor, capsys: pytest.CaptureFixture[str]
) -> None:
    before = keyid(home)
    begin_rotation(home)
    (home / "key.pub").unlink()
    (home / "key.pub").mkdir()
    finish_rotation(home)
    assert "the change of keys is not finished" in capsys.readouterr().err
    assert enrolled(home).rotation is not None
    (home / "key.pub").rmdir()
    finish_rotation(home)
    assert (keyid(home) != before, enrolled(home).rotation) == (True, None)
    assert (home / "key.pub").is_file()


def test_a_change_of_keys_that_is_carried_by_hand_is_not_sent(home: Path, known: SmallAuditor) -> None:
    begin_rotation(home)
    write_membership(home, msgspec.structs.replace(enrolled(home), url=""))
    del known.asked[:]
    finish_rotation(home)
    assert known.asked == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become the user that is kept from the key")
def test_what_is_kept_from_the_key_leaves_a_change_of_keys_to_whoever_began_it(
    known: SmallAuditor, capsys: pytest.CaptureFixture[str]
) -> None:
    """It could not put the new key in the old one's place, and would blame the folder each half hour."""
    with tempfile.TemporaryDirectory(prefix="kept-away-") as folder:
        home = Path(folder)
        assert agent("enrol", known.token.spelled(), "--dir", home).code == 0
        begin_rotation(home)
        del known.asked[:]
        capsys.readouterr()
        for path in (home, *home.iterdir()):
            os.chown(path, 65534, 65534)
        for name in ("key.pem", "key.pem.new"):
            (home / name).chmod(0)
        os.setresuid(65534, 65534, 0)
        try:
            finish_rotation(home)
        finally:
            os.setresuid(0, 0, 0)
        assert capsys.readouterr().err == ""
        assert known.asked == []
        assert enrolled(home).rotation is not None
