"""docs/devices.md: a device is built for every row, read as the row says and judged; collectors are as declared."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest

from assets.build_demo import SYSTEM, Phone, User, bug_report
from linux_tree import plant, status_of
from markdown import codes, document, section, table
from replay_adbd import Answer, ReplayAdbd, Shell
from setapart_agent.collectors.android.collector import COLLECTORS as ANDROID
from setapart_agent.collectors.base import CollectorInfo
from setapart_agent.collectors.desktop import tree
from setapart_agent.collectors.desktop.host import Host
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.linux import collector as linux
from setapart_agent.collectors.linux import portable, processes
from setapart_agent.sources import SOURCES
from typed_commands import run

DEVICES = document("docs/devices.md")
LINUX = tuple(one.info for one in linux.collectors())
MATURITIES = ("untested", "captures", "real-hardware")
SERIAL = "DOCS0001"
MACHINE_ID = "0123456789abcdef0123456789abcdef"
AUTHORITY = """\
base = "no-2023"
id = "agency"
version = 1
title = "An agency"

[internal]
domains = ["agency.example"]
"""
LINUX_TREE: dict[str, str] = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nann:x:UID:UID::/home/ann:/bin/bash\n",
    "/etc/os-release": "ID=debian\nVERSION_ID=12\n",
    "/etc/machine-id": f"{MACHINE_ID}\n",
    "/var/lib/dpkg/status": status_of("bash"),
    "/root/notes.txt": "umask 022\n",
    "/home/ann/.profile": "umask 022\n",
    "/proc/self/mounts": "/dev/sda1 / ext4 rw 0 0\n",
    "/sys/class/net/eth0/flags": "0x1003\n",
}
PHONE = Phone(
    file="phone.txt",
    serial=SERIAL,
    model="Docs 1",
    packages={**SYSTEM, "org.example.camera": ("1.0", (0,))},
    users=(User(accounts=(("patrol@social.example", "com.google"),)),),
)
HIDDEN_USER = User(number=10, flags=0x1030, type="profile.MANAGED", accounts=None)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority's bundle, epoch and overlay, and the keys of a station and of a workstation."""
    folder = tmp_path_factory.mktemp("authority")
    (folder / "authority.toml").write_text(AUTHORITY)
    typed(folder, "setapart-agent keygen --output station.pem")
    typed(folder, "setapart-agent keygen --output own.pem")
    typed(folder, "setapart-auditor policy bundle --pack no-2023 --overlay authority.toml --dir state --output b.json")
    (folder / "epoch.toml").write_text(typed(folder, "setapart-auditor epoch issue --dir state --output e.json"))
    return folder


def typed(folder: Path, line: str) -> str:
    ran = run(folder, *line.split())
    assert ran.code == 0, ran.printed
    return ran.printed


def verdict(authority: Path, source: str, device_class: str) -> str:
    """Reports by a source and verifies the report: the status, which must be the device's own."""
    own = source == "local"
    key = "own" if own else "station"
    typed(
        authority,
        f"setapart-agent report --source {source} --key {key}.pem --bundle b.json --epoch e.json --output x.evidence",
    )
    platform, serial = ("linux", MACHINE_ID) if source.startswith("root:") else ("android", SERIAL)
    named = 'key = "own.pub"' if own else f'serial = "{serial}"\nplatform = "{platform}"'
    (authority / "register.toml").write_text(
        f'[[device]]\nname = "it"\n{named}\nclass = "{device_class}"\nholder = "h1"\nrole = "staff"\n\n'
        '[[station]]\nname = "helpdesk"\nkey = "station.pub"\n\n' + (authority / "epoch.toml").read_text()
    )
    rule = ("--pack", "no-2023", "--overlay", "authority.toml", "--dir", "state")
    ran = run(authority, "setapart-auditor", "verify", "x.evidence", "--register", "register.toml", *rule, "--json")
    (device,) = json.loads(ran.printed)["devices"]
    assert device["name"] == "it"
    return str(device["status"])


@contextmanager
def installation(folder: Path, files: dict[str, str]) -> Iterator[str]:
    """A tree of a Linux installation, mounted."""
    uid = os.getuid() or 1000
    home = folder / "home" / "ann"
    plant(folder, {name: content.replace("UID", str(uid)) for name, content in files.items() if content})
    for path in (home, *home.rglob("*")) if home.exists() else ():
        os.chown(path, uid, -1)
    yield f"root:{folder}"


