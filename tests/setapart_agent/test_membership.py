"""What an agent knows of its auditor: whole or refused, and a policy bundle that never goes back."""

import datetime as dt
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import small_auditor
from evidence_factory import DEVICE_ID, NOW
from setapart_agent.errors import AgentError, NotEnrolledError, PolicyError
from setapart_agent.membership import (
    BUNDLE_FILE,
    FILE,
    LEFT_FILE,
    Membership,
    accept_bundle,
    enrolled,
    lacks_bundle,
    leave_bundle,
    pinned_bundle,
    read_membership,
    take_left_bundle,
    write_membership,
)
from setapart_evidence.enrolment import encoded_key
from setapart_evidence.errors import EvidenceError, SignatureError
from setapart_evidence.keys import Ed25519Signer
from small_auditor import SIGNER, bundle, bundle_digest, nonce

OTHER = Ed25519Signer(bytes(range(9, 41)))
KNOWN = Membership(
    state="enrolled",
    url="https://auditor.example",
    auditor=SIGNER.public.keyid,
    authority=encoded_key(SIGNER.public),
    device=DEVICE_ID,
    name="desk",
    nonce=nonce("first"),
    nonce_at=NOW,
    ca="/etc/ca.pem",
)
LATER = NOW + dt.timedelta(days=1)


def test_what_is_written_is_read_again_and_nobody_else_may(tmp_path: Path) -> None:
    write_membership(tmp_path, KNOWN)
    assert read_membership(tmp_path) == enrolled(tmp_path) == KNOWN
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_an_agent_that_knows_nobody_or_still_waits_is_not_enrolled(tmp_path: Path) -> None:
    assert read_membership(tmp_path) is None
    with pytest.raises(NotEnrolledError):
        enrolled(tmp_path)
    write_membership(tmp_path, msgspec.structs.replace(KNOWN, state="waiting", device=None))
    with pytest.raises(NotEnrolledError):
        enrolled(tmp_path)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_file_that_is_half_or_was_changed_is_said_to_be_damaged_or_means_what_it_says(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("m")
    raw = bytearray(msgspec.json.encode(KNOWN))
    cut = data.draw(st.integers(0, len(raw)))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(0, 255))
    (folder / FILE).write_bytes(raw[:cut])
    try:
        found = read_membership(folder)
    except AgentError as exc:
        assert all((exc.got, exc.expected, exc.cure))  # noqa: PT017 - either is right
    else:
        assert found is not None
        assert cut == len(raw)
        assert found.authority is None or found.key.keyid == found.auditor


def test_the_key_of_another_auditor_is_never_believed(tmp_path: Path) -> None:
    swapped = msgspec.structs.replace(KNOWN, authority=encoded_key(OTHER.public))
    write_membership(tmp_path, swapped)
    with pytest.raises(AgentError, match="another auditor"):
        read_membership(tmp_path)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-5, 5), max_size=8))
def test_the_latest_nonce_wins_in_whatever_order_they_come(minutes: list[int]) -> None:
    known = KNOWN
    for number in minutes:
        known = known.with_nonce(nonce(str(number)), NOW + dt.timedelta(minutes=number), None)
    latest = max([*minutes, 0])
    assert known.nonce == (nonce(str(latest)) if latest > 0 else KNOWN.nonce)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=8))
def test_a_bundle_is_only_ever_replaced_by_a_later_version(
    tmp_path_factory: pytest.TempPathFactory, versions: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("b")
    for number, version in enumerate(versions):
        before = max(versions[:number], default=0)
        if version >= before:
            accept_bundle(folder, KNOWN, bundle(version), LATER)
        else:
            with pytest.raises(PolicyError, match=f"policy bundle {version}"):
                accept_bundle(folder, KNOWN, bundle(version), LATER)
        present = pinned_bundle(folder, KNOWN)
        assert present is not None
        assert present.bundle.version == max(before, version)


def test_another_bundle_with_the_same_version_is_refused(tmp_path: Path) -> None:
    accept_bundle(tmp_path, KNOWN, bundle(2), LATER)
    with pytest.raises(PolicyError):
        accept_bundle(tmp_path, KNOWN, bundle(2, expires_at=NOW + dt.timedelta(days=9)), LATER)
    assert (tmp_path / BUNDLE_FILE).read_bytes() == bundle(2)


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (bundle(9, signer=OTHER), SignatureError),
        (bundle(9, expires_at=NOW), PolicyError),
        (bundle(9).replace(b'"payload":"ey', b'"payload":"eX'), EvidenceError),
        (b"<html>sign in to this network</html>", EvidenceError),
        (b"", EvidenceError),
    ],
    ids=["another-authority", "expired", "altered", "captive-portal", "empty"],
)
def test_a_bundle_that_is_not_good_leaves_the_one_that_is_here(
    tmp_path: Path, raw: bytes, error: type[Exception]
) -> None:
    accept_bundle(tmp_path, KNOWN, bundle(1), LATER)
    with pytest.raises(error):
        accept_bundle(tmp_path, KNOWN, raw, LATER)
    assert (tmp_path / BUNDLE_FILE).read_bytes() == bundle(1)


