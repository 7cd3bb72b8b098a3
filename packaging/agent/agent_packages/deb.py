# ruff: noqa: S603, S607
# The tools of whoever builds, found as they find them.
"""The Debian package, made by dpkg-deb: the reference implementation, reproducible by SOURCE_DATE_EPOCH."""

import datetime as dt
import gzip
import shutil
import subprocess
from email.utils import format_datetime
from hashlib import md5
from pathlib import Path

from agent_packages.release import INSTALLED, NAME, SUMMARY, Release

MAINTAINER = "The setapart developers <setapart@localhost>"
_SCRIPTS = ("postinst", "prerm", "postrm")
_DEPENDS = (
    "python3 (>= 3.11)",
    "libc6 (>= 2.28)",
    "libgcc-s1",
    "systemd | systemd-standalone-sysusers | systemd-sysusers",
    "init-system-helpers (>= 1.52)",
    "passwd",
)
_DESCRIPTION = """\
 Reports which restricted apps, accounts and connections a workstation has, and
 what could not be seen, to the auditor that it is enrolled with. Reports are
 signed by a key that never leaves the device. It collects as a user of its own
 without network, and delivers with network and without privileges.
 .
 Its libraries are its own: no Python package of the system is used or changed.
"""


def build(release: Release, tree: Path, output: Path, scratch: Path) -> Path:
    """Builds the package of a tree. Returns its file.

    Args:
        release: what it is.
        tree: what it installs.
        output: the folder for the file.
        scratch: an empty folder.
    """
    root = scratch / "root"
    shutil.copytree(tree, root)
    _document(release, root)
    control = root / "DEBIAN"
    control.mkdir()
    (control / "control").write_text(_control(release, root), encoding="utf-8")
    (control / "md5sums").write_text(sums(root), encoding="utf-8")
    shutil.copy(INSTALLED / "debian" / "triggers", control / "triggers")
    for script in _SCRIPTS:
        shutil.copy(INSTALLED / "debian" / script, control / script)
    _settle(root, control)
    return pack(release, NAME, root, output)


def version_of(release: Release) -> str:
    """The version as dpkg orders them."""
    return f"{release.ordered_version}-{release.revision}"


def pack(release: Release, name: str, root: Path, output: Path, *options: str) -> Path:
    """Has dpkg-deb make a package of what lies in `root`. Returns its file."""
    file = output / f"{name}_{version_of(release)}_{release.machine.deb}.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "--threads-max=1", "-Zxz", *options, "--build", root, file],
        env=release.environment, check=True, capture_output=True,
    )  # fmt: skip
    return file


def change_log(release: Release, name: str) -> bytes:
    """`changelog.Debian.gz`, which leads to our own."""
    when = dt.datetime.fromtimestamp(release.moment, dt.UTC)
    log = (
        f"{name} ({version_of(release)}) unstable; urgency=medium\n\n  * See CHANGELOG.md of setapart"
        f" {release.version}.\n\n -- {MAINTAINER}  {format_datetime(when)}\n"
    )
    return gzip.compress(log.encode(), compresslevel=9, mtime=0)


def sums(root: Path, *others: str) -> str:
    """What `dpkg --verify` compares with, but for these folders; MD5 is the format's."""
    files = sorted(
        path
        for path in root.rglob("*")
        if path.is_file() and path.relative_to(root).parts[0] not in ("DEBIAN", *others)
    )
    return "".join(
        f"{md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {path.relative_to(root)}\n" for path in files
    )


def size_of(root: Path) -> int:
    """KiB that it takes when it is installed."""
    return sum(-(-path.lstat().st_size // 1024) for path in root.rglob("*") if path.is_file())


def _document(release: Release, root: Path) -> None:
    (root / "usr/share/doc" / NAME / "changelog.Debian.gz").write_bytes(change_log(release, NAME))
    overrides = root / "usr/share/lintian/overrides"
    overrides.mkdir(parents=True)
    shutil.copyfile(INSTALLED / "debian" / "lintian-overrides", overrides / NAME)


def _control(release: Release, root: Path) -> str:
    return (
        f"Package: {NAME}\nVersion: {version_of(release)}\nArchitecture: {release.machine.deb}\n"
        f"Maintainer: {MAINTAINER}\nInstalled-Size: {size_of(root)}\nDepends: {', '.join(_DEPENDS)}\n"
        "Recommends: ca-certificates\nSuggests: adb\n"
        f"Section: admin\nPriority: optional\nDescription: {SUMMARY}\n{_DESCRIPTION}"
    )


def _settle(root: Path, control: Path) -> None:
    for path in (*control.iterdir(), *(root / "usr/share/doc" / NAME).iterdir(), *root.glob("usr/share/lintian/**/*")):
        path.chmod(0o755 if path.is_dir() or path.name in _SCRIPTS else 0o644)
    control.chmod(0o755)
    root.chmod(0o755)
    for folder in ("usr", "usr/share", "usr/share/lintian"):
        (root / folder).chmod(0o755)
