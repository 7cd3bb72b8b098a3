"""Keys by where they live: in a file, in a TPM 2.0, in a PKCS#11 token.

What stands in a key file says where the key is: a PKCS #8 `PRIVATE KEY` is the key itself; a `TSS2 PRIVATE KEY` is a
blob that only the TPM which made it can use; a line that begins with `pkcs11:` (RFC 7512) names a key that a token
holds. So everything that takes a key file takes all of them, and a chain lies beside each.
"""

from typing import Literal

from setapart_evidence.errors import EvidenceError
from setapart_evidence.keys import Algorithm, Signer, generate, load_signer

TSS2 = b"-----BEGIN TSS2 PRIVATE KEY-----"
PKCS11 = b"pkcs11:"
Store = Literal["file", "tpm", "pkcs11"]


class KeystoreError(EvidenceError):
    """A key that hardware holds can't be used: no TPM, no token, the wrong PIN, a blob of another TPM."""

    reason = "keystore"


def open_key(raw: bytes) -> Signer:
    """The signer of a key file's content.

    Raises:
        KeyFormatError: it is no key.
        KeystoreError: what holds the key can't be used.
    """
    if TSS2 in raw:
        from .tpm import TpmSigner

        return TpmSigner(raw)
    if raw.lstrip().startswith(PKCS11):
        from .pkcs11 import Pkcs11Signer

        return Pkcs11Signer(raw.decode("utf-8", "replace").strip())
    return load_signer(raw)


def make_key(where: str, algorithm: Algorithm | None = None) -> tuple[Signer, bytes]:
    """Makes a key. Returns its signer, and the content of the key file.

    Args:
        where: `file`, `tpm`, or a `pkcs11:` URI that names a token and the new object.
        algorithm: the store's usual one by default: Ed25519, and ECDSA P-256 in a TPM, which knows no other.

    Raises:
        KeystoreError: the store can't make such a key.
    """
    if where == "file":
        signer = generate(algorithm or "ed25519")
        return signer, signer.pem()
    if where == "tpm":
        if algorithm == "ed25519":
            raise KeystoreError("no TPM makes Ed25519 keys", expected="ecdsa-p256")
        from .tpm import make_tpm_key

        return make_tpm_key()
    if where.startswith("pkcs11:"):
        from .pkcs11 import make_pkcs11_key

        return make_pkcs11_key(where, algorithm or "ed25519"), f"{where}\n".encode()
    raise KeystoreError(f"no keystore {where[:40]!r}", expected="file, tpm or a pkcs11: URI")


def is_hardware(signer: Signer) -> bool:
    """Whether the key can't leave what holds it, as far as this program can tell."""
    return bool(getattr(signer, "hardware", False))


def not_installed(library: str, extra: str) -> KeystoreError:
    """The error of a keystore whose library is not installed."""
    return KeystoreError(
        f"{library} is not installed", expected="it, for this keystore", cure=f"pip install 'setapart[{extra}]'"
    )
