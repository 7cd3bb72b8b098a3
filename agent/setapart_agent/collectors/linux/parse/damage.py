"""How a parser says that a file was readable only in part: the facts, and a coverage row that is not `observed`."""

from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import App, Coverage


def app_facts(apps: tuple[App, ...], damage: tuple[str, ...], *, kind: str, files: FileSet) -> Facts:
    """Apps with one `failed` row per distinct damage; none where the file was whole.

    Raises:
        ParseError: damaged, and not one app in it.
    """
    reasons = tuple(dict.fromkeys(damage))
    if reasons and not apps:
        raise ParseError(f"{kind}: {reasons[0]}", expected="a whole file")
    rows = tuple(
        Coverage(section="apps", profile=files.profile, collector=kind, status="failed", reason=reason)
        for reason in reasons
    )
    return Facts(apps=apps, coverage=rows)