@contextmanager
def workstation(folder: Path, files: dict[str, str], *, uid: int) -> Iterator[str]:
    """A tree that stands for the running system: one program runs in it, and the agent does under a uid."""
    shell = processes.Process(uid=0, executable="/usr/bin/bash")
    with (
        installation(folder, files),
        mock.patch.object(tree, "open_tree", return_value=Tree(str(folder))),
        mock.patch.object(Host, "live", property(lambda _host: True)),
        mock.patch.object(portable, "running", return_value=(shell,)),
        mock.patch.object(portable, "shows_all", return_value=uid == 0),
        mock.patch.object(os, "geteuid", return_value=uid),
    ):
        yield "local"


@contextmanager
def bugreport(folder: Path, phone: Phone) -> Iterator[str]:
    (folder / "phone.txt").write_text(bug_report(phone))
    yield f"bugreport:{folder / 'phone.txt'}"


@contextmanager
def androidqf(folder: Path, phone: Phone, *, dumpsys: bool) -> Iterator[str]:
    text = bug_report(phone)
    properties = "".join(f"{line}\n" for line in text.splitlines() if line.startswith("[ro."))
    names = [{"name": name, "uid": 10100 + at, "system": True} for at, name in enumerate(phone.packages)]
    plant(folder, {"getprop.txt": properties, "packages.json": json.dumps(names)})
    if dumpsys:
        plant(folder, {"dumpsys.txt": text[text.index("Currently running services:") :]})
    yield f"androidqf:{folder}"


@contextmanager
def adb(folder: Path, phone: Phone) -> Iterator[str]:
    """A phone that answers over adb's own protocol what its bug report holds, asked by the real adb program."""
    text = bug_report(phone)
    outputs = {"getprop": "".join(f"{line}\n" for line in text.splitlines() if line.startswith("[ro."))}
    for part in text.split("DUMP OF SERVICE ")[1:]:
        name, _, content = part.partition(":\n")
        outputs[f"dumpsys {name}"] = content.partition("--------- 0.012s")[0]
    users = "".join(f"\tUserInfo{{{user.number}:U:{user.flags:x}}} running\n" for user in phone.users)
    outputs |= {"pm list users": f"Users:\n{users}", "settings get secure always_on_vpn_app": "null\n"}

    def answer(argv: tuple[str, ...]) -> Answer | None:
        if argv[:3] == ("pm", "list", "packages"):
            user = int(argv[-1])
            if user not in [one.number for one in phone.users if one.accounts is not None]:
                refusal = f"java.lang.SecurityException: Shell does not have permission to access user {user}\n"
                return Answer(stderr=refusal.encode(), code=255)
            has = () if "-d" in argv else [name for name, (_, users) in phone.packages.items() if user in users]
            return Answer(stdout="".join(f"package:/system/app/{name}.apk={name}\n" for name in has).encode())
        output = outputs.get(" ".join(argv))
        return None if output is None else Answer(stdout=output.encode())

    # Short names: adb's sockets have a length limit. A port of nobody: no server of the tester's is asked.
    with (
        tempfile.TemporaryDirectory(prefix="sa-") as home,
        mock.patch.dict(os.environ, HOME=home, ANDROID_ADB_SERVER_PORT="1"),
        mock.patch.object(tempfile, "tempdir", home),
        ReplayAdbd(shell=Shell(programs=answer)) as device,
    ):
        yield f"adb:{device.address}"


def with_users(*users: User) -> Phone:
    return Phone(file=PHONE.file, serial=SERIAL, model=PHONE.model, packages=PHONE.packages, users=users)


Build = Callable[[Path], object]
HIDDEN = with_users(*PHONE.users, HIDDEN_USER)
NEEDS_ADB = (pytest.mark.needs("adb"),)
ROWS: dict[tuple[str, str], Build] = {
    ("Linux workstation", "`local`, as root"): lambda folder: workstation(folder, LINUX_TREE, uid=0),
    ("Linux workstation", "`local`, as a user"): lambda folder: workstation(folder, LINUX_TREE, uid=1000),
    ("Linux disk or image, mounted", "`root:DIR`, as root"): lambda folder: installation(folder, LINUX_TREE),
    ("Android, every user shown", "`adb`"): lambda folder: adb(folder, PHONE),
    ("Android, a user that nothing shows", "`adb`"): lambda folder: adb(folder, HIDDEN),
    ("Android", "`bugreport:FILE`"): lambda folder: bugreport(folder, PHONE),
    ("Android, a user that the dumps leave out", "`bugreport:FILE`"): lambda folder: bugreport(folder, HIDDEN),
    ("Android", "`androidqf:DIR` with `dumpsys.txt`"): lambda folder: androidqf(folder, PHONE, dumpsys=True),
    ("Android", "`androidqf:DIR` with `packages.json` alone"): lambda folder: androidqf(folder, PHONE, dumpsys=False),
}
GREEN = table(DEVICES, "Can it be green")
UNREADABLE = [row for row in GREEN.rows if row[1] == "none yet"]


