import tomllib
from typing import get_args

from repository import REPOSITORY
from setapart_agent.collectors.android.account_types import (
    AUTHORITIES,
    LABELLED,
    LOCAL_TYPES,
    ORGANISATION_TYPES,
    SERVICES,
)
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


def test_a_client_that_an_officer_may_attest_is_one_of_the_catalog() -> None:
    catalog = tomllib.loads((REPOSITORY / "config" / "catalog" / "clients.toml").read_text(encoding="utf-8"))
    assert set(LABELLED.values()) <= {client["id"] for client in catalog["client"]}
    assert LABELLED.keys() <= SERVICES.keys()
