"""The template's parser: what a new parser's tests look like."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setapart_agent.collectors._example.parse import tablet
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet

JSON = st.recursive(
    st.none() | st.integers() | st.text(), lambda deep: st.lists(deep) | st.dictionaries(st.text(), deep)
)


def parsed(document: object) -> Facts:
    return tablet.parse(FileSet(files={"main": json.dumps(document).encode()}))


def statuses(facts: Facts) -> dict[str, str]:
    return {row.section: row.status for row in facts.coverage}


def test_apps_and_shared_accounts_are_read() -> None:
    facts = parsed({"serial": "T1", "apps": ["com.zhiliaoapp.musically"], "accounts": ["kari@agency.example"]})
    assert [app.identifier for app in facts.apps] == ["com.zhiliaoapp.musically"]
    assert [(account.services, account.domain) for account in facts.accounts] == [(("mail",), "agency.example")]
    assert facts.device.serial == "T1"


def test_accounts_that_are_not_shared_are_denied_and_not_none() -> None:
    assert statuses(parsed({"apps": []})) == {"apps": "observed", "accounts": "denied", "links": "unsupported"}
    assert statuses(parsed({"apps": [], "accounts": []}))["accounts"] == "observed"


def test_an_entry_that_names_nothing_is_told() -> None:
    seen = statuses(parsed({"apps": ["a", 7], "accounts": [""]}))
    assert (seen["apps"], seen["accounts"]) == ("failed", "failed")


@given(JSON)
def test_values_of_any_type_end_in_facts_or_our_error(document: object) -> None:
    try:
        parsed({"apps": document, "accounts": document, "serial": document})
    except ParseError:
        assert not isinstance(document, list)


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_end_in_our_error(raw: bytes) -> None:
    with pytest.raises(ParseError):
        tablet.parse(FileSet(files={"main": raw}))
