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
    (tmp_path / "modules" / "setapart-1.2.dist-info").mkdir()
    text = tree.copyright_file(tree.Modules(folder=tmp_path / "modules", wheels=wheels), Path("usr/lib/some-program"))
    fields = [re.findall(r"^(\S+): ?(.*(?:\n .*)*)", stanza, re.MULTILINE) for stanza in text.split("\n\n")]
    return [dict(stanza) for stanza in fields]


def of(stanzas: list[dict[str, str]], file: str) -> dict[str, str]:
    """The stanza that counts for a file: the last that matches."""
    return [one for one in stanzas if any(fnmatch(file, pattern) for pattern in one.get("Files", "").split())][-1]


@pytest.mark.parametrize("file", ["demo/__init__.py", "_demo.cpython-311.so", "demo-1.0.dist-info/METADATA"])
def test_a_librarys_files_are_its_makers_and_under_its_licence(stanzas: list[dict[str, str]], file: str) -> None:
    found = of(stanzas, f"usr/lib/some-program/{file}")
    assert found["Copyright"].split("\n") == ["", " Copyright (c) 2020 A. Maker", " Copyright 2021 Another"]
    told = [line[1:].replace(".", "", line == " .") for line in found["License"].split("\n")[1:]]
    assert told == LICENCE.strip().splitlines()


@pytest.mark.parametrize("file", ["setapart_agent/cli/__init__.py", "setapart-1.2.dist-info/METADATA"])
def test_our_own_files_are_ours(file: str, stanzas: list[dict[str, str]]) -> None:
    assert of(stanzas, f"usr/lib/some-program/{file}")["License"] == "Apache-2.0"


def test_terms_that_debian_has_are_not_repeated_and_what_stands_around_them_is_kept(tmp_path: Path) -> None:
    wheels = vendored.lay((demo_wheel(tmp_path),), tmp_path / "modules")
    (licence,) = (tmp_path / "modules").glob("*.dist-info/**/LICENSE*")
    terms = "Apache License\n  Version 2.0, January 2004\n\nmuch\n\n  END OF TERMS AND CONDITIONS"
    licence.write_text(f"Copyright 2016 A. Maker\n\n  {terms}\n\nCopyright 2017 Another\n")
    (told,) = re.findall(
        r"License: demo\n([\s\S]*?)\n\n",
        tree.copyright_file(tree.Modules(folder=tmp_path / "modules", wheels=wheels), tree.LIBRARY),
    )
    assert "".join(told.split()) == "Copyright2016A.Maker.Apache-2.0,asbelow..Copyright2017Another"


def test_a_licence_that_speaks_of_another_leads_to_it(tmp_path: Path) -> None:
    wheels = vendored.lay((demo_wheel(tmp_path),), tmp_path / "modules")
    (licence,) = (tmp_path / "modules").glob("*.dist-info/**/LICENSE*")
    modules = tree.Modules(folder=tmp_path / "modules", wheels=wheels)
    assert "common-licenses/GPL-3" not in tree.copyright_file(modules, tree.LIBRARY)
    licence.write_text("                   GNU LESSER GENERAL PUBLIC LICENSE\n")
    assert " /usr/share/common-licenses/GPL-3;" in tree.copyright_file(modules, tree.LIBRARY)


def test_what_is_linked_into_a_library_is_named_with_its_licence(stanzas: list[dict[str, str]]) -> None:
    comment = of(stanzas, "usr/lib/some-program/_demo.cpython-311.so")["Comment"]
    assert comment.split("\n")[1:] == [" openssl 4.0.3", " openssl-sys 0.9: MIT OR Apache-2.0"]
