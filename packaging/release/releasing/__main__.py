"""`python -m releasing`: makes a release out of the working tree; see docs/contributing/release.md."""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from agent_packages import checksums
from agent_packages.release import REPOSITORY

from releasing import builds, inspection
from releasing.contents import said_by
from releasing.errors import ReleaseError
from releasing.source import Source, source_of

_KEY_VARIABLE = "SETAPART_RELEASE_KEY"


def main() -> None:
    """Makes the release and says what it is; one line and exit code 1 if something does not fit."""
    parser = argparse.ArgumentParser(prog="releasing", description="Build, compare, sign and check a release.")
    parser.add_argument("--output", type=Path, default=REPOSITORY / "build" / "release", help="the folder for it")
    parser.add_argument("--wheels", type=Path, default=REPOSITORY / "build" / "wheels", help="where wheels are kept")
    parser.add_argument("--repository", type=Path, default=REPOSITORY, help="a clone, at the tag")
    signing = parser.add_mutually_exclusive_group()
    signing.add_argument("--unsigned", action="store_true", help="somebody else signs SHA256SUMS")
    signing.add_argument(
        "--sign-with",
        type=Path,
        default=os.environ.get(_KEY_VARIABLE),
        help=f"an Ed25519 private key (PEM); default: ${_KEY_VARIABLE}",
    )
    chosen = parser.parse_args()
    try:
        key = None if chosen.unsigned else _key(chosen.sign_with)
        source = source_of(chosen.repository)
        _check_output(chosen.output)
        _say(f"setapart {source.version}, commit {source.commit}")
        with tempfile.TemporaryDirectory(prefix="release-") as scratch:
            _make(source, chosen.output.resolve(), chosen.wheels.resolve(), Path(scratch))
            checksums.write(chosen.output, tuple(chosen.output.iterdir()), key)
            if key is not None:
                public = Path(scratch) / "release.pub"
                said_by("openssl", "pkey", "-in", key, "-pubout", "-out", public)
                inspection.signature(chosen.output, public)
                _say("openssl takes the signature")
        _inspect(source, chosen.output)
    except ReleaseError as exc:
        sys.exit(f"releasing: {exc}")


def _key(path: str | Path | None) -> Path:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    cure = f"give one with --sign-with or {_KEY_VARIABLE}, or --unsigned if somebody else signs"
    if not path:
        raise ReleaseError(f"there is no key for the sums; expected an Ed25519 private key (PEM); {cure}")
    try:
        private = load_pem_private_key(Path(path).read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as exc:
        raise ReleaseError(f"{path}: {exc}; expected an Ed25519 private key (PEM); {cure}") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise ReleaseError(f"{path} holds a {type(private).__name__}; expected an Ed25519 key; {cure}")
    return Path(path)


def _check_output(output: Path) -> None:
    """A folder is emptied only if all that it holds is a release's."""
    foreign = sorted(path.name for path in output.glob("*") if not path.name.startswith(("setapart", *builds.SUMS)))
    if foreign:
        raise ReleaseError(f"{output} holds {foreign[0]}; expected an empty folder, or a release before; name another")


def _make(source: Source, output: Path, wheels: Path, scratch: Path) -> None:
    """Builds twice; what is the same goes into the emptied output folder."""
    first, second = (
        builds.build(source, place, scratch / str(number), wheels) for number, place in enumerate(builds.PLACES)
    )
    files = builds.same(first, second)
    output.mkdir(parents=True, exist_ok=True)
    for old in output.iterdir():
        old.unlink()
    for file in files:
        shutil.copyfile(file, output / file.name)
        (output / file.name).chmod(0o755 if file.suffix == ".pyz" else 0o644)
    _say(f"{len(files)} files, built twice, are the same byte for byte")


def _inspect(source: Source, output: Path) -> None:
    inspection.sums(output)
    digests = source.digests()
    for file in sorted(file for file in output.iterdir() if file.name not in builds.SUMS):
        _say(f"{file.stat().st_size:>12}  {file.name}: {inspection.package(file, source.version, digests)}")
    _say(f"{output}: the release {source.tag}; next: docs/contributing/release.md")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


main()
