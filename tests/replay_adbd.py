"""An Android device that replays what a phone answered, over the protocol that adbd really speaks (TCP on loopback).

The real `adb` client connects to it like to a phone that debugs over the network. Protocol: AOSP, packages/modules/adb,
protocol.txt (packets, AUTH, flow control by OKAY) and shell_protocol.h (shell v2).
"""

import base64
import contextlib
import os
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

CNXN, AUTH, OPEN, OKAY, WRTE, CLSE = (
    int.from_bytes(n, "little") for n in (b"CNXN", b"AUTH", b"OPEN", b"OKAY", b"WRTE", b"CLSE")
)
AUTH_TOKEN, AUTH_SIGNATURE, AUTH_RSAPUBLICKEY = 1, 2, 3
WITH_CHECKSUMS, WITHOUT_CHECKSUMS = 0x01000000, 0x01000001
STDOUT, STDERR, EXIT = 1, 2, 3
_HEADER = struct.Struct("<6I")
_MAX_PACKET = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a command wrote, and its exit code."""

    stdout: bytes = b""
    stderr: bytes = b""
    code: int = 0


Programs = Callable[[tuple[str, ...]], Answer | None]
"""Arguments to answer; `None` where the phone has no such program."""


@dataclass(frozen=True, kw_only=True)
class Shell:
    """As much of Android's shell (mksh) as a one-line command needs: `;`, quotes, `$?`, `2>&1`, `2>/dev/null`, and the
    programs echo, stat and dd over a few files. Everything else is looked up in the transcript."""

    programs: Programs
    files: Mapping[str, bytes] = field(default_factory=dict)
    unreadable: frozenset[str] = frozenset()

    def run(self, line: str) -> Answer:
        code, out, err = 0, b"", b""
        for words in _commands(line):
            arguments = [word.replace("\0", str(code)) for word in words]
            merge = "2>&1" in words
            silent = "2>/dev/null" in words
            answer = self._program(tuple(word for word in arguments if not word.startswith("2>")))
            out += answer.stdout + (answer.stderr if merge else b"")
            err += b"" if merge or silent else answer.stderr
            code = answer.code
        return Answer(stdout=out, stderr=err, code=code)

    def _program(self, argv: tuple[str, ...]) -> Answer:
        if argv[0] == "echo":
            return Answer(stdout=" ".join(argv[1:]).encode() + b"\n")
        if argv[:3] == ("stat", "-c", "%s"):
            return self._file("stat", argv[3]) or Answer(stdout=b"%d\n" % len(self.files[argv[3]]))
        if argv[0] == "dd":
            operands = dict(word.split("=", 1) for word in argv[1:])
            bs, skip, count = (int(operands[name]) for name in ("bs", "skip", "count"))
            noise = b"%d+0 records in\n%d+0 records out\n" % (count, count)
            path = operands["if"]
            return self._file("dd", path) or Answer(
                stdout=self.files[path][skip * bs : (skip + count) * bs], stderr=noise
            )
        answer = self.programs(argv)
        if answer is None:
            return Answer(stderr=f"/system/bin/sh: {argv[0]}: inaccessible or not found\n".encode(), code=127)
        return answer

    def _file(self, program: str, path: str) -> Answer | None:
        if path in self.unreadable:
            return Answer(stderr=f"{program}: {path}: Permission denied\n".encode(), code=1)
        if path not in self.files:
            return Answer(stderr=f"{program}: '{path}': No such file or directory\n".encode(), code=1)
        return None


def _commands(line: str) -> list[list[str]]:
    """Simple commands as words; `$?` outside single quotes becomes NUL, to be replaced by the exit code."""
    commands: list[list[str]] = [[]]
    word: str | None = None
    quote = ""
    at = 0
    while at < len(line):
        char = line[at]
        at += 1
        if quote == "'" and char != "'":
            word = (word or "") + char
        elif line.startswith("$?", at - 1):
            word = (word or "") + "\0"
            at += 1
        elif char in "'\"" and quote in ("", char):
            quote = "" if quote else char
            word = word or ""
        elif char == "\\" and not quote:
            word = (word or "") + line[at]
            at += 1
        elif not quote and char in " ;":
            if word is not None:
                commands[-1].append(word)
            word = None
            if char == ";":
                commands.append([])
        elif not quote and char in "&|<>$`()" and not (word == "2" and char == ">") and word != "2>":
            raise NotImplementedError(f"the replayed shell does not know {char!r} in {line!r}")
        else:
            word = (word or "") + char
    if word is not None:
        commands[-1].append(word)
    return [words for words in commands if words]


@dataclass(kw_only=True)
class ReplayAdbd:
    """A device on loopback; a context manager. `address` is what `adb connect` wants.

    Attributes:
        shell: what answers.
        model: the model in the banner, as `adb devices -l` shows it.
        state: the first word of the banner: `device`, `recovery`, `sideload` …
        shell_v2: whether the device offers shell v2; otherwise shells write through a terminal and have no exit code.
        version: the protocol version; the older one checks a sum over every packet.
        max_data: bytes of one packet; Android 6 and older take 4096.
        auth: `none`: anybody; `asks`: asks for a new key, and remembers it; `refuses`: never lets anybody in.
        vanish_after: commands that it still answers; during the next one it is gone.
        vanish_at: bytes of the answer that still leave before it is gone.
        delay: seconds before each answer.
    """

    shell: Shell
    model: str = "Replay One"
    state: str = "device"
    shell_v2: bool = True
    version: int = WITHOUT_CHECKSUMS
    max_data: int = _MAX_PACKET
    auth: Literal["none", "asks", "refuses"] = "none"
    vanish_after: int | None = None
    vanish_at: int = 0
    delay: float = 0.0
    ran: list[str] = field(default_factory=list)
    known_keys: list[bytes] = field(default_factory=list)
    questions: int = 0
    faults: list[BaseException] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self._gone = False
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.vanish()
        for thread in self._threads:
            thread.join(10)
        assert not self.faults, self.faults

    def banner(self) -> bytes:
        features = ["cmd", "stat_v2", "fixed_push_mkdir", *(["shell_v2"] if self.shell_v2 else [])]
        name = self.model.lower().replace(" ", "_")
        properties = {"ro.product.name": name, "ro.product.model": self.model, "ro.product.device": name}
        text = "".join(f"{key}={value};" for key, value in properties.items())
        return f"{self.state}::{text}features={','.join(features)}".encode()

    def vanish(self) -> None:
        """Takes the device off the network, for good."""
        self._gone = True
        for one in (self._listener, *self._connections):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while not self._gone:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections.append(connection)
            self._threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            _Transport(self, connection).serve()
        except (OSError, EOFError):
            pass
        except BaseException as exc:  # noqa: BLE001 - shown by __exit__
            self.faults.append(exc)
        finally:
            connection.close()


@dataclass(kw_only=True)
class _Stream:
    """One service that the host opened, and what is still to be sent."""

    remote: int
    chunks: deque[bytes]
    leaves: bool


class _Transport:
    """One connection of a host."""

    def __init__(self, device: ReplayAdbd, connection: socket.socket) -> None:
        self.device = device
        self.connection = connection
        self.checked = True
        self.max_data = 4096
        self.token = b""
        self.online = False
        self.streams: dict[int, _Stream] = {}
        self.next_id = 1

    def serve(self) -> None:
        while True:
            command, arg0, arg1, data = self._receive()
            if command == CNXN:
                self.checked = min(arg0, self.device.version) < WITHOUT_CHECKSUMS
                self.max_data = min(arg1, self.device.max_data)
                if self.device.auth == "none":
                    self._welcome()
                else:
                    self._challenge()
            elif command == AUTH:
                self._authenticate(arg0, data)
            elif not self.online:
                raise AssertionError("the host spoke before it was let in")
            elif command == OPEN:
                self._open(arg0, data)
            elif command == OKAY:
                self._write(arg1)
            elif command == WRTE:
                self._send(OKAY, arg1, arg0)
            elif command == CLSE and self.streams.pop(arg1, None):
                self._send(CLSE, arg1, arg0)

    def _receive(self) -> tuple[int, int, int, bytes]:
        command, arg0, arg1, length, check, magic = _HEADER.unpack(self._exactly(_HEADER.size))
        assert magic == command ^ 0xFFFFFFFF, "a packet with a wrong magic"
        assert length <= _MAX_PACKET, "a packet that is too large"
        data = self._exactly(length)
        if self.checked and (command != CNXN or check):
            assert check == sum(data) & 0xFFFFFFFF, "a packet with a wrong checksum"
        return command, arg0, arg1, data

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            chunk = self.connection.recv(size - len(data))
            if not chunk:
                raise EOFError
            data += chunk
        return data

    def _send(self, command: int, arg0: int, arg1: int, data: bytes = b"") -> None:
        # CNXN and AUTH come before a version is agreed on: adbd always sums them up.
        check = sum(data) & 0xFFFFFFFF if self.checked or command in (CNXN, AUTH) else 0
        self.connection.sendall(_HEADER.pack(command, arg0, arg1, len(data), check, command ^ 0xFFFFFFFF) + data)

    def _welcome(self) -> None:
        self.online = True
        self._send(CNXN, self.device.version, self.device.max_data, self.device.banner())

    def _challenge(self) -> None:
        self.token = os.urandom(20)
        self._send(AUTH, AUTH_TOKEN, 0, self.token)

    def _authenticate(self, kind: int, data: bytes) -> None:
        if kind == AUTH_SIGNATURE:
            if any(_signed(key, self.token, data) for key in self.device.known_keys):
                self._welcome()
            else:
                self._challenge()
        elif kind == AUTH_RSAPUBLICKEY:
            self.device.questions += 1
            if self.device.auth == "asks":
                self.device.known_keys.append(data)
                self._welcome()

    def _open(self, remote: int, data: bytes) -> None:
        service, _, command = data.rstrip(b"\0").decode().partition(":")
        kind, *options = service.split(",")
        v2 = "v2" in options
        if (kind not in ("shell", "exec")) or (v2 and not self.device.shell_v2):
            self._send(CLSE, 0, remote)
            return
        time.sleep(self.device.delay)
        answer = self.device.shell.run(command)
        if v2:
            written = b"".join(
                struct.pack("<BI", channel, len(text)) + text
                for channel, text in ((STDOUT, answer.stdout), (STDERR, answer.stderr), (EXIT, bytes([answer.code])))
                if text
            )
        else:
            written = answer.stdout + answer.stderr
            if kind == "shell":  # v1 is a terminal
                written = written.replace(b"\n", b"\r\n")
        leaves = len(self.device.ran) == self.device.vanish_after
        self.device.ran.append(command)
        if leaves:
            written = written[: self.device.vanish_at]
        chunks = deque(written[at : at + self.max_data] for at in range(0, len(written), self.max_data))
        local, self.next_id = self.next_id, self.next_id + 1
        self.streams[local] = _Stream(remote=remote, chunks=chunks, leaves=leaves)
        self._send(OKAY, local, remote)
        self._write(local)

    def _write(self, local: int) -> None:
        """The next packet of a stream; the host acknowledges each before it gets another."""
        stream = self.streams.get(local)
        if stream is None:
            return
        if stream.chunks:
            self._send(WRTE, local, stream.remote, stream.chunks.popleft())
        elif stream.leaves:
            self.device.vanish()
        else:
            del self.streams[local]
            self._send(CLSE, local, stream.remote)


def _signed(key: bytes, token: bytes, signature: bytes) -> bool:
    """Whether a key, as adb sends it (a structure of mincrypt in base64, a blank, a name), signed the token."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
    from cryptography.hazmat.primitives.hashes import SHA1

    raw = base64.b64decode(key.partition(b" ")[0])
    words = int.from_bytes(raw[:4], "little")
    modulus = int.from_bytes(raw[8 : 8 + 4 * words], "little")
    exponent = int.from_bytes(raw[-4:], "little")
    try:
        RSAPublicNumbers(exponent, modulus).public_key().verify(signature, token, PKCS1v15(), Prehashed(SHA1()))
    except InvalidSignature:
        return False
    return True
