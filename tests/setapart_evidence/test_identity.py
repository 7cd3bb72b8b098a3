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
    telling_fields,
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
        ("0xA.0.0.1", False),
        ("012.1.2.3", False),
        ("10.66051", False),
        ("10.example", True),
        ("outlook.office365.com", False),
        ("https://apidata.googleusercontent.com/caldav/v2/x", False),
        ("imap.gmail.com:993", False),
        ("notgmail.com", True),
        ("outlook.com", True),
        ("", False),
        (None, False),
    ],
)
def test_a_bare_network_address_says_nothing_about_whose_the_machine_is(value: str | None, *, tells: bool) -> None:
    assert tells_whose(value, INTERNAL) is tells


@pytest.mark.parametrize(
    "value",
    [
        "mail", "CORP", "localhost", "\\\\files\\home", "h1@CORP", "tun0", "exchange.", "smb://nas:445/x",
        "nas.local", "DC1.Corp", "mail.home.arpa.", "mx.internal",
    ],
)  # fmt: skip
def test_a_name_that_every_network_has_its_own_of_says_nothing(value: str) -> None:
    assert not tells_whose(value, INTERNAL, looked_up=True)
    assert tells_whose(value, INTERNAL)


GUID, CONSUMERS = "0f4d1b7e-65a1-4f6e-9a54-0a1f3f6f2b11", "9188040d-6c67-4c5b-b112-36a304b66dad"


@pytest.mark.parametrize(
    ("domain", "host", "tenant", "telling"),
    [
        ("private.example", "imap.private.example", None, ("domain", "host")),
        ("private.example", None, None, ("domain",)),
        ("private.example", "outlook.office365.com", None, ("domain",)),
        (None, "outlook.office365.com", None, ()),
        (None, "agency-my.sharepoint.com", None, ()),
        ("private.example", "agency-my.sharepoint.com", None, ()),
        ("private.onmicrosoft.com", "imap.private.example", None, ("host",)),
        (None, None, "agency.onmicrosoft.com", ()),
        ("private.example", "10.1.2.3", None, ()),
        ("private.example", "exchange01", None, ()),
        ("private.example", "127.0.0.1:1143", "other.example", ("domain", "tenant")),
        ("CORP", "imap.private.example", None, ("host",)),
        ("private.example", "10.1.2.3", "CORP", ()),
        (None, None, "agency", ()),
        (None, None, GUID, ()),
        ("private.example", None, GUID, ("domain",)),
        (None, None, CONSUMERS, ("tenant",)),
    ],
)
def test_the_server_says_whose_an_account_is_before_the_address_that_somebody_typed(
    domain: str | None, host: str | None, tenant: str | None, telling: tuple[str, ...]
) -> None:
    assert telling_fields(domain, host, tenant, INTERNAL) == telling


def test_an_id_of_a_tenant_tells_only_an_authority_that_has_listed_its_own() -> None:
    own = internal_values((f"tenant:{CONSUMERS}",))
    assert telling_fields(None, None, GUID, own) == ("tenant",)
    for looked_up in (True, False):
        assert tells_whose(GUID.upper(), own, looked_up=looked_up)
        assert not tells_whose(GUID.upper(), INTERNAL, looked_up=looked_up)


def test_parents_go_up_label_by_label() -> None:
    assert tuple(parents("a.b.c")) == ("a.b.c", "b.c", "c")


def test_international_labels_compare_as_a_labels() -> None:
    assert a_label("BÜCHER.example.") == "xn--bcher-kva.example"
    assert is_internal(("mail.bücher.example",), internal_values(("domain:xn--bcher-kva.example",)))


def test_a_sharp_s_is_no_double_s() -> None:
    """RFC 5891; the A-label is the example of Unicode's UTS 46, section 4."""
    assert a_label("Faß.de") == "xn--fa-hia.de"
    assert is_internal(("xn--fa-hia.de",), internal_values(("domain:faß.de",)))
    assert not is_internal(("fass.de",), internal_values(("domain:faß.de",)))


@pytest.mark.parametrize(
    "spelled", ["\uff46a\u00df.de", "Fa\u1e9e.DE", "fa\u00df\uff0ede", "fa\u00df\uff61de", "fa\u00ad\u00df.de"]
)
def test_a_sharp_s_hides_no_other_spelling_of_a_name(spelled: str) -> None:
    """What names are mapped to before they are encoded (RFC 3491), and each of its dots (RFC 3490, section 3.1)."""
    assert is_internal((f"mail.{spelled}",), internal_values(("domain:fa\u00df.de",)))
    plain = spelled.replace("\u00df", "\u00fc").replace("\u1e9e", "\u00dc")
    assert is_internal((f"mail.{plain}",), internal_values(("domain:fa\u00fc.de",)))


def test_a_greek_name_in_capitals_is_the_same_name() -> None:
    assert a_label("ΟΔΟΣ.example") == a_label("οδοσ.example") == a_label("οδος.example")


@given(st.text(max_size=400))
def test_no_text_breaks_the_comparison(text: str) -> None:
    is_internal((text,), INTERNAL)
    tells_whose(text, INTERNAL)
    telling_fields(text, text, text, INTERNAL)
    assert all(len(name) <= 1100 for name in names_of(text))


def test_a_hostile_name_costs_no_time() -> None:
    start = time.process_time()
    is_internal((("a." * 500_000),), INTERNAL)
    assert time.process_time() - start < 1
