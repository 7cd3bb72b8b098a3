"""The key that signs SHA256SUMS: how a command line names it, and what it must be."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

VARIABLE = "SETAPART_RELEASE_KEY"
CURE = f"give an Ed25519 private key (PEM) with --sign-with or {VARIABLE}"


class SigningKeyError(Exception):
    """A file holds no key that could sign: what it holds, and what to do."""


def add_option(options: argparse._ActionsContainer) -> None:
    """Adds `--sign-with`, the file of the key or None, to a parser or a group of one."""
    options.add_argument(
        "--sign-with",
        type=Path,
        default=os.environ.get(VARIABLE) or None,
        help=f"an Ed25519 private key (PEM); default: ${VARIABLE}",
    )


def load(file: Path) -> "Ed25519PrivateKey":
    """The key in a file.

    Raises:
        SigningKeyError: there is none that `openssl pkeyutl` would check as our guide says.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        private = load_pem_private_key(file.read_bytes(), password=None)
    except OSError as exc:
        raise SigningKeyError(f"{file}: {exc.strerror}; {CURE}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SigningKeyError(f"{file} is no private key that can be read without a password; {CURE}") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise SigningKeyError(f"{file} holds a {type(private).__name__}; {CURE}")
    return private
