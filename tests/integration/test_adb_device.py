"""The real `adb` program against the replaying device, on loopback: no phone, no port 5037, a home of its own."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from replay_adbd import WITH_CHECKSUMS, ReplayAdbd, Shell
from replay_transcripts import phone
from setapart_agent.collectors.android.adb import find_device, open_adb
from setapart_agent.collectors.android.adb_client import AdbClient
from setapart_agent.collectors.android.collector import collect
from setapart_agent.collectors.android.source import (
    CMD_USER_LIST,
    DUMPSYS_ACCOUNT,
    DUMPSYS_PACKAGE,
    DUMPSYS_USER,
    GETPROP,
    PM_LIST_USERS,
    pm_list_packages,
)
from setapart_agent.collectors.base import Denied, Failed, Observed, Unsupported
from setapart_agent.errors import SourceError
from setapart_agent.facts import DeviceFacts
from setapart_evidence.model import Link, Profile

pytestmark = pytest.mark.needs("adb")

OLD = {"shell_v2": False, "version": WITH_CHECKSUMS, "max_data": 4096}
"""How Android 6 and older speak: shell v1 through a terminal, checksums, small packets."""
NEW: dict[str, object] = {}


@pytest.fixture
def station(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The environment of a station; afterwards no adb server and no file of it may be left."""
    with tempfile.TemporaryDirectory(prefix="sa-") as folder, socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, not listening: a usual port on which no server runs
        temporary, home = Path(folder, "tmp"), Path(folder, "home")
        temporary.mkdir()
        home.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(temporary))
        yield {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "ANDROID_ADB_SERVER_PORT": str(unused.getsockname()[1]),
            "SETAPART_ADB": os.environ.get("SETAPART_ADB", "adb"),  # to try another version
        }
        assert list(temporary.iterdir()) == []
        assert processes_that_mention(folder) == []


def processes_that_mention(text: str) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes()
        except OSError:
            continue
        if text.encode() in line:
            found.append(line.decode("utf-8", "replace"))
    return found


@pytest.mark.parametrize("age", [NEW, OLD], ids=["shell-v2", "shell-v1"])
def test_every_output_arrives_byte_for_byte(station: dict[str, str], age: dict[str, object]) -> None:
    shell = phone()
    with ReplayAdbd(shell=shell, **age) as device, open_adb(device.address, environ=station) as source:
        for command in (
            GETPROP, PM_LIST_USERS, CMD_USER_LIST, DUMPSYS_USER, DUMPSYS_PACKAGE, DUMPSYS_ACCOUNT,
            pm_list_packages("0"),
            pm_list_packages("11", "disabled"), pm_list_packages("0", "with-removed"),
        ):  # fmt: skip
            assert source.output(command) == Observed(shell.run(command).stdout), command
        for user in ("150", "999"):
            assert isinstance(source.output(pm_list_packages(user)), Denied)


