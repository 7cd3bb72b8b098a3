"""A small fleet as files: keys, a register, and evidence made by the real writers; everything in one folder."""

import datetime as dt
import random
from dataclasses import dataclass, field
from pathlib import Path

from evidence_factory import NOW, make_inventory, make_predicate
from setapart_evidence.keys import Ed25519Signer
from setapart_evidence.model import Inventory
from setapart_evidence.report import encode_inventory, make_report
from setapart_evidence.statement import Disclosure

OVERLAY = """\
base = "no-2023"
id = "no-2023-fleet"
version = 1
title = "The simulated authority"

[internal]
domains = ["agency.example"]
"""


@dataclass
class Member:
    """One device: its key and where its chain stands."""

    name: str
    signer: Ed25519Signer
    sequence: int = 0
    previous: str | None = None


@dataclass
class Fleet:
    """Devices that report into one folder."""

    folder: Path
    members: dict[str, Member] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)

    def add(self, name: str, device_class: str = "ordinary", *, holder: str = "h1", extra: str = "") -> Member:
        """Makes a device with a key of its own and enters it into the register."""
        member = Member(name, Ed25519Signer(random.Random(name).randbytes(32)))
        self.folder.joinpath(f"{name}.pub").write_bytes(member.signer.public.pem())
        self.members[name] = member
        self.tables.append(
            f'[[device]]\nname = "{name}"\nkey = "{name}.pub"\nclass = "{device_class}"\nholder = "{holder}"\n'
            f'role = "staff"\n{extra}'
        )
        return member

    def enter(self, table: str) -> None:
        """Adds a table to the register as it is."""
        self.tables.append(table)

    def report(
        self,
        name: str,
        inventory: Inventory | None = None,
        *,
        file: str | None = None,
        collected_at: dt.datetime = NOW,
        disclosure: Disclosure | None = None,
        advance: bool = True,
        **predicate: object,
    ) -> Path:
        """Signs the device's next report and writes it; `advance=False` makes the next one a fork of this one."""
        member = self.members[name]
        raw, digest = make_report(
            make_predicate(
                device=member.signer.public.keyid,
                sequence=member.sequence + 1,
                previous=member.previous,
                collected_at=collected_at,
                disclosure=disclosure,
                **predicate,  # type: ignore[arg-type]
            ),
            encode_inventory(inventory or make_inventory()),
            member.signer,
        )
        path = self.folder / (file or f"{name}-{member.sequence + 1}.evidence")
        path.write_bytes(raw)
        if advance:
            member.sequence, member.previous = member.sequence + 1, digest
        return path

    def write(self) -> tuple[Path, Path]:
        """Writes register and overlay; returns their paths."""
        register, overlay = self.folder / "register.toml", self.folder / "authority.toml"
        register.write_text("\n".join(self.tables), encoding="utf-8")
        overlay.write_text(OVERLAY, encoding="utf-8")
        return register, overlay
