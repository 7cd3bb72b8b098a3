"""The source over a client whose device is the replayed shell; the real program is in tests/integration."""

import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay_adbd import Answer, Shell
from replay_transcripts import phone
from setapart_agent.collectors.android import adb
from setapart_agent.collectors.android.adb import AdbSource, find_device, open_adb
from setapart_agent.collectors.android.adb_client import Attached, Ran
from setapart_agent.collectors.android.collector import collect
from setapart_agent.collectors.android.source import DUMPSYS_PACKAGE, GETPROP, PM_LIST_USERS, pm_list_packages
from setapart_agent.collectors.base import Absent, Denied, Failed, Observed, Unsupported
from setapart_agent.errors import SourceError
from setapart_evidence.model import App

PHONE = Attached(serial="RPLY00000001", state="device", model="Replay One")


class ReplayedClient:
    """What `AdbClient` offers, over replayed shells or lists of devices."""

    def __init__(
        self,
        shell: Shell | None = None,
        *,
        listed: tuple[tuple[Attached, ...], ...] = (),
        changes: Callable[[Ran], Ran] = lambda ran: ran,
        rival: str | None = None,
    ) -> None:
        self.shell = shell or phone()
        self.listed = list(listed)
        self.changes = changes
        self.rival = rival
        self.commands: list[str] = []

    def on_device(self, serial: str, service: str, command: str, *, timeout: float, limit: int) -> Ran:
        assert serial == PHONE.serial
        self.commands.append(command)
        answer = self.shell.run(command)
        return self.changes(Ran(stdout=answer.stdout, stderr=answer.stderr, code=answer.code))

    def devices(self) -> tuple[Attached, ...]:
        return self.listed.pop(0) if len(self.listed) > 1 else self.listed[0]

    def connect(self, address: str) -> str:
        return f"failed to connect to '{address}': Connection refused"

    def other_server(self) -> str | None:
        return self.rival


def source_of(client: ReplayedClient, **options: float) -> AdbSource:
    return AdbSource(client, PHONE, **options)


def says(stdout: bytes = b"", stderr: bytes = b"", code: int = 0) -> Shell:
    """A phone that has properties and answers one thing to everything else."""
    return Shell(
        programs=lambda argv: Answer(stdout=b"[a]: [b]\n") if argv == (GETPROP,) else Answer(
            stdout=stdout, stderr=stderr, code=code
        )
    )  # fmt: skip


def afterwards(change: Callable[[Ran], Ran]) -> Callable[[Ran], Ran]:
    """A change that spares the first command, which proves that the device answers."""
    seen: list[Ran] = []

    def changes(ran: Ran) -> Ran:
        seen.append(ran)
        return ran if len(seen) == 1 else change(ran)

    return changes


@pytest.mark.parametrize(
    "command",
    [
        "pm list packages", "pm list packages -f -i -U --user 0; id", "pm list packages -f -i -U --user $(id)",
        "pm list packages -f -i -U --user -1", "pm list packages -f -i -U --user 0\n", "dumpsys package x", "reboot",
        "pm list packages -f -i -U --user ١", "", "dumpsys package org.chromium.webapk.a; id",
        "dumpsys package org.chromium.webapk.é", "dumpsys package org.chromium.webapk.a b", "dumpsys wifi reset",
    ],
)  # fmt: skip
def test_nothing_but_the_closed_list_ever_reaches_a_device(command: str) -> None:
    client = ReplayedClient()
    source = source_of(client)
    before = list(client.commands)
    with pytest.raises(ValueError, match="closed list"):
        source.output(command)
    assert client.commands == before


def test_what_the_marker_says_never_shows_in_an_output() -> None:
    client = ReplayedClient()
    printed = source_of(client).output(PM_LIST_USERS)
    assert isinstance(printed, Observed)
    assert printed.value.startswith(b"Users:\n\tUserInfo{0:Owner:4c13} running\n")
    assert printed.value.endswith(b"UserInfo{999:Clone:1010} running\n")
    assert re.fullmatch(r'pm list users 2>&1; echo "setapart-[0-9a-f]{16}:\$\?"', client.commands[-1])


def test_an_output_without_a_final_line_end_is_whole() -> None:
    assert source_of(ReplayedClient(says(b"no end"))).output(PM_LIST_USERS) == Observed(b"no end")


def test_an_empty_answer_of_a_command_that_ran_is_observed() -> None:
    assert source_of(ReplayedClient(says())).output(PM_LIST_USERS) == Observed(b"")


