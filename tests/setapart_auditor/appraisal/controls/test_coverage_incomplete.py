"""A required section of a profile that counts was not seen."""

from typing import Any

import pytest

from evidence_factory import DAY, NOW, make_inventory, make_policy, make_received, make_station_report, rows
from judging import controls, findings, judge, only
from setapart_auditor.policy.model import CoverageRule

CONTROL = "coverage-incomplete"


@pytest.mark.parametrize("status", ["partial", "denied", "unsupported", "failed"])
def test_any_row_but_observed_leaves_the_section_open_and_is_what_the_finding_points_to(status: Any) -> None:
    coverage = (*rows(), *rows("apps", status=status, collector="snap", reason="no permission"))
    finding = only(judge(make_inventory(coverage=coverage)), CONTROL)
    assert (finding.severity, finding.evidence) == ("inconclusive", "/coverage/3")
    assert finding.message == f"apps in profile 0 were not seen: {status} by snap, no permission"


def test_a_profile_that_only_an_older_report_knows_says_which_one_and_how_it_is_taken_back() -> None:
    """A second user who was deleted since was a verdict that no new report of another station could cure."""
    coverage = (*rows(), *rows(profiles=("10",), status="denied"))
    older = make_station_report(make_inventory(profiles=["0", "10"], coverage=coverage), received_at=NOW - 3 * DAY)
    finding = only(judge(make_received(), older), CONTROL)
    assert finding.message == "apps in profile 10 were not seen: denied by android.test (as adb saw it on 2026-11-20)"
    assert finding.cure.endswith("read the device by adb again, with the same key")


def test_every_required_section_of_every_profile_is_a_finding() -> None:
    inventory = make_inventory(profiles=["0", "10"], coverage=rows(profiles=["0"]))
    assert len(findings(judge(inventory), CONTROL)) == 1
    found = findings(judge(inventory, device_class="social-dedicated"), CONTROL)
    assert sorted(item.message.split()[0] for item in found) == ["accounts", "apps", "links"]
    assert {item.evidence for item in found} == {"/coverage"}
    assert all(item.message.endswith("nothing was said about it") for item in found)


def test_a_list_without_profiles_is_silence() -> None:
    first, other = findings(judge(make_inventory(profiles=(), coverage=rows("apps", status="denied"))), CONTROL)
    assert (first.evidence, other.evidence) == ("/coverage/0", "/profiles")
    assert "apps on the device were not seen: no profile is listed" in other.message
    assert only(judge(make_inventory(profiles=(), coverage=rows())), CONTROL).evidence == "/profiles"


def test_a_pack_may_require_more_of_ordinary_devices() -> None:
    strict = make_policy(coverage=CoverageRule(ordinary=("apps", "links")))
    verdict = judge(make_inventory(coverage=rows("apps")), policy=strict)
    assert only(verdict, CONTROL).message.startswith("links")


def test_apps_are_required_even_by_a_pack_that_lists_other_sections_only() -> None:
    odd = make_policy(coverage=CoverageRule(ordinary=("links",)))
    assert judge(make_inventory(coverage=rows("links")), policy=odd).status == "inconclusive"


def test_coverage_is_best_of_only_for_what_each_source_saw() -> None:
    work = make_station_report(make_inventory(profiles=["0", "10"], coverage=rows(profiles=["10"])), source="mdm")
    private = make_inventory(profiles=["0", "10"], coverage=(*rows("apps"), *rows("links", status="denied")))
    adb = make_station_report(private, sequence=2, previous=work.report.statement_digest)
    assert judge(work, adb).status == "compliant"
    found = findings(judge(work, adb, device_class="social-dedicated"), CONTROL)
    assert sorted(item.message.partition(" were")[0] for item in found) == [
        "accounts in profile 0",
        "links in profile 0",
    ]


def test_half_a_section_by_each_of_two_sources_is_no_whole() -> None:
    half = (*rows("apps", collector="one"), *rows("apps", collector="two", status="failed"))
    other = (*rows("apps", collector="two"), *rows("apps", collector="one", status="failed"))
    verdict = judge(make_inventory(coverage=half), make_inventory(coverage=other))
    assert verdict.status == "inconclusive"


def test_a_report_that_grew_old_saw_nothing_any_more() -> None:
    old = make_station_report(make_inventory(profiles=["0", "10"]), received_at=NOW - 31 * DAY)
    new = make_received(make_inventory(profiles=["0", "10"], coverage=rows(profiles=["0"])))
    assert "profile 10" in only(judge(old, new), CONTROL).message


def test_a_profile_that_only_one_source_knows_counts_for_all() -> None:
    """A manager sees the work profile; the private one is known by the other way alone, and was refused there."""
    work = make_station_report(make_inventory(profiles=["0"]), source="mdm")
    knows = make_inventory(profiles=["0", "10"], coverage=rows(profiles=["0"]))
    adb = make_station_report(knows, sequence=2, previous=work.report.statement_digest, received_at=NOW - DAY)
    for pair in ((work, adb), (adb, work)):
        assert "profile 10" in only(judge(*pair), CONTROL).message


def test_one_source_that_lists_profiles_is_enough() -> None:
    work = make_station_report(make_inventory(profiles=()), source="mdm")
    assert judge(work, make_received()).status == "compliant"


def test_that_somebody_saw_it_and_is_not_believed_says_more_than_that_another_did_not_look() -> None:
    strict = make_policy(coverage=CoverageRule(min_grade="agent-key"))
    for blind_at, weak_at in ((NOW, NOW - DAY), (NOW - DAY, NOW)):
        blind = make_received(make_inventory(coverage=rows("apps", status="denied")), received_at=blind_at)
        weak = make_station_report(received_at=weak_at)
        assert controls(judge(blind, weak, policy=strict), "inconclusive") == {"grade-too-low"}
