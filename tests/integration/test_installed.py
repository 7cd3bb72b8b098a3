"""setapart as others install it: the wheel and the sdist carry everything that the programs need."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from repository import REPOSITORY

pytestmark = pytest.mark.needs("hatchling")


def _build(source: Path, target: str, output: Path) -> Path:
    ran = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(output)],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    (built,) = output.iterdir()
    return built


def _run(site: Path, cwd: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Runs a module of the installed copy, which comes before this checkout."""
    environment = {**os.environ, "PYTHONPATH": str(site), "HOME": str(cwd)}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked."""
    wheel = _build(REPOSITORY, "wheel", tmp_path_factory.mktemp("wheel"))
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_holds_packs_catalog_demo_and_schemas(site: Path) -> None:
    shipped = site / "setapart_auditor" / "_config"
    for folder in ("packs", "catalog/apps", "demo", "examples"):
        ours = {path.name for path in (REPOSITORY / "config" / folder).iterdir()}
        assert {path.name for path in (shipped / folder).iterdir()} == ours
    assert (site / "setapart_evidence" / "schema" / "inventory-v1.json").is_file()
    assert not (site / "packaging").exists()
    assert not (site / "config").exists()


def test_an_installed_auditor_finds_its_packs(site: Path, tmp_path: Path) -> None:
    ran = _run(site, tmp_path, "setapart_auditor", "policy", "list", "--json")
    assert ran.returncode == 0, ran.stderr
    for pack in (REPOSITORY / "config" / "packs").glob("*.toml"):
        assert pack.stem in ran.stdout


def test_the_demo_works_from_an_installed_copy(site: Path, tmp_path: Path) -> None:
    where = _run(site, tmp_path, "setapart_auditor", "demo")
    assert where.returncode == 0, where.stderr
    assert "dedicated-excepted" in where.stdout


def test_a_wheel_can_be_built_from_the_sdist(tmp_path: Path) -> None:
    sdist = _build(REPOSITORY, "sdist", tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        # Python before 3.11.4 has no filters, and the archive is our own.
        archive.extractall(tmp_path, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    (unpacked,) = (path for path in tmp_path.iterdir() if path.name.startswith("setapart-"))
    wheel = _build(unpacked, "wheel", tmp_path / "again")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert "setapart_auditor/_config/packs/no-2023.toml" in names
    assert "setapart_agent/cli/__init__.py" in names
