"""A tree of files that stands for a macOS installation, made file by file, and the host over it."""

import plistlib
import sqlite3
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from linux_tree import plant
from setapart_agent.collectors.desktop.host import DesktopCollector, Host, User
from setapart_agent.collectors.desktop.tree import PlainTree, Tree
from setapart_agent.facts import Facts

if TYPE_CHECKING:
    from setapart_agent.collectors.base import Unseen

TREES = (Tree, PlainTree)
"""Both kinds of tree; macOS has the second only."""
TEAM = "ABCDE12345"
SERIAL = "C02DOCS0001X"
HARDWARE_UUID = "11111111-2222-3333-4444-555555555555"
ROOT_HOME = "/private/var/root"
RECORDS = "/private/var/db/dslocal/nodes/Default/users"


def xml(value: object) -> bytes:
    """A property list in XML."""
    return plistlib.dumps(value)  # type: ignore[arg-type]


def binary(value: object) -> bytes:
    """A binary property list."""
    return plistlib.dumps(value, fmt=plistlib.FMT_BINARY)  # type: ignore[arg-type]


def record(name: str, uid: int, home: str, shell: str = "/bin/zsh") -> bytes:
    """A user's record as opendirectoryd keeps it."""
    return binary({"name": [name], "uid": [str(uid)], "home": [home], "shell": [shell], "passwd": ["********"]})


def info(identifier: str, **more: object) -> bytes:
    """The Info.plist of an app."""
    name = identifier.rpartition(".")[2]
    values = {
        "CFBundleIdentifier": identifier,
        "CFBundleName": name,
        "CFBundleExecutable": name,
        "CFBundlePackageType": "APPL",
        "CFBundleShortVersionString": "1.0",
    }
    return xml({**values, **more})


def bundle(folder: str, identifier: str, program: bytes = b"", **more: object) -> dict[str, bytes]:
    """The files of an app bundle."""
    name = identifier.rpartition(".")[2]
    files = {f"{folder}/Contents/Info.plist": info(identifier, **more)}
    return {**files, f"{folder}/Contents/MacOS/{name}": program or macho(TEAM)}


def code_directory(team: str | None, version: int = 0x20400) -> bytes:
    """A CodeDirectory as cs_blobs.h has it, up to `spare3`, then the identifier and the team."""
    identifier = b"org.example.program\x00"
    head = 52
    team_at = head + len(identifier) if team else 0
    tail = identifier + (f"{team}\x00".encode() if team else b"")
    return struct.pack(
        ">IIIIIIIIIBBBBIII",
        0xFADE0C02, head + len(tail), version, 0, 0, head, 0, 0, 0, 32, 2, 0, 12, 0, 0, team_at,
    ) + tail  # fmt: skip


def signature(team: str | None, version: int = 0x20400) -> bytes:
    """A SuperBlob with requirements and a CodeDirectory."""
    directory = code_directory(team, version)
    requirements = struct.pack(">III", 0xFADE0C01, 12, 0)
    first = 12 + 2 * 8
    index = struct.pack(">IIII", 0, first, 2, first + len(directory))
    return struct.pack(">III", 0xFADE0CC0, first + len(directory) + 12, 2) + index + directory + requirements


def macho(
    team: str | None, *, wide: bool = True, order: str = "<", signed: bool = True, version: int = 0x20400
) -> bytes:
    """A Mach-O with one segment's load command, some code, and a code signature at the end."""
    size = 32 if wide else 28
    magic = 0xFEEDFACF if wide else 0xFEEDFACE
    segment = struct.pack(f"{order}II", 0x19 if wide else 0x1, 72) + bytes(64)
    code = b"\x90" * 5000
    blob = signature(team, version)
    at = size + len(segment) + 16 + len(code)
    link = struct.pack(f"{order}IIII", 0x1D if signed else 0x26, 16, at, len(blob))
    header = struct.pack(f"{order}IIIIIII", magic, 0x100000C, 0, 2, 2, len(segment) + len(link), 0)
    return header + bytes(size - len(header)) + segment + link + code + blob


def universal(*programs: bytes, wide: bool = False) -> bytes:
    """A universal file of some programs."""
    entry = 32 if wide else 20
    at = 4096
    head = struct.pack(">II", 0xCAFEBABF if wide else 0xCAFEBABE, len(programs))
    body = b""
    for program in programs:
        place = (0x100000C, 0, at + len(body), len(program), 12)
        head += struct.pack(">IIQQI", *place) + bytes(4) if wide else struct.pack(">IIIII", *place)
        body += program + bytes(-len(program) % 4096)
    assert len(head) == 8 + entry * len(programs)
    return head + bytes(at - len(head)) + body


