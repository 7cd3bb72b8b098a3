"""Mozilla's `profiles.ini`: where the profiles of one program are."""

from setapart_agent.facts import text


def profile_paths(content: bytes, folder: str) -> tuple[str, ...]:
    """The absolute paths of the profiles that a `profiles.ini` in `folder` names."""
    found: list[str] = []
    section = path = ""
    relative = True
    for line in (*text(content).splitlines(), "[]"):
        key, _, value = line.strip().partition("=")
        if key.startswith("["):
            if section.startswith("[Profile") and path:
                found.append(f"{folder}/{path}" if relative else path)
            section, path, relative = key, "", True
        elif key == "Path":
            path = value.strip()
        elif key == "IsRelative":
            relative = value.strip() != "0"
    return tuple(dict.fromkeys(one.rstrip("/") for one in found))