def test_complaints_are_part_of_the_output() -> None:
    client = ReplayedClient(says(b"a\n", b"Can't find service: account\n"))
    assert source_of(client).output(PM_LIST_USERS) == Observed(b"a\nCan't find service: account\n")


def test_the_properties_are_asked_for_once() -> None:
    client = ReplayedClient()
    source = source_of(client)
    assert source.output(GETPROP) == source.output(GETPROP)
    assert len(client.commands) == 1


@pytest.mark.parametrize("kept", [0, 1, 300, -1, -2, -20])
def test_an_output_that_breaks_off_anywhere_is_never_taken_for_whole(kept: int) -> None:
    cut = afterwards(lambda ran: Ran(stdout=ran.stdout[:kept], stderr=b"", code=255))
    printed = source_of(ReplayedClient(changes=cut)).output(DUMPSYS_PACKAGE)
    assert printed == Failed("the device went away before the end of `dumpsys package`")


def test_an_app_that_prints_a_trailer_can_not_end_an_output_early() -> None:
    forged = b"package:a\nsetapart-0000000000000000:0\npackage:com.zhiliaoapp.musically\n"
    assert source_of(ReplayedClient(says(forged))).output(PM_LIST_USERS) == Observed(forged)


def test_a_device_that_takes_longer_or_prints_more_than_allowed_fails() -> None:
    slow = afterwards(lambda ran: Ran(stdout=ran.stdout, stopped="no end after 60 s"))
    # A whole answer counts although the client then hung; a part of one does not.
    assert isinstance(source_of(ReplayedClient(changes=slow)).output(PM_LIST_USERS), Observed)
    long = afterwards(lambda ran: Ran(stdout=ran.stdout[:10], stopped="more than 67108864 bytes"))
    printed = source_of(ReplayedClient(changes=long)).output(PM_LIST_USERS)
    assert printed == Failed("`pm list users`: more than 67108864 bytes")


def test_an_overlong_line_fails_and_one_of_the_limit_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adb, "LINE_LIMIT", 8)
    for text, fits in (
        (b"12345678\n12345678", True), (b"123456789", False), (b"1\n123456789\n1", False),
        (b"1\n2\n3\n4\n5\n6\n", True),
        (b"12345678\n123456789\n", False), (b"", True),
    ):  # fmt: skip
        printed = source_of(ReplayedClient(says(text))).output(PM_LIST_USERS)
        assert isinstance(printed, Observed if fits else Failed), text


@given(st.lists(st.binary(max_size=24).map(lambda line: line.replace(b"\n", b"")), max_size=12))
def test_the_search_for_overlong_lines_agrees_with_splitting(lines: list[bytes]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adb, "LINE_LIMIT", 16)
        assert adb._has_long_line(b"\n".join(lines)) == any(len(line) > 16 for line in lines)


@given(st.binary(max_size=300))
def test_what_a_terminal_did_to_line_ends_is_undone_byte_for_byte(printed: bytes) -> None:
    terminal = afterwards(lambda ran: Ran(stdout=ran.stdout.replace(b"\n", b"\r\n"), code=0))
    assert source_of(ReplayedClient(says(printed), changes=terminal)).output(PM_LIST_USERS) == Observed(printed)


def test_line_ends_of_the_device_itself_are_left_alone() -> None:
    assert source_of(ReplayedClient(says(b"a\r\nb\r\n"))).output(PM_LIST_USERS) == Observed(b"a\r\nb\r\n")


def test_refusals_and_missing_commands_are_told_apart() -> None:
    source = source_of(ReplayedClient())
    assert source.output(pm_list_packages("150")) == Denied(
        "`pm list packages -f -i -U --user 150` was refused by the device"
    )
    missing = source_of(ReplayedClient(Shell(programs=lambda argv: Answer() if argv == (GETPROP,) else None)))
    assert missing.output(PM_LIST_USERS) == Unsupported("this Android has no `pm list users`")
    failing = source_of(ReplayedClient(says(b"Error: \x1b[31m RPLY00000001", code=1)))
    assert failing.output(PM_LIST_USERS) == Failed("`pm list users` ended with exit code 1")


def test_reasons_never_hold_the_serial() -> None:
    gone = afterwards(lambda _: Ran(stderr=f"error: device '{PHONE.serial}' not found\n".encode(), code=1))
    printed = source_of(ReplayedClient(changes=gone)).output(PM_LIST_USERS)
    assert isinstance(printed, Failed)
    assert PHONE.serial not in printed.reason


