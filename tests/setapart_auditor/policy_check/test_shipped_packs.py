"""Every pack that is shipped holds in every state."""

import pytest

from setapart_auditor.policy.load import load_policy, pack_ids
from setapart_auditor.policy_check import check_policy


@pytest.mark.parametrize("pack", pack_ids())
def test_a_shipped_pack_holds(pack: str) -> None:
    found = check_policy(load_policy(pack))
    assert found.fault is None
    assert found.states > 10_000
