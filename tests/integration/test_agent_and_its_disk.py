"""What the agent says when its disk, its folders or its files fail it; and that nothing is lost by that."""

import json
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import small_auditor
from confined import confined_agent
from programs import Ran, agent
from setapart_agent.membership import read_membership
from setapart_agent.spool import Spool
from small_auditor import SmallAuditor, refusal


@pytest.fixture
def known() -> Iterator[SmallAuditor]:
    with small_auditor.small_auditor() as found:
        found.bundle = small_auditor.bundle(1)
        yield found


@pytest.fixture
def disk(tmp_path: Path) -> str:
    (tmp_path / "root" / "etc").mkdir(parents=True)
    (tmp_path / "root" / "etc" / "passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (tmp_path / "root" / "etc" / "machine-id").write_text("0" * 32)
    return f"root:{tmp_path / 'root'}"


@pytest.fixture
def home(tmp_path: Path, known: SmallAuditor, disk: str) -> Iterator[Path]:
    """The folder of an enrolled station that keeps three reports."""
    folder = tmp_path / "agent"
    assert agent("enrol", known.token.spelled(), "--dir", folder).code == 0
    assert agent("keygen", "--output", folder / "station.pem").code == 0
    for _ in range(3):
        assert agent("report", "--dir", folder, "--source", disk, "--no-deliver").code == 0
    yield folder
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o700)


def says_what_to_do(ran: Ran) -> bool:
    """One line with the error, with what was expected or the next step; no traceback."""
    lines = ran.err.splitlines()
    return ran.code == 2 and len(lines) == 1 and lines[0].startswith("setapart-agent: ") and "; " in lines[0]


def kept(home: Path) -> list[int]:
    return [report.sequence for report in Spool(home).reports()]


def replace_by_file(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
    path.write_text("x")


def replace_by_folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir(parents=True)


BROKEN: dict[str, Callable[[Path], None]] = {
    "spool-is-a-file": lambda home: replace_by_file(home / "spool"),
    "spool-unreadable": lambda home: (home / "spool").chmod(0),
    "spool-without-entry": lambda home: (home / "spool").chmod(0o600),
    "spool-read-only": lambda home: (home / "spool").chmod(0o500),
    "home-read-only": lambda home: home.chmod(0o500),
    "receipts-is-a-file": lambda home: replace_by_file(home / "receipts"),
    "key-unreadable": lambda home: (home / "key.pem").chmod(0),
    "key-is-a-folder": lambda home: replace_by_folder(home / "key.pem"),
    "auditor-is-a-folder": lambda home: replace_by_folder(home / "auditor.json"),
    "auditor-is-half": lambda home: os.truncate(home / "auditor.json", 100),
    "lock-is-a-folder": lambda home: replace_by_folder(home / "agent.lock"),
    "record-is-a-folder": lambda home: replace_by_folder(home / "receipts" / "delivery.json"),
    "chain-is-half": lambda home: os.truncate(home / "key.pem.chain", 30),
    "chain-is-a-folder": lambda home: replace_by_folder(home / "key.pem.chain"),
    "station-key-unreadable": lambda home: (home / "station.pem").chmod(0),
    "station-key-is-a-folder": lambda home: replace_by_folder(home / "station.pem"),
    "station-chain-is-half": lambda home: os.truncate(home / "station.pem.chain", 30),
    "station-chain-is-a-folder": lambda home: replace_by_folder(home / "station.pem.chain"),
}


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("command", ["deliver", "report", "status"])
def test_whatever_is_broken_in_its_folder_the_agent_says_so_in_a_line_and_loses_nothing(
    home: Path, known: SmallAuditor, disk: str, broken: str, command: str
) -> None:
    BROKEN[broken](home)
    ran = confined_agent(command, "--dir", home, *(["--source", disk] if command == "report" else []))
    assert "Traceback" not in ran.err
    assert ran.code in {0, 3} or says_what_to_do(ran), ran.err
    home.chmod(0o700)
    if "spool" not in broken:
        assert len(kept(home)) + len(set(known.taken)) >= 3


def test_a_spool_that_cant_be_read_is_not_shown_as_an_empty_one(home: Path) -> None:
    (home / "spool").chmod(0)
    ran = confined_agent("status", "--dir", home, "--json")
    (home / "spool").chmod(0o700)
    assert ran.code == 3, ran.err
    said = json.loads(ran.out)
    assert said["kept"] is None
    assert any("spool" in problem["got"] and problem["cure"] for problem in said["problems"])


@pytest.mark.parametrize("broken", ["key-unreadable", "key-is-a-folder", "spool-is-a-file"])
def test_status_goes_on_with_what_it_can_see(home: Path, broken: str) -> None:
    BROKEN[broken](home)
    ran = confined_agent("status", "--dir", home, "--json")
    assert ran.code == 3, ran.err
    said = json.loads(ran.out)
    assert said["state"] == "enrolled"
    assert said["problems"]


def test_a_report_that_cant_be_read_holds_up_no_other_and_stays(home: Path, known: SmallAuditor) -> None:
    oldest = Spool(home).reports()[0].path
    oldest.chmod(0)
    ran = confined_agent("deliver", "--dir", home, "--now")
    assert ran.code == 3, ran.err
    assert "can't be read" in ran.err
    assert kept(home) == [1]
    oldest.chmod(0o600)
    assert agent("deliver", "--dir", home, "--now").code == 0
    assert len(known.taken) == 3


def test_a_spool_that_cant_be_emptied_sends_everything_all_the_same(home: Path, known: SmallAuditor) -> None:
    (home / "spool").chmod(0o500)
    ran = confined_agent("deliver", "--dir", home, "--now")
    (home / "spool").chmod(0o700)
    assert ran.code == 3, ran.err
    assert "can't be removed" in ran.err
    assert (len(known.taken), kept(home)) == (3, [1, 2, 3])
    assert agent("deliver", "--dir", home, "--now").code == 0
    assert (len(known.taken), kept(home)) == (3, [])


def test_a_report_that_cant_be_put_aside_stays_and_the_next_ones_go(home: Path, known: SmallAuditor) -> None:
    (home / "spool" / "rejected").write_text("x")
    known.script.append(refusal(400, "bad-statement"))
    ran = agent("deliver", "--dir", home, "--now")
    assert ran.code == 3, ran.err
    assert "can't be put aside" in ran.err
    assert (kept(home), len(known.taken)) == ([1], 2)


def test_a_folder_of_a_snapshot_in_the_spool_stops_no_report(home: Path, disk: str) -> None:
    (home / "spool" / ".snapshot").mkdir()
    ran = agent("report", "--dir", home, "--source", disk)
    assert ran.code == 0, ran.err
    assert (home / "spool" / ".snapshot").is_dir()


def test_a_full_disk_keeps_what_is_kept_and_the_chain_where_it_was(home: Path, known: SmallAuditor, disk: str) -> None:
    before = (home / "station.pem.chain").read_bytes()
    ran = confined_agent("report", "--dir", home, "--source", disk, "--no-deliver", full=True)
    assert says_what_to_do(ran), ran.err
    assert (kept(home), (home / "station.pem.chain").read_bytes()) == ([1, 2, 3], before)
    assert says_what_to_do(confined_agent("deliver", "--dir", home, "--now", full=True))
    assert kept(home) == [1, 2, 3]
    assert agent("report", "--dir", home, "--source", disk).code == 0
    assert (len(known.taken), kept(home)) == (4, [])


def test_a_full_disk_at_enrolment_leaves_no_half_key_that_stops_the_next_attempt(
    tmp_path: Path, known: SmallAuditor
) -> None:
    home = tmp_path / "new"
    home.mkdir()
    ran = confined_agent("enrol", known.token.spelled(), "--dir", home, full=True)
    assert says_what_to_do(ran), ran.err
    assert read_membership(home) is None
    assert known.asked == []  # the token serves once
    ran = agent("enrol", known.token.spelled(), "--dir", home)
    assert ran.code == 0, ran.err


@pytest.mark.parametrize("command", ["status", "deliver"])
def test_an_output_that_is_full_is_said_and_is_no_crash(home: Path, command: str) -> None:
    ran = confined_agent(command, "--dir", home, out=Path("/dev/full"))
    assert (ran.code, "Exception ignored" in ran.err) == (2, False), ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("deliver", "--receipts", "nowhere"),
        ("deliver", "--output", "a-file"),
        ("deliver", "--output", "a-file/in-it"),
        ("enrol", "--token-file", "nowhere"),
        ("enrol", "--answer", "nowhere"),
        ("enrol", "--bundle", "nowhere"),
        ("report", "--bundle", "nowhere", "--output", "x.evidence"),
        ("report", "--epoch", "nowhere", "--output", "x.evidence"),
        ("report", "--output", "a-file/in-it.evidence"),
        ("report", "--key", "nowhere", "--output", "x.evidence"),
    ],
    ids=" ".join,
)
def test_a_file_that_is_not_there_is_named_with_the_next_step(
    home: Path, disk: str, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "a-file").write_text("x")
    given = [one if one.startswith("--") else tmp_path / one for one in arguments[1:]]
    source = ["--source", disk] if arguments[0] == "report" else []
    ran = agent(arguments[0], "--dir", home, *source, *given)
    assert says_what_to_do(ran), ran.err


