"""docs/evidence.md: its commands print what it shows, and its rules are the code's."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from assets.build_vectors import VECTORS
from evidence_maker import statement as plain_statement
from setapart_evidence import errors, strict_json
from setapart_evidence import statement as intoto
from setapart_evidence.bundle import BUNDLE_LIMITS
from setapart_evidence.errors import EvidenceError
from setapart_evidence.limits import DEFAULT_LIMITS
from setapart_evidence.open import GRADES

DOCUMENT = (Path(__file__).resolve().parent.parent.parent / "docs" / "evidence.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.mark.needs("openssl")
def test_every_command_prints_what_is_shown(tmp_path: Path) -> None:
    """In order and in one folder, as a reader would type them."""
    shutil.copytree(VECTORS, tmp_path, dirs_exist_ok=True)
    commands = 0
    for block in BLOCKS:
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            done = subprocess.run(
                ["bash", "-c", f"set -o pipefail; {command}"],
                cwd=tmp_path,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
                capture_output=True,
                text=True,
                check=False,
            )
            assert (done.stdout, done.returncode) == (shown, 0), f"{command}\n{done.stderr}"
            commands += 1
    assert commands >= 15


def test_every_reason_of_a_refusal_is_documented() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, EvidenceError)]
    for kind in kinds:
        if kind is not EvidenceError:
            assert f"`{kind.reason}`" in DOCUMENT, kind


def test_every_limit_is_documented() -> None:
    limits = DEFAULT_LIMITS
    for said in (
        f"{limits.envelope // 1024} KiB",
        f"{limits.inventory // 1024 // 1024} MiB",
        f"{limits.apps:,} apps".replace(",", " "),
        f"{limits.accounts:,} accounts".replace(",", " "),
        f"{limits.nesting} levels of nesting",
        f"1 to {limits.signatures} signatures",
        f"{strict_json._MAX_STRUCTURE:,}".replace(",", " "),
        f"up to {BUNDLE_LIMITS.envelope // 1024 // 1024} MiB",
    ):
        assert said in DOCUMENT.replace("\n", " "), said


def test_every_type_grade_and_member_is_documented() -> None:
    for kind in (intoto.STATEMENT_TYPE, intoto.EVIDENCE, intoto.POLICY_BUNDLE, intoto.EPOCH, intoto.EXCEPTIONS):
        assert kind in DOCUMENT
    assert ", ".join(f"`{grade}`" for grade in GRADES) in DOCUMENT.replace("\n", " ")
    predicate = plain_statement()["predicate"]
    assert isinstance(predicate, dict)
    for part, members in predicate.items():
        for member in members:
            assert f'"{member}":' in DOCUMENT, f"{part}.{member}"


def test_every_link_into_the_repository_leads_somewhere() -> None:
    root = Path(__file__).resolve().parent.parent.parent / "docs"
    links = re.findall(r"\]\((\.\./[^)#]+)\)", DOCUMENT)
    assert links
    for link in links:
        assert (root / link).exists(), link
