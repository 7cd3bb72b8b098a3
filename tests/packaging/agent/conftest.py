"""The packages' builder, importable; what several tests look into is built once."""

import sys
from collections.abc import Mapping

import pytest

from repository import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "packaging" / "agent"))

import windows_zip


@pytest.fixture(scope="session")
def windows_files(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """What is in the zip for Windows, by its path below the one folder."""
    return windows_zip.content(windows_zip.packed(tmp_path_factory.mktemp("windows")))
