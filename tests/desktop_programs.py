"""Real programs of a Linux desktop, run for one made-up user: a home and a session bus of its own, no display."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PATIENCE = 60.0
PASSWD = "ola:x:{uid}:{uid}::/home/ola:/bin/bash\n"


class Desktop:
    """An installation in a folder, with one user, `ola`: whoever runs the tests."""

    def __init__(self, root: Path, runtime: Path) -> None:
        self.root = root
        self.home = root / "home" / "ola"
        self.profile = str(os.geteuid())
        self.home.mkdir(parents=True)
        (root / "etc").mkdir()
        (root / "etc" / "passwd").write_text(PASSWD.format(uid=self.profile))
        self.environment = {
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "TMPDIR": str(runtime),
            "XDG_RUNTIME_DIR": str(runtime),
            "NO_AT_BRIDGE": "1",
            "GSETTINGS_BACKEND": "memory",
            "MOZ_HEADLESS": "1",
        }

    def run(self, *command: str | Path, more: Mapping[str, str] | None = None, given: str = "") -> str:
        """Runs a program of the user's to its end and answers with what it prints; all that it started ends with it.

        Files take the output: a service that outlives the program would hold a pipe open.
        """
        with tempfile.TemporaryFile("w+") as told, tempfile.TemporaryFile("w+") as out:
            told.write(given)
            told.seek(0)
            with self.started(*command, more=more, stdin=told, stdout=out, stderr=subprocess.STDOUT) as child:
                code = child.wait(PATIENCE)
            out.seek(0)
            printed = out.read()
        assert code == 0, f"{command[0]} ended with {code}: {printed}"
        return printed

    def in_session(self, *command: str | Path, more: Mapping[str, str] | None = None) -> str:
        """Runs a program with a session bus, which also stands in for the system's."""
        script = 'export DBUS_SYSTEM_BUS_ADDRESS="$DBUS_SESSION_BUS_ADDRESS"; exec "$@"'
        return self.run("dbus-run-session", "--", "sh", "-c", script, "sh", *command, more=more)

    @contextlib.contextmanager
    def started(self, *command: str | Path, more: Mapping[str, str] | None = None, **options: Any) -> Iterator[Any]:
        """A program of the user's while it runs."""
        child = subprocess.Popen(
            [str(part) for part in command],
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **options},
            env={**self.environment, **(more or {})},
            cwd=self.home,
            start_new_session=True,
        )
        try:
            yield child
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait(PATIENCE)


@contextlib.contextmanager
def desktop() -> Iterator[Desktop]:
    """A desktop in a folder that is gone afterwards, with a short path, since sockets are made below it."""
    folder = Path(tempfile.mkdtemp(prefix="sa-"))
    try:
        (folder / "run").mkdir(mode=0o700)
        yield Desktop(folder / "root", folder / "run")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Marionette:
    """Mozilla's remote control: messages of `<length>:<json>` (firefox-source-docs, "Marionette Protocol")."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._reader = self._socket.makefile("rb")
        self._count = 0
        self._message()

    def command(self, name: str, **parameters: object) -> Any:
        """Gives one command and answers with its value."""
        self._count += 1
        body = json.dumps([0, self._count, name, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(body), body))
        _, _, error, value = self._message()
        assert error is None, error
        return value

    def close(self) -> None:
        """Ends the connection, not the program."""
        self._reader.close()
        self._socket.close()

    def _message(self) -> Any:
        length = b""
        while (char := self._reader.read(1)) != b":":
            assert char, "the program ended"
            length += char
        return json.loads(self._reader.read(int(length)))


@contextlib.contextmanager
def mozilla(user: Desktop, program: str, profile: Path) -> Iterator[Marionette]:
    """A program of Mozilla's with one profile, under remote control."""
    profile.mkdir(parents=True)
    (profile / "user.js").write_text('user_pref("marionette.port", 0);\n')
    options = ("--headless", "--marionette", "--remote-allow-system-access", "--profile", str(profile))
    with user.started(program, *options) as child:
        control = Marionette(_port(profile / "MarionetteActivePort", child))
        try:
            control.command("WebDriver:NewSession")
            control.command("Marionette:SetContext", value="chrome")
            yield control
            control.command("Marionette:Quit", flags=["eForceQuit"])
            child.wait(PATIENCE)
        finally:
            control.close()


def _port(file: Path, child: Any) -> int:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and child.poll() is None:
        written = file.read_text().strip() if file.exists() else ""
        if written:
            return int(written)
        time.sleep(0.05)
    raise AssertionError("the program gave no port")
