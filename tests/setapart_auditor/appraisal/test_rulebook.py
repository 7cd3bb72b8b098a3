"""A policy made ready: severities that cannot be softened, filters compared once."""

import dataclasses
from typing import Any

import pytest

from evidence_factory import make_policy
from setapart_auditor.appraisal import rulebook as module
from setapart_auditor.appraisal.model import Disclosed
from setapart_auditor.appraisal.rulebook import Admission, at_least, rulebook_of
from setapart_auditor.policy.controls import CONTROLS
from setapart_auditor.policy.model import SEVERITIES


def test_a_policy_that_went_round_the_loader_softens_no_core_control_and_hardens_no_suspicion() -> None:
    softest: Any = {spec.id: "info" for spec in CONTROLS}
    hardest: Any = {spec.id: "violation" for spec in CONTROLS}
    soft, hard = (rulebook_of(make_policy(severities=chosen)).severities for chosen in (softest, hardest))
    for spec in CONTROLS:
        assert soft[spec.id] == (spec.severity if spec.core else "info")
        assert hard[spec.id] == spec.highest


def test_a_control_that_the_policy_forgot_has_its_default() -> None:
    forgetful = dataclasses.replace(make_policy(), severities={})
    assert rulebook_of(forgetful).severities == {spec.id: spec.severity for spec in CONTROLS}


def test_each_policy_has_its_own_rulebook_however_alike_their_digests() -> None:
    one, other = make_policy(), make_policy(internal=())
    assert one.digest == other.digest
    assert rulebook_of(one) is rulebook_of(one)
    assert rulebook_of(other).internal == frozenset()
    assert "agency.example" in rulebook_of(one).internal


def test_few_rulebooks_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RECENT", {})
    policies = [make_policy() for _ in range(50)]
    for policy in policies:
        assert rulebook_of(policy).policy is policy
        assert len(module._RECENT) <= module._KEPT


def test_filters_are_compared_once_and_told_apart() -> None:
    policy = make_policy()
    book = rulebook_of(policy)
    wide = Disclosed(identifiers=policy.needed_identifiers | policy.own_store.keys(), internal=None)
    assert book.admits(wide) is book.admits(wide)
    for number in range(50):
        narrow = Disclosed(identifiers=frozenset({str(number)}), internal=frozenset())
        assert book.admits(narrow) == Admission(apps=False, accounts=False)
    assert book.admits(wide) == Admission(apps=True, accounts=True)
    assert len(book._admitted) <= module._KEPT


def test_the_worse_severity_wins() -> None:
    for one in SEVERITIES:
        assert at_least(one, one) == one
        assert at_least(one, "violation") == at_least("violation", one) == "violation"
