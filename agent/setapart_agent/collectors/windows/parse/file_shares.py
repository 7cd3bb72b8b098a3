r"""Files of a server: network drives that a user has mapped, and Work Folders.

`HKCU\Network\<letter>`, value `RemotePath`, such as `\\server\share`; `\\server@SSL\DavWWWRoot` is WebDAV and
`\\server@SSL@8443` names a port. Source: Microsoft, "Mapped drives are not available from an elevated prompt" and its
group-policy reference; persistent mappings are kept there.

Work Folders keep a key per partnership in a user's classes, known by its place alone (public scripts read its
`LocalFolder`; real users without any have the key `WorkFolders` and nothing below it): its values are searched for an
address. A policy sets them up by `SyncUrl` (Microsoft, "ADMX_WorkFoldersClient").
"""

from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.collectors.windows.parse.registry_key import Key
from setapart_agent.facts import host_of
from setapart_evidence.model import Link

_PARTNERSHIPS = r"Local Settings\Software\Microsoft\Windows\CurrentVersion\WorkFolders\Partnership"
_POLICY = r"Policies\Microsoft\Windows\WorkFolders"


def read_shares(reading: Reading, user: Key | None) -> None:
    """The links below the root of a user's hive."""
    for drive in reading.below(user, "Network", "links"):
        with reading.guard("links"):
            target = server_of(drive.text("RemotePath"))
            if target is not None:
                reading.links.append(Link(kind="file-share", target=target, profile=reading.profile))


def read_work_folders(reading: Reading, software: Key | None, classes: Key | None) -> None:
    """The links below a user's Software and classes."""
    for partnership in reading.below(classes, _PARTNERSHIPS, "links"):
        with reading.guard("links"):
            named = (server_of(partnership.text(name)) for name in partnership.values())
            target = next(filter(None, named), None)
            reading.links.append(Link(kind="file-share", target=target, profile=reading.profile))
    policy = reading.key(software, _POLICY, "links")
    with reading.guard("links"):
        target = host_of(policy.text("SyncUrl")) if policy is not None else None
        if target is not None:
            reading.links.append(Link(kind="file-share", target=target, profile=reading.profile))


def server_of(path: str | None) -> str | None:
    r"""The server of `\\server\share` or of a URL."""
    if path is None:
        return None
    if path.startswith("\\\\"):
        return path[2:].partition("\\")[0].partition("@")[0].strip().strip(".").lower() or None
    return host_of(path) if "://" in path else None
