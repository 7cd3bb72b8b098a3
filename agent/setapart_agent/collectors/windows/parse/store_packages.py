r"""AppX and MSIX packages by their full names, of each user and of the machine.

A full name is `<name>_<version>_<architecture>_<resource>_<publisher id>`; the family, by which an app is known, is
`<name>_<publisher id>`. Source: Microsoft, "An overview of Package Identity in Windows apps". A user's packages are the
keys of `Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\Repository\Packages` in UsrClass.dat (seen in
a real hive); `AppxAllUserStore` of the machine holds keys per SID, and under `Applications` what every new user gets.

A web app that Edge installs is a package too, named `<host>-<eight digits>` (Microsoft, "Surface Hub": the names of
Zoom's, Webex' and YouTube's).
"""

import re

from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.collectors.windows.parse.registry_key import Key
from setapart_evidence.model import App

REPOSITORY = r"Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\Repository\Packages"
"""Below a user's classes."""
USER_REPOSITORY = rf"Classes\{REPOSITORY}"
"""Below a user's Software, where the classes are linked in."""
ALL_USERS = r"Microsoft\Windows\CurrentVersion\Appx\AppxAllUserStore"
"""Below the machine's SOFTWARE."""
_PROVISIONED = "Applications"
_SID = re.compile(r"S-1-(?:5-21|12-1)(?:-\d{1,10}){4}", re.IGNORECASE)
_FULL_NAME = re.compile(r"([^_\\/]+)_([\d.]+)_[^_]*_(?:[^_]*|~)_([0-9a-hjkmnp-tv-z]{13})", re.IGNORECASE)
_WEB_APP = re.compile(r"((?:[a-z0-9-]+\.)+[a-z][a-z0-9-]+)-[0-9a-f]{8}", re.IGNORECASE)


def packaged(full_name: str, profile: str, name: str | None = None) -> tuple[App, ...]:
    """A package as an app, and as a web app where it is one; nothing where it is no full name."""
    found = _FULL_NAME.fullmatch(full_name)
    if found is None:
        return ()
    shown = name if name and not name.startswith("@") and "ms-resource:" not in name else None
    app = App(identifier=f"{found[1]}_{found[3]}", name=shown, version=found[2], profile=profile, source="appx")
    site = _WEB_APP.fullmatch(found[1])
    if site is None:
        return (app,)
    return (app, App(identifier=site[1].lower(), name=shown, profile=profile, kind="web-app", source="appx"))


def read_user_packages(reading: Reading, base: Key | None, path: str) -> None:
    """The packages that are registered for one user."""
    for entry in reading.below(base, path, "apps"):
        with reading.guard("apps"):
            reading.apps += packaged(entry.name, reading.profile, entry.known("DisplayName"))


def read_machine_packages(reading: Reading, software: Key | None) -> None:
    """The packages of every user that the machine knows, and those that every new user gets."""
    for store in reading.below(software, ALL_USERS, "apps"):
        profile = store.name.upper() if _SID.fullmatch(store.name) else reading.profile
        if profile == reading.profile and store.name.lower() != _PROVISIONED.lower():
            continue
        with reading.guard("apps"):
            for entry in store:
                reading.apps += packaged(entry.name, profile)
