"""An intake that runs in the test, and chains of reports to give it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select, update

from evidence_factory import DEVICE_SIGNER, NOW, make_evidence
from setapart_auditor.installation import Installation, load_policies
from setapart_auditor.intake.service import Answer, Intake
from setapart_auditor.register.database import NewDevice, add_device, bind_key, bump
from setapart_auditor.store.schema import chain, device, evidence
from setapart_evidence import statement
from setapart_evidence.envelope import parse
from setapart_evidence.keys import Signer

SECONDS = 20
VERIFIERS = 0
"""Processes of an intake whose test says nothing of them."""


@contextmanager
def running(installation: Installation, *, limited: bool = False, verifiers: int | None = None) -> Iterator[Intake]:
    """An intake that is started, and closed at the end."""
    count = VERIFIERS if verifiers is None else verifiers
    intake = Intake(installation, load_policies(installation), limited=limited, verifiers=count)
    intake.start()
    try:
        yield intake
    finally:
        intake.close()


def register(installation: Installation, signer: Signer = DEVICE_SIGNER, name: str = "patrol-phone") -> None:
    """Registers a device with its key."""
    with installation.store.write() as connection:
        added = add_device(connection, NewDevice(name=name, device_class="ordinary"), "o1", NOW)
        bind_key(connection, added.no, signer.public, hardware=False, origin="enrolled", now=NOW)


def set_state(installation: Installation, state: str, name: str = "patrol-phone") -> None:
    """Revokes, retires or restores a device."""
    with installation.store.write() as connection:
        connection.execute(update(device).where(device.c.folded == name).values(state=state, state_since=NOW))
        bump(connection)


def take(intake: Intake, raw: bytes) -> Answer:
    """Gives the intake one message, and waits."""
    return intake.submit(raw, address="192.0.2.1", now=NOW).result(SECONDS)


def digest_of(raw: bytes) -> str:
    """The digest of a report's statement."""
    return statement.digest(parse(raw.partition(b"\n")[0]).payload_bytes())


def chain_of(length: int, **fields: Any) -> list[bytes]:
    """So many reports of one device, each after the other."""
    found: list[bytes] = []
    for sequence in range(1, length + 1):
        previous = digest_of(found[-1]) if found else None
        found.append(make_evidence(sequence=sequence, previous=previous, **fields))
    return found


def stored(installation: Installation) -> list[tuple[int, int, str]]:
    """Sequence, branch and outcome of every report in the store."""
    query = select(evidence.c.sequence, evidence.c.branch, evidence.c.outcome)
    with installation.store.read() as connection:
        return sorted((row.sequence, row.branch, row.outcome) for row in connection.execute(query))


def is_irregular(installation: Installation) -> bool:
    """Whether some chain has a report that did not follow its head."""
    with installation.store.read() as connection:
        return any(connection.execute(select(chain.c.irregular)).scalars())
