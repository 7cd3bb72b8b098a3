"""Pointers of findings: they lead somewhere, or they don't."""

import pytest

from evidence_factory import app, make_inventory, make_policy, make_received, make_registration
from setapart_auditor.policy_check.pointer import leads_somewhere

ONE = make_received(make_inventory(apps=[app()]))


@pytest.mark.parametrize(
    ("pointer", "reports", "leads"),
    [
        ("/apps/0", 1, True),
        ("/apps/0/permissions", 1, True),
        ("/apps/1", 1, False),
        ("/apps/x", 1, False),
        ("/coverage", 1, True),
        ("/nothing", 1, False),
        ("/predicate/origin/grade", 1, True),
        ("/predicate/observation/nonce", 1, True),
        ("/predicate/none", 1, False),
        ("/apps/0", 2, False),
        ("#1/apps/0", 2, True),
        ("#2/apps/0", 2, False),
        ("#1", 2, True),
        ("apps/0", 1, False),
        ("", 1, False),
        ("", 0, False),
        ("/apps/0", 0, False),
        ("register:/role", 0, True),
        ("register:/device", 0, True),
        ("register:/rolle", 0, False),
        ("policy:/pack/effective/from", 0, True),
        ("policy:/pack/effective/until", 0, False),
        ("elsewhere:/x", 1, False),
    ],
)
def test_a_pointer_leads_somewhere_or_not(pointer: str, reports: int, leads: bool) -> None:
    assert leads_somewhere(pointer, (ONE,) * reports, make_registration(), make_policy()) is leads
