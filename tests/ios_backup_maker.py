"""Backups of an iPhone as Finder writes them, plain and encrypted, and the account database in them.

Layout: Info.plist, Status.plist, Manifest.plist, Manifest.db and a file per id (SHA-1 of domain, `-`, path) in a folder
named for the first two digits of the id. An encrypted one follows the published format of the backup key bag: class
keys wrapped (RFC 3394) with a key from the password (PBKDF2 twice), a key per file wrapped with its class key, AES-CBC
with a zero vector and PKCS #7 padding, also for Manifest.db.
"""

import datetime as dt
import hashlib
import os
import plistlib
import sqlite3
import struct
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from cryptography.hazmat.primitives.padding import PKCS7

from plist_maker import archive

HOME, PREFERENCES = "HomeDomain", "SystemPreferencesDomain"
PROFILES = "SysSharedContainerDomain-systemgroup.com.apple.configurationprofiles"
PROFILE_FOLDER = "Library/ConfigurationProfiles/"
ACCOUNTS = (HOME, "Library/Accounts/Accounts3.sqlite")
TAKEN = dt.datetime.fromisoformat("2026-11-20T08:00:00")
INFO: Mapping[str, Any] = {
    "Device Name": "Somebody's iPhone",
    "Last Backup Date": TAKEN,
    "Product Type": "iPhone13,2",
    "Product Version": "17.5.1",
    "Serial Number": "F1234567890",
    "Target Identifier": "00008101-000a1b2c3d4e001e",
    "Target Type": "Device",
    "Unique Identifier": "00008101-000A1B2C3D4E001E",
}
CLASS = 4
Files = Mapping[tuple[str, str], bytes]


def file_id(domain: str, path: str) -> str:
    """The name of a file in a backup."""
    return hashlib.sha1(f"{domain}-{path}".encode(), usedforsecurity=False).hexdigest()


def info(apps: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """Info.plist of a phone with these installed apps; a value of `None` leaves a key out."""
    made = {**INFO, "Installed Applications": list(apps), **more}
    return {key: value for key, value in made.items() if value is not None}


def accounts_db(
    rows: Sequence[Mapping[str, Any]],
    *,
    account_number: int = 2,
    class_number: int = 7,
    plain_names: bool = False,
    extra_types: Sequence[str] = ("com.apple.account.Exchange", "com.apple.account.Google", "com.apple.account.IMAP"),
    statements: Sequence[str] = (),
) -> bytes:
    """A database of accounts.

    Args:
        rows: per account `type`, and maybe `parent` (its place in the list, from 1), `user`, `active`, `enabled` and
            `provisioned` (data classes without their prefix) and `properties`.
        account_number: the number of the entity Account, which is in the names of join tables.
        class_number: the same for Dataclass.
        plain_names: whether names of data classes are text, and not archives.
        extra_types: types that have a row of their own without any account.
        statements: SQL that is run at the end.
    """
    join = f"Z_{account_number}%sDATACLASSES"
    types = list(dict.fromkeys([row["type"] for row in rows] + list(extra_types)))
    classes = list(dict.fromkeys(one for row in rows for key in ("enabled", "provisioned") for one in row.get(key, ())))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "db")
        connection = sqlite3.connect(path)
        run = connection.execute
        run(
            "CREATE TABLE ZACCOUNT (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZACTIVE INTEGER, "
            "ZAUTHENTICATED INTEGER, ZACCOUNTTYPE INTEGER, ZPARENTACCOUNT INTEGER, ZACCOUNTDESCRIPTION VARCHAR, "
            "ZIDENTIFIER VARCHAR, ZUSERNAME VARCHAR)"
        )
        run("CREATE TABLE ZACCOUNTTYPE (Z_PK INTEGER PRIMARY KEY, ZIDENTIFIER VARCHAR)")
        run("CREATE TABLE ZACCOUNTPROPERTY (Z_PK INTEGER PRIMARY KEY, ZOWNER INTEGER, ZKEY VARCHAR, ZVALUE BLOB)")
        run("CREATE TABLE ZDATACLASS (Z_PK INTEGER PRIMARY KEY, ZNAME BLOB)")
        for word in ("ENABLED", "PROVISIONED"):
            run(
                f"CREATE TABLE {join % word} (Z_{account_number}{word}ACCOUNTS INTEGER, "
                f"Z_{class_number}{word}DATACLASSES INTEGER)"
            )
        for number, name in enumerate(types, 1):
            run("INSERT INTO ZACCOUNTTYPE VALUES (?, ?)", (number, name))
        for number, name in enumerate(classes, 1):
            full = f"com.apple.Dataclass.{name}"
            run("INSERT INTO ZDATACLASS VALUES (?, ?)", (number, full if plain_names else archive(full)))
        for number, row in enumerate(rows, 1):
            run(
                "INSERT INTO ZACCOUNT (Z_PK, ZACTIVE, ZACCOUNTTYPE, ZPARENTACCOUNT, ZUSERNAME) VALUES (?, ?, ?, ?, ?)",
                (number, row.get("active", 1), types.index(row["type"]) + 1, row.get("parent"), row.get("user")),
            )
            for word, key in (("ENABLED", "enabled"), ("PROVISIONED", "provisioned")):
                for one in row.get(key, ()):
                    run(f"INSERT INTO {join % word} VALUES (?, ?)", (number, classes.index(one) + 1))
            for key, value in row.get("properties", {}).items():
                run(
                    "INSERT INTO ZACCOUNTPROPERTY (ZOWNER, ZKEY, ZVALUE) VALUES (?, ?, ?)",
                    (number, key, archive(value)),
                )
        for statement in statements:
            run(statement)
        connection.commit()
        connection.close()
        return path.read_bytes()


