from typing import get_args

from setapart_agent.collectors.android.account_types import AUTHORITIES, LOCAL_TYPES, ORGANISATION_TYPES, SERVICES
from setapart_evidence.model import Service


def test_services_are_those_of_evidence_in_its_order() -> None:
    order = get_args(Service)
    for services in SERVICES.values():
        assert list(services) == sorted(set(services), key=order.index)
    assert set(AUTHORITIES.values()) <= set(order)


def test_an_organisation_identity_reaches_no_mailbox_by_itself() -> None:
    assert all(SERVICES[kind] == () for kind in ORGANISATION_TYPES)


def test_a_local_container_is_no_account_type() -> None:
    assert not LOCAL_TYPES & SERVICES.keys()
