"""Threat 23: what delivers was taken over. It writes what it likes into `spool/` and `receipts/`; whoever reports there
believes none of it unverified, waits for nothing, and is stopped by nothing.

What it can't write at all its unit shows: tests/packaging/agent/test_units.py.
"""

import datetime as dt
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import small_auditor
from confined import confined_agent
from evidence_factory import NOW, make_evidence
from programs import Ran, agent
from setapart_agent.delivery_record import FILE as RECORD_FILE
from setapart_agent.errors import SpoolError
from setapart_agent.membership import BUNDLE_FILE, LEFT_FILE, enrolled
from setapart_agent.receipts import receipt_path
from setapart_agent.spool import Spool
from setapart_evidence.keys import Ed25519Signer
from setapart_evidence.keystore import open_key
from setapart_evidence.open import VerifiedReport
from small_auditor import SmallAuditor, bundle, nonce, opened

OTHER = Ed25519Signer(bytes(range(9, 41)))


@pytest.fixture
def known() -> Iterator[SmallAuditor]:
    with small_auditor.small_auditor() as found:
        found.bundle = bundle(5)
        yield found


@pytest.fixture
def home(tmp_path: Path, known: SmallAuditor) -> Path:
    """An enrolled folder with a pinned policy bundle and a delivered report."""
    folder = tmp_path / "agent"
    assert agent("enrol", known.token.spelled(), "--dir", folder).code == 0
    assert agent("report", "--dir", folder).code == 0
    return folder


def report(home: Path) -> tuple[Ran, VerifiedReport]:
    """Collects as the service does. Returns how it went, and the one report that was kept."""
    ran = confined_agent("report", "--no-deliver", "--dir", home)
    (kept,) = Spool(home).reports()
    return ran, opened(kept.path.read_bytes(), open_key((home / "key.pem").read_bytes()).public)


@pytest.mark.parametrize(
    "left",
    [
        bundle(4),
        bundle(5, expires_at=NOW + dt.timedelta(days=99)),  # another one with the same number
        bundle(6, expires_at=NOW),
        bundle(6, signer=OTHER),
        bundle(6).replace(b'"sig":"', b'"sig":"AAAA'),
        b"\0" * 9_000_000,
    ],
    ids=["older", "same-number", "expired", "another-authority", "altered", "huge"],
)
def test_a_policy_that_is_left_is_pinned_only_if_it_is_the_auditors_newer_and_valid(home: Path, left: bytes) -> None:
    (home / LEFT_FILE).write_bytes(left)
    ran, made = report(home)
    assert ran.code == 0, ran.err
    assert ran.err.startswith("setapart-agent: the policy bundle that was fetched is not used: "), ran.err
    assert (home / BUNDLE_FILE).read_bytes() == bundle(5)
    assert made.predicate.disclosure.bundle == small_auditor.bundle_digest(bundle(5))
    assert not (home / LEFT_FILE).exists(), "it would be complained of for ever"


def test_the_auditors_newer_policy_that_is_left_is_pinned_and_filters_at_once(home: Path) -> None:
    (home / LEFT_FILE).write_bytes(bundle(6))
    ran, made = report(home)
    assert (ran.code, ran.err) == (0, "")
    assert (home / BUNDLE_FILE).read_bytes() == bundle(6)
    assert made.predicate.disclosure.bundle == small_auditor.bundle_digest(bundle(6))


@pytest.mark.parametrize("signer", [small_auditor.SIGNER, OTHER], ids=["the-auditor", "somebody-else"])
def test_the_next_nonce_is_taken_from_no_receipt_but_the_auditors(
    home: Path, known: SmallAuditor, signer: Ed25519Signer
) -> None:
    device = enrolled(home).device
    assert device is not None
    receipt_path(home, device).unlink()
    before = enrolled(home).nonce
    known.taken += ["one", "more"]
    receipt_path(home, device).write_bytes(known.receipt_of(make_evidence(device=device), signer))
    _, made = report(home)
    after = nonce("r4")
    assert before != after
    assert made.predicate.observation.nonce == (after if signer is small_auditor.SIGNER else before)


def a_fifo(path: Path, _secret: Path) -> None:
    os.mkfifo(path)


def a_link(path: Path, secret: Path) -> None:
    path.symlink_to(secret)


def an_endless_link(path: Path, _secret: Path) -> None:
    path.symlink_to("/dev/zero")


def a_folder(path: Path, _secret: Path) -> None:
    path.mkdir()


def a_huge_file(path: Path, _secret: Path) -> None:
    path.touch()
    os.truncate(path, 2**40)


def deep_json(path: Path, _secret: Path) -> None:
    path.write_bytes(b'{"x":' + b"[" * 500_000)


@pytest.mark.parametrize("place", ["own.receipt", LEFT_FILE, RECORD_FILE, "spool/dropped.json", "spool/.x"])
@pytest.mark.parametrize("plant", [a_fifo, a_link, an_endless_link, a_folder, a_huge_file, deep_json])
def test_what_lies_in_the_place_of_a_file_neither_holds_up_nor_stops_a_report_and_is_not_shown(
    home: Path, tmp_path: Path, place: str, plant: Callable[[Path, Path], None]
) -> None:
    device = enrolled(home).device
    assert device is not None
    secret = tmp_path / "secret"
    secret.write_text("what only root may read")
    path = receipt_path(home, device) if place == "own.receipt" else home / place
    path.unlink(missing_ok=True)
    plant(path, secret)
    ran, _ = report(home)
    assert ran.code == 0, ran.err
    assert "Traceback" not in ran.err
    assert "only root may read" not in ran.out + ran.err
    assert secret.read_text() == "what only root may read"
    shown = confined_agent("status", "--dir", home)
    assert shown.code == 3, shown.err
    assert "Traceback" not in shown.err
    assert "only root may read" not in shown.out + shown.err


def test_files_that_only_look_like_reports_keep_no_report_from_being_kept_and_sent(
    home: Path, known: SmallAuditor
) -> None:
    spool = home / "spool"
    for moment in ("99991231T235959Z", "\u0669" * 8 + "T" + "\u0669" * 6 + "Z"):
        (spool / f"{moment}-{1:016d}-{'0' * 64}.evidence").write_bytes(b"x")
    (spool / f"20200101T000000Z-{1:016d}-{'1' * 64}.evidence").mkdir()
    (spool / f"20200101T000000Z-{1:016d}-{'2' * 64}.evidence").symlink_to("/etc/shadow")
    ran = confined_agent("report", "--no-deliver", "--dir", home)
    assert ran.code == 0, ran.err
    known.taken.clear()
    assert agent("deliver", "--dir", home, "--now").code == 3  # one of them is no report
    assert len(known.taken) == 1
    assert [one.digest for one in Spool(home).rejected()] == ["sha256:" + "0" * 64]


def test_a_report_that_became_a_link_is_not_read_through_it(home: Path, tmp_path: Path) -> None:
    """Root may copy reports to be carried."""
    secret = tmp_path / "secret"
    secret.write_text("what only root may read")
    report(home)
    spool = Spool(home)
    (kept,) = spool.reports()
    kept.path.unlink()
    kept.path.symlink_to(secret)
    with pytest.raises(SpoolError, match="can't be read"):
        spool.read(kept)
