"""Android devices for every row of docs/devices.md."""

import datetime as dt
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest import mock

from android_transcripts import dumpsys_wifi, wifi_network
from assets.build_demo import STAMP, SYSTEM, Phone, User
from assets.build_demo import bug_report as dated_report
from green.device import Build, Device
from linux_tree import plant
from replay_adbd import Answer, ReplayAdbd, Shell

SERIAL = "DOCS0001"
PHONE = Phone(
    file="phone.txt",
    serial=SERIAL,
    model="Docs 1",
    packages={**SYSTEM, "org.example.camera": ("1.0", (0,))},
    users=(User(accounts=(("patrol@social.example", "com.google"),)),),
)
HIDDEN_USER = User(number=10, flags=0x1030, type="profile.MANAGED", accounts=None)


def bug_report(phone: Phone) -> str:
    """A bug report that is made now: what is a month old is not green."""
    return dated_report(phone).replace(STAMP, f"{dt.datetime.now(dt.UTC):%F %T}")


@contextmanager
def bugreport(folder: Path, phone: Phone) -> Iterator[Device]:
    (folder / "phone.txt").write_text(bug_report(phone))
    yield Device(source=f"bugreport:{folder / 'phone.txt'}", platform="android", serial=SERIAL)


@contextmanager
def androidqf(folder: Path, phone: Phone, *, dumpsys: bool) -> Iterator[Device]:
    text = bug_report(phone)
    properties = "".join(f"{line}\n" for line in text.splitlines() if line.startswith("[ro."))
    names = [{"name": name, "uid": 10100 + at, "system": True} for at, name in enumerate(phone.packages)]
    plant(folder, {"getprop.txt": properties, "packages.json": json.dumps(names)})
    if dumpsys:
        plant(folder, {"dumpsys.txt": text[text.index("Currently running services:") :]})
    yield Device(source=f"androidqf:{folder}", platform="android", serial=SERIAL)


@contextmanager
def adb(folder: Path, phone: Phone) -> Iterator[Device]:
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
        yield Device(source=f"adb:{device.address}", platform="android", serial=SERIAL)


def with_users(*users: User) -> Phone:
    return Phone(file=PHONE.file, serial=SERIAL, model=PHONE.model, packages=PHONE.packages, users=users)


HIDDEN = with_users(*PHONE.users, HIDDEN_USER)
ROWS: dict[tuple[str, str], Build] = {
    ("Android, every user shown", "`adb`"): lambda folder: adb(folder, PHONE),
    ("Android, a user that nothing shows", "`adb`"): lambda folder: adb(folder, HIDDEN),
    ("Android", "`bugreport:FILE`"): lambda folder: bugreport(folder, PHONE),
    ("Android, a user that the dumps leave out", "`bugreport:FILE`"): lambda folder: bugreport(folder, HIDDEN),
    ("Android", "`androidqf:DIR` with `dumpsys.txt`"): lambda folder: androidqf(folder, PHONE, dumpsys=True),
    ("Android", "`androidqf:DIR` with `packages.json` alone"): lambda folder: androidqf(folder, PHONE, dumpsys=False),
}


def phone_with(*accounts: tuple[str, str]) -> Build:
    user = User(accounts=(*(PHONE.users[0].accounts or ()), *accounts))
    return lambda folder: bugreport(folder, with_users(user))


@contextmanager
def on_networks(folder: Path, wifi: str) -> Iterator[Device]:
    """The phone with other saved Wi-Fi networks."""
    before, _, rest = bug_report(PHONE).partition("DUMP OF SERVICE wifi:\n")
    (folder / "phone.txt").write_text(f"{before}DUMP OF SERVICE wifi:\n{wifi}{rest[rest.index('--------- 0.012s') :]}")
    yield Device(source=f"bugreport:{folder / 'phone.txt'}", platform="android", serial=SERIAL)


EAP_WITHOUT_DOMAIN = dumpsys_wifi([wifi_network(1, keys="WPA_EAP IEEE8021X", identity="ann", eap_method="PEAP")])
SECOND_USER = User(number=11, flags=0x410, type="full.SECONDARY")
WEB_APK = "org.chromium.webapk.a5e359e2ce8b830bb_v2"
SPOILERS: dict[str, Build] = {
    "a Wi-Fi network with a user's identity that names no organisation": lambda folder: on_networks(
        folder, EAP_WITHOUT_DOMAIN
    ),
    "a second full user": lambda folder: bugreport(folder, with_users(*PHONE.users, SECOND_USER)),
    "a web app as a package whose site no dump shows": lambda folder: bugreport(
        folder, replace(PHONE, packages={**PHONE.packages, WEB_APK: ("1", (0,))})
    ),
    "an account without address, server or tenant": phone_with(("somebody", "com.example.unheard-of")),
}
