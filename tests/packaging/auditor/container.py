"""The container file, built and run by buildah. `make packages-test`, as root; minutes.

The image that it begins with is a tree of the same Debian release from Debian's own archive, under that image's name.
What runs is the image's entry point with its own command; buildah gives it this machine's network.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from package_trees import CACHE, debian
from repository import REPOSITORY

FILE = REPOSITORY / "packaging" / "auditor" / "Containerfile"
BASE = "docker.io/library/debian:13-slim"
VOLUME = "/var/lib/setapart-auditor"
ISOLATED = ("--isolation", "chroot")


@dataclass(frozen=True)
class Image:
    """A built image, in a store of images of its own."""

    environment: dict[str, str]
    settings: dict[str, Any]
    container: str
    volume: Path

    def command(self, *words: str) -> list[str]:
        """How the image's program is run, as podman would."""
        mounted = f"{self.volume}:{VOLUME}"
        return ["buildah", "run", *ISOLATED, "-v", mounted, self.container, "--", *self.settings["Entrypoint"], *words]

    def run(self, *words: str) -> str:
        """What the auditor prints; `--dir` is the volume."""
        answer = subprocess.run(
            self.command(*words, "--dir", VOLUME), env=self.environment, capture_output=True, text=True, check=False
        )
        assert answer.returncode in (0, 3), answer.stderr
        return answer.stdout


def buildah(environment: dict[str, str], *arguments: object) -> str:
    answer = subprocess.run(
        ["buildah", *map(str, arguments)], env=environment, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout.strip()


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    folder = tmp_path_factory.mktemp("images")
    settings = folder / "storage.conf"
    settings.write_text(f'[storage]\ndriver = "vfs"\nrunroot = "{folder}/run"\ngraphroot = "{folder}/graph"\n')
    environment = {**os.environ, "CONTAINERS_STORAGE_CONF": str(settings)}
    debian("trixie", folder / "tree")
    base = buildah(environment, "from", "scratch")
    buildah(environment, "add", "-q", base, CACHE / "trixie.tar", "/")
    buildah(environment, "commit", "-q", "--rm", base, BASE)
    # The certificates are those that this machine fetches packages with.
    fetching = ("-v", "/etc/ssl/certs:/etc/ssl/certs:ro", "--pull-never")
    buildah(environment, "build", *ISOLATED, *fetching, "-f", FILE, "-t", "setapart-auditor", REPOSITORY)
    container = buildah(environment, "from", "--pull-never", "localhost/setapart-auditor")
    read = json.loads(buildah(environment, "inspect", "--type", "image", "localhost/setapart-auditor"))
    volume = folder / "volume"
    volume.mkdir(mode=0o700)
    os.chown(volume, 8440, 8440)
    return Image(environment, read["OCIv1"]["config"], container, volume)


@contextmanager
def served(image: Image) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Its own command, at a port that is free here."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [word.replace("0.0.0.0:8440", f"127.0.0.1:{port}") for word in image.settings["Cmd"]]
    process = subprocess.Popen(image.command(*words), env=image.environment)
    url = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            with urlopen(f"{url}/v1/health", timeout=30):
                break
        except (URLError, ConnectionError):
            assert process.poll() is None, "it has ended"
            time.sleep(0.1)
    yield url, process
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def server_of(image: Image) -> int:
    """The process that serves: the one of the image's user."""
    shown = subprocess.run(
        ["pgrep", "-f", "-u", "8440", f"^/opt/setapart/bin/python.* serve --dir {VOLUME}"],
        check=True,
        capture_output=True,
    )
    return int(shown.stdout.split()[0])


def agent(folder: Path, *words: str) -> None:
    command = [sys.executable, "-m", "setapart_agent", *words, "--dir", folder]
    subprocess.run(command, check=True, capture_output=True)


def test_it_is_what_the_guide_says(image: Image) -> None:
    assert image.settings["User"] == "setapart-auditor"
    assert image.settings["Volumes"].keys() == {VOLUME}
    assert image.settings["ExposedPorts"].keys() == {"8440/tcp"}
    assert image.settings["Cmd"][:3] == ["serve", "--dir", VOLUME]


def test_it_begins_serves_takes_a_report_and_stops_in_order(image: Image, tmp_path: Path) -> None:
    image.run("init")
    image.run("device", "add", "desk", "--class", "ordinary")
    with served(image) as (url, process):
        token = image.run("device", "token", "desk", "--url", url).strip()
        agent(tmp_path / "desk", "enrol", token)
        agent(tmp_path / "desk", "report")
        server = server_of(image)
        assert Path(f"/proc/{server}").stat().st_uid == 8440
        os.kill(server, signal.SIGTERM)
        assert process.wait(60) == 0
    image.run("sweep")
    (device,) = json.loads(image.run("list", "--json"))["devices"]
    assert device["status"] in ("compliant", "violation", "inconclusive")
    assert {file.stat().st_uid for file in image.volume.rglob("*")} == {8440}


def test_nothing_that_installs_is_left_in_it(image: Image) -> None:
    tree = Path(buildah(image.environment, "mount", image.container))
    assert not list(tree.glob("opt/setapart/bin/pip*"))
    assert (tree / "opt/setapart/bin/setapart-auditor").exists()
