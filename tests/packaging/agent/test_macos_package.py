"""packaging/agent/agent_packages/macos: the flat package, read again by the rules of its formats."""

import gzip
import plistlib
import shutil
import struct
import subprocess
import zlib
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from agent_packages import vendored
from agent_packages.macos import bom, package, tree
from agent_packages.release import MACHINES, Release

MOMENT = 1_700_000_000
RELEASE = tree.of_macos(Release(version="1.2.3", revision=4, machine=MACHINES["amd64"], moment=MOMENT))
INNER = "setapart-agent.pkg/"


@dataclass(frozen=True)
class Found:
    """A path of an archive or a bill; `text` is its content, or for a bill its checksum."""

    mode: int
    owners: tuple[int, int]
    size: int
    text: bytes | int


def archive_of(raw: bytes) -> dict[str, Found]:
    """Reads a xar archive: header, table of contents, heap; checks each digest."""
    magic, header, version, stored, plain, algorithm = struct.unpack_from(">4sHHQQI", raw)
    assert (magic, version, algorithm) == (b"xar!", 1, 1)
    table = zlib.decompress(raw[header : header + stored])
    assert len(table) == plain
    heap = raw[header + stored :]
    assert heap[:20] == sha1(raw[header : header + stored]).digest()
    found: dict[str, Found] = {}

    def read(parent: ET.Element, prefix: str) -> None:
        for file in parent.findall("file"):
            name = prefix + str(file.findtext("name"))
            owners = int(file.findtext("uid", "-1")), int(file.findtext("gid", "-1"))
            mode = int(file.findtext("mode", ""), 8)
            if file.findtext("type") == "directory":
                found[name] = Found(mode, owners, 0, b"")
                read(file, f"{name}/")
                continue
            data = file.find("data")
            assert data is not None
            start, length = int(data.findtext("offset", "")), int(data.findtext("length", ""))
            content = heap[start : start + length]
            assert (
                data.findtext("archived-checksum") == data.findtext("extracted-checksum") == sha1(content).hexdigest()
            )
            assert int(data.findtext("size", "")) == length
            found[name] = Found(mode, owners, length, content)

    contents = ET.fromstring(table).find("toc")
    assert contents is not None
    read(contents, "")
    return found


def cpio_of(raw: bytes) -> dict[str, Found]:
    """Reads cpio's portable format: POSIX.1-2001's `pax`, "octet-oriented cpio archive"."""
    archive, place = gzip.decompress(raw), 0
    found: dict[str, Found] = {}
    while True:
        header = archive[place : place + 76]
        assert header[:6] == b"070707"
        mode, user, group = (int(header[start : start + 6], 8) for start in (18, 24, 30))
        assert int(header[48:59], 8) in (MOMENT, 0)
        name_bytes, size = int(header[59:65], 8), int(header[65:76], 8)
        name = archive[place + 76 : place + 76 + name_bytes - 1].decode()
        place += 76 + name_bytes
        if name == "TRAILER!!!":
            assert archive[place:] == b""
            return found
        found[name] = Found(mode, (user, group), size, archive[place : place + size])
        place += size


