"""An auditor of a few lines on a real socket, that misbehaves as it is told: for what the real one never does.

It signs for real, and knows no database. `script` holds answers that are given before the right ones are.
"""

import datetime as dt
import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from evidence_factory import NOW
from setapart_evidence import envelope as dsse
from setapart_evidence.bundle import PackRef, PolicyBundle, make_bundle
from setapart_evidence.enrolment import (
    EnrolmentAnswer,
    Token,
    encoded_key,
    make_answer,
    read_enrolment,
    unverified_rotation,
)
from setapart_evidence.keys import Ed25519Signer
from setapart_evidence.open import KeyBinding, open_report
from setapart_evidence.receipt import Challenge, Receipt, make_challenge, make_receipt, unverified_request
from setapart_evidence.statement import digest, subject

SIGNER = Ed25519Signer(bytes(range(7, 39)))
SECRET = bytes(32)


@dataclass(frozen=True)
class Scripted:
    """One answer out of turn."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def nonce(name: str) -> str:
    """A nonce that a test can tell; nonces have a least length."""
    return name.ljust(20, "-")


def refusal(status: int, reason: str, **headers: str) -> Scripted:
    """A refusal as the auditor words it."""
    body = json.dumps({"reason": reason, "got": f"because of {reason}", "expected": "", "cure": ""}).encode()
    return Scripted(status, body, headers)


def bundle(version: int, *, expires_at: dt.datetime | None = None, signer: Ed25519Signer = SIGNER) -> bytes:
    """A policy bundle; valid for a century unless told otherwise."""
    made = PolicyBundle(
        version=version,
        issued_at=NOW,
        expires_at=expires_at or NOW + dt.timedelta(days=36500),
        authority=encoded_key(signer.public),
        pack=PackRef(id="p", version=1, digest="sha256:" + "0" * 64),
        identifiers=("deb:telegram-desktop",),
        clients=(),
        own_store=(),
        internal=(),
        id_key="A" * 43 + "=",
        address_key="A" * 43 + "=",
    )
    return make_bundle(made, (subject("pack", b"x"),), signer)


def bundle_digest(raw: bytes) -> str:
    return digest(dsse.parse(raw.strip()).payload_bytes())


class SmallAuditor:
    """What it was asked (`asked`), what it took (`taken`, digests), and what it says next (`script`)."""

    def __init__(self) -> None:
        self.script: deque[Scripted] = deque()
        self.asked: list[str] = []
        self.taken: list[str] = []
        self.bundle: bytes | None = None
        self.state = "accepted"
        self.now = NOW
        self.url = ""

    @property
    def token(self) -> Token:
        return Token(secret=SECRET, auditor=SIGNER.public.keyid, url=self.url)

    def answer(self, path: str, raw: bytes) -> Scripted:
        self.asked.append(path)
        self.now += dt.timedelta(seconds=1)
        if self.script:
            return self.script.popleft()
        return Scripted(body=getattr(self, "on_" + path.rpartition("/")[2])(raw))

    @property
    def _named(self) -> str | None:
        return None if self.bundle is None else bundle_digest(self.bundle)

    def on_enrol(self, raw: bytes) -> bytes:
        message, key = read_enrolment(raw)
        accepted = self.state == "accepted"
        answer = EnrolmentAnswer(
            state=self.state,
            device=key.keyid if accepted else None,
            name=message.predicate.name if accepted else None,
            authority=encoded_key(SIGNER.public),
            nonce=nonce("first") if accepted else None,
            bundle=self._named if accepted else None,
            answered_at=self.now,
        )
        return make_answer(answer, message.digest, SIGNER)

    def on_rotate(self, raw: bytes) -> bytes:
        answer = EnrolmentAnswer(
            state="accepted",
            device=unverified_rotation(raw).device,
            name="d",
            authority=encoded_key(SIGNER.public),
            answered_at=self.now,
        )
        return make_answer(answer, digest(dsse.parse(raw.strip()).payload_bytes()), SIGNER)

    def on_report(self, raw: bytes) -> bytes:
        return self.receipt_of(raw)

    def on_request(self, raw: bytes) -> bytes:
        request = unverified_request(raw)
        if request.ask == "bundle":
            assert self.bundle is not None
            return self.bundle
        challenge = Challenge(
            device=request.device, nonce=nonce(f"n{len(self.asked)}"), issued_at=self.now, bundle=self._named
        )
        return make_challenge(challenge, digest(dsse.parse(raw.strip()).payload_bytes()), SIGNER)

    def receipt_of(self, raw: bytes, signer: Ed25519Signer = SIGNER) -> bytes:
        """The receipt of a report, whoever signed that."""
        statement = digest(dsse.parse(dsse.split(raw)[0]).payload_bytes())
        claimed = json.loads(dsse.parse(dsse.split(raw)[0]).payload_bytes())["predicate"]
        if statement not in self.taken:
            self.taken.append(statement)
        receipt = Receipt(
            device=claimed["device"]["id"],
            sequence=claimed["observation"]["sequence"],
            received_at=self.now,
            outcome="accepted",
            nonce=nonce(f"r{len(self.taken)}"),
            log_index=len(self.taken),
            bundle=self._named,
        )
        return make_receipt(receipt, statement, "sha256:" + "1" * 64, signer)


@contextmanager
def small_auditor() -> Iterator[SmallAuditor]:
    """Serves it on the loopback for the length of a block."""
    auditor = SmallAuditor()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found = auditor.answer(self.path, body)
            self.send_response(found.status)
            for name, value in {"Content-Length": str(len(found.body)), **found.headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(found.body)

        def log_message(self, *words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    auditor.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield auditor
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def opened(raw: bytes, key: Any) -> Any:
    """A report as its auditor would read it."""

    class Keys:
        def keys_for(self, device: str, station: str | None) -> tuple[KeyBinding, ...]:
            return (KeyBinding(key=key, role="station" if station else "device", grade="agent-key"),)

    return open_report(raw, Keys())
