"""What a filter must have let through; the attacks are in tests/threats/test_26_old_bundle.py."""

from typing import Any

import pytest

from evidence_factory import DAY, NOW, account, make_inventory, make_policy, make_verified
from setapart_auditor.appraisal.disclosure import Sufficiency, sufficiency_of
from setapart_auditor.appraisal.model import Context, Disclosed
from setapart_auditor.appraisal.rulebook import rulebook_of
from setapart_evidence.bundle import list_digest
from setapart_evidence.model import Withheld
from setapart_evidence.statement import Disclosure

POLICY = make_policy()
RULEBOOK = rulebook_of(POLICY)
BUNDLE, TABLE = "sha256:" + "b0" * 32, "sha256:" + "c0" * 32
EXACT = list_digest(POLICY.needed_identifiers)
OWN = list_digest(POLICY.internal)


def found(stated: Disclosure, withheld: Withheld | None = None, **context: Disclosed) -> Sufficiency:
    report = make_verified(make_inventory(withheld=withheld), disclosure=stated)
    names = {"bundle": BUNDLE, "table": TABLE}
    known = Context(bundles={names[name]: filter_ for name, filter_ in context.items()})
    return sufficiency_of(report, NOW, RULEBOOK, known)


LET_THROUGH = POLICY.needed_identifiers | POLICY.own_store.keys()
WIDE = Disclosed(identifiers=LET_THROUGH, internal=POLICY.internal)
BUILT_IN = Disclosed(identifiers=LET_THROUGH, internal=None)


@pytest.mark.parametrize(
    ("stated", "apps", "accounts"),
    [
        (Disclosure(level="full", bundle=BUNDLE), True, True),
        (Disclosure(level="scoped", bundle=BUNDLE), False, False),
        (Disclosure(level="scoped", identifiers=TABLE), False, False),
        (Disclosure(level="scoped", identifiers=TABLE, domains=TABLE), False, False),
        (Disclosure(level="scoped", bundle=BUNDLE, identifiers=EXACT), True, False),
        (Disclosure(level="scoped", bundle=BUNDLE, identifiers=EXACT, domains=OWN), True, False),
        (Disclosure(level="scoped", bundle=BUNDLE, domains=OWN), False, False),
        (Disclosure(level="scoped", identifiers=EXACT), True, False),
    ],
)
def test_an_unknown_filter_may_have_kept_back_a_client(stated: Disclosure, apps: bool, accounts: bool) -> None:
    assert found(stated) == Sufficiency(apps=apps, accounts=accounts)


def test_a_bundle_is_looked_up_before_a_table() -> None:
    both = Disclosure(level="scoped", bundle=BUNDLE, identifiers=TABLE)
    assert found(both, bundle=WIDE) == Sufficiency(apps=True, accounts=True)
    assert found(both, table=BUILT_IN) == Sufficiency(apps=False, accounts=False)


@pytest.mark.parametrize("internal", [POLICY.internal, None])
def test_a_filter_that_knew_no_client_of_today_hides_the_accounts_in_it(internal: frozenset[str] | None) -> None:
    narrow = Disclosed(identifiers=POLICY.needed_identifiers, internal=internal)
    assert found(Disclosure(level="scoped", bundle=BUNDLE), bundle=narrow) == Sufficiency(apps=True, accounts=False)
    assert found(Disclosure(level="full", bundle=BUNDLE), bundle=narrow) == Sufficiency(apps=True, accounts=True)


def test_the_built_in_table_filters_no_account() -> None:
    stated = Disclosure(level="scoped", identifiers=TABLE)
    assert found(stated, table=BUILT_IN) == Sufficiency(apps=True, accounts=True)
    assert found(stated, Withheld(accounts=1), table=BUILT_IN) == Sufficiency(apps=True, accounts=False)


def test_an_account_that_was_cut_by_nothing_with_a_name_is_no_full_list() -> None:
    report = make_verified(
        make_inventory(accounts=[account(withheld=("domain",))]), disclosure=Disclosure(level="full")
    )
    assert sufficiency_of(report, NOW, RULEBOOK, Context()) == Sufficiency(apps=True, accounts=False)


def test_a_bundle_expires_by_the_moment_of_arrival() -> None:
    for days, expired in ((-1, NOW - DAY), (0, None), (1, None)):
        filter_ = Disclosed(identifiers=WIDE.identifiers, internal=WIDE.internal, expires_at=NOW + days * DAY)
        assert found(Disclosure(level="scoped", bundle=BUNDLE), bundle=filter_).expired == expired
        assert found(Disclosure(level="full", bundle=BUNDLE), bundle=filter_).expired == expired


@pytest.mark.parametrize("level", ["scoped", "full"])
@pytest.mark.parametrize(("apps", "accounts"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_without_a_named_filter_each_count_speaks_for_its_own_list(level: Any, apps: int, accounts: int) -> None:
    expected = Sufficiency(apps=apps == 0, accounts=accounts == 0)
    assert found(Disclosure(level=level), Withheld(apps=apps, accounts=accounts)) == expected
