"""Exceptions as they are signed."""

import datetime as dt

import msgspec
import pytest

from setapart_evidence import envelope
from setapart_evidence.errors import EvidenceError
from setapart_evidence.exception import ExceptionRequest, grant, make_request, read_granted, read_request
from setapart_evidence.keys import Ed25519Signer, generate

ASKER, GRANTER, OTHER = (Ed25519Signer(bytes([at]) * 32) for at in (1, 2, 3))
REQUEST = ExceptionRequest(
    id="e-1",
    name="phone",
    app="tiktok",
    holder="Kari",
    need="outreach",
    valid_from=dt.date(2026, 11, 1),
    until=dt.date(2027, 4, 30),
    requested_by="ola",
    requested_at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
)
ASKED = make_request(REQUEST, ASKER)


@pytest.mark.parametrize("granter", [GRANTER, generate("ecdsa-p256")])
def test_two_keys_sign_the_same_bytes(granter: Ed25519Signer) -> None:
    both = grant(ASKED, ASKER.public, granter)
    assert envelope.parse(both.strip()).payload_bytes() == envelope.parse(ASKED.strip()).payload_bytes()
    assert read_granted(both, ASKER.public, granter.public).predicate == REQUEST
    assert read_request(both, ASKER.public).predicate == REQUEST


def test_one_signature_grants_nothing() -> None:
    for granter in (GRANTER, ASKER):
        with pytest.raises(EvidenceError, match="1 accepted signatures"):
            read_granted(ASKED, ASKER.public, granter.public)


def test_nobody_grants_with_the_key_that_asked() -> None:
    with pytest.raises(EvidenceError, match="one key"):
        grant(ASKED, ASKER.public, ASKER)


def test_what_another_asked_or_somebody_granted_already_is_not_granted() -> None:
    with pytest.raises(EvidenceError):
        grant(ASKED, OTHER.public, GRANTER)
    with pytest.raises(EvidenceError, match="2 signatures"):
        grant(grant(ASKED, ASKER.public, GRANTER), ASKER.public, OTHER)


def test_signatures_of_one_exception_are_none_of_another() -> None:
    other = make_request(msgspec.structs.replace(REQUEST, id="e-2"), OTHER)
    mixed = msgspec.structs.replace(
        envelope.parse(other.strip()), signatures=envelope.parse(grant(ASKED, ASKER.public, GRANTER).strip()).signatures
    )
    with pytest.raises(EvidenceError):
        read_granted(msgspec.json.encode(mixed), ASKER.public, GRANTER.public)
