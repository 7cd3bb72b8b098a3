"""`python -m releasing`: makes a release out of the working tree; see docs/contributing/release.md."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from agent_packages import checksums, signing_key
from agent_packages.release import REPOSITORY
from agent_packages.signing_key import SigningKeyError

from releasing import builds, inspection
from releasing.contents import said_by
from releasing.errors import ReleaseError
from releasing.source import Source, source_of


def main() -> None:
    """Makes the release and says what it is; one line and exit code 1 if something does not fit."""
    parser = argparse.ArgumentParser(prog="releasing", description="Build, compare, sign and check a release.")
    parser.add_argument("--output", type=Path, default=REPOSITORY / "build" / "release", help="the folder for it")
    parser.add_argument("--wheels", type=Path, default=REPOSITORY / "build" / "wheels", help="where wheels are kept")
    parser.add_argument("--repository", type=Path, default=REPOSITORY, help="a clone, at the tag")
    signing = parser.add_mutually_exclusive_group()
    signing.add_argument("--unsigned", action="store_true", help="somebody else signs SHA256SUMS")
    signing_key.add_option(signing)
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


def _key(file: Path | None) -> Path:
    """The file of the key, looked into before anything is built."""
    other = "or --unsigned if somebody else signs"
    if file is None:
        raise ReleaseError(f"there is no key for the sums; {signing_key.CURE}, {other}")
    try:
        signing_key.load(file)
    except SigningKeyError as exc:
        raise ReleaseError(f"{exc}, {other}") from None
    return file


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
