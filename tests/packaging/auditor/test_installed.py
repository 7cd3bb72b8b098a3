"""The package on a machine: its units under a real systemd, and what they say and do when something is wrong."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from setapart_auditor.installation import open_installation
from stores import make_installation
from systemd_machine import Machine, machine
from web_world import Phone, register

pytestmark = pytest.mark.needs("systemd-machine", "dpkg", "hatchling")
UNIT = "setapart-auditor"
FOLDER, BACKUPS = "/var/lib/setapart-auditor", "/var/lib/setapart-auditor-backups"
AS = "runuser -u setapart-auditor -- setapart-auditor"
_ASK = """
import sys, urllib.error, urllib.request
body = open(sys.argv[2], "rb").read() if len(sys.argv) > 2 else None
try:
    print(urllib.request.urlopen("http://127.0.0.1:8440" + sys.argv[1], body, 60).status)
except urllib.error.HTTPError as refused:
    print(refused.code)
"""


class Box:
    """A machine with the package and an auditor, which has a device."""

    def __init__(self, inside: Machine, phone: Phone) -> None:
        self.inside = inside
        self.phone = phone
        self.sh = inside.sh

    def reset(self) -> None:
        """The auditor as it was at first, served."""
        self.sh(
            f"systemctl stop {UNIT}; umount -q {FOLDER} {BACKUPS} || true; rm -rf {FOLDER} {BACKUPS}"
            f" /etc/systemd/system/{UNIT}*.service.d; cp -a /share/auditor {FOLDER};"
            f" chown -R setapart-auditor: {FOLDER}; systemctl daemon-reload"
        )
        self.inside.forget()
        self.phone.sequence, self.phone.previous = 0, None
        self.sh(f"systemctl start {UNIT}")
        self.healthy()

    def ask(self, path: str, body: bytes | None = None) -> int:
        """The status of an answer."""
        if body is not None:
            (self.inside.share / "body").write_bytes(body)
        given = [] if body is None else ["/share/body"]
        return int(self.inside.run("python3", "-c", _ASK, path, *given).stdout)

    def report(self) -> int:
        """Delivers the device's next report."""
        return self.ask("/v1/report", self.phone.report())

    def healthy(self) -> None:
        """Returns once the service is."""
        self.sh(
            "for i in $(seq 300); do python3 -c 'import urllib.request as u;"
            'u.urlopen("http://127.0.0.1:8440/v1/health")\' 2>/dev/null && exit 0; sleep 0.1; done; exit 1'
        )

    def drop_in(self, text: str, unit: str = UNIT) -> None:
        """Adds to a unit, as `systemctl edit` does."""
        folder = f"/etc/systemd/system/{unit}.service.d"
        self.sh(f"mkdir -p {folder}")
        self.inside.run("tee", f"{folder}/test.conf", given=f"[Service]\n{text}\n")
        self.sh("systemctl daemon-reload")


