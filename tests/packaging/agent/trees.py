"""The packages where they are installed: booted Debian trees, a real auditor. `make packages-test`; minutes each."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from package_trees import boot, debian, enter
from repository import REPOSITORY
from service import Service, serving

SCRIPT = (Path(__file__).parent / "lifecycle.sh").read_text("utf-8")
BUILDER = [sys.executable, "-m", "agent_packages"]
VERSION = "0.1.0"


def auditor(*words: object) -> str:
    """Runs the auditor's program."""
    command = [sys.executable, "-m", "setapart_auditor", *map(str, words)]
    answer = subprocess.run(command, check=False, capture_output=True, text=True)
    assert answer.returncode in (0, 1, 3), answer.stderr
    return answer.stdout.strip()


def build(output: Path, revision: int, source: Path = REPOSITORY, **environment: str) -> None:
    """Builds the packages of a tree of sources."""
    subprocess.run(
        [*BUILDER, "--output", output, "--revision", str(revision), "--wheels", REPOSITORY / "build" / "wheels"],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": f"{source / 'packaging/agent'}:{source / 'agent'}", **environment},
    )


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages as they are, and those of the next revision."""
    folder = tmp_path_factory.mktemp("packages")
    for revision in (1, 2):
        build(folder, revision)
    return folder


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A real auditor on the loopback."""
    folder = tmp_path / "auditor"
    auditor("init", "--dir", folder)
    with serving(folder) as running:
        yield running


