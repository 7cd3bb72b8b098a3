"""packaging/agent/agent_packages/windows.py: the zip, what is in it, and the guide to it.

No Windows is here: the scripts are parsed by a grammar of PowerShell, tasks and policies are compared with what
Microsoft has published of their formats. What that does not show is called untested in docs/install/agent-windows.md.
"""

import os
import re
import shutil
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from agent_packages import windows
from agent_packages.release import PYTHONS

import windows_zip
from repository import REPOSITORY
from setapart_agent import windows_policy
from windows_zip import RELEASE, TASKS, text


def test_the_same_files_give_the_same_zip(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    packed = windows_zip.packed(tmp_path)
    again = shutil.copytree(tmp_path / "modules", tmp_path / "again" / "modules")
    for path in again.rglob("*"):
        os.utime(path, (1, 1))
    assert windows.pack(RELEASE, again, tmp_path / "again" / packed.name).read_bytes() == packed.read_bytes()


def test_everything_that_a_script_takes_from_beside_itself_is_in_the_zip(windows_files: Mapping[str, bytes]) -> None:
    script = text(windows_files, "install.ps1")
    taken = {name.replace("\\", "/") for name in re.findall(r"Join-Path \$PSScriptRoot ['\"]([^'\"]+)", script)}
    assert taken == {"lib", "python", "enrol.toml", "tasks/$name.xml"}, "what $PSScriptRoot leads to has changed"
    copied = re.search(
        r"foreach \(\$name in (.+)\) \{\s+Copy-Item -LiteralPath \(Join-Path \$PSScriptRoot \$name", script
    )
    assert copied is not None
    needed = {*re.findall(r"'([^']+)'", copied[1]), *(f"tasks/{task}.xml" for task in TASKS), "lib/__main__.py"}
    assert needed <= windows_files.keys()
    assert re.findall(r"\$Tasks = (.+)", script)[0].split(", ") == ["'enrol'", "'collect'", "'deliver'\r"]


def test_what_runs_on_windows_is_ascii_with_its_line_ends(windows_files: Mapping[str, bytes]) -> None:
    """Windows PowerShell reads a file without a mark in the machine's code page; cmd.exe loses labels without CR."""
    for name in ("install.ps1", "uninstall.ps1", "detect.ps1", "run-task.cmd", "setapart-agent.cmd"):
        assert windows_files[name].isascii(), name
        assert windows_files[name].count(b"\r\n") == windows_files[name].count(b"\n"), name
        assert windows_files[name].count(b"\r") == windows_files[name].count(b"\n"), name


def test_scripts_bear_the_version_that_they_install_and_look_for(windows_files: Mapping[str, bytes]) -> None:
    assert "$Version = '1.2.3'" in text(windows_files, "install.ps1")
    assert '-ne "setapart-agent, version $Version"' in text(windows_files, "detect.ps1")
    assert [name for name, raw in windows_files.items() if not name.startswith("lib/") and b"@VERSION@" in raw] == []


@pytest.mark.needs("package-index")
def test_compiled_libraries_are_for_64_bit_windows_and_for_every_python(tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    built, bill = windows.build(RELEASE, tmp_path, tmp_path / "scratch", REPOSITORY / "build" / "wheels")
    assert (built.name, bill.name) == tuple(
        f"setapart-agent-1.2.3-windows-amd64.{kind}" for kind in ("zip", "cdx.json")
    )
    with zipfile.ZipFile(built) as archive:
        compiled = {name: archive.read(name) for name in archive.namelist() if name.endswith((".pyd", ".dll", ".so"))}
    assert {machine_of(raw) for raw in compiled.values()} == {0x8664}
    names = {name.rpartition("/")[2] for name in compiled}
    for python in PYTHONS:
        tag = f"cp{python.replace('.', '')}-win_amd64.pyd"
        assert {f"_cffi_backend.{tag}", f"_core.{tag}"} <= names
    assert {"_rust.pyd", "_psutil_windows.pyd"} <= names
    assert '"name": "cryptography"' in bill.read_text("utf-8")


def machine_of(raw: bytes) -> int:
    """For which processor a PE file is: the first field of its COFF header (Microsoft, "PE Format")."""
    (header,) = struct.unpack_from("<I", raw, 0x3C)
    assert raw[header : header + 4] == b"PE\0\0"
    (machine,) = struct.unpack_from("<H", raw, header + 4)
    return int(machine)


def test_the_guide_names_the_policies_values_and_files(windows_files: Mapping[str, bytes]) -> None:
    guide = (REPOSITORY / "docs" / "install" / "agent-windows.md").read_text("utf-8")
    for word in (windows_policy.KEY, windows_policy.TOKEN_VALUE, windows_policy.URL_VALUE, *TASKS):
        assert f"`{word}`" in guide or f"\\{word}`" in guide, word
    for name in windows_files:
        if "/" not in name and name.endswith((".ps1", ".cmd")):
            assert f"`{name}`" in guide, name
