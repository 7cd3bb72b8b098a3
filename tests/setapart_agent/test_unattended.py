"""setapart_agent/unattended.py: the drop-in file of an unattended enrolment."""

from pathlib import Path

import pytest

from setapart_agent.errors import AgentError
from setapart_agent.unattended import SPENT_FILE, DropIn, is_spent, read_drop_in, remember_spent


def test_a_token_is_enough() -> None:
    assert read_drop_in(b'# by the installer\ntoken = "spt1.x"\n') == DropIn(token="spt1.x", name=None, ca=None)


def test_everything_that_enrol_can_be_told_can_be_written_down() -> None:
    found = read_drop_in(b'token = "t"\nname = "desk-17"\nca = "/etc/setapart-agent/ca.pem"\nkeystore = "tpm"\n')
    assert (found.name, found.ca, found.keystore) == ("desk-17", "/etc/setapart-agent/ca.pem", "tpm")


@pytest.mark.parametrize(
    "raw",
    [
        b"", b'token = "spt1.secret', b"name = 'x'", b"token = 17", b'token = "spt1.secret"\nurl = "x"',
        b'token = "spt1.secret"\nname = ', b"\xff\xfe", b'[token]\nsecret = "spt1.secret"',
        b"token = " + b"[" * 50_000, b"token = " + b"9" * 5000,
    ],
)  # fmt: skip
def test_half_a_file_is_refused_and_its_token_is_not_shown(raw: bytes) -> None:
    with pytest.raises(AgentError) as caught:
        read_drop_in(raw)
    assert "rename" in caught.value.cure
    assert "secret" not in str(caught.value)


def test_tokens_are_remembered_one_beside_the_other_and_none_of_them_is_written_down(tmp_path: Path) -> None:
    for token in ("spt1.one", "spt1.two", "spt1.one"):
        remember_spent(tmp_path, token)
    assert [is_spent(tmp_path, token) for token in ("spt1.one", "spt1.two", "spt1.three")] == [True, True, False]
    kept = (tmp_path / SPENT_FILE).read_bytes()
    assert kept.count(b"\n") == 2
    assert b"spt1" not in kept


def test_what_was_remembered_and_can_not_be_read_is_not_taken_for_nothing(tmp_path: Path) -> None:
    (tmp_path / SPENT_FILE).mkdir()
    with pytest.raises(AgentError, match="can't be read"):
        is_spent(tmp_path, "spt1.one")
