"""packaging/release/releasing/__main__.py: one line that says why nothing is released; else a release."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from repository import REPOSITORY
from signing_keys import keygen

WHEEL = """\
from pathlib import Path
from zipfile import ZipFile, ZipInfo
Path("dist").mkdir()
with ZipFile("dist/setapart_agent-1.2.3.whl", "w") as wheel:
    for path in sorted(Path("agent").glob("*/*.py")):
        wheel.writestr(ZipInfo(path.relative_to("agent").as_posix()), path.read_bytes())
"""


@pytest.fixture
def small(clone: Any) -> Any:
    """A clone whose packages are one wheel, without the libraries of others."""
    clone.write("Makefile", "packages:\n\t$(PYTHON) wheel.py\n")
    clone.write("wheel.py", WHEEL)
    clone.commit()
    clone.git("tag", "-f", "v1.2.3")
    return clone


def releasing(clone: Path, *arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    path = os.pathsep.join(str(REPOSITORY / "packaging" / whose) for whose in ("agent", "release"))
    command = [sys.executable, "-m", "releasing", "--repository", clone, "--output", clone.parent / "out"]
    return subprocess.run(
        [*command, "--wheels", clone.parent / "wheels", *map(str, arguments)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path, **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("given", [None, "missing.pem", "ecdsa-p256.pem", "text.pem"])
def test_without_a_key_that_administrators_can_check_nothing_is_built(given: str | None, clone: Any) -> None:
    folder = clone.folder.parent
    keygen(folder, "ecdsa-p256")
    (folder / "text.pem").write_text("text")
    ran = releasing(clone.folder, *(("--sign-with", folder / given) if given else ()))
    assert ran.returncode == 1
    assert ran.stderr.startswith("releasing: ")
    assert "; give an Ed25519 private key (PEM) with --sign-with or SETAPART_RELEASE_KEY, or --unsigned" in ran.stderr
    assert ran.stdout == ""
    assert not (folder / "out").exists()


def test_a_tree_with_changes_is_refused_in_one_line(clone: Any) -> None:
    clone.write("new", "x")
    ran = releasing(clone.folder, "--unsigned")
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1)
    assert "the tree is not clean: new;" in ran.stderr


@pytest.mark.needs("openssl")
def test_a_release_is_what_the_guide_checks(small: Any) -> None:
    folder = small.folder.parent
    key = keygen(folder)
    ran = releasing(small.folder, SETAPART_RELEASE_KEY=str(key))
    assert ran.returncode == 0, ran.stderr
    assert "1 files, built twice, are the same byte for byte" in ran.stdout
    assert "setapart_agent-1.2.3.whl: 2 files, 2 of them the sources'" in ran.stdout
    guide = (REPOSITORY / "docs/install/agent.md").read_text("utf-8")
    checks = [line for line in guide.splitlines() if line.startswith(("openssl pkeyutl -verify", "sha256sum --check"))]
    assert len(checks) == 2
    (folder / "out" / "release.pub").write_bytes(key.with_suffix(".pub").read_bytes())
    for line in checks:
        subprocess.run(["sh", "-c", line], cwd=folder / "out", check=True, capture_output=True)
    (folder / "out" / "setapart_agent-1.2.3.whl").write_bytes(b"another")
    assert subprocess.run(["sh", "-c", checks[1]], cwd=folder / "out", check=False, capture_output=True).returncode


def test_a_folder_with_something_else_in_it_is_left_as_it_is(small: Any) -> None:
    letter = small.folder.parent / "out" / "letter.txt"
    letter.parent.mkdir()
    letter.write_text("dear")
    ran = releasing(small.folder, "--unsigned")
    assert (ran.returncode, letter.read_text()) == (1, "dear")
    assert "holds letter.txt; expected an empty folder" in ran.stderr


def test_what_was_in_the_folder_before_is_not_released(small: Any) -> None:
    old = small.folder.parent / "out" / "setapart_agent-1.2.3-old.whl"
    old.parent.mkdir()
    old.write_bytes(b"x")
    assert releasing(small.folder, "--unsigned").returncode == 0
    assert {file.name for file in old.parent.iterdir()} == {"setapart_agent-1.2.3.whl", "SHA256SUMS"}