@pytest.fixture(scope="module")
def installed(deb: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    folder = tmp_path_factory.mktemp("made") / "auditor"
    made = make_installation(folder)
    (phone,) = register(made, 1)
    made.store.close()
    with machine() as inside:
        shutil.copy(deb, inside.share / "auditor.deb")
        shutil.copytree(folder, inside.share / "auditor")
        inside.sh("dpkg -i /share/auditor.deb")
        assert inside.property(UNIT, "ActiveState") == "inactive", "there is no auditor yet, and that is no failure"
        assert inside.run("systemctl", "--failed", "--plain", "--no-legend").stdout == ""
        yield Box(inside, phone)


@pytest.fixture
def box(installed: Box) -> Box:
    installed.reset()
    return installed


def test_it_serves_as_a_user_of_its_own_and_takes_reports_in(box: Box) -> None:
    pid = box.inside.property(UNIT, "MainPID")
    assert box.sh(f"ps -o user:20= -p {pid}").strip() == "setapart-auditor"
    assert box.report() == 200
    assert '"event": "ready"' in box.inside.journal(UNIT)
    assert box.sh("dpkg --verify setapart-auditor") == ""
    # It judges: the appraiser is a process that finds the same modules.
    box.sh(
        "for i in $(seq 100); do pgrep -f setapart_auditor.web.appraiser >/dev/null && exit 0; sleep 0.1; done; exit 1"
    )
    assert "the appraiser has ended" not in box.inside.journal(UNIT)


def test_commands_are_typed_as_the_guide_says(box: Box) -> None:
    shown = box.sh(f"{AS} config check --dir {FOLDER}")
    assert "wrong" not in shown
    assert "phone-" in box.sh(f"{AS} list --dir {FOLDER} || test $? = 3")


@pytest.mark.parametrize("job", ["sweep", "backup", "retain"])
def test_a_job_runs_beside_the_service(box: Box, job: str) -> None:
    box.report()
    box.sh(f"systemctl start {UNIT}-{job}")
    assert box.inside.property(f"{UNIT}-{job}", "Result") == "success"
    assert box.ask("/v1/health") == 200
    assert box.sh(f"systemctl is-enabled {UNIT}-{job}.timer").strip() == "enabled"


def test_what_a_sweep_says_of_devices_is_not_in_the_journal(box: Box) -> None:
    box.sh(f"systemctl start {UNIT}-sweep")
    assert "phone-" not in box.inside.journal(f"{UNIT}-sweep")
    assert "phone-" in box.sh(f"{AS} list --dir {FOLDER} || test $? = 3")


def test_a_backup_of_the_timer_is_restored_and_holds_what_was_taken_in(box: Box, tmp_path: Path) -> None:
    assert box.report() == 200
    box.sh(f"systemctl start {UNIT}-backup")
    box.sh(f"{AS} db restore {BACKUPS}/auditor-*.tar.zst --dir /tmp/restored; rm -rf /share/restored")
    box.sh("cp -r /tmp/restored /share/restored; rm -rf /tmp/restored")
    opened = open_installation(box.inside.share / "restored")
    with opened.store.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM evidence").scalar_one() == 1
    opened.store.close()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (f"printf '[serve]\\nlisten = \"127.0' > {FOLDER}/auditor.toml", "Unterminated string"),
        (f"printf '[serv]\\n' > {FOLDER}/auditor.toml", "did you mean `serve`?"),
        (f"chown root {FOLDER}/auditor.toml", "auditor.toml: Permission denied"),
        (f"chown root {FOLDER}/authority.pem", "authority.pem: Permission denied"),
        (f"rm {FOLDER}/authority.pem", "restore it from a backup"),
        (f"rm {FOLDER}/auditor.db", "setapart-auditor db restore"),
        (f"printf '[serve]\\nlisten = \"192.0.2.1:8440\"\\n' > {FOLDER}/auditor.toml", "plain http on 192.0.2.1"),
    ],
)
def test_what_waiting_does_not_mend_ends_with_2_is_said_and_is_not_tried_again(box: Box, fault: str, said: str) -> None:
    box.sh(f"cp -a {FOLDER}/. /tmp/kept; systemctl stop {UNIT}; {fault}; systemctl start {UNIT} || true")
    box.inside.wait(UNIT, "failed")
    assert box.inside.property(UNIT, "ExecMainStatus") == "2"
    assert box.inside.property(UNIT, "NRestarts") == "0"
    journal = box.inside.journal(UNIT)
    assert said in journal
    assert "Traceback" not in journal


def test_a_database_that_does_not_answer_is_waited_for(box: Box) -> None:
    url = "postgresql://nobody@127.0.0.1:1/none"
    box.sh(f"cp -a {FOLDER}/auditor.toml /tmp/kept.toml; systemctl stop {UNIT}")
    box.sh(f"printf '[database]\\nurl = \"{url}\"\\n' > {FOLDER}/auditor.toml; systemctl start {UNIT} || true")
    box.inside.wait(UNIT, "activating")
    assert box.inside.property(UNIT, "ExecMainStatus") == "75"
    assert "check [database] url in auditor.toml, and that the server runs" in box.inside.journal(UNIT)
    box.sh(f"cp -a /tmp/kept.toml {FOLDER}/auditor.toml")
    box.inside.wait(UNIT, "active", 30)


def test_a_read_only_file_system_is_said_and_waited_for(box: Box) -> None:
    box.sh(f"systemctl stop {UNIT}; mount --bind {FOLDER} {FOLDER}; mount -o remount,ro,bind {FOLDER}")
    box.sh(f"systemctl start {UNIT} || true")
    box.inside.wait(UNIT, "activating")
    journal = box.inside.journal(UNIT)
    assert "setapart-auditor: " in journal
    assert "Traceback" not in journal
    checked = box.inside.run("runuser", "-u", UNIT, "--", UNIT, "config", "check", "--dir", FOLDER, check=False)
    assert checked.returncode == 2
    assert "read-only" in checked.stdout
    box.sh(f"umount {FOLDER}")
    box.inside.wait(UNIT, "active", 30)


