"""A served auditor with registered devices, and requests as raw as a test needs them."""

import datetime as dt
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evidence_factory import make_evidence, make_inventory
from service import Service, serving
from setapart_auditor.installation import Installation, open_installation
from setapart_auditor.officers.actor import acting, add_officer
from setapart_auditor.officers.tokens import issue
from setapart_auditor.register.database import NewDevice, add_device, bind_key
from setapart_evidence import envelope, statement
from setapart_evidence.keys import Ed25519Signer
from setapart_evidence.receipt import Request, make_request
from stores import make_installation


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass
class Phone:
    """A registered device that reports one after the other."""

    signer: Ed25519Signer
    sequence: int = 0
    previous: str | None = None

    @property
    def id(self) -> str:
        return self.signer.public.keyid

    def report(self, **predicate: Any) -> bytes:
        """Its next report."""
        self.sequence += 1
        predicate.setdefault("collected_at", now())
        raw = make_evidence(
            make_inventory(), signer=self.signer, device=self.id, sequence=self.sequence, previous=self.previous,
            **predicate,
        )  # fmt: skip
        self.previous = digest_of(raw)
        return raw

    def request(self, installation: Installation, ask: Any = "challenge") -> bytes:
        """A signed question."""
        asked = Request(device=self.id, auditor=installation.keyid, ask=ask, asked_at=now())
        return make_request(asked, self.signer)


@dataclass
class World:
    """A service, its installation opened beside it, and devices."""

    service: Service
    installation: Installation
    phones: list[Phone]


def digest_of(raw: bytes) -> str:
    """`sha256:…` of the statement of a message."""
    return statement.digest(envelope.parse(raw.partition(b"\n")[0]).payload_bytes())


def register(installation: Installation, count: int, *, unit: str = "") -> list[Phone]:
    """Devices with their keys."""
    phones = [Phone(Ed25519Signer(random.randbytes(32))) for _ in range(count)]
    with installation.store.write() as connection:
        for one in phones:
            new = NewDevice(name=f"phone-{one.id[:12]}", device_class="ordinary", unit=unit)
            device = add_device(connection, new, "o1", now())
            bind_key(connection, device.no, one.signer.public, hardware=False, origin="enrolled", now=now())
    return phones


def make_reader(installation: Installation, name: str = "reader", *, unit: str | None = None) -> str:
    """The token of a new officer who may look, at one unit or at every one."""
    with installation.store.write() as connection:
        add_officer(installation, connection, name, roles=("viewer",), unit=unit, added_by="tests", now=now())
        return issue(connection, acting(installation, connection, name, now()), name, now())


@contextmanager
def world(
    folder: Path, database: str | None = None, *options: str, devices: int = 2, settings: str = "", **how: Any
) -> Iterator[World]:
    """Serves a new auditor; `settings` is added to its auditor.toml."""
    made = make_installation(folder, database)
    phones = register(made, devices)
    made.store.close()
    with (folder / "auditor.toml").open("a", encoding="utf-8") as file:
        file.write(settings)
    with serving(folder, "--no-appraiser", *options, **how) as service:
        installation = open_installation(folder)
        try:
            yield World(service, installation, phones)
        finally:
            installation.store.close()


def raw_exchange(service: Service, sent: bytes, *, seconds: float = 20) -> bytes:
    """Sends bytes, and returns all that comes back until the service closes the connection."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=seconds) as connection:
        found = b""
        try:
            connection.sendall(sent)
            while part := connection.recv(65536):
                found += part
        except ConnectionError:
            pass
        return found
