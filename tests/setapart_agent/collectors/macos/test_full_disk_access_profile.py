"""The profile under packaging/agent/macos, as our own reader sees it."""

from repository import REPOSITORY
from setapart_agent.collectors.apple.parse.configuration_profile import facts_of, read_profile
from setapart_agent.facts import Facts

CONTENT = (REPOSITORY / "packaging/agent/macos/full-disk-access.mobileconfig").read_bytes()


def test_our_own_reader_finds_no_tie_in_it() -> None:
    assert facts_of(read_profile(CONTENT), "system") == Facts()


def test_what_doctor_points_at_is_there() -> None:
    assert (REPOSITORY / "packaging/agent/macos/README.md").is_file()
    assert not (REPOSITORY / "packaging/__init__.py").exists()