def test_a_full_disk_refuses_and_says_so_loses_nothing_and_goes_on_when_there_is_space(box: Box) -> None:
    box.sh(
        f"systemctl stop {UNIT}; cp -a {FOLDER} /tmp/kept; mount -t tmpfs -o size=8m,mode=700 tmpfs {FOLDER};"
        f" cp -a /tmp/kept/. {FOLDER}; chown setapart-auditor: {FOLDER}; systemctl start {UNIT}"
    )
    box.healthy()
    taken = 0
    assert box.report() == 200
    taken += 1
    box.sh(f"for size in 64k 1k; do dd if=/dev/zero of={FOLDER}/fill.$size bs=$size 2>/dev/null || true; done")
    refused = None
    for _ in range(40):
        kept = box.phone.sequence, box.phone.previous
        if (refused := box.report()) != 200:
            box.phone.sequence, box.phone.previous = kept
            break
        taken += 1
    assert refused == 503
    journal = box.inside.journal(UNIT)
    assert "free some space; what was acknowledged is safe" in journal
    box.sh(f"rm {FOLDER}/fill*")
    assert box.report() == 200
    taken += 1
    assert box.inside.property(UNIT, "NRestarts") == "0"
    box.sh(f"{AS} log verify --dir {FOLDER}; rm -rf /share/kept; cp -r {FOLDER} /share/kept")
    opened = open_installation(box.inside.share / "kept")
    with opened.store.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM evidence").scalar_one() == taken
    opened.store.close()


def test_a_backup_that_does_not_fit_fails_says_so_and_removes_no_older_one(box: Box) -> None:
    box.sh(
        f"mkdir {BACKUPS}; mount -t tmpfs -o size=64k,mode=700 tmpfs {BACKUPS}; chown setapart-auditor: {BACKUPS};"
        f" systemctl start {UNIT}-backup"
    )
    (older,) = box.sh(f"ls {BACKUPS}").split()
    box.sh(f"dd if=/dev/zero of={BACKUPS}/fill bs=1k 2>/dev/null || true")
    box.drop_in("EnvironmentFile=\nEnvironment=BACKUP_KEEP=1", f"{UNIT}-backup")
    assert box.inside.run("systemctl", "start", f"{UNIT}-backup", check=False).returncode != 0
    assert box.inside.property(f"{UNIT}-backup", "Result") == "exit-code"
    assert "No space left on device" in box.inside.journal(f"{UNIT}-backup")
    assert set(box.sh(f"ls -A {BACKUPS}").split()) == {older, "fill"}


def test_one_that_was_killed_is_started_again(box: Box) -> None:
    before = box.inside.property(UNIT, "MainPID")
    box.sh(f"kill -9 {before}")
    box.inside.wait(UNIT, "activating")
    box.inside.wait(UNIT, "active", 30)
    assert box.inside.property(UNIT, "MainPID") != before
    box.healthy()


def test_the_key_may_be_a_credential_that_systemd_hands_over(box: Box) -> None:
    box.sh(f"systemctl stop {UNIT}; mv {FOLDER}/authority.pem /root/key.pem; chown root: /root/key.pem")
    box.drop_in("LoadCredential=authority.pem:/root/key.pem")
    box.sh(f"systemctl start {UNIT}")
    box.healthy()
    assert box.report() == 200
    box.sh(f"test ! -e {FOLDER}/authority.pem; rm /root/key.pem")


def test_an_upgrade_that_fails_leaves_the_auditor_as_it_was(box: Box) -> None:
    control = "Package: setapart-auditor\nVersion: 9\nArchitecture: amd64\nMaintainer: n <n@localhost>\nDescription: n"
    box.sh(f"mkdir -p /tmp/next/DEBIAN; printf '{control}\n' >/tmp/next/DEBIAN/control")
    box.sh("cd /tmp/next/DEBIAN; printf '#!/bin/sh\nexit 1\n' >preinst; chmod 755 preinst; dpkg-deb -b /tmp/next /tmp")
    assert box.inside.run("sh", "-c", "dpkg -i /tmp/setapart-auditor_9_amd64.deb", check=False).returncode == 1
    box.inside.wait(UNIT, "active")
    box.healthy()
    found = box.sh("find /usr/lib/setapart-auditor/setapart_auditor -maxdepth 2 -name '__main__.*.pyc'")
    assert found, "each start and each sweep would compile everything"


def test_an_upgrade_starts_it_again_and_a_purge_keeps_keys_and_record(box: Box) -> None:
    """Last: it takes the package away."""
    before = box.inside.property(UNIT, "MainPID")
    box.sh("dpkg -i /share/auditor.deb")
    box.inside.wait(UNIT, "active")
    assert box.inside.property(UNIT, "MainPID") != before
    assert "are kept" in box.inside.run("dpkg", "--purge", "setapart-auditor").stderr
    assert box.inside.run("pgrep", "-f", "setapart_auditor", check=False).stdout == ""
    kept = box.sh(f"ls {FOLDER}").split()
    assert {"auditor.db", "authority.pem", "authority.toml"} <= set(kept)
    assert box.sh("find /usr/lib/setapart-auditor /etc/default/setapart-auditor 2>/dev/null || true") == ""
    # The copy for a second `serve` has the same key, and would be left to whoever gets the user's number next.
    box.sh(f"mv {FOLDER} {FOLDER}-2; rm -rf {BACKUPS}; dpkg -i /share/auditor.deb")
    box.sh("dpkg --purge setapart-auditor")
    assert box.sh(f"stat -c %U {FOLDER}-2").strip() == "setapart-auditor"
