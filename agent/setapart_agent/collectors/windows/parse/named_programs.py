r"""Programs that a user's registry names by their files: what opens links of a scheme, what starts at sign-in.

A portable program is in no list, and may lie on a drive that nobody looks at; but it says where it is when it offers
to open its links: Telegram Desktop writes `Classes\tg\shell\open\command` and `Classes\tdesktop.tg\…` of the user
who starts it (telegramdesktop/tdesktop, platform/win/specific_win.cpp). Sources: Microsoft, "Registering an Application
to a URI Scheme" (the value `URL Protocol`), "Run and RunOnce Registry Keys", "Application Registration" (`App Paths`).
"""

import re
from collections.abc import Iterator

from setapart_agent.collectors.windows.parse.registry_key import Key
from setapart_agent.errors import ParseError

_WINDOWS = r"Software\Microsoft\Windows\CurrentVersion"
_STARTED = tuple(rf"{_WINDOWS}\{name}" for name in ("Run", "RunOnce"))
_APP_PATHS = rf"{_WINDOWS}\App Paths"
_OPEN = r"shell\open\command"
_PROTOCOL = "url protocol"
_COMMAND = re.compile(r'(?:"([^"]+?\.exe)"|([^"]+?\.exe)(?![^\s,]))', re.IGNORECASE)
_MAX_COMMAND = 4096


def named_programs(user: Key | None, classes: Key | None) -> tuple[str, ...]:
    """Paths in Windows' spelling, each once; what is broken is left out, since the hive as a whole is told of.

    Args:
        user: the root of the user's hive.
        classes: the user's classes.
    """
    commands = (*_each(_started(user)), *_each(_app_paths(user)), *_each(_handlers(classes)))
    found = (_COMMAND.match(command.strip()[:_MAX_COMMAND]) for command in commands)
    return tuple(dict.fromkeys(match[1] or match[2].strip() for match in found if match is not None))


def _each(commands: Iterator[str | None]) -> Iterator[str]:
    try:
        yield from (command for command in commands if command is not None)
    except ParseError:
        return


def _started(user: Key | None) -> Iterator[str | None]:
    for path in _STARTED:
        key = user.at(path) if user is not None else None
        if key is not None:
            yield from map(key.text, key.values())


def _app_paths(user: Key | None) -> Iterator[str | None]:
    yield from (key.known("") for key in (user.below(_APP_PATHS) if user is not None else ()))


def _handlers(classes: Key | None) -> Iterator[str | None]:
    for scheme in classes if classes is not None else ():
        command = scheme.at(_OPEN) if _PROTOCOL in scheme.values() or scheme.name.lower() == "tdesktop.tg" else None
        if command is not None:
            yield command.known("")
