r"""Where a user's folders are: `…\Explorer\User Shell Folders`, each a path with variables.

Source: Microsoft, "Known folders" and "Folder Redirection": a folder that was moved, to OneDrive, another drive or a
server, has its path here; by default it is `%USERPROFILE%\…`.
"""

from msgspec import Struct

from setapart_agent.collectors.windows.parse.registry_key import Key

_FOLDERS = r"Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders"
_HOME = "%userprofile%"
_DOWNLOADS = "{374DE290-123F-4565-9164-39C4925E467B}"


class ShellFolders(Struct, frozen=True, kw_only=True):
    r"""Paths in Windows' spelling, `%USERPROFILE%` included; `None` where the default holds."""

    roaming: str | None = None
    local: str | None = None
    desktop: str | None = None
    documents: str | None = None
    downloads: str | None = None


def shell_folders(software: Key | None) -> ShellFolders:
    """The folders that a user's Software names.

    Raises:
        ParseError: the registry is broken, or denied, here.
    """
    key = software.at(_FOLDERS) if software is not None else None
    if key is None:
        return ShellFolders()
    return ShellFolders(
        roaming=key.text("AppData"),
        local=key.text("Local AppData"),
        desktop=key.text("Desktop"),
        documents=key.text("Personal"),
        downloads=key.text(_DOWNLOADS),
    )


def below_home(path: str) -> str | None:
    r"""The rest of a path below `%USERPROFILE%`, with slashes; `None` for another path."""
    plain = path.replace("\\", "/").rstrip("/")
    return plain[len(_HOME) :].strip("/") if plain.lower().startswith(_HOME) else None
