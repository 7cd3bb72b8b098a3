"""A live Android device as a source: a closed list of commands, run by the real `adb` program.

Every command is followed by an `echo` of a marker and its exit code. That tells a whole output from one that broke off,
and the exit code also on Android 6 and older, whose shell service (v1) has none and writes through a terminal.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Literal, Self

from setapart_agent.collectors.android import source as commands
from setapart_agent.collectors.android.adb_client import AdbClient, Attached, Ran
from setapart_agent.collectors.android.parse import web_apk
from setapart_agent.collectors.base import Absent, Denied, Failed, Observed, Outcome, Unsupported
from setapart_agent.errors import SourceError
from setapart_evidence.text import printable

PATIENCE = 15.0
"""Seconds for which a device that is not ready yet is waited for: somebody may have to unlock it and say yes."""
TIMEOUT = 60.0
"""Seconds for which one command may run."""
BUDGET = 900.0
"""Seconds for which all commands of one device together may run."""
RANGE_LIMIT = 16 * 1024 * 1024
"""Bytes that `AdbSource.read_range` gives at most."""
LINE_LIMIT = 1024 * 1024
"""Bytes that one line of a command's output may have."""

_COMMANDS = frozenset(
    {
        commands.GETPROP,
        commands.PM_LIST_USERS,
        commands.CMD_USER_LIST,
        commands.DUMPSYS_USER,
        commands.DUMPSYS_PACKAGE,
        commands.DUMPSYS_ACCOUNT,
        commands.DUMPSYS_CONTENT,
        commands.DUMPSYS_DEVICE_POLICY,
        commands.DUMPSYS_WIFI,
        commands.DUMPSYS_CONNECTIVITY,
        commands.DUMPSYS_VPN,
        commands.ALWAYS_ON_VPN,
    }
)
_LIST_PACKAGES = re.compile(r"pm list packages -f -i -U(?: -d| -u)?(?: --user [0-9]{1,10})?")
_WEB_APK = re.compile(rf"dumpsys package {web_apk.NAME.pattern}", re.ASCII)
_SERIAL = re.compile(r"[!-,.-~][!-~]{0,127}")
_ADDRESS = re.compile(r"(?:\[[0-9A-Za-z:.%_-]+\]|[0-9A-Za-z._-]+):[0-9]{1,5}")
_BLOCK = 4096
_MAX_LISTED = 20
_NOBODY_GRACE = 1.0
_POLL = 0.1
_PASSING = frozenset({"unauthorized", "authorizing", "connecting", "offline"})
_NO_SUCH_COMMAND = 127
_REFUSED = re.compile(rb"SecurityException|[Pp]ermission [Dd]enial|[Pp]ermission denied|does not have permission")

_ALLOW = ("a device that allows this computer", "unlock it, accept the question about USB debugging, and try again")
_START = ("a device that has started Android", "restart it and try again")
_NOT_READY = {
    "unauthorized": _ALLOW,
    "authorizing": _ALLOW,
    "offline": ("a device that answers", "take it off the cable and attach it again"),
    "no permissions": (
        "a device that this user may open",
        "install udev rules (Debian's package android-sdk-platform-tools-common) and attach it again",
    ),
    "recovery": _START,
    "rescue": _START,
    "sideload": _START,
    "bootloader": _START,
}


