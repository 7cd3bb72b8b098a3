"""Web apps that are installed in a Chromium profile: the records `web_apps-dt-<app id>` of `Sync Data/LevelDB`.

The value is a protobuf (chrome/browser/web_applications/proto/web_app.proto): field 1 is `sync_data`, whose field 1 is
the start address and field 2 the name; field 8 is `install_state` (web_app_install_state.proto), where 0 and 3 are apps
that another device has and this one was only told of. Desktop entries name such an app by its id alone.
"""

from collections.abc import Mapping

from msgspec import Struct

from setapart_agent.collectors.browser.parse.chromium_preferences import origin_of
from setapart_agent.collectors.browser.parse.leveldb import is_table, may_hold, values_below
from setapart_agent.collectors.browser.parse.snappy import varint
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import App
from setapart_evidence.statement import Maturity

KIND = "browser.chromium-web-apps"
MATURITY: Maturity = "real-hardware"

PREFIX = b"web_apps-dt-"
"""Of the keys of web apps in the database."""
_APP_ID_LENGTH = 32
_WIDTHS = {1: 8, 5: 4}
_BYTES = 2
_SYNC_DATA, _INSTALL_STATE = 1, 8
_SUGGESTED = (0, 3)


class WebApp(Struct, frozen=True, kw_only=True):
    """One web app; `origin` is `None` for what is no site of the web (isolated and system apps).

    `installed` is false for an app of the same account's other device, which the browser merely suggests here.
    """

    app_id: str
    origin: str | None
    name: str | None
    installed: bool = True


def recognise(name: str, content: bytes) -> bool:
    """A table or a log of LevelDB with such keys; a table may be packed."""
    return (is_table(content) or name.endswith(".log")) and may_hold(PREFIX, content)


def parse(files: FileSet) -> Facts:
    """The installed web apps with an origin. Every file is a part of the database, whatever its role.

    Raises:
        ParseError: a broken file.
    """
    apps = (
        App(identifier=app.origin, name=app.name, profile=files.profile, kind="web-app", source="browser")
        for app in web_apps(files)
        if app.origin is not None and app.installed
    )
    return Facts(apps=tuple(dict.fromkeys(apps)))


def web_apps(files: FileSet) -> tuple[WebApp, ...]:
    """Every web app with its id.

    Raises:
        ParseError: a broken file.
    """
    found: list[WebApp] = []
    for key, value in values_below(PREFIX, files.files.values()).items():
        app_id = key.removeprefix(PREFIX).decode("ascii", "replace")
        if len(app_id) != _APP_ID_LENGTH:
            continue  # the database's own record
        fields = _fields(value)
        sync_data = _fields(_bytes(fields, _SYNC_DATA))
        found.append(
            WebApp(
                app_id=app_id,
                origin=origin_of(_bytes(sync_data, 1).decode("utf-8", "replace")),
                name=_bytes(sync_data, 2).decode("utf-8", "replace") or None,
                installed=fields.get(_INSTALL_STATE) not in _SUGGESTED,
            )
        )
    return tuple(found)


def _bytes(fields: Mapping[int, int | bytes], number: int) -> bytes:
    value = fields.get(number, b"")
    return value if isinstance(value, bytes) else b""


def _fields(message: bytes) -> dict[int, int | bytes]:
    """The first value of every field that is a number or bytes."""
    found: dict[int, int | bytes] = {}
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        kind = tag & 7
        if kind == 0:
            number, at = varint(message, at)
            found.setdefault(tag >> 3, number)
        elif kind in _WIDTHS:
            at += _WIDTHS[kind]
        elif kind == _BYTES:
            length, at = varint(message, at)
            if at + length > len(message):
                break
            found.setdefault(tag >> 3, message[at : at + length])
            at += length
        else:
            break
    else:
        return found
    raise ParseError("a broken web app record", expected="a protobuf message")
