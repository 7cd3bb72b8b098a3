"""The packages' builders, importable; the auditor's Debian package, built once for all tests that need it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from repository import REPOSITORY

BUILDERS = tuple(str(REPOSITORY / "packaging" / whose) for whose in ("agent", "auditor"))
sys.path[:0] = BUILDERS


@pytest.fixture(scope="session")
def deb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package beside its bill, as `python -m auditor_packages` builds them; or that of SETAPART_AUDITOR_DEB."""
    if built_already := os.environ.get("SETAPART_AUDITOR_DEB"):
        return Path(built_already)
    output = tmp_path_factory.mktemp("deb")
    ran = subprocess.run(
        [sys.executable, "-m", "auditor_packages", "--output", output],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(BUILDERS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    (built,) = output.glob("*.deb")
    return built
