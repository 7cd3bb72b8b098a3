"""One phone's visit at a real terminal: nothing before a yes, nothing of a no, and the receipt in words."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from replay_adbd import Answer, ReplayAdbd, Shell
from station_world import WIDTH, Port, Terminal, World, phone_with

pytestmark = pytest.mark.needs("adb")
MAY_READ = "Read this phone? Type yes or no:"
MAY_SEND = "Sign this and send it? Type yes or no:"
KEPT_FILES = ("spool", "receipts")


@contextmanager
def visited(station: World, name: str, *options: str, shell: Shell | None = None, **how: object) -> Iterator[Terminal]:
    """The station with one phone of this name, which is its serial as well."""
    with ExitStack() as stack:
        device = stack.enter_context(ReplayAdbd(shell=shell or phone_with(serialno=name), **how))
        yield stack.enter_context(station.station("--once", "--source", f"adb:{device.address}", *options))


def kept(station: World) -> set[str]:
    """Every file that a reading leaves."""
    chain = (station.home / "station.pem.chain").read_text() if (station.home / "station.pem.chain").exists() else ""
    files = {path.name for name in KEPT_FILES for path in (station.home / name).rglob("*") if path.is_file()}
    return files | set(chain.splitlines())


def test_a_holder_agrees_twice_and_sees_the_receipt(station: World) -> None:
    station.add_phone("agreed", "AGREED01")
    with visited(station, "AGREED01") as terminal:
        shown = terminal.expect(MAY_READ)
        assert 'Model: "Replay One"' in shown
        assert "Of all other apps their number alone" in shown
        assert "com.zhiliaoapp.musically" not in shown
        terminal.type("yes\n")
        result = terminal.expect(MAY_SEND)
        assert result.index("What could not be seen") < result.index("What would be sent")
        assert "com.zhiliaoapp.musically" in result
        assert "person.one@mail.example" not in result
        assert station.reports("agreed") == []
        terminal.type("yes\n")
        terminal.expect("Report 1 was accepted by the auditor on")
        assert terminal.end() == 0
    (report,) = station.reports("agreed")
    assert (report["grade"], report["source"], report["outcome"]) == ("station", "adb", "accepted")
    assert max(map(len, terminal.shown.splitlines())) <= WIDTH
    assert "AGREED01" not in terminal.shown, "a serial is nobody's to read over a shoulder"


@pytest.mark.parametrize("typed", ["no\n", "\n", "\x04", "y e s\n"])
def test_without_a_yes_nothing_is_read_and_nothing_is_kept(station: World, typed: str) -> None:
    before = kept(station)
    with (
        ReplayAdbd(shell=phone_with(serialno="REFUSED1")) as device,
        station.station("--once", "--source", f"adb:{device.address}") as terminal,
    ):
        terminal.expect(MAY_READ)
        asked = len(device.ran)
        terminal.type(typed)
        terminal.expect("nothing was read, nothing is kept" if typed == "\x04" else "Nothing was read, nothing is kept")
        assert terminal.end() == 1
        assert len(device.ran) == asked
        assert all("getprop" in command for command in device.ran)
    assert kept(station) == before
    assert station.journal[-2]["event"] == "not-read"


def test_a_no_after_reading_signs_and_keeps_nothing(station: World) -> None:
    before = kept(station)
    with visited(station, "SECOND01") as terminal:
        terminal.expect(MAY_READ)
        terminal.type("yes\n")
        terminal.expect(MAY_SEND)
        terminal.type("no\n")
        terminal.expect("Nothing was signed, nothing is kept.")
        assert terminal.end() == 1
    assert kept(station) == before


def test_a_kiosk_leaves_out_the_second_question_and_never_the_first(station: World) -> None:
    station.add_phone("kiosk", "KIOSK001")
    with visited(station, "KIOSK001", "--yes") as terminal:
        terminal.expect(MAY_READ)
        terminal.type("yes\n")
        terminal.expect("was accepted by the auditor")
        assert terminal.end() == 0
        assert MAY_SEND not in terminal.shown
    with visited(station, "KIOSK001", "--yes") as terminal:
        terminal.expect(MAY_READ)
        terminal.type("no\n")
        assert terminal.end() == 1
    assert len(station.reports("kiosk")) == 1


def test_a_phone_that_is_not_in_the_register_is_kept_and_says_what_to_do(station: World) -> None:
    before = set(station.spool)
    with visited(station, "STRANGER") as terminal:
        terminal.expect(MAY_READ)
        terminal.type("yes\n")
        terminal.expect(MAY_SEND)
        terminal.type("yes\n")
        terminal.expect("waits at this station")
        assert terminal.end() == 3
    (command,) = [line.strip() for line in terminal.shown.splitlines() if "device add NAME" in line]
    (waiting,) = set(station.spool) - before
    words = command.replace("NAME", "stranger").replace("CLASS", "ordinary").replace("HOLDER", "h").split()
    station.auditor(*words[1:])
    assert station.reports("stranger") == []
    station.add_phone("next", "NEXT0001")
    with visited(station, "NEXT0001", "--yes") as terminal:
        terminal.expect(MAY_READ)
        terminal.type("yes\n")
        assert terminal.end() == 0
    assert len(station.reports("stranger")) == 1
    assert waiting not in station.spool


def test_a_phone_without_a_serial_is_not_read(station: World) -> None:
    with visited(station, "", shell=phone_with(serialno="")) as terminal:
        terminal.expect("does not tell its serial number")
        assert terminal.end() == 2
        assert MAY_READ not in terminal.shown


def test_a_phone_that_is_unplugged_in_the_middle_sends_nothing(station: World) -> None:
    station.add_phone("pulled", "PULLED01")
    before = kept(station)
    with visited(station, "PULLED01", vanish_after=6) as terminal:
        terminal.expect(MAY_READ)
        terminal.type("yes\n")
        terminal.expect("was unplugged before everything was read. Nothing is kept, nothing was sent.")
        assert terminal.end() == 2
    assert kept(station) == before
    assert station.reports("pulled") == []


@pytest.mark.parametrize("question", [MAY_READ, MAY_SEND])
def test_a_question_goes_with_its_phone(station: World, question: str) -> None:
    before = kept(station)
    with (
        ReplayAdbd(shell=phone_with(serialno="GONE0001")) as device,
        station.station("--once", "--source", f"adb:{device.address}") as terminal,
    ):
        terminal.expect(MAY_READ)
        if question == MAY_SEND:
            terminal.type("yes\n")
            terminal.expect(MAY_SEND)
        device.vanish()
        terminal.expect("The phone was unplugged: nothing was")
        assert terminal.end() == 1
    assert kept(station) == before


def test_a_phone_that_changes_its_serial_in_the_middle_sends_nothing(station: World) -> None:
    station.add_phone("honest", "HONEST01")
    before = kept(station)
    first, second = phone_with(serialno="OTHER001"), phone_with(serialno="HONEST01")
    read = threading.Event()

    def programs(argv: tuple[str, ...]) -> Answer | None:
        if argv[:3] == ("dumpsys", "account"):
            read.set()
        return (second if read.is_set() else first).programs(argv)

    with visited(station, "OTHER001", shell=Shell(programs=programs)) as terminal:
        terminal.expect(MAY_READ)
        terminal.type("yes\n")
        terminal.expect("Another phone answers than the one that was shown.")
        assert terminal.end() == 2
    assert kept(station) == before
    assert station.reports("honest") == []


def test_a_second_phone_between_showing_and_reading_is_not_read(station: World) -> None:
    station.add_phone("shown", "SHOWN001")
    with (
        ReplayAdbd(shell=phone_with(serialno="SHOWN001")) as shown,
        ReplayAdbd(shell=phone_with(serialno="SECOND02")) as second,
        Port() as port,
        station.station("--once", "--source", f"adb:{shown.address}", "--source", f"adb:{port.address}") as terminal,
    ):
        terminal.expect(MAY_READ)
        port.plug(second)
        until = time.monotonic() + 30
        while not port.connections and time.monotonic() < until:
            time.sleep(0.1)
        assert port.connections
        terminal.type("yes\n")
        terminal.expect(MAY_SEND)
        terminal.type("yes\n")
        assert terminal.end() == 0
        assert second.ran == []
    assert len(station.reports("shown")) == 1


def test_a_phone_that_takes_the_place_of_the_one_that_was_shown_is_not_read(station: World) -> None:
    station.add_phone("victim", "VICTIM01")
    before = kept(station)
    with (
        ReplayAdbd(shell=phone_with(serialno="VICTIM01")) as shown,
        ReplayAdbd(shell=phone_with(serialno="PLACE001")) as second,
        Port() as port,
    ):
        port.plug(shown)
        with station.station("--once", "--source", f"adb:{port.address}") as terminal:
            terminal.expect(MAY_READ)
            port.plug(second)
            terminal.type("yes\n")
            assert terminal.end() in {1, 2}
            told = " ".join(terminal.shown.split())
            assert "nothing is kept" in told or "Nothing is kept, nothing was sent" in told
        assert all("getprop" in command for command in second.ran)
    assert kept(station) == before
    assert station.reports("victim") == []


def test_nothing_that_a_phone_says_reaches_the_terminal_raw(station: World) -> None:
    station.add_phone("hostile", "HOSTILE1")
    evil = "Evil\x1b[2J\x1b]0;owned\x07\u202e\u200b\x9b31m"
    shell = phone_with(
        serialno="HOSTILE1",
        product_model=evil,
        product_manufacturer=evil,
        build_version_release=evil,
        swap={b"33.1.4": evil.encode(), b"agency.example": b"agency.example\x1b[31m", b"Secure Folder": evil.encode()},
    )
    with visited(station, "HOSTILE1", "--plain", shell=shell, model="Evil\x1b[31m") as terminal:
        terminal.expect(MAY_READ)
        terminal.type("yes\n")
        terminal.expect(MAY_SEND)
        assert "Evil\\u001b[2J" in terminal.shown
        terminal.type("yes\n")
        terminal.end()
    for forbidden in ("\x1b", "\x07", "\u202e", "\u200b", "\x9b"):
        assert forbidden.encode() not in terminal.raw, repr(forbidden)


def test_a_name_of_the_register_is_shown_where_the_station_was_given_names(station: World) -> None:
    station.add_phone("patrol-17", "NAMED001")
    names = station.folder / "names.json"
    names.write_text(station.auditor("device", "list", "--json"))
    with visited(station, "NAMED001", "--names", str(names)) as terminal:
        assert 'Name in the register: "patrol-17"' in terminal.expect(MAY_READ)
        terminal.type("no\n")
        terminal.end()


def test_the_log_of_a_station_holds_nothing_of_a_phone_or_its_holder(station: World) -> None:
    station.add_phone("logged", "LOGGED01")
    with visited(station, "LOGGED01") as terminal:
        terminal.expect(MAY_READ)
        terminal.type("yes\n")
        terminal.expect(MAY_SEND)
        terminal.type("yes\n")
        assert terminal.end() == 0
    written = (station.home / "station.log").read_text()
    (report,) = station.reports("logged")
    for private in ("LOGGED01", "logged", "hw-", "Replay", "agency", "zhiliao", report["digest"][7:]):
        assert private not in written
    assert [line["event"] for line in station.journal[-5:]] == ["started", "recognised", "read", "delivered", "ended"]
