"""`python -m auditor_packages`: builds the Debian package and its bill of materials; see docs/install/auditor.md."""

import argparse
import sys
import tempfile
from pathlib import Path

from agent_packages import sbom
from agent_packages.release import MACHINES, this_release

from auditor_packages import deb, tree


def main() -> None:
    """Builds the package and its bill of materials, and names them."""
    parser = argparse.ArgumentParser(prog="auditor_packages", description="Build the auditor's Debian package.")
    parser.add_argument("--output", type=Path, default=Path("dist"), help="the folder for it")
    parser.add_argument("--machine", choices=sorted(MACHINES), default="amd64", help="for which processor")
    parser.add_argument("--revision", type=int, default=1, help="of the package of this version")
    chosen = parser.parse_args()
    release = this_release(chosen.machine, chosen.revision)
    output = chosen.output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="auditor-packages-") as scratch:
        root = Path(scratch) / "root"
        modules = tree.lay(release, root, Path(scratch))
        files = (deb.build(release, root, output), sbom.build(release, modules, output, tree.NAME))
    for file in files:
        sys.stdout.write(f"{file.stat().st_size:>12}  {file.name}\n")


main()
