"""A store with a row in every table of the record, written through `Store.write` as the auditor writes."""

import datetime as dt
import hashlib
from typing import Any

import zstandard
from sqlalchemy import insert

from setapart_auditor.installation import Installation
from setapart_auditor.log.append import Entry, append
from setapart_auditor.log.checkpoint import make_checkpoint
from setapart_auditor.log.merkle import STEP
from setapart_auditor.officers.trail import Act
from setapart_auditor.store import schema

NOW = dt.datetime(2026, 11, 26, 9, 30, 0, 5, tzinfo=dt.UTC)
DAY = NOW.date()
INVENTORY = b'{"device":{}}'


def fill(installation: Installation) -> None:
    """Writes two of everything, over two transactions, and a checkpoint after each."""
    for number in (1, 2):
        with installation.store.write() as connection:
            for table, values in _rows(number):
                connection.execute(insert(table).values(**values))
            entries = [
                Entry(kind="device-read", at=NOW, record=Act(who="o1", about=f"d{number}", why=f"case {one}"))
                for one in range((1 << STEP) + 3)
            ]
            append(connection, entries)
        checkpoint(installation)


def checkpoint(installation: Installation) -> str:
    """Signs the log as it is."""
    with installation.store.write() as connection:
        return make_checkpoint(connection, installation.authority.signer, installation.settings.log.origin, NOW)


def digest(text: str) -> bytes:
    """32 bytes that look like a digest."""
    return hashlib.sha256(text.encode()).digest()


def _rows(n: int) -> list[tuple[Any, dict[str, Any]]]:
    s = schema
    return [
        (
            s.device,
            {
                "no": n,
                "name": f"d{n}",
                "folded": f"d{n}",
                "id": digest(f"k{n}").hex(),
                "serial": f"S{n}",
                "platform": "android",
                "class": "ordinary",
                "holder": "h",
                "role": "staff",
                "unit": "u",
                "since": DAY,
                "state": "revoked",
                "state_since": NOW,
                "created_at": NOW,
            },
        ),
        (
            s.device_change,
            {"no": n, "device_no": n, "at": NOW, "by": "o1", "field": "holder", "old": "g", "new": "h", "why": "w"},
        ),
        (
            s.device_key,
            {
                "no": n,
                "device_no": n,
                "keyid": digest(f"k{n}").hex(),
                "spki": b"the spki",
                "origin": "enrolled",
                "valid_from": NOW,
                "valid_until": NOW,
            },
        ),
        (
            s.station,
            {
                "no": n,
                "name": f"s{n}",
                "folded": f"s{n}",
                "keyid": digest(f"s{n}").hex(),
                "spki": b"the spki",
                "valid_from": NOW,
                "valid_until": NOW,
            },
        ),
        (s.attestation, {"no": n, "device_no": n, "client": "k9", "by": "o1", "date": DAY, "until": DAY}),
        (
            s.settlement,
            {
                "no": n,
                "device_no": n,
                "digest": digest("e"),
                "why": "w",
                "first_by": "o1",
                "first_folded": "o1",
                "first_at": NOW,
                "second_by": "o2",
                "second_folded": "o2",
                "second_at": NOW,
            },
        ),
        (
            s.token,
            {
                "no": n,
                "hash": digest(f"t{n}"),
                "device_no": n,
                "serial": "S",
                "class": "ordinary",
                "unit": "u",
                "quota": 5,
                "used": 1,
                "created_at": NOW,
                "created_by": "o1",
                "expires_at": NOW,
                "revoked_at": NOW,
            },
        ),
        (
            s.enrolment,
            {
                "no": n,
                "token_no": n,
                "device_no": n,
                "keyid": digest(f"k{n}").hex(),
                "state": "accepted",
                "request": b"r",
                "answer": b"a",
                "at": NOW,
                "decided_by": "o1",
                "decided_at": NOW,
            },
        ),
        (s.epoch, {"value": digest(f"epoch{n}").hex(), "issued_at": NOW, "use_until": NOW, "raw": b"raw"}),
        (
            s.chain,
            {
                "no": n,
                "device_no": n,
                "keyid": digest(f"k{n}").hex(),
                "head_sequence": 3,
                "head_digest": digest(f"e{n}"),
            },
        ),
        (
            s.evidence,
            {
                "no": n,
                "device_no": n,
                "chain_no": n,
                "sequence": 3,
                "digest": digest(f"e{n}"),
                "previous": digest("p"),
                "inventory_digest": hashlib.sha256(INVENTORY).digest(),
                "received_at": NOW,
                "collected_at": NOW,
                "nonce_issued_at": NOW,
                "grade": "agent-key",
                "source": "local",
                "outcome": "accepted",
                "envelope": b"the envelope",
                "receipt": b"the receipt",
                "log_index": n,
            },
        ),
        (s.inventory, {"evidence_no": n, "body": zstandard.compress(INVENTORY), "size": len(INVENTORY)}),
        (
            s.sweep,
            {
                "no": n,
                "started_at": NOW,
                "finished_at": NOW,
                "at": NOW,
                "pack": "p",
                "unit": "u",
                "engine": "0",
                "devices": 1,
                "inputs": "i",
                "summary": b"s",
            },
        ),
        (
            s.verdict,
            {
                "no": n,
                "device_no": n,
                "sweep_no": n,
                "judged_at": NOW,
                "policy": "p",
                "pack": "p",
                "evidence_digest": digest(f"e{n}"),
                "engine": "0",
                "status": "violation",
                "body": b"b",
            },
        ),
        (s.status, {"no": n, "device_no": n, "status": "violation", "since": NOW, "verdict_no": n}),
        (
            s.officer,
            {
                "no": n,
                "name": f"o{n}",
                "folded": f"o{n}",
                "roles": "officer",
                "unit": "u",
                "keyid": digest(f"o{n}").hex(),
                "spki": b"the spki",
                "token_hash": digest(f"ot{n}"),
                "token_expires_at": NOW,
                "added_at": NOW,
                "added_by": "os:root",
                "disabled_at": NOW,
            },
        ),
        (
            s.exception,
            {
                "id": f"E-{n}",
                "device_no": n,
                "app": "tiktok",
                "holder": "h",
                "holder_folded": "h",
                "need": "n",
                "ground": "g",
                "valid_from": DAY,
                "until": DAY + dt.timedelta(days=9),
                "state": "revoked",
                "requested_by": "o1",
                "requested_folded": "o1",
                "requested_at": NOW,
                "decided_by": "o2",
                "decided_folded": "o2",
                "decided_at": NOW,
                "approver_role": "r",
                "revoked_by": "o2",
                "revoked_at": NOW,
                "revoked_on": DAY,
                "why": "w",
                "envelope": b"e",
            },
        ),
    ]
