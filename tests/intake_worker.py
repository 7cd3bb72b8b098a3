"""The intake in a process of its own, to be killed: `python intake_worker.py FOLDER SOCKET [serve]`.

Everything is imported once; then each line on standard input forks one worker, whose process id is printed. With
`serve` this process is the worker. A worker takes frames from one connection, `number length body`, and answers each
with `number length receipt`, or with length 0 where the message was not taken in.
"""

import datetime as dt
import os
import socket
import struct
import sys
import threading
from concurrent.futures import Future
from pathlib import Path

from setapart_auditor.installation import Policies, load_policies, open_installation
from setapart_auditor.intake.service import Answer, Intake

FRAME = struct.Struct(">II")


def read_exactly(connection: socket.socket, size: int) -> bytes | None:
    """Bytes of a connection, None where it ends before."""
    found = bytearray()
    while len(found) < size:
        try:
            part = connection.recv(size - len(found))
        except ConnectionError:
            return None
        if not part:
            return None
        found += part
    return bytes(found)


def read_frame(connection: socket.socket) -> tuple[int, bytes] | None:
    """One frame, None at the end."""
    head = read_exactly(connection, FRAME.size)
    if head is None:
        return None
    number, size = FRAME.unpack(head)
    body = read_exactly(connection, size)
    return None if body is None else (number, body)


def serve(folder: Path, listener: socket.socket, policies: Policies | None) -> None:
    """Takes in what one connection sends."""
    installation = open_installation(folder)
    intake = Intake(installation, policies or load_policies(installation), limited=False)
    intake.start()
    connection, _ = listener.accept()
    lock = threading.Lock()

    def answer(number: int, done: Future[Answer]) -> None:
        body = b"" if done.exception() is not None else done.result().body
        if done.exception() is not None:
            print(repr(done.exception()), file=sys.stderr, flush=True)
        with lock:
            connection.sendall(FRAME.pack(number, len(body)) + body)

    while (frame := read_frame(connection)) is not None:
        number, raw = frame
        done = intake.submit(raw, address="test", now=dt.datetime.now(dt.UTC))
        done.add_done_callback(lambda done, number=number: answer(number, done))
    intake.close()
    installation.store.close()
    connection.close()


def main() -> None:
    """See above."""
    folder, path = Path(sys.argv[1]), sys.argv[2]
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(8)
    if sys.argv[3:] == ["serve"]:
        print("ready", flush=True)
        serve(folder, listener, None)
        return
    installation = open_installation(folder)
    policies = load_policies(installation)
    installation.store.close()
    print("ready", flush=True)
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                serve(folder, listener, policies)
            finally:
                os._exit(0)
        print(pid, flush=True)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
