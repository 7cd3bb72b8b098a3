"""What the tests of documents share: one run of the demo, whose folder the documents' examples are run in."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ios_backup_maker import healthy, info, write_backup
from linux_tree import plant, status_of
from mdm_maker import PHONE, amapi_device

MACHINE_ID = "4d8f3c5e6a7b48129a0b1c2d3e4f5a6b"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder that `setapart-auditor demo` made, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    ran = subprocess.run(
        [sys.executable, "-m", "setapart_auditor", "demo"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder / "setapart-demo", ran.stdout


@pytest.fixture
def workplace(demo: tuple[Path, str], tmp_path: Path) -> Path:
    """A copy of the demo's folder, with captures of other devices beside what the demo made."""
    folder = tmp_path / "demo"
    shutil.copytree(demo[0], folder)
    plant(
        folder / "disk",
        {
            "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/bash\n",
            "/etc/os-release": "ID=debian\nVERSION_ID=12\n",
            "/etc/machine-id": f"{MACHINE_ID}\n",
            "/var/lib/dpkg/status": status_of("bash") + status_of("telegram-desktop", "4.6.5"),
            "/root/notes.txt": "umask 022\n",
            "/home/ann/.profile": "umask 022\n",
            "/etc/krb5.conf": "[libdefaults]\n default_ccache_name = KEYRING:persistent:%{uid}\n",
        },
    )
    report = (folder / "phones" / "ordinary-with-tiktok.txt").read_text()
    properties = "".join(f"{line}\n" for line in report.splitlines() if line.startswith("[ro."))
    plant(folder / "androidqf", {"getprop.txt": properties, "packages.json": json.dumps([_PACKAGE])})
    write_backup(folder / "backup", healthy(), information=info(["org.example.notes"]))
    (folder / "export.json").write_text(json.dumps([amapi_device(one) for one in (PHONE, replace(PHONE, serial="R2"))]))
    return folder


_PACKAGE = {
    "name": "com.zhiliaoapp.musically",
    "installer": "com.android.vending",
    "uid": 10104,
    "disabled": False,
    "system": False,
    "third_party": True,
    "files": [],
}
