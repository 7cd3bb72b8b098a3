"""The packages where they are installed: booted Debian trees, a real auditor. `make packages-test`; minutes each."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from package_trees import boot, debian
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
    assert "ExecMainStatus=2" in found["half"], found["half"]
    assert "the drop-in file: Unterminated string" in found["half"], found["half"]
    assert "ActiveState=failed" in found["refused"], found["refused"]
    assert "token is still there" in found["refused"], found["refused"]
    assert "SubState=auto-restart" in found["later"], found["later"]
    assert "token is still there" in found["later"], found["later"]
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
    """A drop-in file with a good token, and one with a token that is used up, one of an auditor that is away."""
    trial = tree / "drop"
    trial.mkdir()
    auditor("device", "add", "desk", "--class", "ordinary", "--dir", service.folder)
    good = auditor("device", "token", "desk", "--url", service.url, "--dir", service.folder)
    (trial / "enrol.toml").write_text(f'token = "{good}"\n')
    away = auditor("device", "token", "--class", "ordinary", "--url", "http://127.0.0.1:9", "--dir", service.folder)
    (trial / "later.toml").write_text(f'token = "{away}"\n')
    (trial / "refused.toml").write_text(f'token = "{good}"\nname = "another"\n')


@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_the_deb_lives_and_goes_without_losing_anything(
    suite: str, packages: Path, service: Service, tmp_path: Path
) -> None:
    tree = debian(suite, tmp_path / suite)
    token_files(tree, service)
    deb = f"/packages/setapart-agent_{VERSION}-{{}}_amd64.deb"
    script = SCRIPT
    for name, command in {
        "INSTALL_FIRST": f"dpkg -i {deb.format(1)}",
        "INSTALL_SECOND": f"dpkg -i {deb.format(2)}",
        "REMOVE": "dpkg -r setapart-agent",
        "PURGE": "dpkg -P setapart-agent",
    }.items():
        script = script.replace(f"${name}", command)
    output = boot(tree, f"mv /drop/* /trial/\n{script}", packages=packages)
    sys.stdout.write(f"--- {suite}\n{output}\n")
    found = sections(output)
    check(found, tree / "trial", service)
    left = [line for line in found["purge"].splitlines() if line.startswith("/")]
    assert not left
    assert "setapart-agent:x:" not in found["purge"], "the user is still there"
    assert "not-found" not in found["purge"], "systemd remembers a unit"