def linux_with(**changes: str) -> Build:
    """The green installation with some files more, of other content, or (where empty) without them."""
    return lambda folder: installation(folder, {**LINUX_TREE, **changes})


def phone_with(*accounts: tuple[str, str]) -> Build:
    user = User(accounts=(*(PHONE.users[0].accounts or ()), *accounts))
    return lambda folder: bugreport(folder, with_users(user))


SPOILERS: dict[str, Build] = {
    "an encrypted home that is shut": linux_with(**{"/home/ann/Access-Your-Private-Data.desktop": "[Desktop Entry]\n"}),
    "a home that is not mounted": linux_with(**{"/home/ann/.profile": ""}),
    "no package manager that is known": linux_with(**{"/var/lib/dpkg/status": ""}),
    "a mail client that keeps its accounts to itself": linux_with(
        **{"/var/lib/dpkg/status": status_of("bash") + status_of("tutanota-desktop")}
    ),
    "Kerberos tickets in KCM or a keyring": linux_with(
        **{"/etc/krb5.conf": "[libdefaults]\n default_ccache_name = KEYRING:persistent:%{uid}\n"}
    ),
    "a VPN of which nothing shows the server": lambda folder: workstation(
        folder, {**LINUX_TREE, "/sys/class/net/tun0/flags": "0x1043\n"}, uid=0
    ),
    "an account without address, server or tenant": phone_with(("somebody", "com.example.unheard-of")),
}


def test_every_row_has_its_device_and_no_device_is_left() -> None:
    readable = {row[:2] for row in GREEN.rows if row[1] != "none yet"}
    assert readable == set(ROWS)
    assert {row[0] for row in table(DEVICES, "What makes a yes inconclusive").rows} == set(SPOILERS)


def test_devices_without_a_way_in_are_never_green_and_every_way_in_is_listed() -> None:
    assert {codes(row[1])[0].partition(":")[0] for row in GREEN.rows if row not in UNREADABLE} == set(SOURCES)
    assert [row[2:4] for row in UNREADABLE] == [("no", "no")] * len(UNREADABLE)


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=f"{row[0]} {row[1]}", marks=NEEDS_ADB if "adb" in row[1] else ())
        for row in GREEN.rows
        if row not in UNREADABLE
    ],
)
def test_a_device_is_green_where_the_table_says_so_and_else_inconclusive(
    row: tuple[str, ...], authority: Path, tmp_path: Path
) -> None:
    expected = {"yes": "compliant", "no": "inconclusive"}
    with ROWS[row[0], row[1]](tmp_path) as source:  # type: ignore[attr-defined]
        assert verdict(authority, source, "ordinary") == expected[row[2]]
        assert verdict(authority, source, "social-dedicated") == expected[row[3]]


@pytest.mark.parametrize("row", table(DEVICES, "What makes a yes inconclusive").rows, ids=lambda row: row[0])
def test_what_spoils_a_green_verdict_does(row: tuple[str, ...], authority: Path, tmp_path: Path) -> None:
    with SPOILERS[row[0]](tmp_path) as source:  # type: ignore[attr-defined]
        assert (verdict(authority, source, "ordinary"), verdict(authority, source, "social-dedicated")) == row[2:4]


@pytest.mark.parametrize(
    ("heading", "infos"), [("Linux collectors", LINUX), ("Android collectors", ANDROID)], ids=["linux", "android"]
)
def test_collectors_are_listed_as_they_declare_themselves(heading: str, infos: tuple[CollectorInfo, ...]) -> None:
    declared = tuple(
        (f"`{one.name}`", str(one.version), ", ".join(one.sections), one.maturity, "; ".join(one.reads))
        for one in infos
    )
    assert table(DEVICES, heading).rows == declared


def test_a_way_in_is_as_tried_as_its_least_tried_collector() -> None:
    for device, way, _, _, tried, _ in GREEN.rows:
        infos = LINUX if device.startswith("Linux") else ANDROID
        if way != "none yet":
            assert tried == min((one.maturity for one in infos), key=MATURITIES.index), (device, way)


def test_what_android_links_leave_out_is_said() -> None:
    said = " ".join(section(DEVICES, "Android: `adb`, `bugreport:FILE`, `androidqf:DIR`").split())
    for unread in ("enterprise Wi-Fi", "VPN apps that are merely connected", "user certificates"):
        assert unread in said
