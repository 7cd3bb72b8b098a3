"""What was found for one section of a device, and why it may not be everything."""

from collections.abc import Callable

from msgspec import Struct, field

from setapart_agent.collectors.base import Absent, Failed, Observed, Outcome, Unseen, coverage_of
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, unite
from setapart_evidence.model import Coverage, Section

PROFILE = "0"
"""The one user of an iPhone or iPad."""


class SectionFacts(Struct, kw_only=True):
    """Gathers for one section. Whatever is not absent and not read ends in `failures`, and so in coverage."""

    section: Section
    parts: list[Facts] = field(default_factory=list)
    failures: list[Unseen] = field(default_factory=list)
    partly: list[str] = field(default_factory=list)

    def parse(self, outcome: Outcome[bytes], path: str, parser: Callable[[FileSet], Facts], label: str = "") -> bool:
        """Parses what a file holds, and says whether it could.

        Args:
            outcome: the file's content, or why there is none.
            path: where it stood.
            parser: the parser's `parse`.
            label: what reasons of coverage start with; the file's name unless given.
        """
        label = label or path.rpartition("/")[2]
        if isinstance(outcome, Absent):
            return False
        if not isinstance(outcome, Observed):
            self.fail(outcome, label)
            return False
        try:
            self.keep(parser(FileSet(files={"main": outcome.value}, profile=PROFILE, path=path)))
        except ParseError as exc:
            self.fail(Failed(exc.got), label)
            return False
        return True

    def fail(self, why: Unseen, label: str) -> None:
        """Notes why something could not be seen."""
        self.failures.append(type(why)(f"{label}: {why.reason}"))

    def keep(self, facts: Facts) -> None:
        """Keeps facts; a parser's own doubts become this section's."""
        self.partly += (row.reason or "unknown" for row in facts.coverage)
        self.parts.append(
            Facts(apps=facts.apps, accounts=facts.accounts, links=facts.links, enforcement=facts.enforcement)
        )

    def facts(self, collector: str) -> Facts:
        """Everything found, with coverage."""
        rows = tuple(
            Coverage(section=self.section, profile=PROFILE, collector=collector, status="partial", reason=reason)
            for reason in dict.fromkeys(self.partly)
        )
        if self.failures or not rows:
            rows += coverage_of((self.section,), PROFILE, collector, self.failures)
        return unite((*self.parts, Facts(coverage=rows)))