@pytest.mark.parametrize("age", [NEW, OLD], ids=["shell-v2", "shell-v1"])
def test_the_collector_sees_every_user_and_says_whom_it_can_not_see(
    station: dict[str, str], age: dict[str, object]
) -> None:
    with ReplayAdbd(shell=phone(), **age) as device, open_adb(device.address, environ=station) as source:
        facts = collect(source).facts
    assert facts.device == DeviceFacts(
        platform="android",
        os_version="14",
        os_api_level=34,
        patch_level="2024-03-05",
        manufacturer="Replay",
        model="Replay One",
        form_factor="phone",
        serial="RPLY00000001",
    )
    assert facts.profiles == (
        Profile(id="0", kind="primary", name="Owner", running=True),
        Profile(id="10", kind="work", name="Work profile", running=True),
        Profile(id="11", kind="secondary", name="Second: person}", running=False),
        Profile(id="150", kind="work", name="Secure Folder", running=True),
        Profile(id="999", kind="clone", name="Clone", running=True),
    )
    assert {(app.profile, app.identifier, app.version, app.state) for app in facts.apps} == {
        ("0", "android", "14", "installed"),
        ("0", "com.google.android.gm", "2024.03", "installed"),
        ("0", "com.whatsapp", "2.24.5 beta", "installed"),
        ("0", "org.example.gone", "1.0", "removed-trace"),
        ("10", "android", "14", "installed"),
        ("10", "com.google.android.gm", "2024.03", "installed"),
        ("10", "com.microsoft.office.outlook", "4.2401.1", "installed"),
        ("11", "android", "14", "installed"),
        ("11", "com.google.android.gm", "2024.03", "disabled"),
        ("150", "android", "14", "installed"),
        ("150", "com.google.android.gm", "2024.03", "installed"),
        ("150", "com.zhiliaoapp.musically", "33.1.4", "installed"),  # refused by pm, told by the dump
    }
    assert [(account.profile, account.type, account.domain, account.client) for account in facts.accounts] == [
        ("0", "com.google", "mail.example", "com.google.android.gms"),
        ("0", "com.whatsapp", None, "com.whatsapp"),
        (
            "10",
            "com.microsoft.office.outlook.USER_ACCOUNT",
            "agency.example",
            "com.microsoft.office.outlook",
        ),
        ("10", "com.google.android.gm.exchange", "agency.example", "com.google.android.gm"),
        ("150", "com.google", "mail.example", "com.google.android.gms"),
    ]
    assert facts.links == (
        Link(kind="mdm", target="com.agency.example.dpc", profile="10"),
        Link(kind="wifi-enterprise", target="agency.example", profile="0"),
        Link(kind="vpn", target=None, profile="10"),
        Link(kind="vpn", target="agency.example", profile="10"),
    )
    networks = {row.profile: row.status for row in facts.coverage if row.collector == "android.networks"}
    assert networks == {"0": "observed", "10": "observed", "11": "partial", "150": "observed", "999": "observed"}
    shown = [(section, user) for section in ("apps", "accounts") for user in ("0", "10", "11", "150")]
    statuses = {(row.section, row.profile): row.status for row in facts.coverage}
    assert [statuses[pair] for pair in shown] == ["observed"] * 8
    assert (statuses["apps", "999"], statuses["accounts", "999"]) == ("denied", "denied")


@pytest.mark.parametrize("age", [NEW, OLD], ids=["shell-v2", "shell-v1"])
def test_a_command_that_the_phone_does_not_have_is_unsupported(station: dict[str, str], age: dict[str, object]) -> None:
    programs = phone().programs
    bare = Shell(programs=lambda argv: None if argv[0] == "cmd" else programs(argv))
    with ReplayAdbd(shell=bare, **age) as device, open_adb(device.address, environ=station) as source:
        assert source.output(CMD_USER_LIST) == Unsupported("this Android has no `cmd user list -v`")


@pytest.mark.parametrize("age", [NEW, OLD], ids=["shell-v2", "shell-v1"])
def test_parts_of_an_apk_are_read_as_they_are(station: dict[str, str], age: dict[str, object]) -> None:
    path, content = "/data/app/~~it's $? 100%==/base.apk", bytes(range(256)) * 4000 + b"\r\n\n\r\x00"
    with ReplayAdbd(shell=phone({path: content}), **age) as device, open_adb(device.address, environ=station) as source:
        assert source.size(path) == Observed(len(content))
        for offset, length in ((0, 4), (len(content) - 5, 5), (4095, 2), (10_000, 700_000), (len(content), 9)):
            assert source.read_range(path, offset, length) == Observed(content[offset : offset + length])


@pytest.mark.parametrize("age", [NEW, OLD], ids=["shell-v2", "shell-v1"])
@pytest.mark.parametrize("sent", [0, 200])
def test_a_phone_that_vanishes_keeps_what_was_read_and_fails_the_rest(
    station: dict[str, str], age: dict[str, object], sent: int
) -> None:
    with (
        ReplayAdbd(shell=phone(), vanish_after=2, vanish_at=sent, **age) as device,
        open_adb(device.address, environ=station) as source,
    ):
        assert isinstance(source.output(PM_LIST_USERS), Observed)
        for command in (DUMPSYS_PACKAGE, DUMPSYS_ACCOUNT, pm_list_packages("0")):
            assert source.output(command) == Failed(f"the device went away before the end of `{command}`")
        assert isinstance(source.output(GETPROP), Observed)
        assert isinstance(source.read_range("/data/app/a", 0, 1), Failed)


