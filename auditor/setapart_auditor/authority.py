"""The authority's own keys, kept in one folder with the bundles that it has issued.

`authority.pem` signs bundles, epochs, receipts and the log, or names the key of a PKCS#11 token that does;
`authority.toml` holds the keys for device ids and address digests, which travel in every bundle. Both are made on first
use, readable by their owner alone.
"""

import base64
import datetime as dt
import fcntl
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from setapart_auditor.appraisal.model import Disclosed
from setapart_auditor.errors import AuditorError
from setapart_auditor.policy.agent_table import identifiers
from setapart_auditor.policy.bundle import Choices, Secrets, bundle_subjects, client_keys, policy_bundle
from setapart_auditor.policy.catalog import Catalog
from setapart_auditor.policy.model import Policy
from setapart_auditor.settings import SETTINGS_FILE, credential
from setapart_auditor.toml_file import read_toml
from setapart_auditor.whole_file import create_once
from setapart_evidence.bundle import PolicyBundle, SignedBundle, list_digest, make_bundle, read_bundle
from setapart_evidence.epoch import Epoch, make_epoch
from setapart_evidence.errors import EvidenceError
from setapart_evidence.keys import Signer
from setapart_evidence.keystore import make_key, open_key

KEY_FILE = "authority.pem"
SECRETS_FILE = "authority.toml"
BUNDLES = "bundles"
SYSTEM_FOLDER = Path("/var/lib/setapart-auditor")
_KEY_BYTES = 32
_MAX_BUNDLE = 8 * 1024 * 1024

_Key = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9+/]{43}=\Z")]


class _SecretsFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id_key: _Key
    address_key: _Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Who issues: a folder, a signer, and the keys for ids and addresses. `is_new` if this call made them."""

    folder: Path
    signer: Signer
    secrets: Secrets
    is_new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedBundle:
    """A bundle as it goes to agents: the exact bytes and what they say."""

    raw: bytes
    signed: SignedBundle


def default_folder() -> Path:
    """The user's own state folder (XDG Base Directory Specification); the system's for root and for nobody at home."""
    if os.geteuid() == 0:
        return SYSTEM_FOLDER
    state = os.environ.get("XDG_STATE_HOME")
    try:
        return (Path(state) if state else Path.home() / ".local" / "state") / "setapart-auditor"
    except RuntimeError:  # no HOME, and no such user: a container, a service
        return SYSTEM_FOLDER


def open_authority(folder: Path, *, key: Path | None = None, keystore: str = "file") -> Authority:
    """The authority of a folder; its keys are made if there are none.

    Args:
        folder: made if it isn't there.
        key: another private key to sign with; by default systemd's credential `authority.pem`, else that of the folder.
        keystore: where a new key is made: `file`, or a `pkcs11:` URI.

    Raises:
        AuditorError: a file is no key, or can't be read or made; an auditor's is lost.
        EvidenceError: the keystore can't make one.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = key or credential(KEY_FILE)
        if (folder / SETTINGS_FILE).exists():
            _refuse_lost(folder, SECRETS_FILE, *((KEY_FILE,) if key is None else ()))
        is_new = create_once(folder / SECRETS_FILE, _new_secrets)
        if key is None:
            is_new = create_once(folder / KEY_FILE, lambda: make_key(keystore)[1]) or is_new
        return _read(folder, key or folder / KEY_FILE, is_new=is_new)
    except OSError as exc:
        raise AuditorError(
            exc.strerror or "input or output failed",
            expected="a folder for the authority's keys",
            cure="name another with --dir",
            where=str(exc.filename or folder),
        ) from None


def id_key_of(folder: Path) -> bytes | None:
    """The key for device ids, None where the folder has none: nothing is made.

    Raises:
        AuditorError: the file is there and can't be used.
    """
    try:
        return _read_secrets(folder / SECRETS_FILE)[0]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as exc:
        raise AuditorError(exc.strerror or "input failed", where=str(folder / SECRETS_FILE)) from None


