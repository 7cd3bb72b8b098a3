"""A client whose accounts no collector can read."""

import pytest

from evidence_factory import (
    DAY,
    K9,
    NOW,
    app,
    make_inventory,
    make_policy,
    make_received,
    make_registration,
    make_station_report,
    rows,
)
from judging import findings, judge, only
from setapart_auditor.appraisal.model import Attestation
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


def attested(first: int, last: int, client: str = "k-9") -> Attestation:
    day = NOW.date()
    return Attestation(client=client, by="o1", date=day + first * DAY, until=day + last * DAY)


@pytest.mark.parametrize(
    ("attestation", "open_"),
    [
        (attested(0, 0), False), (attested(-9, 0), False), (attested(0, 9), False), (attested(1, 9), True),
        (attested(-9, -1), True), (attested(0, 0, "outlook"), True),
    ],
)  # fmt: skip
def test_an_officer_answers_from_the_first_to_the_last_day_for_one_client(
    attestation: Attestation, open_: bool
) -> None:
    device = make_registration("social-dedicated", attestations=(attestation,))
    verdict = judge(make_inventory(apps=[app(K9)]), registration=device)
    assert bool(findings(verdict, CONTROL)) is open_


@pytest.mark.parametrize("named", ["k-9", K9, " k-9 "])
def test_a_client_is_known_by_its_id_and_by_its_identifier(named: str) -> None:
    """An agent of another version may know the package alone; the officer attested the client."""
    note = rows("accounts", status="partial", collector="agent.own-store", reason=f"own-store:{named}")
    inventory = make_inventory(apps=[app(K9)], coverage=(*rows(), *note))
    assert only(judge(inventory, device_class="social-dedicated"), CONTROL).evidence == "/coverage/3"
    device = make_registration("social-dedicated", attestations=(attested(0, 0),))
    assert judge(inventory, registration=device).status == "compliant"


def test_an_identifier_may_hold_a_colon() -> None:
    windows = make_policy(own_store={"uninstall:Mail: Pro": "mail-pro"})
    note = rows("accounts", status="partial", collector="agent.own-store", reason="own-store:Mail: Pro")
    inventory = make_inventory(platform="windows", coverage=(*rows(), *note))
    verdict = judge(inventory, device_class="social-dedicated", policy=windows)
    assert "mail-pro" in only(verdict, CONTROL).message


def test_two_clients_of_a_profile_are_two_findings() -> None:
    notes = rows("accounts", status="partial", collector="agent.own-store", reason="own-store:outlook")
    verdict = judge(make_inventory(coverage=(*rows(), *NOTE, *notes)), device_class="social-dedicated")
    assert [item.evidence for item in findings(verdict, CONTROL)] == ["/coverage/3", "/coverage/4"]


def test_a_client_that_was_removed_keeps_nothing() -> None:
    inventory = make_inventory(apps=[app(K9, state="removed-trace")])
    assert not findings(judge(inventory, device_class="social-dedicated"), CONTROL)


def test_a_client_of_an_old_report_counts_until_a_fresh_one_has_seen_the_accounts_of_its_profile() -> None:
    old = make_station_report(make_inventory(apps=[app(K9)]), received_at=NOW - 40 * DAY)
    for coverage, expected in ((rows(), 0), (rows("apps", "links"), 1), (rows("accounts", profiles=["10"]), 1)):
        verdict = judge(old, make_received(make_inventory(coverage=coverage)), device_class="social-dedicated")
        assert len(findings(verdict, CONTROL)) == expected
