"""The ways into devices by asking their managers: they show what the managers' exports show, by the same parsers."""

from collections.abc import Iterable
from typing import NamedTuple

from msgspec import structs

from setapart_agent.collectors.base import WayIn
from setapart_agent.collectors.mdm.live import PARSED_AS, PULLS

COLLECTORS = tuple(PULLS.values())

_REPORTS = "Set `statusReportingSettings.applicationReportsEnabled` in the policy."
_NOTHING = "Nothing."


class _Words(NamedTuple):
    """What is said otherwise than of an export: what to do, and what is seen where that names the export."""

    holder: str
    seen: str | None = None


_WORDS: dict[tuple[str, str], _Words] = {
    ("amapi", "Android, fully managed"): _Words(
        _REPORTS, "Apps of the one user that such a device has, also removed ones; what the applied policy blocks."
    ),
    ("amapi", "Android, fully managed, policy without app reports"): _Words(_REPORTS),
    ("graph", "iPhone, iPad, Android or Mac"): _Words("Read the device itself as well: both reports count together."),
    ("graph", "Windows"): _Words("Read the device itself as well: both reports count together."),
    ("fleet", "Mac"): _Words(_NOTHING),
    ("fleet", "iPhone or iPad, enrolled by the organisation"): _Words(_NOTHING),
    ("fleet", "Android"): _Words("Ask by `mdm:amapi` instead, or read the phone."),
}


def pulls(exports: Iterable[WayIn]) -> tuple[WayIn, ...]:
    """The rows of the exports that a manager's answers are, as rows of asking that manager."""
    found: list[WayIn] = []
    for way in exports:
        name = next((name for name, kind in PARSED_AS.items() if way.collectors == (kind,)), None)
        if name is None:
            continue
        words = _WORDS.get((name, way.device), _Words(way.holder))
        found.append(
            structs.replace(
                way,
                source=f"`mdm:{name}`",
                collectors=(*way.collectors, PULLS[name].name),
                holder=words.holder,
                seen=words.seen or way.seen,
            )
        )
    return tuple(found)
