"""Real captures of iPhones: every fact that the corpus's PROVENANCE.md says must be read."""

import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from setapart_agent.collectors import registry
from setapart_agent.collectors.ios.backup import collect_backup
from setapart_agent.collectors.ios.backup_folder import NOT_IN_FOLDER
from setapart_agent.collectors.ios.parse import accounts, accounts_exists, backup_info, backup_manifest, profiles
from setapart_agent.collectors.sqlite_snapshot import read_rows
from setapart_agent.facts import AccountFact, Facts, FileSet

pytestmark = pytest.mark.needs("corpus")

INSTALLED = [
    "ph.telegra.Telegraph",
    "com.google.Gmail",
    "ch.icoaching.typewise",
    "com.google.chrome.ios",
    "net.whatsapp.WhatsApp",
    "org.mozilla.ios.Firefox",
]
ICLOUD, GOOGLE = "com.apple.account.AppleAccount", "com.apple.account.Google"


@pytest.fixture
def ios(corpus: Path) -> Path:
    return corpus / "ios"


@pytest.fixture
def unpacked(ios: Path, tmp_path: Path) -> Path:
    """The members of both archives of iOS 15, by their bare names."""
    for archive in sorted((ios / "ileapp").glob("*.zip")):
        with zipfile.ZipFile(archive) as members:
            for member in members.infolist():
                (tmp_path / Path(member.filename).name).write_bytes(members.read(member))
    return tmp_path


def main(path: Path) -> FileSet:
    return FileSet(files={"main": path.read_bytes()}, profile="0", path=path.name)


def accounts_of(path: Path) -> Facts:
    wal = path.with_name(path.name + "-wal")
    rows = read_rows(path.read_bytes(), accounts.QUERIES, wal.read_bytes() if wal.is_file() else None)
    assert 52 <= len(rows["types"]) <= 54
    return accounts.parse(FileSet(files={}, rows=rows, profile="0"))


def check(found: Facts) -> None:
    """iCloud with calendars and contacts, Google with mail as well; nobody else, and no Exchange."""
    by_type: dict[str, AccountFact] = {account.type: account for account in found.accounts}
    assert sorted(by_type) == [ICLOUD, GOOGLE]
    assert len(found.accounts) == 2
    assert (by_type[ICLOUD].services, by_type[GOOGLE].services) == (
        ("calendar", "contacts"),
        ("mail", "calendar", "contacts"),
    )
    assert {account.domain for account in found.accounts} == {"gmail.com"}
    assert all(account.enabled for account in found.accounts)
    assert (by_type[ICLOUD].host or "").endswith(".icloud.com")
    assert (by_type[GOOGLE].host or "").endswith("google.com")
    assert (found.links, found.coverage) == ((), ())


def test_accounts_of_ios_14(ios: Path) -> None:
    path = ios / "plaso" / "Accounts3.sqlite"
    rows = read_rows(path.read_bytes(), accounts.QUERIES)
    assert (len(rows["accounts"]), len(rows["types"])) == (18, 52)
    check(accounts_of(path))


def test_accounts_of_ios_15_with_the_log(unpacked: Path) -> None:
    path = unpacked / "Accounts3.sqlite"
    rows = read_rows(path.read_bytes(), accounts.QUERIES, Path(f"{path}-wal").read_bytes())
    assert len(rows["accounts"]) == 19
    check(accounts_of(path))


def test_counts_of_ios_15_agree_with_its_database(unpacked: Path) -> None:
    raw = (unpacked / "com.apple.accounts.exists.plist").read_bytes()
    counted = accounts_exists.counts(raw)
    short = {kind.removeprefix("com.apple.account."): count for kind, count in counted.items()}
    assert (short["Google"], short["AppleAccount"], short["CalDAV"], short["CardDAV"]) == (1, 1, 2, 2)
    assert short.get("Exchange", 0) == 0
    found = accounts_exists.parse(FileSet(files={"main": raw}, profile="0"))
    assert [account.type for account in found.accounts].count("com.apple.account.CalDAV") == 2
    from setapart_agent.collectors.apple.parse.accounts_db import types_of

    path = unpacked / "Accounts3.sqlite"
    rows = read_rows(path.read_bytes(), accounts.QUERIES, Path(f"{path}-wal").read_bytes())
    assert accounts_exists.missing(counted, types_of(FileSet(files={}, rows=rows))) == ()


