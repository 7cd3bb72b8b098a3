"""packaging/agent/agent_packages/agent_wheel.py: the agent without the auditor, from the same pyproject.toml."""

import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest
from agent_packages import agent_wheel
from agent_packages.release import MACHINES, Release, project, this_release


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    built = agent_wheel.build(this_release("amd64", 1), tmp_path_factory.mktemp("out"), tmp_path_factory.mktemp("work"))
    return zipfile.ZipFile(built)


def test_it_holds_the_agent_and_nothing_of_the_auditor(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert "setapart_agent/cli/report.py" in names
    assert "setapart_evidence/open.py" in names
    assert not [name for name in names if "setapart_auditor" in name or name.endswith(".pyc")]


def test_it_needs_what_the_agent_needs_and_no_more(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    needed = HeaderParser().parsestr(wheel.read(name).decode()).get_all("Requires-Dist", [])
    always = {word.replace(" ", "") for word in needed if "extra ==" not in word}
    assert always == {word.replace(" ", "") for word in project()["dependencies"]}
    extras = {word.rpartition("==")[2].strip(" '\"") for word in needed if "extra ==" in word}
    assert extras == {"pkcs11", "tpm", "ios", "ios-usb", "mdm", "offline-windows"}


def test_it_has_one_program(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert wheel.read(name).decode().split() == ["[console_scripts]", "setapart-agent", "=", "setapart_agent.cli:main"]


def test_it_bears_the_releases_moment(tmp_path: Path) -> None:
    release = Release(
        version=this_release("amd64", 1).version, revision=1, machine=MACHINES["amd64"], moment=1_700_000_000
    )
    (tmp_path / "work").mkdir()
    with zipfile.ZipFile(agent_wheel.build(release, tmp_path, tmp_path / "work")) as built:
        assert {entry.date_time for entry in built.infolist()} == {(2023, 11, 14, 22, 13, 20)}
