"""Keys in a TPM 2.0, by way of tpm2-pytss: ECDSA P-256, not restricted, so that it signs digests made outside.

The key file is a `TSS2 PRIVATE KEY` in PEM (https://www.hansenpartnership.com/draft-bottomley-tpm2-keys.html), as
OpenSSL's providers read it: the private part is encrypted to the TPM's owner hierarchy. Which TPM: TPM2TOOLS_TCTI, else
the kernel's (tpm2-tss chooses). Every use opens the TPM and flushes what it loaded: no resource manager is needed.
"""

import hashlib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from setapart_evidence.errors import KeyFormatError
from setapart_evidence.keys import PublicKey, Signer, low_s

from . import KeystoreError, not_installed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tpm2_pytss import ESAPI

VARIABLE = "TPM2TOOLS_TCTI"


class TpmSigner:
    """A key that a TPM made and holds."""

    hardware = True

    def __init__(self, pem: bytes) -> None:
        self._pem = pem
        self._key = _parsed(pem)
        self.public = _public(self._key)

    def sign(self, message: bytes) -> bytes:
        """DER of r and the lower of s and n - s, over SHA-256 of the message.

        Raises:
            KeystoreError: there is no TPM, or it is not the one that made the key.
        """
        from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
        from tpm2_pytss import ESYS_TR, TPM2_ALG, TPM2B_DIGEST, TPMT_SIG_SCHEME

        scheme = TPMT_SIG_SCHEME(scheme=TPM2_ALG.ECDSA)
        scheme.details.any.hashAlg = TPM2_ALG.SHA256
        with _tpm() as tpm:
            handle = self._key.load(tpm, None)
            try:
                made = tpm.sign(handle, TPM2B_DIGEST(hashlib.sha256(message).digest()), scheme)
            finally:
                if handle != ESYS_TR.NONE:
                    tpm.flush_context(handle)
        pair = made.signature.ecdsa
        r, s = (int.from_bytes(bytes(one), "big") for one in (pair.signatureR, pair.signatureS))
        return low_s(encode_dss_signature(r, s))


def make_tpm_key() -> tuple[Signer, bytes]:
    """Makes a key in the TPM. Returns its signer and the key file's content.

    Raises:
        KeystoreError: there is no TPM, or it makes no such key.
    """
    with _tpm() as tpm:
        from tpm2_pytss import TPM2B_PUBLIC
        from tpm2_pytss.tsskey import TSSPrivKey

        template = TPM2B_PUBLIC.parse(
            "ecc256:ecdsa-sha256", objectAttributes="fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign"
        )
        pem = TSSPrivKey.create(tpm, template.publicArea).to_pem()
    return TpmSigner(pem), pem


def _parsed(pem: bytes) -> Any:  # noqa: ANN401 - tpm2-pytss has no types
    try:
        from tpm2_pytss.tsskey import TSSPrivKey
    except ImportError:
        raise not_installed("tpm2-pytss", "tpm") from None
    try:
        return TSSPrivKey.from_pem(pem)
    except Exception:  # noqa: BLE001 - whatever its DER reader raises
        raise KeyFormatError("a TPM key file that can't be read", expected="a TSS2 PRIVATE KEY in PEM") from None


def _public(key: Any) -> PublicKey:  # noqa: ANN401
    try:
        return PublicKey.from_pem(key.public.to_pem())
    except Exception:  # noqa: BLE001 - an RSA key, a sealed blob, a curve of another kind
        raise KeyFormatError("a TPM key of another type", expected="ECDSA P-256") from None


@contextmanager
def _tpm() -> "Iterator[ESAPI]":
    try:
        from tpm2_pytss import ESAPI, TSS2_Exception
    except ImportError:
        raise not_installed("tpm2-pytss", "tpm") from None
    try:
        with ESAPI(os.environ.get(VARIABLE)) as tpm:
            yield tpm
    except (TSS2_Exception, RuntimeError) as exc:
        raise KeystoreError(
            f"the TPM refused: {str(exc).partition(chr(10))[0][:200]}",
            expected="the TPM that made the key",
            cure="run where the TPM can be used (group tss); a key of another machine can't be moved: enrol again",
        ) from None
