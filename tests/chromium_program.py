"""Chromium under remote control: messages of JSON that end with a NUL, over two pipes (Chrome DevTools Protocol)."""

import contextlib
import json
import os
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from desktop_programs import PATIENCE, Desktop

_OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--password-store=basic",
    "--remote-debugging-pipe", "--enable-unsafe-extension-debugging",
)  # fmt: skip


class DevTools:
    """One connection; answers are waited for, events are left out."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reader = os.fdopen(reading, "rb")
        self._writer = os.fdopen(writing, "wb")
        self._count = 0

    def command(self, method: str, session: str | None = None, **parameters: object) -> Any:
        """Gives one command and answers with its result."""
        self._count += 1
        message: dict[str, object] = {"id": self._count, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        self._writer.write(json.dumps(message).encode() + b"\x00")
        self._writer.flush()
        while True:
            answer = json.loads(self._message())
            if answer.get("id") == self._count:
                assert "error" not in answer, answer["error"]
                return answer["result"]

    def close(self) -> None:
        """Ends the connection, and with it the program."""
        self._reader.close()
        with contextlib.suppress(BrokenPipeError):
            self._writer.close()

    def _message(self) -> bytes:
        message = bytearray()
        while (char := self._reader.read(1)) != b"\x00":
            assert char, "the program ended"
            message += char
        return bytes(message)


@contextlib.contextmanager
def chromium(user: Desktop, data: Path) -> Iterator[DevTools]:
    """Chromium with one user data folder; it has written everything when this ends."""
    from_us, to_it = os.pipe()
    from_it, to_us = os.pipe()
    script = f'exec "$@" 3<&{from_us} 4>&{to_us}'
    command = ("bash", "-c", script, "bash", "chromium", *_OPTIONS, f"--user-data-dir={data}", "about:blank")
    with user.started(*command, pass_fds=(from_us, to_us)) as child:
        os.close(from_us)
        os.close(to_us)
        control = DevTools(from_it, to_it)
        try:
            yield control
            control.command("Browser.close")
            child.wait(PATIENCE)
        finally:
            control.close()


@contextlib.contextmanager
def site(folder: Path) -> Iterator[str]:
    """A site on this machine that gives the files of a folder; answers with its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(folder))

        def log_message(self, *_words: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://localhost:{server.server_port}"
        finally:
            server.shutdown()
