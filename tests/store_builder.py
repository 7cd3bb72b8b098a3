"""A stored fleet: devices entered into the register, reports signed by their keys and taken in by the real intake."""

import datetime as dt
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from evidence_factory import make_inventory, make_predicate
from fleet_simulator import OVERLAY
from setapart_auditor.installation import Installation, Policies, load_policies
from setapart_auditor.intake.service import Intake
from setapart_auditor.register.database import NewDevice, add_device, bind_key
from setapart_evidence.keys import Ed25519Signer
from setapart_evidence.model import Inventory
from setapart_evidence.report import encode_inventory, make_report
from stores import make_installation

START = dt.datetime(2026, 11, 2, 8, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@dataclass
class StoredMember:
    """One device: its number, its key and where its chain stands."""

    no: int
    signer: Ed25519Signer
    sequence: int = 0
    previous: str | None = None


@dataclass(repr=False)  # hypothesis shows arguments, and this one holds whole policies
class StoredFleet:
    """Devices of one auditor."""

    installation: Installation
    policies: Policies
    members: dict[str, StoredMember] = field(default_factory=dict)

    def add(self, *names: str, device_class: str = "ordinary", at: dt.datetime = START, **fields: Any) -> None:
        """Enters devices with keys of their own."""
        with self.installation.store.write() as connection:
            for name in names:
                signer = Ed25519Signer(random.Random(name).randbytes(32))
                new = NewDevice(
                    name=name,
                    device_class=device_class,  # type: ignore[arg-type]
                    **{"holder": f"holder of {name}", "role": "staff", "since": at.date(), **fields},
                )
                found = add_device(connection, new, "os:tests", at)
                bind_key(connection, found.no, signer.public, hardware=False, origin="enrolled", now=at)
                self.members[name] = StoredMember(no=found.no, signer=signer)

    def sign(
        self,
        name: str,
        inventory: Inventory | None = None,
        *,
        at: dt.datetime = START,
        advance: bool = True,
        **predicate: Any,
    ) -> bytes:
        """The device's next report; `advance=False` makes the next one a fork of this one."""
        member = self.members[name]
        made = make_predicate(
            **{
                "device": member.signer.public.keyid,
                "sequence": member.sequence + 1,
                "previous": member.previous,
                "collected_at": at,
                **predicate,
            }
        )
        raw, digest = make_report(made, encode_inventory(inventory or make_inventory()), member.signer)
        if advance:
            member.sequence, member.previous = member.sequence + 1, digest
        return raw

    def receive(self, *reports: bytes, at: dt.datetime = START) -> None:
        """Takes reports in, in this order; every one has to be taken."""
        intake = Intake(self.installation, self.policies, limited=False)
        intake.start()
        try:
            for answer in intake.receive_all(reports, at):
                assert not isinstance(answer, Exception), answer
        finally:
            intake.close()

    def report(self, name: str, inventory: Inventory | None = None, *, at: dt.datetime = START, **more: Any) -> None:
        """Signs a device's next report and takes it in."""
        self.receive(self.sign(name, inventory, at=at, **more), at=at)


@contextmanager
def by_hand(installation: Installation) -> Iterator[Connection]:
    """A transaction of the database's owner, whom no trigger stops."""
    with installation.store.engine.begin() as connection:
        if installation.store.is_postgresql:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            for name in names:
                connection.execute(text(f'DROP TRIGGER "{name}"'))
        yield connection


def make_stored_fleet(
    folder: Path, url: str | None = None, names: Iterable[str] = (), *, overlay: str = OVERLAY, **fields: Any
) -> StoredFleet:
    """A new auditor of `agency.example` with some devices; close its store."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "authority.toml"
    path.write_text(overlay, encoding="utf-8")
    installation = make_installation(folder / "auditor", url, overlay=path)
    fleet = StoredFleet(installation=installation, policies=load_policies(installation))
    fleet.add(*names, **fields)
    return fleet
