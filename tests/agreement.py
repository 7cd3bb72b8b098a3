"""Two ways into one device, compared: what one way shows and the other lacks, the other must say it did not see whole.

Generated devices are written in each format by our own writers and read back. That proves that the ways agree with each
other; that they agree with the world is what tests/corpus is for.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, settings

from setapart_agent.facts import Facts
from setapart_agent.sources import collect, parse_source
from setapart_evidence.identity import hardware_id

Fact = tuple[Any, ...]
"""A fact as two ways can both spell it; its profile comes first."""
Spelling = Callable[[Facts], set[Fact]]
Place = tuple[str, str]
"""A section of a profile."""
KEY = bytes(32)


def some(examples: int) -> settings:
    """The settings of a property whose examples are whole devices, of which each takes a while."""
    phases = set(Phase) - {Phase.explain}
    return settings(max_examples=examples, deadline=None, phases=phases, suppress_health_check=list(HealthCheck))


def facts_of(source: str, password: str | None = None) -> Facts:
    """What a source shows, as typed on the command line."""
    return collect(parse_source(source), lambda: password).facts


def apps(facts: Facts) -> set[Fact]:
    return {(app.profile, app.kind, app.identifier, app.state) for app in facts.apps}


def accounts(facts: Facts) -> set[Fact]:
    return {
        (one.profile, one.type, one.services, one.address, one.domain, one.host, one.tenant) for one in facts.accounts
    }


def links(facts: Facts) -> set[Fact]:
    return {(link.profile, link.kind, link.target) for link in facts.links}


SECTIONS: dict[str, Spelling] = {"apps": apps, "accounts": accounts, "links": links}


def whole(facts: Facts) -> set[Place]:
    """The places that were seen whole: there is a row for each, and every one says so."""
    partly = {(row.section, row.profile) for row in facts.coverage if row.status != "observed"}
    return {(row.section, row.profile) for row in facts.coverage} - partly


def identity(facts: Facts) -> str:
    """The id under which the device is known."""
    assert facts.device.platform is not None
    assert facts.device.serial is not None
    return hardware_id(KEY, facts.device.platform, facts.device.serial)


def unexplained(one: Facts, other: Facts, section: str, spelling: Spelling) -> set[Fact]:
    """What one way shows and the other lacks in places that it says it saw whole."""
    seen = whole(other)
    return {fact for fact in spelling(one) - spelling(other) if (section, fact[0].partition("/")[0]) in seen}


def assert_agree(one: Facts, other: Facts, spellings: dict[str, Spelling] = SECTIONS) -> None:
    """Each way has every fact of the other, but for what coverage of the one that lacks it explains."""
    for section, spelling in spellings.items():
        assert not unexplained(one, other, section, spelling), section
        assert not unexplained(other, one, section, spelling), section


def assert_has_all(more: Facts, less: Facts, spellings: dict[str, Spelling]) -> None:
    """A way that sees less shows nothing that the other lacks, whatever coverage says."""
    for section, spelling in spellings.items():
        assert spelling(less) <= spelling(more), section
