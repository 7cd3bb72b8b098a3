import os
import plistlib
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ios_backup_maker import (
    ACCOUNTS,
    HOME,
    PREFERENCES,
    PROFILE_FOLDER,
    PROFILES,
    accounts_db,
    file_id,
    healthy,
    info,
    web_clip,
    write_backup,
)
from setapart_agent.collectors.base import Collected
from setapart_agent.collectors.ios import contents
from setapart_agent.collectors.ios.backup import INFO, collect_backup
from setapart_agent.collectors.ios.backup_folder import NOT_IN_FOLDER
from setapart_agent.errors import SourceError
from setapart_agent.facts import Facts

EXCHANGE = {
    "type": "com.apple.account.Exchange",
    "user": "p@agency.example",
    "enabled": ["Mail", "Calendars"],
    "properties": {"DAAccountHost": "mail.agency.example"},
}
VPN = (PREFERENCES, "SystemConfiguration/preferences.plist")
COUNTS = (PREFERENCES, "SystemConfiguration/com.apple.accounts.exists.plist")
MANIFEST_OF_PROFILES = (PROFILES, f"{PROFILE_FOLDER}PayloadManifest.plist")


def collected(folder: Path, password: str | None = None) -> Collected:
    return collect_backup(folder, lambda: password)


def facts(folder: Path, files: Mapping[tuple[str, str], bytes] | None = None, **more: Any) -> Facts:
    return collected(write_backup(folder / "b", healthy() if files is None else files, **more)).facts


def rows(found: Facts, section: str) -> list[tuple[str, str | None]]:
    return [(row.status, row.reason) for row in found.coverage if row.section == section]


def statuses(found: Facts) -> dict[str, set[str]]:
    return {section: {status for status, _ in rows(found, section)} for section in ("apps", "accounts", "links")}


def test_a_whole_backup_is_seen_whole(tmp_path: Path) -> None:
    files = healthy(accounts_db([EXCHANGE])) | web_clip("https://www.tiktok.com/x", "TikTok")
    write_backup(tmp_path, files, information=info(["a.b"]), app_domains=["a.b", "com.apple.mobilemail"])
    found = collected(tmp_path)
    assert found.taken_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert found.collectors == (INFO,)
    assert [(app.identifier, app.kind) for app in found.facts.apps] == [
        ("a.b", "native"),
        ("com.apple.mobilemail", "native"),
        ("https://www.tiktok.com", "web-app"),
    ]
    (account,) = found.facts.accounts
    assert (account.domain, account.host, account.services) == (
        "agency.example",
        "mail.agency.example",
        ("mail", "calendar"),
    )
    assert [(profile.id, profile.kind) for profile in found.facts.profiles] == [("0", "primary")]
    assert statuses(found.facts) == {"apps": {"observed"}, "accounts": {"observed"}, "links": {"observed"}}
    assert {row.profile for row in found.facts.coverage} == {"0"}


@pytest.mark.parametrize("flat", [False, True])
def test_files_in_folders_by_their_first_digits_or_not(tmp_path: Path, flat: bool) -> None:
    assert facts(tmp_path, healthy(accounts_db([EXCHANGE])), flat=flat).accounts != ()


def test_the_account_database_that_is_listed_and_left_out_is_not_no_accounts(tmp_path: Path) -> None:
    found = facts(tmp_path, left_out=[ACCOUNTS])
    assert rows(found, "accounts") == [("failed", f"Accounts3.sqlite: {NOT_IN_FOLDER}")]
    assert statuses(found)["links"] == {"observed"}


def test_a_backup_that_does_not_list_the_account_database_can_not_tell(tmp_path: Path) -> None:
    files = {key: content for key, content in healthy().items() if key != ACCOUNTS}
    assert rows(facts(tmp_path, files), "accounts") == [("unsupported", contents.NO_ACCOUNTS)]


def test_an_older_copy_is_read_and_said_to_be_one(tmp_path: Path) -> None:
    copy = (HOME, "Library/Accounts/VerifiedBackup/Accounts3.sqlite")
    found = facts(tmp_path, healthy() | {copy: accounts_db([EXCHANGE])}, left_out=[ACCOUNTS])
    assert [account.domain for account in found.accounts] == ["agency.example"]
    assert statuses(found)["accounts"] == {"partial", "failed"}


def test_accounts_that_stand_in_the_log_alone_are_read(tmp_path: Path) -> None:
    path = tmp_path / "db"
    path.write_bytes(accounts_db([]))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("INSERT INTO ZACCOUNT (Z_PK, ZACTIVE, ZACCOUNTTYPE, ZUSERNAME) VALUES (1, 1, 1, 'p@a.example')")
    connection.commit()
    files = healthy(path.read_bytes()) | {(HOME, f"{ACCOUNTS[1]}-wal"): Path(f"{path}-wal").read_bytes()}
    connection.close()
    assert [account.domain for account in facts(tmp_path, files).accounts] == ["a.example"]
    log_left_out = facts(tmp_path / "c", files, left_out=[(HOME, f"{ACCOUNTS[1]}-wal")])
    assert "failed" in statuses(log_left_out)["accounts"]


