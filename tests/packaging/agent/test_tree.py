"""packaging/agent/agent_packages/tree.py: nobody's work is passed off as ours, and every licence is there."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
from agent_packages import tree, vendored

from demo_wheel import LICENCE, demo_wheel


@pytest.fixture
def stanzas(tmp_path: Path) -> list[dict[str, str]]:
    """The copyright file of a package with one library: stanzas of fields (Debian policy 5.1)."""
    wheels = vendored.lay((demo_wheel(tmp_path),), tmp_path / "modules")
    text = tree.copyright_file(tree.Modules(folder=tmp_path / "modules", wheels=wheels))
    fields = [re.findall(r"^(\S+): ?(.*(?:\n .*)*)", stanza, re.MULTILINE) for stanza in text.split("\n\n")]
    return [dict(stanza) for stanza in fields]


def of(stanzas: list[dict[str, str]], file: str) -> dict[str, str]:
    """The stanza that counts for a file: the last that matches."""
    return [one for one in stanzas if any(fnmatch(file, pattern) for pattern in one.get("Files", "").split())][-1]


@pytest.mark.parametrize("file", ["demo/__init__.py", "_demo.cpython-311.so", "demo-1.0.dist-info/METADATA"])
def test_a_librarys_files_are_its_makers_and_under_its_licence(stanzas: list[dict[str, str]], file: str) -> None:
    found = of(stanzas, f"usr/lib/setapart-agent/{file}")
    assert found["Copyright"].split("\n") == ["", " Copyright (c) 2020 A. Maker", " Copyright 2021 Another"]
    told = [line[1:].replace(".", "", line == " .") for line in found["License"].split("\n")[1:]]
    assert told == LICENCE.strip().splitlines()


def test_our_own_files_are_ours(stanzas: list[dict[str, str]]) -> None:
    assert of(stanzas, "usr/lib/setapart-agent/setapart_agent/cli/__init__.py")["License"] == "Apache-2.0"


def test_what_is_linked_into_a_library_is_named_with_its_licence(stanzas: list[dict[str, str]]) -> None:
    comment = of(stanzas, "usr/lib/setapart-agent/_demo.cpython-311.so")["Comment"]
    assert comment.split("\n")[1:] == [" openssl 4.0.3", " openssl-sys 0.9: MIT OR Apache-2.0"]
