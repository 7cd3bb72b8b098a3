"""The auditor's package where it is installed: booted Debian trees, a real agent. `make packages-test`; minutes."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from package_trees import boot, debian, sections
from repository import REPOSITORY

SCRIPT = (Path(__file__).parent / "lifecycle.sh").read_text("utf-8")
VERSION = "agent/setapart_evidence/__init__.py"
PREVIOUS = "0.0.9"
DATA = "/var/lib/setapart-auditor"
ON_POSTGRESQL = """\
runuser -u postgres -- createuser setapart-auditor
runuser -u postgres -- createdb --owner setapart-auditor --encoding UTF8 --template template0 setapart
"""


def build(builder: str, source: Path, output: Path, **environment: str) -> None:
    """Builds the packages of a tree of sources."""
    folders = (source / "packaging/agent", source / "packaging/auditor", source / "agent", source / "auditor")
    subprocess.run(
        [sys.executable, "-m", builder, "--output", output],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders)), **environment},
    )  # fmt: skip


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages as they are, and the auditor's of a version before this one."""
    folder = tmp_path_factory.mktemp("packages")
    for builder in ("agent_packages", "auditor_packages"):
        build(builder, REPOSITORY, folder)
    older = tmp_path_factory.mktemp("older")
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=REPOSITORY, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-C", older, "-x"], input=archive, check=True)
    text = (older / VERSION).read_text("utf-8")
    (older / VERSION).write_text(re.sub(r'__version__ = "[^"]+"', f'__version__ = "{PREVIOUS}"', text), "utf-8")
    build("auditor_packages", older, folder, SOURCE_DATE_EPOCH="1790000000")
    return folder


def script(packages: Path, database: str) -> str:
    """The script for one machine, at a port that is free here: the machine has this one's network."""
    (previous,) = packages.glob(f"setapart-auditor_{PREVIOUS}-*.deb")
    (following,) = (one for one in packages.glob("setapart-auditor_*.deb") if one != previous)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = {
        "PORT": port, "PREVIOUS": f"/packages/{previous.name}", "NEXT": f"/packages/{following.name}",
        "INIT": database and '"--database=postgresql://setapart-auditor@/setapart?host=/run/postgresql"',
    }  # fmt: skip
    settings = "".join(f"{name}={value}\n" for name, value in given.items())
    return settings + SCRIPT.replace("$DATABASE", ON_POSTGRESQL if database else "")


@pytest.mark.parametrize(("suite", "more"), [("bookworm", ()), ("trixie", ()), ("trixie", ("postgresql",))], ids=str)
def test_the_deb_serves_is_upgraded_and_goes_without_losing_anything(
    suite: str, more: tuple[str, ...], packages: Path, tmp_path: Path
) -> None:
    tree = debian(suite, tmp_path / suite, *more)
    output = boot(tree, script(packages, "".join(more)), packages=packages)
    sys.stdout.write(f"--- the auditor's deb, {suite} {' '.join(more)}\n{output}\n")
    found = sections(output)
    assert list(found)[-1] == "end"
    assert "never:" not in output
    assert re.search(r"^inactive$", found["install"], re.MULTILINE), "there is no auditor yet, and that is no failure"
    assert "loaded failed" not in output, "a unit has failed"
    assert "the settings are right" in found["init"]
    listed = json.loads(found["report"][found["report"].index("{") :])["devices"]
    assert [(one["name"], one["evidence"] is not None) for one in listed] == [("desk", True)]
    check_jobs(found["timers"], tree)
    check_upgrade(found["upgrade"])
    check_end(found)


def check_jobs(said: str, tree: Path) -> None:
    """Each timer ran what it is for: the sweep judged, the backup is there."""
    assert re.findall(r"^Result=(.*)$", said, re.MULTILINE) == ["success"] * 3
    assert re.search(r"^auditor-\S+Z\.tar\.zst$", said, re.MULTILINE)
    (device,) = json.loads((tree / "trial/swept.json").read_text("utf-8"))["devices"]
    assert device["status"] in ("compliant", "violation", "inconclusive"), device


def check_upgrade(said: str) -> None:
    """Started again with the new modules alone; keys, settings and record are as they were."""
    before, after = re.findall(r"^MainPID=(\d+)$", said, re.MULTILINE)
    assert after not in ("0", before)
    was, now = re.findall(r"^setapart-(\S+)\.dist-info$", said, re.MULTILINE)
    assert was == PREVIOUS != now
    assert re.search(r"^BACKUP_KEEP=3$", said, re.MULTILINE)
    assert "same key" in said
    assert "whole" in said
    assert not re.findall(r"^\S{9}\s+/usr/.*$", said, re.MULTILINE), "files are not the package's"


def check_end(found: dict[str, str]) -> None:
    """Nothing of the package's is left but what an authority must not lose, of which purging says so."""
    assert not re.search(r"^\d+$", found["removed"], re.MULTILINE), "it still runs"
    assert "/etc/default/setapart-auditor" in found["removed"]
    assert f"{DATA} and its backups are kept" in found["purged"]
    paths = {line for line in found["purged"].splitlines() if line.startswith("/") and not line.endswith(":")}
    assert not paths
    assert {"auditor.toml", "authority.pem"} <= set(found["purged"].split())
    assert "setapart-auditor 700\nsetapart-auditor 600" in found["purged"], "it is its owner's still"
    again = [line for line in found["again"].splitlines() if re.match("/|setapart-auditor", line)]
    assert not again
