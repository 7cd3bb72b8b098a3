"""The `adb` program with a server of its own: started on a socket that only we can reach, ended when we are done.

A server that already runs on the usual port is never asked and never ended. The key that phones know this station by is
the caller's own (`~/.android/adbkey`): a phone asks once and remembers.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Self

from setapart_agent.errors import SourceError
from setapart_evidence.text import printable

if TYPE_CHECKING:
    import subprocess

_START_TIMEOUT = 30.0
_CALL_TIMEOUT = 20.0
_CALL_LIMIT = 1024 * 1024
_CHUNK = 1024 * 1024
_USUAL_PORT = 5037
_LONGEST_TMP = 70
_HEADING = b"List of devices attached"
_KEPT = frozenset({"ADB_VENDOR_KEYS", "ADB_LIBUSB"})
_MISLEADING = frozenset(
    {"ANDROID_SERIAL", "ANDROID_ADB_SERVER_PORT", "ANDROID_ADB_SERVER_ADDRESS", "ANDROID_ADB_LOG_PATH"}
)
_STATES = (
    "device", "unauthorized", "offline", "connecting", "authorizing", "no permissions", "recovery", "rescue",
    "sideload", "bootloader", "detached", "host",
)  # fmt: skip
_ROW = re.compile(rf"(?P<serial>\(no serial number\)|\S+)\s+(?P<state>{'|'.join(_STATES)}|\S+)(?P<rest>.*)")
_PROPERTY = re.compile(r"\s(product|model|device|usb|transport_id):(\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How one run of the program went.

    Attributes:
        stdout: what it printed, at most the limit.
        stderr: its own complaints, cut at 1 MiB.
        code: the exit code; `None` where it had to be stopped.
        stopped: why it was stopped, in words.
    """

    stdout: bytes = b""
    stderr: bytes = b""
    code: int | None = None
    stopped: str | None = None

    @property
    def complaint(self) -> str:
        """The last line that it complained with, else the last that it printed; safe to print."""
        text = (self.stderr.strip() or self.stdout.strip()).decode("utf-8", "replace")
        return printable(text.rpartition("\n")[2].strip()) or self.stopped or f"exit code {self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """One row of `adb devices -l`; the texts are the device's own and go through `printable` before they are shown."""

    serial: str
    state: str
    model: str | None = None

    def __str__(self) -> str:
        return printable(f"{self.serial} ({self.model or 'unknown model'}, {self.state})", 128)


class AdbClient:
    """A context manager: the private server lives from entering to leaving it."""

    def __init__(self, program: str | None = None, *, environ: Mapping[str, str] | None = None) -> None:
        """Finds the program; nothing is started yet.

        Args:
            program: path or name of the program; else SETAPART_ADB, else `adb` in PATH.
            environ: the environment, the process's own by default.

        Raises:
            SourceError: there is no such program.
        """
        environ = os.environ if environ is None else environ
        wanted = program or environ.get("SETAPART_ADB") or "adb"
        found = shutil.which(wanted, path=environ.get("PATH", os.defpath))
        if found is None:
            raise SourceError(
                f"no program {printable(wanted)}",
                expected="the Android debug bridge in PATH or in SETAPART_ADB",
                cure="install it: Debian's package is named adb",
            )
        self._program = found
        self._environ = environ
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._prefix: tuple[str, ...] = ()
        self._child_environ: dict[str, str] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, *, emulators: bool = False) -> None:
        """Starts the private server and waits until it has looked at every USB port.

        Args:
            emulators: whether emulators of this machine may show up. Otherwise any local program could pose as a phone
                that somebody attached.

        Raises:
            SourceError: it does not start.
        """
        # The name of a socket has at most 104 bytes (macOS; 108 on Linux).
        short = None if len(tempfile.gettempdir()) <= _LONGEST_TMP else "/tmp"  # noqa: S108 - the folder is made 0700
        self._folder = tempfile.TemporaryDirectory(prefix="setapart-adb-", dir=short, ignore_cleanup_errors=True)
        self._prefix = (self._program, "-L", f"localfilesystem:{self._folder.name}/server")
        self._child_environ = {
            **{k: v for k, v in self._environ.items() if k in _KEPT or not (k in _MISLEADING or k.startswith("ADB_"))},
            "LC_ALL": "C",
            "TMPDIR": self._folder.name,  # the server's log goes with the folder
            "ADB_MDNS": "0",  # no phones over the air that nobody named
            "ADB_MDNS_AUTO_CONNECT": "0",
            "ADB_EMU": "1" if emulators else "0",
        }
        try:
            ran = self.call("start-server", timeout=_START_TIMEOUT)
        except BaseException:
            self.close()
            raise
        if ran.code != 0:
            self.close()
            raise SourceError(
                f"{printable(self._program)} does not start a server: {ran.complaint}",
                expected="the Android debug bridge, 1.0.41 or newer",
                cure="try `adb start-server` by hand, or name another program in SETAPART_ADB",
            )

    def close(self) -> None:
        """Ends the private server; may be called twice."""
        if self._folder is not None:
            try:
                if os.path.exists(f"{self._folder.name}/server"):  # noqa: PTH110 - pathlib is dear to import
                    self.call("kill-server")
            finally:
                self._folder.cleanup()
                self._folder = None

    def devices(self) -> tuple[Attached, ...]:
        """What is attached or connected now.

        Raises:
            SourceError: the server does not answer.
        """
        ran = self.call("devices", "-l")
        if ran.code != 0 or _HEADING not in ran.stdout:
            raise SourceError(
                f"{printable(self._program)} does not list devices: {ran.complaint}",
                expected="what the Android debug bridge prints",
                cure="name another program in SETAPART_ADB",
            )
        return parse_devices(ran.stdout)

    def connect(self, address: str) -> str:
        """Connects to HOST:PORT and returns what adb says to that; whether it worked, `devices` tells."""
        return self.call("connect", address).complaint

    def on_device(self, serial: str, service: str, command: str, *, timeout: float, limit: int) -> Ran:
        """Runs a command in the device's shell.

        Args:
            serial: the device.
            service: `shell`, or `exec-out` for bytes that no terminal may touch.
            command: the text that the device's shell reads.
            timeout: seconds until the run is stopped.
            limit: bytes of output at which it is stopped.
        """
        return self.call("-s", serial, service, command, timeout=timeout, limit=limit)

    def call(self, *arguments: str, timeout: float = _CALL_TIMEOUT, limit: int = _CALL_LIMIT) -> Ran:
        """Runs the program once against the private server.

        Raises:
            SourceError: it can't be executed.
        """
        if self._folder is None:
            return Ran(stopped="the adb server was ended")
        return run((*self._prefix, *arguments), environ=self._child_environ, timeout=timeout, limit=limit)

    def other_server(self) -> str | None:
        """Where another adb server runs on this machine; it may hold the phone. It is not talked to."""
        import socket

        port = self._environ.get("ANDROID_ADB_SERVER_PORT", "")
        address = ("127.0.0.1", int(port) if re.fullmatch(r"[0-9]{1,5}", port) else _USUAL_PORT)
        try:
            socket.create_connection(address, timeout=1).close()
        except (OSError, OverflowError):
            return None
        return f"port {address[1]}"


