"""What doctor says to do fits what stands in the way."""

import pytest

from setapart_agent.cli.doctor import cure_of
from setapart_agent.collectors.android.parse.command_output import refusal
from setapart_agent.collectors.base import Unseen, uncovered
from setapart_evidence.model import Section


def cure(section: Section, why: Unseen | None) -> str:
    assert why is not None
    return cure_of(uncovered(section, "10", "android.packages", why))


@pytest.mark.parametrize(
    ("printed", "word"),
    [
        ("java.lang.SecurityException: Shell does not have permission to access user 10", "bug report"),
        ("Permission Denial: can't dump AccountManager from from pid=1", "unlock"),
        ("*** SERVICE 'account' DUMP TIMEOUT (10000ms) EXPIRED ***", "again"),
    ],
)
def test_nobody_is_root_on_a_phone(printed: str, word: str) -> None:
    said = cure("accounts", refusal(printed))
    assert word in said
    assert "root" not in said