def issue_bundle(
    authority: Authority, policy: Policy, catalog: Catalog, choices: Choices, now: dt.datetime
) -> IssuedBundle:
    """Makes, signs and keeps a bundle; its version is one more than that of the newest one in the folder.

    Raises:
        AuditorError: a kept bundle is damaged.
    """
    folder = authority.folder / BUNDLES
    folder.mkdir(mode=0o700, exist_ok=True)
    with locked(folder):
        version = 1 + max((one.signed.bundle.version for one in _kept(folder)), default=0)
        bundle = policy_bundle(
            policy, catalog, authority.secrets, choices, version=version, issued_at=now.replace(microsecond=0)
        )
        raw = make_bundle(bundle, bundle_subjects(policy), authority.signer)
        signed = read_bundle(raw, authority.signer.public.keyid)
        create_once(folder / f"{signed.digest.removeprefix('sha256:')}.json", lambda: raw)
    return IssuedBundle(raw=raw, signed=signed)


def issue_epoch(authority: Authority, now: dt.datetime, days: int) -> tuple[Epoch, bytes]:
    """A new epoch, and its signed file."""
    issued_at = now.replace(microsecond=0)
    epoch = Epoch(
        value=secrets.token_hex(_KEY_BYTES), issued_at=issued_at, use_until=issued_at + dt.timedelta(days=days)
    )
    return epoch, make_epoch(epoch, authority.signer)


def known_bundles(folder: Path) -> Mapping[str, Disclosed]:
    """What every bundle that was issued from a folder let through, by the bundle's digest.

    Raises:
        AuditorError: a kept bundle is damaged.
    """
    return {one.signed.digest: disclosed(one.signed.bundle) for one in _kept(folder / BUNDLES)}


def disclosed(bundle: PolicyBundle) -> Disclosed:
    """What a bundle lets through."""
    return Disclosed(
        identifiers=frozenset(bundle.identifiers + bundle.clients),
        internal=frozenset(bundle.internal),
        expires_at=bundle.expires_at,
    )


def built_in(catalog: Catalog) -> Mapping[str, Disclosed]:
    """What an agent without a bundle lets through, by its table's digest: the catalog's apps and clients, all accounts.

    An agent whose table was made from another state of the catalog is not known here.
    """
    keys = identifiers(catalog) + client_keys(catalog)
    return {list_digest(keys): Disclosed(identifiers=frozenset(keys), internal=None)}


def kept_bundles(folder: Path) -> Iterator[IssuedBundle]:
    """Every bundle that was issued from a folder.

    Raises:
        AuditorError: a kept bundle is damaged.
    """
    return _kept(folder / BUNDLES)


def _kept(folder: Path) -> Iterator[IssuedBundle]:
    for file in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            with file.open("rb") as stream:
                raw = stream.read(_MAX_BUNDLE)
            yield IssuedBundle(raw=raw, signed=read_bundle(raw))
        except (EvidenceError, OSError) as exc:
            got = exc.got if isinstance(exc, EvidenceError) else exc.strerror or "input failed"
            raise AuditorError(
                got,
                expected="a bundle as it was issued",
                cure="restore it from a backup, or remove it",
                where=str(file),
            ) from None


def _refuse_lost(folder: Path, *names: str) -> None:
    """Returns if these files of an auditor are there: in its folder none is made anew."""
    for name in names:
        if not (folder / name).exists():
            raise AuditorError(
                f"no {name} in {folder}",
                expected="the auditor's keys",
                cure="restore it from a backup: agents trust no other key, and device ids are made with no others",
            )


def _read(folder: Path, key: Path, *, is_new: bool) -> Authority:
    try:
        signer = open_key(key.read_bytes())
    except EvidenceError as exc:
        cure = "restore it from a backup: agents trust no other key" if key == folder / KEY_FILE else exc.cure
        raise AuditorError(exc.got, expected=exc.expected, cure=cure, where=str(key)) from None
    except OSError as exc:
        raise AuditorError(exc.strerror or "input failed", expected="a private key", where=str(key)) from None
    id_key, address_key = _read_secrets(folder / SECRETS_FILE)
    found = Secrets(authority=signer.public, id_key=id_key, address_key=address_key)
    return Authority(folder=folder, signer=signer, secrets=found, is_new=is_new)


def _read_secrets(path: Path) -> tuple[bytes, bytes]:
    found = read_toml(path.read_bytes(), str(path), AuditorError).convert(_SecretsFile)
    return base64.b64decode(found.id_key), base64.b64decode(found.address_key)


def _new_secrets() -> bytes:
    def key() -> str:
        return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()

    return f'id_key = "{key()}"\naddress_key = "{key()}"\n'.encode()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Waits for the one lock of a folder, and holds it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