def run(argv: Sequence[str], *, environ: Mapping[str, str], timeout: float, limit: int) -> Ran:
    """Runs a program without a shell or input, for a bounded time and a bounded output.

    Args:
        argv: the program and its arguments.
        environ: its whole environment.
        timeout: seconds until it is killed.
        limit: bytes of standard output at which it is killed.

    Raises:
        SourceError: it can't be executed.
    """
    import subprocess

    try:
        process = subprocess.Popen(  # noqa: S603 - a fixed argv, no shell
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ
        )
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or "its name is not one"
        raise SourceError(f"{printable(argv[0])} can't be run: {reason}", expected="a program") from None
    with process:
        try:
            out, err, stopped = _drain(process, timeout, limit)
        finally:
            if process.poll() is None:
                process.kill()
    return Ran(stdout=out, stderr=err, code=process.returncode if stopped is None else None, stopped=stopped)


def _drain(process: "subprocess.Popen[bytes]", timeout: float, limit: int) -> tuple[bytes, bytes, str | None]:
    """Both outputs until both end and the program has; the third value says why reading was given up."""
    import selectors
    import subprocess

    assert process.stdout is not None
    assert process.stderr is not None
    deadline = monotonic() + timeout
    late = f"no end after {timeout:g} s"
    out, err = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, out)
        selector.register(process.stderr, selectors.EVENT_READ, err)
        while selector.get_map():
            left = deadline - monotonic()
            if left <= 0:
                return bytes(out), bytes(err), late
            for key, _ in selector.select(left):
                chunk = os.read(key.fd, _CHUNK)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif key.data is out or len(err) < _CALL_LIMIT:
                    key.data.extend(chunk)
            if len(out) > limit:
                return bytes(out[:limit]), bytes(err), f"more than {limit} bytes"
    try:
        process.wait(max(0.0, deadline - monotonic()))
    except subprocess.TimeoutExpired:
        return bytes(out), bytes(err), late
    return bytes(out), bytes(err), None


def parse_devices(printed: bytes) -> tuple[Attached, ...]:
    """The rows of `adb devices -l`, as adb 29 to 36 print them; notices about the server are passed over."""
    found = []
    for line in printed.decode("utf-8", "replace").split("\n"):
        match = _ROW.fullmatch(line.rstrip())
        if match is None or line.startswith((_HEADING.decode(), "* ")):
            continue
        properties = dict(_PROPERTY.findall(match["rest"]))
        model = properties.get("model")
        found.append(Attached(serial=match["serial"], state=match["state"], model=model and model.replace("_", " ")))
    return tuple(found)
