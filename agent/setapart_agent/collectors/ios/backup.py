"""A backup of an iPhone or iPad, made by Finder, iTunes or idevicebackup2, or decrypted by MVT; encrypted or not.

Apps come from Info.plist (what the user installed) and from the manifest (everything that has data of its own, web
clips on the home screen); accounts from Accounts3.sqlite; links from configuration profiles, VPN settings and
enterprise Wi-Fi. What the manifest lists and the folder lacks was there when the backup was made: that is `failed`,
never `none`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from setapart_agent.collectors.apple.parse.plist import read_plist, text_of
from setapart_agent.collectors.base import Absent, Collected, CollectorInfo, Failed, Observed, Unseen
from setapart_agent.collectors.ios import contents
from setapart_agent.collectors.ios.backup_folder import Backup, Opener, plain, read_file, rows_of
from setapart_agent.collectors.ios.parse import backup_info, backup_manifest
from setapart_agent.collectors.ios.section import PROFILE
from setapart_agent.collectors.sqlite_snapshot import HEADER
from setapart_agent.collectors.worker import note_device
from setapart_agent.errors import ParseError, SourceError
from setapart_agent.facts import DeviceFacts, Facts, FileSet, unite
from setapart_evidence.model import Profile

Ask = Callable[[], str | None]

_APPLE = "setapart_agent.collectors.apple.parse"
_HERE = "setapart_agent.collectors.ios"
INFO = CollectorInfo(
    name=backup_info.COLLECTOR,
    version=1,
    sections=("apps", "accounts", "links"),
    maturity="captures",
    reads=(
        "Info.plist, Status.plist, Manifest.plist and Manifest.db of the backup",
        "Accounts3.sqlite and the number of accounts of each type",
        "configuration profiles, VPN settings, known Wi-Fi networks of organisations",
        "web clips on the home screen, and which apps may read contacts and calendars",
    ),
    modules=(
        *(f"{_HERE}.{name}" for name in ("backup", "backup_folder", "contents", "encrypted", "section")),
        *(
            f"{_HERE}.parse.{name}"
            for name in ("accounts", "accounts_exists", "backup_info", "backup_manifest", "profiles", "tcc", "vpn",
                         "web_clip", "wifi")
        ),
        *(
            f"{_APPLE}.{name}"
            for name in ("account_types", "accounts_db", "cms", "configuration_profile", "enterprise_networks",
                         "keyed_archive", "payloads", "plist", "plist_binary", "plist_xml", "product", "server",
                         "vpn_settings")
        ),
        "setapart_agent.collectors.browser.parse.chromium_preferences",
        "setapart_agent.collectors.browser.parse.json_file",
        "setapart_agent.collectors.desktop.parse.account",
        "setapart_agent.collectors.sqlite_snapshot",
    ),
)  # fmt: skip

_MANIFESTS = ("Manifest.db", "Manifest.plist", "Info.plist")
_OLD_MANIFEST = "Manifest.mbdb"
_MOST_FOLDERS = 1_000
_UNFINISHED = "the backup was not finished"
_EXPECTED = "the folder of a backup by Finder, iTunes or idevicebackup2"


def collect_backup(path: Path, ask: Ask) -> Collected:
    """Everything that a backup tells.

    Args:
        path: the backup's folder, or the one that holds it and no other.
        ask: asks for the password if the backup is encrypted.

    Raises:
        SourceError: no backup, several, one of iOS 9 or older, or an encrypted one that does not open.
    """
    folder = _folder(path)
    described = _described(folder)
    note_device(described.device)
    with _opened(folder, ask) as backup:
        found = _facts(backup, folder)
    profile = Profile(id=PROFILE, kind="primary")
    facts = unite((Facts(device=described.device, profiles=(profile,)), found))
    return Collected(facts=facts, collectors=(INFO,), taken_at=_taken_at(folder))


def _folder(path: Path) -> Path:
    """The backup's own folder."""
    if not path.is_dir():
        raise SourceError(f"no folder {str(path)!r}", expected=_EXPECTED)
    path = path.absolute()
    if _is_backup(path):
        return _of_our_time(path)
    try:
        inside = sorted(path.iterdir())[:_MOST_FOLDERS]
    except OSError as exc:
        raise SourceError(f"{str(path)!r}: {exc.strerror}", expected=_EXPECTED) from None
    found = [one for one in inside if not one.is_symlink() and one.is_dir() and _is_backup(one)]
    if not found:
        raise SourceError(f"no backup in {str(path)!r}", expected=_EXPECTED)
    if len(found) > 1:
        raise SourceError(
            f"{len(found)} backups in {str(path)!r}",
            expected="one",
            cure=f"give one of them, such as {str(found[0])!r}",
        )
    return _of_our_time(found[0])


