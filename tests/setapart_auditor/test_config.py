"""Where packs and catalog are found."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from config_factory import make_config
from repository import REPOSITORY
from setapart_auditor import config
from setapart_auditor.errors import AuditorError


def test_a_source_tree_uses_its_own_folder_and_not_the_copy_of_an_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(config.VARIABLE, raising=False)
    assert config.config_root() == REPOSITORY / "config"


def test_the_variable_goes_before_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = make_config(tmp_path)
    monkeypatch.setenv(config.VARIABLE, str(root))
    assert config.config_root() == root


def test_a_variable_that_names_no_configuration_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(config.VARIABLE, str(tmp_path))
    with pytest.raises(AuditorError, match=f"{config.VARIABLE}=.*packs.*unset"):
        config.config_root()


def _install(folder: Path) -> Path:
    """The packages as a wheel lays them out, with a small configuration inside."""
    for package in ("agent/setapart_evidence", "auditor/setapart_auditor"):
        shutil.copytree(REPOSITORY / package, folder / Path(package).name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(make_config(folder.parent), folder / "setapart_auditor" / "_config")
    return folder


_LOAD = """
import sys
sys.path.insert(0, sys.argv[1])
import setapart_auditor
from setapart_auditor.policy.load import load_policy, pack_ids
assert setapart_auditor.__file__.startswith(sys.argv[1]), setapart_auditor.__file__
print(pack_ids(), sorted(load_policy("agency-1").apps))
"""


@pytest.mark.parametrize("form", ["installed", "zipped"])
def test_an_installation_and_a_zipapp_find_the_packaged_copy(form: str, tmp_path: Path) -> None:
    place = _install(tmp_path / "site")
    if form == "zipped":
        archive = tmp_path / "setapart.pyz"
        with zipfile.ZipFile(archive, "w") as file:
            for item in sorted(place.rglob("*")):
                file.write(item, item.relative_to(place))
        place = archive
    script = tmp_path / "load.py"
    script.write_text(_LOAD)
    found = subprocess.run(
        [sys.executable, str(script), str(place)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert found.stdout == "('agency-1',) ['telegram', 'tiktok', 'tiktok-lite']\n", found.stderr
