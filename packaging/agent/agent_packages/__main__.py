"""`python -m agent_packages`: builds every form of the agent into a folder."""

import argparse
import sys
import tempfile
from pathlib import Path

from agent_packages import agent_wheel, deb, one_file, rpm, sbom, tree, windows
from agent_packages.macos import package as macos_package
from agent_packages.macos import tree as macos_tree
from agent_packages.release import MACHINES, REPOSITORY, Release, this_release


def main() -> None:
    """Builds the packages and says what they are."""
    parser = argparse.ArgumentParser(prog="agent_packages", description="Build the agent's packages.")
    parser.add_argument("--output", type=Path, default=Path("dist"), help="the folder for them")
    parser.add_argument("--machine", choices=sorted(MACHINES), default="amd64", help="for which processor")
    parser.add_argument("--revision", type=int, default=1, help="of the packages of this version")
    parser.add_argument("--wheels", type=Path, default=REPOSITORY / "build" / "wheels", help="where wheels are kept")
    chosen = parser.parse_args()
    release = this_release(chosen.machine, chosen.revision)
    output = chosen.output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="agent-packages-") as scratch:
        files = build(release, output, Path(scratch), chosen.wheels)
    for file in files:
        sys.stdout.write(f"{file.stat().st_size:>12}  {file.name}\n")


def build(release: Release, output: Path, scratch: Path, wheels: Path) -> tuple[Path, ...]:
    """Builds every form of the agent. Returns the files."""

    def fresh(name: str) -> Path:
        folder = scratch / name
        folder.mkdir()
        return folder

    modules = tree.lay_modules(release, fresh("modules"), wheels)
    root = fresh("tree")
    tree.lay(release, modules, root)
    macs = macos_tree.of_macos(release)
    macs_root = fresh("macos")
    macs_modules = macos_tree.lay(macs, macs_root, wheels)
    return (
        agent_wheel.build(release, output, fresh("wheel")),
        one_file.build(release, modules.folder, output),
        deb.build(release, root, output, fresh("deb")),
        rpm.build(release, root, output, fresh("rpm")),
        macos_package.build(macs, macs_root, output),
        sbom.build(release, modules, output),
        sbom.build(macs, macs_modules, output),
        *windows.build(release, output, fresh("windows"), wheels),
    )


main()