def bill_of(raw: bytes) -> dict[str, Found]:
    """Reads a bill as lsbom does: the named block `Paths`, down to the first leaf, then from leaf to leaf."""
    magic, _, _, table, _, names, _ = struct.unpack_from(">8s6I", raw)
    assert magic == b"BOMStore"

    def block(number: int) -> bytes:
        start, length = struct.unpack_from(">II", raw, table + 4 + 8 * number)
        return raw[start : start + length]

    named, place = {}, names + 4
    for _ in range(struct.unpack_from(">I", raw, names)[0]):
        number, length = struct.unpack_from(">IB", raw, place)
        named[raw[place + 5 : place + 5 + length].decode()] = number
        place += 5 + length
    assert set(named) == {"BomInfo", "Paths", "HLIndex", "VIndex", "Size64"}
    mark, _, number, _, count = struct.unpack_from(">4s4I", block(named["Paths"]))
    assert mark == b"tree"
    while not struct.unpack_from(">H", block(number))[0]:
        (number,) = struct.unpack_from(">I", block(number), 12)
    found: dict[str, Found] = {}
    called: dict[int, str] = {0: ""}
    order = []
    while number:
        leaf = block(number)
        _, rows, number, _ = struct.unpack_from(">HHII", leaf)
        for row in range(rows):
            info, file = struct.unpack_from(">II", leaf, 12 + 8 * row)
            path, what = struct.unpack(">II", block(info))
            (parent,) = struct.unpack_from(">I", block(file))
            name = block(file)[4:-1].decode()
            order.append((parent, name))
            called[path] = f"{called[parent]}/{name}" if parent else name
            _, _, _, mode, user, group, when, size, _, checksum, _ = struct.unpack(">BBHHIIIIBII", block(what))
            assert when == MOMENT
            found[called[path]] = Found(mode, (user, group), size, checksum)
    assert order == sorted(order), "a search in the tree would miss paths"
    assert len(found) == count
    return found


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree of what is installed, with enough modules that the bill's tree has more than one leaf."""
    folder = tmp_path_factory.mktemp("root")
    tree.lay_sources(folder)
    modules = folder / tree.BASE / "lib"
    for number in range(600):
        (modules / f"p{number % 7}").mkdir(parents=True, exist_ok=True)
        (modules / f"p{number % 7}" / f"m{number}.py").write_text(f"{number}\n" * number)
    tree.settle(folder)
    return folder