def test_a_phone_that_takes_its_permission_back_is_denied() -> None:
    refused = afterwards(lambda _: Ran(stderr=b"error: device unauthorized.\n", code=1))
    assert isinstance(source_of(ReplayedClient(changes=refused)).output(PM_LIST_USERS), Denied)


def test_a_device_that_answers_nothing_at_all_is_no_source() -> None:
    with pytest.raises(SourceError, match=r"RPLY00000001 \(Replay One, device\) does not answer: .*; unlock it"):
        source_of(ReplayedClient(changes=lambda _: Ran(stderr=b"error: closed\n", code=1)))


def test_all_commands_together_have_a_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    client = ReplayedClient()
    source = source_of(client, budget=100)
    monkeypatch.setattr(adb, "monotonic", lambda: source._deadline + 1)
    printed = source.output(PM_LIST_USERS)
    assert printed == Failed("the time for one device was over before `pm list users`")
    assert len(client.commands) == 1


@pytest.mark.parametrize(
    ("serial", "known"),
    [("RPLY00000001", "RPLY00000001"), ("127.0.0.1:5555", None), ("[::1]:5555", None), ("emulator-5554", None)],
)
def test_an_address_is_not_a_serial(serial: str, known: str | None) -> None:
    class AnySerial(ReplayedClient):
        def on_device(self, serial: str, *rest: str, **limits: float) -> Ran:
            return super().on_device(PHONE.serial, *rest, **limits)

    assert AdbSource(AnySerial(), Attached(serial=serial, state="device")).serial() == known


APK = "/data/app/~~a b'c $? $(id)==/base.apk"
CONTENT = bytes(range(256)) * 64 + b"\r\n" * 100


def files() -> ReplayedClient:
    return ReplayedClient(Shell(programs=phone().programs, files={APK: CONTENT}, unreadable=frozenset({"/data/x"})))


def test_sizes_of_files() -> None:
    source = source_of(files())
    assert source.size(APK) == Observed(16584)
    assert source.size("/data/app/none") == Absent()
    assert source.size("/data/x") == Denied("`stat` was refused by the device")


@given(st.integers(0, 17_000), st.integers(0, 17_000))
def test_any_part_of_a_file_is_read_as_it_is(offset: int, length: int) -> None:
    assert source_of(files()).read_range(APK, offset, length) == Observed(CONTENT[offset : offset + length])


@pytest.mark.parametrize("path", ["base.apk", "", "/a\n/b", "/a\x00", "/" + "a" * 5000, "/\ud800"])
def test_paths_that_no_app_has_never_reach_the_device(path: str) -> None:
    client = files()
    source = source_of(client)
    assert isinstance(source.size(path), Failed)
    assert isinstance(source.read_range(path, 0, 1), Failed)
    assert len(client.commands) == 1


@pytest.mark.parametrize(("offset", "length"), [(-1, 1), (0, -1), (0, adb.RANGE_LIMIT + 1)])
def test_parts_that_no_file_has_are_not_asked_for(offset: int, length: int) -> None:
    client = files()
    assert isinstance(source_of(client).read_range(APK, offset, length), Failed)
    assert len(client.commands) == 1


def test_a_file_that_can_not_be_read_is_not_an_empty_part() -> None:
    assert source_of(files()).read_range("/data/app/none", 0, 10) == Failed("`dd` ended with exit code 1")


Known = dict[tuple[str, str], set[tuple[object, ...]]]


def known_of(client: ReplayedClient) -> tuple[Known, set[tuple[str, str]]]:
    """What a run found by section and profile, and which of these it says to have seen whole."""
    facts = collect(source_of(client)).facts
    known: Known = {}
    for section, found in (("apps", facts.apps), ("accounts", facts.accounts)):
        for fact in found:
            name = (fact.identifier, fact.state) if isinstance(fact, App) else (fact.type, fact.address)
            known.setdefault((section, fact.profile), set()).add(name)
    rows: dict[tuple[str, str], bool] = {}
    for row in facts.coverage:
        rows[row.section, row.profile] = rows.get((row.section, row.profile), True) and row.status == "observed"
    return known, {pair for pair, whole in rows.items() if whole and pair[0] != "links"}


