"""The auditor's Debian package, built once for all tests that look at it or install it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from repository import REPOSITORY


@pytest.fixture(scope="session")
def deb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, as `python -m auditor_packages` builds it; or the one that SETAPART_AUDITOR_DEB names."""
    if built_already := os.environ.get("SETAPART_AUDITOR_DEB"):
        return Path(built_already)
    output = tmp_path_factory.mktemp("deb")
    folders = (REPOSITORY / "packaging" / "agent", REPOSITORY / "packaging" / "auditor")
    ran = subprocess.run(
        [sys.executable, "-m", "auditor_packages", "--output", output],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    (built,) = output.glob("*.deb")
    return built
