"""A request to enrol as the store keeps it: everything but the token's secret, which is kept nowhere."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, insert, select

from setapart_auditor.errors import StoreError
from setapart_auditor.store.schema import enrolment
from setapart_evidence.enrolment import Enrolment, public_key
from setapart_evidence.errors import EvidenceError
from setapart_evidence.keys import PublicKey
from setapart_evidence.message import Message
from setapart_evidence.model import Platform
from setapart_evidence.text import printable
from setapart_evidence.words import words_of

State = Literal["waiting", "accepted", "refused"]


class Asked(Struct, frozen=True, kw_only=True):
    """What a request said; `digest` is its statement's, which tells a request that is sent again from another one."""

    digest: str
    key: str
    hardware: bool
    name: str
    serial: str | None
    platform: Platform
    agent: str
    requested_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """A row of `enrolment`: what was asked with which token, and what became of it.

    What was asked is decoded where it is needed: a damaged request stops no other, and can be refused.
    """

    no: int
    token_no: int
    device_no: int | None
    keyid: str
    state: State
    request: bytes = field(repr=False)
    answer: bytes | None
    at: dt.datetime
    decided_by: str | None
    decided_at: dt.datetime | None

    @property
    def asked(self) -> Asked:
        """What was asked.

        Raises:
            StoreError: it can't be read, or is another key's: the words that an officer compares are of `keyid`.
        """
        try:
            found = _DECODER.decode(self.request)
            keyid = public_key(found.key).keyid
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, EvidenceError):
            raise self._damaged() from None
        if keyid != self.keyid:
            raise self._damaged()
        return found

    @property
    def key(self) -> PublicKey:
        """The key that asks; errors as of `asked`."""
        return public_key(self.asked.key)

    @property
    def words(self) -> str:
        """The key's words, as the device shows them too.

        Raises:
            StoreError: the row's key is none.
        """
        try:
            return words_of(self.keyid)
        except ValueError:
            raise self._damaged() from None

    def _damaged(self) -> StoreError:
        return StoreError(
            f"request {self.no} to enrol is damaged",
            expected="the request as it was kept",
            cure="run `setapart-auditor log verify`; refuse it, and let the device make a new key",
        )


_DECODER = msgspec.json.Decoder(Asked)


def asked_of(message: Message[Enrolment]) -> Asked:
    """What is kept of a request."""
    request = message.predicate
    return Asked(
        digest=message.digest,
        key=request.key,
        hardware=request.hardware,
        name=printable(request.name),
        serial=printable(request.serial.strip()) if request.serial is not None else None,
        platform=request.platform,
        agent=printable(request.agent),
        requested_at=request.requested_at,
    )


def keep(
    connection: Connection, asked: Asked, keyid: str, now: dt.datetime, *, token_no: int, device_no: int | None,
    state: State,
) -> Enrolled:  # fmt: skip
    """Writes a request down."""
    connection.execute(
        insert(enrolment).values(
            token_no=token_no,
            device_no=device_no,
            keyid=keyid,
            state=state,
            request=msgspec.json.encode(asked),
            at=now,
        )
    )
    found = of_key(connection, keyid)
    assert found is not None
    return found


def of_key(connection: Connection, keyid: str) -> Enrolled | None:
    """The request that a key has made, if it has made one."""
    row = connection.execute(select(enrolment).where(enrolment.c.keyid == keyid)).mappings().one_or_none()
    return None if row is None else _enrolled(row)


def waiting(connection: Connection) -> Iterator[Enrolled]:
    """The requests that wait for an officer, the oldest first."""
    query = select(enrolment).where(enrolment.c.state == "waiting").order_by(enrolment.c.no)
    for row in connection.execute(query).mappings():
        yield _enrolled(row)


def _enrolled(row: Mapping[Any, Any]) -> Enrolled:
    return Enrolled(
        no=row["no"],
        token_no=row["token_no"],
        device_no=row["device_no"],
        keyid=row["keyid"],
        state=row["state"],
        request=bytes(row["request"]),
        answer=row["answer"],
        at=row["at"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
    )
