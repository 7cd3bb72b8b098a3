"""Mozilla's `profiles.ini` and `installs.ini`: where the profiles of one program are.

Format: toolkit/profile/nsToolkitProfileService.cpp. A path with `IsRelative=1` is below the folder of the file and has
slashes on every system. Any other path is the system's own: with a drive on Windows; on macOS possibly an alias record
in Base64, of which only the system knows where it leads. Sections of an installation name the profile that it starts.
"""

import re

from setapart_agent.facts import text

_DRIVE = re.compile(r"([A-Za-z]):[\\/]")
_SYSTEM_DRIVE = "C"
_BACKSLASH = "\\"


def profile_paths(content: bytes, folder: str) -> tuple[str, ...]:
    """The paths of the profiles that a `profiles.ini` or `installs.ini` in `folder` names.

    They are absolute inside the installation, with slashes; one that is not leads to another drive, or to a place that
    nobody knows.
    """
    found: list[str] = []
    section = ""
    path: str | None = None
    relative = True
    for line in (*text(content).splitlines(), "[]"):
        key, _, value = line.strip().partition("=")
        value = value.strip()
        if key.startswith("["):
            if path:
                found.append(f"{folder}/{path.replace(_BACKSLASH, '/')}" if relative else _absolute(path))
            section, path, relative = key, None, True
        elif key == "Path" and section.startswith("[Profile"):
            path = value
        elif key == "Default" and not section.startswith(("[Profile", "[General")):
            path, relative = value, not value.startswith("/") and not _DRIVE.match(value)
        elif key == "IsRelative":
            relative = value != "0"
    return tuple(dict.fromkeys(one.rstrip("/") for one in found))


def _absolute(path: str) -> str:
    drive = _DRIVE.match(path)
    if drive is None:
        return path
    path = path.replace(_BACKSLASH, "/")
    return path[2:] if drive[1].upper() == _SYSTEM_DRIVE else path
