from collections.abc import Iterator
from pathlib import Path

import pytest

from keystores import PIN, SOFTHSM, token
from setapart_evidence.keys import Algorithm
from setapart_evidence.keystore import KeystoreError, is_hardware, make_key, open_key
from setapart_evidence.keystore.pkcs11 import parse_uri

pytestmark = pytest.mark.needs("softhsm")


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One token for the file: a PKCS#11 module reads its configuration once in a process."""
    with token(tmp_path_factory.mktemp("softhsm")) as found:
        yield found


@pytest.mark.parametrize("algorithm", ["ed25519", "ecdsa-p256"])
def test_a_token_signs_what_cryptography_verifies(uri: str, algorithm: Algorithm) -> None:
    signer, content = make_key(uri.format(f"signing-{algorithm}"), algorithm)
    opened = open_key(content)
    assert opened.public == signer.public
    assert opened.public.algorithm == algorithm
    assert is_hardware(opened)
    for one in range(5):
        opened.public.verify(opened.sign(b"%d" % one), b"%d" % one)


def test_a_key_of_the_same_name_is_never_overwritten(uri: str) -> None:
    first, _ = make_key(uri.format("once"))
    with pytest.raises(KeystoreError, match="there already"):
        make_key(uri.format("once"))
    assert open_key(uri.format("once").encode()).public == first.public


def test_a_key_that_is_not_there_is_said(uri: str) -> None:
    with pytest.raises(KeystoreError, match="0 keys of this name"):
        open_key(uri.format("nobody").encode())


def test_the_wrong_pin_is_said_without_the_pin(uri: str, tmp_path: Path) -> None:
    make_key(uri.format("guarded"))
    wrong = tmp_path / "wrong"
    wrong.write_text("0815\n")
    spelled = uri.format("guarded").partition("pin-source")[0] + f"pin-source=file:{wrong}"
    with pytest.raises(KeystoreError, match="the token refused") as refused:
        open_key(spelled.encode())
    assert "0815" not in str(refused.value)


def test_the_pin_may_come_from_the_environment(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make_key(uri.format("environment"))
    monkeypatch.setenv("SETAPART_PKCS11_PIN", PIN)
    signer = open_key(uri.format("environment").partition("&pin-source")[0].encode())
    signer.public.verify(signer.sign(b"message"), b"message")


def test_another_token_or_module_is_said(uri: str, tmp_path: Path) -> None:
    with pytest.raises(KeystoreError, match="the token refused"):
        open_key(uri.format("x").replace("token=setapart", "token=other").encode())
    with pytest.raises(KeystoreError, match="the token refused"):
        open_key(f"pkcs11:token=a;object=b?module-path={tmp_path / 'none.so'}".encode())


@pytest.mark.parametrize(
    "text",
    [
        "pkcs11:",
        "pkcs11:token=a",
        "pkcs11:token=a;object=b",
        f"pkcs11:object=b?module-path={SOFTHSM}",
        f"pkcs11:token=a;object=b;colour=red?module-path={SOFTHSM}",
        f"pkcs11:token=a;token=c;object=b?module-path={SOFTHSM}",
        f"pkcs11:token;object=b?module-path={SOFTHSM}",
        f"pkcs11:token=a;object=b?module-path={SOFTHSM}&pin-source=file:/none",
    ],
)
def test_a_uri_that_names_no_key_is_refused(text: str) -> None:
    with pytest.raises(KeystoreError):
        parse_uri(text)


def test_a_uri_is_read_with_its_escapes_and_shows_no_pin() -> None:
    found = parse_uri("pkcs11:token=the%20office;id=%01%02?module-path=/m.so&pin-value=secret")
    assert (found.token, found.id, found.module, found.pin) == ("the office", b"\x01\x02", "/m.so", "secret")
    assert "secret" not in repr(found)
