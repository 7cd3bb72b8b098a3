"""What doctor says to do fits what stands in the way, and the key that it names is the one that would sign."""

from pathlib import Path

import pytest

from programs import agent
from repository import REPOSITORY
from setapart_agent.cli.doctor import cure_of
from setapart_agent.cli.options import signing_key
from setapart_agent.collectors.android.parse.command_output import refusal
from setapart_agent.collectors.base import Unseen, uncovered
from setapart_agent.sources import parse_source
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


PHONE = f"bugreport:{REPOSITORY / 'config/demo/work-profile-unread.txt'}"


def key_line(*options: object) -> str:
    return agent("doctor", "--source", *options).out.splitlines()[0]


def test_of_an_enrolled_folder_the_stations_key_is_named_for_every_device_but_the_machine(
    station_home: Path,
) -> None:
    assert key_line(PHONE, "--dir", station_home) == f"key: {station_home / 'station.pem'}"
    assert key_line(PHONE, "--key", station_home / "key.pem") == f"key: {station_home / 'key.pem'}"
    assert signing_key(station_home, None, parse_source("local")) == (station_home / "key.pem", False)
    (station_home / "station.pem").unlink()
    missing = key_line(PHONE, "--dir", station_home)
    assert f"setapart-agent keygen --output {station_home / 'station.pem'}" in missing
    assert "register it as a station's" in missing


def test_of_a_folder_that_knows_no_auditor_the_one_key_is_named(tmp_path: Path) -> None:
    missing = f"no key at {tmp_path / 'key.pem'}: make one with `setapart-agent keygen --output {tmp_path / 'key.pem'}`"
    assert key_line(PHONE, "--dir", tmp_path) == missing
    assert agent("keygen", "--output", tmp_path / "key.pem").code == 0
    assert key_line(PHONE, "--dir", tmp_path) == f"key: {tmp_path / 'key.pem'}"
