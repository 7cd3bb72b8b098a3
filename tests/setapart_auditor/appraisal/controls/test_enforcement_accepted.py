"""A manager's block stands in for the list of apps."""

from typing import Any

import pytest

from evidence_factory import (
    DAY,
    NOW,
    TELEGRAM,
    TIKTOK,
    TIKTOK_LITE,
    app,
    make_inventory,
    make_policy,
    make_received,
    make_station_report,
    rows,
)
from judging import judge, only
from setapart_auditor.policy.model import CoverageRule
from setapart_evidence.model import Enforcement, Inventory

CONTROL = "enforcement-accepted"
PACK = make_policy(coverage=CoverageRule(enforcement_counts=True))
BLIND = rows("accounts", "links")
ALL = (TIKTOK, TIKTOK_LITE, TELEGRAM)


def device(*identifiers: str, by: str = "mdm", **fields: Any) -> Inventory:
    block = Enforcement(kind="app-block", identifiers=identifiers, by=by)  # type: ignore[arg-type]
    return make_inventory(**{"enforcement": [block], "coverage": BLIND, **fields})


def test_a_block_of_every_restricted_app_counts_where_the_pack_says_so() -> None:
    verdict = judge(device(*ALL), policy=PACK)
    finding = only(verdict, CONTROL)
    assert (verdict.status, finding.severity, finding.evidence) == ("compliant", "info", "/enforcement/0")
    assert judge(device(*ALL)).status == "inconclusive"


def test_the_owner_of_the_device_manages_all_of_it() -> None:
    assert judge(device(*ALL, by="device-owner"), policy=PACK).status == "compliant"


@pytest.mark.parametrize("by", ["profile-owner", "other"])
def test_whoever_manages_only_a_part_of_the_device_blocks_nothing_elsewhere(by: str) -> None:
    assert judge(device(*ALL, by=by), policy=PACK).status == "inconclusive"


@pytest.mark.parametrize("missing", ALL)
def test_a_block_with_a_hole_is_no_block(missing: str) -> None:
    assert judge(device(*(name for name in ALL if name != missing)), policy=PACK).status == "inconclusive"


def test_it_stands_in_for_the_list_and_for_nothing_that_was_seen() -> None:
    assert judge(device(*ALL, apps=[app(TIKTOK)]), policy=PACK).status == "violation"
    blind = device(*ALL, coverage=())
    assert judge(blind, device_class="social-dedicated", policy=PACK).status == "inconclusive"
    assert judge(device(*ALL, profiles=()), policy=PACK).status == "inconclusive"
    for unseen, seen in (("accounts", "links"), ("links", "accounts")):
        verdict = judge(device(*ALL, coverage=rows(seen)), device_class="social-dedicated", policy=PACK)
        assert only(verdict, "coverage-incomplete").message.startswith(unseen)


def test_an_old_block_and_one_of_another_platform_count_for_nothing() -> None:
    assert judge(make_received(device(*ALL), received_at=NOW - 31 * DAY), policy=PACK).status == "stale"
    assert judge(device(*ALL, platform="macos"), policy=PACK).status == "inconclusive"


def test_a_block_that_only_a_weak_source_tells_of_is_not_believed() -> None:
    strict = make_policy(coverage=CoverageRule(enforcement_counts=True, min_grade="agent-key"))
    assert judge(make_received(device(*ALL)), policy=strict).status == "compliant"
    assert judge(make_received(device(*ALL), grade="self-declared"), policy=strict).status == "inconclusive"


def test_a_weak_source_takes_nothing_from_a_better_one() -> None:
    strict = make_policy(coverage=CoverageRule(enforcement_counts=True, min_grade="agent-key"))
    weak = make_station_report(make_inventory(coverage=BLIND), received_at=NOW)
    strong = make_received(device(*ALL), received_at=NOW - DAY)
    assert only(judge(weak, strong, policy=strict), CONTROL).evidence == "#1/enforcement/0"


def test_a_name_with_a_colon_is_blocked_as_a_whole() -> None:
    windows = make_policy(
        restricted={"uninstall:TikTok: Studio": "tiktok"}, coverage=CoverageRule(enforcement_counts=True)
    )
    for name, status in (("tiktok: studio", "compliant"), (" Studio", "inconclusive")):
        assert judge(device(name, platform="windows"), policy=windows).status == status
