"""Signed notes (https://c2sp.org/signed-note) and the checkpoints in them (https://c2sp.org/tlog-checkpoint).

Ed25519, algorithm 0x01; a key's id is the first four bytes of SHA-256 over its name, a line feed, 0x01 and the 32 key
bytes. Go's `sumdb/note` and `sumdb/tlog` read what is made here, and what they make is read here. Witnesses cosign with
algorithm 0x04 (https://c2sp.org/tlog-cosignature), which says when they saw the checkpoint.
"""

import base64
import binascii
import datetime as dt
import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass

from setapart_auditor.errors import AuditorError
from setapart_evidence.errors import EvidenceError
from setapart_evidence.keys import PublicKey, Signer

ED25519 = b"\x01"
COSIGNATURE = b"\x04"
_SPKI = bytes.fromhex("302a300506032b6570032100")
_DASH = "\u2014"
_SIGNATURE = re.compile(rf"{_DASH} ([^ +\n]+) ([A-Za-z0-9+/]+={{0,2}})")
_ID_BYTES = 4
_KEY_BYTES = 32
_TIME_BYTES = 8
_MOST = 64 * 1024


class NoteError(AuditorError):
    """A text is no signed note, no checkpoint, or not signed by whom it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteKey:
    """A name and an Ed25519 key that verifies notes under it: a log's, or with `COSIGNATURE` a witness's."""

    name: str
    key: PublicKey
    algorithm: bytes = ED25519

    @property
    def id(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        return hashlib.sha256(self.name.encode() + b"\n" + self.algorithm + _raw(self.key)).digest()[:_ID_BYTES]

    def spelled(self) -> str:
        """The verifier key as others' programs take it: `name+id+base64`."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self.algorithm + _raw(self.key)).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The state of a log: its name, how many leaves, the root over them; `at`, an extension of ours, is when."""

    origin: str
    size: int
    root: bytes
    at: dt.datetime | None = None

    @property
    def text(self) -> str:
        """The lines that are signed."""
        at = "" if self.at is None else f"{self.at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S.%fZ}\n"
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n{at}"


def parse_key(spelled: str) -> NoteKey:
    """Reads a verifier key.

    Raises:
        NoteError: it is none, its id is not that of its key, or it is of another algorithm.
    """
    name, _, rest = spelled.strip().partition("+")
    id_, _, encoded = rest.partition("+")
    try:
        raw = base64.b64decode(encoded, validate=True)
        key = NoteKey(name=name, key=PublicKey.from_spki(_SPKI + raw[1:]), algorithm=raw[:1])
    except (ValueError, EvidenceError):
        raw, key = b"", None
    if key is None or key.algorithm not in {ED25519, COSIGNATURE} or not name or key.id.hex() != id_:
        raise NoteError("no verifier key of a log", expected="name+id+base64 of an Ed25519 key")
    return key


def sign(text: str, name: str, signer: Signer) -> str:
    """The note of a text: the text, an empty line, one signature.

    Args:
        text: ends in a line feed.
        name: of the key, without spaces and plus signs.
        signer: Ed25519.

    Raises:
        NoteError: a signer of another algorithm.
    """
    return f"{text}\n{signature_line(text, name, signer)}"


def signature_line(text: str, name: str, signer: Signer) -> str:
    """One signature line for a note's text."""
    key = NoteKey(name=name, key=signer.public)
    return _line(name, key.id + signer.sign(text.encode()))


def cosign(text: str, name: str, signer: Signer, now: dt.datetime) -> str:
    """A witness's signature line for a checkpoint's text, with the moment at which it was seen (whole seconds)."""
    key = NoteKey(name=name, key=signer.public, algorithm=COSIGNATURE)
    seconds = int(now.timestamp())
    return _line(name, key.id + seconds.to_bytes(_TIME_BYTES, "big") + signer.sign(_cosigned(text, seconds)))


def verify(note: str, keys: tuple[NoteKey, ...]) -> tuple[str, tuple[str, ...]]:
    """Verifies a note. Returns its text, and the names of those keys whose signatures hold.

    Signatures of unknown keys are ignored; a wrong one of a known key is an error, as in Go's package.

    Raises:
        NoteError: no note, no signature of `keys`, or a wrong one.
    """
    text, signatures = _cut(note)
    signed: list[str] = []
    for name, raw in signatures:
        for key in keys:
            if key.name != name or key.id != raw[:_ID_BYTES]:
                continue
            if not _holds(key, raw[_ID_BYTES:], text):
                raise NoteError(f"a signature of {name} that does not hold", expected="the note as signed")
            signed.append(name)
    if not signed:
        raise NoteError("a note that none of the known keys signed", expected=", ".join(key.spelled() for key in keys))
    return text, tuple(dict.fromkeys(signed))


def parse_checkpoint(text: str) -> Checkpoint:
    """Reads the text of a checkpoint; lines after the third are extensions, of which ours is a moment.

    Raises:
        NoteError: it is none.
    """
    lines = text.split("\n")
    try:
        origin, size, root = lines[:3]
        found = Checkpoint(
            origin=origin, size=int(size), root=base64.b64decode(root, validate=True), at=_moment(lines[3:])
        )
    except ValueError:
        found = None
    if (
        found is None
        or not found.origin
        or found.size < 0
        or str(found.size) != lines[1]
        or len(found.root) != _KEY_BYTES
    ):
        raise NoteError("a note that is no checkpoint", expected="a name, a size and a root hash, a line each")
    return found


def _moment(extensions: list[str]) -> dt.datetime | None:
    for line in extensions:
        with suppress(ValueError):
            return dt.datetime.strptime(line, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=dt.UTC)
    return None


def _line(name: str, raw: bytes) -> str:
    return f"{_DASH} {name} {base64.b64encode(raw).decode()}\n"


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _holds(key: NoteKey, raw: bytes, text: str) -> bool:
    message = text.encode()
    if key.algorithm == COSIGNATURE:
        seconds, raw = int.from_bytes(raw[:_TIME_BYTES], "big"), raw[_TIME_BYTES:]
        message = _cosigned(text, seconds)
    try:
        key.key.verify(raw, message)
    except EvidenceError:
        return False
    return True


def _cut(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    at = note.rfind("\n\n")
    problem = NoteError("no signed note", expected="text, an empty line and signatures", cure="copy the file again")
    if at < 0 or len(note) > _MOST or not note.endswith("\n") or any(c < " " and c != "\n" for c in note):
        raise problem
    signatures: list[tuple[str, bytes]] = []
    for line in note[at + 2 : -1].split("\n"):
        matched = _SIGNATURE.fullmatch(line)
        try:
            raw = base64.b64decode(matched[2], validate=True) if matched is not None else b""
        except binascii.Error:
            raw = b""
        if matched is None or len(raw) <= _ID_BYTES:
            raise problem
        signatures.append((matched[1], raw))
    return note[: at + 1], signatures


def _raw(key: PublicKey) -> bytes:
    if key.algorithm != "ed25519":
        raise NoteError(
            f"a log key of type {key.algorithm}", expected="Ed25519", cure="signed notes know no other algorithm"
        )
    return key.spki[len(_SPKI) :]