def test_a_bundle_that_was_damaged_here_gives_way_to_any_valid_one(tmp_path: Path) -> None:
    accept_bundle(tmp_path, KNOWN, bundle(5), LATER)
    os.truncate(tmp_path / BUNDLE_FILE, 50)
    with pytest.raises(AgentError, match="deliver"):
        pinned_bundle(tmp_path, KNOWN)
    accept_bundle(tmp_path, KNOWN, bundle(4), LATER)
    assert (tmp_path / BUNDLE_FILE).read_bytes() == bundle(4)


def test_a_bundle_that_the_auditor_named_and_that_is_not_here_is_no_reason_to_filter_by_another(tmp_path: Path) -> None:
    assert pinned_bundle(tmp_path, KNOWN) is None
    with pytest.raises(AgentError, match="not here yet"):
        pinned_bundle(tmp_path, msgspec.structs.replace(KNOWN, bundle=bundle_digest(bundle(1))))


def test_a_bundle_of_another_authority_in_the_folder_is_not_used(tmp_path: Path) -> None:
    (tmp_path / BUNDLE_FILE).write_bytes(small_auditor.bundle(1, signer=OTHER))
    with pytest.raises(AgentError):
        pinned_bundle(tmp_path, KNOWN)


def test_a_bundle_is_left_only_if_it_could_be_pinned(tmp_path: Path) -> None:
    accept_bundle(tmp_path, KNOWN, bundle(2), LATER)
    for raw in (bundle(1), bundle(3, expires_at=NOW), bundle(3, signer=OTHER)):
        with pytest.raises((PolicyError, EvidenceError)):
            leave_bundle(tmp_path, KNOWN, raw, LATER)
    leave_bundle(tmp_path, KNOWN, bundle(2), LATER)
    assert not (tmp_path / LEFT_FILE).exists()
    leave_bundle(tmp_path, KNOWN, bundle(3), LATER)
    assert (tmp_path / LEFT_FILE).read_bytes() == bundle(3)
    assert (tmp_path / BUNDLE_FILE).read_bytes() == bundle(2)


def test_a_bundle_that_was_left_is_judged_again_when_it_is_pinned_and_waits_no_longer(tmp_path: Path) -> None:
    leave_bundle(tmp_path, KNOWN, bundle(2), LATER)
    accept_bundle(tmp_path, KNOWN, bundle(3), LATER)  # carried here meanwhile
    with pytest.raises(PolicyError, match="policy bundle 2"):
        take_left_bundle(tmp_path, KNOWN, LATER)
    assert (tmp_path / BUNDLE_FILE).read_bytes() == bundle(3)
    take_left_bundle(tmp_path, KNOWN, LATER)
    leave_bundle(tmp_path, KNOWN, bundle(4), LATER)
    take_left_bundle(tmp_path, KNOWN, LATER)
    assert (tmp_path / BUNDLE_FILE).read_bytes() == bundle(4)
    assert not (tmp_path / LEFT_FILE).exists()


def test_a_bundle_is_lacking_until_the_one_that_was_named_is_pinned_or_left(tmp_path: Path) -> None:
    assert not lacks_bundle(tmp_path, KNOWN)
    named = msgspec.structs.replace(KNOWN, bundle=bundle_digest(bundle(2)))
    accept_bundle(tmp_path, named, bundle(1), LATER)
    assert lacks_bundle(tmp_path, named)
    leave_bundle(tmp_path, named, bundle(2), LATER)
    assert not lacks_bundle(tmp_path, named)
    take_left_bundle(tmp_path, named, LATER)
    assert not lacks_bundle(tmp_path, named)
    (tmp_path / BUNDLE_FILE).write_bytes(bundle(2, signer=OTHER))
    assert lacks_bundle(tmp_path, named)
