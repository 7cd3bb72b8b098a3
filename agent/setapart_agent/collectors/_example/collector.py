"""Reads the export of an example tablet: the only part that touches the machine."""

from pathlib import Path

from setapart_agent.collectors._example.parse import tablet
from setapart_agent.collectors.base import Collected, CollectorInfo, WayIn
from setapart_agent.errors import ParseError, SourceError
from setapart_agent.facts import FileSet

INFO = CollectorInfo(
    name=tablet.KIND,
    version=1,
    sections=("apps", "accounts", "links"),
    maturity=tablet.MATURITY,
    reads=("the export of an example tablet",),
    modules=(__name__, "setapart_agent.collectors._example.parse.tablet"),
)
WAYS = (
    WayIn(
        device="Example tablet",
        source="`example:FILE`",
        collectors=(INFO.name,),
        ordinary=True,
        dedicated=False,
        seen="Its apps, and the accounts that its owner shares.",
        unseen="Links, so that nothing shows whether it is tied to an internal network.",
        holder="Export under Settings, Share.",
    ),
)
_LIMIT = 16 * 1024 * 1024


def collect(path: Path) -> Collected:
    """Everything that one export tells.

    Raises:
        SourceError: no such file, or not such an export.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LIMIT + 1)
    except OSError as exc:
        raise SourceError(f"{path.name}: {exc.strerror}", expected="an export of an example tablet") from None
    if len(content) > _LIMIT:
        raise SourceError(f"{path.name} is larger than {_LIMIT} bytes", expected="an export of an example tablet")
    try:
        facts = tablet.parse(FileSet(files={"main": content}, path=path.name))
    except ParseError as exc:
        raise SourceError(f"{path.name}: {exc.got}", expected=exc.expected) from None
    return Collected(facts=facts, collectors=(INFO,))