@pytest.fixture(scope="module")
def file(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return package.build(RELEASE, root, tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def whole(file: Path) -> dict[str, Found]:
    return archive_of(file.read_bytes())


def text(whole: dict[str, Found], name: str) -> bytes:
    found = whole[name].text
    assert isinstance(found, bytes)
    return found


def installed(root: Path) -> dict[str, Path]:
    return {".": root, **{f"./{path.relative_to(root)}": path for path in root.rglob("*")}}


def test_it_holds_what_a_flat_package_holds(whole: dict[str, Found]) -> None:
    assert set(whole) == {
        "Distribution", INNER.rstrip("/"), *(f"{INNER}{name}" for name in ("Bom", "PackageInfo", "Payload", "Scripts")),
    }  # fmt: skip
    assert {found.owners for found in whole.values()} == {(0, 0)}


def test_the_payload_is_the_tree_and_roots(whole: dict[str, Found], root: Path) -> None:
    payload = cpio_of(text(whole, f"{INNER}Payload"))
    wanted = installed(root)
    assert set(payload) == set(wanted)
    for name, path in wanted.items():
        assert payload[name].mode == path.stat().st_mode, name
        assert payload[name].owners == (0, 0)
        assert payload[name].text == (b"" if path.is_dir() else path.read_bytes()), name


def test_the_bill_says_of_each_path_what_is_installed(whole: dict[str, Found], root: Path) -> None:
    bill = bill_of(text(whole, f"{INNER}Bom"))
    payload = cpio_of(text(whole, f"{INNER}Payload"))
    assert set(bill) == set(payload)
    for name, found in bill.items():
        assert (found.mode, found.owners, found.size) == (payload[name].mode, (0, 0), payload[name].size), name
    files = sorted(path for path in root.rglob("*") if path.is_file())
    lines = subprocess.run(["cksum", *files], capture_output=True, text=True, check=True).stdout.splitlines()
    sums = {f"./{path.relative_to(root)}": int(line.split()[0]) for path, line in zip(files, lines, strict=True)}
    assert {name: found.text for name, found in bill.items() if name in sums} == sums


@pytest.mark.parametrize(("content", "found"), [(b"", 4294967295), (b"123456789", 930766865)])
def test_checksums_are_those_of_cksum(content: bytes, found: int) -> None:
    """POSIX's own: `printf 123456789 | cksum` prints 930766865."""
    assert bom.checksum(content) == found


def test_a_bill_of_one_leaf_is_read_as_well(tmp_path: Path) -> None:
    tree.lay_sources(tmp_path)
    built = package.build(RELEASE, tmp_path, tmp_path)
    assert "./Library/LaunchDaemons/org.setapart.agent.enrol.plist" in bill_of(
        text(archive_of(built.read_bytes()), f"{INNER}Bom")
    )


def test_the_scripts_are_in_it_and_can_be_run(whole: dict[str, Found]) -> None:
    info = ET.fromstring(text(whole, f"{INNER}PackageInfo"))
    named = {str(script.get("file")) for script in info.findall("scripts/*")}
    scripts = cpio_of(text(whole, f"{INNER}Scripts"))
    assert named == {"./preinstall", "./postinstall"} == set(scripts) - {"."}
    for name in named:
        assert scripts[name].mode == 0o100755
        assert scripts[name].text == (tree.SOURCES / "scripts" / name).read_bytes()


def test_what_installer_is_told_is_one(whole: dict[str, Found], root: Path) -> None:
    info = ET.fromstring(text(whole, f"{INNER}PackageInfo"))
    script = ET.fromstring(text(whole, "Distribution"))
    reference = script.find("pkg-ref")
    assert reference is not None
    assert reference.text == f"#{INNER.rstrip('/')}"
    assert reference.get("id") == info.get("identifier") == "org.setapart.agent"
    assert reference.get("version") == info.get("version") == "1.2.3.4"
    payload = info.find("payload")
    assert payload is not None
    assert payload.get("numberOfFiles") == str(len(installed(root)))
    assert info.get("overwrite-permissions") == "false", "macOS's own folders would change their owners"
    options, domains = script.find("options"), script.find("domains")
    assert options is not None
    assert domains is not None
    assert options.get("hostArchitectures") == "arm64"
    assert (domains.get("enable_localSystem"), domains.get("enable_anywhere")) == ("true", "false")


def test_the_same_tree_gives_the_same_bytes(file: Path, root: Path, tmp_path: Path) -> None:
    again = shutil.copytree(root, tmp_path / "again", copy_function=shutil.copyfile)
    tree.settle(again)
    assert package.build(RELEASE, again, tmp_path).read_bytes() == file.read_bytes()


def test_a_link_in_the_tree_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    with pytest.raises(ValueError, match="neither a file nor a folder"):
        package.build(RELEASE, tmp_path, tmp_path)


@pytest.mark.needs("bsdtar")
def test_a_foreign_reader_reads_it(file: Path, root: Path, tmp_path: Path) -> None:
    """libarchive, by which macOS's own tar reads both formats; it checks the digests."""
    subprocess.run(["bsdtar", "-xf", file, "-C", tmp_path], check=True)
    out = tmp_path / "out"
    out.mkdir()
    subprocess.run(["bsdtar", "-xf", tmp_path / INNER / "Payload", "-C", out], check=True)
    assert {str(path.relative_to(out)) for path in out.rglob("*")} == {
        str(path.relative_to(root)) for path in root.rglob("*")
    }
    service = out / "Library/LaunchDaemons/org.setapart.agent.collect.plist"
    assert plistlib.loads(service.read_bytes())["Label"] == "org.setapart.agent.collect"


def test_wheels_are_those_of_apple_silicon() -> None:
    assert RELEASE.machine.platforms == ("macosx_11_0_arm64",)
    assert package.OLDEST_MACOS == "11.0"


@pytest.mark.needs("package-index")
def test_the_whole_package_has_compiled_modules_of_each_python_for_macs(tmp_path: Path) -> None:
    laid = tree.lay(RELEASE, tmp_path / "root", vendored.REPOSITORY / "build" / "wheels")
    compiled = list(laid.folder.rglob("*.so"))
    # mach-o/loader.h: MH_MAGIC_64, then CPU_TYPE_ARM64; little-endian.
    assert {path.read_bytes()[:8] for path in compiled} == {struct.pack("<II", 0xFEEDFACF, 0x0100000C)}
    for python in ("311", "312", "313", "314"):
        assert list(laid.folder.glob(f"_cffi_backend.cpython-{python}-darwin.so")), python
    assert (laid.folder / "__main__.py").exists()
    licences = (tmp_path / "root" / tree.BASE / "licences.txt").read_text("utf-8")
    assert "\nLicense: cryptography\n" in licences
    assert "usr/lib" not in licences, "it names a place of Linux"
