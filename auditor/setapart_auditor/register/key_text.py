"""A public key as one word of a register: `spki:` and base64 of its SubjectPublicKeyInfo (RFC 5280, section 4.1)."""

import base64
import binascii

from setapart_evidence.errors import KeyFormatError
from setapart_evidence.keys import PublicKey

PREFIX = "spki:"


def is_spelled(text: str) -> bool:
    """Whether a text is a key itself, not the name of a key's file."""
    return text.startswith(PREFIX)


def spell_key(key: PublicKey) -> str:
    """The key as a word."""
    return PREFIX + base64.b64encode(key.spki).decode()


def parse_key(text: str) -> PublicKey:
    """Reads the word.

    Raises:
        KeyFormatError: no such word, or a key of another type.
    """
    try:
        spki = base64.b64decode(text.removeprefix(PREFIX).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise KeyFormatError("no key in base64", expected=f"{PREFIX} and a SubjectPublicKeyInfo") from None
    return PublicKey.from_spki(spki)
