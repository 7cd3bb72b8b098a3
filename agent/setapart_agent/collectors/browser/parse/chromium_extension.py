"""An unpacked extension in a Chromium profile: `Extensions/<id>/<version>/manifest.json`.

The id is the folder's name; where the file came without its folder, it is computed from the public key in the manifest
(developer.chrome.com, "Manifest - key"): the first 128 bits of its SHA-256, hexadecimal digits spelt a to p. A name
`__MSG_key__` stands in `_locales/<locale>/messages.json`, whose keys are compared without regard to case.
"""

import re
from collections.abc import Mapping

from setapart_agent.collectors.browser.parse.chromium_preferences import origin_of
from setapart_agent.collectors.browser.parse.json_file import decoded, member, members, word
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import App
from setapart_evidence.statement import Maturity

KIND = "browser.chromium-extension"
MATURITY: Maturity = "captures"

_FOLDER_ID = re.compile(r"[a-p]{32}")
_LOCALE = re.compile(r"[A-Za-z0-9_@-]{1,32}")
_MESSAGE = re.compile(r"__MSG_(\w+(?:@\w+)*)__", re.ASCII)
_SPELLING = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_ID_DIGITS = 32
_ROLES = ("messages", "messages-language", "messages-english")


def recognise(name: str, content: bytes) -> bool:
    """By the file's name and the key `manifest_version`."""
    return name.rpartition("/")[2] == "manifest.json" and b'"manifest_version"' in content


def companions(path: str, content: bytes) -> Mapping[str, str]:
    """Where the messages of the default locale are, from the manifest's folder, then its language's, then English."""
    del path
    try:
        locale = word(decoded(content, "a manifest.json").get("default_locale"))
    except ParseError:
        return {}  # `parse` tells of it
    if locale is None or not _LOCALE.fullmatch(locale):
        return {}
    locales = dict.fromkeys((locale, re.split("[_-]", locale, maxsplit=1)[0], "en"))
    return {role: f"_locales/{name}/messages.json" for role, name in zip(_ROLES, locales, strict=False)}


def parse(files: FileSet) -> Facts:
    """The extension, or the web app that a hosted app stands for.

    Raises:
        ParseError: not a manifest with a version, or one that nothing identifies.
    """
    manifest = decoded(files.main, "a manifest.json")
    version = word(manifest.get("version"))
    if "manifest_version" not in manifest and version is None:
        raise ParseError("no version in a manifest", expected="a manifest.json of an extension")
    name = _name(word(manifest.get("name")), files)
    url = word(member(manifest, "app", "launch", "web_url"))
    origin = origin_of(url) if url else None
    identifier = origin or extension_id(files.path) or _id_of_key(word(manifest.get("key"))) or name
    if identifier is None:
        raise ParseError(
            "an extension without folder, key and name", expected="Extensions/<id>/<version>/manifest.json"
        )
    permissions = manifest.get("permissions")
    app = App(
        identifier=identifier,
        name=name,
        version=None if origin else version,
        profile=files.profile,
        kind="web-app" if origin else "browser-extension",
        source="browser",
        permissions=tuple(sorted({one for one in permissions if isinstance(one, str)}))
        if isinstance(permissions, list)
        else (),
    )
    return Facts(apps=(app,))


def extension_id(path: str) -> str | None:
    """The id in a path: the last folder that is named like one."""
    return next((part for part in reversed(path.split("/")) if _FOLDER_ID.fullmatch(part)), None)


def app_id(text_id: bytes) -> str:
    """The id that Chromium makes of bytes: of an extension's public key, or of a web app's manifest id."""
    import hashlib

    return hashlib.sha256(text_id).hexdigest()[:_ID_DIGITS].translate(_SPELLING)


def _id_of_key(key: str | None) -> str | None:
    import binascii

    try:
        return app_id(binascii.a2b_base64(key)) if key else None
    except (binascii.Error, ValueError):
        return None


def _name(name: str | None, files: FileSet) -> str | None:
    found = _MESSAGE.fullmatch(name.strip()) if name else None
    if found is None:
        return name
    for role in _ROLES:
        if role not in files.files:
            continue
        try:
            messages = decoded(files.files[role], "a messages.json")
        except ParseError:
            continue  # a name is worth less than the extension
        for key, entry in members(messages):
            if key.lower() == found[1].lower() and (message := word(member(entry, "message"))):
                return message
    return None
