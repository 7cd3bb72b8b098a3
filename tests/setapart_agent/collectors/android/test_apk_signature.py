import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apk_builder import CERTIFICATE, PADDING, V2, V3, V31, apk, block, prefixed, scheme, sha256
from setapart_agent.collectors.android.apk_signature import certificate_digest


def digest(content: bytes) -> str | None:
    return certificate_digest(lambda at, length: content[at : at + length], len(content))


@pytest.mark.parametrize("key", [V2, V3, V31])
def test_first_certificate_of_the_first_signer(key: int) -> None:
    assert digest(apk(block((PADDING, b"\0" * 99), (key, scheme(CERTIFICATE, b"chain"))))) == sha256(CERTIFICATE)


def test_the_newer_scheme_decides() -> None:
    pairs = ((V2, scheme(b"old")), (V3, scheme(b"new")), (V31, scheme(b"newest")))
    assert digest(apk(block(*pairs[:2]))) == sha256(b"new")
    assert digest(apk(block(*pairs))) == sha256(b"newest")


def test_a_comment_behind_the_zip_that_looks_like_its_end() -> None:
    content = apk(block((V2, scheme(CERTIFICATE))), comment=b"PK\x05\x06" + b"\xff" * 300)
    assert digest(content) == sha256(CERTIFICATE)


def test_a_block_larger_than_the_first_guess() -> None:
    assert digest(apk(block((PADDING, b"\0" * 200_000), (V3, scheme(CERTIFICATE))))) == sha256(CERTIFICATE)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        apk(),
        apk(block((PADDING, b""))),
        apk(block((V2, b""))),
        apk(block((V2, prefixed(b"")))),
        apk(block((V2, scheme()))),
        apk(block((V2, scheme(b"")))),
        apk(block((V2, b"\xff\xff\xff\xff" * 9))),
        apk(block((V2, scheme(CERTIFICATE)))[8:]),
        apk(struct.pack("<Q", 2**63) + b"APK Sig Block 42"),
        b"PK\x05\x06" + b"\xff" * 16 + b"\0\0",
    ],
)
def test_what_is_not_signed_like_this_has_no_publisher(content: bytes) -> None:
    assert digest(content) is None


def test_a_part_that_cannot_be_read_gives_none() -> None:
    assert certificate_digest(lambda _at, _length: b"", 5_000_000) is None


def test_little_is_read_however_large_the_apk_claims_to_be() -> None:
    read: list[int] = []
    content = apk(block((V2, scheme(CERTIFICATE))))

    def part(at: int, length: int) -> bytes:
        read.append(length)
        return content[at : at + length]

    certificate_digest(part, len(content))
    certificate_digest(part, 2**60)
    assert sum(read) < 1_000_000


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 5000), st.integers(0, 255), st.integers(0, 5000))
def test_any_flipped_or_cut_byte_gives_a_digest_or_none(at: int, value: int, cut: int) -> None:
    content = bytearray(apk(block((V2, scheme(CERTIFICATE)))))
    content[at % len(content)] = value
    found = digest(bytes(content[: len(content) - cut % 200]))
    assert found is None or len(found) == len("sha256:") + 64
