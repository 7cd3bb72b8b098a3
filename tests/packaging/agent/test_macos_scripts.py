"""packaging/agent/macos: the package's scripts and programs, run in a root folder like a Mac's."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_packages.macos import tree

import small_auditor
from laid_agent import SYSTEM_PYTHON, lay_agent
from mac_stand_in import Mac, stand_in
from service import free_port
from small_auditor import SmallAuditor, refusal

JOBS = ("collect", "deliver", "enrol")
PROGRAMS = sorted(path for folder in ("bin", "scripts") for path in (tree.SOURCES / folder).iterdir())
on_a_mac = [pytest.mark.needs("root"), pytest.mark.needs("system-python"), pytest.mark.needs("mounts")]


@pytest.fixture(scope="module")
def modules() -> Iterator[Path]:
    """The agent's modules, on the disk of the roots: they are linked there."""
    with tempfile.TemporaryDirectory(prefix="macos-") as folder:
        yield lay_agent(Path(folder, "modules"))


@pytest.fixture
def mac(modules: Path) -> Iterator[Mac]:
    with tempfile.TemporaryDirectory(prefix="macos-") as folder:
        yield stand_in(Path(folder, "root"), modules, Path(SYSTEM_PYTHON))


@pytest.fixture
def known() -> Iterator[SmallAuditor]:
    with small_auditor.small_auditor() as found:
        yield found


def drop_in(mac: Mac, auditor: SmallAuditor) -> Path:
    file = mac.path("enrol.toml")
    file.parent.mkdir(exist_ok=True)
    file.write_text(f'token = "{auditor.token.spelled()}"\nname = "mac-17"\n')
    file.chmod(0o600)
    return file


def enrolled(mac: Mac, auditor: SmallAuditor) -> Mac:
    """An agent that is installed and enrolled."""
    drop_in(mac, auditor)
    assert mac.install().returncode == 0
    ran = mac.program("enrol")
    assert ran.returncode == 0, ran.stderr
    mac.told()
    return mac


def collect(mac: Mac) -> subprocess.CompletedProcess[str]:
    """The collection of a day on which there was none."""
    mac.path("collected").unlink(missing_ok=True)
    return mac.program("collect", 7200)


def spool(mac: Mac) -> list[Path]:
    return sorted(mac.path("state/spool").glob("*.evidence"))


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_a_script_is_one_that_the_shell_of_macos_reads(program: Path) -> None:
    assert program.read_bytes().startswith(b"#!/bin/sh\n")
    subprocess.run(["sh", "-n", program], check=True)


