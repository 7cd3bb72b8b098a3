"""Options that several commands share."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from setapart_agent.errors import AgentError, KeyFileError
from setapart_agent.state import KEY_NAME, STATION_KEY_NAME, followed, state_folder
from setapart_evidence.errors import EvidenceError
from setapart_evidence.keys import Signer
from setapart_evidence.keystore import open_key

if TYPE_CHECKING:
    from setapart_agent.sources import SourceSpec
    from setapart_evidence.bundle import SignedBundle

T = TypeVar("T")

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
_SMALL = 8 * 1024 * 1024
_PASSWORD_VARIABLE = "SETAPART_BACKUP_PASSWORD"  # noqa: S105 - the name of a variable


def source_options() -> Decorator:
    """`--source` and `--password-file`."""

    def both(command: Callable[..., Any]) -> Callable[..., Any]:
        command = click.option(
            "--password-file",
            type=click.Path(path_type=Path),
            help=f"The password of an encrypted backup, in a file; else {_PASSWORD_VARIABLE}, or you are asked.",
        )(command)
        return click.option(
            "--source",
            "source_spelling",
            default="local",
            show_default=True,
            metavar="SOURCE",
            help="local, root:DIR, adb[:SERIAL], bugreport:FILE, androidqf:DIR, ios-backup:DIR, ios-usb[:UDID], "
            "mdm:FILE, or mdm:graph, mdm:amapi, mdm:fleet with :SETTINGS.",
        )(command)

    return both


def password_asker(file: Path | None) -> Callable[[], str | None]:
    """Asks for the password of a backup: the file that was given, the environment, the terminal; else `None`."""

    def ask() -> str | None:
        if file is not None:
            return read_small(file).decode("utf-8", "replace").rstrip("\r\n")
        if _PASSWORD_VARIABLE in os.environ:
            return os.environ[_PASSWORD_VARIABLE]
        if not sys.stdin.isatty():
            return None
        return str(click.prompt("password of the backup", hide_input=True, err=True))

    return ask


def disclosure_options() -> Decorator:
    """`--disclosure` and `--bundle`."""

    def both(command: Callable[..., Any]) -> Callable[..., Any]:
        command = click.option(
            "--bundle", "bundle_file", type=click.Path(path_type=Path), help="The authority's signed policy bundle."
        )(command)
        return click.option(
            "--disclosure",
            type=click.Choice(["scoped", "full"]),
            help="What leaves: restricted apps and internal accounts (scoped), or every app. Default: the bundle's.",
        )(command)

    return both


def key_options() -> Decorator:
    """`--key` and `--dir`."""

    def both(command: Callable[..., Any]) -> Callable[..., Any]:
        command = click.option("--key", "key_file", type=click.Path(path_type=Path), help="The signing key.")(command)
        return click.option(
            "--dir", "folder", type=click.Path(path_type=Path), help="The agent's state folder (holds key.pem)."
        )(command)

    return both


def key_path(key_file: Path | None, folder: Path | None) -> Path:
    """The key file that was chosen, or the state folder's; of a link the file itself, for a key has but one chain."""
    return followed(key_file if key_file is not None else (folder or state_folder()) / KEY_NAME)


def is_of_an_auditor(folder: Path, key_file: Path | None) -> bool:
    """Whether the keys are those of a folder that has asked an auditor to be let in."""
    from setapart_agent.membership import FILE

    return key_file is None and (folder / FILE).exists()


def signing_key(folder: Path, key_file: Path | None, source: "SourceSpec") -> tuple[Path, bool]:
    """The file of the key that signs what a source shows, and whether it has to be a station's.

    Of a folder that has asked an auditor to be let in, the station's signs for every device but this machine.
    """
    if source.own or not is_of_an_auditor(folder, key_file):
        return key_path(key_file, folder), False
    return key_path(folder / STATION_KEY_NAME, None), True


def read_key(path: Path) -> Signer:
    """Loads a signing key.

    Raises:
        KeyFileError: there is no readable file.
        KeyFormatError: it is no key of ours.
        KeystoreError: the TPM or token that holds it can't be used.
    """
    try:
        raw = _content(path)
    except FileNotFoundError:
        raise KeyFileError(f"no key at {path}", cure=f"make one with `setapart-agent keygen --output {path}`") from None
    except OSError as exc:
        raise _unreadable(path, exc) from None
    return open_key(raw)


def read_policy_bundle(path: Path | None) -> "SignedBundle | None":
    """The bundle that was given, verified; the caller answers for where the file came from.

    Raises:
        AgentError: the file is no whole bundle.
    """
    if path is None:
        return None
    from setapart_evidence.bundle import read_bundle

    return _read(path, "a policy bundle", read_bundle)


def read_epoch_value(path: Path | None) -> str | None:
    """The value of the epoch that was given; whoever appraises the report knows when it was issued.

    Raises:
        AgentError: the file is no epoch.
    """
    if path is None:
        return None
    from setapart_evidence.epoch import unverified_epoch

    return _read(path, "an epoch file", unverified_epoch).value


def _read(path: Path, expected: str, reader: Callable[[bytes], T]) -> T:
    try:
        return reader(read_small(path))
    except EvidenceError as exc:
        raise AgentError(f"{path}: {exc.got}", expected=exc.expected or expected, cure="get the file again") from None


def read_small(path: Path) -> bytes:
    """A file that the caller named, no larger than such a file can be.

    Raises:
        KeyFileError: it can't be read, or is larger.
    """
    try:
        return _content(path)
    except OSError as exc:
        raise _unreadable(path, exc) from None


def _unreadable(path: Path, exc: OSError) -> KeyFileError:
    return KeyFileError(
        f"{path} can't be read: {exc.strerror}",
        expected="a file that this user may read",
        cure="look at its name, and at who may read it and its folder",
    )


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        raw = file.read(_SMALL + 1)
    if len(raw) > _SMALL:
        raise KeyFileError(f"{path} is larger than {_SMALL} bytes", expected="a key, bundle or epoch file")
    return raw
