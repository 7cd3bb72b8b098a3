"""A stored report that no longer verifies: never green, and nothing older takes its place."""

from evidence_factory import NOW, make_context, make_policy, make_received, make_registration
from judging import controls, only
from setapart_auditor.appraisal.engine import appraise_history
from setapart_auditor.appraisal.history import History
from setapart_auditor.appraisal.model import Verdict

CONTROL = "evidence-damaged"
DIGEST = "sha256:" + "5e" * 32


def judge(history: History) -> Verdict:
    return appraise_history(history, make_registration(), (), make_policy(), make_context(), NOW)


def test_a_device_whose_only_report_is_damaged_is_invalid_and_has_not_never_reported() -> None:
    verdict = judge(History(damaged=(DIGEST,)))
    assert (verdict.status, controls(verdict)) == ("invalid", {CONTROL})
    assert only(verdict, CONTROL).evidence == f"store:/evidence/{DIGEST}"


def test_a_clean_report_of_another_source_hides_no_damaged_one() -> None:
    verdict = judge(History(current=(make_received(),), damaged=(DIGEST,)))
    assert (verdict.status, CONTROL in controls(verdict)) == ("invalid", True)