def test_info_of_a_backup_of_ios_14(ios: Path) -> None:
    found = backup_info.parse(main(ios / "mvt" / "ios_backup" / "Info.plist"))
    assert [app.identifier for app in found.apps] == INSTALLED
    assert (found.device.os_version, found.device.model, found.device.form_factor) == ("14.3", "iPhone9,3", "phone")
    assert found.device.serial == "F1234567890"


def test_manifest_of_a_backup_of_ios_14(ios: Path) -> None:
    raw = (ios / "mvt" / "ios_backup" / "Manifest.db").read_bytes()
    count = read_rows(raw, {"count": "SELECT count(*) FROM Files"})["count"][0][0]
    assert count == 3721
    rows = read_rows(raw, backup_manifest.QUERIES)
    found = backup_manifest.parse(FileSet(files={"main": raw}, rows=rows, profile="0"))
    names = {app.identifier for app in found.apps}
    assert set(INSTALLED) <= names
    assert "com.apple.mobilemail" in names
    assert {name for name in names if not name.startswith("com.apple.")} == set(INSTALLED)


@pytest.mark.parametrize("folder", ["mvt", "mvt/ios_backup"])
def test_a_backup_whose_account_database_was_left_out(ios: Path, folder: str) -> None:
    found = collect_backup(ios / folder, lambda: None)
    assert found.taken_at == datetime(2021, 12, 3, 19, 33, 13, tzinfo=UTC)
    assert (found.facts.device.serial, found.facts.device.os_version) == ("F1234567890", "14.3")
    assert [app.identifier for app in found.facts.apps][:6] == INSTALLED
    rows = {(row.section, row.status, row.reason) for row in found.facts.coverage}
    assert ("apps", "observed", None) in rows
    assert ("accounts", "failed", f"Accounts3.sqlite: {NOT_IN_FOLDER}") in rows
    assert {status for section, status, _ in rows if section == "links"} == {"failed"}
    assert found.facts.accounts == ()


def test_settings_of_backups_hold_neither_apps_nor_accounts(ios: Path) -> None:
    path = ios / "plaso" / "com.apple.MobileBackup.plist"
    assert registry.recognise(path, path.read_bytes()) is None


@pytest.mark.parametrize(
    ("name", "links"),
    [
        ("nanomdm/enroll.mobileconfig", [("certificate", "mdm.example.org"), ("mdm", "mdm.example.org")]),
        ("zentral/test.mobileconfig", []),
    ],
)
def test_profiles_of_device_managers(corpus: Path, name: str, links: list[tuple[str, str]]) -> None:
    found = profiles.parse(main(corpus / "mdm" / name))
    assert [(link.kind, link.target) for link in found.links] == links
    assert (found.accounts, found.enforcement) == ((), ())


def captures(ios: Path, unpacked: Path) -> Iterator[tuple[Path, str]]:
    yield ios / "plaso" / "Accounts3.sqlite", "ios.accounts"
    yield unpacked / "Accounts3.sqlite", "ios.accounts"
    yield unpacked / "com.apple.accounts.exists.plist", "ios.accounts-exists"
    yield ios / "mvt" / "ios_backup" / "Info.plist", "ios.backup-info"
    yield ios / "mvt" / "ios_backup" / "Manifest.db", "ios.backup-manifest"
    yield ios.parent / "mdm" / "nanomdm" / "enroll.mobileconfig", "ios.profiles"
    yield ios.parent / "mdm" / "zentral" / "test.mobileconfig", "ios.profiles"


def test_every_capture_is_recognised_and_parsed_under_any_name(ios: Path, unpacked: Path) -> None:
    for path, kind in captures(ios, unpacked):
        content = path.read_bytes()
        assert registry.recognise(path, content) == kind
        assert registry.recognise(Path("renamed"), content) == kind
        registry.parse_file(kind, path, content)
