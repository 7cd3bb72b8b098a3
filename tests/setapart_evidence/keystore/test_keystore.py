import pytest

from setapart_evidence.errors import KeyFormatError
from setapart_evidence.keys import generate
from setapart_evidence.keystore import KeystoreError, is_hardware, make_key, open_key


@pytest.mark.parametrize("algorithm", ["ed25519", "ecdsa-p256"])
def test_a_key_in_a_file_is_made_and_opened(algorithm: str) -> None:
    signer, content = make_key("file", algorithm)  # type: ignore[arg-type]
    opened = open_key(content)
    opened.public.verify(opened.sign(b"message"), b"message")
    assert opened.public == signer.public
    assert opened.public.algorithm == algorithm
    assert not is_hardware(opened)


def test_a_key_file_of_before_is_opened() -> None:
    signer = generate()
    assert open_key(signer.pem()).public == signer.public


@pytest.mark.parametrize(
    "raw", [b"", b"pkcs", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"\xff"]
)
def test_a_file_that_is_no_key_is_refused(raw: bytes) -> None:
    with pytest.raises(KeyFormatError):
        open_key(raw)


@pytest.mark.parametrize("where", ["", "yubikey", "file:x", "TPM"])
def test_a_keystore_that_nobody_knows_is_refused(where: str) -> None:
    with pytest.raises(KeystoreError, match="no keystore"):
        make_key(where)


def test_no_tpm_is_asked_for_what_none_can_do() -> None:
    with pytest.raises(KeystoreError, match="no TPM makes Ed25519"):
        make_key("tpm", "ed25519")
