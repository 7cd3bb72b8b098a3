"""SHA256SUMS of everything that was built, and its signature: `python -m agent_packages.checksums`."""

import argparse
import os
import sys
from hashlib import sha256
from pathlib import Path

SUMS = "SHA256SUMS"
SIGNATURE = f"{SUMS}.sig"
_KEY_VARIABLE = "SETAPART_RELEASE_KEY"


def main() -> None:
    """Sums up what was built of this version, and signs it if there is a key."""
    from agent_packages.release import this_release

    parser = argparse.ArgumentParser(prog="agent_packages.checksums", description="Sum up and sign what was built.")
    parser.add_argument("--output", type=Path, default=Path("dist"), help="the folder with the packages")
    parser.add_argument(
        "--sign-with",
        type=Path,
        default=os.environ.get(_KEY_VARIABLE),
        help=f"an Ed25519 private key (PEM); default: ${_KEY_VARIABLE}",
    )
    chosen = parser.parse_args()
    built = tuple(chosen.output.glob(f"setapart*{this_release('amd64', 1).version}*"))
    written = write(chosen.output, built, Path(chosen.sign_with) if chosen.sign_with else None)
    sys.stdout.write(f"{len(built)} files: {', '.join(file.name for file in written)}\n")
    if not chosen.sign_with:
        sys.stdout.write(f"{SUMS} is not signed: give an Ed25519 key with --sign-with or {_KEY_VARIABLE}\n")


def write(folder: Path, files: tuple[Path, ...], key: Path | None) -> tuple[Path, ...]:
    """Writes the sums as sha256sum(1) reads them, and signs them if there is a key. Returns what was written.

    Args:
        folder: for both files.
        files: to be summed; all are in the folder.
        key: an Ed25519 private key (PEM), as `setapart-agent keygen` and openssl make them. The signature is 64 bytes,
            raw: `openssl pkeyutl -verify -rawin -pubin -inkey KEY.pub -sigfile SHA256SUMS.sig -in SHA256SUMS`.
    """
    lines = [f"{sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(files)]
    sums = folder / SUMS
    sums.write_text("".join(lines), encoding="ascii")
    signature = folder / SIGNATURE
    signature.unlink(missing_ok=True)
    if key is None:
        return (sums,)
    signature.write_bytes(_signed(sums.read_bytes(), key))
    return sums, signature


def _signed(content: bytes, key: Path) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    private = load_pem_private_key(key.read_bytes(), password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise TypeError(f"{key} holds a {type(private).__name__}; expected an Ed25519 key")
    return private.sign(content)


if __name__ == "__main__":
    main()
