"""Thunderbird and its kin: the profiles below a folder, and those that it names elsewhere."""

from collections.abc import Callable, Iterator

from msgspec import structs

from setapart_agent.collectors.base import Absent, Denied
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.desktop.survey import Place, Survey
from setapart_agent.errors import ParseError

_THUNDERBIRD = Place(client="thunderbird", parser="desktop.parse.thunderbird_prefs", paths=())
_TBSYNC = Place(client="tbsync", parser="desktop.parse.tbsync", paths=())
_ELSEWHERE = Denied("a profile on another drive, or at a place that only the system knows")
PLACES = (_THUNDERBIRD, _TBSYNC)
"""For the declaration of a collector that uses this."""


def _absolute(path: str) -> str | None:
    """A path of Linux or macOS; macOS may write an alias in Base64 instead, which only the system can follow."""
    return path if path.startswith("/") else None


def look(survey: Survey, user: User, roots: tuple[str, ...], located: Callable[[str], str | None] = _absolute) -> None:
    """Reads every profile below the roots.

    Args:
        survey: of the user's home.
        user: whose home it is.
        roots: patterns below the home, of the folders that hold `profiles.ini`.
        located: turns an absolute path in the system's own spelling into one of the tree; `None` is out of it.
    """
    for root in survey.find(structs.replace(_THUNDERBIRD, paths=roots)):
        for folder in dict.fromkeys(_profiles(survey, user, root, located)):
            content = survey.read(_THUNDERBIRD, f"{folder}/prefs.js")
            if content is not None:
                survey.parse(_THUNDERBIRD, f"{folder}/prefs.js", content)
                own = survey.read(_THUNDERBIRD, f"{folder}/user.js")
                if own is not None:  # counts from the next start on, and may be gone by then
                    survey.parse(_THUNDERBIRD, f"{folder}/prefs.js", content, {"user": own})
            elif folder.startswith("/") and isinstance(survey.tree.status(folder), Absent):
                survey.fail(
                    _THUNDERBIRD.client, _THUNDERBIRD.sections, Denied("a profile outside of the home is not there")
                )
            path = f"{folder}/TbSync/accounts68.json"
            accounts = survey.read(_TBSYNC, path)
            if accounts is not None:
                survey.parse(_TBSYNC, path, accounts)


def _profiles(survey: Survey, user: User, root: str, located: Callable[[str], str | None]) -> Iterator[str]:
    """The folders of profiles: those that are there, and those that profiles.ini names elsewhere."""
    for pattern in (f"{root}/*/prefs.js", f"{root}/Profiles/*/prefs.js"):
        place = Place(client=_THUNDERBIRD.client, parser=_THUNDERBIRD.parser, paths=(pattern,))
        yield from (path.removesuffix("/prefs.js") for path in survey.find(place))
    listed = survey.read(_THUNDERBIRD, f"{root}/profiles.ini")
    if listed is None:
        return
    from setapart_agent.collectors.desktop.parse.sections import sections

    try:
        found = sections(listed)
    except ParseError as exc:
        survey.fail(_THUNDERBIRD.client, _THUNDERBIRD.sections, Denied(f"the list of profiles: {exc.got}"))
        return
    for section in found:
        path = section.get("Path") if section.name.lower().startswith("profile") else None
        if path and section.flag("IsRelative") is not False and not path.startswith("/"):
            yield f"{root}/{path}".rstrip("/")
        elif path and (absolute := located(path)) is not None:
            yield absolute.rstrip("/").removeprefix(f"{user.home}/")
        elif path:
            survey.fail(_THUNDERBIRD.client, _THUNDERBIRD.sections, _ELSEWHERE)