def sections(output: str) -> dict[str, str]:
    """What the script printed, by the names that it gave."""
    parts = re.split(r"^== (\w+)$", output, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def seen(file: Path) -> dict[str, object]:
    """What one run of the agent would have signed."""
    return dict(json.loads(file.read_text("utf-8")))


def check(found: dict[str, str], trial: Path, service: Service) -> None:
    """What must hold whatever the package's format is."""
    said = "\n".join(f"== {name}\n{text}" for name, text in found.items())
    assert "end" in found, said
    assert "never:" not in said, said
    assert "token left behind" not in found["install"], found["install"]
    owners = dict(line.rsplit(" ", 1) for line in found["owners"].splitlines() if line.strip())
    assert all(name.endswith(" setapart-agent") for name in owners), owners
    assert {owners[f"{name} setapart-agent"] for name in ("key.pem", "auditor.json")} == {"600"}
    assert "unit ended with 0" in found["inventory"]
    root, unit, bare = (seen(trial / f"{name}.json") for name in ("root", "unit", "bare"))
    assert unit == root
    apps = {(app["identifier"], app["profile"]) for app in root["apps"]}  # type: ignore[attr-defined]
    assert ("tiktok-portable", "1002") in apps
    assert ("telegram", "1000") in apps
    assert bare != root, "without its capabilities the agent would see as much: nothing was compared"
    for name in ("key.pem", "auditor.json", "key.pem.chain"):
        assert f"same {name}" in found["upgrade"], found["upgrade"]
    closed, opened = found["closed"].split("without TemporaryFileSystem:")
    for how in ("reads key.pem", "links key.pem", "./key.pem\n", "sees the chain", "moves auditor.json"):
        assert how not in closed, closed
        assert how in opened, opened
    assert "sees the spool" in closed, closed
    for what in ("left bundle.json", "same bundle.json"):
        assert what in found["closed"], "without the key no bundle is fetched, or it is not pinned"
    for name, waiting in (("unreachable", 1), ("wrong", 2)):
        assert f"waiting {waiting}\n" in found[name], found[name]
        assert "Result=success\nExecMainStatus=3" in found[name], found[name]
        assert "setapart-agent: " in found[name], found[name]
    assert "waiting 0\n" in found["reached"]
    for name, message in (("full", "No space left on device"), ("readonly", "Read-only file system")):
        assert "ended with 1" in found[name], found[name]
        assert message in found[name], found[name]
    assert "ExecMainStatus=5" in found["python"], found["python"]
    assert "no /usr/bin/python3; expected Python 3.11 to 3.14; install the package python3" in found["python"]
    assert found["damaged"].count("ExecMainStatus=2") == 2, found["damaged"]
    assert found["damaged"].count("auditor.json is damaged; expected what `setapart-agent enrol` wrote") == 2
    assert "ExecMainStatus=2" in found["half"], found["half"]
    assert "the drop-in file: Unterminated string" in found["half"], found["half"]
    assert "ActiveState=failed" in found["refused"], found["refused"]
    assert "token is still there" in found["refused"], found["refused"]
    assert "ExecMainStatus=2\nActiveState=failed" in found["expired"], found["expired"]
    assert "token is still there" in found["expired"], found["expired"]
    assert "token not accepted" in found["expired"], found["expired"]
    assert "SubState=auto-restart" in found["later"], found["later"]
    assert "token is still there" in found["later"], found["later"]
    assert "collects without an auditor" not in found["later"], found["later"]
    assert "Starting setapart-agent-collect" not in found["later"], found["later"]
    assert found["together"].count("agent ended with 0") == 3, found["together"]
    assert "waiting 0\n" in found["together"]
    for name in ("key.pem.chain", "spool"):
        assert f"/var/lib/setapart-agent/{name}" in found["removed"], found["removed"]
    assert "waiting 0\n" in found["removed"], found["removed"]
    apparent, on_disk = (int(line.split()[0]) for line in found["size"].strip().splitlines())
    assert max(apparent, on_disk) <= 40 * 1024
    listed = json.loads(auditor("list", "--json", "--dir", service.folder))["devices"]
    assert [device["status"] for device in listed if device["name"] == "desk"] != ["invalid"]
    history = auditor("history", "desk", "--dir", service.folder)
    assert "fork" not in history, history


def token_files(tree: Path, service: Service) -> None:
    """Drop-in files: with a good token, and with one that is used up, has expired, or is of an auditor that is away."""
    trial = tree / "drop"
    trial.mkdir()
    auditor("device", "add", "desk", "--class", "ordinary", "--dir", service.folder)
    good = auditor("device", "token", "desk", "--url", service.url, "--dir", service.folder)
    (trial / "enrol.toml").write_text(f'token = "{good}"\n')
    away = auditor("device", "token", "--class", "ordinary", "--url", "http://127.0.0.1:9", "--dir", service.folder)
    (trial / "later.toml").write_text(f'token = "{away}"\n')
    expired = auditor("device", "token", "--class", "ordinary", "--url", service.url, "--dir", service.folder)
    (trial / "expired.toml").write_text(f'token = "{expired}"\n')
    with closing(sqlite3.connect(service.folder / "auditor.db")) as database, database:
        database.execute("UPDATE token SET expires_at = created_at + 1 WHERE no = (SELECT max(no) FROM token)")
    (trial / "refused.toml").write_text(f'token = "{good}"\nname = "another"\n')


def lifecycle(install: str, remove: str, purge: str) -> str:
    """The script for one package format."""
    script = SCRIPT
    for name, command in {
        "INSTALL_FIRST": install.format(1),
        "INSTALL_SECOND": install.format(2),
        "REMOVE": remove,
        "PURGE": purge,
    }.items():
        script = script.replace(f"${name}", command)
    return f"mv /drop/* /trial/\n{script}"


@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_the_deb_lives_and_goes_without_losing_anything(
    suite: str, packages: Path, service: Service, tmp_path: Path
) -> None:
    tree = debian(suite, tmp_path / suite)
    token_files(tree, service)
    install = f"dpkg -i /packages/setapart-agent_{VERSION}-{{}}_amd64.deb"
    script = lifecycle(install, "dpkg -r setapart-agent", "dpkg -P setapart-agent")
    output = boot(tree, script, packages=packages)
    sys.stdout.write(f"--- deb, {suite}\n{output}\n")
    found = sections(output)
    check(found, tree / "trial", service)
    left = [line for line in found["purge"].splitlines() if line.startswith("/")]
    assert not left
    assert "setapart-agent:x:" not in found["purge"], "the user is still there"
    assert "not-found" not in found["purge"], "systemd remembers a unit"


def test_the_rpm_lives_and_goes_without_losing_anything(packages: Path, service: Service, tmp_path: Path) -> None:
    tree = debian("bookworm", tmp_path / "rpm", "rpm")
    token_files(tree, service)
    shutil.copy(system_rpm(tmp_path), tree / "system.rpm")
    install = f"rpm -U --oldpackage /packages/setapart-agent-{VERSION}-{{}}.x86_64.rpm"
    script = lifecycle(install, "rpm -e setapart-agent", "rpm -e setapart-agent")
    output = boot(tree, f"rpm -i /system.rpm\n{script}", packages=packages)
    sys.stdout.write(f"--- rpm\n{output}\n")
    found = sections(output)
    check(found, tree / "trial", service)
    left = {line for line in found["purge"].splitlines() if line.startswith("/")}
    assert left == {"/var/lib/setapart-agent", "/var/lib/systemd/timers/stamp-setapart-agent-collect.timer"} & left
    assert "/var/lib/setapart-agent" in left, "the key went with the package"


def system_rpm(folder: Path) -> Path:
    """A package that says what the tree has: its interpreter, systemd and C library are Debian's."""
    specification = folder / "system.spec"
    provided = ("python3 = 3.11", "systemd = 252", "glibc = 2.36", "libgcc_s.so.1()(64bit)", "/bin/sh")
    specification.write_text(
        "Name: the-system\nVersion: 1\nRelease: 1\nSummary: What this tree has\nLicense: none\nBuildArch: noarch\n"
        + "".join(f"Provides: {what}\n" for what in provided)
        + "%description\nWhat this tree has.\n%files\n"
    )
    command = ["rpmbuild", "-bb", "--quiet", "--define", f"_topdir {folder}/top", specification]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = (folder / "top" / "RPMS").rglob("*.rpm")
    return built


BEFORE = """\
mkdir -p /etc/setapart-agent; mv /drop/enrol.toml /etc/setapart-agent/enrol.toml
dpkg -i /packages/setapart-agent_0.1.0-1_amd64.deb
for _ in $(seq 240); do [ -n "$(ls /var/lib/setapart-agent/receipts 2>/dev/null)" ] && break; sleep 0.25; done
"""
AFTER = """\
readlink /usr/bin/python3
find /usr/lib/setapart-agent -name 'report.cpython-*.pyc' -printf '%f\\n' | sort -u
systemctl start setapart-agent-collect; echo "ended with $?"
for _ in $(seq 240); do systemctl list-jobs --no-legend | grep -q setapart || break; sleep 0.25; done
journalctl -q --no-pager -o cat -b -u 'setapart-agent*'
runuser -u setapart-agent -- setapart-agent status --dir /var/lib/setapart-agent
"""


def test_an_upgrade_from_debian_12_to_13_keeps_reporting(packages: Path, service: Service, tmp_path: Path) -> None:
    tree = debian("bookworm", tmp_path / "tree")
    token_files(tree, service)
    boot(tree, BEFORE, packages=packages)
    upgrade = (
        "sed -i s/bookworm/trixie/g /etc/apt/sources.list; export DEBIAN_FRONTEND=noninteractive; apt-get -q update;"
        " apt-get -qy -o Dpkg::Options::=--force-confold dist-upgrade"
    )
    enter(tree, upgrade)
    after = boot(tree, AFTER, packages=packages)
    sys.stdout.write(f"--- Debian 12 to 13\n{after}\n")
    assert "python3.13\nreport.cpython-313.pyc\n" in after
    assert "ended with 0" in after
    assert "delivered 1, kept 0" in after
    assert "last receipt   report 2," in after


GIVEN_UP = """\
dpkg -i /first.deb
dpkg-deb -R /first.deb /next; sed -i 's/^Version: .*/Version: 9-1/' /next/DEBIAN/control
printf '#!/bin/sh\\nexit 1\\n' >/next/DEBIAN/preinst; chmod 755 /next/DEBIAN/preinst
dpkg-deb --root-owner-group -b /next /next.deb
dpkg -i /next.deb || echo "the upgrade ended with $?"
dpkg-query -W -f '${Status} ${Version}\\n' setapart-agent
find /usr/lib/setapart-agent -name 'report.cpython-*.pyc' -printf 'compiled %f\\n'
setapart-agent --version
"""


def test_an_upgrade_that_fails_leaves_the_agent_as_it_was(packages: Path, tmp_path: Path) -> None:
    tree = debian("bookworm", tmp_path / "tree")
    shutil.copy(packages / f"setapart-agent_{VERSION}-1_amd64.deb", tree / "first.deb")
    said = enter(tree, GIVEN_UP)
    sys.stdout.write(f"--- an upgrade that fails\n{said}\n")
    after = said.partition("the upgrade ended with 1")[2]
    assert f"install ok installed {VERSION}-1" in after, said
    assert "compiled report.cpython-311.pyc" in after, "each run would compile everything"
    assert f"setapart-agent, version {VERSION}" in after, said


def test_the_same_sources_give_the_same_bytes_wherever_they_are_built(tmp_path: Path) -> None:
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=REPOSITORY, check=True, capture_output=True).stdout
    built = []
    for name, zone, umask in (("a", "UTC", 0o022), ("another-folder", "Asia/Tokyo", 0o077)):
        source = tmp_path / name
        source.mkdir()
        subprocess.run(["tar", "-C", source, "-x"], input=archive, check=True)
        before = os.umask(umask)
        try:
            build(source / "dist", 1, source, TZ=zone, SOURCE_DATE_EPOCH="1790000000")
        finally:
            os.umask(before)
        built.append({file.name: file.read_bytes() for file in (source / "dist").iterdir()})
    assert {name.rpartition(".")[2] for name in built[0]} >= {"deb", "rpm", "pyz", "whl", "json"}
    assert {name for name in built[0] if built[0][name] != built[1].get(name)} == set()