def test_a_phone_that_vanishes_before_anything_was_read_is_no_source(station: dict[str, str]) -> None:
    with (
        ReplayAdbd(shell=phone(), vanish_after=0, vanish_at=100) as device,
        pytest.raises(SourceError, match="does not answer: the device went away"),
    ):
        open_adb(device.address, environ=station)


def test_a_phone_that_hangs_is_given_up(station: dict[str, str]) -> None:
    with (
        ReplayAdbd(shell=phone(), delay=1.5) as device,
        pytest.raises(SourceError, match=r"does not answer: `getprop`: no end after 0\.3 s"),
    ):
        open_adb(device.address, environ=station, timeout=0.3)


def test_a_phone_that_has_not_said_yes_is_named_with_its_cure(station: dict[str, str]) -> None:
    with (
        ReplayAdbd(shell=phone(), auth="refuses") as device,
        pytest.raises(SourceError, match=r"unauthorized\) is not ready; .* accept the question about USB debugging"),
    ):
        open_adb(device.address, environ=station, patience=0.3)
    assert device.questions == 1
    assert device.ran == []


def test_a_phone_that_has_said_yes_once_knows_the_station_by_its_key(station: dict[str, str]) -> None:
    with ReplayAdbd(shell=phone(), auth="asks") as device:
        for _ in range(2):
            with open_adb(device.address, environ=station) as source:
                assert isinstance(source.output(PM_LIST_USERS), Observed)
    assert device.questions == 1


def test_two_phones_and_none_named_are_listed_and_a_named_one_is_taken(station: dict[str, str]) -> None:
    with (
        ReplayAdbd(shell=phone(), model="Replay One") as one,
        ReplayAdbd(shell=phone(), model="Replay Two") as two,
        AdbClient(environ=station) as client,
    ):
        client.connect(one.address)
        client.connect(two.address)
        with pytest.raises(SourceError) as error:
            find_device(client, None)
        assert f"{one.address} (Replay One, device)" in str(error.value)
        assert f"{two.address} (Replay Two, device)" in str(error.value)
        assert str(error.value).endswith("expected one; name one: --source adb:SERIAL")
        assert find_device(client, two.address).model == "Replay Two"


@pytest.mark.parametrize("state", ["recovery", "sideload", "bootloader"])
def test_a_phone_that_has_not_started_android_is_no_source(station: dict[str, str], state: str) -> None:
    with (
        ReplayAdbd(shell=phone(), state=state) as device,
        pytest.raises(SourceError, match=rf"{state}\) is not ready; expected a device that has started Android"),
    ):
        open_adb(device.address, environ=station, patience=0.3)


def test_an_address_where_nothing_listens_says_what_adb_said(station: dict[str, str]) -> None:
    address = f"127.0.0.1:{station['ANDROID_ADB_SERVER_PORT']}"
    with pytest.raises(SourceError, match=rf"no connection to {address}: .*Connection refused"):
        open_adb(address, environ=station)


def test_no_phone_names_the_other_server_and_does_not_talk_to_it(station: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        with pytest.raises(SourceError, match=rf"another adb server \(port {port}\) may hold it"):
            open_adb("NOSUCHSERIAL", environ=station | {"ANDROID_ADB_SERVER_PORT": port}, patience=0.3)
        other.settimeout(5)
        connection, _ = other.accept()
        with connection:
            assert connection.recv(1) == b""


def test_the_program_may_be_named_and_may_be_missing(station: dict[str, str]) -> None:
    with pytest.raises(SourceError, match="no program adb; expected the Android debug bridge"):
        open_adb(environ={"PATH": station["HOME"]})
    with ReplayAdbd(shell=phone()) as device:
        program = shutil.which(station["SETAPART_ADB"])
        with open_adb(device.address, program=program, environ=station | {"SETAPART_ADB": "/none"}) as source:
            assert isinstance(source.output(PM_LIST_USERS), Observed)
