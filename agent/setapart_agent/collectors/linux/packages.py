"""Packages of the system: dpkg, rpm, pacman, apk, Homebrew, and the stores of Nix and Guix.

A package manager that is not installed is not applicable. Where none of them is found, or one that nobody reads, the
machine's packages are unknown, and coverage says so.
"""

from collections.abc import Mapping

from setapart_agent.collectors.base import CollectorInfo, Denied, Failed, Observed
from setapart_agent.collectors.desktop.gathering import Gathering
from setapart_agent.collectors.desktop.host import DesktopCollector, Host
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.linux.parse.mounts import mounts_of
from setapart_agent.facts import Facts
from setapart_evidence.model import App

_PARSE = "setapart_agent.collectors.linux.parse"
_DPKG = "/var/lib/dpkg"
_RPM_FOLDERS = ("/usr/lib/sysimage/rpm", "/var/lib/rpm", "/usr/share/rpm")
_RPM_FILES = ("rpmdb.sqlite", "Packages.db", "Packages")
_APK_FILES = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
_STORES = ("/nix/store", "/gnu/store")
_BREW = ("/home/linuxbrew/.linuxbrew/Cellar", "/home/linuxbrew/.linuxbrew/Caskroom")
_UNREAD = {
    "/var/db/pkg": "portage",
    "/var/db/xbps": "xbps",
    "/var/log/packages": "slackware",
    "/var/lib/pkgtools/packages": "slackware",
    "/var/lib/eopkg/package": "eopkg",
    "/usr/share/clear/bundles": "swupd",
}
"""Folder of a database to its manager."""
_PROGRAMS = frozenset(
    {
        "/usr", "/usr/local", "/opt", "/var", "/var/lib", "/var/lib/flatpak", "/var/lib/snapd", "/nix", "/nix/store",
        "/gnu", "/gnu/store",
    }
)  # fmt: skip
"""Where programs and their databases are, as far as a file system of its own may hold them."""
_PATIENCE = 60.0
_RPM_LIMIT = 512 * 1024 * 1024
_RPM_LIVE_LIMIT = 64 * 1024 * 1024  # a larger database is cheaper to ask for than to read


class Packages:
    """One row of coverage, for the system, over all package managers that are there."""

    info = CollectorInfo(
        name="linux.packages",
        version=2,
        sections=("apps",),
        maturity="real-hardware",
        reads=(
            "the databases of dpkg, rpm, pacman and apk",
            "the names in Homebrew's folders and in the Nix and Guix stores",
            "of a disk, which file systems belong to it",
        ),
        modules=(
            __name__,
            *(f"{_PARSE}.{name}" for name in ("dpkg", "rpm_db", "rpm_header", "rpm_ndb", "rpm_bdb", "rpm_list")),
            *(f"{_PARSE}.{name}" for name in ("pacman", "apk", "nix", "damage", "mounts")),
        ),
    )

    def collect(self, host: Host) -> Facts:
        """The packages of the whole system."""
        gathering = Gathering(tree=host.tree)
        for look in (_dpkg, _rpm, _pacman, _apk, _stores, _unread, _file_systems):
            look(gathering, host)
        if not gathering.failures and not any(part.apps for part in gathering.parts):
            gathering.label = ""
            gathering.fail(Failed("no package manager that is known"))
        _brew(gathering)
        return gathering.facts(self.info)


def _file_systems(gathering: Gathering, host: Host) -> None:
    """Tells of a disk which places of programs are file systems of their own and not mounted."""
    gathering.label = "fstab"
    table = None if host.live else gathering.read("/etc/fstab")
    for place in sorted({mount.target.rstrip("/") for mount in mounts_of(table or b"")} & _PROGRAMS):
        if not _is_there(host.tree, place):
            gathering.fail(Denied(f"{place} is not mounted"))


def _is_there(tree: Tree, folder: str) -> bool:
    """Whether a folder holds anything or is another file system than the folder around it."""
    names = tree.entries(folder)
    here, around = tree.status(folder), tree.status(folder.rpartition("/")[0] or "/")
    apart = isinstance(here, Observed) and isinstance(around, Observed) and here.value.st_dev != around.value.st_dev
    return apart or (isinstance(names, Observed) and bool(names.value))


