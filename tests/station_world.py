"""A phone station with everything real around it: an auditor that serves, an enrolled agent, adb, a terminal.

The phones are replayed; the station is a process of its own on a pseudo-terminal.
"""

import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from programs import agent, auditor
from replay_adbd import Answer, ReplayAdbd, Shell
from replay_transcripts import PROPERTIES, SERIAL, phone
from service import Service, serving

PATIENCE = 60.0
WIDTH = 80
_TAKE_TERMINAL = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever runs the tests in the background has it ignored
os.execv(sys.executable, sys.argv[1:])
"""


class Terminal:
    """A program on a pseudo-terminal of its own, 80 columns wide; what it showed, and keys for it."""

    def __init__(self, *words: object, environment: Mapping[str, str]) -> None:
        import fcntl
        import termios

        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, WIDTH, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-c", _TAKE_TERMINAL, sys.executable, "-m", *map(str, words)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=dict(environment),
            start_new_session=True,
        )
        os.close(slave)
        self._raw = b""
        self._at = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)

    @property
    def shown(self) -> str:
        """Everything so far, with Unix line ends."""
        return self._raw.decode("utf-8", "replace").replace("\r\n", "\n")

    @property
    def raw(self) -> bytes:
        """The bytes that the terminal got."""
        return self._raw

    def expect(self, text: str, seconds: float = PATIENCE) -> str:
        """Waits until something is shown after what was expected last; blanks and line ends count alike."""
        pattern = re.compile(r"\s+".join(map(re.escape, text.split())))
        until = time.monotonic() + seconds
        while True:
            found = pattern.search(self.shown, self._at)
            if found is not None:
                before, self._at = self.shown[self._at : found.end()], found.end()
                return before
            if time.monotonic() > until or not self._more(until):
                raise AssertionError(f"{text!r} was never shown:\n{self.shown}")

    def type(self, keys: str) -> None:
        """Types; `\\n` is Enter, `\\x03` Ctrl-C, `\\x04` Ctrl-D."""
        os.write(self._master, keys.encode())

    def hang_up(self) -> int:
        """Closes the terminal under the program. Returns its exit code."""
        os.close(self._master)
        self._master = os.open(os.devnull, os.O_RDWR)
        return self.process.wait(PATIENCE)

    def end(self, seconds: float = PATIENCE) -> int:
        """Waits until the program has ended. Returns its exit code."""
        until = time.monotonic() + seconds
        while self._more(until):
            pass
        return self.process.wait(max(0.1, until - time.monotonic()))

    def _more(self, until: float) -> bool:
        """Reads more; False once there is nothing more to come."""
        while time.monotonic() < until:
            if select.select([self._master], [], [], 0.1)[0]:
                try:
                    got = os.read(self._master, 65536)
                except OSError:  # the other side was closed
                    return False
                self._raw += got
                return bool(got)
        return False


@dataclass
class World:
    """An auditor `A` that serves, a station `G` enrolled with it, and the environment of its user."""

    folder: Path
    service: Service
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "G"

    def auditor(self, *words: object) -> str:
        ran = auditor(*words, "--dir", self.folder / "A")
        assert ran.code in {0, 1, 3}, ran.err
        return ran.out

    def add_phone(self, name: str = "patrol-phone", serial: str = SERIAL, platform: str = "android") -> None:
        known = ("--class", "ordinary", "--holder", "bo", "--unit", "u", "--serial", serial, "--platform", platform)
        self.auditor("device", "add", name, *known)

    def add_station(self) -> None:
        self.auditor("device", "station", "add", "helpdesk", "--key", self.home / "station.pub")

    def reports(self, name: str = "patrol-phone") -> list[dict[str, Any]]:
        """What the auditor has of a device."""
        found: list[dict[str, Any]] = json.loads(self.auditor("history", name, "--json"))["reports"]
        return found

    def station(self, *options: object) -> Terminal:
        """Starts the station at a terminal."""
        return Terminal("setapart_agent", "station", "--dir", self.home, *options, environment=self.environment)

    @property
    def journal(self) -> list[dict[str, Any]]:
        """What the station wrote down."""
        return [json.loads(line) for line in (self.home / "station.log").read_text().splitlines()]

    @property
    def spool(self) -> list[str]:
        """Names of everything in the spool, hidden ones among them."""
        there = self.home / "spool"
        return sorted(path.name for path in there.iterdir()) if there.exists() else []


@contextmanager
def world(folder: Path, **environment: str) -> Iterator[World]:
    """An auditor that serves and an enrolled agent with a station's key, which nobody has registered yet.

    Afterwards no adb server of the station may be left, and none of its temporary files.
    """
    assert auditor("init", "--dir", folder / "A").code == 0
    known = ("--class", "ordinary", "--holder", "it", "--unit", "u", "--dir", folder / "A")
    assert auditor("device", "add", "helpdesk", *known).code == 0
    with (
        serving(folder / "A") as service,
        tempfile.TemporaryDirectory(prefix="sa-") as short,
        socket.socket() as unused,
    ):
        unused.bind(("127.0.0.1", 0))  # bound, not listening: a usual port on which no adb server runs
        token = auditor("device", "token", "helpdesk", "--url", service.url, "--dir", folder / "A").out.strip()
        enrolled = agent("enrol", token, "--dir", folder / "G")
        assert enrolled.code == 0, enrolled.err
        assert agent("keygen", "--output", folder / "G" / "station.pem").code == 0
        for name in ("tmp", "home"):
            Path(short, name).mkdir()
        made = World(
            folder,
            service,
            {
                "PATH": os.environ["PATH"],
                "HOME": f"{short}/home",
                "TMPDIR": f"{short}/tmp",
                "TERM": "xterm",
                "LC_ALL": "C.UTF-8",
                "PYTHONDONTWRITEBYTECODE": "1",
                "ANDROID_ADB_SERVER_PORT": str(unused.getsockname()[1]),
                "USBMUXD_SOCKET_ADDRESS": f"{short}/usbmuxd",
                **environment,
            },
        )
        yield made
        assert list(Path(short, "tmp").iterdir()) == []
        assert _processes_that_mention(f"{short}/tmp") == []


def _processes_that_mention(text: str) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            line = entry.read_bytes()
            if text.encode() in line:
                found.append(line.decode("utf-8", "replace"))
    return found


def phone_with(*, swap: Mapping[bytes, bytes] | None = None, **properties: str) -> Shell:
    """The shell of a phone like the replayed one, with other properties.

    Args:
        swap: bytes that every other answer has in place of others.
        properties: by name, with `_` for `.`; `serialno` alone is that of `ro`.
    """
    model = phone()

    def programs(argv: tuple[str, ...]) -> Answer | None:
        answer = model.programs(argv)
        if argv == ("getprop",):
            names = {**PROPERTIES, **{f"ro.{name.replace('_', '.')}": value for name, value in properties.items()}}
            return Answer(stdout="".join(f"[{name}]: [{value}]\n" for name, value in names.items()).encode())
        if answer is None or swap is None:
            return answer
        printed = answer.stdout
        for old, new in swap.items():
            printed = printed.replace(old, new)
        return Answer(stdout=printed, stderr=answer.stderr, code=answer.code)

    return Shell(programs=programs)


class Port:
    """A port of the station, by its address: what is plugged into it is forwarded to, and can be changed."""

    def __init__(self) -> None:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))  # nobody listens yet: nothing is plugged in
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        self._target: ReplayAdbd | None = None
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self._pull()

    def plug(self, device: ReplayAdbd) -> None:
        """Pulls what was plugged in, and plugs in a device."""
        first, self._target = self._target is None, device
        self._pull()
        if first:
            self._listener.listen()
            threading.Thread(target=self._accept, daemon=True).start()

    def _pull(self) -> None:
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                assert self._target is not None
                host, _, port = self._target.address.partition(":")
                far = socket.create_connection((host, int(port)))
                self._open += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=_copy, args=(one, other), daemon=True).start()
                self.connections += 1


def _copy(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while got := one.recv(65536):
            other.sendall(got)
        other.shutdown(socket.SHUT_RDWR)
