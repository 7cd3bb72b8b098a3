"""APKs with signing blocks that we make byte by byte; nothing in them is really signed."""

import hashlib
import io
import struct
import zipfile

V2, V3, V31, PADDING = 0x7109871A, 0xF05368C0, 0x1B93AD61, 0x42726577
CERTIFICATE = b"\x30\x82 not a real certificate " * 20


def prefixed(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def scheme(*certificates: bytes) -> bytes:
    signed = prefixed(prefixed(b"digest")) + prefixed(b"".join(map(prefixed, certificates))) + prefixed(b"")
    return prefixed(prefixed(prefixed(signed) + prefixed(b"signature") + prefixed(b"key")))


def block(*pairs: tuple[int, bytes]) -> bytes:
    body = b"".join(struct.pack("<QI", len(value) + 4, key) + value for key, value in pairs)
    size = len(body) + 24
    return struct.pack("<Q", size) + body + struct.pack("<Q", size) + b"APK Sig Block 42"


def apk(signing: bytes = b"", comment: bytes = b"") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("AndroidManifest.xml", b"x" * 3000)
        archive.comment = comment
    plain = bytearray(packed.getvalue())
    end = plain.index(b"PK\x05\x06")
    directory = struct.unpack_from("<I", plain, end + 16)[0]
    struct.pack_into("<I", plain, end + 16, directory + len(signing))
    return bytes(plain[:directory] + signing + plain[directory:])


def sha256(certificate: bytes) -> str:
    return "sha256:" + hashlib.sha256(certificate).hexdigest()
