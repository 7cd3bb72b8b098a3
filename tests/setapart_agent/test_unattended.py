"""setapart_agent/unattended.py: the drop-in file of an unattended enrolment."""

import pytest

from setapart_agent.errors import AgentError
from setapart_agent.unattended import DropIn, read_drop_in


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
    ],
)  # fmt: skip
def test_half_a_file_is_refused_and_its_token_is_not_shown(raw: bytes) -> None:
    with pytest.raises(AgentError) as caught:
        read_drop_in(raw)
    assert "rename" in caught.value.cure
    assert "secret" not in str(caught.value)
