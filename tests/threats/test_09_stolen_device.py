"""Threat 9: a stolen device. Once its revocation is committed, nothing of it is accepted; all of it is kept."""

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from sqlalchemy import select

from evidence_factory import NOW
from intakes import SECONDS, chain_of, running
from setapart_auditor.installation import Installation
from setapart_auditor.register.database import NewDevice, add_device, bind_key, find_device
from setapart_auditor.register.lifecycle import revoke
from setapart_auditor.store.schema import evidence
from setapart_evidence.keys import Ed25519Signer

if TYPE_CHECKING:
    from concurrent.futures import Future

    from setapart_auditor.intake.service import Answer

RACES = 1000
REPORTS = 2
AT_ONCE = 25


def make_devices(installation: Installation) -> dict[int, list[bytes]]:
    """Registers as many devices as there are races; the reports of each."""
    found: dict[int, list[bytes]] = {}
    with installation.store.write() as connection:
        for at in range(RACES):
            signer = Ed25519Signer((at + 1).to_bytes(32, "big"))
            added = add_device(connection, NewDevice(name=f"d{at}", device_class="ordinary"), "o1", NOW)
            bind_key(connection, added.no, signer.public, hardware=False, origin="enrolled", now=NOW)
            found[added.no] = chain_of(REPORTS, device=signer.public.keyid, signer=signer)
    return found


def revoke_each(installation: Installation, names: "SimpleQueue[str | None]", seen: dict[int, int]) -> None:
    """Revokes devices as they are named, and notes by device the last report that its revocation could see."""
    while (name := names.get()) is not None:
        with installation.store.write() as connection:
            device = find_device(connection, name)
            revoke(connection, device, NOW, "o1", NOW, why="stolen")
            newest = select(evidence.c.no).order_by(evidence.c.no.desc()).limit(1)
            seen[device.no] = connection.execute(newest).scalar() or 0


def test_revoking_races_the_intake_and_none_is_accepted_after_it(installation: Installation) -> None:
    """A report's place is its number: those above the last one that the revocation's transaction saw came after it."""
    devices = make_devices(installation)
    names: SimpleQueue[str | None] = SimpleQueue()
    seen: dict[int, int] = {}
    thread = threading.Thread(target=revoke_each, args=(installation, names, seen), daemon=True)
    thread.start()
    numbers = list(devices)
    with running(installation) as intake:
        for at in range(0, RACES, AT_ONCE):
            waiting: list[Future[Answer]] = []
            for place, number in enumerate(numbers[at : at + AT_ONCE], at):
                first, *others = devices[number]
                waiting.append(intake.submit(first, address="a", now=NOW))
                names.put(f"d{place}")
                waiting += [intake.submit(raw, address="a", now=NOW) for raw in others]
            assert {future.result(SECONDS).outcome for future in waiting} <= {"accepted", "quarantined"}
        names.put(None)
        thread.join()
    with installation.store.read() as connection:
        rows = connection.execute(select(evidence.c.no, evidence.c.device_no, evidence.c.outcome)).all()
    assert len(seen) == RACES
    assert len(rows) == RACES * REPORTS
    assert {row.outcome for row in rows if row.no > seen[row.device_no]} == {"quarantined"}
    assert {row.outcome for row in rows if row.no <= seen[row.device_no]} == {"accepted"}