def test_the_count_of_accounts_uncovers_one_that_the_database_lacks(tmp_path: Path) -> None:
    counts = {COUNTS: plistlib.dumps({"com.apple.account.Exchange.count": 1, "com.apple.account.idms.count": 1})}
    (row,) = rows(facts(tmp_path, healthy() | counts), "accounts")
    assert row == ("partial", "Accounts3.sqlite lacks an account of type com.apple.account.Exchange")
    assert rows(facts(tmp_path / "c", healthy(accounts_db([EXCHANGE])) | counts), "accounts") == [("observed", None)]


@pytest.mark.parametrize("content", [b"", b"nonsense", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_broken_account_database_is_failed(tmp_path: Path, content: bytes) -> None:
    assert statuses(facts(tmp_path, healthy(content)))["accounts"] == {"failed"}


def test_profiles_give_accounts_links_and_blocks(tmp_path: Path) -> None:
    payloads = [
        {"PayloadType": "com.apple.eas.account", "EmailAddress": "p@agency.example", "Host": "mail.agency.example"},
        {"PayloadType": "com.apple.mdm", "ServerURL": "https://mdm.agency.example/"},
        {"PayloadType": "com.apple.applicationaccess", "blockedAppBundleIDs": ["com.zhiliaoapp.musically"]},
    ]
    found = facts(tmp_path, healthy(profiles={"p": {"PayloadType": "Configuration", "PayloadContent": payloads}}))
    assert [(one.kind, one.target) for one in found.links] == [("mdm", "mdm.agency.example")]
    assert [account.domain for account in found.accounts] == ["agency.example"]
    assert [block.identifiers for block in found.enforcement] == [("com.zhiliaoapp.musically",)]
    assert statuses(found)["links"] == {"observed"}


def test_profiles_of_an_enrolled_user_are_read(tmp_path: Path) -> None:
    payload = {"PayloadType": "com.apple.mdm", "ServerURL": "https://mdm.agency.example/"}
    folder = "Library/UserConfigurationProfiles/"
    files = healthy() | {
        (HOME, f"{folder}profile-00.stub"): plistlib.dumps({"PayloadContent": [payload]}),
        (HOME, f"{folder}PayloadManifest.plist"): plistlib.dumps({"OrderedProfiles": ["agency.mdm"]}),
    }
    found = facts(tmp_path, files)
    assert [(one.kind, one.target) for one in found.links] == [("mdm", "mdm.agency.example")]
    assert statuses(found)["links"] == {"observed"}


def test_an_account_of_a_profile_that_the_database_has_is_not_told_twice(tmp_path: Path) -> None:
    profile = {"PayloadContent": [{"PayloadType": "com.apple.eas.account"}]}
    found = facts(tmp_path, healthy(accounts_db([EXCHANGE]), profiles={"p": profile}))
    assert [account.domain for account in found.accounts] == ["agency.example"]
    whole = {**profile["PayloadContent"][0], "EmailAddress": "p@agency.example", "Host": "mail.agency.example"}
    again = facts(tmp_path / "a", healthy(accounts_db([EXCHANGE]), profiles={"p": {"PayloadContent": [whole]}}))
    assert again.accounts == found.accounts
    other = {**whole, "EmailAddress": "p@other.example"}
    two = facts(tmp_path / "d", healthy(accounts_db([EXCHANGE]), profiles={"p": {"PayloadContent": [other]}}))
    assert {account.domain for account in two.accounts} == {"agency.example", "other.example"}
    alone = facts(tmp_path / "c", healthy(profiles={"p": profile}))
    assert [(account.type, account.domain) for account in alone.accounts] == [("com.apple.account.Exchange", None)]


def test_profiles_that_are_installed_and_not_in_the_backup_are_said(tmp_path: Path) -> None:
    listed = {MANIFEST_OF_PROFILES: plistlib.dumps({"OrderedProfiles": ["agency.vpn"]})}
    assert rows(facts(tmp_path, healthy() | listed), "links") == [("partial", contents.PROFILES_MISSING)]


def test_profiles_whose_files_were_left_out_are_failed(tmp_path: Path) -> None:
    files = healthy(profiles={"p": {"PayloadContent": []}})
    stub = next(key for key in files if key[1].endswith(".stub"))
    assert ("failed", f"configuration profiles: {NOT_IN_FOLDER}") in rows(
        facts(tmp_path, files, left_out=[stub]), "links"
    )


def test_a_backup_without_the_folder_of_profiles_can_not_tell_links(tmp_path: Path) -> None:
    assert rows(facts(tmp_path, {ACCOUNTS: accounts_db([])}), "links") == [("unsupported", contents.NO_PROFILES)]


def test_vpn_and_wifi_settings_are_links(tmp_path: Path) -> None:
    network = {"x": {"EAPClientConfiguration": {"TLSTrustedServerNames": ["radius.agency.example"]}}}
    files = {
        VPN: plistlib.dumps({"NetworkServices": {"A": {"IPSec": {"RemoteAddress": "vpn.agency.example"}}}}),
        (PREFERENCES, "com.apple.wifi.known-networks.plist"): plistlib.dumps(network),
    }
    found = facts(tmp_path, healthy() | files)
    assert [(one.kind, one.target) for one in found.links] == [
        ("vpn", "vpn.agency.example"),
        ("wifi-enterprise", "radius.agency.example"),
    ]
    assert "failed" in statuses(facts(tmp_path / "c", healthy() | files, left_out=[VPN]))["links"]


def test_a_backup_without_info_can_not_list_the_apps(tmp_path: Path) -> None:
    write_backup(tmp_path, healthy(), app_domains=["a.b"])
    (tmp_path / "Info.plist").unlink()
    found = collected(tmp_path).facts
    assert rows(found, "apps") == [("unsupported", contents.NO_INFO)]
    assert (found.device.serial, found.device.platform) == ("F1234567890", "ios")


@pytest.mark.parametrize("name", ["Info.plist", "Manifest.plist"])
def test_broken_lists_of_apps_are_failed(tmp_path: Path, name: str) -> None:
    write_backup(tmp_path, healthy())
    (tmp_path / name).write_bytes(b"bplist00")
    assert "failed" in statuses(collected(tmp_path).facts)["apps"]


@pytest.mark.parametrize("content", [None, b"", b"SQLite format 3\x00", b"x" * 200])
def test_without_a_manifest_nothing_is_seen_whole(tmp_path: Path, content: bytes | None) -> None:
    write_backup(tmp_path, healthy(), information=info(["a.b"]))
    (tmp_path / "Manifest.db").unlink()
    if content is not None:
        (tmp_path / "Manifest.db").write_bytes(content)
    found = collected(tmp_path).facts
    assert statuses(found) == {"apps": {"failed"}, "accounts": {"failed"}, "links": {"failed"}}
    assert [app.identifier for app in found.apps] == ["a.b"]


@pytest.mark.parametrize("state", ["uploading", b"", 5])
def test_a_backup_that_was_not_finished_is_partial(tmp_path: Path, state: object) -> None:
    write_backup(tmp_path, healthy())
    (tmp_path / "Status.plist").write_bytes(
        plistlib.dumps({"SnapshotState": state}) if isinstance(state, str) else b"broken"
    )
    assert all("partial" in found for found in statuses(collected(tmp_path).facts).values())


def test_a_copy_without_a_status_is_whole(tmp_path: Path) -> None:
    write_backup(tmp_path, healthy())
    (tmp_path / "Status.plist").unlink()
    assert all(found == {"observed"} for found in statuses(collected(tmp_path).facts).values())


def test_the_folder_above_one_backup_will_do_and_above_two_will_not(tmp_path: Path) -> None:
    write_backup(tmp_path / "one", healthy())
    assert collected(tmp_path).facts.device.serial == "F1234567890"
    write_backup(tmp_path / "two", healthy())
    with pytest.raises(SourceError, match="2 backups"):
        collected(tmp_path)


def test_a_folder_without_a_backup_and_no_folder_are_errors(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no backup"):
        collected(tmp_path)
    with pytest.raises(SourceError, match="no folder"):
        collected(tmp_path / "none")


def test_a_backup_of_ios_9_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "Manifest.mbdb").write_bytes(b"mbdb\x05\x00")
    (tmp_path / "Manifest.plist").write_bytes(plistlib.dumps({}))
    with pytest.raises(SourceError, match="iOS 9"):
        collected(tmp_path)


SECRET = b"SQLite format 3\x00 secret of another folder"


@pytest.mark.parametrize("place", ["file", "folder"])
def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, place: str) -> None:
    number = file_id(*ACCOUNTS)
    outside = tmp_path / "outside" / number
    outside.parent.mkdir()
    outside.write_bytes(accounts_db([EXCHANGE]))
    backup = write_backup(tmp_path / "b", healthy(), left_out=[ACCOUNTS])
    if place == "folder":
        (backup / number[:2]).symlink_to(outside.parent, target_is_directory=True)
    else:
        (backup / number[:2]).mkdir(exist_ok=True)
        (backup / number[:2] / number).symlink_to(outside)
    found = collected(backup).facts
    assert found.accounts == ()
    assert rows(found, "accounts") == [("failed", "Accounts3.sqlite: a link in the backup's folder")]


@pytest.mark.parametrize(
    "number", ["../../../../etc/passwd", "..", "", "A" * 40, "0" * 39, "0" * 41, "/etc/passwd", "0" * 39 + "\n"]
)
def test_an_id_that_is_none_leads_nowhere(tmp_path: Path, number: str) -> None:
    found = facts(tmp_path, ids={ACCOUNTS: number})
    assert found.accounts == ()
    assert statuses(found)["accounts"] == {"failed"}


def test_what_apps_may_read_is_told_with_them(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "TCC.db")
    connection.execute("CREATE TABLE access (service TEXT, client TEXT, client_type INTEGER, auth_value INTEGER)")
    connection.execute("INSERT INTO access VALUES ('kTCCServiceAddressBook', 'a.b', 0, 2)")
    connection.commit()
    connection.close()
    path = (HOME, "Library/TCC/TCC.db")
    files = healthy() | {path: (tmp_path / "TCC.db").read_bytes()}
    found = facts(tmp_path, files, information=info(["a.b", "c.d"]))
    assert [app.permissions for app in found.apps] == [("contacts",), ()]
    unknown = facts(tmp_path / "c", files, information=info(["a.b"]), left_out=[path])
    assert [app.permissions for app in unknown.apps] == [()]
    assert statuses(unknown)["apps"] == {"observed"}


def test_a_backup_that_somebody_decrypted_is_not_encrypted(tmp_path: Path) -> None:
    write_backup(tmp_path, healthy())
    manifest = tmp_path / "Manifest.plist"
    manifest.write_bytes(plistlib.dumps({**plistlib.loads(manifest.read_bytes()), "IsEncrypted": True}))
    assert statuses(collected(tmp_path).facts)["accounts"] == {"observed"}


def test_a_folder_or_a_pipe_in_the_place_of_a_file_holds_nobody_up(tmp_path: Path) -> None:
    number = file_id(*ACCOUNTS)
    backup = write_backup(tmp_path, healthy(), left_out=[ACCOUNTS])
    (backup / number[:2]).mkdir(exist_ok=True)
    os.mkfifo(backup / number[:2] / number)
    assert rows(collected(backup).facts, "accounts") == [("failed", "Accounts3.sqlite: not a file")]


def altered(folder: Path, *statements: str) -> Facts:
    backup = write_backup(folder, healthy(), information=info(["a.b"]), app_domains=["a.b"])
    connection = sqlite3.connect(backup / "Manifest.db")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return collected(backup).facts


@pytest.mark.parametrize(
    "statements",
    [
        ("ALTER TABLE Files RENAME TO Hidden", "CREATE VIEW Files AS SELECT * FROM Hidden"),
        ("DROP TABLE Files",),
        ("ALTER TABLE Files DROP COLUMN flags",),
    ],
    ids=["a view in its place", "no table", "no column"],
)
def test_a_manifest_without_its_table_is_failed(tmp_path: Path, statements: Sequence[str]) -> None:
    found = altered(tmp_path, *statements)
    assert statuses(found) == {"apps": {"failed"}, "accounts": {"failed"}, "links": {"failed"}}


def test_wrong_types_in_the_manifest_are_survived(tmp_path: Path) -> None:
    found = altered(
        tmp_path,
        f"INSERT INTO Files VALUES (x'00', '{HOME}', 'Library/WebClips/x', 'y', 5)",
        f"UPDATE Files SET fileID = 5.5 WHERE relativePath = '{ACCOUNTS[1]}'",
        "INSERT INTO Files VALUES ('a', x'41', NULL, 1, NULL)",
    )
    assert statuses(found)["accounts"] == {"failed"}


def test_more_clips_than_are_read_are_said(tmp_path: Path) -> None:
    found = altered(
        tmp_path,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 6000) INSERT INTO Files "
        f"SELECT 'x' || i, '{HOME}', 'Library/WebClips/' || i || '.webclip/icon.png', 1, NULL FROM n",
    )
    assert ("partial", contents.MORE_FILES) in rows(found, "apps")


def test_a_manifest_of_many_files_costs_the_few_that_are_wanted(tmp_path: Path) -> None:
    import tracemalloc

    backup = write_backup(tmp_path, healthy(), information=info(["a.b"]), app_domains=["a.b"])
    connection = sqlite3.connect(backup / "Manifest.db")
    connection.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200000) INSERT INTO Files "
        "SELECT 'f' || i, 'CameraRollDomain', 'Media/DCIM/IMG_' || i, 1, zeroblob(300) FROM n"
    )
    connection.commit()
    connection.close()
    assert (backup / "Manifest.db").stat().st_size > 64 * 1024 * 1024
    tracemalloc.start()
    found = collected(backup).facts
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert statuses(found)["accounts"] == {"observed"}
    assert peak < 8 * 1024 * 1024
