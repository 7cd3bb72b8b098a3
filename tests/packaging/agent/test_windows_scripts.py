"""packaging/agent/windows: the scripts, as a grammar of PowerShell and what runs them want them."""

import re
from collections.abc import Mapping

import pytest

from windows_zip import TASKS, text


@pytest.mark.needs("powershell-grammar")
@pytest.mark.parametrize("name", ["install.ps1", "uninstall.ps1", "detect.ps1"])
def test_a_grammar_of_powershell_reads_the_whole_script(name: str, windows_files: Mapping[str, bytes]) -> None:
    assert misread(windows_files[name]) == []
    assert misread(windows_files[name].replace(b"try {", b"try", 1)) != [], "the grammar takes anything"


def misread(script: bytes) -> list[int]:
    """The lines that the grammar can't read."""
    import tree_sitter
    import tree_sitter_powershell

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    nodes, found = [parser.parse(script).root_node], []
    while nodes:
        node = nodes.pop()
        if node.type == "ERROR" or node.is_missing:
            found.append(node.start_point[0] + 1)
        nodes += node.children
    return found


@pytest.mark.parametrize("name", ["install.ps1", "uninstall.ps1"])
def test_a_script_ends_with_codes_that_intune_knows_and_leaves_its_32_bits(
    name: str, windows_files: Mapping[str, bytes]
) -> None:
    script = text(windows_files, name)
    assert set(re.findall(r"exit (\d+)", script)) == {"0", "1603", "1618"}
    assert "Sysnative\\WindowsPowerShell" in script
    for guard in ("Set-StrictMode -Version Latest", "$ErrorActionPreference = 'Stop'", "SupportsShouldProcess"):
        assert guard in script
    # A hash table would reach the other process as -RemoveState:True, which -File takes for a text.
    assert "@PSBoundParameters" not in script
    # Under 'Stop', Windows PowerShell throws whatever a program writes to a redirected standard error.
    assert "2>" not in script


def test_tasks_that_an_installation_stopped_run_again_if_it_fails(windows_files: Mapping[str, bytes]) -> None:
    body = re.search(r"(?s)function Install-Agent \{.*?\n\}", text(windows_files, "install.ps1"))
    assert body is not None
    assert re.search(r"(?s)Suspend-Task\s+try \{.*\}\s+catch \{\s+Resume-Task[^}]*throw\s+\}", body[0])


def test_detection_writes_to_standard_output_only_where_it_ends_with_0(windows_files: Mapping[str, bytes]) -> None:
    script = text(windows_files, "detect.ps1")
    assert script.count("Write-Output") == 1
    assert re.search(r"Write-Output \"setapart-agent \$Version\"\r\n +exit 0", script)
    assert set(re.findall(r"exit (\d)", script)) == {"0", "1"}


def test_each_task_is_known_to_what_it_runs_and_each_label_exists(windows_files: Mapping[str, bytes]) -> None:
    script = text(windows_files, "run-task.cmd")
    labels = set(re.findall(r"^:(\w+)\r$", script, re.MULTILINE))
    assert set(re.findall(r"goto (\w+)", script)) | set(re.findall(r"call :(\w+)", script)) == labels
    assert set(re.findall(r'if "%~1"=="(\w+)" goto \1', script)) == set(TASKS)
