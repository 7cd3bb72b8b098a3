"""packaging/agent/agent_packages/one_file.py: a single file that is the whole agent."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_packages import agent_wheel, one_file
from agent_packages.release import INSTALLED, MACHINES, Release

RELEASE = Release(version="1.2.3", revision=1, machine=MACHINES["amd64"], moment=1_700_000_000)
LIBRARIES = ("click", "cffi", "cryptography", "msgspec", "psutil", "tomli_w", "pycparser")


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The agent with its libraries, those of this Python."""
    folder = tmp_path_factory.mktemp("modules")
    agent_wheel.lay_sources(folder)
    shutil.copy(INSTALLED / "main.py", folder / "__main__.py")
    site = Path(sysconfig.get_path("purelib"))
    for name in LIBRARIES:
        if (site / name).is_dir():
            shutil.copytree(site / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for backend in site.glob("_cffi_backend*"):
        shutil.copy(backend, folder)
    return folder


@pytest.fixture(scope="module")
def file(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return one_file.build(RELEASE, modules, tmp_path_factory.mktemp("built"))


def run(file: Path, home: Path, *words: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    """Runs it without any package of this environment, as a user with this home."""
    if os.geteuid() == 0:
        home.chmod(0o755)
        os.chown(home, 65534, 65534)
    return subprocess.run(
        [python, "-I", "-S", str(file), *words],
        capture_output=True, text=True, check=False, env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        user=65534 if os.geteuid() == 0 else None,
    )  # fmt: skip


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that another user reaches, unlike pytest's own folders."""
    with tempfile.TemporaryDirectory(prefix="one-file-") as folder:
        yield Path(folder)


@pytest.fixture
def public(file: Path, home: Path) -> Path:
    """The file where another user can read it."""
    return Path(shutil.copy(file, home))


SYSTEM = f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
needs_system = pytest.mark.needs("system-python")


@needs_system
def test_it_collects_and_signs_without_any_installed_package(public: Path, home: Path) -> None:
    key = home / "key.pem"
    made = run(public, home, "keygen", "--output", str(key), python=SYSTEM)
    assert made.returncode == 0, made.stderr
    report = run(public, home, "report", "--key", str(key), "--output", str(home / "x.evidence"), python=SYSTEM)
    assert report.returncode == 0, report.stderr
    assert (home / "x.evidence").stat().st_size > 1000


@needs_system
def test_it_unpacks_once_for_its_user_alone(public: Path, home: Path) -> None:
    for _ in range(2):
        assert run(public, home, "--version", python=SYSTEM).returncode == 0
    (unpacked,) = (home / ".cache" / "setapart-agent").iterdir()
    assert unpacked.stat().st_mode & 0o077 == 0


@needs_system
def test_a_folder_that_others_may_write_to_is_not_run(public: Path, home: Path) -> None:
    run(public, home, "--version", python=SYSTEM)
    (home / ".cache" / "setapart-agent").chmod(0o777)
    answer = run(public, home, "--version", python=SYSTEM)
    assert answer.returncode == 2
    assert "others may write to it; expected your own" in answer.stderr


@needs_system
def test_a_damaged_file_says_so(public: Path, home: Path) -> None:
    import zipfile

    damaged = home / "damaged.pyz"
    with zipfile.ZipFile(public) as whole, zipfile.ZipFile(damaged, "w") as changed:
        for entry in whole.infolist():
            content = whole.read(entry)
            changed.writestr(entry, content[:-1] + b"x" if entry.filename == "agent.zip" else content)
    answer = run(damaged, home, "--version", python=SYSTEM)
    assert answer.returncode == 2
    assert "this file is damaged" in answer.stderr


@needs_system
@pytest.mark.parametrize("where", ["content", "name", "method"])
def test_a_file_with_a_turned_bit_says_so(public: Path, home: Path, where: str) -> None:
    """The zip's own sum finds it before ours does, or Python does not find its way in the zip."""
    raw = bytearray(public.read_bytes())
    name = raw.rindex(b"agent.zip")
    raw[{"content": len(raw) // 2, "name": name, "method": name - 36}[where]] ^= 1  # 46 bytes before it, 10 into these
    damaged = home / "damaged.pyz"
    damaged.write_bytes(raw)
    answer = run(damaged, home, "--version", python=SYSTEM)
    assert answer.returncode == 2
    assert "this file is damaged" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_same_modules_give_the_same_bytes(file: Path, modules: Path, tmp_path: Path) -> None:
    again = shutil.copytree(modules, tmp_path / "modules")
    for path in again.rglob("*"):
        os.utime(path, (1, 1))
    assert one_file.build(RELEASE, again, tmp_path).read_bytes() == file.read_bytes()
