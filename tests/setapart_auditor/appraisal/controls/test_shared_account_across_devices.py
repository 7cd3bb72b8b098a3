"""An account of a dedicated device that stands on another device too."""

import pytest

from evidence_factory import account, link, make_inventory
from judging import ISSUED, NONCE, findings, judge, only
from setapart_auditor.appraisal.model import Context

CONTROL = "shared-account-across-devices"
CONTEXT = Context(
    nonces={NONCE: ISSUED}, shared={"hmac:1": ("desk-1", "patrol-phone", "desk-0"), "hmac:2": ("patrol-phone",)}
)
PHONE = make_inventory(
    accounts=[
        account(address_digest=None),
        account(address_digest="hmac:1"),
        account(address_digest="hmac:2"),
        account(address_digest="hmac:3"),
    ]
)


def test_the_other_devices_are_named_and_the_device_itself_is_not() -> None:
    finding = only(judge(PHONE, device_class="social-dedicated", context=CONTEXT), CONTROL)
    assert (finding.severity, finding.evidence) == ("warning", "/accounts/1")
    assert finding.message.endswith("is also on desk-0, desk-1")


@pytest.mark.parametrize("device_class", ["ordinary", "personal"])
def test_only_a_device_that_is_set_apart_needs_accounts_of_its_own(device_class: str) -> None:
    assert not findings(judge(PHONE, device_class=device_class, context=CONTEXT), CONTROL)


def test_a_link_has_no_address() -> None:
    assert not findings(
        judge(make_inventory(links=[link()]), device_class="social-dedicated", context=CONTEXT), CONTROL
    )
