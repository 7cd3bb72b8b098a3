"""Errors are for the person who reads them, and travel between processes."""

import pickle

import pytest

from setapart_evidence import errors
from setapart_evidence.errors import EvidenceError

KINDS = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, EvidenceError)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_says_what_came_what_was_expected_and_what_to_do(kind: type[EvidenceError]) -> None:
    assert str(kind("a stone", expected="bread", cure="ask again")) == "a stone; expected bread; ask again"
    assert str(kind("a stone")) == "a stone"
    again = pickle.loads(pickle.dumps(kind("a stone", expected="bread", cure="ask again")))
    assert type(again) is kind
    assert (again.got, again.expected, again.cure) == ("a stone", "bread", "ask again")


def test_every_error_has_a_reason_of_its_own() -> None:
    assert len({kind.reason for kind in KINDS}) == len(KINDS) == 9
