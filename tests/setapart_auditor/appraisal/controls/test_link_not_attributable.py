"""A link of which nobody knows where it leads."""

import pytest

from evidence_factory import link, make_inventory
from judging import findings, judge, only

CONTROL = "link-not-attributable"


@pytest.mark.parametrize("kind", ["vpn", "wifi-enterprise", "file-share", "directory-join", "kerberos", "sso"])
def test_a_link_to_nowhere_leaves_a_dedicated_device_open(kind: str) -> None:
    inventory = make_inventory(links=[link("mdm", None), link(kind, None)])
    finding = only(judge(inventory, device_class="social-dedicated"), CONTROL)
    assert (finding.severity, finding.evidence) == ("inconclusive", "/links/1")
    assert "full name" not in finding.cure
    assert not findings(judge(inventory), CONTROL)


def test_a_certificate_reaches_nothing_without_what_uses_it() -> None:
    assert (
        judge(make_inventory(links=[link("certificate", None)]), device_class="social-dedicated").status == "compliant"
    )


def test_a_short_target_leaves_it_open_and_the_cure_is_its_full_name() -> None:
    joined = make_inventory(links=[link("directory-join", "AGENCY")])
    assert "full name" in only(judge(joined, device_class="social-dedicated"), CONTROL).cure
