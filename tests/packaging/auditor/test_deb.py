"""The Debian package as a file: what it holds, whose, and that a build says nothing of the machine it was made on."""

import io
import json
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from repository import REPOSITORY

APACHE = re.compile(r"Apache License\s+Version 2.0, January 2004\s[\s\S]*?\sEND OF TERMS AND CONDITIONS\s")
pytestmark = pytest.mark.needs("dpkg", "hatchling")


def field(deb: Path, name: str) -> str:
    return subprocess.run(["dpkg-deb", "--field", deb, name], check=True, capture_output=True, text=True).stdout.strip()


def listed(deb: Path) -> dict[str, str]:
    """The mode and owner of every file, by its name."""
    shown = subprocess.run(["dpkg-deb", "--contents", deb], check=True, capture_output=True, text=True).stdout
    lines = [line.split(maxsplit=5) for line in shown.splitlines()]
    return {line[5].removeprefix("."): f"{line[0]} {line[1]}" for line in lines}


def test_everything_is_root_s_and_nobody_else_may_change_it(deb: Path) -> None:
    assert {
        what for name, what in listed(deb).items() if what not in ("drwxr-xr-x root/root", "-rw-r--r-- root/root")
    } == {"-rwxr-xr-x root/root"}


def test_its_programs_run_and_its_modules_are_for_both_pythons(deb: Path) -> None:
    files = listed(deb)
    for program in (
        "/usr/bin/setapart-auditor",
        *(f"/usr/lib/setapart-auditor/{one}" for one in ("backup", "interpreter")),
    ):
        assert files[program].startswith("-rwx")
    for python in ("311", "313"):
        assert any(re.search(rf"/msgspec/_core\.cpython-{python}-", name) for name in files)
        assert any(re.search(rf"/psycopg_binary/.*cpython-{python}-", name) for name in files)
    assert "/usr/lib/setapart-auditor/setapart_auditor/_config/packs/no-2023.toml" in files
    assert not [name for name in files if "__pycache__" in name or name.endswith(".pyc")]


def test_it_installs_only_where_a_package_may(deb: Path) -> None:
    tops = {name.split("/")[1] for name in listed(deb)} - {""}
    assert tops == {"etc", "usr"}
    assert not [name for name in listed(deb) if name.startswith("/usr/lib/python")]


def test_it_asks_for_a_python_that_its_modules_are_for(deb: Path) -> None:
    assert field(deb, "Depends").startswith("python3.11 | python3.13,")
    assert field(deb, "Package") == "setapart-auditor"


def test_the_man_page_and_the_completion_of_each_shell_lie_where_they_are_looked_for(deb: Path) -> None:
    assert listed(deb).keys() >= {
        "/usr/share/man/man1/setapart-auditor.1.gz",
        "/usr/share/bash-completion/completions/setapart-auditor",
        "/usr/share/zsh/vendor-completions/_setapart-auditor",
        "/usr/share/fish/vendor_completions.d/setapart-auditor.fish",
    }


def test_the_bill_of_materials_names_every_library_that_is_inside(deb: Path) -> None:
    (file,) = deb.parent.glob("setapart-auditor-*.cdx.json")
    bill = json.loads(file.read_text("utf-8"))
    named = {canonical(one["name"]): one["version"] for one in bill["components"]}
    found = [re.search(r"/([A-Za-z0-9_.]+)-([0-9.]+)\.dist-info/METADATA$", name) for name in listed(deb)]
    inside = {canonical(one[1]): one[2] for one in found if one}
    assert inside.pop("setapart") == bill["metadata"]["component"]["version"]
    assert named == inside
    licences = [one for component in bill["components"] for one in component["licenses"]]
    spelled = [one.get("expression") or one["license"]["id"] for one in licences]
    assert [one for one in spelled if not re.fullmatch(r"[\w.+-]+( (AND|OR|WITH) [\w.+-]+)*", one)] == []
    lock = (REPOSITORY / "packaging/auditor/requirements.txt").read_text("utf-8")
    wheels = [part for one in bill["components"] for part in one["components"] if part["type"] == "file"]
    assert len(wheels) > len(named), "modules are compiled for two Pythons"
    assert all(f"sha256:{wheel['hashes'][0]['content']}" in lock for wheel in wheels)


def canonical(name: str) -> str:
    """A distribution's name as the packaging specifications compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_copyright_file_holds_the_whole_licence_of_every_library(deb: Path) -> None:
    """As they lie beside the library itself, in `.dist-info`; the terms of Apache-2.0 Debian has once."""
    packed = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        files = {one.name.removeprefix("./"): read(tar, one) for one in tar.getmembers() if one.isfile()}
    told = files["usr/share/doc/setapart-auditor/copyright"]
    stanzas = {re.findall(r"^License: (\S+)", one, re.MULTILINE)[-1]: words(one) for one in told.split("\n\n")[1:]}
    libraries = {name.split("/")[3] for name in files if name.endswith(".dist-info/METADATA")}
    for library in libraries:
        name = library.removesuffix(".dist-info").rpartition("-")[0]
        if name == "setapart":
            continue
        licences = [
            text
            for path, text in files.items()
            if re.search(rf"/{re.escape(library)}/(.*/)?(LICEN[SC]E|COPYING|NOTICE)[^/]*$", path)
        ]
        assert licences, library
        assert f" usr/lib/setapart-auditor/{library}/*\n" in told
        parts = [part for text in licences for part in APACHE.split(text)]
        assert all(words(part) in stanzas[name] for part in parts), library
    assert "/usr/share/common-licenses/GPL-3;" in told, "psycopg's licence, LGPL 3, is a part of the GPL"
    assert "/usr/share/common-licenses/Apache-2.0;" in stanzas["Apache-2.0"]


def read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    file = tar.extractfile(member)
    assert file is not None
    return file.read().decode("utf-8", "replace")


def words(text: str) -> str:
    """A text without the way in which its lines are broken and indented."""
    return " ".join(word for word in text.split() if word != ".")


@pytest.mark.needs("lintian")
def test_lintian_finds_nothing_that_is_not_explained(deb: Path) -> None:
    lintian = ["lintian", "--allow-root", "--fail-on", "error,warning", deb]
    answer = subprocess.run(lintian, check=False, capture_output=True, text=True)
    assert (answer.returncode, answer.stdout) == (0, "")


def test_the_lock_names_what_the_other_locks_name() -> None:
    """The package has the versions that the tests run with."""

    def pinned(file: str) -> dict[str, str]:
        return dict(
            re.findall(r"^([a-z0-9-]+)(?:\[[a-z]+\])?==(\S+)", (REPOSITORY / file).read_text("utf-8"), re.MULTILINE)
        )

    ours, tested = pinned("packaging/auditor/requirements.txt"), pinned("requirements/test.txt")
    assert {"sqlalchemy", "psycopg", "python-pkcs11", "uvicorn", "cryptography"} <= ours.keys()
    assert ours.items() <= tested.items()
