import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cms_maker import DATA, SIGNED, der, indefinite, signed
from setapart_agent.collectors.apple.parse import cms
from setapart_agent.errors import ParseError


def test_the_content_in_one_piece() -> None:
    assert cms.content_of(signed(der(0x04, b"x" * 300))) == b"x" * 300


def test_the_content_in_pieces_of_indefinite_length() -> None:
    pieces = indefinite(0x24, der(0x04, b"one ") + indefinite(0x24, der(0x04, b"two ")) + der(0x04, b"three"))
    message = indefinite(
        0x30,
        SIGNED
        + indefinite(0xA0, indefinite(0x30, der(0x02, b"\x01") + der(0x31, b"") + indefinite(
            0x30, DATA + indefinite(0xA0, pieces)
        ))),
    )  # fmt: skip
    assert cms.is_signed(message)
    assert cms.content_of(message) == b"one two three"


@pytest.mark.needs("openssl")
@pytest.mark.parametrize("options", [["-nodetach"], ["-nodetach", "-stream", "-indef"]], ids=["der", "streamed"])
def test_what_openssl_signed(tmp_path: Path, options: list[str]) -> None:
    content = b"<?xml version='1.0'?><plist><dict/></plist>" + b"\n" * 9000
    (tmp_path / "profile").write_bytes(content)
    key = ["-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-x509", "-out", "cert", "-subj", "/CN=x"]
    subprocess.run(["openssl", "req", *key], cwd=tmp_path, check=True, capture_output=True)
    sign = ["-sign", "-signer", "cert", "-inkey", "key", "-in", "profile", "-outform", "DER", "-out", "out", "-binary"]
    subprocess.run(["openssl", "smime", *sign, *options], cwd=tmp_path, check=True, capture_output=True)
    raw = (tmp_path / "out").read_bytes()
    assert cms.is_signed(raw)
    assert cms.content_of(raw) == content


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (signed(None), "without what it signs"),
        (signed(der(0x04, b"x"), kind=bytes.fromhex("06092a864886f70d010703")), "encrypted"),
        (signed(der(0x30, b"")), "another content"),
        (signed(der(0x04, b"x" * 50))[:-10], "cut off"),
        (b"", "cut off"),
        (b"\x30\x80" * 5000, "too deeply"),
        (b"\x30\x89" + b"\xff" * 20, "broken"),
    ],
)
def test_what_has_no_content_to_give_is_an_error(raw: bytes, why: str) -> None:
    with pytest.raises(ParseError, match=why):
        cms.content_of(raw)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_ends_in_our_error(data: st.DataObject) -> None:
    raw = bytearray(signed(der(0x24, der(0x04, b"one") + der(0x04, b"two"))))
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        cms.content_of(bytes(raw))
    except ParseError:
        return
