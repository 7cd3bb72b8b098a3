"""Threat 26: an agent with an old bundle withholds a newly restricted app."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence_factory import (
    DAY,
    NOW,
    RESTRICTED,
    account,
    make_inventory,
    make_policy,
    make_received,
    make_registration,
    make_station_report,
)
from judging import ISSUED, NONCE, controls, judge, only
from setapart_auditor.appraisal.model import Context, Disclosed, Verdict
from setapart_evidence.bundle import list_digest
from setapart_evidence.model import Withheld
from setapart_evidence.statement import Disclosure

BUNDLE, TABLE = "sha256:" + "b0" * 32, "sha256:" + "c0" * 32
POLICY = make_policy()
NEEDED = POLICY.needed_identifiers
LET_THROUGH = NEEDED | POLICY.own_store.keys()
INTERNAL = POLICY.internal
SCOPED = make_inventory(withheld=Withheld(apps=311, accounts=2))


def verdict_of(stated: Disclosure, filter_: Disclosed | None = None, **fields: Any) -> Verdict:
    known = {} if filter_ is None else {BUNDLE: filter_, TABLE: filter_}
    inventory = fields.pop("inventory", SCOPED)
    return judge(
        make_received(inventory, disclosure=stated, nonce=NONCE),
        context=Context(nonces={NONCE: ISSUED}, bundles=known),
        **fields,
    )


BY_BUNDLE = Disclosure(level="scoped", bundle=BUNDLE, identifiers=TABLE, domains=TABLE)
BY_TABLE = Disclosure(level="scoped", identifiers=TABLE)


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(sorted(NEEDED)), min_size=1))
def test_a_pack_that_restricts_more_than_the_bundle_disclosed_is_never_green(newly: set[str]) -> None:
    verdict = verdict_of(BY_BUNDLE, Disclosed(identifiers=NEEDED - newly, internal=INTERNAL))
    assert (verdict.status, controls(verdict)) == ("inconclusive", {"disclosure-too-narrow"})
    assert "bundle of this policy" in only(verdict, "disclosure-too-narrow").cure


@pytest.mark.parametrize("withheld", [Withheld(), Withheld(apps=311)])
def test_the_agents_count_does_not_excuse_an_old_bundle(withheld: Withheld) -> None:
    old = Disclosed(identifiers=frozenset(RESTRICTED), internal=INTERNAL)
    assert verdict_of(BY_BUNDLE, old, inventory=make_inventory(withheld=withheld)).status == "inconclusive"


@pytest.mark.parametrize("stated", [BY_BUNDLE, BY_TABLE])
def test_a_filter_that_let_through_all_that_is_asked_for_is_enough(stated: Disclosure) -> None:
    wide = Disclosed(identifiers=LET_THROUGH | {"android:more"}, internal=INTERNAL if stated is BY_BUNDLE else None)
    assert verdict_of(stated, wide).status == "compliant"


@pytest.mark.parametrize("stated", [BY_BUNDLE, BY_TABLE])
def test_a_filter_that_nobody_here_knows_kept_back_who_knows_what(stated: Disclosure) -> None:
    assert controls(verdict_of(stated)) == {"disclosure-too-narrow"}
    assert verdict_of(stated).status == "inconclusive"


def test_an_unknown_bundle_with_exactly_this_policys_lists_is_enough_where_no_account_decides() -> None:
    exact = Disclosure(level="scoped", bundle=BUNDLE, identifiers=list_digest(NEEDED), domains=list_digest(INTERNAL))
    assert verdict_of(exact).status == "compliant"
    verdict = verdict_of(exact, device_class="social-dedicated")
    assert (verdict.status, controls(verdict)) == ("inconclusive", {"disclosure-too-narrow"})
    assert "--bundle FILE" in only(verdict, "disclosure-too-narrow").cure


@pytest.mark.parametrize("stated", [BY_BUNDLE, BY_TABLE])
def test_a_mail_client_that_the_bundle_did_not_know_is_no_empty_list_of_accounts(stated: Disclosure) -> None:
    """The agent counted the client among what nobody asked for; the phone was green with internal mail in it."""
    before = Disclosed(identifiers=NEEDED, internal=INTERNAL if stated is BY_BUNDLE else None)
    verdict = verdict_of(
        stated, before, inventory=make_inventory(withheld=Withheld(apps=1)), device_class="social-dedicated"
    )
    assert (verdict.status, controls(verdict)) == ("inconclusive", {"disclosure-too-narrow"})


def test_a_list_that_was_filtered_by_nothing_that_has_a_name_is_no_list() -> None:
    anonymous = Disclosure(level="scoped")
    assert verdict_of(anonymous).status == "inconclusive"
    assert verdict_of(anonymous, inventory=make_inventory()).status == "compliant"


def test_full_disclosure_needs_no_bundle_and_may_not_keep_anything_back() -> None:
    assert verdict_of(Disclosure(level="full"), inventory=make_inventory()).status == "compliant"
    assert verdict_of(Disclosure(level="full")).status == "inconclusive"


@pytest.mark.parametrize(
    ("internal", "status"),
    [
        (("domain:agency.example", "host:mail.hosting.example", "tenant:agency-tenant"), "compliant"),
        (("domain:example", "domain:hosting.example", "tenant:agency-tenant"), "compliant"),
        (("domain:AGENCY.example.", "host:mail.hosting.example", "tenant:agency-tenant"), "compliant"),
        (("domain:agency.example", "host:mail.hosting.example"), "inconclusive"),
        (("domain:mail.agency.example", "host:mail.hosting.example", "tenant:agency-tenant"), "inconclusive"),
        ((), "inconclusive"),
    ],
)
def test_a_domain_that_the_bundle_did_not_know_makes_accounts_withheld(internal: tuple[str, ...], status: str) -> None:
    filter_ = Disclosed(identifiers=LET_THROUGH, internal=frozenset(internal))
    assert verdict_of(BY_BUNDLE, filter_, device_class="social-dedicated").status == status
    assert verdict_of(BY_BUNDLE, filter_).status == "compliant"  # an ordinary device's accounts decide nothing


def test_accounts_are_unfiltered_without_a_bundle_unless_the_report_says_otherwise() -> None:
    table = Disclosed(identifiers=LET_THROUGH, internal=None)
    plain = make_inventory(accounts=[account()], withheld=Withheld(apps=311))
    cut = make_inventory(accounts=[account(withheld=("domain",))], withheld=Withheld(apps=311))
    assert verdict_of(BY_TABLE, table, inventory=plain, device_class="social-dedicated").status == "compliant"
    assert verdict_of(BY_TABLE, table, inventory=cut, device_class="social-dedicated").status == "inconclusive"


def test_growing_packs_never_turn_a_filtered_report_greener() -> None:
    keys = sorted(RESTRICTED)
    filter_ = Disclosed(identifiers=frozenset(keys[:3]), internal=INTERNAL)
    packs = [
        make_policy(restricted={key: RESTRICTED[key] for key in keys[:size]}, web={}, suspicious={})
        for size in range(len(keys) + 1)
    ]
    seen = [verdict_of(BY_BUNDLE, filter_, policy=pack).status for pack in packs]
    assert seen == ["compliant"] * 4 + ["inconclusive"] * (len(keys) - 3)


def test_a_bundle_that_is_known_here_counts_for_what_it_was_and_not_for_what_the_agent_says_of_it() -> None:
    claim = Disclosure(level="scoped", bundle=BUNDLE, identifiers=list_digest(NEEDED), domains=list_digest(INTERNAL))
    narrow = Disclosed(identifiers=frozenset(), internal=INTERNAL)
    assert verdict_of(claim, narrow).status == "inconclusive"


def test_an_expired_bundle_is_an_alarm_and_never_green() -> None:
    """Threat 12, at the auditor: the moment of arrival decides, not the device's clock."""
    until = Disclosed(identifiers=NEEDED, internal=INTERNAL, expires_at=NOW - DAY)
    verdict = verdict_of(BY_BUNDLE, until)
    assert (verdict.status, controls(verdict)) == ("inconclusive", {"bundle-expired"})
    later = Disclosed(identifiers=NEEDED, internal=INTERNAL, expires_at=NOW + DAY)
    assert verdict_of(BY_BUNDLE, later).status == "compliant"


def test_an_expired_bundle_is_not_made_good_by_another_source() -> None:
    until = Disclosed(identifiers=NEEDED, internal=INTERNAL, expires_at=NOW - DAY)
    context = Context(nonces={NONCE: ISSUED}, bundles={BUNDLE: until})
    old = make_received(SCOPED, disclosure=BY_BUNDLE, nonce=NONCE)
    other = make_station_report(make_inventory(), nonce=NONCE)
    for order in itertools.permutations((old, other)):
        assert judge(*order, context=context, registration=make_registration()).status == "inconclusive"
