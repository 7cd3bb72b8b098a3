"""Where the packs and the catalog are: one answer for a wheel, a zipapp, a source tree and a caller's own folder."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import AuditorError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

VARIABLE = "SETAPART_CONFIG"
_HERE = Path(__file__).resolve().parent
_SOURCE_TREE = _HERE.parent.parent
_PARTS = ("packs", "catalog")


def config_root() -> "Traversable":
    """The folder that holds `packs` and `catalog`.

    In this order: the folder that SETAPART_CONFIG names; the source tree's own, if this file lies in one (an editable
    install also has a copy, as old as the install); the copy that was packaged with setapart.

    Raises:
        AuditorError: SETAPART_CONFIG names no such folder, or the installation is incomplete.
    """
    named = os.environ.get(VARIABLE)
    if named:
        root: Traversable = Path(named)
        where = f"{VARIABLE}={named}"
    elif (_SOURCE_TREE / "pyproject.toml").is_file() and (_SOURCE_TREE / "config").is_dir():
        root, where = _SOURCE_TREE / "config", str(_SOURCE_TREE / "config")
    else:
        from importlib.resources import files  # knows zipapps

        root = files(__package__ or "setapart_auditor") / "_config"
        where = str(root)
    if not all((root / part).is_dir() for part in _PARTS):
        raise AuditorError(
            "no folder of packs and catalog",
            expected="a folder that holds `packs` and `catalog`",
            cure=f"unset {VARIABLE}, or point it to such a folder" if named else "install setapart again",
            where=where,
        )
    return root
