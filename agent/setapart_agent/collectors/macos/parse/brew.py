"""Homebrew's `INSTALL_RECEIPT.json`, which stands beside every installed version of a formula or cask.

Source: Homebrew, Library/Homebrew/tab.rb and cask/tab.rb. The receipt does not name what it is the receipt of: the
folders do, `Cellar/<formula>/<version>/` and `Caskroom/<cask>/.metadata/`.
"""

import re
from collections.abc import Mapping

from setapart_agent.collectors.browser.parse.json_file import decoded, member, word
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import App, Coverage
from setapart_evidence.statement import Maturity

KIND = "macos.brew"
MATURITY: Maturity = "captures"
NO_FOLDER = "the folders that name the package are not known"

_NAME = "INSTALL_RECEIPT.json"
_EXPECTED = "Homebrew's INSTALL_RECEIPT.json"
_VERSION = re.compile(r"(?:\d|HEAD)[^/]*")


def recognise(name: str, content: bytes) -> bool:
    """By its keys, or by name."""
    return b'"homebrew_version"' in content or (
        name.replace("\\", "/").rpartition("/")[2] == _NAME and content.lstrip().startswith(b"{")
    )


def parse(files: FileSet) -> Facts:
    """The package, if the path of the receipt names it.

    Raises:
        ParseError: not JSON.
    """
    receipt = decoded(files.main, _EXPECTED)
    found = _package(files.path, receipt)
    if found is None:
        row = Coverage(section="apps", profile=files.profile, collector=KIND, status="failed", reason=NO_FOLDER)
        return Facts(coverage=(row,))
    name, version = found
    return Facts(apps=(package(name, version, files.profile),))


def package(name: str, version: str | None, profile: str) -> App:
    """A formula or cask as an app."""
    return App(identifier=name, version=version, profile=profile, source="package-manager")


def _package(path: str, receipt: Mapping[str, object]) -> tuple[str, str | None] | None:
    parts = path.split("/")
    if "Caskroom" in parts[:-1]:
        return parts[parts.index("Caskroom") + 1], word(member(receipt, "source", "version"))
    stable = word(member(receipt, "source", "versions", "stable"))
    if len(parts) > 2 and _VERSION.fullmatch(parts[-2]):  # noqa: PLR2004 - formula, version, file
        return parts[-3], parts[-2]
    return (parts[parts.index("Cellar") + 1], stable) if "Cellar" in parts[:-2] else None
