"""What PROVENANCE.md says must be read from the real files of Windows."""

import lzma
from collections.abc import Iterator
from pathlib import Path

import pytest

from setapart_agent.collectors.registry import parser_of, recognise
from setapart_agent.collectors.windows import machine_hive, outlook, uninstall, user_hive
from setapart_agent.collectors.windows.hive import open_hive
from setapart_agent.collectors.windows.parse import dsregcmd
from setapart_agent.collectors.windows.parse.registry_key import Key
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Link

pytestmark = pytest.mark.needs("corpus")
KINDS = {
    "glpi-agent/10-StandAlone-LogonUI.reg": "windows.machine-hive",
    "glpi-agent/7-AD-LogonUI.reg": "windows.machine-hive",
    "glpi-agent/10_russian-Uninstall.reg": "windows.uninstall",
    "glpi-agent/office_2016_01.reg": "windows.machine-hive",
    "glpi-agent/office_2016_02.reg": "windows.machine-hive",
    "ms-docs/dsregcmd-hybrid-joined-2019.txt": "windows.dsregcmd",
    "plaso/NTUSER.DAT": "windows.user-hive",
    "regipy/NTUSER.DAT.xz": "windows.user-hive",
    "regipy/ntuser_software_partial.xz": "windows.user-hive",
    "regipy/transactions_NTUSER.DAT.xz": "windows.user-hive",
    "regipy/transactions_ntuser.dat.log1.xz": None,
    "regipy/transactions_ntuser.dat.log2.xz": None,
}
"""Every file of Windows in the corpus, to the kind that it is."""
LOGS = ("regipy/transactions_ntuser.dat.log1.xz", "regipy/transactions_ntuser.dat.log2.xz")


def content_of(corpus: Path, name: str) -> bytes:
    raw = (corpus / "windows" / name).read_bytes()
    return lzma.decompress(raw) if name.endswith(".xz") else raw


def parse(corpus: Path, name: str, kind: str | None = None, **more: bytes) -> Facts:
    files = {"main": content_of(corpus, name), **more}
    return parser_of(kind or str(KINDS[name])).parse(FileSet(files=files, profile="S-1", path=name))


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_every_file_is_recognised_as_what_it_is(corpus: Path, name: str, kind: str | None) -> None:
    assert recognise(Path(name.removesuffix(".xz")), content_of(corpus, name)) == kind


def test_no_file_of_the_corpus_is_left_out(corpus: Path) -> None:
    folder = corpus / "windows"
    present = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert present - {str(path.relative_to(folder)) for path in folder.rglob("*.md")} == KINDS.keys()


def test_the_last_user_came_from_a_domain(corpus: Path) -> None:
    facts = parse(corpus, "glpi-agent/7-AD-LogonUI.reg")
    assert facts.links == (Link(kind="directory-join", target="ad.fakedomain.local", profile="system"),)


def test_the_last_user_was_a_local_one(corpus: Path) -> None:
    assert parse(corpus, "glpi-agent/10-StandAlone-LogonUI.reg").links == ()


@pytest.mark.parametrize("kind", [uninstall.KIND, machine_hive.KIND])
def test_names_in_cyrillic(corpus: Path, kind: str) -> None:
    facts = parse(corpus, "glpi-agent/10_russian-Uninstall.reg", kind)
    assert [(app.identifier, app.version) for app in facts.apps] == [
        ("КриптоПро CSP", "5.0.12000"),
        ("1C Предприятие 7.7", "77.27"),
    ]


@pytest.mark.parametrize("name", ["office_2016_01", "office_2016_02"])
@pytest.mark.parametrize("kind", [machine_hive.KIND, outlook.KIND])
def test_office_is_there_and_no_account_is_invented(corpus: Path, name: str, kind: str) -> None:
    facts = parse(corpus, f"glpi-agent/{name}.reg", kind)
    assert facts.accounts == ()
    assert facts.coverage == ()


