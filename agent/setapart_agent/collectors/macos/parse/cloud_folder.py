"""Whose files a folder in `~/Library/CloudStorage` holds: macOS names it after the provider and its account.

`GoogleDrive-<address>`, `Nextcloud-<user>@<server>` (dots written as U+2024), `OneDrive-Personal`,
`OneDrive-<organisation>`, `Dropbox`, `Box-Box` … Source: names in public text; Apple documents the folder alone.
"""

from setapart_agent.collectors.desktop.parse.account import account
from setapart_agent.facts import AccountFact, domain_of

_DOT = "\u2024"
_PROVIDERS = {
    "GoogleDrive": "google-drive",
    "OneDrive": "onedrive",
    "Nextcloud": "nextcloud",
    "ownCloud": "owncloud",
    "Dropbox": "dropbox",
    "Box": "box",
}
_OWN_SERVER = frozenset({"nextcloud", "owncloud"})
_CONSUMER = {"OneDrive-Personal": "onedrive.live.com", "Dropbox": "www.dropbox.com"}
"""Folders of a provider's own accounts for people, and the server of those."""


def account_of(name: str, profile: str) -> AccountFact | None:
    """The account that a folder stands for; `None` where it is no provider's.

    An organisation's account that the name does not tell is one that can't be attributed.
    """
    provider, _, rest = name.replace(_DOT, ".").partition("-")
    if name.startswith(".") or not provider:
        return None
    client = _PROVIDERS.get(provider, "cloud-storage")
    kind = f"{client}:{'personal' if name in _CONSUMER else 'files'}"
    if client in _OWN_SERVER:
        return account(profile, kind, ("files",), server=rest.rpartition("@")[2] or None)
    organisation = rest if "@" not in rest and "." in rest and domain_of(f"x@{rest}") else None
    return account(profile, kind, ("files",), user=rest, server=_CONSUMER.get(name) or organisation)