def test_lintian_and_rpmlint_find_nothing_that_is_not_explained(packages: Path) -> None:
    lintian = ["lintian", "--allow-root", "--fail-on", "error,warning,info", *packages.glob("*-1_*.deb")]
    answer = subprocess.run(lintian, check=False, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout
    explained = REPOSITORY / "packaging/agent/installed/rpm/setapart-agent.rpmlintrc"
    rpmlint = ["rpmlint", "-r", explained, *packages.glob("*-1.x86_64.rpm")]
    answer = subprocess.run(rpmlint, check=False, capture_output=True, text=True)
    assert "0 errors, 0 warnings" in answer.stdout, answer.stdout


def test_the_bill_of_materials_names_every_library_that_is_inside(packages: Path) -> None:
    (file,) = packages.glob("*-linux-*.cdx.json")
    raw = file.read_text("utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(raw) is None
    components = {component["name"]: component for component in json.loads(raw)["components"]}
    named = {name: component["version"] for name, component in components.items()}
    (deb,) = packages.glob("*-1_amd64.deb")
    listed = subprocess.run(["dpkg-deb", "-c", deb], check=True, capture_output=True, text=True).stdout
    inside = dict(re.findall(r"/([A-Za-z0-9_]+)-([0-9.]+)\.dist-info/METADATA$", listed, re.MULTILINE))
    assert {name.replace("_", "-"): version for name, version in inside.items()} == named
    assert set(named) == {"cffi", "click", "cryptography", "msgspec", "psutil", "pycparser", "tomli-w"}
    parts = {part["purl"].partition("@")[0]: part["version"] for part in components["cryptography"]["components"][1:]}
    tree = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], check=True, capture_output=True).stdout
    compiled = "./usr/lib/setapart-agent/cryptography/hazmat/bindings/_rust.abi3.so"
    library = subprocess.run(["tar", "-xO", compiled], input=tree, check=True, capture_output=True).stdout
    assert f"OpenSSL {parts['pkg:generic/openssl']} ".encode() in library


