"""`setapart-agent station` as typed: its options, what it refuses, how it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import small_auditor
from programs import agent
from replay_adbd import ReplayAdbd
from replay_usbmuxd import ReplayedPhone, replayed
from small_auditor import SmallAuditor
from station_world import World, phone_with, world

MAY_READ = "Read this phone? Type yes or no:"
MAY_SEND = "Sign this and send it? Type yes or no:"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A station that nobody has registered yet."""
    with world(tmp_path_factory.mktemp("fresh")) as made:
        yield made


def test_who_is_not_enrolled_is_told_how(tmp_path: Path) -> None:
    ran = agent("station", "--dir", tmp_path)
    assert ran.code == 2
    assert "setapart-agent enrol TOKEN" in ran.err


def test_a_station_without_a_key_of_its_own_is_told_how_to_make_one(station_home: Path) -> None:
    (station_home / "station.pem").unlink()
    ran = agent("station", "--dir", station_home)
    assert ran.code == 2
    assert f"setapart-agent keygen --output {station_home / 'station.pem'}" in ran.err
    (station_home / "station.pem").symlink_to(station_home / "key.pem")
    ran = agent("station", "--dir", station_home)
    assert ran.code == 2
    assert "a key of the station's own" in ran.err


def test_an_expired_policy_stops_a_station_before_a_phone_is_asked(station_home: Path, known: SmallAuditor) -> None:
    import datetime as dt

    (station_home / "bundle.json").write_bytes(
        small_auditor.bundle(1, expires_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    )
    known.bundle = None
    ran = agent("station", "--dir", station_home)
    assert ran.code == 2
    assert "expired on 2026-01-01" in ran.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--source", "local"), "does not wait for 'local'"),
        (("--source", "ios-backup:x"), "does not wait for 'ios-backup'"),
        (("--source", "usb"), "unknown source 'usb'"),
        (("--names", "/nowhere"), "/nowhere can't be read"),
        (("--key", "elsewhere.pem"), "No such option '--key'"),
    ],
)
def test_what_a_station_can_not_use_is_refused(station_home: Path, options: tuple[str, ...], words: str) -> None:
    """A key that only the station knows: `report` would take what it had begun, and died over, for nobody's."""
    ran = agent("station", "--dir", station_home, *options)
    assert ran.code == 2
    assert words in ran.err


def test_names_that_are_none_are_refused(station_home: Path, tmp_path: Path) -> None:
    (tmp_path / "names").write_text("[1]")
    ran = agent("station", "--dir", station_home, "--names", tmp_path / "names")
    assert ran.code == 2
    assert "device list --json" in ran.err