def healthy(accounts: bytes | None = None, profiles: Mapping[str, Any] | None = None) -> dict[tuple[str, str], bytes]:
    """The files of a phone on which everything can be seen.

    Args:
        accounts: the account database, an empty one unless given.
        profiles: configuration profiles by identifier.
    """
    stored = {
        (PROFILES, f"{PROFILE_FOLDER}profile-{hashlib.sha256(name.encode()).hexdigest()}.stub"): plistlib.dumps(
            profile, fmt=plistlib.FMT_BINARY
        )
        for name, profile in (profiles or {}).items()
    }
    return {
        ACCOUNTS: accounts if accounts is not None else accounts_db([]),
        (PROFILES, f"{PROFILE_FOLDER}PayloadManifest.plist"): plistlib.dumps(
            {"HiddenProfiles": [], "OrderedProfiles": list(profiles or {})}, fmt=plistlib.FMT_BINARY
        ),
        (PROFILES, f"{PROFILE_FOLDER}ProfileTruth.plist"): plistlib.dumps({}, fmt=plistlib.FMT_BINARY),
        **stored,
    }


def web_clip(url: str, title: str, name: str = "0123456789ABCDEF") -> dict[tuple[str, str], bytes]:
    """A web app on the home screen."""
    path = f"Library/WebClips/{name}.webclip/Info.plist"
    return {(HOME, path): plistlib.dumps({"URL": url, "Title": title, "FullScreen": True})}


