"""Files of KDE's KConfig: sections whose names and keys carry marks.

They are `[$i]` for what an administrator fixed, `[$e]` for what is expanded, `[$d]` for what is removed again.
Format: kconfig, src/core/kconfigini.cpp.
"""

import re

from setapart_agent.collectors.desktop.parse.sections import Section, Sections, sections

_MARK = re.compile(r"\]?\[\$.*")


def kconfig(raw: bytes) -> Sections:
    """The sections of a file, without marks.

    Raises:
        ParseError: not one section.
    """
    return Sections(all=tuple(_plain(section) for section in sections(raw)))


def _plain(section: Section) -> Section:
    values = {_MARK.sub("", key): value for key, value in section.values.items()}
    return Section(name=_MARK.sub("", section.name), values=values)
