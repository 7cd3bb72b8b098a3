# ruff: noqa: S603, S607
# The tools of whoever builds, found as they find them.
"""The rpm package, made by rpmbuild: the reference implementation, told to use no clock and no host name."""

import datetime as dt
import shutil
import subprocess
from pathlib import Path

from agent_packages.release import INSTALLED, NAME, SUMMARY, Release

# As rpm wants them, whatever language this machine speaks.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MACROS = {
    "_build_id_links": "none",
    "_buildhost": "localhost",
    "_binary_payload": "w9.xzdio",  # zstd's output differs between its versions, and old ones can't read it
    "_build_name_fmt": "%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm",
    "__os_install_post": "%{nil}",  # nothing is stripped or compiled: wheels stay as they were published
    "use_source_date_epoch_as_buildtime": "1",
    "source_date_epoch_from_changelog": "0",
    "clamp_mtime_to_source_date_epoch": "1",
    "debug_package": "%{nil}",
}


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
    _as_rpm_has_it(root)
    specification = scratch / f"{NAME}.spec"
    when = dt.datetime.fromtimestamp(release.moment, dt.UTC)
    text = (INSTALLED / "rpm" / f"{NAME}.spec").read_text("utf-8")
    version, revision = version_of(release)
    values = {
        "SUMMARY": SUMMARY[0].upper() + SUMMARY[1:],
        "VERSION": version,
        "RELEASE": revision,
        "DATE": f"{_DAYS[when.weekday()]} {_MONTHS[when.month - 1]} {when:%d %Y}",
        "FILES": _files(root),
    }
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    specification.write_text(text, encoding="utf-8")
    defined = {"_topdir": str(scratch / "top"), "_rpmdir": str(output), "the_tree": str(root), **_MACROS}
    subprocess.run(
        [
            "rpmbuild", "-bb", "--quiet", "--target", f"{release.machine.rpm}-linux",
            *(word for name, value in defined.items() for word in ("--define", f"{name} {value}")), specification,
        ],
        env=release.environment, check=True, capture_output=True,
    )  # fmt: skip
    return output / f"{NAME}-{version}-{revision}.{release.machine.rpm}.rpm"


def version_of(release: Release) -> tuple[str, str]:
    """Version and release as rpm orders them."""
    return release.ordered_version, str(release.revision)


def _as_rpm_has_it(root: Path) -> None:
    """Completion scripts and licences lie elsewhere there, and a preset says what is enabled."""
    share = root / "usr/share"
    for there, here in (("zsh/vendor-completions", "zsh/site-functions"), (f"doc/{NAME}", f"licenses/{NAME}")):
        (share / here).parent.mkdir(exist_ok=True)
        (share / there).rename(share / here)
    preset = root / "usr/lib/systemd/system-preset" / f"80-{NAME}.preset"
    preset.parent.mkdir()
    shutil.copyfile(INSTALLED / "rpm" / f"{NAME}.preset", preset)
    for path in (preset.parent, preset):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _files(root: Path) -> str:
    """The list of files; folders that other packages own as well are not among them."""
    own = ("usr/lib/setapart-agent", f"usr/share/licenses/{NAME}")
    lines = [f"/{own[0]}", f"%dir /{own[1]}", "%dir /etc/setapart-agent"]
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and not name.startswith(f"{own[0]}/"):
            mark = "%license " if name.startswith(own[1]) else "%doc " if "/man/" in name else ""
            lines.append(f"{mark}/{name}")
    return "\n".join(lines)
