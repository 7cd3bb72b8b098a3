"""What the files of a backup say about apps, accounts and links."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from msgspec import structs

from setapart_agent.collectors.apple.parse import accounts_db
from setapart_agent.collectors.apple.parse.configuration_profile import listed_profiles
from setapart_agent.collectors.apple.parse.plist import read_plist
from setapart_agent.collectors.base import Absent, Failed, Observed, Unseen, Unsupported
from setapart_agent.collectors.ios.backup_folder import (
    CLIP_FOLDER,
    HOME,
    PREFERENCES,
    PROFILE_FOLDERS,
    Backup,
    read_file,
)
from setapart_agent.collectors.ios.parse import (
    accounts_exists,
    backup_info,
    backup_manifest,
    profiles,
    tcc,
    vpn,
    web_clip,
    wifi,
)
from setapart_agent.collectors.ios.section import PROFILE, SectionFacts
from setapart_agent.collectors.sqlite_snapshot import read_rows
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, Facts, FileSet
from setapart_evidence.model import App

ACCOUNTS = "Library/Accounts/Accounts3.sqlite"
ACCOUNTS_COPY = "Library/Accounts/VerifiedBackup/Accounts3.sqlite"
PERMISSIONS = "Library/TCC/TCC.db"
COUNTS = "SystemConfiguration/com.apple.accounts.exists.plist"
NETWORKS: tuple[tuple[str, Callable[[FileSet], Facts]], ...] = (
    ("com.apple.networkextension.plist", vpn.parse),
    ("SystemConfiguration/preferences.plist", vpn.parse),
    ("com.apple.wifi.known-networks.plist", wifi.parse),
    ("SystemConfiguration/com.apple.wifi.plist", wifi.parse),
    ("SystemConfiguration/com.apple.wifi-networks.plist", wifi.parse),
)
WANTED: tuple[tuple[str, str], ...] = (
    *((HOME, path + suffix) for path in (ACCOUNTS, ACCOUNTS_COPY, PERMISSIONS) for suffix in ("", "-wal")),
    (PREFERENCES, COUNTS),
    *((PREFERENCES, path) for path, _ in NETWORKS),
)
"""Domain and path of the files that are read, beside profiles and web clips."""

NO_INFO = "the backup has no Info.plist, which lists the installed apps"
NO_ACCOUNTS = "the backup does not hold Accounts3.sqlite"
NO_PROFILES = "the backup does not hold the folder of configuration profiles"
PROFILES_MISSING = "configuration profiles are installed whose content the backup does not hold"
ONLY_COPY = "Accounts3.sqlite: read from an older copy"
MORE_FILES = "more profiles and web clips than are read"
_MANIFEST_OF_PROFILES = "PayloadManifest.plist"


def apps(backup: Backup | Unseen, folder: Path) -> SectionFacts:
    """The installed apps and everything else that has data of its own; web apps of the home screen."""
    found = SectionFacts(section="apps")
    info = read_file(folder / "Info.plist")
    if isinstance(info, Absent):
        found.failures.append(Unsupported(NO_INFO))
    found.parse(info, "Info.plist", backup_info.parse)
    found.parse(read_file(folder / "Manifest.plist"), "Manifest.plist", backup_manifest.parse)
    if not isinstance(backup, Backup):
        found.failures.append(backup)
    else:
        found.keep(Facts(apps=backup_manifest.apps_of_rows(backup.rows, PROFILE)))
        for path in backup.below(HOME, CLIP_FOLDER):
            if path.endswith("/Info.plist"):
                found.parse(backup.read(HOME, path), path, web_clip.parse, "a web clip")
        if backup.cut:
            found.partly.append(MORE_FILES)
    granted = _permissions(backup) if isinstance(backup, Backup) else {}
    found.parts = [
        Facts(
            apps=tuple(
                structs.replace(app, permissions=granted.get(app.identifier.lower(), ()))
                for app in _each_once(app for part in found.parts for app in part.apps)
            )
        )
    ]
    return found


def accounts(backup: Backup | Unseen) -> SectionFacts:
    """The accounts of Accounts3.sqlite, compared with the counts that the device keeps beside it."""
    found = SectionFacts(section="accounts")
    if not isinstance(backup, Backup):
        found.failures.append(backup)
        return found
    seen = _database(found, backup, ACCOUNTS)
    if seen is None:
        if not backup.lists(HOME, ACCOUNTS):
            found.failures.append(Unsupported(NO_ACCOUNTS))
        copy = SectionFacts(section="accounts")
        if _database(copy, backup, ACCOUNTS_COPY) is not None:
            found.parts += copy.parts
            found.partly.append(ONLY_COPY)
        return found
    counts = backup.read(PREFERENCES, COUNTS)
    if isinstance(counts, Observed):
        try:
            missing = accounts_exists.missing(accounts_exists.counts(counts.value), accounts_db.types_of(seen))
        except ParseError:
            return found  # a cross-check less; the database was read
        found.partly += (f"Accounts3.sqlite lacks an account of type {kind}" for kind in missing)
    return found


def links(backup: Backup | Unseen) -> SectionFacts:
    """Configuration profiles and what stands beside them; VPN settings and enterprise Wi-Fi."""
    found = SectionFacts(section="links")
    if not isinstance(backup, Backup):
        found.failures.append(backup)
        return found
    stored = [
        (domain, path)
        for domain, folder in PROFILE_FOLDERS
        for path in backup.below(domain, folder)
        if profiles.is_stored_profile(path) or path.rpartition("/")[2] in profiles.NAMES
    ]
    if not stored:
        found.failures.append(Unsupported(NO_PROFILES))
    read = 0
    listed: set[str] = set()
    for domain, path in stored:
        outcome = backup.read(domain, path)
        done = found.parse(outcome, path, profiles.parse, "configuration profiles")
        if done and profiles.is_stored_profile(path):
            read += 1
        if done and path.endswith(_MANIFEST_OF_PROFILES) and isinstance(outcome, Observed):
            listed.update(listed_profiles(read_plist(outcome.value)))
    if len(listed) > read:
        found.partly.append(PROFILES_MISSING)
    if backup.cut:
        found.partly.append(MORE_FILES)
    for path, parser in NETWORKS:
        found.parse(backup.read(PREFERENCES, path), path, parser)
    return found


def without_repetition(found: SectionFacts, known: Iterable[AccountFact]) -> None:
    """Leaves out accounts of profiles that Accounts3.sqlite shows better: with what is switched on in them now."""
    accounts = tuple(known)
    found.parts = [
        structs.replace(
            part,
            accounts=tuple(one for one in part.accounts if not any(_same_account(one, other) for other in accounts)),
        )
        for part in found.parts
    ]


def _same_account(stored: AccountFact, seen: AccountFact) -> bool:
    """Whether a profile's account is one of the database: of one type, and nothing that both know is different."""
    pairs = ((stored.domain, seen.domain), (stored.host, seen.host))
    return stored.type == seen.type and all(one == other or None in (one, other) for one, other in pairs)