def test_a_hybrid_joined_device(corpus: Path) -> None:
    facts = parse(corpus, "ms-docs/dsregcmd-hybrid-joined-2019.txt", dsregcmd.KIND)
    tenant = "96fa76d0-xxxx-xxxx-xxxx-eb60cc22xxxx"
    assert facts.links == (
        Link(kind="directory-join", target="hybridadfs", profile="system"),
        Link(kind="directory-join", target=tenant, profile="system"),
        Link(kind="sso", target=tenant, profile="S-1"),
        Link(kind="sso", target="fs.hybridadfs.nttest.microsoft.com", profile="S-1"),
    )
    assert facts.accounts == ()  # WorkplaceJoined NO
    assert not any(link.kind == "mdm" for link in facts.links)  # the tenant's offer


@pytest.mark.parametrize("name", ["plaso/NTUSER.DAT", "regipy/NTUSER.DAT.xz"])
def test_users_without_programs_and_outlook_profiles(corpus: Path, name: str) -> None:
    facts = parse(corpus, name, user_hive.KIND)
    assert facts.apps == facts.accounts == facts.coverage == ()


def test_a_part_of_a_hive_that_begins_at_software(corpus: Path) -> None:
    facts = parse(corpus, "regipy/ntuser_software_partial.xz", uninstall.KIND)
    versions = {app.identifier: app.version for app in facts.apps}
    assert len(facts.apps) == 5
    assert versions["GitKraken"] == "5.0.4"
    assert versions["Microsoft Visual Studio Code (User)"] == "1.33.1"
    assert {"Microsoft OneDrive", "Python 3.7 distorm3-3.3.4"} <= versions.keys()
    assert any("Anaconda" in name for name in versions)
    assert facts.coverage == ()


def test_a_dirty_hive_without_its_logs_is_read_and_doubted(corpus: Path) -> None:
    facts = parse(corpus, "regipy/transactions_NTUSER.DAT.xz", uninstall.KIND)
    assert [(app.identifier, app.version) for app in facts.apps] == [("Microsoft OneDrive", "17.3.6917.0607")]
    assert [row.status for row in facts.coverage] == ["partial"]


def test_the_logs_complete_a_dirty_hive(corpus: Path) -> None:
    logs = {f"log{at}": content_of(corpus, name) for at, name in enumerate(LOGS)}
    facts = parse(corpus, "regipy/transactions_NTUSER.DAT.xz", uninstall.KIND, **logs)
    assert [(app.identifier, app.version) for app in facts.apps] == [("Microsoft OneDrive", "17.3.6917.0607")]
    assert facts.coverage == ()
    raw = content_of(corpus, "regipy/transactions_NTUSER.DAT.xz")
    before, after = (sum(1 for _ in keys(open_hive(raw, logs)[0])) for logs in ((), tuple(logs.values())))
    assert before < after


def keys(key: Key) -> Iterator[Key]:
    """Every key below one, itself included."""
    pending = [key]
    while pending:
        at = pending.pop()
        yield at
        pending += at


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind == "windows.user-hive"])
def test_our_walk_finds_what_the_library_finds(corpus: Path, name: str, tmp_path: Path) -> None:
    """Every key of a real hive and the number of values, as regipy's own reader gives them, which knows ASCII alone."""
    from regipy.registry import RegistryHive

    raw = content_of(corpus, name)
    (tmp_path / "hive").write_bytes(raw)
    theirs = [
        (ascii_only(entry.subkey_name), entry.values_count)
        for entry in RegistryHive(str(tmp_path / "hive")).recurse_subkeys(fetch_values=False)
    ]
    ours = [(ascii_only(key.name), len(key.values())) for key in keys(open_hive(raw)[0])]
    assert sorted(name for name, _ in ours) == sorted(name for name, _ in theirs)
    assert sum(count for _, count in ours) == sum(count for _, count in theirs)


def ascii_only(name: str) -> str:
    return "".join(char if char.isascii() else "?" for char in name)
