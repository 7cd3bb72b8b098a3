"""A device as the register had it at an earlier moment: what changed since, taken back."""

import datetime as dt
from typing import Any

from sqlalchemy import Connection, select

from setapart_auditor.appraisal.model import Attestation, Registration
from setapart_auditor.errors import RegisterError
from setapart_auditor.store.schema import attestation, device, device_change, settlement
from setapart_auditor.store.types import damaged
from setapart_evidence.moments import moment_text
from setapart_evidence.statement import digest_text

from .database import unenrolled_id


def registration_at(connection: Connection, device_no: int, when: dt.datetime) -> Registration:
    """The registration that counted at a moment; a change counts from its own moment on.

    Raises:
        RegisterError: the device was not registered yet, or there is none.
    """
    row = connection.execute(select(device).where(device.c.no == device_no)).mappings().one_or_none()
    if row is None or when < row["created_at"]:
        raise RegisterError(f"no device at {moment_text(when)}", expected="a moment after the device was registered")
    then: dict[str, Any] = {column.name: row[column.name] for column in device.columns}
    changes = select(device_change).where(device_change.c.device_no == device_no, device_change.c.at > when)
    for change in connection.execute(changes.order_by(device_change.c.no.desc())):
        if change.field in then:
            then[change.field] = former(change.field, change.old)
    attested = select(attestation).where(
        attestation.c.device_no == device_no, attestation.c.date <= when.astimezone(dt.UTC).date()
    )
    settled = select(settlement.c.digest).where(
        settlement.c.device_no == device_no, settlement.c.second_at.is_not(None), settlement.c.second_at <= when
    )
    return Registration(
        name=then["name"],
        id=then["id"] or unenrolled_id(device_no),
        device_class=then["class"],
        ownership=then["ownership"],
        holder=then["holder"],
        role=then["role"],
        unit=then["unit"],
        since=then["since"],
        settled=tuple(digest_text(one) for one in connection.execute(settled.order_by(settlement.c.no)).scalars()),
        attestations=tuple(
            Attestation(client=one.client, by=one.by, date=one.date, until=one.until)
            for one in connection.execute(attested.order_by(attestation.c.no))
        ),
    )


def former(field: str, text: str | None) -> object:
    """A value as a change keeps it, of the type that its column has.

    Raises:
        DamagedValueError: it is none.
    """
    try:
        if text is not None and field == "since":
            return dt.date.fromisoformat(text)
        if text is not None and field == "state_since":
            return dt.datetime.fromisoformat(text).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise damaged(f"former `{field}` of a device") from None
    return text == "True" if field == "legal_hold" else text
