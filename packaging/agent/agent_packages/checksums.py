"""SHA256SUMS of everything that was built, and its signature: `python -m agent_packages.checksums`."""

import argparse
import sys
from hashlib import sha256
from pathlib import Path

from agent_packages import signing_key
from agent_packages.release import this_release
from agent_packages.signing_key import SigningKeyError

SUMS = "SHA256SUMS"
SIGNATURE = f"{SUMS}.sig"


def main() -> None:
    """Sums up what was built of this version, and signs it if there is a key; a wrong one ends in a line and code 1."""
    parser = argparse.ArgumentParser(prog="agent_packages.checksums", description="Sum up and sign what was built.")
    parser.add_argument("--output", type=Path, default=Path("dist"), help="the folder with the packages")
    signing_key.add_option(parser)
    chosen = parser.parse_args()
    built = tuple(chosen.output.glob(f"setapart*{this_release('amd64', 1).version}*"))
    try:
        written = write(chosen.output, built, chosen.sign_with)
    except SigningKeyError as exc:
        sys.exit(f"checksums: {exc}")
    sys.stdout.write(f"{len(built)} files: {', '.join(file.name for file in written)}\n")
    if chosen.sign_with is None:
        sys.stdout.write(f"{SUMS} is not signed: {signing_key.CURE}\n")


def write(folder: Path, files: tuple[Path, ...], key: Path | None) -> tuple[Path, ...]:
    """Writes the sums as sha256sum(1) reads them, and signs them if there is a key. Returns what was written.

    Args:
        folder: for both files.
        files: to be summed; all are in the folder.
        key: an Ed25519 private key (PEM), as `setapart-agent keygen` and openssl make them. The signature is 64 bytes,
            raw: `openssl pkeyutl -verify -rawin -pubin -inkey KEY.pub -sigfile SHA256SUMS.sig -in SHA256SUMS`.

    Raises:
        SigningKeyError: it is no such key; nothing is written.
    """
    private = None if key is None else signing_key.load(key)
    lines = [f"{sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(files)]
    sums = folder / SUMS
    sums.write_text("".join(lines), encoding="ascii")
    signature = folder / SIGNATURE
    signature.unlink(missing_ok=True)
    if private is None:
        return (sums,)
    signature.write_bytes(private.sign(sums.read_bytes()))
    return sums, signature


if __name__ == "__main__":
    main()