PEER = """\
before=$(du -skx / 2>/dev/null | cut -f1)
apt-get -qy -o Dpkg::Use-Pty=0 --no-install-recommends install fusioninventory-agent >/dev/null 2>&1
after=$(du -skx / 2>/dev/null | cut -f1); echo "peer KiB $((after - before))"
"""
RUNS = """\
dpkg -i /packages/setapart-agent_0.1.0-1_amd64.deb >/dev/null
time_of() { start=$(date +%s%N); "$@" >/dev/null 2>&1; end=$(date +%s%N); echo $(((end - start) / 1000000)); }
mkdir /tmp/peer
echo "peer first ms $(time_of fusioninventory-agent --local /tmp/peer --force --no-category=printer)"
echo "peer second ms $(time_of fusioninventory-agent --local /tmp/peer --force --no-category=printer)"
ls /tmp/peer | head -1
echo "own KiB $(du -sk /usr/lib/setapart-agent | cut -f1)"
echo "own first ms $(time_of setapart-agent inventory --json)"
echo "own second ms $(time_of setapart-agent inventory --json)"
"""


def test_size_and_time_of_the_first_run_beside_another_agent(packages: Path, tmp_path: Path) -> None:
    tree = debian("bookworm", tmp_path / "tree")
    said = enter(tree, f"apt-get -q update >/dev/null; {PEER}") + boot(tree, RUNS, packages=packages)
    sys.stdout.write(f"--- beside fusioninventory-agent\n{said}\n")
    measured = {name: int(value) for name, value in re.findall(r"^((?:own|peer) .*) (\d+)$", said, re.MULTILINE)}
    assert measured["own KiB"] <= 40 * 1024
    assert measured["own first ms"] <= 3 * measured["peer first ms"]
