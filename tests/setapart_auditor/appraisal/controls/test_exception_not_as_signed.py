"""An exception that is recorded as granted, and that no two officers signed so."""

from evidence_factory import TIKTOK, app, make_exception, make_inventory, make_registration
from judging import ISSUED, NONCE, findings, judge, only
from setapart_auditor.appraisal.model import BrokenException, Context

CONTROL = "exception-not-as-signed"
PHONE = make_inventory(apps=[app(TIKTOK)])


def context(device: str) -> Context:
    broken = BrokenException(id="E-8", device=device, unit="", app="tiktok", reason="another need than what was signed")
    return Context(nonces={NONCE: ISSUED}, broken={device: (broken,)})


def test_it_is_named_with_the_reason_for_which_it_carries_nothing() -> None:
    name = make_registration("social-dedicated").name
    verdict = judge(PHONE, device_class="social-dedicated", context=context(name))
    finding = only(verdict, CONTROL)
    assert (verdict.status, finding.severity, finding.evidence) == ("violation", "warning", "register:/exception/E-8")
    assert "E-8 for tiktok" in finding.message
    assert "another need than what was signed" in finding.message


def test_it_is_named_on_a_device_of_any_class_and_beside_one_that_holds() -> None:
    name = make_registration("ordinary").name
    assert only(judge(make_inventory(), context=context(name)), CONTROL)
    held = judge(PHONE, device_class="social-dedicated", exceptions=(make_exception(),), context=context(name))
    assert (held.status, held.exceptions, len(findings(held, CONTROL))) == ("excepted", ("E-7",), 1)


def test_that_of_another_device_is_not() -> None:
    assert not findings(judge(PHONE, device_class="social-dedicated", context=context("another")), CONTROL)
