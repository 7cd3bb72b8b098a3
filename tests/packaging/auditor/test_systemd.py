"""The units as files: systemd accepts them, nothing of their confinement is missing, and the guide names them all."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from markdown import code, document, table
from repository import REPOSITORY

UNITS = sorted((REPOSITORY / "packaging" / "auditor" / "installed" / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
EXPOSURE = 20
"""Tenths; 2.0 is what is promised."""


def analyze(*arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["systemd-analyze", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def exposure(unit: Path) -> bool:
    """Whether systemd rates a unit within the bound."""
    return analyze("security", "--offline=true", f"--threshold={EXPOSURE}", unit).returncode == 0


@pytest.mark.needs("systemd-analyze")
def test_systemd_finds_nothing_to_say_about_the_units(tmp_path: Path) -> None:
    """In a copy where the programs are ones that are here: they must be there for it."""
    program = Path(sys.executable)
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        for installed in ("/usr/bin/setapart-auditor", "/usr/lib/setapart-auditor/backup"):
            text = text.replace(f"ExecStart={installed}", f"ExecStart={program}")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    checked = analyze("verify", "--recursive-errors=no", *sorted(tmp_path.iterdir()))
    assert (checked.returncode, checked.stdout) == (0, "")
    (tmp_path / "wrong.service").write_text("[Service]\nExecStart=/bin/true\nProtektSystem=yes\n")
    assert "Unknown key" in analyze("verify", "--recursive-errors=no", tmp_path / "wrong.service").stdout


@pytest.mark.needs("systemd-analyze")
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_unit_is_exposed_no_more_than_promised(unit: Path, tmp_path: Path) -> None:
    assert exposure(unit)
    # The control: without its confinement it is refused.
    text = re.sub(
        r"^(Protect|Private|Restrict|SystemCall|Capability).*\n", "", unit.read_text("utf-8"), flags=re.MULTILINE
    )
    (tmp_path / unit.name).write_text(text, encoding="utf-8")
    assert not exposure(tmp_path / unit.name)


def test_every_service_is_confined_alike() -> None:
    confined = {
        unit.read_text("utf-8").partition("NoNewPrivileges=yes\n")[2].partition("\n\n")[0].strip() for unit in SERVICES
    }
    assert len(confined) == 1
    assert "UMask=0077" in confined.pop()


def test_the_guide_names_every_unit_that_is_enabled() -> None:
    told = {code(cell) for cell in table(document("docs/install/auditor.md"), "Units").column("unit")}
    assert told == {unit.name for unit in UNITS if "[Install]" in unit.read_text("utf-8")}


def test_the_guide_names_every_alert() -> None:
    rules = (REPOSITORY / "packaging/auditor/prometheus/setapart-auditor.rules.yml").read_text("utf-8")
    told = [code(cell) for cell in table(document("docs/install/auditor.md"), "Prometheus").column("alert")]
    assert told == re.findall(r"- alert: (\w+)", rules)


def test_the_package_s_scripts_and_the_files_agree_on_the_units() -> None:
    debian = REPOSITORY / "packaging" / "auditor" / "installed" / "debian"
    enabled = {unit.name for unit in UNITS if "[Install]" in unit.read_text("utf-8")}
    for script in ("postinst", "postrm"):
        (line,) = re.findall(r'^units="(.*)"$', (debian / script).read_text("utf-8"), re.MULTILINE)
        assert set(line.split()) == enabled, script
    stopped = set(re.findall(r"setapart-auditor[-a-z]*\.(?:service|timer)", (debian / "prerm").read_text("utf-8")))
    assert stopped == {unit.name for unit in UNITS}


@pytest.mark.parametrize(
    "script", ["backup", "compile", "interpreter", "setapart-auditor", "debian/postinst", "debian/prerm"]
)
def test_the_shell_accepts_a_script(script: str) -> None:
    path = REPOSITORY / "packaging" / "auditor" / "installed" / script
    assert path.stat().st_mode & 0o111
    subprocess.run([shutil.which("sh") or "sh", "-n", path], check=True)
