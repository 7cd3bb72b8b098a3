"""The Debian package, made by dpkg-deb; reproducible by SOURCE_DATE_EPOCH."""

import os
import shutil
from pathlib import Path

from agent_packages.deb import MAINTAINER, change_log, pack, size_of, sums, version_of
from agent_packages.release import Release

from auditor_packages.tree import DOCUMENTS, INSTALLED, NAME, PYTHONS

_DEPENDS = (
    "python3.11 | python3.13",
    "libc6 (>= 2.28)",
    "systemd | systemd-standalone-sysusers",
    "init-system-helpers (>= 1.52)",
    "passwd",
)
_SCRIPTS = ("postinst", "prerm", "postrm")
_DESCRIPTION = """\
 Takes signed reports of devices in, over the network or as files, judges them
 by an authority's rule, and keeps a record that nobody can edit unseen.
 .
 Its libraries are its own: no Python package of the system is used or changed.
 Its services begin once an auditor was made in /var/lib/setapart-auditor.
"""


def build(release: Release, root: Path, output: Path) -> Path:
    """Builds the package of a tree, to which it adds what dpkg needs. Returns its file."""
    assert all(python in _DEPENDS[0] for python in PYTHONS)
    _change_log(release, root)
    control = root / "DEBIAN"
    control.mkdir()
    (control / "control").write_text(_control(release, root), encoding="utf-8")
    (control / "conffiles").write_text(f"/etc/default/{NAME}\n", encoding="utf-8")
    # Configuration is the machine's own.
    (control / "md5sums").write_text(sums(root, "etc"), encoding="utf-8")
    for script in (*_SCRIPTS, "triggers"):
        shutil.copyfile(INSTALLED / "debian" / script, control / script)
        (control / script).chmod(0o755 if script in _SCRIPTS else 0o644)
    for path in (control, *control.iterdir()):
        path.chmod(0o755 if path.is_dir() or path.name in _SCRIPTS else 0o644)
        os.utime(path, (release.moment, release.moment))
    return pack(release, NAME, root, output, "-z2")


def _change_log(release: Release, root: Path) -> None:
    path = root / DOCUMENTS / "changelog.Debian.gz"
    path.write_bytes(change_log(release, NAME))
    path.chmod(0o644)
    os.utime(path, (release.moment, release.moment))


def _control(release: Release, root: Path) -> str:
    return (
        f"Package: {NAME}\nVersion: {version_of(release)}\nArchitecture: {release.machine.deb}\n"
        f"Maintainer: {MAINTAINER}\nInstalled-Size: {size_of(root)}\nDepends: {', '.join(_DEPENDS)}\n"
        f"Suggests: nginx, postgresql (>= 15), prometheus\nSection: admin\nPriority: optional\n"
        f"Description: auditor of setapart: takes evidence in and judges it\n{_DESCRIPTION}"
    )
