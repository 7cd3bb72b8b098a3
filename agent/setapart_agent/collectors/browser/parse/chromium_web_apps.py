"""Web apps that are installed in a Chromium profile: the records `web_apps-dt-<app id>` of `Sync Data/LevelDB`.

The value is a protobuf (chrome/browser/web_applications/proto/web_app.proto): field 1 is `sync_data`, whose field 1 is
the start address and field 2 the name. Desktop entries name such an app by its id alone.
"""

from msgspec import Struct

from setapart_agent.collectors.browser.parse.chromium_preferences import origin_of
from setapart_agent.collectors.browser.parse.leveldb import is_table, values_below
from setapart_agent.collectors.browser.parse.snappy import varint
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import App
from setapart_evidence.statement import Maturity

KIND = "browser.chromium-web-apps"
MATURITY: Maturity = "real-hardware"

_PREFIX = b"web_apps-dt-"
_APP_ID_LENGTH = 32
_WIDTHS = {1: 8, 5: 4}
_BYTES = 2


class WebApp(Struct, frozen=True, kw_only=True):
    """One installed web app; `origin` is `None` for what is no site of the web (isolated and system apps)."""

    app_id: str
    origin: str | None
    name: str | None


def recognise(name: str, content: bytes) -> bool:
    """A table of LevelDB, whose content may be packed, or a log with such keys."""
    return is_table(content) or (name.endswith(".log") and _PREFIX in content)


def parse(files: FileSet) -> Facts:
    """The web apps with an origin. Every file is a part of the database, whatever its role.

    Raises:
        ParseError: a broken file.
    """
    apps = (
        App(identifier=app.origin, name=app.name, profile=files.profile, kind="web-app", source="browser")
        for app in web_apps(files)
        if app.origin is not None
    )
    return Facts(apps=tuple(dict.fromkeys(apps)))


def web_apps(files: FileSet) -> tuple[WebApp, ...]:
    """Every web app with its id.

    Raises:
        ParseError: a broken file.
    """
    found: list[WebApp] = []
    for key, value in values_below(_PREFIX, files.files.values()).items():
        app_id = key.removeprefix(_PREFIX).decode("ascii", "replace")
        if len(app_id) != _APP_ID_LENGTH:
            continue  # the database's own record
        sync_data = _field(value, 1)
        url, name = (_field(sync_data, number) for number in (1, 2))
        found.append(
            WebApp(
                app_id=app_id,
                origin=origin_of(url.decode("utf-8", "replace")),
                name=name.decode("utf-8", "replace") or None,
            )
        )
    return tuple(found)


def _field(message: bytes, wanted: int) -> bytes:
    """The first value of a field of bytes, empty where there is none."""
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        kind = tag & 7
        if kind == 0:
            _, at = varint(message, at)
        elif kind in _WIDTHS:
            at += _WIDTHS[kind]
        elif kind == _BYTES:
            length, at = varint(message, at)
            if at + length > len(message):
                break
            if tag >> 3 == wanted:
                return message[at : at + length]
            at += length
        else:
            break
    else:
        return b""
    raise ParseError("a broken web app record", expected="a protobuf message")