def test_names_that_are_no_utf8_are_shown_escaped(home: Path, known: SmallAuditor, disk: str, tmp_path: Path) -> None:
    odd = os.fsdecode(b"desk-\xff")
    ran = confined_agent("enrol", known.token.spelled(), "--dir", tmp_path / odd, "--name", odd)
    assert ran.code == 0, ran.err
    ran = confined_agent("report", "--dir", home, "--source", disk, "--output", tmp_path / f"{odd}.evidence")
    assert ran.code == 0, ran.err
    assert (tmp_path / f"{odd}.evidence").exists()


@pytest.mark.needs("root")
def test_a_user_without_a_home_is_told_to_name_a_folder() -> None:
    nobody = 54_321
    with pytest.raises(KeyError):
        pwd.getpwuid(nobody)
    script = (
        "import os, sys\n"
        "from setapart_agent.cli import cli, main\n"
        "cli.get_command(None, 'status')\n"  # imported before this user may no longer
        f"os.setuid({nobody})\n"
        "sys.argv = ['setapart-agent', 'status']\n"
        "main()\n"
    )
    environment = {name: value for name, value in os.environ.items() if name not in {"HOME", "XDG_STATE_HOME"}}
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environment, timeout=60
    )
    assert says_what_to_do(Ran(ran.returncode, ran.stdout, ran.stderr)), ran.stderr
    assert "--dir" in ran.stderr


@pytest.mark.needs("strace")
@pytest.mark.parametrize("command", ["deliver", "report"])
def test_a_file_system_without_locks_is_not_taken_for_a_busy_agent(home: Path, disk: str, command: str) -> None:
    refusing = ("strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=flock", "-e", "inject=flock:error=ENOLCK")
    arguments = ("-m", "setapart_agent", command, "--dir", home, *(["--source", disk] if command == "report" else []))
    ran = subprocess.run(
        [*refusing, sys.executable, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=50
    )
    assert says_what_to_do(Ran(ran.returncode, ran.stdout, ran.stderr)), ran.stderr
    assert "can't be locked" in ran.stderr
    assert kept(home) == [1, 2, 3]
