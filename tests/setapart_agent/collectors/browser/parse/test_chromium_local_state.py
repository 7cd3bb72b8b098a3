"""Local State of Chromium's family."""

import json
from typing import Any

import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.browser.parse import chromium_local_state, chromium_preferences

WORK, CONSUMER = "11111111-2222-3333-4444-555555555555", "9188040d-6c67-4c5b-b112-36a304b66dad"


def state(**profiles: Any) -> str:
    return json.dumps({"os_crypt": {}, "profile": {"info_cache": profiles, "last_used": "Default"}})


SIGNED_IN = {"user_name": "Ann@Agency.example", "hosted_domain": "agency.example", "gaia_id": "1", "name": "Work"}


def test_survives_hostile_files() -> None:
    assert_survives(chromium_local_state, "Local State", state(Default=SIGNED_IN).replace(" ", "").encode())


def test_each_profile_has_its_own_account() -> None:
    content = state(
        **{"Default": SIGNED_IN, "Profile 1": {"user_name": "a@gmail.com", "hosted_domain": "NO_HOSTED_DOMAIN"}}
    )
    assert [
        (one.profile, one.type, one.domain, one.tenant, one.services)
        for one in parsed(chromium_local_state, content).accounts
    ] == [
        ("1000/Default", "chromium:google", "agency.example", "agency.example", ()),
        ("1000/Profile 1", "chromium:google", "gmail.com", None, ()),
    ]


def test_the_account_is_the_one_that_preferences_tell_of() -> None:
    preferences = json.dumps({"account_info": [{"email": "Ann@Agency.example", "hd": "agency.example"}]})
    (there,) = parsed(chromium_preferences, preferences).accounts
    (here,) = parsed(chromium_local_state, state(Default=SIGNED_IN)).accounts
    assert (here.type, here.address, here.domain, here.tenant) == (
        there.type,
        there.address,
        there.domain,
        there.tenant,
    )


@pytest.mark.parametrize(
    "entry",
    [
        {"user_name": "", "hosted_domain": "", "gaia_id": "", "edge_account_type": 0, "edge_account_tenant_id": ""},
        {"name": "Person 1"},
        {"user_name": 7},
        [],
    ],
)
def test_nobody_signed_in(entry: Any) -> None:
    facts = parsed(chromium_local_state, state(Default=entry))
    assert (facts.accounts, facts.links) == ((), ())


def test_edges_accounts_are_microsofts() -> None:
    facts = parsed(
        chromium_local_state,
        state(
            Default={"user_name": "a@agency.example", "edge_account_type": 2, "edge_account_tenant_id": WORK},
            Private={"user_name": "a@outlook.com", "edge_account_type": 5, "edge_account_tenant_id": CONSUMER},
            Nameless={"user_name": "", "edge_account_type": 2, "edge_account_tenant_id": WORK.upper()},
        ),
    )
    assert [(one.type, one.domain, one.tenant) for one in facts.accounts] == [
        ("chromium:microsoft", "agency.example", WORK),
        ("chromium:microsoft", "outlook.com", None),
        ("chromium:microsoft", None, WORK),
    ]


@pytest.mark.parametrize(
    "managed",
    [
        {"user_accepted_account_management": True},
        {"profile_management_id": "x"},
        {"profile_management_enrollment_token": "x"},
    ],
)
def test_an_organisation_that_manages_the_profile_is_a_link(managed: dict[str, Any]) -> None:
    facts = parsed(chromium_local_state, state(**{"Profile 2": {**SIGNED_IN, **managed}}))
    assert [(link.kind, link.target, link.profile) for link in facts.links] == [
        ("mdm", "agency.example", "1000/Profile 2")
    ]


def test_an_account_alone_is_no_management() -> None:
    entry = {**SIGNED_IN, "user_accepted_account_management": False, "profile_management_id": ""}
    assert parsed(chromium_local_state, state(Default=entry)).links == ()


def test_a_file_of_a_program_without_profiles_tells_nothing_and_is_not_recognised() -> None:
    content = b'{"os_crypt":{"encrypted_key":"x"}}'
    assert not chromium_local_state.recognise("Local State", content)
    assert parsed(chromium_local_state, content).accounts == ()
