"""The flat package, as productbuild(1) makes it: an archive (xar) of what is chosen and of one package.

Apple documents Distribution in the "Distribution Definition Reference"; PackageInfo is as pkgbuild(1) writes it.
"""

from pathlib import Path
from xml.etree import ElementTree as ET

from agent_packages.macos import bom, cpio, xar
from agent_packages.macos.entry import Entry, entries
from agent_packages.macos.tree import SOURCES
from agent_packages.release import NAME, Release

IDENTIFIER = "org.setapart.agent"
OLDEST_MACOS = "11.0"
"""What the wheels of the libraries are built for."""
_INNER = f"./{NAME}.pkg"
_FOLDER = 0o40755
_FILE = 0o100644
_PROGRAM = 0o100755
_SCRIPTS = ("preinstall", "postinstall")


def build(release: Release, root: Path, output: Path) -> Path:
    """Builds the package of a tree. Returns its file.

    Args:
        release: what it is, for Macs.
        root: what it installs.
        output: the folder for the file.
    """
    installed = entries(root)
    scripts = (
        Entry(name=".", mode=_FOLDER),
        *(
            Entry(name=f"./{name}", mode=_PROGRAM, content=(SOURCES / "scripts" / name).read_bytes())
            for name in _SCRIPTS
        ),
    )
    size = sum(-(-len(entry.content) // 1024) for entry in installed)
    inner = {
        "Bom": bom.bill(installed, release.moment),
        "PackageInfo": _package_info(release, len(installed), size),
        "Payload": cpio.packed(installed, release.moment),
        "Scripts": cpio.packed(scripts, release.moment),
    }
    whole = (
        Entry(name=".", mode=_FOLDER),
        Entry(name="./Distribution", mode=_FILE, content=_distribution(release, size)),
        Entry(name=_INNER, mode=_FOLDER),
        *(Entry(name=f"{_INNER}/{name}", mode=_FILE, content=content) for name, content in inner.items()),
    )
    file = output / f"{NAME}-{release.version}-{release.revision}-macos-{release.machine.rpm}.pkg"
    file.write_bytes(xar.packed(whole, release.moment))
    return file


def version_of(release: Release) -> str:
    """The version as macOS orders them: number by number."""
    return f"{release.version}.{release.revision}"


def _package_info(release: Release, count: int, size: int) -> bytes:
    """Folders that macOS has already keep their owners and modes (`overwrite-permissions`)."""
    info = ET.Element(
        "pkg-info",
        {
            "format-version": "2",
            "identifier": IDENTIFIER,
            "version": version_of(release),
            "install-location": "/",
            "auth": "root",
            "overwrite-permissions": "false",
            "relocatable": "false",
            "postinstall-action": "none",
        },
    )
    ET.SubElement(info, "payload", numberOfFiles=str(count), installKBytes=str(size))
    scripts = ET.SubElement(info, "scripts")
    for name in _SCRIPTS:
        ET.SubElement(scripts, name, file=f"./{name}")
    return _written(info)


def _distribution(release: Release, size: int) -> bytes:
    """Nothing to choose; for the Mac that runs it, and no other disk."""
    script = ET.Element("installer-gui-script", minSpecVersion="2")
    ET.SubElement(script, "title").text = "setapart agent"
    ET.SubElement(
        script, "options",
        {"customize": "never", "require-scripts": "false", "hostArchitectures": release.machine.rpm},
    )  # fmt: skip
    ET.SubElement(script, "domains", enable_anywhere="false", enable_currentUserHome="false", enable_localSystem="true")
    systems = ET.SubElement(ET.SubElement(script, "volume-check"), "allowed-os-versions")
    ET.SubElement(systems, "os-version", min=OLDEST_MACOS)
    ET.SubElement(ET.SubElement(script, "choices-outline"), "line", choice="default")
    choice = ET.SubElement(script, "choice", id="default", title="setapart agent", visible="false")
    ET.SubElement(choice, "pkg-ref", id=IDENTIFIER)
    reference = ET.SubElement(
        script, "pkg-ref", id=IDENTIFIER, version=version_of(release), installKBytes=str(size), onConclusion="none"
    )
    reference.text = f"#{_INNER.removeprefix('./')}"
    return _written(script)


def _written(element: ET.Element) -> bytes:
    ET.indent(element)
    return ET.tostring(element, encoding="UTF-8", xml_declaration=True) + b"\n"