def _database(found: SectionFacts, backup: Backup, path: str) -> FileSet | None:
    """Reads a database of accounts; its rows, or `None` where there are none."""
    label = path.rpartition("/")[2]
    main = backup.read(HOME, path)
    log = backup.read(HOME, f"{path}-wal")
    if not isinstance(log, Observed | Absent):
        found.fail(log, f"{label}-wal")  # rows may stand there alone
    if not isinstance(main, Observed):
        if not isinstance(main, Absent):
            found.fail(main, label)
        return None
    try:
        rows = read_rows(main.value, accounts_db.queries, log.value if isinstance(log, Observed) else None)
        files = FileSet(files={}, rows=rows, profile=PROFILE, path=path)
        found.keep(accounts_db.facts_of(files))
    except ParseError as exc:
        found.fail(Failed(exc.got), label)
        return None
    return files


def _permissions(backup: Backup) -> Mapping[str, tuple[str, ...]]:
    """What apps were allowed to read; nothing where it can't be told, for that hides no app."""
    main, log = backup.read(HOME, PERMISSIONS), backup.read(HOME, f"{PERMISSIONS}-wal")
    if not isinstance(main, Observed):
        return {}
    try:
        rows = read_rows(main.value, tcc.queries, log.value if isinstance(log, Observed) else None)
    except ParseError:
        return {}
    return tcc.permissions_of(FileSet(files={}, rows=rows))


def _each_once(found: Iterable[App]) -> Iterable[App]:
    """Every app once: the first that names it, which knows the most."""
    by_name: dict[tuple[str, str], App] = {}
    for app in found:
        by_name.setdefault((app.kind, app.identifier.lower()), app)
    return by_name.values()