def test_no_adb_is_an_error_where_it_was_asked_for(station_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETAPART_ADB", "/nowhere/adb")
    ran = agent("station", "--dir", station_home, "--source", "adb")
    assert ran.code == 2
    assert "no program /nowhere/adb" in ran.err
    assert "Debian's package is named adb" in ran.err


@pytest.mark.needs("adb")
def test_a_second_station_on_one_folder_is_refused(fresh: World) -> None:
    with fresh.station("--source", "adb") as terminal:
        terminal.expect("Waiting for a phone.")
        with fresh.station("--source", "adb") as second:
            second.expect("another station runs on this folder")
            assert second.end() == 2
        terminal.type("\x03")
        assert terminal.end() == 0


@pytest.mark.needs("adb")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_station_that_waits_leaves_cleanly(fresh: World, number: int) -> None:
    with fresh.station("--source", "adb") as terminal:
        terminal.expect("Waiting for a phone.")
        terminal.process.send_signal(number)
        assert terminal.end() == 0
        assert "The station has ended." in terminal.shown
        assert "Traceback" not in terminal.shown
    assert list(Path(fresh.environment["TMPDIR"]).iterdir()) == []


@pytest.mark.needs("adb")
@pytest.mark.parametrize("asked", [False, True], ids=["while it waits", "while it asks"])
def test_a_terminal_that_is_closed_ends_the_station_and_its_server(fresh: World, asked: bool) -> None:
    with (
        ReplayAdbd(shell=phone_with(serialno="CLOSED01")) as device,
        fresh.station("--source", f"adb:{device.address}" if asked else "adb") as terminal,
    ):
        terminal.expect(MAY_READ if asked else "Waiting for a phone.")
        assert terminal.hang_up() == 0
    assert list(Path(fresh.environment["TMPDIR"]).iterdir()) == []
    assert fresh.journal[-1]["event"] == "ended"


@pytest.mark.needs("adb")
def test_ctrl_c_while_a_phone_is_read_keeps_nothing(fresh: World) -> None:
    with (
        ReplayAdbd(shell=phone_with(serialno="BREAK001"), delay=0.3) as device,
        fresh.station("--source", f"adb:{device.address}") as terminal,
    ):
        terminal.expect(MAY_READ)
        terminal.type("yes\n")
        terminal.expect("Reading accounts")
        terminal.type("\x03")
        assert terminal.end() == 0
        assert "Traceback" not in terminal.shown
    assert fresh.spool == []
    assert not (fresh.home / "station.pem.chain").exists()


@pytest.mark.needs("adb")
def test_a_key_that_is_not_registered_as_a_stations_is_told_with_the_command(fresh: World) -> None:
    fresh.add_phone("known", "KNOWN001")
    with (
        ReplayAdbd(shell=phone_with(serialno="KNOWN001")) as device,
        fresh.station("--once", "--yes", "--source", f"adb:{device.address}") as terminal,
    ):
        terminal.expect(MAY_READ)
        terminal.type("yes\n")
        terminal.expect("does not know this station")
        terminal.expect("setapart-auditor device station add NAME --key KEY.pub")
        assert terminal.end() == 3
    fresh.add_station()
    ran = agent("deliver", "--dir", fresh.home, "--now")
    assert (ran.code, ran.out) == (0, "delivered 1, kept 0\n")
    assert len(fresh.reports("known")) == 1


@pytest.mark.needs("adb")
def test_an_auditor_that_is_away_leaves_the_report_in_the_spool_and_says_why(
    station_home: Path, known: SmallAuditor, tmp_path: Path
) -> None:
    from station_world import Terminal

    (tmp_path / "tmp").mkdir()
    away = {**os.environ, "HOME": str(tmp_path), "ANDROID_ADB_SERVER_PORT": "1"}
    known.script.extend([small_auditor.refusal(503, "full")] * 9)
    with (
        ReplayAdbd(shell=phone_with(serialno="AWAY0001")) as device,
        Terminal(
            "setapart_agent", "station", "--dir", station_home, "--once", "--yes", "--source", f"adb:{device.address}",
            environment=away,
        ) as terminal,
    ):  # fmt: skip
        assert "would wait at this station" in " ".join(terminal.expect(MAY_READ).split())
        terminal.type("yes\n")
        terminal.expect("is signed and waits at this station. It was not delivered: because of full")
        assert terminal.end() == 3
    assert len(list((station_home / "spool").glob("*.evidence"))) == 1


@pytest.mark.needs("adb")
def test_answers_may_come_by_a_pipe_and_the_end_of_it_is_a_no(fresh: World) -> None:
    def run(typed: str, *options: str) -> "subprocess.CompletedProcess[str]":
        with ReplayAdbd(shell=phone_with(serialno="PIPED001")) as device:
            return subprocess.run(
                [sys.executable, "-m", "setapart_agent", "station", "--dir", str(fresh.home),
                 "--source", f"adb:{device.address}", *options],
                input=typed, env=fresh.environment, capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip

    ended = run("")
    assert ended.returncode == 1
    assert "No answer: nothing was read" in ended.stdout
    assert "Nobody can answer here any more" in ended.stdout
    assert "\x1b" not in ended.stdout
    refused = run("yes\nno\n", "--once")
    assert refused.returncode == 1
    assert "Nothing was signed" in refused.stdout


@pytest.mark.needs("pymobiledevice3")
def test_an_iphone_goes_all_the_way(fresh: World) -> None:
    fresh.add_phone("iphone", "F1234567890", "ios")
    apps = [{"CFBundleIdentifier": "com.zhiliaoapp.musically", "ApplicationType": "User"}]
    if not any("helpdesk" in one for one in fresh.auditor("device", "station", "list").splitlines()):
        fresh.add_station()
    with (
        replayed(Path(fresh.environment["USBMUXD_SOCKET_ADDRESS"]), ReplayedPhone(apps=apps)),
        fresh.station("--once", "--source", "ios-usb") as terminal,
    ):
        assert 'System: iOS "17.5.1"' in terminal.expect(MAY_READ)
        terminal.type("yes\n")
        assert "read a backup of it" in " ".join(terminal.expect(MAY_SEND).split())
        terminal.type("yes\n")
        terminal.expect("was accepted by the auditor")
        assert terminal.end() == 0
    (report,) = fresh.reports("iphone")
    assert (report["source"], report["grade"]) == ("ios-usb", "station")


def test_a_report_imports_nothing_of_the_station(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import setapart_agent.cli.report, setapart_agent.cli.sending"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "setapart_agent.cli.report" in answer.stderr
    assert "station" not in answer.stderr