class AdbSource:
    """One attached device; a context manager that ends the private adb server. Reasons never hold the serial."""

    kind: Literal["adb"] = "adb"

    def __init__(
        self, client: AdbClient, device: Attached, *, timeout: float = TIMEOUT, budget: float = BUDGET
    ) -> None:
        """Asks the device for its properties, as the proof that it answers.

        Args:
            client: a started client; it is closed with the source.
            device: one of the client's devices.
            timeout: seconds for one command.
            budget: seconds for all commands.

        Raises:
            SourceError: the device does not answer.
        """
        self._client = client
        self._device = device
        self._timeout = timeout
        self._deadline = monotonic() + budget
        self._marker = f"setapart-{os.urandom(8).hex()}:"
        self._trailer = re.compile(self._marker.encode() + rb"([0-9]{1,3})(\r*)\n\Z")
        self._properties = _judged(self._ask("shell", f"{commands.GETPROP} 2>&1", commands.GETPROP))
        if not isinstance(self._properties, Observed):
            raise SourceError(
                f"{device} does not answer: {self._properties.reason}",
                expected="a device that runs commands",
                cure="unlock it, attach it again, and try again",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the private adb server; outputs are `Failed` from then on."""
        self._client.close()

    def serial(self) -> str | None:
        """The serial that the device shows on USB; `None` for one that is reached by network or is an emulator."""
        serial = self._device.serial
        return None if _ADDRESS.fullmatch(serial) or serial.startswith("emulator-") else serial

    def output(self, command: str) -> Outcome[bytes]:
        """What a command printed, with Unix line ends; see `AndroidSource.output`.

        Raises:
            ValueError: the command is not of the closed list of `source.py`; a mistake of ours.
        """
        if command not in _COMMANDS and not (_LIST_PACKAGES.fullmatch(command) or _WEB_APK.fullmatch(command)):
            raise ValueError(f"not a command of the closed list: {command!r}")
        if command == commands.GETPROP:
            return self._properties
        printed = _judged(self._ask("shell", f"{command} 2>&1", command))
        if isinstance(printed, Observed) and _has_long_line(printed.value):
            return Failed(f"`{command}` printed a line of more than {LINE_LIMIT} bytes")
        return printed

    def size(self, path: str) -> Outcome[int]:
        """The size in bytes of a file on the device; `Absent` where there is none."""
        if not _is_path(path):
            return Failed("not the path of an app")
        answer = self._ask("shell", f"stat -c %s {_quoted(path)} 2>&1", "stat")
        if isinstance(answer, _Answer) and answer.code and b"No such file" in answer.printed:
            return Absent()
        printed = _judged(answer)
        if not isinstance(printed, Observed):
            return printed
        digits = printed.value.strip()
        return Observed(int(digits)) if re.fullmatch(rb"[0-9]{1,15}", digits) else Failed("`stat` printed no size")

    def read_range(self, path: str, offset: int, length: int) -> Outcome[bytes]:
        """A part of a file on the device, shorter where the file ends before.

        Args:
            path: absolute; as the device listed it.
            offset: the first byte.
            length: bytes, at most `RANGE_LIMIT`.
        """
        if not _is_path(path):
            return Failed("not the path of an app")
        if offset < 0 or not 0 <= length <= RANGE_LIMIT:
            return Failed("a part that no file has")
        first, skipped = divmod(offset, _BLOCK)
        count = -(-(skipped + length) // _BLOCK)
        copy = f"dd if={_quoted(path)} bs={_BLOCK} skip={first} count={count} 2>/dev/null"
        read = _judged(self._ask("exec-out", copy, "dd"))
        return Observed(read.value[skipped : skipped + length]) if isinstance(read, Observed) else read

    def _ask(self, service: str, command: str, name: str) -> "_Answer | Denied | Failed":
        """Runs a command whose text is ours; `name` stands for it in reasons, which leave the station."""
        left = self._deadline - monotonic()
        if left <= 0:
            return Failed(f"the time for one device was over before `{name}`")
        ran = self._client.on_device(
            self._device.serial,
            service,
            f'{command}; echo "{self._marker}$?"',
            timeout=min(self._timeout, round(left, 1)),
            limit=commands.OUTPUT_LIMIT,
        )
        end = self._trailer.search(ran.stdout, max(0, len(ran.stdout) - 128))
        if end is None:
            return _broken_off(ran, name)
        printed = ran.stdout[: end.start()]
        if end[2]:
            # A terminal writes each \n as \r\n, and nothing else differently: replacing restores the bytes.
            printed = printed.replace(end[2] + b"\n", b"\n")
        return _Answer(name=name, printed=printed, code=int(end[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What a command that ran to its end printed, and its exit code."""

    name: str
    printed: bytes
    code: int


def open_adb(
    serial: str | None = None,
    *,
    program: str | None = None,
    environ: Mapping[str, str] | None = None,
    patience: float = PATIENCE,
    timeout: float = TIMEOUT,
    budget: float = BUDGET,
) -> AdbSource:
    """Opens the device that is attached, or the one that is named.

    Args:
        serial: its serial, or HOST:PORT, which is connected to; `None` if exactly one is attached.
        program: the adb program; else SETAPART_ADB, else `adb` in PATH.
        environ: the environment, the process's own by default.
        patience: seconds to wait for a device that is not ready yet.
        timeout: seconds for one command.
        budget: seconds for all commands.

    Raises:
        SourceError: no program; no device, or several and none named; one that is not ready or does not answer.
    """
    if serial is not None and not _SERIAL.fullmatch(serial):
        raise SourceError(f"{printable(repr(serial))} is no serial", expected="adb, adb:SERIAL or adb:HOST:PORT")
    client = AdbClient(program, environ=environ)
    client.start(emulators=serial is not None and serial.startswith("emulator-"))
    try:
        device = find_device(client, serial, patience=patience)
        return AdbSource(client, device, timeout=timeout, budget=budget)
    except BaseException:
        client.close()
        raise


def find_device(client: AdbClient, serial: str | None, *, patience: float = PATIENCE) -> Attached:
    """The device that is meant, ready for commands.

    Args:
        client: a started client.
        serial: as for `open_adb`.
        patience: as for `open_adb`.

    Raises:
        SourceError: there is none, there are several, or it does not get ready.
    """
    said = client.connect(serial) if serial is not None and _ADDRESS.fullmatch(serial) else None
    begun = monotonic()
    while True:
        attached = client.devices()
        meant = tuple(device for device in attached if serial in (None, device.serial))
        if len(meant) == 1 and meant[0].state == "device":
            return meant[0]
        waited = monotonic() - begun
        if len(meant) > 1 or waited >= patience or (not meant and (said or waited >= _NOBODY_GRACE)):
            break
        if meant and meant[0].state not in _PASSING:
            break
        sleep(_POLL)
    if said is not None and not meant:
        raise SourceError(
            f"no connection to {printable(str(serial))}: {said}",
            expected="a device that debugs over the network",
            cure="check the address, and that debugging over the network is on",
        )
    if not meant:
        raise _not_attached(client, serial, attached)
    if len(meant) > 1:
        raise SourceError(
            f"{len(meant)} Android devices are attached: {_listed(meant)}",
            expected="one" if serial is None else "serials that differ",
            cure="name one: --source adb:SERIAL" if serial is None else "attach one at a time",
        )
    expected, cure = _NOT_READY.get(meant[0].state, ("a device that is ready", "attach it again"))
    raise SourceError(f"{meant[0]} is not ready", expected=expected, cure=cure + _rival(client))


def _not_attached(client: AdbClient, serial: str | None, attached: tuple[Attached, ...]) -> SourceError:
    if serial is None:
        got = "no Android device is attached"
    else:
        others = f"; attached: {_listed(attached)}" if attached else ""
        got = f"no Android device {printable(serial)} is attached{others}"
    cure = "attach it by cable and switch on USB debugging in its developer options"
    return SourceError(got, expected="a device with USB debugging", cure=cure + _rival(client))


def _rival(client: AdbClient) -> str:
    """What to do about another adb server: only one program can hold a USB device."""
    place = client.other_server()
    return "" if place is None else f"; another adb server ({place}) may hold it: end that with `adb kill-server`"


def _listed(devices: tuple[Attached, ...]) -> str:
    more = "" if len(devices) <= _MAX_LISTED else f" and {len(devices) - _MAX_LISTED} more"
    return ", ".join(str(device) for device in devices[:_MAX_LISTED]) + more


def _judged(answer: _Answer | Denied | Failed) -> Observed[bytes] | Denied | Unsupported | Failed:
    """What an answer means; the device's own words stay here, since reasons are signed and sent."""
    if not isinstance(answer, _Answer):
        return answer
    if answer.code == 0:
        return Observed(answer.printed)
    if _REFUSED.search(answer.printed[: 64 * 1024]):
        return Denied(f"`{answer.name}` was refused by the device")
    if answer.code == _NO_SUCH_COMMAND:
        return Unsupported(f"this Android has no `{answer.name}`")
    return Failed(f"`{answer.name}` ended with exit code {answer.code}")


def _broken_off(ran: Ran, name: str) -> Denied | Failed:
    if ran.stopped is not None:
        return Failed(f"`{name}`: {ran.stopped}")
    if b"unauthorized" in ran.stderr:
        return Denied(f"the device no longer allows this computer `{name}`")
    return Failed(f"the device went away before the end of `{name}`")


def _has_long_line(printed: bytes) -> bool:
    """Whether a line is longer than the limit, by looking at one line end per limit's length."""
    at = 0
    while len(printed) - at > LINE_LIMIT:
        end = printed.rfind(b"\n", at, at + LINE_LIMIT + 1)
        if end < 0:
            return True
        at = end + 1
    return False


def _is_path(path: str) -> bool:
    return path.startswith("/") and path.isprintable() and len(path) <= _BLOCK


def _quoted(path: str) -> str:
    return "'" + path.replace("'", "'\\''") + "'"
