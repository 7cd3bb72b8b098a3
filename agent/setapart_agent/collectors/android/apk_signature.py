"""The certificate that signed an APK, read from the APK Signing Block without reading the APK.

An APK is a zip; the block stands before the zip's central directory and ends in its size and a magic word. It holds
pairs of id and value; the values of APK Signature Scheme v2 and v3 start with the signers, each with its certificates.
All integers are little-endian. Format: source.android.com, "APK Signature Scheme v2" and "v3". An APK with only a v1
(JAR) signature has no block and gives `None`.

Nothing is verified here: Android did that at installation, and the answer is as good as the device that gave the bytes.
"""

import hashlib
from collections.abc import Callable, Iterator

Read = Callable[[int, int], bytes]
"""Gives the bytes at an offset, of at most a length; fewer where the file ends or can't be read."""

_END_RECORD = b"PK\x05\x06"
_END_RECORD_SIZE = 22
_LONGEST_COMMENT = 65_535
_MAGIC = b"APK Sig Block 42"
_FOOTER_SIZE = 24
_SCHEMES = (0x1B93AD61, 0xF05368C0, 0x7109871A)
"""v3.1, v3 and v2; the newer one decides what Android shows."""
_FIRST_GUESS = 64 * 1024
_BLOCK_LIMIT = 8 * 1024 * 1024
_MOST_PAIRS = 256


def certificate_digest(read: Read, size: int) -> str | None:
    """`sha256:` and the digest of the first signer's certificate, or `None` where there is no well-formed block.

    Args:
        read: gives parts of the APK; called at most four times, for 8 MiB at most.
        size: of the APK in bytes.
    """
    directory = _directory(read, size)
    if directory is None:
        return None
    block = _block(read, directory)
    if block is None:
        return None
    values = dict(_pairs(block))
    signers = next((values[scheme] for scheme in _SCHEMES if scheme in values), None)
    certificate = None if signers is None else _first_certificate(signers)
    return None if certificate is None else f"sha256:{hashlib.sha256(certificate).hexdigest()}"


def _directory(read: Read, size: int) -> int | None:
    """The offset of the central directory, from the end record that reaches exactly to the end of the file."""
    if size < _END_RECORD_SIZE:
        return None
    for reach in (_END_RECORD_SIZE, _END_RECORD_SIZE + _LONGEST_COMMENT):
        start = max(0, size - reach)
        tail = read(start, size - start)
        at = tail.rfind(_END_RECORD)
        while at >= 0:
            record = tail[at : at + _END_RECORD_SIZE]
            if len(record) == _END_RECORD_SIZE and at + _END_RECORD_SIZE + _number(record[20:22]) == len(tail):
                offset = _number(record[16:20])
                return offset if offset <= start + at else None
            at = tail.rfind(_END_RECORD, 0, at)
    return None


def _block(read: Read, directory: int) -> bytes | None:
    """The pairs of the signing block that ends where the directory starts."""
    start = max(0, directory - _FIRST_GUESS)
    tail = read(start, directory - start)
    if len(tail) != directory - start or not tail.endswith(_MAGIC):
        return None
    size = _number(tail[-_FOOTER_SIZE:-16])
    if not _FOOTER_SIZE <= size <= min(_BLOCK_LIMIT, directory - 8):
        return None
    if size + 8 > len(tail):
        tail = read(directory - size - 8, size + 8)
        if len(tail) != size + 8:
            return None
    block = tail[-(size + 8) :]
    return block[8:-_FOOTER_SIZE] if _number(block[:8]) == size else None


def _pairs(block: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    for _ in range(_MOST_PAIRS):
        length = _number(block[at : at + 8])
        if at + 8 > len(block) or not 4 <= length <= len(block) - at - 8:  # noqa: PLR2004 - an id has four bytes
            return
        yield _number(block[at + 8 : at + 12]), block[at + 12 : at + 8 + length]
        at += 8 + length


def _first_certificate(scheme: bytes) -> bytes | None:
    """Signers → first signer → signed data → digests, certificates → first certificate."""
    signers = _prefixed(scheme, 0)
    signer = None if signers is None else _prefixed(signers, 0)
    signed = None if signer is None else _prefixed(signer, 0)
    digests = None if signed is None else _prefixed(signed, 0)
    if signed is None or digests is None:
        return None
    certificates = _prefixed(signed, 4 + len(digests))
    certificate = None if certificates is None else _prefixed(certificates, 0)
    return certificate or None


def _prefixed(data: bytes, at: int) -> bytes | None:
    """The bytes behind a four-byte length at an offset, or `None` where they are not all there."""
    length = _number(data[at : at + 4])
    if at + 4 + length > len(data):
        return None
    return data[at + 4 : at + 4 + length]


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, "little")