@pytest.mark.needs("shellcheck")
def test_shellcheck_finds_nothing() -> None:
    answer = subprocess.run(["shellcheck", "-s", "sh", *PROGRAMS], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout


class TestOnAMac:
    """What an administrator and launchd do, one after the other."""

    pytestmark = on_a_mac

    def test_an_installation_makes_user_folders_and_services(self, mac: Mac) -> None:
        ran = mac.install()
        assert ran.returncode == 0, ran.stderr
        assert (mac.root / "etc/passwd").read_text().splitlines()[0].startswith("_setapart:*:399:399:")
        hidden = {
            key: (mac.root / "directory/Users/_setapart" / key).read_text().strip() for key in ("IsHidden", "UserShell")
        }
        assert hidden == {"IsHidden": "1", "UserShell": "/usr/bin/false"}
        for name in ("state", "state/spool"):
            found = mac.path(name).stat()
            assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (399, 399, 0o700), name
        for path in (mac.path("bin"), *mac.path("bin").iterdir(), mac.path("lib"), mac.path(".")):
            assert (path.stat().st_uid, path.stat().st_mode & 0o022) == (0, 0), path
        logs = mac.root / "Library/Logs/Setapart"
        assert {path.name: (path.stat().st_uid, path.stat().st_mode & 0o777) for path in logs.iterdir()} == {
            "collect.log": (0, 0o640), "deliver.log": (399, 0o640), "enrol.log": (0, 0o640),
        }  # fmt: skip
        assert {path.name for path in (mac.root / "jobs").iterdir()} == {f"org.setapart.agent.{job}" for job in JOBS}

    def test_postinstall_run_again_changes_nothing(self, mac: Mac) -> None:
        assert mac.install().returncode == 0
        mac.told()
        users = (mac.root / "etc/passwd").read_text()
        ran = mac.script("postinstall")
        assert ran.returncode == 0, ran.stderr
        told = mac.told()
        assert not [line for line in told if line.startswith("dscl")]
        assert (mac.root / "etc/passwd").read_text() == users
        for job in JOBS:
            label = f"org.setapart.agent.{job}"
            end = told.index(f"launchctl bootout system/{label}")
            assert told.index(f"launchctl bootstrap system /Library/LaunchDaemons/{label}.plist") > end

    def test_a_user_that_was_half_made_is_made_whole(self, mac: Mac) -> None:
        (mac.root / "directory/Groups/_setapart").mkdir()
        assert mac.install().returncode == 0
        assert (mac.root / "directory/Groups/_setapart/PrimaryGroupID").read_text() == "399\n"

    def test_a_state_folder_that_was_half_made_is_made_whole(self, mac: Mac) -> None:
        """Else all that delivers would be shut out of it for ever."""
        mac.path("state").mkdir(parents=True, mode=0o700)
        assert mac.install().returncode == 0
        for name in ("state", "state/spool"):
            found = mac.path(name).stat()
            assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (399, 399, 0o700), name

    def test_without_a_free_number_the_installation_fails_and_says_so(self, mac: Mac) -> None:
        for number in range(200, 400):
            group = mac.root / f"directory/Groups/g{number}"
            group.mkdir()
            (group / "PrimaryGroupID").write_text(f"{number}\n")
        ran = mac.install()
        assert ran.returncode != 0
        assert "no number from 200 to 400 is free" in ran.stderr

    def test_enrolling_uses_the_drop_in_file_up_and_has_a_report_made(self, mac: Mac, known: SmallAuditor) -> None:
        file = drop_in(mac, known)
        assert mac.install().returncode == 0
        mac.told()
        ran = mac.program("enrol")
        assert ran.returncode == 0, ran.stderr
        assert not file.exists()
        assert mac.told() == ["launchctl kickstart system/org.setapart.agent.collect"]
        assert {path.stat().st_uid for path in mac.path("state").rglob("*")} == {399}
        assert known.token.spelled() not in ran.stdout + ran.stderr

    def test_a_token_that_is_refused_is_put_aside(self, mac: Mac, known: SmallAuditor) -> None:
        known.script.append(refusal(403, "bad-token"))
        file = drop_in(mac, known)
        assert mac.install().returncode == 0
        assert mac.program("enrol").returncode == 2
        assert not file.exists()
        aside = file.with_name("enrol.toml.refused")
        assert aside.stat().st_mode & 0o777 == 0o600
        asked = len(known.asked)
        assert mac.program("enrol").returncode == 0
        assert len(known.asked) == asked, "a token that was refused is tried for ever"
        drop_in(mac, known)
        assert mac.program("enrol").returncode == 0
        assert not aside.exists()

    def test_an_auditor_that_is_away_is_asked_again(self, mac: Mac, known: SmallAuditor) -> None:
        url = known.url
        known.url = f"http://127.0.0.1:{free_port()}"
        file = drop_in(mac, known)
        known.url = url
        assert mac.install().returncode == 0
        assert mac.program("enrol").returncode == 3
        assert file.exists()

    def test_nothing_is_collected_or_delivered_before_somebody_enrols(self, mac: Mac) -> None:
        assert mac.install().returncode == 0
        for ran in (mac.program("collect", 7200), mac.as_service("deliver", 1)):
            assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
        assert not mac.path("collected").exists()

    def test_the_first_report_is_made_at_once_and_then_one_a_day(self, mac: Mac, known: SmallAuditor) -> None:
        enrolled(mac, known)
        ran = mac.program("collect", 7200)
        assert ran.returncode == 0, ran.stderr
        assert len(spool(mac)) == 1
        assert {path.stat().st_uid for path in mac.path("state").rglob("*")} == {399}
        assert mac.program("collect", 7200).returncode == 0
        assert len(spool(mac)) == 1, "a Mac that starts twice a day reports twice"
        yesterday = time.time() - 18 * 3600
        os.utime(mac.path("collected"), (yesterday, yesterday))
        assert mac.program("collect", 1).returncode == 0
        assert len(spool(mac)) == 2

    def test_who_is_let_in_later_reports_at_once_all_the_same(self, mac: Mac, known: SmallAuditor) -> None:
        """While an officer decides, the Mac starts, and there is nobody to report to."""
        known.state = "waiting"
        drop_in(mac, known)
        assert mac.install().returncode == 0
        assert mac.program("enrol").returncode == 3
        assert mac.program("collect", 7200).returncode == 2
        known.state = "accepted"
        assert mac.program("enrol").returncode == 0
        assert mac.program("collect", 7200).returncode == 0
        assert len(spool(mac)) == 1

    def test_a_clock_that_was_ahead_keeps_no_report_back(self, mac: Mac, known: SmallAuditor) -> None:
        enrolled(mac, known)
        assert collect(mac).returncode == 0
        later = time.time() + 400 * 86400
        os.utime(mac.path("collected"), (later, later))
        assert mac.program("collect", 1).returncode == 0
        assert len(spool(mac)) == 2
        assert mac.path("collected").stat().st_mtime < later

    def test_a_user_without_rights_delivers(self, mac: Mac, known: SmallAuditor) -> None:
        enrolled(mac, known)
        for _ in range(2):
            assert collect(mac).returncode == 0
        ran = mac.as_service("deliver", 1)
        assert ran.returncode == 0, ran.stderr
        assert len(known.taken) == 2
        assert spool(mac) == []

    def test_a_proxy_stands_in_a_file_of_its_own(self, mac: Mac, known: SmallAuditor) -> None:
        enrolled(mac, known)
        assert collect(mac).returncode == 0
        environment = mac.path("environment")
        environment.write_text("SSL_CERT_FILE=/nowhere\nHTTPS_PROXY=socks5://proxy.example\n")
        environment.chmod(0o644)
        probe = mac.path("bin/setapart-agent")
        probe.unlink()
        probe.write_text("#!/bin/sh\nenv\n")
        probe.chmod(0o755)
        assert "HTTPS_PROXY=socks5://proxy.example\n" in mac.as_service("deliver", 1).stdout

    def test_an_upgrade_keeps_key_chain_and_spool_and_goes_on(self, mac: Mac, known: SmallAuditor) -> None:
        enrolled(mac, known)
        assert collect(mac).returncode == 0
        before = content(mac.path("state"))
        assert {"key.pem", "key.pem.chain", "auditor.json"} <= before.keys()
        stale = mac.path("lib/setapart_agent/no_longer_there.py")
        stale.write_text("")
        ran = mac.install()
        assert ran.returncode == 0, ran.stderr
        assert content(mac.path("state")) == before
        assert not stale.exists()
        assert collect(mac).returncode == 0
        assert mac.as_service("deliver", 1).returncode == 0
        assert len(known.taken) == 2

    def test_uninstalling_leaves_nothing(self, mac: Mac, known: SmallAuditor) -> None:
        def left() -> set[str]:
            mounted = {"usr", "dev", "proc", "tmp"}
            return {
                str(path.relative_to(mac.root))
                for path in mac.root.rglob("*")
                if path.relative_to(mac.root).parts[0] not in mounted
            }

        before = left()
        enrolled(mac, known)
        assert collect(mac).returncode == 0
        ran = mac.program("uninstall")
        assert ran.returncode == 0, ran.stderr
        told = mac.told()
        assert [f"launchctl bootout system/org.setapart.agent.{job}" for job in JOBS] == told[:3]
        assert "pkgutil --forget org.setapart.agent" in told
        kept = {"script", "etc/passwd", "etc/group", "private", "private/etc", "private/etc/newsyslog.d"}
        assert left() - kept == before
        assert mac.path("bin/uninstall").exists() is False

    def test_uninstalling_needs_root(self, mac: Mac) -> None:
        assert mac.install().returncode == 0
        ran = mac.as_service("uninstall")
        assert ran.returncode == 2
        assert "expected root; run it with sudo" in ran.stderr
        assert mac.path("bin/uninstall").exists()

    def test_without_a_python_everything_says_so(self, mac: Mac, known: SmallAuditor) -> None:
        enrolled(mac, known)
        shutil.rmtree(mac.root / "Library/ManagedFrameworks")
        for ran in (collect(mac), mac.as_service("deliver", 1)):
            assert ran.returncode == 5
            assert "no Python 3.11 to 3.14 in /Library; expected one of root's own" in ran.stderr
        drop_in(mac, known)
        assert mac.program("enrol").returncode == 5
        assert mac.path("enrol.toml").exists(), "the token would be gone before it was used"
        installed = mac.script("postinstall")
        assert installed.returncode == 0, "device management would install it again and again"
        assert "nothing is reported until there is one" in installed.stderr

    @pytest.mark.parametrize("where", ["Versions", "Versions/{0}", "Versions/{0}/lib", "Versions/{0}/lib/python{0}"])
    def test_a_python_that_administrators_may_write_to_is_not_run_as_root(self, mac: Mac, where: str) -> None:
        """As python.org's installer leaves it: `chmod -R g+w`."""
        assert mac.install().returncode == 0
        version = Path(SYSTEM_PYTHON).name.removeprefix("python")
        framework = mac.root / "Library/ManagedFrameworks/Python/Python3.framework"
        (framework / where.format(version)).chmod(0o775)
        ran = mac.program("setapart-agent", "--version")
        assert ran.returncode == 5
        assert "others than root may write to" in ran.stderr
        assert f"chmod -R go-w '/Library/ManagedFrameworks/Python/Python3.framework/Versions/{version}'" in ran.stderr

    def test_the_agents_own_python_goes_first(self, mac: Mac) -> None:
        assert mac.install().returncode == 0
        version = Path(SYSTEM_PYTHON).name.removeprefix("python")
        own = mac.path(f"Python.framework/Versions/{version}")
        (own / "lib" / f"python{version}").mkdir(parents=True)
        (own / "bin").mkdir()
        program = own / f"bin/python{version}"
        program.write_text('#!/bin/sh\necho own "$@"\n')
        program.chmod(0o755)
        ran = mac.program("setapart-agent", "--version")
        assert mac.script("postinstall").returncode == 0
        for path in (own, program, *own.parents[:2]):
            assert (path.stat().st_uid, path.stat().st_gid, path.stat().st_mode & 0o027) == (0, 399, 0), path
        assert ran.stdout == "own -I -S -B /Library/Application Support/Setapart/lib --version\n"
