"""What installers leave behind: `/private/var/db/receipts/*.plist` and `/Library/Receipts/InstallHistory.plist`.

Sources: pkgutil(1), installer(8). Both outlive what they installed: they are traces. A package of the App Store has the
identifier of its bundle, others one of their own.
"""

from collections.abc import Iterator

from setapart_agent.collectors.apple.parse.plist import dicts_of, is_plist, read_value, text_of, texts_of
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import App
from setapart_evidence.statement import Maturity

KIND = "macos.receipts"
MATURITY: Maturity = "untested"

_EXPECTED = "a receipt of an installer, or InstallHistory.plist"


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the keys of a receipt or of the history."""
    return is_plist(content) and (
        all(key in content for key in (b"PackageIdentifier", b"PackageVersion"))
        or all(key in content for key in (b"packageIdentifiers", b"displayName"))
    )


def parse(files: FileSet) -> Facts:
    """Every package as a trace of an app.

    Raises:
        ParseError: neither a receipt nor the history.
    """
    value = read_value(files.main, _EXPECTED)
    if not isinstance(value, dict | list):
        raise ParseError("neither a dictionary nor an array", expected=_EXPECTED)
    packages = dict.fromkeys(_packages(value))
    return Facts(
        apps=tuple(
            App(identifier=name, version=version, profile=files.profile, source="bundle", state="removed-trace")
            for name, version in packages
        )
    )


def _packages(value: object) -> Iterator[tuple[str, str | None]]:
    for one in dicts_of({"": value}, ""):
        name = text_of(one, "PackageIdentifier")
        if name is not None:
            yield name, text_of(one, "PackageVersion")
        version = text_of(one, "displayVersion")
        for name in texts_of(one, "packageIdentifiers"):
            yield name, version