def test_wherever_a_phone_vanishes_nothing_that_is_missing_is_said_to_be_seen() -> None:
    client = ReplayedClient()
    everything, seen = known_of(client)
    assert len(seen) == 8  # apps and accounts of users 0, 10, 11 and 150
    assert len(client.commands) > 20
    checked = 0
    for answered in range(1, len(client.commands)):
        for sent in (0, 100, 1000):
            count = iter(range(len(client.commands) + 1))

            def cut(ran: Ran, count: Iterator[int] = count, last: int = answered, sent: int = sent) -> Ran:
                at = next(count)
                return (
                    ran
                    if at < last
                    else Ran(stdout=ran.stdout[:sent] if at == last and len(ran.stdout) > sent else b"")
                )

            known, whole = known_of(ReplayedClient(changes=cut))
            checked += len(whole)
            for pair in whole:
                assert known.get(pair, set()) == everything.get(pair, set()), (answered, sent, pair)
            for pair, found in known.items():
                names = {name for name, _ in found}
                assert names <= {name for name, _ in everything[pair]}, (answered, sent, pair)
    assert checked > 300  # most runs still see something whole


OTHER = Attached(serial="R58M", state="unauthorized")


def test_the_only_device_is_taken_and_a_named_one_among_several() -> None:
    assert find_device(ReplayedClient(listed=((PHONE,),)), None) == PHONE
    assert find_device(ReplayedClient(listed=((OTHER, PHONE),)), PHONE.serial) == PHONE


def test_several_devices_and_none_named_lists_them_all() -> None:
    with pytest.raises(SourceError) as error:
        find_device(ReplayedClient(listed=((PHONE, OTHER),)), None)
    assert str(error.value) == (
        "2 Android devices are attached: RPLY00000001 (Replay One, device), R58M (unknown model, unauthorized); "
        "expected one; name one: --source adb:SERIAL"
    )


def test_a_hundred_devices_do_not_fill_the_screen() -> None:
    many = tuple(Attached(serial=f"S{at}", state="device") for at in range(100))
    with pytest.raises(SourceError, match=r"S19 .* and 80 more; expected one"):
        find_device(ReplayedClient(listed=(many,)), None)


def test_two_devices_of_one_serial_are_not_guessed_between() -> None:
    with pytest.raises(SourceError, match="expected serials that differ; attach one at a time"):
        find_device(ReplayedClient(listed=((PHONE, PHONE),)), PHONE.serial)


@pytest.mark.parametrize(
    ("state", "cure"),
    [
        ("unauthorized", "accept the question about USB debugging"), ("offline", "attach it again"),
        ("no permissions", "udev rules"), ("recovery", "restart it"), ("sideload", "restart it"),
        ("bootloader", "restart it"), ("a-state-of-tomorrow", "attach it again"),
    ],
)  # fmt: skip
def test_a_device_that_is_not_ready_says_what_to_do(state: str, cure: str) -> None:
    client = ReplayedClient(listed=((Attached(serial="R58M", state=state),),))
    with pytest.raises(SourceError, match=rf"R58M \(unknown model, {state}\) is not ready; expected .*{cure}"):
        find_device(client, None, patience=0)


def test_a_device_gets_the_time_to_be_unlocked() -> None:
    states = ("offline", "unauthorized", "unauthorized", "device")
    client = ReplayedClient(listed=tuple((Attached(serial="R58M", state=state),) for state in states))
    assert find_device(client, None, patience=30) == Attached(serial="R58M", state="device")


def test_no_device_says_how_to_attach_one_and_names_the_rival() -> None:
    with pytest.raises(SourceError, match=r"no Android device is attached; expected .*developer options$"):
        find_device(ReplayedClient(listed=((),)), None, patience=0)
    with pytest.raises(SourceError, match=r"another adb server \(port 5037\) may hold it: .*`adb kill-server`"):
        find_device(ReplayedClient(listed=((),), rival="port 5037"), None, patience=0)


def test_a_named_device_that_is_not_there_lists_those_that_are() -> None:
    with pytest.raises(SourceError, match=r"no Android device HT1 is attached; attached: R58M \(unknown"):
        find_device(ReplayedClient(listed=((OTHER,),)), "HT1", patience=0)


def test_an_address_that_refuses_says_what_adb_said() -> None:
    with pytest.raises(SourceError, match=r"no connection to 10.0.0.9:5555: failed to connect .* Connection refused"):
        find_device(ReplayedClient(listed=((),)), "10.0.0.9:5555")


@pytest.mark.parametrize("serial", ["", "-a", "a b", "a\nb", "a" * 129, "\x1b[2J", "é"])
def test_what_is_no_serial_never_reaches_the_program(serial: str) -> None:
    with pytest.raises(SourceError, match="is no serial"):
        open_adb(serial, program="/nonexistent/adb")
