import os
import sys
from pathlib import Path
from time import monotonic

import pytest

from setapart_agent.collectors.android.adb_client import AdbClient, Attached, Ran, parse_devices, run
from setapart_agent.errors import SourceError

# Rows as transport.cpp (append_transport) of platform-tools 29 to 36 writes them.
LISTED = rb"""* daemon not running; starting now at localfilesystem:/tmp/x/server
* daemon started successfully
List of devices attached
R58M12ABCDE            device usb:1-2 product:beyond0lteeea model:SM_G970F device:beyond0 transport_id:3
127.0.0.1:5555         device product:replay model:Replay_One device:replay transport_id:4
0123456789ABCDEF       unauthorized usb:1-3 transport_id:5
LMX420abc              no permissions (user in plugdev group; are your udev rules wrong?); see [http://developer.android.com/tools/device.html] usb:1-4 transport_id:6
(no serial number)     offline usb:1-5 transport_id:7
emulator-5554          recovery product:sdk_gphone64_x86_64 model:sdk device:emu64x transport_id:8
HT123                  a-state-of-tomorrow usb:1-6 transport_id:9

"""  # noqa: E501


def test_every_state_and_shape_of_a_row_is_read() -> None:
    assert parse_devices(LISTED) == (
        Attached(serial="R58M12ABCDE", state="device", model="SM G970F"),
        Attached(serial="127.0.0.1:5555", state="device", model="Replay One"),
        Attached(serial="0123456789ABCDEF", state="unauthorized"),
        Attached(serial="LMX420abc", state="no permissions"),
        Attached(serial="(no serial number)", state="offline"),
        Attached(serial="emulator-5554", state="recovery", model="sdk"),
        Attached(serial="HT123", state="a-state-of-tomorrow"),
    )


def test_rows_without_details_and_with_windows_line_ends_are_read() -> None:
    assert parse_devices(b"List of devices attached\r\nabc\tdevice\r\n\r\n") == (
        Attached(serial="abc", state="device"),
    )


def test_no_device_is_no_row() -> None:
    assert parse_devices(b"List of devices attached\n\n") == ()


def test_bytes_that_are_no_text_do_not_break_the_list() -> None:
    assert [one.state for one in parse_devices(b"List of devices attached\n\xff\xfe\x00 device model:\xc3\n")] == [
        "device"
    ]


def test_a_row_is_shown_without_the_devices_control_characters() -> None:
    assert str(Attached(serial="a\x1b[2Jb", state="device", model="\u202eevil")) == r"a\u001b[2Jb (\u202eevil, device)"


