"""One phone, rendered for every way in by our own writers and read back: the facts are the same."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from android_transcripts import (
    RecordedDevice,
    bugreport,
    dumpsys_account,
    dumpsys_connectivity,
    dumpsys_package,
    dumpsys_vpn,
    dumpsys_wifi,
    getprop,
    package_block,
    pm_packages,
    pm_users,
    vpn_agent,
    wifi_network,
)
from setapart_agent.collectors.android import source as commands
from setapart_agent.collectors.android.androidqf import open_androidqf
from setapart_agent.collectors.android.bugreport import open_bugreport
from setapart_agent.collectors.android.collector import collect
from setapart_agent.collectors.android.source import pm_list_packages
from setapart_agent.facts import Facts

USERS = (
    (0, "Owner", 0x4C13),
    (10, "Work", 0x1030),
    (11, "Second", 0x413),
    (150, "Safe", 0x10061030),
    (999, "X", 0x801010),
)
PACKAGES = ("com.zhiliaoapp.musically", "org.example.camera", "org.chromium.webapk.a5e359e2ce8b830bb_v2")
STATES = {
    "installed": "",
    "disabled": "enabled=3",
    "removed": "installed=false ceDataInode=9",
    "absent": "installed=false ceDataInode=0",
}
SITE = (
    f"Domain verification status:\n  {PACKAGES[2]} 0056d9a7-1bc7-43df-ada7-6553215c2148:\n    User 0:\n"
    "      Selection state:\n        Disabled:\n          www.tiktok.com\n\n"
)


class Phone(Struct, frozen=True, kw_only=True):
    """What is on a phone: states by package and user, accounts and VPN by user, whose Wi-Fi it knows."""

    users: tuple[tuple[int, str, int], ...]
    states: dict[str, dict[int, str]]
    accounts: dict[int, list[tuple[str, str]]]
    vpns: dict[int, tuple[str, int]]
    wifi: list[str]
    owner: bool

    def dumps(self) -> dict[str, str]:
        """The dump of each service."""
        blocks = [package_block("android", {number: "" for number, _, _ in self.users})]
        blocks += [
            package_block(name, {user: STATES[state] for user, state in by_user.items()})
            for name, by_user in self.states.items()
        ]
        owner = "  Profile Owner (User 10):\n    admin=ComponentInfo{com.example.mdm/.Admin}\n"
        uids = ", ".join(f"{user}00000-{user}99999" for user, (_, kind) in self.vpns.items() if kind != -1)
        return {
            "account": dumpsys_account({user: self.accounts.get(user[0], []) for user in self.users}),
            "connectivity": dumpsys_connectivity(*([vpn_agent(uids, "agency.example")] if uids else [])),
            "device_policy": "Current Device Policy Manager state:\n"
            + owner * self.owner
            + "  Enabled Device Admins (User 0, provisioningState: 0):\n",
            "package": SITE + dumpsys_package(blocks),
            "user": pm_users(self.users),
            "vpn_management": dumpsys_vpn(self.vpns or {0: ("null", -1)}),
            "wifi": dumpsys_wifi(self.wifi),
        }


@st.composite
def phones(draw: st.DrawFn) -> Phone:
    users = (USERS[0], *(user for user in USERS[1:] if draw(st.booleans())))
    numbers = [number for number, _, _ in users]
    account = st.tuples(
        st.sampled_from(("a@agency.example", "b@mail.example", "me")),
        st.sampled_from(("com.google", "com.microsoft.workaccount", "bitfire.at.davdroid")),
    )
    wifi = st.sampled_from(
        (wifi_network(0), wifi_network(1, keys="WPA_EAP", identity="a@agency.example"), wifi_network(2, keys="WPA_EAP"))
    )
    return Phone(
        users=users,
        states={name: {number: draw(st.sampled_from(sorted(STATES))) for number in numbers} for name in PACKAGES},
        accounts={number: draw(st.lists(account, max_size=3, unique=True)) for number in numbers},
        vpns={number: draw(st.sampled_from((("null", -1), ("com.example.vpn", 1)))) for number in numbers},
        wifi=draw(st.lists(wifi, max_size=2)),
        owner=draw(st.booleans()),
    )


def by_adb(phone: Phone) -> Facts:
    outputs: dict[str, str] = {f"dumpsys {name}": text for name, text in phone.dumps().items()}
    outputs |= {commands.GETPROP: getprop(), commands.PM_LIST_USERS: pm_users(phone.users)}
    for number, _, _ in phone.users:
        of = {
            state: [name for name in PACKAGES if phone.states[name][number] == state]
            for state in ("installed", "disabled", "removed")
        }
        present = ["android", *of["installed"], *of["disabled"]]
        outputs[pm_list_packages(str(number))] = pm_packages(number, present)
        outputs[pm_list_packages(str(number), "disabled")] = pm_packages(number, of["disabled"])
        outputs[pm_list_packages(str(number), "with-removed")] = pm_packages(number, [*present, *of["removed"]])
    return collect(RecordedDevice(outputs)).facts


def by_files(phone: Phone, folder: Path) -> Iterator[Facts]:
    report = bugreport(phone.dumps(), properties=getprop())
    text = folder / "bugreport.txt"
    text.write_text(report)
    yield collect(open_bugreport(text)).facts
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("main_entry.txt", "bugreport-x.txt")
        archive.writestr("bugreport-x.txt", report)
    (folder / "bugreport.zip").write_bytes(zipped.getvalue())
    yield collect(open_bugreport(folder / "bugreport.zip")).facts
    files = {"dumpsys.txt": report.partition("Currently")[2], "getprop.txt": getprop(), "packages.json": _listed(phone)}
    qf = folder / "qf"
    qf.mkdir()
    for name, content in files.items():
        (qf / name).write_text(content)
    yield collect(open_androidqf(qf)).facts
    with zipfile.ZipFile(folder / "qf.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"uuid/{name}", content)
    yield collect(open_androidqf(folder / "qf.zip")).facts


def _listed(phone: Phone) -> str:
    entries = [
        {
            "name": name,
            "uid": number * 100_000 + 10_100 + at,
            "installer": "null",
            "files": [],
            "disabled": phone.states[name][number] == "disabled",
            "system": False,
            "third_party": phone.states[name][number] != "removed",
        }
        for number, _, _ in phone.users
        for at, name in enumerate(PACKAGES)
        if phone.states[name][number] != "absent"
    ]
    return json.dumps([{"name": "android", "uid": 1000, "installer": "null", "system": True}, *entries])


def essence(found: Facts) -> tuple[object, ...]:
    """Everything but the order in which it was found."""
    return (
        found.device,
        found.profiles,
        frozenset(found.apps),
        sorted(map(repr, found.accounts)),
        frozenset(found.links),
        sorted((row.section, row.profile, row.collector, row.status) for row in found.coverage),
    )


@settings(max_examples=25, deadline=None)
@given(phones())
def test_every_way_in_tells_the_same_of_a_phone(phone: Phone) -> None:
    expected = essence(by_adb(phone))
    with TemporaryDirectory() as folder:
        for found in by_files(phone, Path(folder)):
            assert essence(found) == expected


@pytest.mark.parametrize("state", ["installed", "disabled", "removed", "absent"])
def test_the_writers_say_what_the_phone_has(state: str) -> None:
    phone = Phone(
        users=USERS[:2],
        states={name: {0: "absent", 10: state} for name in PACKAGES},
        accounts={},
        vpns={},
        wifi=[],
        owner=False,
    )
    tiktok = {(app.profile, app.state) for app in by_adb(phone).apps if app.identifier == PACKAGES[0]}
    assert tiktok == (set() if state == "absent" else {("10", "removed-trace" if state == "removed" else state)})
