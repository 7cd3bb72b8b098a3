"""What an inventory calls a program of Windows: an AppX package by name and publisher, or a display name.

A package's family name is its name, `_`, and 13 digits of Crockford's base 32: the first 8 bytes of the SHA-256 of its
publisher's distinguished name in UTF-16LE. Source: learn.microsoft.com/windows/msix/package/package-identity-overview;
`CN=Microsoft Corporation, O=…` gives the well-known `8wekyb3d8bbwe`.
"""

import hashlib
import re

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_PACKAGE = re.compile(r"[A-Za-z0-9.-]{3,50}")
_FAMILY = re.compile(r"([A-Za-z0-9.-]{3,50})_([0-9a-hjkmnp-tv-z]{13})")
_FULL = re.compile(r"([A-Za-z0-9.-]{3,50})_[\d.]+_[A-Za-z0-9]*_[^_]*_([0-9a-hjkmnp-tv-z]{13})")


def family_name(name: str, publisher: str | None) -> str | None:
    """The package family name, where a name is that of a package and something tells the publisher; else None.

    Args:
        name: a package's name, full name or family name.
        publisher: the publisher as the package states it, `CN=…`; other words for it tell nothing.
    """
    whole = _FAMILY.fullmatch(name) or _FULL.fullmatch(name)
    if whole is not None:
        return f"{whole[1]}_{whole[2]}"
    if publisher is None or not publisher.startswith("CN=") or not _PACKAGE.fullmatch(name):
        return None
    return f"{name}_{_publisher_id(publisher)}"


def looks_like_package(name: str) -> bool:
    """Whether a display name is rather a package's name, `Publisher.App`, whose publisher nothing tells."""
    return "." in name.strip(".") and _PACKAGE.fullmatch(name) is not None and not name[0].isdigit()


def _publisher_id(publisher: str) -> str:
    digest = hashlib.sha256(publisher.encode("utf-16-le", "replace")).digest()[:8]
    bits = int.from_bytes(digest, "big") << 1
    return "".join(_DIGITS[bits >> shift & 31] for shift in range(60, -1, -5))