def _is_backup(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (*_MANIFESTS[:2], _OLD_MANIFEST))


def _of_our_time(folder: Path) -> Path:
    if (folder / _OLD_MANIFEST).is_file() and not (folder / "Manifest.db").is_file():
        raise SourceError(
            "a backup of iOS 9 or older",
            expected="iOS 10 or later",
            cure="update the device, or look at its settings by hand",
        )
    return folder


def _described(folder: Path) -> Facts:
    """The device, by Info.plist or else by Manifest.plist."""
    parts = [Facts(device=DeviceFacts(platform="ios"))]
    for name, parser in (("Info.plist", backup_info.parse), ("Manifest.plist", backup_manifest.parse)):
        raw = read_file(folder / name)
        if isinstance(raw, Observed):
            try:
                parts.append(parser(FileSet(files={"main": raw.value}, profile=PROFILE, path=name)))
            except ParseError:
                continue  # said in coverage, where the apps are read
    return unite(parts)


def _taken_at(folder: Path) -> datetime | None:
    """When the backup was made, by what it says of itself, else by its manifest's time on this disk."""
    for name in ("Info.plist", "Status.plist", "Manifest.plist"):
        raw = read_file(folder / name)
        if isinstance(raw, Observed):
            try:
                found = backup_info.taken_at(raw.value)
            except ParseError:
                continue
            if found is not None:
                return found
    try:
        return datetime.fromtimestamp((folder / "Manifest.db").stat().st_mtime, UTC)
    except (OSError, ValueError, OverflowError):
        return None


@contextmanager
def _opened(folder: Path, ask: Ask) -> Iterator[Backup | Unseen]:
    """The backup's files; why not, where the manifest can't be read."""
    manifest = folder / "Manifest.db"
    if manifest.is_symlink() or not manifest.is_file():
        yield Failed("Manifest.db: not in the backup")
        return
    if not _encrypted(folder, manifest):
        yield _with_rows(folder, manifest, plain)
        return
    password = ask()
    if password is None:
        raise SourceError(
            "an encrypted backup, and no password",
            expected="the password that was set for backups of this device",
            cure="run this in a terminal, where it is asked for",
        )
    from setapart_agent.collectors.ios.encrypted import decrypted
    from setapart_agent.collectors.ios.progress import steps

    with steps("Opening the backup", 3) as done, decrypted(folder, password, done) as (decrypter, plaintext):
        opened = _with_rows(folder, plaintext, decrypter)
        done()
        yield opened


def _encrypted(folder: Path, manifest: Path) -> bool:
    """Whether the files are encrypted. What decrypts whole backups leaves Manifest.plist as it was, not Manifest.db."""
    try:
        with manifest.open("rb") as file:
            if file.read(len(HEADER)) == HEADER:
                return False
    except OSError:
        return False  # said in coverage, where it is read
    raw = read_file(folder / "Manifest.plist")
    if not isinstance(raw, Observed):
        return False
    try:
        return backup_manifest.is_encrypted(read_plist(raw.value))
    except ParseError:
        return False


def _with_rows(folder: Path, manifest: Path, opener: Opener) -> Backup | Unseen:
    try:
        return Backup(folder, rows_of(manifest, contents.WANTED), opener)
    except ParseError as exc:
        return Failed(f"Manifest.db: {exc.got}")


def _facts(backup: Backup | Unseen, folder: Path) -> Facts:
    """The facts of all sections, with coverage."""
    sections = (contents.apps(backup, folder), contents.accounts(backup), contents.links(backup))
    contents.without_repetition(sections[2], (one for part in sections[1].parts for one in part.accounts))
    if _unfinished(folder):
        for section in sections:
            section.partly.append(_UNFINISHED)
    return unite(section.facts(INFO.name) for section in sections)


def _unfinished(folder: Path) -> bool:
    raw = read_file(folder / "Status.plist")
    if isinstance(raw, Absent):
        return False  # copies and older tools have none
    if not isinstance(raw, Observed):
        return True
    try:
        state = text_of(read_plist(raw.value), "SnapshotState")
    except ParseError:
        return True
    return state not in (None, "finished")
