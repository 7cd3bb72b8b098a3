"""Threat 12, at the agent: nobody makes it take an older policy, an expired one, or somebody else's."""

import datetime as dt
from pathlib import Path

import pytest

from evidence_factory import NOW
from setapart_agent.errors import AgentError
from setapart_agent.membership import BUNDLE_FILE, Membership, accept_bundle, pinned_bundle
from setapart_evidence.enrolment import encoded_key
from setapart_evidence.errors import SetapartError
from setapart_evidence.keys import Ed25519Signer
from small_auditor import SIGNER, bundle, bundle_digest

KNOWN = Membership(
    state="enrolled",
    url="",
    auditor=SIGNER.public.keyid,
    authority=encoded_key(SIGNER.public),
    device="d",
    bundle=bundle_digest(bundle(5)),
)


@pytest.mark.parametrize(
    "offered",
    [
        bundle(4),
        bundle(5, expires_at=NOW + dt.timedelta(days=99)),  # another one with the same number
        bundle(6, expires_at=NOW - dt.timedelta(seconds=1)),
        bundle(6, signer=Ed25519Signer(bytes(32))),
        bundle(6).replace(b'"sig":"', b'"sig":"AAAA'),
        b"{}",
    ],
    ids=["older", "same-number", "expired", "another-authority", "altered", "none"],
)
def test_an_older_expired_or_foreign_policy_never_takes_the_place_of_the_one_that_is_here(
    tmp_path: Path, offered: bytes
) -> None:
    accept_bundle(tmp_path, KNOWN, bundle(5), NOW)
    with pytest.raises(SetapartError):
        accept_bundle(tmp_path, KNOWN, offered, NOW)
    assert (tmp_path / BUNDLE_FILE).read_bytes() == bundle(5)


def test_a_newer_policy_is_taken(tmp_path: Path) -> None:
    accept_bundle(tmp_path, KNOWN, bundle(5), NOW)
    assert accept_bundle(tmp_path, KNOWN, bundle(6), NOW).bundle.version == 6


@pytest.mark.parametrize("damage", [b"", b"{}", bundle(9, signer=Ed25519Signer(bytes(32)))])
def test_a_policy_that_is_missing_or_damaged_never_becomes_the_wider_built_in_one(
    tmp_path: Path, damage: bytes
) -> None:
    with pytest.raises(AgentError):
        pinned_bundle(tmp_path, KNOWN)
    (tmp_path / BUNDLE_FILE).write_bytes(damage)
    with pytest.raises(AgentError):
        pinned_bundle(tmp_path, KNOWN)
    accept_bundle(tmp_path, KNOWN, bundle(5), NOW)
    assert pinned_bundle(tmp_path, KNOWN) is not None
