"""packaging/agent/agent_packages/vendored.py: only what the lock names, and only what fits together."""

import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from agent_packages import vendored
from agent_packages.release import MACHINES, Release

RELEASE = Release(version="1.2.3", revision=1, machine=MACHINES["amd64"], moment=1_700_000_000)


def wheel(folder: Path, tag: str, files: dict[str, str]) -> Path:
    """A wheel of a library called demo."""
    path = folder / f"demo-1.0-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_compiled_modules_of_two_pythons_lie_side_by_side(tmp_path: Path) -> None:
    tags = [f"cp{python}-cp{python}-manylinux_2_17_x86_64" for python in (311, 313)]
    wheels = tuple(
        wheel(tmp_path, tag, {"demo.py": "x", f"_demo.{tag[:5]}.so": tag, "demo-1.0.dist-info/RECORD": tag})
        for tag in tags
    )
    target = tmp_path / "target"
    laid = vendored.lay(wheels, target)
    assert {path.name for path in target.rglob("*") if path.is_file()} == {
        "demo.py",
        "_demo.cp311.so",
        "_demo.cp313.so",
    }
    assert [one.sha256 for one in laid] == [sha256(path.read_bytes()).hexdigest() for path in wheels]


def test_a_module_that_differs_between_pythons_is_not_silently_that_of_the_last(tmp_path: Path) -> None:
    wheels = tuple(
        wheel(tmp_path, f"cp{python}-cp{python}-manylinux_2_17_x86_64", {"demo.py": str(python)})
        for python in (311, 313)
    )
    with pytest.raises(vendored.VendoringError, match=r"another demo\.py"):
        vendored.lay(wheels, tmp_path / "target")


def test_a_wheel_writes_nowhere_but_into_its_folder(tmp_path: Path) -> None:
    path = wheel(tmp_path, "py3-none-any", {"../outside.py": "x"})
    with pytest.raises(vendored.VendoringError, match="outside"):
        vendored.lay((path,), tmp_path / "target")
    assert not (tmp_path / "outside.py").exists()


def test_a_changed_wheel_in_the_cache_is_refused(tmp_path: Path) -> None:
    digest = sha256(vendored.LOCK.read_bytes()).hexdigest()[:16]
    folder = tmp_path / f"{digest}-amd64"
    folder.mkdir()
    wheel(folder, "py3-none-any", {"demo.py": "planted"})
    with pytest.raises(vendored.VendoringError, match=r"is not what agent\.txt names"):
        vendored.fetch(tmp_path, RELEASE)
