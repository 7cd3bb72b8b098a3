r"""Network drives that a user has mapped: `HKCU\Network\<letter>`, value `RemotePath`, such as `\\server\share`.

Source: Microsoft, "Mapped drives are not available from an elevated prompt" and its group-policy reference; persistent
mappings are kept there. `\\server@SSL\DavWWWRoot` is WebDAV; `\\server@SSL@8443` names a port.
"""

from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.collectors.windows.parse.registry_key import Key
from setapart_agent.facts import host_of
from setapart_evidence.model import Link


def read_shares(reading: Reading, user: Key | None) -> None:
    """The links below the root of a user's hive."""
    for drive in reading.below(user, "Network", "links"):
        with reading.guard("links"):
            target = server_of(drive.text("RemotePath"))
            if target is not None:
                reading.links.append(Link(kind="file-share", target=target, profile=reading.profile))


def server_of(path: str | None) -> str | None:
    r"""The server of `\\server\share` or of a URL."""
    if path is None:
        return None
    if path.startswith("\\\\"):
        return path[2:].partition("\\")[0].partition("@")[0].strip().strip(".").lower() or None
    return host_of(path) if "://" in path else None
