"""The agent with this environment's libraries in one folder, as packages lay it: what another user can run."""

import shutil
import sys
import sysconfig
from pathlib import Path

from repository import REPOSITORY

LIBRARIES = ("click", "cffi", "cryptography", "msgspec", "psutil", "tomli_w", "pycparser")
SYSTEM_PYTHON = f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"


def lay_agent(folder: Path) -> Path:
    """Lays it; `SYSTEM_PYTHON -I -S FOLDER` runs it."""
    ignored = shutil.ignore_patterns("__pycache__")
    for module in ("setapart_agent", "setapart_evidence"):
        shutil.copytree(REPOSITORY / "agent" / module, folder / module, ignore=ignored)
    shutil.copy(REPOSITORY / "packaging/agent/installed/main.py", folder / "__main__.py")
    site = Path(sysconfig.get_path("purelib"))
    for name in LIBRARIES:
        if (site / name).is_dir():
            shutil.copytree(site / name, folder / name, ignore=ignored)
    for backend in site.glob("_cffi_backend*"):
        shutil.copy(backend, folder)
    return folder
