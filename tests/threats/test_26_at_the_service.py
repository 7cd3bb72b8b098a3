"""Threat 26, at the service: a pack that restricts more finds what an older bundle kept back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from evidence_factory import make_inventory
from fleet_simulator import OVERLAY
from judging import controls
from setapart_auditor.appraisal.model import Verdict
from setapart_auditor.authority import IssuedBundle, issue_bundle
from setapart_auditor.installation import Policies, load_policies
from setapart_auditor.policy.bundle import Choices
from setapart_auditor.store.schema import verdict
from setapart_auditor.sweep.fleet import run_sweep
from setapart_auditor.sweep.stored import appraise_pending
from setapart_auditor.sweep.verdicts import read_verdicts, unpack
from setapart_evidence.bundle import list_digest
from setapart_evidence.model import Withheld
from setapart_evidence.statement import Disclosure
from store_builder import DAY, START, StoredFleet, make_stored_fleet

GROWN = f'{OVERLAY}\n[restricted]\napps = ["wechat"]\n'
NARROW = "disclosure-too-narrow"


@pytest.fixture
def fleet(tmp_path: Path, database_url: str | None) -> Iterator[StoredFleet]:
    made = make_stored_fleet(tmp_path, database_url, ["phone"])
    yield made
    made.installation.store.close()


def test_a_bundle_of_before_is_never_green_under_a_pack_that_restricts_more(fleet: StoredFleet) -> None:
    issued = issue(fleet, fleet.policies)
    filtered(fleet, issued)
    assert (arrived(fleet).status, swept(fleet).status) == ("compliant", "compliant")
    grown = grow(fleet)
    after = swept(fleet, grown, days=1)
    assert (after.status, NARROW in controls(after)) == ("inconclusive", True)
    filtered(fleet, issued, days=2)
    assert arrived(fleet, grown, days=2).status == "inconclusive"
    filtered(fleet, issue(fleet, grown), days=3)
    assert (arrived(fleet, grown, days=3).status, swept(fleet, grown, days=3).status) == ("compliant", "compliant")


def test_a_bundle_that_was_not_issued_here_is_not_believed(fleet: StoredFleet) -> None:
    fleet.report(
        "phone",
        make_inventory(withheld=Withheld(apps=3)),
        disclosure=Disclosure(level="scoped", bundle="sha256:" + "b0" * 32),
    )
    assert NARROW in controls(arrived(fleet))


def grow(fleet: StoredFleet) -> Policies:
    """The authority restricts one more app."""
    fleet.installation.folder.parent.joinpath("authority.toml").write_text(GROWN, encoding="utf-8")
    return load_policies(fleet.installation)


def issue(fleet: StoredFleet, policies: Policies) -> IssuedBundle:
    return issue_bundle(fleet.installation.authority, policies.default, policies.catalog, Choices(), START)


def filtered(fleet: StoredFleet, issued: IssuedBundle, days: int = 0) -> None:
    """A report of an agent that let through what this bundle says."""
    bundle = issued.signed.bundle
    stated = Disclosure(
        level="scoped",
        bundle=issued.signed.digest,
        identifiers=list_digest(bundle.identifiers),
        domains=list_digest(bundle.internal),
    )
    inventory = make_inventory(withheld=Withheld(apps=311, accounts=2))
    fleet.report("phone", inventory, at=START + days * DAY, disclosure=stated)


def arrived(fleet: StoredFleet, policies: Policies | None = None, days: int = 0) -> Verdict:
    assert appraise_pending(fleet.installation, policies or fleet.policies, START + days * DAY) == 1
    with fleet.installation.store.read() as connection:
        query = select(verdict.c.body).where(verdict.c.sweep_no.is_(None)).order_by(verdict.c.no.desc()).limit(1)
        return unpack(connection.execute(query).scalar_one())


def swept(fleet: StoredFleet, policies: Policies | None = None, days: int = 0) -> Verdict:
    found = run_sweep(fleet.installation, policies or fleet.policies, START + days * DAY + DAY / 2)
    with fleet.installation.store.read() as connection:
        (one,) = read_verdicts(connection, found.no)
    return one.verdict
