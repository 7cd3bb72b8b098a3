"""The authority's data on a dedicated device without a restricted app."""

from evidence_factory import DAY, NOW, account, link, make_inventory, make_policy
from judging import findings, judge
from setapart_auditor.policy.model import Effective

CONTROL = "internal-link-without-app"
PHONE = make_inventory(accounts=[account(domain="agency.example", services=("mail", "calendar"))], links=[link()])


def test_one_finding_per_account_and_link_at_the_packs_severity() -> None:
    verdict = judge(PHONE, device_class="social-dedicated")
    assert verdict.status == "compliant"
    assert [item.evidence for item in findings(verdict, CONTROL)] == ["/accounts/0", "/links/0"]
    assert "mail, calendar" in findings(verdict, CONTROL)[0].message


def test_a_strict_pack_makes_it_a_violation() -> None:
    strict = make_policy(severities={CONTROL: "violation"})
    assert judge(PHONE, device_class="social-dedicated", policy=strict).status == "violation"


def test_it_is_not_said_of_other_devices_nor_before_the_pack_begins() -> None:
    assert not findings(judge(PHONE), CONTROL)
    later = make_policy(effective=Effective(from_=NOW.date() + DAY))
    assert not findings(judge(PHONE, device_class="social-dedicated", policy=later), CONTROL)