def _dpkg(gathering: Gathering, _host: Host) -> None:
    gathering.label = "dpkg"
    lists = gathering.entries(f"{_DPKG}/info")
    known: set[str] = set()
    paths = (f"{_DPKG}/status", *gathering.find(f"{_DPKG}/status.d/*"))
    for path in paths:
        content = None if path.endswith(".md5sums") else gathering.read(path)
        if content is None:
            continue
        from setapart_agent.collectors.linux.parse import dpkg

        facts = gathering.parse(dpkg.parse, content, path=path) or Facts()
        known.update(app.identifier for app in facts.apps)
    # Every package that dpkg knows, also one of which only settings are left, has a list of its files.
    missing = {name.removesuffix(".list").partition(":")[0] for name in lists if name.endswith(".list")} - known
    if missing:
        gathering.fail(Failed(f"{len(missing)} packages have files and no status"))


def _rpm(gathering: Gathering, host: Host) -> None:
    gathering.label = "rpm"
    seen: set[tuple[int, int]] = set()
    for folder in _RPM_FOLDERS:
        for name in _RPM_FILES:
            status = gathering.status(f"{folder}/{name}")
            if status is not None and status.st_size and (status.st_dev, status.st_ino) not in seen:
                seen.add((status.st_dev, status.st_ino))  # one folder is often a link to another
                _rpm_database(gathering, host, f"{folder}/{name}")


def _rpm_database(gathering: Gathering, host: Host, path: str) -> None:
    from setapart_agent.collectors.linux.parse import rpm_db

    attempt = Gathering(tree=gathering.tree, label=gathering.label)
    content = attempt.read(path, limit=_RPM_LIVE_LIMIT if host.live else _RPM_LIMIT)
    if content is not None:
        rows = _rpm_rows(attempt, path, content, rpm_db.QUERIES) if path.endswith(".sqlite") else {}
        if rows is not None:
            attempt.parse(rpm_db.parse, content, path=path, rows=rows)
    if attempt.failures and host.live and (listed := _rpm_asked()) is not None:
        from setapart_agent.collectors.linux.parse import rpm_list

        attempt = Gathering(tree=gathering.tree, label=gathering.label)
        attempt.parse(rpm_list.parse, listed, path="")
    gathering.parts += attempt.parts
    gathering.failures += attempt.failures


def _rpm_rows(
    attempt: Gathering, path: str, content: bytes, queries: Mapping[str, str]
) -> dict[str, tuple[tuple[object, ...], ...]] | None:
    from setapart_agent.collectors.sqlite_snapshot import read_rows
    from setapart_agent.errors import ParseError

    try:
        return read_rows(content, queries, wal=attempt.read(f"{path}-wal"))
    except ParseError as exc:
        attempt.fail(Failed(exc.got))
        return None


def _rpm_asked() -> bytes | None:
    """What rpm itself says, for a database in a form that we can't read; `None` where it says nothing."""
    import subprocess

    from setapart_agent.collectors.linux.parse.rpm_list import RPM_QUERY

    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            RPM_QUERY, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=False,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 and done.stdout else None


def _pacman(gathering: Gathering, _host: Host) -> None:
    gathering.label = "pacman"
    folders = gathering.entries("/var/lib/pacman/local")
    if not folders:
        return
    from setapart_agent.collectors.linux.parse.pacman import package_of

    apps = [package_of(folder, gathering.profile) for folder in folders if folder != "ALPM_DB_VERSION"]
    gathering.add(tuple(app for app in apps if app is not None))
    if None in apps:
        gathering.fail(Failed("a folder that names no package"))


def _apk(gathering: Gathering, _host: Host) -> None:
    gathering.label = "apk"
    contents = dict.fromkeys(content for path in _APK_FILES if (content := gathering.read(path)))
    for content in contents:  # once, where one path leads to the other
        from setapart_agent.collectors.linux.parse import apk

        gathering.parse(apk.parse, content, path=_APK_FILES[0])


def _stores(gathering: Gathering, _host: Host) -> None:
    for store in _STORES:
        gathering.label = store.split("/")[1]
        if names := gathering.entries(store):
            from setapart_agent.collectors.linux.parse.nix import programs

            gathering.add(programs(names, gathering.profile))


def _brew(gathering: Gathering) -> None:
    """A folder of versions for every package. It is beside a system's own manager, and never that one."""
    gathering.label = "homebrew"
    names = dict.fromkeys(name for folder in _BREW for name in gathering.entries(folder))
    gathering.add(tuple(App(identifier=name, profile=gathering.profile, source="package-manager") for name in names))


def _unread(gathering: Gathering, _host: Host) -> None:
    for folder, manager in _UNREAD.items():
        gathering.label = manager
        if gathering.entries(folder):
            gathering.fail(Failed("packages of a manager that is not read"))


COLLECTORS: tuple[DesktopCollector, ...] = (Packages(),)
