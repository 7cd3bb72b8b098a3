"""What an iPhone or iPad answers over its cable: the list of apps, the home screen, the installed profiles.

Apps: `Browse` of com.apple.mobile.installation_proxy, with `ReturnAttributes` as below. Home screen: `getIconState` of
com.apple.springboardservices, a nest of lists and folders (`iconLists`) of icons with a `displayIdentifier`; that of a
web clip is 32 hexadecimal digits and no app's. Profiles: `GetProfileList` of com.apple.mobile.MCInstall, which names
profiles and not what is in them. Shapes as pymobiledevice3 and libimobiledevice show them; no recorded answers were at
hand.
"""

from collections.abc import Iterator

from setapart_agent.collectors.apple.parse.plist import Dict, bool_of, dict_of, list_of, text_of
from setapart_agent.collectors.apple.parse.product import ios_device
from setapart_agent.collectors.browser.parse.chromium_preferences import origin_of
from setapart_agent.facts import DeviceFacts
from setapart_evidence.model import App

ATTRIBUTES = (
    "ApplicationType",
    "CFBundleDisplayName",
    "CFBundleIdentifier",
    "CFBundleName",
    "CFBundleShortVersionString",
    "CFBundleVersion",
    "Entitlements",
    "IsDemotedApp",
)
MOST_ICONS = 20_000
_TEAM = "com.apple.developer.team-identifier"
_CLIP_ADDRESSES = ("webClipURL", "URL")


def device_of(values: Dict) -> DeviceFacts:
    """The device, by the values of lockdownd. Its name, which its holder chose, is not looked at."""
    return ios_device(
        serial=text_of(values, "SerialNumber"),
        version=text_of(values, "ProductVersion"),
        product=text_of(values, "ProductType"),
    )


def apps_of(answer: object, profile: str) -> tuple[App, ...]:
    """The apps of a list of what installation_proxy calls them; those that iOS offloaded are `archived`."""
    found = []
    for described in answer if isinstance(answer, list) else ():
        identifier = text_of(described, "CFBundleIdentifier") if isinstance(described, dict) else None
        if identifier is None:
            continue
        team = text_of(dict_of(described, "Entitlements"), _TEAM)
        found.append(
            App(
                identifier=identifier,
                name=text_of(described, "CFBundleDisplayName", "CFBundleName"),
                version=text_of(described, "CFBundleShortVersionString", "CFBundleVersion"),
                profile=profile,
                source="package-manager",
                state="archived" if bool_of(described, "IsDemotedApp") else "installed",
                publisher=f"team:{team}" if team else None,
            )
        )
    return tuple(dict.fromkeys(found))


def clips_of(answer: object, apps: tuple[App, ...], profile: str) -> tuple[tuple[App, ...], int]:
    """The web clips on the home screen, and how many there are whose address it does not tell."""
    known = {app.identifier.lower() for app in apps}
    found: list[App] = []
    unknown = 0
    for icon in _icons(answer):
        name = text_of(icon, "displayIdentifier", "bundleIdentifier")
        address = text_of(icon, *_CLIP_ADDRESSES)
        if address is None and (name is None or name.lower() in known or "." in name):
            continue  # an app, a folder, a widget: those names have dots
        origin = origin_of(address or "")
        if origin is None:
            unknown += 1
        else:
            label = text_of(icon, "displayName")
            found.append(App(identifier=origin, name=label, profile=profile, kind="web-app", source="package-manager"))
    return tuple(dict.fromkeys(found)), unknown


def profiles_of(answer: Dict) -> tuple[str, ...]:
    """The identifiers of the installed profiles."""
    named = [one for one in list_of(answer, "OrderedIdentifiers") if isinstance(one, str)]
    return tuple(dict.fromkeys((*named, *dict_of(answer, "ProfileMetadata"))))


def _icons(answer: object) -> Iterator[Dict]:
    """The icons of a home screen, in folders and out of them."""
    waiting, left = [answer], MOST_ICONS
    while waiting and left:
        one = waiting.pop()
        left -= 1
        if isinstance(one, list):
            waiting.extend(one[:left])
        elif isinstance(one, str):
            yield {"displayIdentifier": one}
        elif isinstance(one, dict):
            yield one
            waiting.append(one.get("iconLists"))
            waiting.append(one.get("elements"))
