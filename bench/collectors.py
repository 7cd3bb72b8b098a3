"""Sources of other devices: our inventory beside mvt and dissect.target on the same input, in interleaved pairs.

`PEERS=/path/to/venv/bin python bench/collectors.py [ROUNDS]`; without PEERS they are looked for on the PATH. The inputs
are made here, except the iPhone's backup, which is of the captures (`SETAPART_CORPUS`) where they are present.
"""

import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from measure import Run, median, ratio, rounds, run, spread

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from android_parse import write_report

import big_backup
from linux_tree import plant
from macos_tree import MacTree
from windows_tree import UNINSTALL, WindowsTree

CORPUS = Path(os.environ.get("SETAPART_CORPUS", Path(__file__).resolve().parents[2] / "shared" / "corpus"))
AGENT = str(Path(sysconfig.get_path("scripts"), "setapart-agent"))
APPS = 300
PACKAGES = 2000
FILES = 2_000
ROW = "{:58}{:>16}{:>9}{:>12}{:>12}"


@dataclass(frozen=True)
class Case:
    """One input, and what each program is asked of it: `{in}` and `{out}` stand for the input and a folder."""

    title: str
    kind: str
    make: Callable[[Path], Path | None]
    source: str
    peer: tuple[str, ...]


def android_report(folder: Path) -> Path:
    write_report(folder / "bugreport.zip")
    return folder / "bugreport.zip"


def small_backup(_folder: Path) -> Path | None:
    path = CORPUS / "ios" / "mvt" / "ios_backup"
    return path if path.is_dir() else None


def large_backup(folder: Path) -> Path:
    big_backup.make(folder / "backup", FILES, on_disk=FILES)
    return folder / "backup"


def windows_disk(folder: Path) -> Path:
    tree = WindowsTree(folder)
    for number in range(APPS):
        values = {"DisplayName": f"Product {number}", "DisplayVersion": "1.2", "Publisher": "Vendor"}
        tree.in_software(rf"{UNINSTALL}\Product{number}", values)
    tree.finish()
    return folder


def mac_disk(folder: Path) -> Path:
    tree = MacTree(folder)
    for number in range(APPS):
        tree.put(f"/Applications/Product{number}.app", f"org.example.product{number}")
    return folder


def linux_disk(folder: Path) -> Path:
    block = "Package: product{0}\nStatus: install ok installed\nVersion: 1.{0}\nArchitecture: amd64\n{1}\n"
    text = "Description: a product\n" + " more words about it\n" * 12
    status = "".join(block.format(number, text) for number in range(PACKAGES))
    users = "root:x:0:0:root:/root:/bin/bash\nada:x:1000:1000::/home/ada:/bin/bash\n"
    plant(
        folder,
        {
            "/etc/passwd": users.encode(),
            "/etc/os-release": b"ID=debian\nVERSION_ID=12\n",
            "/var/lib/dpkg/status": status.encode(),
            "/home/ada/.profile": b"",
        },
    )
    return folder


MVT_IOS = ("mvt-ios", "check-backup", "--output", "{out}", "{in}")
MVT_ANDROID = ("mvt-android", "check-bugreport", "--output", "{out}", "{in}")


def dissect(functions: str) -> tuple[str, ...]:
    return ("target-query", "-q", "-j", "-f", functions, "{in}")


CASES = (
    Case("Android bug report, 400 apps", "all", android_report, "bugreport", MVT_ANDROID),
    Case("iPhone backup of the captures", "all", small_backup, "ios-backup", MVT_IOS),
    Case(f"iPhone backup, {FILES} files", "all", large_backup, "ios-backup", MVT_IOS),
    Case(f"Windows disk, {APPS} apps", "applications,users", windows_disk, "root", dissect("applications,users")),
    Case(f"macOS disk, {APPS} apps", "users", mac_disk, "root", dissect("users")),
    Case(f"Linux disk, {PACKAGES} packages", "dpkg.status,users", linux_disk, "root", dissect("dpkg.status,users")),
)


def program(name: str) -> str | None:
    """A peer's program in PEERS, or on the PATH."""
    return shutil.which(name, path=os.environ.get("PEERS") or None)


def measured(case: Case, place: Path, count: int) -> None:
    (place / "in").mkdir()
    given = case.make(place / "in")
    if given is None:
        print(f"{case.title}: not here (SETAPART_CORPUS)")
        return
    ours = (AGENT, "inventory", "--source", f"{case.source}:{given}", "--disclosure", "full", "--json")
    assert run(ours).code == 0, f"{case.title}: the inventory failed"
    commands: dict[str, tuple[str, ...]] = {"setapart-agent inventory": ours}
    name = case.peer[0]
    found = program(name)
    if found is None:
        print(f"missing peer: {name} (set PEERS)")
    else:
        told = [part.replace("{in}", str(given)).replace("{out}", str(place / "out")) for part in case.peer[1:]]
        commands[f"{name} {case.kind}"] = (found, *told)
    shown(case.title, rounds(commands, count))


def shown(title: str, found: dict[str, list[Run]]) -> None:
    ours = next(iter(found.values()))
    print(title)
    for name, runs in found.items():
        cpu, rss = spread([one.cpu_ms for one in runs]), median([one.rss_mb for one in runs])
        more = median([theirs.rss_mb / own.rss_mb for own, theirs in zip(ours, runs, strict=True)])
        faster = 1 / ratio(ours, runs)
        print(ROW.format(f"  {name}", cpu, f"{rss:.1f}", f"{faster:.2f}", f"{more:.2f}"), flush=True)
        if any(one.code != 0 for one in runs):
            print(f"  {name} ended with {sorted({one.code for one in runs})}")


def main() -> None:
    count = max(5, int(sys.argv[1])) if len(sys.argv) > 1 else 5
    print(ROW.format("", "CPU ms", "peak MB", "its/our CPU", "its/our RSS"))
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            measured(case, Path(folder), count)


if __name__ == "__main__":
    main()