def write_backup(
    folder: Path,
    files: Files,
    *,
    information: Mapping[str, Any] | None = None,
    app_domains: Sequence[str] = (),
    left_out: Sequence[tuple[str, str]] = (),
    password: str | None = None,
    flat: bool = False,
    ids: Mapping[tuple[str, str], str] | None = None,
    taken: dt.datetime = TAKEN,
) -> Path:
    """Writes a backup.

    Args:
        folder: where, made if it is not there.
        files: content by domain and path.
        information: Info.plist, an ordinary one unless given.
        app_domains: bundle ids that have data of their own.
        left_out: files that the manifest lists and the folder lacks.
        password: makes it an encrypted one.
        flat: whether the files lie straight in the folder.
        ids: other ids than the right ones.
        taken: the date in Status.plist and Manifest.plist.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keys = _Keys(password) if password is not None else None
    described = information if information is not None else info()
    (folder / "Info.plist").write_bytes(plistlib.dumps(dict(described)))
    (folder / "Status.plist").write_bytes(
        plistlib.dumps({"BackupState": "new", "Date": taken, "SnapshotState": "finished", "Version": "3.3"})
    )
    manifest = {
        "Applications": {name: {"CFBundleIdentifier": name, "CFBundleVersion": "1"} for name in app_domains},
        "Date": taken,
        "IsEncrypted": keys is not None,
        "Lockdown": {"ProductType": "iPhone13,2", "ProductVersion": "17.5.1", "SerialNumber": "F1234567890"},
        "SystemDomainsVersion": "24.0",
        "Version": "10.0",
    }
    if keys is not None:
        manifest |= {"BackupKeyBag": keys.bag, "ManifestKey": keys.manifest_key}
    (folder / "Manifest.plist").write_bytes(plistlib.dumps(manifest, fmt=plistlib.FMT_BINARY))
    rows = []
    for (domain, path), content in files.items():
        number = (ids or {}).get((domain, path), file_id(domain, path))
        record, stored = keys.encrypted(path, content) if keys is not None else (_record(path, content), content)
        rows.append((number, domain, path, 1, record))
        if (domain, path) not in left_out and len(number) == 40:
            place = folder / number if flat else folder / number[:2] / number
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(stored)
    rows += [(file_id(f"AppDomain-{name}", ""), f"AppDomain-{name}", "", 2, b"") for name in app_domains]
    database = _manifest(rows)
    (folder / "Manifest.db").write_bytes(_encrypt(keys.key, database) if keys is not None else database)
    return folder


def _manifest(rows: Sequence[tuple[Any, ...]]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "db")
        connection = sqlite3.connect(path)
        connection.execute(
            "CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB)"
        )
        connection.execute("CREATE INDEX FilesDomainIdx ON Files(domain)")
        connection.execute("CREATE TABLE Properties (key TEXT PRIMARY KEY, value BLOB)")
        connection.executemany("INSERT INTO Files VALUES (?, ?, ?, ?, ?)", rows)
        connection.commit()
        connection.close()
        return path.read_bytes()


def _record(path: str, content: bytes, key: bytes | None = None) -> bytes:
    """The MBFile of a row: what the file is, and its wrapped key."""
    record: dict[str, Any] = {
        "RelativePath": plistlib.UID(2),
        "Size": len(content),
        "ProtectionClass": CLASS,
        "LastModified": 0,
        "Mode": 0o100644,
        "$class": plistlib.UID(3),
    }
    objects: list[Any] = ["$null", record, path, {"$classname": "MBFile", "$classes": ["MBFile", "NSObject"]}]
    if key is not None:
        record["EncryptionKey"] = plistlib.UID(4)
        objects += [{"NS.data": key, "$class": plistlib.UID(5)}, {"$classname": "NSMutableData"}]
    return plistlib.dumps(
        {"$version": 100_000, "$archiver": "NSKeyedArchiver", "$top": {"root": plistlib.UID(1)}, "$objects": objects},
        fmt=plistlib.FMT_BINARY,
    )


class _Keys:
    """A key bag with one class of protection, and what is wrapped with it."""

    def __init__(self, password: str) -> None:
        salt, first_salt, rounds = b"s" * 20, b"d" * 20, 10
        first = hashlib.pbkdf2_hmac("sha256", password.encode(), first_salt, rounds)
        unlocking = hashlib.pbkdf2_hmac("sha1", first, salt, rounds, 32)
        self._class_key = os.urandom(32)
        self.key = os.urandom(32)
        self.manifest_key = struct.pack("<l", CLASS) + aes_key_wrap(self._class_key, self.key)
        self.bag = b"".join(
            tag + struct.pack(">L", len(value)) + value
            for tag, value in (
                (b"VERS", struct.pack(">L", 5)),
                (b"TYPE", struct.pack(">L", 1)),
                (b"UUID", b"u" * 16),
                (b"HMCK", b"h" * 40),
                (b"WRAP", struct.pack(">L", 1)),
                (b"SALT", salt),
                (b"ITER", struct.pack(">L", rounds)),
                (b"DPWT", struct.pack(">L", 1)),
                (b"DPIC", struct.pack(">L", rounds)),
                (b"DPSL", first_salt),
                (b"UUID", b"c" * 16),
                (b"CLAS", struct.pack(">L", CLASS)),
                (b"WRAP", struct.pack(">L", 2)),
                (b"KTYP", struct.pack(">L", 0)),
                (b"WPKY", aes_key_wrap(unlocking, self._class_key)),
            )
        )

    def encrypted(self, path: str, content: bytes) -> tuple[bytes, bytes]:
        """The record of a file, and the file as it is stored."""
        key = os.urandom(32)
        wrapped = struct.pack("<l", CLASS) + aes_key_wrap(self._class_key, key)
        return _record(path, content, wrapped), _encrypt(key, content)


def _encrypt(key: bytes, content: bytes) -> bytes:
    padder = PKCS7(128).padder()
    padded = padder.update(content) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
    return encryptor.update(padded) + encryptor.finalize()