SYSTEM: dict[str, bytes] = {
    "/System/Library/CoreServices/SystemVersion.plist": xml(
        {"ProductName": "macOS", "ProductVersion": "14.4.1", "ProductBuildVersion": "23E224"}
    ),
    **bundle("/System/Applications/Mail.app", "com.apple.mail", macho(None)),
    "/Library/Preferences/SystemConfiguration/preferences.plist": binary(
        {"Model": "MacBookPro18,3", "CurrentSet": "/Sets/1", "NetworkServices": {}}
    ),
    **bundle("/Applications/Example.app", "org.example.Example"),
    f"{RECORDS}/root.plist": record("root", 0, "/var/root", "/bin/sh"),
    f"{RECORDS}/nobody.plist": record("nobody", -2, "/var/empty", "/usr/bin/false"),
    f"{RECORDS}/_www.plist": record("_www", 70, "/Library/WebServer", "/usr/bin/false"),
    "/private/var/db/dslocal/nodes/Default/computers/localhost.plist": binary(
        {"name": ["localhost"], "hardwareuuid": [HARDWARE_UUID]}
    ),
    f"{ROOT_HOME}/.CFUserTextEncoding": b"0x0:0x0",
    "/Users/.localized": b"",
    "/Users/Shared/.localized": b"",
}
"""The files that every Mac has, as far as collectors look at them, and one app that somebody put there."""


class MacTree:
    """Files of one installation with the user ann; everything belongs to whoever runs the tests."""

    def __init__(self, root: Path, kind: type[Tree] = Tree) -> None:
        self.root = root
        self.kind = kind
        self.uid = root.stat().st_uid
        self.unseen: Unseen | None = None
        plant(root, SYSTEM)
        self.write(".CFUserTextEncoding", b"0x0:0x0")

    def write(self, path: str, content: str | bytes = b"") -> Path:
        """Makes a file; a path that does not start with `/` is below ann's home."""
        place = path if path.startswith("/") else f"/Users/ann/{path}"
        plant(self.root, {place: content})
        return self.root / place.lstrip("/")

    def put(self, folder: str, identifier: str, program: bytes = b"", **more: object) -> None:
        """Makes an app bundle; a folder that does not start with `/` is below ann's home."""
        for path, content in bundle(folder, identifier, program, **more).items():
            self.write(path, content)

    @property
    def ann(self) -> str:
        """Her profile."""
        return str(self.uid)

    @property
    def tree(self) -> Tree:
        """The tree, as `root:DIR` opens it."""
        return self.kind(str(self.root), ignore_case=True)

    @property
    def host(self) -> Host:
        """The host with ann alone."""
        user = User(uid=self.uid, name="ann", home="/Users/ann", unseen=self.unseen)
        return Host(tree=self.tree, users=(user,))

    def collect(self, collector: DesktopCollector) -> Facts:
        """What a collector finds here."""
        return collector.collect(self.host)


def accounts_database(path: Path, *accounts: tuple[str, str | None, tuple[str, ...], dict[str, str]]) -> bytes:
    """An Accounts4.sqlite.

    Args:
        path: where it is made.
        accounts: type, user name, the data classes that are switched on, and properties of each.
    """
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as db:
        db.executescript(
            "CREATE TABLE ZACCOUNTTYPE (Z_PK INTEGER PRIMARY KEY, ZIDENTIFIER VARCHAR);"
            "CREATE TABLE ZACCOUNT (Z_PK INTEGER PRIMARY KEY, ZACTIVE INTEGER, ZACCOUNTTYPE INTEGER,"
            " ZPARENTACCOUNT INTEGER, ZUSERNAME VARCHAR, ZACCOUNTDESCRIPTION VARCHAR);"
            "CREATE TABLE ZDATACLASS (Z_PK INTEGER PRIMARY KEY, ZNAME BLOB);"
            "CREATE TABLE Z_2ENABLEDDATACLASSES (Z_2ENABLEDACCOUNTS INTEGER, Z_7ENABLEDDATACLASSES INTEGER);"
            "CREATE TABLE ZACCOUNTPROPERTY (Z_PK INTEGER PRIMARY KEY, ZOWNER INTEGER, ZKEY VARCHAR, ZVALUE BLOB);"
        )
        types: dict[str, int] = {}
        classes: dict[str, int] = {}
        for number, (kind, user, enabled, properties) in enumerate(accounts, 1):
            if kind not in types:
                types[kind] = len(types) + 1
                db.execute("INSERT INTO ZACCOUNTTYPE VALUES (?, ?)", (types[kind], kind))
            db.execute("INSERT INTO ZACCOUNT VALUES (?, 1, ?, NULL, ?, NULL)", (number, types[kind], user))
            for name in enabled:
                if name not in classes:
                    classes[name] = len(classes) + 1
                    db.execute("INSERT INTO ZDATACLASS VALUES (?, ?)", (classes[name], name))
                db.execute("INSERT INTO Z_2ENABLEDDATACLASSES VALUES (?, ?)", (number, classes[name]))
            for key, value in properties.items():
                db.execute("INSERT INTO ZACCOUNTPROPERTY VALUES (NULL, ?, ?, ?)", (number, key, value))
    db.close()
    return path.read_bytes()


def database(path: Path, script: str) -> bytes:
    """An sqlite database made by a script."""
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as db:
        db.executescript(script)
    db.close()
    return path.read_bytes()


def rows(facts: Facts) -> set[tuple[str, str, str, str | None]]:
    """Section, profile, status and reason of every row of coverage."""
    return {(row.section, row.profile, row.status, row.reason) for row in facts.coverage}
