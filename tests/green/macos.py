"""Macs for every row of docs/devices.md."""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from unittest import mock

from green.device import Build, Device
from linux_tree import plant
from macos_tree import HARDWARE_UUID, RECORDS, SYSTEM, accounts_database, bundle, record, xml
from setapart_agent import sources
from setapart_agent.collectors.base import Collected, Denied
from setapart_agent.collectors.desktop.host import Host
from setapart_agent.collectors.desktop.tree import PlainTree
from setapart_agent.collectors.macos import collector, network, profiles
from setapart_agent.collectors.macos import running as programs
from setapart_agent.collectors.macos.volumes import DATA

ANN = 501
ACCOUNT = ("com.apple.account.Google", "patrol@social.example", ("com.apple.Dataclass.Mail",), {})
PROTECTED = (
    "/Library/Accounts",
    "/Library/Mail",
    "/Library/Safari",
    "/Library/Group Containers",
    "/Downloads",
    "/Desktop",
)
PROFILES = {"/private/var/db/ConfigurationProfiles/Settings/.profilesAreInstalled": b"x"}
SHELL = programs.Process(uid=0, executable="/bin/zsh")
OUTLOOK = "/Users/ann/Library/Group Containers/UBF8T346G9.Office/Outlook/Outlook 15 Profiles/Main Profile"
NOTHING: Mapping[str, bytes] = {}


def lay_out(folder: Path, more: Mapping[str, bytes] = NOTHING, base: str = "") -> None:
    """The files of a Mac with one user; with a base, everything but the system stands there."""
    uid = os.getuid() or ANN
    files = {
        **SYSTEM,
        f"{RECORDS}/ann.plist": record("ann", uid, "/Users/ann"),
        "/Users/ann/Library/Accounts/Accounts4.sqlite": accounts_database(folder / "db", ACCOUNT),
        **bundle("/Users/ann/Applications/Camera.app", "org.example.Camera"),
        "/Users/ann/Downloads/x.pdf": b"x",
        **more,
    }
    (folder / "db").unlink()
    plant(
        folder, {path if path.startswith("/System/") else f"{base}{path}": content for path, content in files.items()}
    )
    home = folder / f"{base}/Users/ann".lstrip("/")
    for path in (home, *home.rglob("*")):
        os.chown(path, uid, -1)


@contextmanager
def disk(folder: Path, more: Mapping[str, bytes] = NOTHING) -> Iterator[Device]:
    """A disk with the data's volume where macOS mounts it."""
    lay_out(folder, more, base=DATA)
    yield Device(source=f"root:{folder}", platform="macos", serial=HARDWARE_UUID)


@contextmanager
def data_alone(folder: Path) -> Iterator[Device]:
    """The volume of the data."""
    lay_out(folder, base=DATA)
    yield Device(source=f"root:{folder}{DATA}", platform="macos", serial=HARDWARE_UUID)


@contextmanager
def running(folder: Path, *refused: str, euid: int = 0, more: Mapping[str, bytes] = NOTHING) -> Iterator[Device]:
    """A tree that stands for the running system, which refuses what is below some folders of a home, or all of it."""
    lay_out(folder, more)

    class Refusing(PlainTree):
        def _look(self, path, owner, accepts, expected):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            if path.startswith(
                tuple(f"{home}{one}" for home in ("/Users/ann", "/private/var/root") for one in refused)
            ):
                return Denied("permission denied")
            return super()._look(path, owner, accepts, expected)

    def local() -> Collected:
        return collector.collect(Refusing(str(folder)))

    with (
        mock.patch.object(sources, "_local", local),
        mock.patch.object(Host, "live", property(lambda _host: True)),
        mock.patch.object(os, "geteuid", return_value=euid),
        mock.patch.object(network, "mounted", return_value=()),
        mock.patch.object(programs, "running", return_value=(SHELL,)),
        mock.patch.object(profiles, "_printed", return_value=b"There are no configuration profiles installed\n"),
    ):
        yield Device(source="local")


ROWS: dict[tuple[str, str], Build] = {
    ("Mac", "`local`, as root with Full Disk Access"): running,
    ("Mac", "`local`, as root without Full Disk Access"): lambda folder: running(folder, *PROTECTED),
    ("Mac", "`local`, as a user"): lambda folder: running(folder, "", euid=1234),
    ("Mac disk or image, both volumes mounted", "`root:DIR`, as root"): disk,
    ("Mac disk with configuration profiles, both volumes mounted", "`root:DIR`, as root"): lambda folder: disk(
        folder, PROFILES
    ),
    ("Mac disk, volume of the data alone", "`root:DIR`, as root"): data_alone,
}


def changed(more: Mapping[str, bytes]) -> Build:
    """The green disk with some files more."""

    def build(folder: Path) -> AbstractContextManager[Device]:
        return disk(folder, more)

    return build


SPOILERS: dict[str, Build] = {
    "an app bundle that is broken": changed({"/Applications/Broken.app/Contents/Info.plist": b"bplist00"}),
    "the new Outlook on a Mac, whose accounts stand in its own store": changed({f"{OUTLOOK}/HxStore.hxd": b"x"}),
    "a Mac's account database that is not there": changed({"/private/var/root/Library/Accounts/x": xml({})}),
}
