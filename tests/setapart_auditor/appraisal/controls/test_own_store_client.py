"""A client whose accounts no collector can read."""

from evidence_factory import K9, app, make_inventory, make_policy, rows
from judging import findings, judge, only
from setapart_auditor.policy.model import CoverageRule

CONTROL = "own-store-client"
NOTE = rows("accounts", status="partial", collector="agent.own-store", reason="own-store:k-9")


def test_a_client_is_one_finding_per_profile_by_whatever_it_was_noticed() -> None:
    inventory = make_inventory(
        profiles=["0", "10"], apps=[app(K9), app(K9, profile="10")], coverage=(*rows(profiles=["0", "10"]), *NOTE)
    )
    found = findings(judge(inventory, device_class="social-dedicated"), CONTROL)
    assert [item.evidence for item in found] == ["/apps/1", "/coverage/6"]
    assert {item.severity for item in found} == {"inconclusive"}


def test_it_is_said_wherever_accounts_are_required() -> None:
    inventory = make_inventory(coverage=(*rows(), *NOTE))
    assert not findings(judge(inventory), CONTROL)
    either = make_policy(personal="app-or-link")
    assert findings(judge(inventory, device_class="personal", policy=either), CONTROL)
    strict = make_policy(coverage=CoverageRule(ordinary=("apps", "accounts")))
    assert findings(judge(inventory, policy=strict), CONTROL)


def test_a_reason_that_no_catalog_knows_is_shown_safely() -> None:
    odd = rows("accounts", status="partial", reason="own-store:\u202ex")
    finding = only(judge(make_inventory(coverage=(*rows(), *odd)), device_class="social-dedicated"), CONTROL)
    assert finding.message.startswith("\\u202ex in profile 0")


def test_such_a_row_of_another_section_is_plain_silence() -> None:
    odd = rows("links", status="partial", reason="own-store:k-9")
    verdict = judge(make_inventory(coverage=(*rows(), *odd)), device_class="social-dedicated")
    assert (verdict.status, findings(verdict, CONTROL)) == ("inconclusive", [])
