"""Names that cannot be turned back, and the one question whether a name is the authority's own."""

import hashlib
import hmac
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setapart_evidence.identity import (
    a_label,
    address_digest,
    hardware_id,
    internal_values,
    is_internal,
    names_of,
    parents,
    tells_whose,
)

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))
INTERNAL = internal_values(("domain:agency.example", "host:Mail.Hosting.Example.", "tenant:agency-tenant"))


def test_a_hardware_id_is_the_keyed_digest_that_the_specification_names() -> None:
    expected = hmac.new(KEY, b"serial\0android\0ABC123", hashlib.sha256).hexdigest()
    assert hardware_id(KEY, "android", " abc123 ") == f"hw-{expected}"


def test_another_key_platform_or_serial_gives_another_id() -> None:
    ids = {
        hardware_id(KEY, "android", "A"),
        hardware_id(OTHER, "android", "A"),
        hardware_id(KEY, "ios", "A"),
        hardware_id(KEY, "android", "B"),
    }
    assert len(ids) == 4


def test_spellings_of_one_address_have_one_digest() -> None:
    spellings = (
        "Kari@Bücher.example",
        " kari@bücher.EXAMPLE ",
        "kari@xn--bcher-kva.example",
        "kari@bu\u0308cher.example",
    )
    assert len({address_digest(KEY, one) for one in spellings}) == 1
    assert address_digest(KEY, "kari@bucher.example") != address_digest(KEY, spellings[0])
    assert address_digest(OTHER, spellings[0]) != address_digest(KEY, spellings[0])


@pytest.mark.parametrize(
    "value",
    [
        "agency.example",
        "AGENCY.EXAMPLE.",
        "imap.agency.example",
        "imap.agency.example:993",
        "https://cloud.agency.example/dav",
        "\\\\files.agency.example\\share",
        "host/ws1.agency.example@AGENCY.EXAMPLE",
        "mail.hosting.example",
        "agency-tenant",
        "a" * 300 + ".agency.example",
    ],
)
def test_a_name_of_the_authority_is_internal_however_it_is_written(value: str) -> None:
    assert is_internal((None, value), INTERNAL)


@pytest.mark.parametrize(
    "value",
    ["notagency.example", "agency.example.evil.example", "hosting.example", "example", "other-tenant", "", "10.0.0.1"],
)
def test_a_name_that_only_resembles_one_is_not(value: str) -> None:
    assert not is_internal((value,), INTERNAL)


@pytest.mark.parametrize(
    ("value", "tells"),
    [
        ("imap.example", True),
        ("10.1.2.3", False),
        ("10.1.2.3:993", False),
        ("[fe80::1]:993", False),
        ("fe80::1%eth0", False),
        ("https://10.1.2.3/dav", False),
        ("", False),
        (None, False),
    ],
)
def test_a_bare_network_address_says_nothing_about_whose_the_machine_is(value: str | None, *, tells: bool) -> None:
    assert tells_whose(value) is tells


@pytest.mark.parametrize(
    "value", ["mail", "CORP", "localhost", "\\\\files\\home", "h1@CORP", "tun0", "exchange.", "smb://nas:445/x"]
)
def test_a_short_name_that_every_network_has_its_own_of_says_nothing(value: str) -> None:
    assert not tells_whose(value, looked_up=True)
    assert tells_whose(value)


def test_parents_go_up_label_by_label() -> None:
    assert tuple(parents("a.b.c")) == ("a.b.c", "b.c", "c")


def test_international_labels_compare_as_a_labels() -> None:
    assert a_label("BÜCHER.example.") == "xn--bcher-kva.example"
    assert is_internal(("mail.bücher.example",), internal_values(("domain:xn--bcher-kva.example",)))


@given(st.text(max_size=400))
def test_no_text_breaks_the_comparison(text: str) -> None:
    is_internal((text,), INTERNAL)
    tells_whose(text)
    assert all(len(name) <= 1100 for name in names_of(text))


def test_a_hostile_name_costs_no_time() -> None:
    start = time.process_time()
    is_internal((("a." * 500_000),), INTERNAL)
    assert time.process_time() - start < 1
