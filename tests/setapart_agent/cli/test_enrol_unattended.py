"""enrol-unattended as a service runs it, with an auditor on a real socket."""

from pathlib import Path

import pytest

from programs import agent
from service import free_port
from setapart_agent.membership import enrolled, read_membership
from small_auditor import SmallAuditor, refusal


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


def test_a_half_written_file_makes_no_key(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "enrol.toml"
    file.write_text('token = "spt1.')
    ran = agent("enrol-unattended", file, "--dir", home)
    assert ran.code == 2
    assert "rename" in ran.err
    assert not home.exists()
