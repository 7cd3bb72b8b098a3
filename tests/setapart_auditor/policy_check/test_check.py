"""`policy check` holds for good packs, and finds what is wrong with an engine or a policy that nobody loaded."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from config_factory import PACK, make_config, with_lines
from setapart_auditor.appraisal.engine import appraise
from setapart_auditor.appraisal.model import Status, Verdict
from setapart_auditor.policy.load import load_policy
from setapart_auditor.policy.model import Policy
from setapart_auditor.policy_check import check_policy
from setapart_auditor.policy_check.world import configured, foreign_domain

WORDS = {status.word: status for status in Status}


def policy_of(folder: Path, **changes: str) -> Policy:
    return load_policy("agency-1", root=make_config(folder, pack=with_lines(PACK, **changes)))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {
            "personal__rule": '"app-or-link"',
            "covers__web_access": "true",
            "freshness__require": '"nonce"',
            "coverage__min_grade": '"hardware-key"',
            "coverage__min_maturity": '"real-hardware"',
            "controls__web_app__severity": '"violation"',
            "internal__domains": '["agency.example", "provider.example"]\ntenants = ["t-1"]\nvpns = ["10.0.0.1"]',
        },
        {
            "exception__allowed": "false",
            "coverage__ordinary": '["apps", "accounts", "links"]',
            "freshness__require": '"epoch"',
            "restricted__apps": '["telegram"]',
            "exception__not_for_roles": '["staff", "minister"]',
            "covers__persons": '["staff"]',
            "controls__web_app__severity": '"info"\n[controls.internal-link-without-app]\nseverity = "violation"',
        },
    ],
    ids=["usual", "strict", "no exceptions"],
)
def test_a_good_pack_holds_in_every_state(changes: dict[str, str], tmp_path: Path) -> None:
    found = check_policy(policy_of(tmp_path, **changes))
    assert found.fault is None
    assert found.states > 10_000


def without(verdict: Verdict, *controls: str) -> Verdict:
    """The verdict as if these controls did not exist."""
    findings = tuple(finding for finding in verdict.findings if finding.control not in controls)
    rank = {"inconclusive": "inconclusive", "violation": "violation"}
    if not [one for one in verdict.findings if one.control in controls and one.severity in rank]:
        return structs.replace(verdict, findings=findings)
    worst = max(
        (WORDS[rank[finding.severity]] for finding in findings if finding.severity in rank),
        default=Status.EXCEPTED if verdict.exceptions else Status.COMPLIANT,
    )
    return structs.replace(verdict, findings=findings, status=worst.word)


def blind_to(*controls: str) -> Callable[..., Verdict]:
    return lambda *given: without(appraise(*given), *controls)


def always_green(*given: Any) -> Verdict:
    return structs.replace(appraise(*given), status="compliant", findings=())


def forgiving(*given: Any) -> Verdict:
    reports, registration, exceptions, *rest = given
    forever = tuple(replace(item, until=dt.date(2023, 9, 1), valid_from=dt.date(2023, 3, 20)) for item in exceptions)
    return appraise(reports, registration, forever, *rest)


def crashing(*given: Any) -> Verdict:
    if any(link.target is None for item in given[0] for link in item.report.inventory.links):
        raise KeyError("target")
    return appraise(*given)


def suspicious_of_strangers(*given: Any) -> Verdict:
    verdict = appraise(*given)
    foreign = any(
        account.domain == "provider.example" for item in given[0] for account in item.report.inventory.accounts
    )
    return structs.replace(verdict, status="violation") if foreign and verdict.status == "compliant" else verdict


def without_cure(*given: Any) -> Verdict:
    verdict = appraise(*given)
    return structs.replace(verdict, findings=tuple(structs.replace(one, cure=" ") for one in verdict.findings))


def pointing_nowhere(*given: Any) -> Verdict:
    verdict = appraise(*given)
    return structs.replace(
        verdict, findings=tuple(structs.replace(one, evidence="/apps/99") for one in verdict.findings)
    )


def lenient_to_the_stale(*given: Any) -> Verdict:
    verdict = appraise(*given)
    return structs.replace(verdict, status="stale") if any(
        finding.control == "evidence-stale" for finding in verdict.findings
    ) else verdict  # fmt: skip


@pytest.mark.parametrize(
    ("broken", "name", "state", "expected", "got"),
    [
        (always_green, "core", "an ordinary device, no restricted app, apps denied", "inconclusive", "compliant"),
        (blind_to("coverage-incomplete"), "core", "an ordinary device, no restricted app, apps denied", "inconclusive",
         "compliant"),
        (blind_to("link-not-attributable"), "core",
         "a device that is set apart, no restricted app, a link to nobody knows where", "inconclusive", "compliant"),
        (blind_to("internal-link-on-dedicated-device"), "core",
         "a device that is set apart, a restricted app, a valid exception, internal mail", "violation", "excepted"),
        (blind_to("freshness-unproven", "own-store-client"), "core",
         "a device that is set apart, no restricted app, a client whose accounts nobody can read", "inconclusive",
         "compliant"),
        (forgiving, "core", "a device that is set apart, a restricted app, an exception that has ended", "violation",
         "excepted"),
        (crashing, "total", "an ordinary device, no restricted app, a link to nobody knows where", "compliant",
         "KeyError"),
        (suspicious_of_strangers, "core", "an ordinary device, no restricted app, a foreign account",
         "compliant, or a control of the pack that says why", "violation"),
        (without_cure, "explained", "an ordinary device, no restricted app, apps denied", "evidence that is there",
         "coverage-incomplete /coverage/0"),
        (pointing_nowhere, "explained", "an ordinary device, no restricted app, apps denied", "evidence that is there",
         "coverage-incomplete /apps/99"),
        (lenient_to_the_stale, "core", "an ordinary device, a restricted app, stale evidence", "violation", "stale"),
        (blind_to("suspect-app"), "biting", "label:teiegram on an ordinary device", "a finding of suspect-app",
         "compliant"),
        (blind_to("internal-not-configured"), "biting", "an empty [internal] on a device that is set apart",
         "a finding of internal-not-configured", "compliant"),
    ],
)  # fmt: skip
def test_a_broken_engine_is_found_by_its_smallest_counter_example(  # noqa: PLR0917
    broken: Callable[..., Verdict], name: str, state: str, expected: str, got: str, tmp_path: Path
) -> None:
    fault = check_policy(policy_of(tmp_path), broken).fault
    assert fault is not None
    assert (fault.property, fault.state, fault.got) == (name, state, got)
    assert fault.expected.startswith(expected)
    assert str(fault) == f"{name}: {state}: expected {fault.expected}, got {got}"


def test_an_identifier_that_no_app_answers_to_is_found(tmp_path: Path) -> None:
    policy = policy_of(tmp_path)
    odd = replace(policy, restricted={**policy.restricted, "process:TikTok.AppImage": "tiktok"})
    fault = check_policy(odd).fault
    assert fault is not None
    assert (fault.property, fault.state, fault.got) == ("biting", "process:TikTok.AppImage", "none")


def test_a_policy_without_apps_that_went_round_the_loader_is_no_rule(tmp_path: Path) -> None:
    policy = policy_of(tmp_path)
    fault = check_policy(replace(policy, restricted={}, web={}, suspicious={}, apps={})).fault
    assert fault is not None
    assert fault.property == "biting"
    assert fault.expected == "apps that are restricted"


def test_the_check_s_own_names_are_told_from_the_authority_s(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, internal__domains='["provider.example", "provider.test"]')
    assert foreign_domain(policy) == "provider.invalid"
    assert configured(policy) is policy
    assert configured(policy_of(tmp_path / "x")).internal == {"domain:agency.example"}