def script(text: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", text]


def test_output_complaints_and_exit_code_are_kept_apart() -> None:
    code = "import os; os.write(1, b'a\\r\\n\\xff'); os.write(2, b'no\\n'); raise SystemExit(7)"
    assert run(script(code), environ={}, timeout=30, limit=100) == Ran(stdout=b"a\r\n\xff", stderr=b"no\n", code=7)


def test_a_program_that_never_ends_is_killed_and_what_it_said_is_kept() -> None:
    begun = monotonic()
    ran = run(script("import os,time; os.write(1, b'x'); time.sleep(60)"), environ={}, timeout=0.5, limit=100)
    assert (ran.stdout, ran.code, ran.stopped) == (b"x", None, "no end after 0.5 s")
    assert monotonic() - begun < 10


def test_a_program_that_closes_its_outputs_and_lives_on_is_killed() -> None:
    begun = monotonic()
    ran = run(script("import os,time; os.close(1); os.close(2); time.sleep(60)"), environ={}, timeout=0.5, limit=100)
    assert ran.code is None
    assert monotonic() - begun < 10


def test_endless_output_is_stopped_at_the_limit() -> None:
    ran = run(script("import os\nwhile True: os.write(1, b'x' * 65536)"), environ={}, timeout=30, limit=1000)
    assert ran == Ran(stdout=b"x" * 1000, stopped="more than 1000 bytes")


def test_endless_complaints_do_not_fill_the_memory() -> None:
    ran = run(script("import os\nfor _ in range(64): os.write(2, b'x' * 1048576)"), environ={}, timeout=30, limit=10)
    assert ran.code == 0
    assert len(ran.stderr) <= 2 * 1024 * 1024


def test_output_of_exactly_the_limit_is_whole() -> None:
    assert run(script("import os; os.write(1, b'12345')"), environ={}, timeout=30, limit=5).code == 0


def test_a_program_does_not_read_from_our_terminal() -> None:
    assert run(script("import sys; print(len(sys.stdin.read()))"), environ={}, timeout=30, limit=9).stdout == b"0\n"


def test_a_file_that_is_no_program_ends_in_our_error(tmp_path: Path) -> None:
    (tmp_path / "adb").write_bytes(b"\x00\x01")
    (tmp_path / "adb").chmod(0o755)
    with pytest.raises(SourceError, match="can't be run"):
        run([str(tmp_path / "adb")], environ={}, timeout=1, limit=1)
    client = AdbClient(str(tmp_path / "adb"), environ={})
    with pytest.raises(SourceError, match="can't be run"):
        client.start()
    assert client.call("devices").stopped == "the adb server was ended"


def test_a_missing_program_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no program adb; expected .*; install it"):
        AdbClient(environ={"PATH": str(tmp_path)})
    with pytest.raises(SourceError, match="no program /opt/elsewhere/adb"):
        AdbClient(environ={"PATH": os.environ["PATH"], "SETAPART_ADB": "/opt/elsewhere/adb"})


@pytest.mark.parametrize(
    ("program", "error"), [("false", "does not start a server"), ("true", "does not list devices")]
)
def test_a_program_that_is_not_adb_is_told_from_no_device(program: str, error: str) -> None:
    client = AdbClient(program, environ={"PATH": os.environ["PATH"]})
    with pytest.raises(SourceError, match=error), client:
        client.devices()


def fake_adb(folder: Path, body: str) -> str:
    """A program that stands where adb is expected, so that its arguments and environment can be looked at."""
    program = folder / "adb"
    program.write_text(f"#!{sys.executable} -IS\nimport os, sys\n{body}\n")
    program.chmod(0o755)
    return str(program)


def test_the_server_is_private_and_the_callers_settings_do_not_mislead_it(tmp_path: Path) -> None:
    told = tmp_path / "told"
    program = fake_adb(tmp_path, f"open({str(told)!r}, 'a').write(repr((sys.argv[1:], dict(os.environ))) + '\\n')")
    environ = {
        "HOME": "/home/officer", "ADB_VENDOR_KEYS": "/keys", "ANDROID_SERIAL": "other", "ADB_TRACE": "all",
        "ANDROID_ADB_SERVER_PORT": "5037", "ADB_SERVER_SOCKET": "tcp:5037", "TMPDIR": "/elsewhere",
    }  # fmt: skip
    with AdbClient(program, environ=environ) as client:
        client.call("devices")
    first, *_ = (eval(line) for line in told.read_text().splitlines())
    arguments, seen = first
    assert arguments[0] == "-L"
    assert arguments[1].startswith("localfilesystem:/")
    assert arguments[2:] == ["start-server"]
    assert seen["HOME"] == "/home/officer"  # the key that phones know this station by
    assert seen["ADB_VENDOR_KEYS"] == "/keys"
    assert (seen["ADB_MDNS"], seen["ADB_EMU"]) == ("0", "0")
    assert not {"ANDROID_SERIAL", "ADB_TRACE", "ANDROID_ADB_SERVER_PORT", "ADB_SERVER_SOCKET"} & seen.keys()
    assert not os.path.exists(seen["TMPDIR"])  # noqa: PTH110


def test_the_server_is_ended_although_the_work_failed(tmp_path: Path) -> None:
    told = tmp_path / "told"
    body = (
        f"open({str(told)!r}, 'a').write(sys.argv[3] + '\\n')\n"
        "socket = sys.argv[2].removeprefix('localfilesystem:')\n"
        "if sys.argv[3] == 'start-server': open(socket, 'w').close()"
    )
    with pytest.raises(ZeroDivisionError), AdbClient(fake_adb(tmp_path, body), environ={}) as client:
        raise ZeroDivisionError
    assert told.read_text().split() == ["start-server", "kill-server"]
    assert client.call("devices").stopped == "the adb server was ended"


def test_a_server_that_starts_badly_is_ended_too(tmp_path: Path) -> None:
    told = tmp_path / "told"
    body = (
        f"open({str(told)!r}, 'a').write(sys.argv[3] + '\\n')\n"
        "socket = sys.argv[2].removeprefix('localfilesystem:')\n"
        "open(socket, 'w').close()\nsys.exit('error: \\x1b[31mno keys')"
    )
    with pytest.raises(SourceError, match=r"does not start a server: error: \\u001b\[31mno keys"):
        AdbClient(fake_adb(tmp_path, body), environ={}).start()
    assert told.read_text().split() == ["start-server", "kill-server"]
